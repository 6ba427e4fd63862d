"""TreeEnsemble: boosted regression trees as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import Floats

IntArray = NDArray[np.int32]

CELLS = 1 << 16
"""Pairs of a row and a tree to look up at a time."""


@dataclass(frozen=True)
class TreeEnsemble:
    """A constant plus the sum of regression trees.

    Parameters
    ----------
    constant : float
    roots : ndarray of int32, shape (n_trees,)
        First node of each tree.
    depth : int
        Most splits between a root and a leaf.
    column : ndarray of int32, shape (n_nodes,)
        The column that a node splits on.
    threshold : ndarray of float32, shape (n_nodes,)
        Rows with a larger value go right.
    children : ndarray of int32, shape (n_nodes, 2)
        The left and right child; a leaf is its own child.
    value : ndarray of float64, shape (n_nodes,)
        The value that a leaf adds.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.ensemble import GradientBoostingRegressor
    >>> from tagates_sk.estimators.trees import TreeEnsemble
    >>> X = np.arange(8.0, dtype=np.float32)[:, None]
    >>> model = GradientBoostingRegressor(n_estimators=3, random_state=0).fit(X, X[:, 0])
    >>> bool(np.allclose(TreeEnsemble.of(model).predict(X), model.predict(X)))
    True
    """

    constant: float
    roots: IntArray
    depth: int
    column: IntArray
    threshold: NDArray[np.float32]
    children: IntArray
    value: Floats

    @classmethod
    def of(cls, model: Any) -> TreeEnsemble:
        """The trees of a fitted GradientBoostingRegressor with squared errors."""
        trees = [stage[0].tree_ for stage in model.estimators_]
        ends = np.cumsum([0, *(tree.node_count for tree in trees)])

        def following(name: str) -> IntArray:
            nodes = [
                np.where(getattr(tree, name) < 0, np.arange(tree.node_count), getattr(tree, name))
                + start
                for tree, start in zip(trees, ends[:-1], strict=True)
            ]
            return np.concatenate(nodes).astype(np.int32)

        threshold = np.concatenate([tree.threshold for tree in trees])
        # Rounded down, they split the same single-precision numbers.
        below = threshold.astype(np.float32)
        below = np.where(below > threshold, np.nextafter(below, np.float32(-np.inf)), below)
        return cls(
            float(model.init_.constant_.item()),
            ends[:-1].astype(np.int32),
            max(tree.max_depth for tree in trees),
            np.concatenate([np.maximum(tree.feature, 0) for tree in trees]).astype(np.int32),
            below,
            np.column_stack([following("children_left"), following("children_right")]),
            np.concatenate([tree.value[:, 0, 0] for tree in trees]) * model.learning_rate,
        )

    @classmethod
    def without_trees(cls, constant: float) -> TreeEnsemble:
        """Make a constant predictor."""
        none = np.zeros(0, dtype=np.int32)
        threshold = np.zeros(0, dtype=np.float32)
        return cls(constant, none, 0, none, threshold, none.reshape(0, 2), np.zeros(0))

    def predict(self, columns: NDArray[np.float32]) -> Floats:
        """Predict.

        Parameters
        ----------
        columns : ndarray of float32, shape (n, n_columns)

        Returns
        -------
        ndarray of float64, shape (n,)
        """
        total = np.full(len(columns), self.constant, dtype=np.float64)
        width, size = columns.shape[1], max(1, CELLS // max(len(self.roots), 1))
        # Flat arrays and take are several times faster than pairs of indices.
        column, children = self.column.astype(np.intp), self.children.ravel().astype(np.intp)
        for start in range(0, len(columns), size):
            part = columns[start : start + size]
            base = np.arange(len(part))[:, None] * width
            node = np.repeat(self.roots[None].astype(np.intp), len(part), axis=0)
            for _ in range(self.depth):
                larger = part.take(base + column.take(node)) > self.threshold.take(node)
                node = children.take(2 * node + larger)
            total[start : start + size] += self.value.take(node).sum(axis=1)
        return total
