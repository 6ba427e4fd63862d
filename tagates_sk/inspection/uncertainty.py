"""A display of whether predicted standard deviations are right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm
from sklearn.utils import check_array, check_consistent_length, column_or_1d

from .._utils import ArchitecturesLike, Floats, last_step, predicts_std
from ._matplotlib import axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_Self = TypeVar("_Self", bound="UncertaintyDisplay")


class UncertaintyDisplay:
    """Observed against expected coverage of central intervals.

    The central interval of level p around a normal prediction holds the measured value
    with probability p. Where the curve is below the diagonal, the standard deviations
    are too small. Make one by :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    expected : ndarray of float, shape (m,)
        Levels of the intervals.
    observed : ndarray of float, shape (m,)
        Share of the measured values inside each.
    name : str, default=None
        Name of the estimator, for the legend.

    Attributes
    ----------
    calibration_error : float
        Mean distance of observed from expected coverage.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    line_ : matplotlib Line2D
        The observed coverage.
    ideal_ : matplotlib Line2D
        The line of equal coverage.

    Notes
    -----
    Means and measurements must have the same unit; scores of a ranker have none.

    References
    ----------
    V. Kuleshov, N. Fenner and S. Ermon, Accurate uncertainties for deep
    learning using calibrated regression, ICML 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from tagates_sk.inspection import UncertaintyDisplay
    >>> y = np.random.RandomState(0).normal(90, 2, size=2000)
    >>> display = UncertaintyDisplay.from_predictions(y, np.full(2000, 90.0), np.full(2000, 2.0))
    >>> round(display.calibration_error, 2)
    0.01
    """

    def __init__(self, *, expected: Floats, observed: Floats, name: str | None = None) -> None:
        self.expected = expected
        self.observed = observed
        self.name = name

    @property
    def calibration_error(self) -> float:
        """Mean distance of observed from expected coverage."""
        return float(np.abs(self.observed - self.expected).mean())

    @classmethod
    def from_estimator(
        cls: type[_Self],
        estimator: Any,
        X: ArchitecturesLike,
        y: ArrayLike,
        *,
        name: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> _Self:
        """Predict with standard deviations, and draw.

        Parameters
        ----------
        estimator : estimator
            Fitted; its ``predict``, or that of the last step of a pipeline, has a
            parameter `return_std`.
        X : sequence of n architectures
        y : array-like of float, shape (n,)
            Their performance.
        name : str, default=None
            By default the name of the estimator's class.
        ax : matplotlib Axes, default=None
            A new figure by default.
        **kwargs
            For :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        UncertaintyDisplay

        Raises
        ------
        TypeError
            If the estimator has no `return_std`.
        """
        if not predicts_std(estimator):
            raise TypeError(
                f"{type(last_step(estimator)).__name__} predicts no standard deviations: its "
                "predict has no parameter return_std. TAGATESRegressor(n_members=5), WLKernelGP "
                "and scikit-learn's GaussianProcessRegressor have it."
            )
        mean, std = estimator.predict(X, return_std=True)
        name = type(estimator).__name__ if name is None else name
        return cls.from_predictions(y, mean, std, name=name, ax=ax, **kwargs)

    @classmethod
    def from_predictions(
        cls: type[_Self],
        y_true: ArrayLike,
        y_mean: ArrayLike,
        y_std: ArrayLike,
        *,
        name: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> _Self:
        """Draw measured values and predictions.

        Parameters
        ----------
        y_true, y_mean, y_std : array-like of float, shape (n,)
            Measured performance; predicted means and standard deviations.
        name, ax, **kwargs
            As in :meth:`from_estimator`.

        Returns
        -------
        UncertaintyDisplay

        Raises
        ------
        ValueError
            If the lengths differ, a value is not finite, or a standard
            deviation is negative.
        """
        given = {"y_true": y_true, "y_mean": y_mean, "y_std": y_std}
        true, mean, std = (
            column_or_1d(check_array(y, ensure_2d=False, dtype=np.float64, input_name=what))
            for what, y in given.items()
        )
        check_consistent_length(true, mean, std)
        if (std < 0).any():
            i = int(np.argmax(std < 0))
            raise ValueError(f"y_std[{i}] is {std[i]:g}; a standard deviation is at least 0.")
        expected = np.linspace(0, 1, 21)[1:-1]
        # The level at which the interval reaches the measured value; std may be 0.
        error = np.abs(true - mean)
        z = np.divide(error, std, out=np.where(error > 0, np.inf, 0.0), where=std > 0)
        reached = 2 * norm.cdf(z) - 1
        observed = (reached[:, None] <= expected).mean(0)
        return cls(expected=expected, observed=observed, name=name).plot(ax=ax, **kwargs)

    def plot(
        self: _Self, ax: Axes | None = None, *, name: str | None = None, **kwargs: Any
    ) -> _Self:
        """Draw.

        Parameters
        ----------
        ax, name, **kwargs
            As in :meth:`from_estimator`.

        Returns
        -------
        UncertaintyDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.ax_, self.figure_ = axes("UncertaintyDisplay", ax)
        name = self.name if name is None else name
        label = f"{'' if name is None else f'{name}: '}error {self.calibration_error:.3f}"
        style = {"label": label, "marker": "."} | kwargs
        expected, observed = (np.r_[0, values, 1] for values in (self.expected, self.observed))
        (self.line_,) = self.ax_.plot(expected, observed, **style)
        (self.ideal_,) = self.ax_.plot(
            [0, 1], [0, 1], color="0.4", linewidth=0.8, linestyle="--", label="calibrated"
        )
        self.ax_.set(
            xlabel="expected coverage", ylabel="observed coverage", xlim=(0, 1), ylim=(0, 1),
            aspect="equal",
        )  # fmt: skip
        self.ax_.legend(loc="upper left", frameon=False)
        return self
