"""One model for two schedules, or a model for each.

NAS-Bench-201 on CIFAR-10 was trained for 12 and for 200 epochs, with the same
learning rate at the start. n cells are labelled under each of the two: other
cells ("other") or the same ones ("same"). Kendall's tau under each schedule, on
the published test half, of

one   a ranker with `conditions`, fitted on all 2n labels
two   a ranker for each schedule, fitted on its n labels

All else is as the defaults are.

    python examples/benchmarks/conditions.py
    python examples/benchmarks/conditions.py --report
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from common import finished, paired, run_all, split

from tagates_sk import TAGATESRanker, TrainingCondition
from tagates_sk.datasets import load_nasbench201
from tagates_sk.metrics import kendall_tau

KEY = ("cells", "n", "seed", "setting")
TAUS = ("tau_12_epochs", "tau_200_epochs")
FIELDS = (*KEY, *TAUS, "fit_seconds")
CONDITIONS = [TrainingCondition.cosine(epochs) for epochs in (12, 200)]


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Fit on n labels under each schedule, rank the test cells under both."""
    cells, n, seed, setting = (task[name] for name in KEY)
    bunch = load_nasbench201(target=["cifar10-12epochs", "cifar10"])
    train, test = split(bunch, "published", 2 * n, seed)
    labelled = [train[:n], train[:n] if cells == "same" else train[n:]]
    y = [bunch.target[rows, j] for j, rows in enumerate(labelled)]
    unseen, truth = bunch.dags[test], bunch.target[test].T
    model = TAGATESRanker(random_state=seed)
    start = time.perf_counter()
    if setting == "two":
        predicted = [
            model.fit(bunch.dags[rows], values).predict(unseen)
            for rows, values in zip(labelled, y, strict=True)
        ]
    else:
        conditions = [condition for condition in CONDITIONS for _ in range(n)]
        model.fit(bunch.dags[np.concatenate(labelled)], np.concatenate(y), conditions=conditions)
        predicted = [model.predict(unseen, conditions=condition) for condition in CONDITIONS]
    seconds = round(time.perf_counter() - start, 1)
    taus = [round(kendall_tau(*pair), 5) for pair in zip(truth, predicted, strict=True)]
    return task | dict(zip(TAUS, taus, strict=True)) | {"fit_seconds": seconds}


def report(rows: list[dict[str, Any]]) -> str:
    """Means and paired differences in points, in markdown."""
    lines = ["| cells | labels | | 12 epochs | 200 epochs |", "| --- | --- | --- | --- | --- |"]
    for cells, n in sorted({(r["cells"], int(r["n"])) for r in rows}):
        chosen = [r for r in rows if (r["cells"], int(r["n"])) == (cells, n)]
        for setting in ("two", "one"):
            taus = [[100 * float(r[t]) for r in chosen if r["setting"] == setting] for t in TAUS]
            means = [f"{np.mean(t):.1f} ± {np.std(t, ddof=1):.1f} ({len(t)})" for t in taus]
            lines.append(f"| {cells} | {n} + {n} | {setting} | {' | '.join(means)} |")
        gains = [paired(chosen, "one", "two", t) for t in TAUS]
        lines.append(f"| {cells} | {n} + {n} | one − two | {' | '.join(gains)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", nargs="+", default=["other", "same"])
    parser.add_argument("--sizes", nargs="+", type=int, default=[39, 78])
    parser.add_argument("--seeds", type=int, default=9)
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument("--report", action="store_true", help="only print what there is")
    parser.add_argument("--out", type=Path, default=Path("docs/results/conditions.csv"))
    args = parser.parse_args()
    tasks = [
        dict(zip(KEY, (cells, n, seed, setting), strict=True))
        for cells in args.cells
        for n in args.sizes
        for seed in range(args.seeds)
        for setting in ("two", "one")
    ]
    if not args.report:
        run_all(tasks, args.out, args.n_jobs, run, FIELDS, KEY)
    print(report(finished(args.out)))


if __name__ == "__main__":
    main()
