"""BlockKernel: a covariance that sums over blocks of columns, each with its own scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.gaussian_process.kernels import Hyperparameter, Kernel

from .._utils import Floats


class BlockKernel(Kernel):
    r"""Sum of Matérn kernels, one for each block of columns, and linear ones on the columns after.

    .. math:: k(x, z) = \sum_b w_b\, m\bigl(\lVert x_b - z_b\rVert / \ell_b\bigr)
        + v\,x_t^T z_t + c\,x_d z_d

    with the Matérn function m of smoothness 5/2. Marginal likelihood gives
    uninformative blocks small weights. Far from the labels the Matérn kernels say
    nothing; a trend goes on.

    Parameters
    ----------
    widths : sequence of int
        Number of columns of each block, from left to right; those of the trend
        follow, and one more.
    weights : array-like of float, shape (n_blocks,)
        The weights w.
    lengths : array-like of float, shape (n_blocks,)
        The lengths ℓ.
    linear : float, default=0
        The weight c of the last column, which is not fitted.
    n_trend : int, default=0
        Number of columns of the trend.
    trend : float, default=0.03
        The weight v.
    weight_bounds, length_bounds : pair of float
        Bounds for the search of the parameters.

    Examples
    --------
    >>> import numpy as np
    >>> from tagates_sk.estimators.block_kernel import BlockKernel
    >>> kernel = BlockKernel([2, 1], [0.5, 0.25], [1.0, 1.0])
    >>> kernel(np.zeros((1, 4)))
    array([[0.75]])
    """

    def __init__(
        self,
        widths: Sequence[int],
        weights: Any,
        lengths: Any,
        linear: float = 0.0,
        n_trend: int = 0,
        trend: float = 0.03,
        weight_bounds: tuple[float, float] = (1e-4, 10.0),
        length_bounds: tuple[float, float] = (0.2, 30.0),
    ) -> None:
        self.widths = widths
        self.weights = weights
        self.lengths = lengths
        self.linear = linear
        self.n_trend = n_trend
        self.trend = trend
        self.weight_bounds = weight_bounds
        self.length_bounds = length_bounds

    @property
    def hyperparameter_weights(self) -> Hyperparameter:
        """The weights, as scikit-learn describes parameters."""
        return Hyperparameter("weights", "numeric", self.weight_bounds, len(self.widths))

    @property
    def hyperparameter_lengths(self) -> Hyperparameter:
        """The lengths, as scikit-learn describes parameters."""
        return Hyperparameter("lengths", "numeric", self.length_bounds, len(self.widths))

    @property
    def hyperparameter_trend(self) -> Hyperparameter:
        """The weight of the trend, as scikit-learn describes parameters."""
        return Hyperparameter("trend", "numeric", self.weight_bounds if self.n_trend else "fixed")

    def __call__(self, X: Any, Y: Any = None, eval_gradient: bool = False) -> Any:
        """Covariances.

        Parameters
        ----------
        X : ndarray of float, shape (n, d)
        Y : ndarray of float, shape (m, d), default=None
            None is X.
        eval_gradient : bool, default=False
            Whether to return the gradient, too; only if Y is None.

        Returns
        -------
        covariances : ndarray of float, shape (n, m)
        gradient : ndarray of float, shape (n, n, n_parameters)
            With respect to the logarithms of lengths, of the weight of the trend if
            there is one, and of weights. Only with `eval_gradient`.
        """
        X = np.atleast_2d(X)
        Z = X if Y is None else np.atleast_2d(Y)
        total: Floats = self.linear * np.outer(X[:, -1], Z[:, -1])
        by_trend, by_weight, by_length = [], [], []
        if self.n_trend:
            by_trend = [self.trend * X[:, self._trends] @ Z[:, self._trends].T]
            total += by_trend[0]
        start = 0
        weights, lengths = np.atleast_1d(self.weights), np.atleast_1d(self.lengths)
        for width, weight, length in zip(self.widths, weights, lengths, strict=True):
            columns = slice(start, start + width)
            start += width
            r = _distances(X[:, columns], Z[:, columns])
            if Y is None:  # but for rounding
                np.fill_diagonal(r, 0.0)
            r *= np.sqrt(5.0) / length
            decay = np.exp(-r) * weight
            part = (1.0 + r + r**2 / 3.0) * decay
            total += part
            if eval_gradient:
                by_weight.append(part)
                by_length.append(r**2 / 3.0 * (1.0 + r) * decay)
        if not eval_gradient:
            return total
        return total, np.stack([*by_length, *by_trend, *by_weight], axis=2)

    def diag(self, X: Any) -> Floats:
        """Variances, shape (n,)."""
        X = np.asarray(X)
        trend: Floats = self.trend * np.square(X[:, self._trends]).sum(axis=1)
        values: Floats = float(np.sum(self.weights)) + trend + self.linear * X[:, -1] ** 2
        return values

    @property
    def _trends(self) -> slice:
        return slice(-1 - self.n_trend, -1)

    def is_stationary(self) -> bool:
        """Whether it depends only on differences."""
        return self.linear == 0.0 and not self.n_trend


def _distances(X: Floats, Z: Floats) -> Floats:
    """Euclidean distances of rows, without scikit-learn's checks, which are slow for one row."""
    squares = X @ Z.T
    squares *= -2.0
    squares += np.einsum("ij,ij->i", X, X)[:, None]
    squares += np.einsum("ij,ij->i", Z, Z)
    distances: Floats = np.sqrt(np.maximum(squares, 0.0, out=squares), out=squares)
    return distances
