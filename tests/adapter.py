"""Estimators that take arrays, so that scikit-learn's common checks run in full.

Each row becomes a chain of one operation a feature: its saliency vector holds the feature's value,
or, for estimators that read none, its name says about how large the value is.
"""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
from sklearn.utils.validation import check_is_fitted, validate_data

from tagates_sk import TAGATESRanker, TAGATESRegressor
from tagates_sk.training.estimator import NetworkEstimator


def chains(X: np.ndarray) -> list[nx.DiGraph]:
    """A chain of operations a row, a feature an edge."""
    out = []
    for row in X:
        cell = nx.DiGraph()
        for i, value in enumerate(row):
            cell.add_edge(i, i + 1, op="linear", zero_cost=[value])
        out.append(cell)
    return out


def named_chains(X: np.ndarray) -> list[nx.DiGraph]:
    """The same with the feature and the size of its value, in four steps, as operation."""
    out = []
    for row in X:
        cell = nx.DiGraph()
        for i, level in enumerate(np.digitize(row, [-0.7, 0.0, 0.7])):
            cell.add_edge(i, i + 1, op=f"linear{i}.{level}")
        out.append(cell)
    return out


class ArrayAdapter(NetworkEstimator):
    """Before an estimator over graphs: one over arrays."""

    graphs = staticmethod(chains)

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        return super().fit(*self._checked(X, y, reset=True), sample_weight)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        reset = not hasattr(self, "model_")
        return super().partial_fit(*self._checked(X, y, reset=reset), sample_weight)

    def predict(self, X: Any) -> Any:
        return super().predict(self._checked_again(X))

    def transform(self, X: Any) -> Any:
        return super().transform(self._checked_again(X))

    def _checked(self, X: Any, y: Any, reset: bool) -> tuple[list[nx.DiGraph], Any]:
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        X, y = validate_data(self, X, y, reset=reset, dtype=np.float64, y_numeric=True)
        return self.graphs(X), y

    def _checked_again(self, X: Any) -> list[nx.DiGraph]:
        check_is_fitted(self)
        return self.graphs(validate_data(self, X, reset=False, dtype=np.float64))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        return tags


class ArrayRanker(ArrayAdapter, TAGATESRanker):
    """TAGATESRanker over arrays."""


class ArrayRegressor(ArrayAdapter, TAGATESRegressor):
    """TAGATESRegressor over arrays."""
