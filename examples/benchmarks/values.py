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
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from common import finished, in_names, run_all
from tournament import SPACES, split

from tagates_sk import TAGATESRegressor, UnknownOperationWarning
from tagates_sk.baselines import (
    DAGNNRegressor,
    GATESRegressor,
    GCNRegressor,
    LSTMRegressor,
    TransformerRegressor,
    WLKernelGP,
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

DEFAULT = "TAGATESRegressor"
REGRESSORS: dict[str, Callable[[int], Any]] = {
    DEFAULT: lambda seed: TAGATESRegressor(random_state=seed),
    "statistics": lambda seed: TAGATESRegressor(members="statistics", random_state=seed),
    "WLKernelGP": lambda seed: WLKernelGP(random_state=seed),
    **{
        name: partial(lambda name, seed: baseline(name, random_state=seed), name)
        for name in ("gradient_boosting", "random_forest", "mlp", "walk_statistics")
    },
    **{
        cls.__name__: partial(lambda cls, seed: cls(random_state=seed), cls)
        for cls in (
            GATESRegressor,
            GCNRegressor,
            DAGNNRegressor,
            LSTMRegressor,
            TransformerRegressor,
        )
    },
}
"""Makers, for a seed; "statistics" is without networks."""
WITH_NUMBERS = {DEFAULT, "statistics", "gradient_boosting", "random_forest", "walk_statistics"}
"""They read numbers beside operations; others get them in the names of operations."""
WITH_STD = (DEFAULT, "statistics", "WLKernelGP")


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Fit on a subset, predict the test architectures, compare."""
    space = SPACES[task["space"]]
    bunch = space.load()
    train, test = split(bunch, space.protocol, task["n"], task["seed"], N_TEST)
    dags = bunch.dags if task["regressor"] in WITH_NUMBERS else in_names(bunch.dags)
    truth = bunch.target[test]
    model = REGRESSORS[task["regressor"]](task["seed"])
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
    """Means over seeds, in markdown: errors of all, then intervals."""
    names = [name for name in REGRESSORS if any(r["regressor"] == name for r in rows)]
    cases = [
        (space, n)
        for space in TITLES
        for n in SIZES
        if any(r["space"] == space and int(r["n"]) == n for r in rows)
    ]

    def mean(case: tuple[str, int], name: str, field: str) -> str:
        values = [
            float(r[field])
            for r in rows
            if (r["space"], int(r["n"])) == case and r["regressor"] == name and r[field]
        ]
        return f"{np.mean(values):.3f} ({len(values)})" if values else ""

    def table(names: list[str], field: str) -> list[str]:
        lines = [
            f"| regressor | {' | '.join(f'{TITLES[space]}, {n}' for space, n in cases)} |",
            "| --- |" + " --- |" * len(cases),
        ]
        for name in names:
            cells = " | ".join(mean(case, name, field) for case in cases)
            lines.append(f"| {name} | {cells} |")
        return lines

    intervals = [name for name in WITH_STD if name in names]
    return "\n".join(
        [
            "Mean absolute error, as a share of the deviation from the median:",
            "",
            *table(names, "error"),
            "",
            "Kendall's tau:",
            "",
            *table(names, "tau"),
            "",
            "Share of values in the central 80% interval:",
            "",
            *table(intervals, "coverage"),
            "",
            "Calibration error:",
            "",
            *table(intervals, "calibration_error"),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spaces", nargs="+", choices=list(TITLES), default=list(TITLES))
    parser.add_argument("--sizes", nargs="+", type=int, choices=SIZES, default=SIZES)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--regressors", nargs="+", choices=list(REGRESSORS), default=[*REGRESSORS])
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
