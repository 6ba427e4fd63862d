"""How many trials of Optuna until one of the best cells of NAS-Bench-201 is found.

The six operations of a cell are six categorical parameters, a trial is a look into the table
(CIFAR-10, test accuracy), and a study ends when it has found a cell within 0.1 points of the best,
or after 1,000 trials. Samplers: TAGATESSampler, and Optuna's TPE (as it is, and univariate) and
random ones. Rows are added to the CSV file as they come; what is there is not run again.

    python examples/benchmarks/optuna_queries.py
    python examples/benchmarks/optuna_queries.py --seeds 3 --samplers tagates tpe
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import networkx as nx
import optuna
from six_operations import EDGES, MOST, OPERATIONS, cell, compare, quartiles, table

from tagates_sk.integrations.optuna import TAGATESSampler

FIELDS = ["sampler", "seed", "trials", "reached", "best", "seconds"]
NAMES = [f"{tail}->{head}" for tail, head in EDGES]
"""Of the parameters."""


def to_dag(params: dict[str, Any]) -> nx.DiGraph:
    """The cell of six operations."""
    return cell(*(params[name] for name in NAMES))


SAMPLERS: dict[str, Callable[[int], optuna.samplers.BaseSampler]] = {
    "tagates": lambda seed: TAGATESSampler(to_dag, seed=seed),
    "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed),
    "tpe univariate": lambda seed: optuna.samplers.TPESampler(seed=seed, multivariate=False),
    "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
}


def search(task: dict[str, Any]) -> dict[str, Any]:
    """The row of one study, by a sampler from a seed."""
    accuracy, wanted = table()

    def objective(trial: optuna.Trial) -> float:
        return accuracy(cell(*(trial.suggest_categorical(name, OPERATIONS) for name in NAMES)))

    def stop(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        if study.best_value >= wanted:
            study.stop()

    start = time.perf_counter()
    make = SAMPLERS[task["sampler"]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study = optuna.create_study(direction="maximize", sampler=make(task["seed"]))
    study.optimize(objective, n_trials=MOST, callbacks=[stop])
    return task | {
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
            seconds = sum(float(row["seconds"]) for row in own)
            each = seconds / sum(int(row["trials"]) for row in own)
            lines.append(f"| {name} | {quartiles(own, 'trials')} {each:.2f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    compare(__doc__, SAMPLERS, 20, "optuna_queries.csv", search, FIELDS, report)
