"""Latency on a new device that was measured ten times, other devices being known.

Seed k draws the k-th random permutation of the architectures: its first ten are measured on
the new device, all others are predicted. Thirteen reference devices are known of all.

ridge     ridge regression of the log latency on the log latencies of the references
elastic   a non-negative elastic net in milliseconds on the latencies of the references and,
          for NAS-Bench-201, on how often each operation occurs, in dead parts too: the
          networks that were measured run these as well

Numbers are Spearman's rho, means over seeds.

    python examples/benchmarks/latency_transfer.py
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from common import run_all
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import ElasticNet, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tagates_sk.datasets import load_latency
from tagates_sk.metrics import spearman_rho

KEY = ("space", "device", "n", "seed", "predictor")
FIELDS = (*KEY, "spearman_rho")
LARGEST_BATCH = {"nasbench201": 256, "fbnet": 64}
REFERENCES = (
    "1080ti_1", "1080ti_32", "1080ti_{batch}", "titanx_1", "titanx_32", "titanx_{batch}",
    "silver_4114", "silver_4210r", "gold_6240", "pixel3", "samsung_a50", "samsung_s7",
    "essential_ph_1",
)  # fmt: skip
DEVICES = {
    "nasbench201": ("titan_rtx_256", "fpga"),
    "fbnet": (
        "titan_rtx_1", "titan_rtx_32", "titan_rtx_64", "2080ti_1", "2080ti_32", "2080ti_64",
        "titanxp_1", "titanxp_32", "titanxp_64", "gold_6226",
    ),
}  # fmt: skip
"""New ones: for FBNet all that are no references."""
PREDICTORS = ("ridge", "elastic")


def references(space: str) -> list[str]:
    """Names of the known devices."""
    return [name.format(batch=LARGEST_BATCH[space]) for name in REFERENCES]


def operation_counts(dags: Any) -> Any:
    """How often each operation occurs, dead parts included, shape (n, n_operations)."""
    counts = [Counter(op for _, _, op in dag.edges(data="op")) for dag in dags]
    names = sorted(set().union(*counts))
    return np.array([[count[name] for name in names] for count in counts])


def elastic_net() -> Any:
    """In units of the standard deviation of the measured latencies."""
    net = make_pipeline(StandardScaler(), ElasticNet(alpha=0.02, l1_ratio=0.5, positive=True))
    return TransformedTargetRegressor(net, transformer=StandardScaler())


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Fit on n measurements and predict the others."""
    space, n = task["space"], task["n"]
    data = load_latency(space, [task["device"], *references(space)])
    latency, known = data.target[:, 0], data.target[:, 1:]
    order = np.random.RandomState(task["seed"]).permutation(len(latency))
    measured, others = order[:n], order[n:]
    if task["predictor"] == "ridge":
        model: Any = make_pipeline(StandardScaler(), Ridge())
        model.fit(np.log(known[measured]), np.log(latency[measured]))
        predicted = model.predict(np.log(known[others]))
    else:
        if space == "nasbench201":
            known = np.column_stack([known, operation_counts(data.dags)])
        predicted = elastic_net().fit(known[measured], latency[measured]).predict(known[others])
    return task | {"spearman_rho": round(spearman_rho(latency[others], predicted), 5)}


def report(rows: list[dict[str, Any]]) -> str:
    """Means over seeds, in markdown."""
    lines = ["| space | device | measurements | ridge | elastic | seeds |", "|" + " --- |" * 6]
    for case in dict.fromkeys((r["space"], r["device"], r["n"]) for r in rows):
        group = [r for r in rows if (r["space"], r["device"], r["n"]) == case]
        means = [
            np.mean([float(r["spearman_rho"]) for r in group if r["predictor"] == name])
            for name in PREDICTORS
        ]
        seeds = len({r["seed"] for r in group})
        values = " | ".join(f"{mean:.3f}" for mean in means)
        lines.append(f"| {' | '.join(map(str, case))} | {values} | {seeds} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=10, help="measurements")
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("docs/results/latency_transfer.csv"))
    args = parser.parse_args()
    tasks = [
        dict(zip(KEY, (space, device, args.n, seed, name), strict=True))
        for space, devices in DEVICES.items()
        for device in devices
        for seed in range(args.seeds)
        for name in PREDICTORS
    ]
    print(report(run_all(tasks, args.out, args.n_jobs, run, FIELDS, KEY)))


if __name__ == "__main__":
    main()
