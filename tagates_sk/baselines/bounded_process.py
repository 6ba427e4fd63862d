"""BoundedGP: a Gaussian process on features, whose kernel's bounds are prior knowledge."""

from __future__ import annotations

import warnings
from typing import Any, TypeVar

from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

Self = TypeVar("Self", bound="BoundedGP")


class BoundedGP(GaussianProcessRegressor):
    """Gaussian process that does not warn where few labels reach a bound of its kernel.

    Parameters, attributes and methods are those of
    :class:`~sklearn.gaussian_process.GaussianProcessRegressor`.
    """

    def fit(self: Self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit the kernel's parameters by marginal likelihood.

        Parameters
        ----------
        X : array-like of float, shape (n, n_features)
        y : array-like of float, shape (n,)

        Returns
        -------
        self
        """
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The optimal value found", ConvergenceWarning)
            super().fit(X, y)
        return self


def smooth_process(width: float = 1.0, **parameters: Any) -> BoundedGP:
    """A process for normal scores, smooth and noisy.

    Parameters
    ----------
    width : float, default=1
        Typical distance of two rows; length scales are between 0.3 and 20 times
        as long.
    **parameters
        Of :class:`BoundedGP`.

    Returns
    -------
    BoundedGP
    """
    smooth = Matern(width, (0.3 * width, 20.0 * width), nu=2.5)
    kernel = ConstantKernel(0.3, (0.02, 10.0)) * smooth + WhiteKernel(0.1, (0.01, 1.0))
    return BoundedGP(**{"kernel": kernel, **parameters})
