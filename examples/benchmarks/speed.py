"""Rates, costs and memory, as multiples of the machine's own matrix multiply.

A machine's speed drifts and differs; so the float32 1024³ product is timed on
the same threads right before and after each measurement, and a cost is the
seconds taken times that rate: FLOPs the machine could have done instead.
What a share of that peak a fit reaches is counted by torch's own counter.

    python examples/benchmarks/speed.py
    python examples/benchmarks/speed.py --threads 1 --only reading predict
"""

from __future__ import annotations

import argparse
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from sklearn.model_selection import GridSearchCV
from torch.utils.flop_counter import FlopCounterMode

from tagates_sk import TAGATESRanker, paper_config
from tagates_sk.datasets import load_nasbench101, load_nasbench201, load_zero_cost_proxies
from tagates_sk.graphs import read_architectures
from tagates_sk.graphs.attach import ZeroCostSequence
from tagates_sk.zero_cost import ZeroCostSaliency

PUBLISHED = {**paper_config("nasbench201"), "random_state": 0}
VARIANTS = {"concat": "seven zero-cost features", "none": "no zero-cost features"}


def nasbench201() -> Any:
    """NAS-Bench-201 with seven numbers beside each operation, as the published setting has."""
    bunch = load_nasbench201()
    n_ops = len(bunch.dags.packed().op_type)
    numbers = np.random.RandomState(0).randn(n_ops, 7).astype(np.float32)
    bunch.dags = ZeroCostSequence(bunch.dags, numbers)
    return bunch


def peak(repeats: int = 5) -> float:
    """Best FLOP/s of the float32 1024³ product on torch's present threads."""
    a = torch.randn(1024, 1024)
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        a @ a
        best = min(best, time.perf_counter() - start)
    return 2 * 1024**3 / best


def timed(work: Callable[[], Any], repeats: int = 5) -> tuple[float, float]:
    """Median seconds of some work, and of its cost in FLOP-equivalents."""
    work()
    seconds, costs = [], []
    for _ in range(repeats):
        rate = peak()
        start = time.perf_counter()
        work()
        took = time.perf_counter() - start
        seconds.append(took)
        costs.append(took * (rate + peak()) / 2)
    return float(np.median(seconds)), float(np.median(costs))


def reading() -> None:
    for name, bunch in (("NB201", load_nasbench201()), ("NB101", load_nasbench101())):
        chosen = bunch.dags[np.random.RandomState(0).permutation(len(bunch.dags))[:5000]]
        dags = list(chosen)
        slow, _ = timed(lambda dags=dags: read_architectures(dags), 3)
        fast, _ = timed(lambda chosen=chosen: read_architectures(chosen), 5)
        print(
            f"reading {name}: {5000 / slow:,.0f} DAGs/s through networkx, {5000 / fast:,.0f}/s on "
            f"the fast path ({slow / fast:.0f} times as fast)"
        )


def fit() -> None:
    """One epoch of 781 NB201 cells with the published configuration."""
    bunch = nasbench201()
    train = np.random.RandomState(0).permutation(bunch.train_indices)[:781]
    X, y = bunch.dags[train], bunch.target[train]
    epochs = 10
    for breaking, words in VARIANTS.items():
        ranker = TAGATESRanker(**{**PUBLISHED, "symmetry_breaking": breaking, "max_iter": epochs})
        seconds, cost = timed(lambda ranker=ranker: ranker.fit(X, y), 5)
        with FlopCounterMode(display=False) as counter:
            ranker.fit(X, y)
        flops = counter.get_total_flops()
        print(
            f"one epoch of 781 NB201 cells, T = 4, published sizes, {words}: "
            f"{cost / epochs / 1e9:.1f} GFLOP-equivalents ({seconds / epochs * 1e3:.0f} ms); "
            f"{flops / cost:.0%} of the matrix multiply's rate"
        )


def predict() -> None:
    """Bulk prediction with the published configuration."""
    bunch = nasbench201()
    train = bunch.train_indices[:256]
    for breaking, words in VARIANTS.items():
        ranker = TAGATESRanker(**{**PUBLISHED, "symmetry_breaking": breaking, "max_iter": 1})
        ranker.fit(bunch.dags[train], bunch.target[train])
        seconds, cost = timed(lambda ranker=ranker: ranker.predict(bunch.dags), 5)
        n = len(bunch.dags)
        print(
            f"predicting one NB201 cell in bulk, reading included, {words}: "
            f"{cost / n / 1e6:.1f} MFLOP-equivalents ({n / seconds:,.0f} cells/s)"
        )
        one = [bunch.dags[0]]
        seconds, _ = timed(lambda ranker=ranker, one=one: ranker.predict(one), 50)
        print(f"predicting a single networkx cell, {words}: {seconds * 1e3:.2f} ms")


