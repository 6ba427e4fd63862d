"""Whether central 80% intervals hold eight of ten measured values.

Published split of NAS-Bench-201 on CIFAR-10, all cells of the test half; seed k
draws the k-th random subset of the training half. Compared are

members    the disagreement of five bootstrapped members as it is
scaled     times std_scale_, learned from what each member has not seen: predict's
wl_gp      WLKernelGP(), a Gaussian process

by the share of values inside (coverage), the mean distance of coverage from
level over levels from 5 to 95% (error), and the mean width of the 80% interval.

    python examples/benchmarks/calibration.py
    python examples/benchmarks/calibration.py --report
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from common import finished, run_all, split
from scipy.stats import norm

from tagates_sk import TAGATESRegressor
from tagates_sk.baselines import WLKernelGP
from tagates_sk.datasets import load_nasbench201
from tagates_sk.inspection import UncertaintyDisplay

KEY = ("n", "seed", "model")
MEASURES = ("coverage", "error", "width")
FIELDS = (*KEY, *MEASURES, *(f"unscaled_{name}" for name in MEASURES), "std_scale")
LINES = {"members": ("ensemble", "unscaled_"), "scaled": ("ensemble", ""), "wl_gp": ("wl_gp", "")}
"""Lines of the report: models, and the beginning of the fields."""

LEVEL = 0.8


def measures(truth: Any, mean: Any, std: Any, prefix: str = "") -> dict[str, float]:
    """Coverage and width of central intervals, and the calibration error."""
    display = UncertaintyDisplay.from_predictions(truth, mean, std)
    plt.close(display.figure_)
    coverage = np.interp(LEVEL, display.expected, display.observed)
    width = 2 * norm.ppf((1 + LEVEL) / 2) * std.mean()
    values = (coverage, display.calibration_error, width)
    return {f"{prefix}{k}": round(float(v), 4) for k, v in zip(MEASURES, values, strict=True)}


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Fit on a subset, predict the test half, count."""
    nb201 = load_nasbench201()
    train, test = split(nb201, "published", task["n"], task["seed"])
    X, y, truth = nb201.dags[train], nb201.target[train], nb201.target[test]
    if task["model"] == "wl_gp":
        model: Any = WLKernelGP().fit(X, y)
        return task | measures(truth, *model.predict(nb201.dags[test], return_std=True))
    model = TAGATESRegressor(
        members="encoder", n_members=5, bootstrap=True, max_iter=200, random_state=task["seed"]
    ).fit(X, y)
    mean, std = model.predict(nb201.dags[test], return_std=True)
    scaled = measures(truth, mean, std)
    unscaled = measures(truth, mean, std / model.std_scale_, "unscaled_")
    return task | scaled | unscaled | {"std_scale": round(model.std_scale_, 3)}


def report(rows: list[dict[str, Any]]) -> str:
    """Means and standard deviations over seeds, in markdown."""
    lines = [
        "| labels | | in the 80% interval, % | calibration error, % | width, points | seeds |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for n in sorted({int(r["n"]) for r in rows}):
        for line, (model, prefix) in LINES.items():
            runs = [r for r in rows if int(r["n"]) == n and r["model"] == model]
            if len(runs) > 1:
                shown = [
                    spread([factor * float(r[prefix + name]) for r in runs])
                    for name, factor in zip(MEASURES, (100, 100, 1), strict=True)
                ]
                lines.append(f"| {n} | {line} | {' | '.join(shown)} | {len(runs)} |")
    return "\n".join(lines)


def spread(values: list[float]) -> str:
    """Mean ± standard deviation."""
    return f"{np.mean(values):.1f} ± {np.std(values, ddof=1):.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", nargs="+", type=int, default=[39, 78, 390])
    parser.add_argument("--seeds", type=int, default=9)
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument("--report", action="store_true", help="only print what there is")
    parser.add_argument("--out", type=Path, default=Path("docs/results/calibration.csv"))
    args = parser.parse_args()
    if args.report:
        rows = finished(args.out)
    else:
        tasks = [
            dict(zip(KEY, (n, seed, model), strict=True))
            for n in args.sizes
            for model in ("ensemble", "wl_gp")
            for seed in range(args.seeds)
        ]
        rows = run_all(tasks, args.out, args.n_jobs, run, FIELDS, KEY)
    print(report(rows))


if __name__ == "__main__":
    main()
