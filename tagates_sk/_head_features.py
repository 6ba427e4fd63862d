"""Numeric features of architectures that a head reads beside the encoding."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.base import clone

LIMIT = 5.0
"""Standard deviations at which a feature is cut off, so that strange architectures do no harm."""


class HeadFeatures:
    """A transformer of architectures, fitted, and its features standardised.

    Parameters
    ----------
    transformer : transformer
        From architectures to a numeric matrix; cloned.
    """

    def __init__(self, transformer: Any) -> None:
        self.transformer = clone(transformer)

    def fit_transform(self, X: Any) -> NDArray[np.float32]:
        """Learn the features, their means and standard deviations; as :meth:`transform`.

        Raises
        ------
        ValueError
            If the transformer does not give a finite matrix with a row for
            each architecture.
        """
        self.transformer.fit(X, None)
        matrix = numeric_matrix(self.transformer, "features", X)
        self.mean, std = matrix.mean(0), matrix.std(0)
        self.std = np.where(std > 1e-9 * (1 + abs(self.mean)), std, 1.0)
        self.n_features = matrix.shape[1]
        return self._standardised(matrix)

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Standardised features, shape (n, n_features)."""
        return self._standardised(numeric_matrix(self.transformer, "features", X))

    def _standardised(self, matrix: NDArray[np.float64]) -> NDArray[np.float32]:
        standardised = (matrix - self.mean) / self.std
        features: NDArray[np.float32] = np.clip(standardised, -LIMIT, LIMIT).astype(np.float32)
        return features


def numeric_matrix(transformer: Any, parameter: str, X: Any) -> NDArray[np.float64]:
    """What a fitted transformer makes of architectures, checked.

    Parameters
    ----------
    transformer : transformer
    parameter : str
        The parameter through which the user gave it.
    X : sequence of n architectures

    Returns
    -------
    ndarray of float64, shape (n, n_features)

    Raises
    ------
    ValueError
        If it is not a finite matrix with a row for each architecture.
    """
    matrix, n = transformer.transform(X), len(X)
    who = f"The transformer {parameter}={type(transformer).__name__}(...)"
    dense = matrix.toarray() if issparse(matrix) else matrix
    matrix = np.asarray(dense, dtype=np.float64)
    if matrix.ndim != 2 or len(matrix) != n:
        raise ValueError(
            f"{who} gives an array of shape {matrix.shape} for {n} architectures; it must give "
            "one row of numbers for each."
        )
    bad = np.argwhere(~np.isfinite(matrix))
    if len(bad):
        row, column = bad[0]
        raise ValueError(
            f"{who} gives {matrix[row, column]} in column {column} for architecture {row} of "
            "X; its features must be finite."
        )
    checked: NDArray[np.float64] = matrix
    return checked
