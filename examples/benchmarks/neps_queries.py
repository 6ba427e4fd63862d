"""How many evaluations of NePS until one of the best cells of NAS-Bench-201 is found.

The space is an operation of NePS with six operands, an evaluation is a look into the table
(CIFAR-10, test accuracy), and a search ends when it has found a cell within 0.1 points of the
best, or after 1,000 evaluations. Optimisers: tagates_optimizer, as it reads operations of NePS by
itself and with `to_dag`, and NePS's regularised evolution and random search. The evolution of NePS
0.17.0 does not find what it wants to mutate, since the names of values in a config have a prefix
that it does not expect, and draws at random; "mended" is without this prefix. Rows are added to the
CSV file as they come; what is there is not run again.

    python examples/benchmarks/neps_queries.py
    python examples/benchmarks/neps_queries.py --seeds 3 --optimizers to_dag evolution
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import networkx as nx
import numpy as np
from six_operations import EDGES, MOST, OPERATIONS, cell, compare, quartiles, table

FIELDS = ["optimizer", "seed", "evaluations", "reached", "best", "seconds"]
NAMES = {
    "tagates": "tagates_optimizer",
    "to_dag": "tagates_optimizer, to_dag",
    "evolution": "regularised evolution",
    "mended": "regularised evolution, mended",
    "random": "random search",
}


def mended_evolution(space: Any) -> Callable[..., Any]:
    """NePS's regularised evolution, which finds the values of its parents."""
    import neps

    inner = neps.algorithms.neps_regularized_evolution(space)
    plain: dict[str, Any] = {}

    def ask(trials: dict[str, Any], budget_info: Any, n: int | None = None) -> Any:
        for key, trial in trials.items():
            if key not in plain or plain[key].report is not trial.report:
                config = {k.removeprefix("SAMPLING__"): v for k, v in trial.config.items()}
                plain[key] = replace(trial, config=config)
        return inner(plain, budget_info, n)

    return ask


def make(name: str, seed: int) -> tuple[Any, Any]:
    """An optimiser, and the space that it searches."""
    import neps

    from tagates_sk.integrations.neps import tagates_optimizer

    class Space(neps.PipelineSpace):
        _operation = neps.Categorical(OPERATIONS)
        dag = neps.Operation(cell, args=(_operation.resample(),) * len(EDGES))

    def to_dag(pipeline: dict[str, Any]) -> nx.DiGraph:
        return cell(*pipeline["dag"].args)

    makers: dict[str, Callable[[Any], Any]] = {
        "tagates": tagates_optimizer(seed=seed),
        "to_dag": tagates_optimizer(to_dag, seed=seed),
        "evolution": neps.algorithms.neps_regularized_evolution,
        "mended": mended_evolution,
        "random": neps.algorithms.neps_random_search,
    }
    space = Space()
    return makers[name](space), space


def search(task: dict[str, Any]) -> dict[str, Any]:
    """The row of one search, by an optimiser from a seed."""
    import neps
    from neps.space.neps_spaces.neps_space import adjust_evaluation_pipeline_for_neps_space

    accuracy, wanted = table()
    optimizer, space = make(task["optimizer"], task["seed"])

    def error(dag: nx.DiGraph) -> float:
        return -accuracy(dag)

    evaluate = adjust_evaluation_pipeline_for_neps_space(error, space)
    random.seed(task["seed"])  # NePS's own optimisers draw from it
    asked = neps.AskAndTell(optimizer)
    best, start = -np.inf, time.perf_counter()
    while best < wanted and len(asked.trials) < MOST:
        trial = asked.ask()
        asked.tell(trial, value := evaluate(**trial.config))
        best = max(best, -value)
    return task | {
        "evaluations": len(asked.trials),
        "reached": int(best >= wanted),
        "best": round(best, 3),
        "seconds": round(time.perf_counter() - start, 1),
    }


def report(rows: list[dict[str, Any]]) -> str:
    """Median and quartiles of each optimiser."""
    lines = [
        "# Evaluations of NePS until one of the best cells is found",
        "",
        "Written by `python examples/benchmarks/neps_queries.py` from "
        "[neps_queries.csv](neps_queries.csv): NAS-Bench-201 as an operation with six operands, "
        "CIFAR-10, NePS 0.17.0 with its default settings; evaluations until one was within 0.1 "
        "points of the best cell, median [first, third quartile] over seeds; a search that had not "
        "got there after 1,000 evaluations counts as 1,000.",
        "",
        "NePS's regularised evolution looks for the values of its parents by names without the "
        'prefix that configs have, finds none, and draws at random; "mended" is without the '
        "prefix.",
        "",
        "| optimiser | seeds | evaluations | not reached |",
        "| --- | --- | --- | --- |",
    ]
    for name, title in NAMES.items():
        own = [row for row in rows if row["optimizer"] == name]
        if own:
            lines.append(f"| {title} | {quartiles(own, 'evaluations')}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    compare(__doc__, NAMES, 10, "neps_queries.csv", search, FIELDS, report)
