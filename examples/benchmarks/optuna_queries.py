"""How many trials of Optuna until one of the best cells of NAS-Bench-201 is found.

The six operations of a cell are six categorical parameters, a trial is a look into the table
(CIFAR-10, test accuracy), and a study ends when it has found a cell within 0.1 points of the best,
or after 1,000 trials. Samplers: TAGATESSampler, and Optuna's TPE (as it is, and univariate) and
random ones. Rows are added to the CSV file as they come; what is there is not run again.

    python examples/benchmarks/optuna_queries.py
    python examples/benchmarks/optuna_queries.py --seeds 3 --samplers tagates tpe
"""

from __future__ import annotations

import argparse
import csv
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import optuna
from common import finished

from tagates_sk.datasets import load_nasbench201
from tagates_sk.integrations.optuna import TAGATESSampler
from tagates_sk.spaces import NASBench201

RESULTS = Path(__file__).parents[2] / "docs" / "results"
FIELDS = ["sampler", "seed", "trials", "reached", "best", "seconds"]
MAX_TRIALS = 1000
WITHIN = 0.1

OPERATIONS = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]
EDGES = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]


def to_dag(params: dict[str, Any]) -> nx.DiGraph:
    """The cell of six operations."""
    cell = nx.DiGraph()
    for tail, head in EDGES:
        cell.add_edge(tail, head, op=params[f"{tail}->{head}"])
    return cell


SAMPLERS: dict[str, Callable[[int], optuna.samplers.BaseSampler]] = {
    "tagates": lambda seed: TAGATESSampler(to_dag, seed=seed),
    "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed),
    "tpe univariate": lambda seed: optuna.samplers.TPESampler(seed=seed, multivariate=False),
    "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
}


def search(name: str, seed: int) -> dict[str, Any]:
    """The row of one study."""
    bunch, space = load_nasbench201(), NASBench201()
    accuracies = dict(zip(map(bytes, bunch.dags.table), bunch.target, strict=True))
    wanted = bunch.target.max() - WITHIN

    def objective(trial: optuna.Trial) -> float:
        names = [f"{tail}->{head}" for tail, head in EDGES]
        cell = to_dag({name: trial.suggest_categorical(name, OPERATIONS) for name in names})
        return float(accuracies[bytes(space.to_digits(space.from_dag(cell)))])

    def stop(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        if study.best_value >= wanted:
            study.stop()

    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study = optuna.create_study(direction="maximize", sampler=SAMPLERS[name](seed))
    study.optimize(objective, n_trials=MAX_TRIALS, callbacks=[stop])
    return {
        "sampler": name,
        "seed": seed,
        "trials": len(study.trials),
        "reached": int(study.best_value >= wanted),
        "best": round(study.best_value, 3),
        "seconds": round(time.perf_counter() - start, 1),
    }


def report(rows: list[dict[str, Any]]) -> str:
    """Median and quartiles of each sampler."""
    lines = [
        "# Trials of Optuna until one of the best cells is found",
        "",
        "Written by `python examples/benchmarks/optuna_queries.py` from "
        "[optuna_queries.csv](optuna_queries.csv): NAS-Bench-201 as six categorical parameters, "
        f"CIFAR-10, Optuna {optuna.__version__}; trials until one was within 0.1 points of the "
        "best cell, median [first, third "
        "quartile] over seeds; a study that had not got there after 1,000 trials counts as 1,000.",
        "",
        "| sampler | seeds | trials | not reached | seconds a trial |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name in SAMPLERS:
        own = [row for row in rows if row["sampler"] == name]
        if own:
            trials = np.array([int(row["trials"]) for row in own])
            low, median, high = np.percentile(trials, [25, 50, 75])
            missed = sum(not int(row["reached"]) for row in own)
            seconds = sum(float(row["seconds"]) for row in own) / trials.sum()
            lines.append(
                f"| {name} | {len(own)} | {median:g} [{low:g}, {high:g}] | {missed} | "
                f"{seconds:.2f} |"
            )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--samplers", nargs="+", choices=SAMPLERS, default=list(SAMPLERS))
    parser.add_argument("--csv", type=Path, default=RESULTS / "optuna_queries.csv")
    arguments = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    rows = finished(arguments.csv)
    done = {(row["sampler"], int(row["seed"])) for row in rows}
    with arguments.csv.open("a", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        if not rows:
            writer.writeheader()
        for seed in range(arguments.seeds):
            for name in arguments.samplers:
                if (name, seed) not in done:
                    rows.append(search(name, seed))
                    writer.writerow(rows[-1])
                    file.flush()
                    print(rows[-1], flush=True)
    page = report(rows)
    arguments.csv.with_suffix(".md").write_text(page)
    print(page)
