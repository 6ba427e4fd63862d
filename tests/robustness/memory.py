"""How much memory work on large graphs takes beyond what is there before it.

``python -m tests.robustness.memory WHO WHAT`` prints megabytes. A process of its own, because
the peak of a process only grows.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import torch

from tagates_sk import InvalidArchitectureError, TAGATESRanker
from tagates_sk.baselines import GATESRanker
from tagates_sk.features import OperationStatistics, PathEncoding, WalkStatistics, WeisfeilerLehman


def cell(n_operations: int, n_edges: int, seed: int) -> Any:
    """Operations on the nodes of a chain, and edges that skip."""
    rng = np.random.RandomState(seed)
    n = n_operations + 2
    graph = nx.DiGraph([(v, v + 1) for v in range(n - 1)])
    pairs = np.column_stack(np.triu_indices(n, 2))
    rng.shuffle(pairs)
    graph.add_edges_from(pairs[: n_edges - n + 1].tolist())
    for v in range(1, n - 1):
        graph.nodes[v]["op"] = f"op{rng.randint(5)}"
    return graph


SMALL = [cell(5, 9, seed) for seed in range(30)]
Y = np.arange(30.0) % 7

ESTIMATORS: dict[str, Callable[[], Any]] = {
    "encoder": lambda: TAGATESRanker(members="encoder", max_iter=1, random_state=0, device="cpu"),
    "statistics": lambda: TAGATESRanker(members="statistics", random_state=0, device="cpu"),
    "all": lambda: TAGATESRanker(max_iter=1, random_state=0, device="cpu"),
    "gates": lambda: GATESRanker(max_iter=1, random_state=0, device="cpu"),
}
TRANSFORMERS: dict[str, Callable[[], Any]] = {
    "operations": OperationStatistics,
    "walks": WalkStatistics,
    "paths": lambda: PathEncoding(max_length=3, handle_unknown="ignore"),
    "subtrees": lambda: WeisfeilerLehman(handle_unknown="ignore"),
}
GRAPHS: dict[str, Callable[[], Any]] = {
    "small": lambda: SMALL * 20,
    "some": lambda: [cell(100, 300, seed) for seed in range(64)],
    "many": lambda: [cell(100, 300, seed) for seed in range(640)],
    "several": lambda: [cell(100, 300, seed) for seed in range(200)],
    "large": lambda: [cell(700, 200_000, 0)],
}


def megabytes(name: str) -> float:
    """Of this process, now or at most."""
    # The peak of getrusage begins with that of the process that started this one.
    field = {"peak": "VmHWM", "now": "VmRSS"}[name]
    found = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) / 1024


def main(who: str, what: str) -> None:
    """Print by how much the peak is above what was there before."""
    if who in ESTIMATORS:
        fitted = ESTIMATORS[who]().fit(SMALL, Y)
        work = fitted.predict
    elif who == "fit":
        fitted = ESTIMATORS["encoder"]().fit(SMALL, Y)
        work = lambda X: clone_of(fitted).fit(X, np.arange(len(X)) % 7)  # noqa: E731
    else:
        fitted = TRANSFORMERS[who]().fit(SMALL)
        work = fitted.transform
    (fitted.predict if hasattr(fitted, "predict") else fitted.transform)(SMALL)
    X = GRAPHS[what]()
    before = megabytes("now")
    outcome = "done"
    try:
        work(X)
    except InvalidArchitectureError as error:
        outcome = str(error)
    print(outcome)
    print(megabytes("peak") - before)


def clone_of(estimator: Any) -> Any:
    """Not fitted, and with few epochs."""
    return type(estimator)(**estimator.get_params(deep=False))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    main(*sys.argv[1:])
