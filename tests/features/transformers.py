"""The transformers in all their forms, over graphs and over arrays; large graphs."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_is_fitted, validate_data

from tagates_sk.features import (
    AdjacencyOneHot,
    CapacityStatistics,
    OperationStatistics,
    PathEncoding,
    ResistanceStatistics,
    WalkStatistics,
    WeisfeilerLehman,
)
from tagates_sk.features._common import BaseFeatures

ALL = [
    AdjacencyOneHot(),
    AdjacencyOneHot(sparse_output=True),
    PathEncoding(),
    PathEncoding(binary=False, sparse_output=False),
    WeisfeilerLehman(),
    WeisfeilerLehman(both_directions=True, sparse_output=False),
    OperationStatistics(),
    WalkStatistics(),
    WalkStatistics(n_places=3),
    CapacityStatistics(),
    ResistanceStatistics(),
]


def dense(matrix: Any) -> np.ndarray:
    """A matrix as an array."""
    return matrix.toarray() if sparse.issparse(matrix) else matrix


def chains(X: np.ndarray) -> list[nx.DiGraph]:
    """A chain of operations a row, a feature an edge: its sign says with which operation."""
    out = []
    for row in X:
        cell = nx.DiGraph()
        for i, value in enumerate(row):
            cell.add_edge(i, i + 1, op="conv" if value > 0 else "pool")
        out.append(cell)
    return out


class ArrayAdapter(BaseFeatures):
    """Before a transformer over graphs: one over arrays."""

    def fit(self, X: Any, y: Any = None) -> Any:
        return super().fit(chains(validate_data(self, X, dtype=np.float64)), y)

    def transform(self, X: Any) -> Any:
        check_is_fitted(self)
        return super().transform(chains(validate_data(self, X, reset=False, dtype=np.float64)))

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        return self.fit(X, y).transform(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        return tags


class ArrayAdjacency(ArrayAdapter, AdjacencyOneHot):
    """AdjacencyOneHot over arrays."""


class ArrayPaths(ArrayAdapter, PathEncoding):
    """PathEncoding over arrays."""


class ArrayLabels(ArrayAdapter, WeisfeilerLehman):
    """WeisfeilerLehman over arrays."""


class ArrayStatistics(ArrayAdapter, OperationStatistics):
    """OperationStatistics over arrays."""


class ArrayWalks(ArrayAdapter, WalkStatistics):
    """WalkStatistics over arrays."""


def complete(n: int, on_node: bool, operations: str = "abc") -> nx.DiGraph:
    """All edges from each of n nodes to the later ones; operations by turns."""
    cell = nx.DiGraph()
    for v in range(n):
        inner = 0 < v < n - 1
        cell.add_node(v, **({"op": operations[v % len(operations)]} if on_node and inner else {}))
    for v in range(n):
        for u in range(v):
            op = operations[(u * u + v) % len(operations)]
            cell.add_edge(u, v, **({} if on_node else {"op": op}))
    return cell
