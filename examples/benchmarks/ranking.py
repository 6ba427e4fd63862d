"""Kendall's tau on the published splits, over seeds.

Seed k draws the k-th random subset of the published training half and
initialises the network; the whole published test half is ranked; no label
outside the subset is used. Results are appended to a CSV as they come, and a
run that was interrupted goes on where it stopped.

    python examples/benchmarks/ranking.py --n-jobs 2
    python examples/benchmarks/ranking.py --spaces nasbench201 --nasbench201 78 \
        --parameters '{"T": 4}'
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from common import run_all, summary, task

# Kendall's tau in tables 1 and 2 of Ning et al. (2022), "Add" and "None", by training size.
# The published protocol chose the epoch on 40 test architectures; ours uses no test label.
PAPER = {
    "nasbench201": {
        39: (0.671, 0.684),
        78: (0.773, 0.767),
        390: (0.866, 0.862),
        781: (0.889, 0.887),
    },
    "nasbench101": {72: (0.669, 0.651), 364: (0.774, 0.758), 729: (0.784, 0.770)},
}
NAMES = {"nasbench201": "NAS-Bench-201, CIFAR-10", "nasbench101": "NAS-Bench-101"}


def table(rows: list[dict[str, Any]]) -> str:
    """Our numbers beside the paper's, in markdown."""
    lines = [
        "| | labels | TA-GATES (paper) | without zero-cost (paper) | `TAGATESRanker()` |",
        "| --- | --- | --- | --- | --- |",
    ]
    for space, sizes in PAPER.items():
        for n, (add, none) in sizes.items():
            chosen = [r for r in rows if r["space"] == space and int(r["n"]) == n]
            if chosen:
                tau = np.array([float(r["kendall_tau"]) for r in chosen])
                lines.append(
                    f"| {NAMES[space]} | {n} | {add:.3f} | {none:.3f} | "
                    f"{tau.mean():.3f} ± {tau.std(ddof=1):.3f} ({len(tau)} seeds) |"
                )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spaces", nargs="+", default=["nasbench201", "nasbench101"])
    parser.add_argument("--nasbench201", nargs="*", type=int, default=[39, 78, 390, 781])
    parser.add_argument("--nasbench101", nargs="*", type=int, default=[72, 364, 729])
    parser.add_argument("--target", default="cifar10", help="of NAS-Bench-201")
    parser.add_argument("--seeds", type=int, default=9)
    parser.add_argument("--parameters", default="{}", help="of TAGATESRanker, as JSON")
    parser.add_argument("--setting", help="a name for these parameters")
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("docs/results/ranking.csv"))
    args = parser.parse_args()
    setting = args.setting or ("default" if args.parameters == "{}" else args.parameters)
    targets = {"nasbench201": args.target, "nasbench101": "test"}
    tasks = [
        task(space, targets[space], "published", n, seed, setting, args.parameters)
        for space in args.spaces
        for n in getattr(args, space)
        for seed in range(args.seeds)
    ]
    rows = run_all(tasks, args.out, args.n_jobs)
    print("\n".join(summary(rows)))
    if setting == "default" and args.target == "cifar10" and args.seeds > 1:
        print("\n" + table(rows))


if __name__ == "__main__":
    main()
