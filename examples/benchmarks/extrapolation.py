"""Final accuracy of architectures whose first epochs are known.

Kendall's tau with the final accuracy on the test cells of table3.py: of
NAS-Bench-201, of which the accuracy after 12 of 200 epochs is known, and of
NAS-Bench-101, of which those after 4, 12 and 36 of 108 epochs are. Compared are

last           the last value that is known
power_law      a − b·epochs^(−c) through all of them (NAS-Bench-101)
architecture   predict(X)
partial        predict(X, partial=P)

All else is as the defaults are, with a pass for each column.

    python examples/benchmarks/extrapolation.py
    python examples/benchmarks/extrapolation.py --report
"""

from __future__ import annotations

import argparse
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from common import finished, run_all
from scipy.optimize import OptimizeWarning, curve_fit
from table3 import data

from tagates_sk import TAGATESRanker, TAGATESRegressor
from tagates_sk.metrics import kendall_tau

KEY = ("space", "n", "seed", "setting")
METHODS = ("last", "power_law", "architecture", "partial")
FIELDS = (*KEY, *METHODS, "fit_seconds")
SIZES = {"nasbench201": (39, 78, 390), "nasbench101": (72, 364)}
EPOCHS = {"nasbench201": (12, 200), "nasbench101": (4, 12, 36, 108)}
ESTIMATORS = {"ranker": TAGATESRanker, "regressor": TAGATESRegressor}


def power_law(epochs: Any, curves: Any, final: int) -> Any:
    """Values at the end of power laws through curves; the last value where none fits."""

    def law(x: Any, a: float, b: float, c: float) -> Any:
        return a - b * x**-c

    warnings.simplefilter("ignore", OptimizeWarning)  # three points say nothing of the spread
    predicted = curves[:, -1].copy()
    for i, curve in enumerate(curves):
        start = (curve[-1], max(curve[-1] - curve[0], 0.1), 1.0)
        bounds = ([-np.inf, 0, 0.01], [np.inf, np.inf, 10])
        try:
            fitted, _ = curve_fit(law, epochs, curve, p0=start, bounds=bounds, max_nfev=200)
            predicted[i] = law(final, *fitted)
        except RuntimeError:
            pass  # no convergence
    return predicted


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Fit on complete curves, predict the ends of others."""
    space, n, seed, setting = (task[name] for name in KEY)
    epochs = EPOCHS[space]
    X, y, unseen, truth = data(space, n, seed, epochs)
    known, final = truth[:, :-1], truth[:, -1]
    start = time.perf_counter()
    model = ESTIMATORS[setting](T=len(epochs), random_state=seed).fit(X, y)
    seconds = round(time.perf_counter() - start, 1)
    predicted = {
        "last": known[:, -1],
        "architecture": model.predict(unseen),
        "partial": model.predict(unseen, partial=known),
    }
    if len(epochs) > 3 and seed == 0:  # the test cells are the same for all seeds
        predicted["power_law"] = power_law(np.array(epochs[:-1], float), known, epochs[-1])
    taus = {name: round(kendall_tau(final, values), 5) for name, values in predicted.items()}
    return task | taus | {"fit_seconds": seconds}


def report(rows: list[dict[str, Any]]) -> str:
    """Means and standard deviations over seeds in points, in markdown."""
    lines = [
        f"| | labels | estimator | {' | '.join(METHODS)} | partial − best other |",
        "| --- " * 8 + "|",
    ]
    for space, n, setting in sorted({(r["space"], int(r["n"]), r["setting"]) for r in rows}):
        chosen = [r for r in rows if (r["space"], int(r["n"]), r["setting"]) == (space, n, setting)]
        values = {m: [100 * float(r[m]) for r in chosen if r[m]] for m in METHODS}
        cells = []
        for v in values.values():
            spread = f" ± {np.std(v, ddof=1):.1f}" if len(set(v)) > 1 else ""
            cells.append(f"{np.mean(v):.1f}{spread}" if v else "")
        others = [np.mean(v) for m, v in values.items() if v and m != "partial"]
        gain = np.array(values["partial"]) - max(others)
        cells.append(f"{gain.mean():+.1f} (least {gain.min():+.1f}, {len(gain)} seeds)")
        lines.append(f"| {space} | {n} | {setting} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spaces", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--sizes", nargs="+", type=int, help="default: all")
    parser.add_argument("--settings", nargs="+", choices=ESTIMATORS, default=list(ESTIMATORS))
    parser.add_argument("--seeds", type=int, default=9)
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument("--report", action="store_true", help="only print what there is")
    parser.add_argument("--out", type=Path, default=Path("docs/results/extrapolation.csv"))
    args = parser.parse_args()
    tasks = [
        dict(zip(KEY, (space, n, seed, setting), strict=True))
        for space in args.spaces
        for n in SIZES[space]
        if args.sizes is None or n in args.sizes
        for setting in args.settings
        for seed in range(args.seeds)
    ]
    if not args.report:
        run_all(tasks, args.out, args.n_jobs, run, FIELDS, KEY)
    print(report(finished(args.out)))


if __name__ == "__main__":
    main()
