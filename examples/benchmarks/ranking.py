"""Kendall's tau on the published splits, over seeds.

Seed k draws the k-th random subset of the published training half and
initialises the networks; the whole published test half is ranked; no label
outside the subset is used. With --protocol shuffled the two halves of
NAS-Bench-101 are drawn anew for each seed; these numbers are in a table of their
own. The setting "proxies" also sees the graphs of all cells of both halves and
their zero-cost scores, which cost no label. Results are appended to a CSV as they
come, and a run that was interrupted goes on where it stopped.

    python examples/benchmarks/ranking.py --n-jobs 2
    python examples/benchmarks/ranking.py --n-jobs 2 --protocol shuffled
    python examples/benchmarks/ranking.py --short  # the README's table, from the CSV
    python examples/benchmarks/ranking.py --settings default --spaces nasbench201 \\
        --nasbench201 78 --parameters '{"T": 4}'
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from common import finished, paired, run, run_all, summary, task

# Kendall's tau in the tables of Ning et al. (2022), "Add" and "None", by training size.
# The published protocol chose the epoch on 40 test architectures; ours uses no test label.
PAPER = {
    "nasbench201": {
        7: (0.538, None),
        39: (0.671, 0.684),
        78: (0.773, 0.767),
        390: (0.866, 0.862),
        781: (0.889, 0.887),
    },
    "nasbench101": {72: (0.669, 0.651), 364: (0.774, 0.758), 729: (0.784, 0.770)},
}
NAMES = {"nasbench201": "NAS-Bench-201, CIFAR-10", "nasbench101": "NAS-Bench-101"}
SEEDS = 9
RANKERS = {
    "default": "`TAGATESRanker()`",
    "statistics": '`TAGATESRanker(members="statistics")`',
    "proxies": "`TAGATESRanker(proxies=...)`",
}
"""Settings of the table, and their columns."""


def table(rows: list[dict[str, Any]], protocol: str = "published") -> str:
    """Our numbers, in markdown; those on the published halves beside the paper's."""
    rows = [r for r in rows if r["protocol"] == protocol]
    shown = [s for s in RANKERS if any(r["setting"] == s for r in rows)]
    compared = ["TA-GATES (paper)", "without zero-cost (paper)"] if protocol == "published" else []
    columns = ["", "labels", *compared, *(RANKERS[s] for s in shown)]
    lines = [
        "|" + "".join(f" {column} |" if column else " |" for column in columns),
        "|" + " --- |" * len(columns),
    ]
    for space, sizes in PAPER.items():
        for n, published in sizes.items():
            runs = [r for r in rows if r["space"] == space and int(r["n"]) == n]
            if runs:
                cells = [NAMES[space], str(n)]
                if compared:
                    cells += ["" if p is None else f"{p:.3f}" for p in published]
                cells += [spread([r for r in runs if r["setting"] == s]) for s in shown]
                lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def short_table(rows: list[dict[str, Any]]) -> str:
    """One table of both protocols, as the README has it.

    A number is printed once all seeds have been run.
    """
    rows = [r for r in rows if r["parameters"] == "{}" and r["target"] in ("cifar10", "test")]
    shown = ["statistics", "default"]
    columns = ["benchmark", "labels", "TA-GATES (paper)", *(RANKERS[s] for s in shown)]
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    for space, protocol, name in (
        ("nasbench201", "published", "NAS-Bench-201"),
        ("nasbench101", "published", "NAS-Bench-101, published split"),
        ("nasbench101", "shuffled", "NAS-Bench-101, random split"),
    ):
        of_protocol = [r for r in rows if r["space"] == space and r["protocol"] == protocol]
        for n, published in PAPER[space].items():
            runs = [r for r in of_protocol if int(r["n"]) == n]
            ours = [[r for r in runs if r["setting"] == s] for s in shown]
            numbers = [mean(r) if len(r) == SEEDS else "" for r in ours]
            if any(numbers):
                paper = f"{published[0]:.3f}" if protocol == "published" else "–"
                lines.append("| " + " | ".join([name, str(n), paper, *numbers]) + " |")
    return "\n".join(lines)


def mean(rows: list[dict[str, Any]]) -> str:
    """Mean and standard deviation over seeds."""
    tau = np.array([float(r["kendall_tau"]) for r in rows])
    return f"{tau.mean():.3f} ± {tau.std(ddof=1):.3f}"


def spread(rows: list[dict[str, Any]]) -> str:
    """Mean and standard deviation over seeds, and their number."""
    return f"{mean(rows)} ({len(rows)} seeds)" if len(rows) > 1 else ""


def gains(rows: list[dict[str, Any]]) -> list[str]:
    """What networks, and then proxies, gain at every size, in points."""
    lines = []
    for space, sizes in PAPER.items():
        for n in sizes:
            runs = [r for r in rows if r["space"] == space and int(r["n"]) == n]
            for one, other in (("default", "statistics"), ("proxies", "default")):
                gain = paired(runs, one, other, "kendall_tau")
                if gain:
                    lines.append(f"{space} {n:4d} labels, {one} − {other}: {gain}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--protocol", choices=["published", "shuffled"], default="published")
    parser.add_argument("--spaces", nargs="+", choices=list(NAMES), help="all, or NAS-Bench-101")
    parser.add_argument("--nasbench201", nargs="*", type=int, default=[7, 39, 78, 390, 781])
    parser.add_argument("--nasbench101", nargs="*", type=int, default=[72, 364, 729])
    parser.add_argument("--target", default="cifar10", help="of NAS-Bench-201")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--settings", nargs="+", default=list(RANKERS), choices=list(RANKERS))
    parser.add_argument("--parameters", default="{}", help="of the ranker, as JSON")
    parser.add_argument(
        "--memory",
        type=Path,
        help="where networks before their first label are kept: no times then",
    )
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument("--short", action="store_true", help="print the README's table only")
    parser.add_argument("--out", type=Path, default=Path("docs/results/ranking.csv"))
    args = parser.parse_args()
    if args.short:
        print(short_table(finished(args.out)))
        return
    both = args.protocol == "published"
    spaces = args.spaces or ([*NAMES] if both else ["nasbench101"])
    targets = {"nasbench201": args.target, "nasbench101": "test"}
    tasks = [
        task(space, targets[space], args.protocol, n, seed, setting, args.parameters)
        for setting in args.settings
        for space in spaces
        for n in getattr(args, space)
        for seed in range(args.seeds)
    ]
    rows = run_all(tasks, args.out, args.n_jobs, partial(run, memory=args.memory))
    print("\n".join(summary(rows)))
    if args.parameters == "{}" and args.target == "cifar10":
        print("\n" + table(rows, args.protocol) + "\n")
        print("\n".join(gains(rows)))


if __name__ == "__main__":
    main()
