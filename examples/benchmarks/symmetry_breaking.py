"""What zero-cost features buy: Table 2 of the paper on the published splits.

No symmetry breaking, random noise, and the shipped zero-cost vectors appended to
("concat") or added to ("add", with beta 0.1) the operation embeddings; seed k has the same training
cells in all of them, so differences are paired. Rows without symmetry breaking are
those of ranking.py and are taken from its CSV.

    python examples/benchmarks/symmetry_breaking.py --n-jobs 2
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from common import run_all, task
from ranking import NAMES, PAPER

SETTINGS: dict[str, dict[str, Any]] = {
    "none": {},
    "random": {"symmetry_breaking": "random"},
    "concat": {"symmetry_breaking": "concat"},
    "add": {"symmetry_breaking": "add", "beta": 0.1},
}
TARGETS = {"nasbench201": "cifar10", "nasbench101": "test"}


def table(rows: dict[str, list[dict[str, Any]]]) -> str:
    """Mean tau without symmetry breaking and paired differences, in markdown."""
    lines = [
        "| | labels | none | paper: add − none | "
        + " | ".join(f"{name} − none" for name in SETTINGS if name != "none")
        + " | seeds |",
        "| " + "--- | " * (len(SETTINGS) + 4),
    ]
    for space, sizes in PAPER.items():
        for n, (add, none) in sizes.items():
            tau = {
                name: {
                    int(r["seed"]): 100 * float(r["kendall_tau"])
                    for r in found
                    if r["space"] == space and int(r["n"]) == n
                }
                for name, found in rows.items()
            }
            seeds = sorted(set.intersection(*(set(found) for found in tau.values())))
            if len(seeds) < 2:
                continue
            base = np.array([tau["none"][seed] for seed in seeds])
            cells = [f"{base.mean():.1f} ± {base.std(ddof=1):.1f}", f"{100 * (add - none):+.1f}"]
            for name in SETTINGS:
                if name != "none":
                    d = np.array([tau[name][seed] for seed in seeds]) - base
                    cells.append(f"{d.mean():+.1f} ± {d.std(ddof=1) / len(d) ** 0.5:.1f}")
            lines.append(f"| {NAMES[space]} | {n} | {' | '.join(cells)} | {len(seeds)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nasbench201", nargs="*", type=int, default=[39, 78, 390, 781])
    parser.add_argument("--nasbench101", nargs="*", type=int, default=[72, 364, 729])
    parser.add_argument("--seeds", type=int, default=9)
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument("--ranking", type=Path, default=Path("docs/results/ranking.csv"))
    parser.add_argument("--out", type=Path, default=Path("docs/results/symmetry_breaking.csv"))
    args = parser.parse_args()
    rows = {}
    for name, parameters in SETTINGS.items():
        tasks = [
            task(space, TARGETS[space], "published", n, seed, setting, json.dumps(parameters))
            for space in TARGETS
            for n in getattr(args, space)
            for seed in range(args.seeds)
            for setting in ["default" if name == "none" else name]
        ]
        path = args.ranking if name == "none" else args.out
        rows[name] = run_all(tasks, path, args.n_jobs)
    print("In points of Kendall's tau (× 100), mean ± standard deviation of the seeds; differences")
    print("paired over seeds, mean ± standard error.\n")
    print(table(rows))


if __name__ == "__main__":
    main()
