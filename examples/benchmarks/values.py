"""Values instead of an order: errors, and whether 80% intervals hold eight of ten.

Every regressor of the library with nothing set, on subsets and test architectures of
the tournament. Measured are the mean absolute error as a share of the mean absolute
deviation of the test architectures from their median; Kendall's tau; and, of
regressors that have standard deviations, the share of values in the central 80%
interval (coverage), and the mean distance of coverage from level over levels from 5
to 95% (calibration error). Rows are appended to a CSV as they come.

    python examples/benchmarks/values.py --n-jobs 2
    python examples/benchmarks/values.py --regressors TAGATESRegressor --sizes 39 78
    python examples/benchmarks/values.py --report
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from common import finished, in_names, run_all
from tournament import NAMES_ONLY, SPACES, split

from tagates_sk import TAGATESRegressor, UnknownOperationWarning
from tagates_sk.baselines import (
    DAGNNRegressor,
    GATESRegressor,
    GCNRegressor,
    LSTMRegressor,
    TransformerRegressor,
    baseline,
)
from tagates_sk.inspection import UncertaintyDisplay
from tagates_sk.metrics import kendall_tau

KEY = ("space", "n", "seed", "regressor")
FIELDS = (*KEY, "error", "tau", "coverage", "calibration_error")
TITLES = {
    "nasbench201-cifar10": "NAS-Bench-201, CIFAR-10",
    "nasbench101-shuffled": "NAS-Bench-101, random split",
    "accel-nasbench": "Accel-NASBench",
}
SIZES = (39, 78, 390)
LEVEL = 0.8
N_TEST = 1500

NETWORKS = {
    "gates": GATESRegressor,
    "gcn": GCNRegressor,
    "dagnn": DAGNNRegressor,
    "lstm": LSTMRegressor,
    "cate": TransformerRegressor,
}
"""Regressors where the baseline of the name is a ranker."""
STATISTICAL = ("nasbowl", "gradient_boosting", "random_forest", "mlp", "walk_statistics")
OURS = {"TAGATESRegressor": "all", "statistics": "statistics"}
"""TAGATESRegressor, by its members."""
REGRESSORS = (*OURS, *STATISTICAL, *NETWORKS)
WITH_STD = (*OURS, "nasbowl")


def regressor(name: str, seed: int) -> Any:
    """An unfitted regressor with nothing set but its seed, and its members."""
    if name in OURS:
        return TAGATESRegressor(members=OURS[name], random_state=seed)
    if name in NETWORKS:
        return NETWORKS[name](random_state=seed)
    return baseline(name, random_state=seed)


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Fit on a subset, predict the test architectures, compare."""
    space = SPACES[task["space"]]
    bunch = space.load()
    train, test = split(bunch, space.protocol, task["n"], task["seed"], N_TEST)
    dags = in_names(bunch.dags) if task["regressor"] in NAMES_ONLY else bunch.dags
    truth = bunch.target[test]
    model = regressor(task["regressor"], task["seed"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnknownOperationWarning)  # a small subset lacks operations
        model.fit(dags[train], bunch.target[train])
        if task["regressor"] in WITH_STD:
            mean, std = model.predict(dags[test], return_std=True)
        else:
            mean, std = model.predict(dags[test]), None
    spread = np.abs(truth - np.median(truth)).mean()
    found = {"error": np.abs(truth - mean).mean() / spread, "tau": kendall_tau(truth, mean)}
    if std is not None:
        display = UncertaintyDisplay.from_predictions(truth, mean, std)
        plt.close(display.figure_)
        found["coverage"] = np.interp(LEVEL, display.expected, display.observed)
        found["calibration_error"] = display.calibration_error
    return task | {name: round(float(value), 4) for name, value in found.items()}


def report(rows: list[dict[str, Any]]) -> str:
    """Means over seeds, in markdown: errors and tau of all for each space, then intervals."""
    lines = []
    for space, title in TITLES.items():
        there = [r for r in rows if r["space"] == space]
        lines += [f"{title}:", "", *_head("regressor", "error", "tau")]
        for name in REGRESSORS:
            lines.append(_row(name, [r for r in there if r["regressor"] == name], "error", "tau"))
        lines.append("")
    lines += _head("intervals", "coverage", "calibration error")
    for space, title in TITLES.items():
        for name in WITH_STD:
            there = [r for r in rows if (r["space"], r["regressor"]) == (space, name)]
            lines.append(_row(f"{title}: {name}", there, "coverage", "calibration_error"))
    return "\n".join(lines)


def _head(first: str, *fields: str) -> list[str]:
    columns = [first, *(f"{field}, {n} labels" for field in fields for n in SIZES), "seeds"]
    return [f"| {' | '.join(columns)} |", "| --- |" + " --- |" * (len(columns) - 1)]


def _row(first: str, rows: list[dict[str, Any]], *fields: str) -> str:
    """Means of the fields, by field and size, and the numbers of seeds."""
    by_size = {n: [r for r in rows if int(r["n"]) == n] for n in SIZES}
    cells = [
        f"{np.mean([float(r[field]) for r in of_size]):.3f}" if of_size else ""
        for field in fields
        for of_size in by_size.values()
    ]
    seeds = ", ".join(str(len(of_size)) for of_size in by_size.values())
    return f"| {first} | {' | '.join(cells)} | {seeds} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spaces", nargs="+", choices=list(TITLES), default=list(TITLES))
    parser.add_argument("--sizes", nargs="+", type=int, choices=SIZES, default=SIZES)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--regressors", nargs="+", choices=REGRESSORS, default=REGRESSORS)
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument("--report", action="store_true", help="only print what there is")
    parser.add_argument("--out", type=Path, default=Path("docs/results/values.csv"))
    args = parser.parse_args()
    if not args.report:
        tasks = [
            dict(zip(KEY, (space, n, seed, name), strict=True))
            for n in args.sizes
            for seed in range(args.seeds)
            for space in args.spaces
            for name in args.regressors
        ]
        run_all(tasks, args.out, args.n_jobs, run, FIELDS, KEY)
    print(report(finished(args.out)))


if __name__ == "__main__":
    main()