def defaults() -> None:
    """Fits with the class defaults."""
    bunch = load_nasbench201()

    def fit(n: int) -> float:
        train = np.random.RandomState(0).permutation(bunch.train_indices)[:n]
        start = time.perf_counter()
        TAGATESRanker(random_state=0).fit(bunch.dags[train], bunch.target[train])
        return time.perf_counter() - start

    first = fit(78)  # torch imports a good deal for the first optimizer of a process
    print(f"default fit of 78 NB201 cells: {fit(78):.1f} s, the first of a process {first:.1f} s")
    print(f"default fit of 781 NB201 cells: {fit(781):.1f} s")


def proxies() -> None:
    """Fits with zero-cost scores and unlabelled cells against those without."""
    bunch = load_nasbench201()
    scores = load_zero_cost_proxies("nasbench201")
    for n in (78, 781):
        train = np.random.RandomState(0).permutation(bunch.train_indices)[:n]
        X, y = bunch.dags[train], bunch.target[train]
        start = time.process_time()
        TAGATESRanker(random_state=0).fit(X, y)
        alone = time.process_time() - start
        for members in ("all", "statistics"):
            ranker = TAGATESRanker(proxies=scores, members=members, random_state=0)
            start = time.process_time()
            ranker.fit(X, y, X_unlabeled=bunch.dags)
            seconds = time.process_time() - start
            print(
                f"proxies, members={members!r}, fit of {n} NB201 cells: {seconds:.1f} s of CPU, "
                f"{seconds / alone:.2g} times that of TAGATESRanker()"
            )


def members() -> None:
    """A fit of five members against a fit of one."""
    for bunch, name in ((load_nasbench201(), "NB201"), (load_nasbench101(), "NB101")):
        train = bunch.train_indices[:364]
        X, y = bunch.dags[train], bunch.target[train]

        def fit(k: int, X: Any = X, y: Any = y) -> None:
            TAGATESRanker(n_members=k, max_iter=10, random_state=0).fit(X, y)

        one, five = (timed(lambda k=k, fit=fit: fit(k), 3)[0] for k in (1, 5))
        print(f"fit of five members on 364 {name} cells: {five / one:.2f} times that of one")


def grid() -> None:
    """A grid search over T and s in one process and in two."""
    bunch = load_nasbench201()
    train = np.random.RandomState(0).permutation(bunch.train_indices)[:78]
    X, y = bunch.dags[train], bunch.target[train]
    seconds = {}
    for n_jobs in (1, 2):
        search = GridSearchCV(
            TAGATESRanker(random_state=0), {"T": [1, 2, 3], "s": [0.03, 0.1]}, cv=3, n_jobs=n_jobs
        )
        start = time.perf_counter()
        search.fit(X, y)
        seconds[n_jobs] = time.perf_counter() - start
    print(
        f"grid search of 6 settings, 3 folds: n_jobs=2 takes {seconds[2] / seconds[1]:.2f} of the "
        "time of n_jobs=1, start of the workers included"
    )


def memory() -> None:
    """Peak memory of the process after fitting 781 cells, published configuration."""
    bunch = nasbench201()
    train = bunch.train_indices[:781]
    TAGATESRanker(**{**PUBLISHED, "max_iter": 3}).fit(bunch.dags[train], bunch.target[train])
    print(f"peak memory of a fit of 781 NB201 cells: {_peak_memory():.2f} GB")


def nasbench101() -> None:
    """Ranking the whole of NAS-Bench-101 with the class defaults."""
    bunch = load_nasbench101()
    train = bunch.train_indices[:128]
    ranker = TAGATESRanker(max_iter=1, random_state=0)
    ranker.fit(bunch.dags[train], bunch.target[train])
    start = time.perf_counter()
    ranker.predict(bunch.dags)
    took = time.perf_counter() - start
    print(
        f"ranking all {len(bunch.dags):,} NB101 cells: {took:.0f} s "
        f"({len(bunch.dags) / took:,.0f}/s), peak memory {_peak_memory():.2f} GB"
    )


def zero_cost() -> None:
    """What the default zero-cost features of an architecture cost."""
    for name, bunch in (("NB201", load_nasbench201()), ("NB101", load_nasbench101())):
        dags = bunch.dags[np.random.RandomState(0).permutation(len(bunch.dags))[:100]]
        start = time.perf_counter()
        ZeroCostSaliency(random_state=0).fit(dags)
        took = time.perf_counter() - start
        print(
            f"default zero-cost features of one {name} cell: {took / len(dags) * 1e3:.0f} ms on "
            "one core"
        )


def _peak_memory() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (1e9 if sys.platform == "darwin" else 1e6)


PARTS = {
    part.__name__: part
    for part in (
        reading,
        fit,
        predict,
        defaults,
        proxies,
        members,
        grid,
        memory,
        nasbench101,
        zero_cost,
    )
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if len(args.only) == 1:
        PARTS[args.only[0]]()
        return
    print(
        f"Python {platform.python_version()}, torch {torch.__version__}, {args.threads} threads, "
        f"matrix multiply {peak() / 1e9:.0f} GFLOP/s"
    )
    for part in args.only:  # each in a process of its own, so that memory is its own
        command = [sys.executable, __file__, "--threads", str(args.threads), "--only", part]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
