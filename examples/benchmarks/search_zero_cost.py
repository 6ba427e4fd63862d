"""Search for how zero-cost features enter, on cells that the published tables do not test on.

NAS-Bench-201 on CIFAR-100, trained and tested inside the published training half;
NAS-Bench-101 trained on its training half and tested on 2,500 cells of neither half with
the structure of the test half ("shifted" in common.py), whose features are computed first.

    python examples/benchmarks/search_zero_cost.py --n-jobs 2 --memory /tmp/zero_cost
    python examples/benchmarks/search_zero_cost.py --report
"""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from common import PLAIN, arguments, finished, run_all, split
from zero_cost_tables import IMAGES, SALIENCY, digits

from tagates_sk import TAGATESRanker
from tagates_sk.datasets import load_nasbench101, load_nasbench201
from tagates_sk.metrics import kendall_tau
from tagates_sk.zero_cost import ZeroCostSaliency

SETTINGS: dict[str, dict[str, Any]] = {
    "none": {"symmetry_breaking": "none"},
    "concat": {"symmetry_breaking": "concat"},
    "add, β = 1": {"symmetry_breaking": "add", "beta": 1.0},
    "add, β = 0.1": {"symmetry_breaking": "add", "beta": 0.1},
}
N_SHIFTED = 2500
FIELDS = ["space", "n", "seed", "setting", "kendall_tau"]


def data(space: str, memory: str | None, n_jobs: int) -> tuple[Any, Any, Any, Any]:
    """Architectures with features, targets, training and test indices."""
    if space == "nasbench201":
        bunch = load_nasbench201("cifar100", zero_cost=True)
        return bunch.dags, bunch.target, *np.array_split(bunch.train_indices, 2)
    bunch = load_nasbench101()
    _, shifted = split(bunch, "shifted", 1, 0)
    rows = np.concatenate([bunch.train_indices, shifted[:N_SHIFTED]])
    saliency = ZeroCostSaliency(
        **SALIENCY, **digits(**IMAGES), n_jobs=n_jobs, memory=memory, verbose=1
    )
    dags = saliency.fit_transform(bunch.dags[rows])
    train, test = np.split(np.arange(len(rows)), [len(bunch.train_indices)])
    return dags, bunch.target[rows], train, test


def run(task: dict[str, Any], benchmarks: dict[str, Any]) -> dict[str, Any]:
    """Fit on a subset, rank the test cells."""
    X, y, train, test = benchmarks[task["space"]]
    chosen = np.random.RandomState(task["seed"] + 1000).permutation(len(train))[: task["n"]]
    ranker = TAGATESRanker(
        random_state=task["seed"], **arguments(PLAIN), **SETTINGS[task["setting"]]
    )
    ranker.fit(X[train[chosen]], y[train[chosen]])
    return task | {"kendall_tau": round(kendall_tau(y[test], ranker.predict(X[test])), 5)}


def report(rows: list[dict[str, Any]]) -> str:
    """Paired differences to no features in points, in markdown."""
    tau: dict[tuple[str, int, str], dict[str, float]] = {}
    for row in rows:
        run = tau.setdefault((row["space"], int(row["n"]), row["setting"]), {})
        run[row["seed"]] = 100 * float(row["kendall_tau"])
    columns = sorted({key[:2] for key in tau}, reverse=True)
    lines = [
        "| | " + " | ".join(f"{space}, {n} labels" for space, n in columns) + " |",
        "| --- |" + " --- |" * len(columns),
    ]
    for setting in SETTINGS:
        cells = []
        for column in columns:
            found, base = tau.get((*column, setting), {}), tau.get((*column, "none"), {})
            both = sorted(found.keys() & base.keys())
            if len(both) < 2:
                cells.append("")
            elif setting == "none":
                cells.append(f"{np.mean([*base.values()]):.1f} ({len(base)})")
            else:
                d = np.array([found[seed] - base[seed] for seed in both])
                error = d.std(ddof=1) / len(d) ** 0.5
                cells.append(f"{d.mean():+.1f} ± {error:.1f} ({len(d)})")
        lines.append(f"| {setting} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=json.loads, help="as JSON, labels of each space",
                        default={"nasbench201": [78], "nasbench101": [72, 364]})  # fmt: skip
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument("--memory", help="folder that keeps the features")
    parser.add_argument("--report", action="store_true", help="only print what --out holds")
    parser.add_argument("--out", type=Path, default=Path("docs/results/search_zero_cost.csv"))
    args = parser.parse_args()
    if not args.report:
        benchmarks = {space: data(space, args.memory, args.n_jobs) for space in args.sizes}
        tasks = [
            {"space": space, "n": n, "seed": seed, "setting": setting}
            for space, sizes in args.sizes.items()
            for n in sizes
            for setting in args.settings
            for seed in range(args.seeds)
        ]
        with joblib.parallel_config(max_nbytes=None):
            run_all(tasks, args.out, args.n_jobs, run=partial(run, benchmarks=benchmarks),
                    fields=FIELDS, names=FIELDS[:4])  # fmt: skip
    print(report(finished(args.out)))


if __name__ == "__main__":
    main()
