"""What zero-cost features buy: Table 2 of the paper on the published splits.

No symmetry breaking, random noise, and the shipped zero-cost vectors appended to
("concat") or added to ("add") the operation embeddings; seed k has the same training
cells in all of them, so differences are paired. As in the paper, there is one encoder,
a node adds up what arrives, and the last pass alone is read; everything else is at its
default.

    python examples/benchmarks/symmetry_breaking.py --n-jobs 2
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from common import PLAIN, finished, run_all, task
from ranking import NAMES, PAPER

SETTINGS: dict[str, dict[str, Any]] = {
    "none": {"symmetry_breaking": "none"},
    "random": {"symmetry_breaking": "random"},
    "concat": {"symmetry_breaking": "concat"},
    "add": {"symmetry_breaking": "add", "beta": 0.1},
}
TARGETS = {"nasbench201": "cifar10", "nasbench101": "test"}


def table(rows: dict[str, list[dict[str, Any]]]) -> str:
    """Mean tau without symmetry breaking and paired differences, in markdown."""
    others = [name for name in SETTINGS if name != "none"]
    lines = [
        "| | labels | none | paper: add − none | "
        + " | ".join(f"{name} − none" for name in others)
        + " |",
        "| " + "--- | " * (len(others) + 4),
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
            base = np.array([*tau["none"].values()])
            if len(base) < 2 or none is None:
                continue
            cells = [
                f"{base.mean():.1f} ± {base.std(ddof=1):.1f} ({len(base)})",
                f"{100 * (add - none):+.1f}",
            ]
            for name in others:
                both = sorted(tau["none"].keys() & tau[name].keys())
                d = np.array([tau[name][seed] - tau["none"][seed] for seed in both])
                text = f"{d.mean():+.1f} ± {d.std(ddof=1) / len(d) ** 0.5:.1f} ({len(d)})"
                cells.append(text if len(d) > 1 else "")
            lines.append(f"| {NAMES[space]} | {n} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nasbench201", nargs="*", type=int, default=[39, 78, 390, 781])
    parser.add_argument("--nasbench101", nargs="*", type=int, default=[72, 364, 729])
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--seeds", type=int, default=9)
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("docs/results/symmetry_breaking.csv"))
    args = parser.parse_args()
    tasks = [
        task(space, TARGETS[space], "published", n, seed, name, json.dumps(parameters))
        for name in args.settings
        for parameters in [{**SETTINGS[name], **PLAIN}]
        for space in TARGETS
        for n in getattr(args, space)
        for seed in range(args.seeds)
    ]
    run_all(tasks, args.out, args.n_jobs)
    rows = {name: [r for r in finished(args.out) if r["setting"] == name] for name in SETTINGS}
    print("In points of Kendall's tau (× 100), mean ± standard deviation of the seeds; differences")
    print("paired over seeds, mean ± standard error; in brackets how many seeds.\n")
    print(table(rows))


if __name__ == "__main__":
    main()
