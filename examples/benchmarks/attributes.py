"""What numbers beside operations are worth: attributes against names alone.

Accuracies of Accel-NASBench and latencies of FBNet on two devices, with few labels. Seed k
draws the k-th random permutation: its first n networks are labelled, the next 1,500 are
ranked. All predictors see the same ones:

attributes   TAGATESRanker on DAGs with op="mbconv" and numbers beside it
names        the same with the numbers in the names of operations
hist_boost   scikit-learn's HistGradientBoostingRegressor on the raw numbers
boost        scikit-learn's GradientBoostingRegressor on the raw numbers
one_hot      baseline("mlp"), a perceptron on one-hot places of names
one_hot_gp   a Gaussian process of scikit-learn on the same one-hot places

Numbers are Kendall's tau, means over seeds.

    python examples/benchmarks/attributes.py
    python examples/benchmarks/attributes.py --members statistics --seeds 3
"""

from __future__ import annotations

import argparse
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from common import finished, in_names, run_all
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tagates_sk import TAGATESRanker, UnknownOperationWarning
from tagates_sk.baselines import baseline
from tagates_sk.datasets import load_accel_nasbench, load_latency
from tagates_sk.features import AdjacencyOneHot
from tagates_sk.metrics import kendall_tau

KEY = ("case", "members", "n", "seed", "predictor")
FIELDS = (*KEY, "tau", "cpu_seconds")
CASES = ("accel", "pixel3", "1080ti_64")
N_TEST = 1500


def data(case: str) -> tuple[Any, Any]:
    """Networks, and a target of which more is better."""
    if case == "accel":
        dags, target = load_accel_nasbench(return_X_y=True)
        return dags, target
    dags, latency = load_latency("fbnet", case, return_X_y=True)
    return dags, -latency


def raw_numbers(dags: Any) -> Any:
    """Attributes of all blocks, one behind the other, shape (n, n_blocks * n_attributes)."""
    return dags.packed().attributes.values.reshape(len(dags), -1)


def one_hot_process() -> Any:
    """A Gaussian process on one-hot places."""
    kernel = ConstantKernel() * RBF(5.0) + WhiteKernel(0.3)
    process = GaussianProcessRegressor(kernel, normalize_y=True)
    places = AdjacencyOneHot(canonical=False, handle_larger="ignore", handle_unknown="ignore")
    return make_pipeline(places, StandardScaler(), process)


PREDICTORS: dict[str, tuple[Any, Any]] = {
    "attributes": (lambda dags: dags, lambda **p: TAGATESRanker(**p)),
    "names": (in_names, lambda **p: TAGATESRanker(**p)),
    "hist_boost": (
        raw_numbers,
        lambda random_state, **_: HistGradientBoostingRegressor(random_state=random_state),
    ),
    "boost": (
        raw_numbers,
        lambda random_state, **_: GradientBoostingRegressor(random_state=random_state),
    ),
    "one_hot": (in_names, lambda random_state, **_: baseline("mlp", random_state=random_state)),
    "one_hot_gp": (in_names, lambda **_: one_hot_process()),
}
"""What each reads of the networks, and how it is made."""


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Fit on n networks and rank others."""
    dags, target = data(task["case"])
    order = np.random.RandomState(task["seed"]).permutation(len(target))
    n = task["n"]
    train, test = order[:n], order[n : n + N_TEST]
    form, make = PREDICTORS[task["predictor"]]
    X = form(dags)
    model = make(members=task["members"], random_state=task["seed"])
    start = time.process_time()
    with warnings.catch_warnings():
        for category in (UnknownOperationWarning, ConvergenceWarning):
            warnings.simplefilter("ignore", category)
        scores = model.fit(X[train], target[train]).predict(X[test])
    seconds = time.process_time() - start
    tau = kendall_tau(target[test], scores)
    return task | {"tau": round(float(tau), 5), "cpu_seconds": round(seconds, 2)}


def report(rows: list[dict[str, Any]]) -> str:
    """Means over seeds, in markdown."""
    lines = [
        f"| case | members | labels | {' | '.join(PREDICTORS)} | seeds |",
        "| --- | --- | --- |" + " --- |" * (len(PREDICTORS) + 1),
    ]
    for case, members, n in dict.fromkeys((r["case"], r["members"], r["n"]) for r in rows):
        group = [r for r in rows if (r["case"], r["members"], r["n"]) == (case, members, n)]
        means = []
        for name in PREDICTORS:
            taus = [float(r["tau"]) for r in group if r["predictor"] == name]
            means.append(f"{np.mean(taus):.3f}" if taus else "–")
        seeds = len({r["seed"] for r in group})
        lines.append(f"| {case} | {members} | {n} | {' | '.join(means)} | {seeds} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", nargs="+", choices=CASES, default=CASES)
    parser.add_argument("--members", choices=("all", "statistics", "encoder"), default="all")
    parser.add_argument("--predictors", nargs="+", choices=[*PREDICTORS], default=[*PREDICTORS])
    parser.add_argument("--sizes", nargs="+", type=int, default=[50, 200])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument("--report", action="store_true", help="only print what there is")
    parser.add_argument("--out", type=Path, default=Path("docs/results/attributes.csv"))
    args = parser.parse_args()
    if args.report:
        rows = finished(args.out)
    else:
        tasks = [
            dict(zip(KEY, (case, args.members, n, seed, name), strict=True))
            for case in args.cases
            for n in args.sizes
            for seed in range(args.seeds)
            for name in args.predictors
        ]
        rows = run_all(tasks, args.out, args.n_jobs, run, FIELDS, KEY)
    print(report(rows))


if __name__ == "__main__":
    main()
