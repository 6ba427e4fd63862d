"""What the processes' linear trend in effective resistances brings, and where.

Statistical members alone, with the trend and without, on the same subsets: Kendall's tau on 2,000
test cells, and differences paired over seeds. On NAS-Bench-101 the protocols "siblings", "shifted"
and "outside" test on cells that are wired unlike those with labels, in three different ways, and
"random" on cells like them; ``common.split`` says how.

    python examples/benchmarks/trend.py
    python examples/benchmarks/trend.py --report
"""

from __future__ import annotations

import argparse
from functools import cache, lru_cache, partialmethod
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from common import data, finished, run_all, split

from tagates_sk import TAGATESRanker
from tagates_sk.datasets import load_enas_oneshot
from tagates_sk.estimators.process import ProcessMember
from tagates_sk.metrics import kendall_tau

KEY = ("space", "protocol", "n", "seed", "trend")
FIELDS = (*KEY, "tau")
CASES = [
    ("nasbench101", protocol, n)
    for protocol in ("siblings", "shifted", "outside", "random", "published")
    for n in (72, 364)
] + [
    ("nasbench201 cifar10", "search", 39), ("nasbench201 cifar100", "search", 30),
    ("enas", "published", 30), ("enas", "published", 100),
]  # fmt: skip
N_TEST = 2000
TRENDS: dict[str, tuple[str, ...]] = {"with": ("resistance",), "without": ()}


@cache
def benchmark(space: str) -> Any:
    """The table of a space."""
    name, *target = space.split()
    return load_enas_oneshot() if name == "enas" else data(name, *(target or ["test"]), False)


@lru_cache(1)
def subsets(space: str, protocol: str, n: int, seed: int) -> tuple[Any, Any]:
    """Cells with labels, and cells to test on."""
    train, test = split(benchmark(space), protocol, n, seed)
    return train, np.random.RandomState(0).permutation(test)[:N_TEST]


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Fit and test once."""
    bunch = benchmark(task["space"])
    train, test = subsets(task["space"], task["protocol"], task["n"], task["seed"])
    initialise = partialmethod(ProcessMember.__init__, trend=TRENDS[task["trend"]])
    with patch.object(ProcessMember, "__init__", initialise):
        ranker = TAGATESRanker(members="statistics", random_state=task["seed"])
        ranker.fit(bunch.dags[train], bunch.target[train])
        tau = kendall_tau(bunch.target[test], ranker.predict(bunch.dags[test]))
    return {**task, "tau": round(tau, 5)}


def report(rows: list[dict[str, str]]) -> str:
    """Means, and differences paired over seeds."""
    lines = [
        "| space | protocol | labels | without | with | difference | seeds |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for space, protocol, n in CASES:
        found = {
            trend: {
                row["seed"]: float(row["tau"])
                for row in rows
                if (row["space"], row["protocol"], row["n"]) == (space, protocol, str(n))
                and row["trend"] == trend
            }
            for trend in TRENDS
        }
        seeds = sorted(set(found["with"]) & set(found["without"]))
        if len(seeds) < 2:
            continue
        after, before = (np.array([found[t][s] for s in seeds]) for t in ("with", "without"))
        gain = 100 * (after - before)
        lines.append(
            f"| {space} | {protocol} | {n} | {before.mean():.3f} | {after.mean():.3f} | "
            f"{gain.mean():+.1f} ± {gain.std(ddof=1) / len(seeds) ** 0.5:.1f} | {len(seeds)} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument("--report", action="store_true", help="only print what there is")
    parser.add_argument("--out", type=Path, default=Path("docs/results/trend.csv"))
    args = parser.parse_args()
    if not args.report:
        tasks = [
            {"space": space, "protocol": protocol, "n": n, "seed": seed, "trend": trend}
            for space, protocol, n in CASES
            for seed in range(args.seeds)
            for trend in TRENDS
        ]
        run_all(tasks, args.out, args.n_jobs, run, FIELDS, KEY)
    print(report(finished(args.out)))
