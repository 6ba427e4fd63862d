"""Numeric features of architectures that a head reads beside the encoding."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.base import clone

from .._utils import Floats
from ..graphs import as_architectures
from ..training.targets import scales

CUT_OFF = 5.0
"""Features are clipped at this many standard deviations, so that outliers do no harm."""


class HeadFeatures:
    """A fitted transformer of architectures with standardised output.

    Parameters
    ----------
    transformer : transformer
        Turns architectures into a numeric matrix; it is cloned.
    parameter : str, default="features"
        The parameter that users pass it as.
    """

    def __init__(self, transformer: Any, parameter: str = "features") -> None:
        self.transformer, self.parameter = clone(transformer), parameter

    def fit_transform(self, X: Any) -> NDArray[np.float32]:
        """Fit the transformer and the scale; return the same as :meth:`transform`.

        Raises
        ------
        ValueError
            If the transformer does not return a finite matrix with a row for each
            architecture.
        """
        X = as_architectures(X)
        self.transformer.fit(X, None)
        matrix = numbers_of(self.transformer, self.parameter, X)
        self.mean, self.std = moments(matrix)
        self.n_features = matrix.shape[1]
        return standardised(matrix, self.mean, self.std)

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Standardised features, shape (n, n_features)."""
        matrix = numbers_of(self.transformer, self.parameter, X)
        return standardised(matrix, self.mean, self.std)


def numbers_of(transformer: Any, parameter: str, X: Any) -> Floats:
    """Transform architectures, and check the result.

    Parameters
    ----------
    transformer : transformer
    parameter : str
        The parameter that users pass it as.
    X : sequence of n architectures

    Returns
    -------
    ndarray of float64, shape (n, k)

    Raises
    ------
    ValueError
        If it is not a finite matrix with a row for each architecture.
    """
    who = f"The transformer {parameter}={type(transformer).__name__}(...)"
    return checked_matrix(transformer.transform(X), len(X), f"{who} gives")


def checked_matrix(matrix: Any, n: int, who: str) -> Floats:
    """Check that a matrix has n rows of finite numbers.

    Parameters
    ----------
    matrix : array-like or sparse matrix
    n : int
    who : str
        Its source, as the start of a message.

    Raises
    ------
    ValueError
        If it does not.
    """
    dense = matrix.toarray() if issparse(matrix) else matrix
    matrix = np.asarray(dense, dtype=np.float64)
    if matrix.ndim != 2 or len(matrix) != n:
        raise ValueError(
            f"{who} an array of shape {matrix.shape} for {n} architectures; it must give "
            "one row of numbers for each."
        )
    bad = np.argwhere(~np.isfinite(matrix))
    if len(bad):
        row, column = bad[0]
        raise ValueError(
            f"{who} {matrix[row, column]} in column {column} for architecture {row} of "
            "X; its features must be finite."
        )
    checked: Floats = matrix
    return checked


def moments(matrix: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each column; 1 for the deviation of constant columns."""
    mean = matrix.mean(0)
    return mean, scales(mean, matrix.std(0))


def standardised(matrix: Floats, mean: Floats, std: Floats) -> NDArray[np.float32]:
    """Standardised columns, clipped at CUT_OFF."""
    features: NDArray[np.float32] = np.clip((matrix - mean) / std, -CUT_OFF, CUT_OFF).astype(
        np.float32
    )
    return features
