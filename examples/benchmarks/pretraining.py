"""What an encoder gains that has learnt something before it sees a label.

Kendall's tau inside training halves: NAS-Bench-201 on CIFAR-100 ("search") and
NAS-Bench-101 ("shifted"), see common.py. Compared with random initial weights
("plain") are encoders that were pre-trained on 2,000 cells of the half that the
labelled ones are from:

statistics  to tell OperationStatistics
zero_cost   to tell the shipped zero-cost vectors, summed over operations
both        to tell both

and, on NAS-Bench-201, models that were fitted to 390 other labels, of CIFAR-10:

transfer    whose encoder is taken over
continued   that are trained on, head and all, at a tenth of the learning rate
source      that are left as they are, so that no label of CIFAR-100 is used

    python examples/benchmarks/pretraining.py
    python examples/benchmarks/pretraining.py --report
"""

from __future__ import annotations

import argparse
import time
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from common import PLAIN, arguments, data, finished, paired, run_all, split

from tagates_sk import TAGATESRanker
from tagates_sk.features import OperationStatistics
from tagates_sk.metrics import kendall_tau

KEY = ("space", "n", "seed", "setting")
FIELDS = (*KEY, "kendall_tau", "fit_seconds")
PRETRAINED, TRANSFERRED = ("statistics", "zero_cost", "both"), ("transfer", "continued", "source")
SIZES = {"nasbench201": (7, 39, 78), "nasbench101": (72,)}
TARGETS = {"nasbench201": "cifar100", "nasbench101": "test"}
PROTOCOLS = {"nasbench201": "search", "nasbench101": "shifted"}
N_UNLABELED, N_SOURCE = 2000, 390
OTHER = 500
"""Added to a seed for cells that are drawn apart from the labelled ones."""


def zero_cost_sums(cells: Any) -> Any:
    """Zero-cost vectors of cells of one graph each, summed over operations."""
    packed = cells.packed()
    sums = np.zeros((len(packed), packed.zero_cost.shape[1]))
    np.add.at(sums, np.repeat(np.arange(len(packed)), np.diff(packed.op_ptr)), packed.zero_cost)
    return sums


@lru_cache(maxsize=3)
def pretrained(space: str, seed: int, setting: str) -> TAGATESRanker:
    """A ranker whose encoder knows 2,000 cells, and no label."""
    bunch = data(space, TARGETS[space], zero_cost=False)
    rows, _ = split(bunch, PROTOCOLS[space], N_UNLABELED, seed + OTHER)
    cells, targets = bunch.dags[rows], []
    if setting != "zero_cost":
        targets.append(OperationStatistics().fit_transform(cells))
    if setting != "statistics":
        # Of NAS-Bench-101 the cells with zero-cost vectors are a Bunch of their own.
        attached = data(space, TARGETS[space], zero_cost=True)
        place = {row: i for i, row in enumerate(bunch.train_indices)}
        same = attached.train_indices[[place[row] for row in rows]]
        assert (attached.target[same] == bunch.target[rows]).all()
        targets.append(zero_cost_sums(attached.dags[same]))
    return TAGATESRanker(random_state=seed, **arguments(PLAIN)).pretrain(cells, np.hstack(targets))


@lru_cache(maxsize=1)
def source(space: str, seed: int) -> TAGATESRanker:
    """A ranker of CIFAR-10."""
    bunch = data(space, "cifar10", zero_cost=False)
    rows, _ = split(bunch, PROTOCOLS[space], N_SOURCE, seed + OTHER)
    return TAGATESRanker(random_state=seed, **arguments(PLAIN)).fit(
        bunch.dags[rows], bunch.target[rows]
    )


def start(space: str, seed: int, setting: str) -> TAGATESRanker:
    """A ranker that is ready for labels."""
    if setting in PRETRAINED:
        known = pretrained(space, seed, setting)
        return TAGATESRanker(pretrained=known, random_state=seed, **arguments(PLAIN))
    if setting == "transfer":
        return TAGATESRanker(pretrained=source(space, seed), random_state=seed, **arguments(PLAIN))
    if setting == "continued":
        return deepcopy(source(space, seed)).set_params(warm_start=True, learning_rate=1e-4)
    return TAGATESRanker(random_state=seed, **arguments(PLAIN))


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Fit on n labels, rank the other cells."""
    space, n, seed, setting = (task[name] for name in KEY)
    bunch = data(space, TARGETS[space], zero_cost=False)
    train, test = split(bunch, PROTOCOLS[space], n, seed)
    seconds = 0.0
    if setting == "source":
        model = source(space, seed)
    else:
        model = start(space, seed, setting)
        begin = time.perf_counter()
        model.fit(bunch.dags[train], bunch.target[train])
        seconds = time.perf_counter() - begin
    tau = kendall_tau(bunch.target[test], model.predict(bunch.dags[test]))
    return task | {"kendall_tau": round(tau, 5), "fit_seconds": round(seconds, 1)}


def report(rows: list[dict[str, Any]]) -> str:
    """Means and paired differences in points, in markdown."""
    settings = (*PRETRAINED, *TRANSFERRED)
    lines = [
        "| | labels | plain | " + " | ".join(f"{s} − plain" for s in settings) + " |",
        "| " + "--- | " * (len(settings) + 3),
    ]
    for space, sizes in SIZES.items():
        for n in sizes:
            chosen = [r for r in rows if r["space"] == space and int(r["n"]) == n]
            plain = [100 * float(r["kendall_tau"]) for r in chosen if r["setting"] == "plain"]
            if len(plain) > 1:
                gains = [paired(chosen, s, "plain", "kendall_tau") for s in settings]
                mean = f"{np.mean(plain):.1f} ± {np.std(plain, ddof=1):.1f} ({len(plain)})"
                lines.append(f"| {space} | {n} | {mean} | {' | '.join(gains)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--report", action="store_true", help="only print what there is")
    parser.add_argument("--out", type=Path, default=Path("docs/results/pretraining.csv"))
    args = parser.parse_args()
    tasks = [
        dict(zip(KEY, (space, n, seed, setting), strict=True))
        for seed in range(args.seeds)
        for space in SIZES
        for n in SIZES[space]
        for setting in ("plain", *PRETRAINED, *TRANSFERRED)
        if setting not in TRANSFERRED or (space == "nasbench201" and n > min(SIZES[space]))
    ]
    if not args.report:
        run_all(tasks, args.out, 1, run, FIELDS, KEY)
    print(report(finished(args.out)))


if __name__ == "__main__":
    main()
