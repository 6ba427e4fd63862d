"""Targets by their rank: the quantiles of a normal distribution, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm, rankdata
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from .._utils import Floats


class NormalScores(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Replace targets by the normal quantiles of their ranks.

    Accuracies crowd near the best and have a long lower tail, so squared errors are
    dominated by failures. Normal scores are spread evenly in rank, so a regression on
    them learns to rank. The inverse is piecewise linear and extrapolates beyond the
    best and the worst value seen, so it keeps the order.

    Attributes
    ----------
    n_features_in_ : int
        Columns.

    See Also
    --------
    sklearn.compose.TransformedTargetRegressor : Where to use it.

    Examples
    --------
    >>> from tagates_sk.baselines import NormalScores
    >>> y = [[10.0], [90.0], [93.0], [94.0]]
    >>> scores = NormalScores().fit(y)
    >>> scores.transform(y).ravel().round(2)
    array([-1.15, -0.32,  0.32,  1.15])
    >>> scores.inverse_transform([[0.32], [2.0]]).ravel().round(1)
    array([93., 95.])
    """

    def fit(self, X: ArrayLike, y: Any = None) -> NormalScores:
        """Learn the ranks of values.

        Parameters
        ----------
        X : array-like of float, shape (n, n_columns)
            Values. Each column is ranked by itself.
        y : None
            Not used.

        Returns
        -------
        self
        """
        columns = validate_data(self, X, dtype=np.float64)
        self._known: list[tuple[Floats, Floats]] = []
        for column in columns.T:
            values, first = np.unique(column, return_index=True)
            scores = norm.ppf((rankdata(column) - 0.5) / len(column))[first]
            self._known.append((values, scores))
        return self

    def transform(self, X: ArrayLike) -> Floats:
        """Normal scores of values.

        Parameters
        ----------
        X : array-like of float, shape (n, n_columns)
            Values; between and beyond those of fit scores are linear.

        Returns
        -------
        ndarray of float64, shape (n, n_columns)
        """
        check_is_fitted(self)
        columns = validate_data(self, X, dtype=np.float64, reset=False)
        return np.column_stack(
            [_line(c, *known) for c, known in zip(columns.T, self._known, strict=True)]
        )

    def inverse_transform(self, X: ArrayLike) -> Floats:
        """Values of normal scores.

        Parameters
        ----------
        X : array-like of float, shape (n, n_columns)
            Scores.

        Returns
        -------
        ndarray of float64, shape (n, n_columns)

        Raises
        ------
        ValueError
            If there are not as many columns as in fit.
        """
        check_is_fitted(self)
        columns = check_array(X, dtype=np.float64)
        if columns.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {columns.shape[1]} columns of scores, but NormalScores was fitted to "
                f"{self.n_features_in_} columns of values."
            )
        return np.column_stack([self.values_of(c, column) for column, c in enumerate(columns.T)])

    def values_of(self, scores: Floats, column: int = 0) -> Floats:
        """Values of the scores of one column, without checks of the input.

        Parameters
        ----------
        scores : ndarray of float64, shape (n,)
            Finite.
        column : int, default=0

        Returns
        -------
        ndarray of float64, shape (n,)
        """
        return _line(scores, *self._known[column][::-1])

    def knots(self, column: int = 0) -> tuple[Floats, Floats]:
        """The distinct values of a column in fit, and their scores, both increasing."""
        return self._known[column]


def _line(x: Floats, xs: Floats, ys: Floats) -> Floats:
    """Piecewise linear through the points, beyond them with the slope of the outermost quarters."""
    if len(xs) == 1:
        xs, ys = np.append(xs, xs + 1), np.append(ys, ys + 1)
    below, above = np.minimum(x - xs[0], 0), np.maximum(x - xs[-1], 0)
    low, high = end_slopes(xs, ys)
    out: Floats = np.interp(x, xs, ys)
    out += below * low
    out += above * high
    return out


def end_slopes(xs: Floats, ys: Floats) -> tuple[float, float]:
    """Slopes of the lowest and of the highest quarter of a line through points."""
    near = max(len(xs) // 4, 1)
    low = (ys[near] - ys[0]) / (xs[near] - xs[0])
    high = (ys[-1] - ys[-1 - near]) / (xs[-1] - xs[-1 - near])
    return float(low), float(high)
