"""A cell of NAS-Bench-201 as six choices, for searches of other libraries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import networkx as nx
import numpy as np

from tagates_sk.datasets import load_nasbench201
from tagates_sk.spaces import NASBench201

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
EDGES = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]
MOST = 1000
"""Evaluations after which a search ends."""
WITHIN = 0.1
"""Points below the best cell, where it has arrived."""


def cell(*operations: str) -> nx.DiGraph:
    """The cell of six operations."""
    dag = nx.DiGraph()
    for (tail, head), operation in zip(EDGES, operations, strict=True):
        dag.add_edge(tail, head, op=operation)
    return dag


def table() -> tuple[Callable[[nx.DiGraph], float], float]:
    """The accuracy of a cell, and that which a search wants."""
    bunch, space = load_nasbench201(), NASBench201()
    accuracies = dict(zip(map(bytes, bunch.dags.table), bunch.target, strict=True))

    def accuracy(dag: nx.DiGraph) -> float:
        return float(accuracies[bytes(space.to_digits(space.from_dag(dag)))])

    return accuracy, float(bunch.target.max() - WITHIN)


def quartiles(rows: Sequence[dict[str, Any]], field: str) -> str:
    """How many searches there were, evaluations until they ended, and how many did not arrive."""
    low, median, high = np.percentile([int(row[field]) for row in rows], [25, 50, 75])
    missed = sum(not int(row["reached"]) for row in rows)
    return f"{len(rows)} | {median:g} [{low:g}, {high:g}] | {missed} |"
