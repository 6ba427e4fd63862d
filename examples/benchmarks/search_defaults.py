"""Search for the class defaults, on training halves only.

NAS-Bench-201 is searched on CIFAR-100, NAS-Bench-101 on its final accuracy; both
train on parts of the published training half, with subsets of their own, and test on
another part of it or on cells of neither half (--protocol), so that no label of the
published test halves is looked at.

    python examples/benchmarks/search_defaults.py --settings base T=3 "T=3;batch_size=16" --seeds 4
    python examples/benchmarks/search_defaults.py --report
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from common import PROTOCOLS, finished, run_all, summary, task


def parsed(setting: str) -> str:
    """``"T=3;batch_size=16"`` as JSON; "base" is the class defaults."""
    if setting == "base":
        return "{}"
    pairs = (item.split("=", 1) for item in setting.split(";"))
    return json.dumps({k: json.loads(v) for k, v in pairs})


STEPS: list[dict[str, Any]] = [
    step | {"n_members": 1, "deep_supervision": False, "aggregation": "sum"}
    for step in (
        {"head": [200], "layer_dim": 128, "margin": 0.1},
        {"head": [200], "layer_dim": 64, "margin": 0.1},
        {"head": [200, 200], "layer_dim": 64, "margin": 0.1},
        {"head": [200, 200], "layer_dim": 64, "margin": 0.03},
        {"head": [200, 200], "layer_dim": 64, "margin": 0.03, "train_other_nodes": False},
    )
]
STEPS += [STEPS[-1] | {"aggregation": "sqrt"}]
STEPS += [step | {"deep_supervision": True} for step in STEPS[-2:]]
STEPS += [step | {"n_members": 3} for step in STEPS[-2:]]
STEPS += [STEPS[-1] | {"aggregation": "mixed", "n_members": 4}]
"""What was compared with: the first guess, and what was best after each round."""

TOGETHER = {"aggregation", "n_members"}
"""Parameters that were changed together: two members of each kind."""


def report(rows: list[dict[str, Any]]) -> str:
    """Paired differences in tau, in markdown, of settings one change away from a step."""
    taus: dict[tuple[str, str, int, str], dict[int, float]] = {}
    for row in rows:
        run = (row["protocol"], row["space"], int(row["n"]), _key(json.loads(row["parameters"])))
        taus.setdefault(run, {})[int(row["seed"])] = float(row["kendall_tau"])
    lines = [
        "| protocol | space | labels | change | Δ tau ± standard error | seeds | compared with |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for step in STEPS:
        for (protocol, space, n, parameters), changed in sorted(taus.items()):
            base = taus.get((protocol, space, n, _key(step)), {})
            tried = json.loads(parameters)
            new = {k: v for k, v in tried.items() if step.get(k) != v}
            seeds = sorted(set(base) & set(changed))
            near = len(new) == 1 or new.keys() == TOGETHER
            if near and step.keys() <= tried.keys() and len(seeds) > 1:
                d = np.array([changed[seed] - base[seed] for seed in seeds])
                error = d.std(ddof=1) / np.sqrt(len(d))
                lines.append(
                    f"| {protocol} | {space} | {n} | {_short(new)} | "
                    f"{d.mean():+.4f} ± {error:.4f} | {len(d)} | {_short(step)} |"
                )
    return "\n".join(lines)


def _key(parameters: dict[str, Any]) -> str:
    return json.dumps(parameters, sort_keys=True)


def _short(parameters: dict[str, Any]) -> str:
    return ", ".join(f"{k}={v}" for k, v in parameters.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settings", nargs="+", default=["base"])
    parser.add_argument("--nasbench201", nargs="*", type=int, default=[78, 390])
    parser.add_argument("--nasbench101", nargs="*", type=int, default=[72, 364])
    parser.add_argument("--protocol", choices=PROTOCOLS, default="search")
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--n-jobs", type=int, default=2)
    parser.add_argument("--report", action="store_true", help="only print what --out holds")
    parser.add_argument("--out", type=Path, default=Path("docs/results/search_defaults.csv"))
    args = parser.parse_args()
    if args.report:
        print(f"# All comparisons of the search for defaults\n\n{report(finished(args.out))}")
        return
    spaces = [
        ("nasbench201", "cifar100", args.nasbench201),
        ("nasbench101", "test", args.nasbench101),
    ]
    tasks = [
        task(space, target, args.protocol, n, seed, setting, parsed(setting))
        for space, target, sizes in spaces
        for n in sizes
        for setting in args.settings
        for seed in range(args.seeds)
    ]
    print("\n".join(summary(run_all(tasks, args.out, args.n_jobs))))


if __name__ == "__main__":
    main()
