"""Several points of training: one encoding each, one for all, or a model for each.

Kendall's tau in every column of y, on test cells of the published halves of
NAS-Bench-201 (CIFAR-10 after 12 and 200 epochs) and on cells of NAS-Bench-101
that no subset has (after 12, 36 and 108 epochs). Settings:

anytime  each column is read from its own pass on (`Variant(anytime=True)`)
multi    all columns are read from the last encoding (`Variant(anytime=False)`)
single   a model for each column
many     NAS-Bench-201: the first column of 390 cells, the last of n of them

All else is as the defaults are, with a pass for each column, but not less than two.
Differences are paired: seed k is the same subset and the same initial seed.

    python examples/benchmarks/table3.py
    python examples/benchmarks/table3.py --report
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from common import finished, paired, run_all, split

from tagates_sk import TAGATESRanker, Variant
from tagates_sk.datasets import load_nasbench101, load_nasbench201
from tagates_sk.metrics import kendall_tau

KEY = ("space", "n", "seed", "setting")
TAUS = ("tau_1", "tau_2", "tau_3")
FIELDS = (*KEY, *TAUS, "fit_seconds")
SIZES = {"nasbench201": (39, 78, 390), "nasbench101": (72, 364, 729)}
EPOCHS = {"nasbench201": (12, 200), "nasbench101": (12, 36, 108)}
COMPARED = (("anytime", "single"), ("anytime", "multi"), ("many", "single"), ("many", "anytime"))
MANY = 390
N_TEST = 7290


class Data(NamedTuple):
    """Training and test cells and their accuracies, a column for each point of training."""

    train: Any
    y_train: Any
    test: Any
    y_test: Any


def data(space: str, n: int, seed: int, epochs: Iterable[int]) -> Data:
    """The seed-th random subset of n cells, and the test cells of a space.

    `epochs` are the points of training that are wanted of NAS-Bench-101.
    """
    if space == "nasbench201":
        bunch = load_nasbench201(target=["cifar10-12epochs", "cifar10"])
        train, test = split(bunch, "published", n, seed)
        return Data(bunch.dags[train], bunch.target[train], bunch.dags[test], bunch.target[test])
    bunch = load_nasbench101()
    measured = bunch.multi_fidelity
    columns = [list(measured.epochs).index(epochs) for epochs in epochs]
    y, cells = measured.validation_accuracy[:, columns], bunch.dags[measured.index]
    order = np.random.RandomState(0).permutation(len(y))
    test, pool = order[:N_TEST], order[N_TEST:]
    train = np.random.RandomState(seed).permutation(pool)[:n]
    return Data(cells[train], y[train], cells[test], y[test])


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Fit on a subset, rank the test cells, measure in every column."""
    space, n, seed, setting = (task[name] for name in KEY)
    X, y, unseen, truth = data(space, MANY if setting == "many" else n, seed, EPOCHS[space])
    k = y.shape[1]
    model = TAGATESRanker(
        T=max(2, k), variant=Variant(anytime=setting != "multi"), random_state=seed
    )
    start = time.perf_counter()
    if setting == "single":
        predicted = [model.fit(X, y[:, j]).predict(unseen) for j in range(k)]
    else:
        if setting == "many":
            y = np.where(np.arange(len(y))[:, None] < [[len(y)] * (k - 1) + [n]], y, np.nan)
        predicted = model.fit(X, y).predict_anytime(unseen).T
    taus = [round(kendall_tau(truth[:, j], predicted[j]), 5) for j in range(k)]
    seconds = round(time.perf_counter() - start, 1)
    return task | dict(zip(TAUS, taus, strict=False)) | {"fit_seconds": seconds}


def report(rows: list[dict[str, Any]]) -> str:
    """Means and paired differences of every column, in markdown."""
    lines = []
    for space in sorted({r["space"] for r in rows}, reverse=True):
        names = [f"after {epochs} epochs" for epochs in EPOCHS[space]]
        lines += [
            "",
            f"| {space} | labels | {' | '.join(names)} |",
            "| --- " * (2 + len(names)) + "|",
        ]
        for n in SIZES[space]:
            chosen = [r for r in rows if r["space"] == space and int(r["n"]) == n]
            lines += _lines(chosen, n, TAUS[: len(names)])
    return "\n".join(lines)


def _lines(rows: list[dict[str, Any]], n: int, columns: Iterable[str]) -> Iterable[str]:
    for setting in ("single", "multi", "anytime", "many"):
        values = [[100 * float(r[c]) for r in rows if r["setting"] == setting] for c in columns]
        if values[0]:
            means = [f"{np.mean(v):.1f} ± {np.std(v, ddof=1):.1f} ({len(v)})" for v in values]
            yield f"| {setting} | {n} | {' | '.join(means)} |"
    for one, other in COMPARED:
        cells = [paired(rows, one, other, column) for column in columns]
        if all(cells):
            yield f"| {one} − {other} | {n} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spaces", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--sizes", nargs="+", type=int, help="default: all three")
    parser.add_argument("--settings", nargs="+", default=["anytime", "multi", "single", "many"])
    parser.add_argument("--seeds", type=int, default=9)
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument("--report", action="store_true", help="only print what there is")
    parser.add_argument("--out", type=Path, default=Path("docs/results/table3.csv"))
    args = parser.parse_args()
    tasks = [
        dict(zip(KEY, (space, n, seed, setting), strict=True))
        for space in args.spaces
        for n in SIZES[space]
        if args.sizes is None or n in args.sizes
        for seed in range(args.seeds)
        for setting in args.settings
        if setting != "many" or (space == "nasbench201" and n < MANY)
    ]
    if not args.report:
        run_all(tasks, args.out, args.n_jobs, run, FIELDS, KEY)
    print(report(finished(args.out)))


if __name__ == "__main__":
    main()
