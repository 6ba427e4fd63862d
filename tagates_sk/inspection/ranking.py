"""Displays of how well predictions rank: ranks, and precision at k."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from .._utils import ArchitecturesLike, Floats
from ..metrics import kendall_tau, precision_at_k
from ._matplotlib import axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_Ranking = TypeVar("_Ranking", bound="RankingDisplay")
_Precision = TypeVar("_Precision", bound="PrecisionAtKDisplay")


class RankingDisplay:
    """Predicted rank against true rank.

    Make one by :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    true_rank : ndarray of float, shape (n,)
        1 is the best; equal values share their mean rank.
    predicted_rank : ndarray of float, shape (n,)
        The predicted ranks, likewise.
    tau : float
        Kendall's tau.
    name : str, default=None
        Name of the estimator, for the title.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    scatter_ : matplotlib PathCollection
        The architectures.
    line_ : matplotlib Line2D
        The line of equal ranks.

    See Also
    --------
    PrecisionAtKDisplay : Shows how many of the best are among the predicted best.
    tagates_sk.metrics.kendall_tau : Computes the number in the title.

    Examples
    --------
    >>> from tagates_sk.inspection import RankingDisplay
    >>> display = RankingDisplay.from_predictions([91.2, 93.5, 94.1], [0.1, 0.7, 0.5])
    >>> display.predicted_rank
    array([3., 1., 2.])
    >>> display.ax_.get_title()
    "Kendall's tau = 0.333"
    """

    def __init__(
        self, *, true_rank: Floats, predicted_rank: Floats, tau: float, name: str | None = None
    ) -> None:
        self.true_rank = true_rank
        self.predicted_rank = predicted_rank
        self.tau = tau
        self.name = name

    @classmethod
    def from_estimator(
        cls: type[_Ranking],
        estimator: Any,
        X: ArchitecturesLike,
        y: ArrayLike,
        *,
        name: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> _Ranking:
        """Predict and draw.

        Parameters
        ----------
        estimator : estimator
            Fitted.
        X : sequence of n architectures
        y : array-like of float, shape (n,)
            Their performance.
        name : str, default=None
            By default the name of the estimator's class.
        ax : matplotlib Axes, default=None
            A new figure by default.
        **kwargs
            For :meth:`matplotlib.axes.Axes.scatter`.

        Returns
        -------
        RankingDisplay
        """
        name = type(estimator).__name__ if name is None else name
        return cls.from_predictions(y, estimator.predict(X), name=name, ax=ax, **kwargs)

    @classmethod
    def from_predictions(
        cls: type[_Ranking],
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        name: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> _Ranking:
        """Draw measured and predicted values.

        Parameters
        ----------
        y_true, y_pred : array-like of float, shape (n,)
            Measured performance, and predictions or scores.
        name, ax, **kwargs
            As in :meth:`from_estimator`.

        Returns
        -------
        RankingDisplay

        Raises
        ------
        ValueError
            If the lengths differ, a value is not finite, or n is 1.
        """
        tau = kendall_tau(y_true, y_pred)
        true_rank, predicted_rank = (rankdata(-np.asarray(y, float)) for y in (y_true, y_pred))
        display = cls(true_rank=true_rank, predicted_rank=predicted_rank, tau=tau, name=name)
        return display.plot(ax=ax, **kwargs)

    def plot(
        self: _Ranking, ax: Axes | None = None, *, name: str | None = None, **kwargs: Any
    ) -> _Ranking:
        """Draw.

        Parameters
        ----------
        ax, name, **kwargs
            As in :meth:`from_estimator`.

        Returns
        -------
        RankingDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.ax_, self.figure_ = axes("RankingDisplay", ax)
        name = self.name if name is None else name
        n = len(self.true_rank)
        style = {"s": max(3.0, min(30.0, 3000 / n)), "alpha": 0.6, "linewidths": 0} | kwargs
        self.scatter_ = self.ax_.scatter(self.true_rank, self.predicted_rank, **style)
        (self.line_,) = self.ax_.plot([1, n], [1, n], color="0.4", linewidth=0.8, zorder=0)
        self.ax_.set(
            xlabel="true rank (1 = best)",
            ylabel="predicted rank (1 = best)",
            title=f"{'' if name is None else f'{name}: '}Kendall's tau = {self.tau:.3f}",
            aspect="equal",
        )
        return self


class PrecisionAtKDisplay:
    """Share of the true top k among the predicted top k, for many k.

    Make one by :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    k : ndarray of int, shape (m,)
        Sizes of the top.
    precision : ndarray of float, shape (m,)
        The precision at each k.
    n : int
        Number of architectures.
    name : str, default=None
        Name of the estimator, for the legend.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    line_ : matplotlib Line2D
        The precision.
    chance_ : matplotlib Line2D
        The mean precision of a random order, k / n.

    See Also
    --------
    tagates_sk.metrics.precision_at_k : Computes the precision.

    Examples
    --------
    >>> from tagates_sk.inspection import PrecisionAtKDisplay
    >>> y_true, y_pred = [91.2, 93.5, 94.1, 90.0], [0.1, 0.7, 0.5, 0.0]
    >>> display = PrecisionAtKDisplay.from_predictions(y_true, y_pred)
    >>> display.k, display.precision
    (array([1, 2, 3, 4]), array([0., 1., 1., 1.]))
    """

    def __init__(
        self, *, k: NDArray[np.int64], precision: Floats, n: int, name: str | None = None
    ) -> None:
        self.k = k
        self.precision = precision
        self.n = n
        self.name = name

    @classmethod
    def from_estimator(
        cls: type[_Precision],
        estimator: Any,
        X: ArchitecturesLike,
        y: ArrayLike,
        *,
        k: Sequence[int] | None = None,
        name: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> _Precision:
        """Predict and draw.

        Parameters
        ----------
        estimator : estimator
            Fitted.
        X : sequence of n architectures
        y : array-like of float, shape (n,)
            Their performance.
        k : sequence of int, default=None
            Numbers from 1 to n; by default up to 50, evenly spaced on a logarithmic
            scale.
        name : str, default=None
            By default the name of the estimator's class.
        ax : matplotlib Axes, default=None
            A new figure by default.
        **kwargs
            For :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        PrecisionAtKDisplay
        """
        name = type(estimator).__name__ if name is None else name
        return cls.from_predictions(y, estimator.predict(X), k=k, name=name, ax=ax, **kwargs)

    @classmethod
    def from_predictions(
        cls: type[_Precision],
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        k: Sequence[int] | None = None,
        name: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> _Precision:
        """Draw measured and predicted values.

        Parameters
        ----------
        y_true, y_pred : array-like of float, shape (n,)
            Measured performance, and predictions or scores.
        k, name, ax, **kwargs
            As in :meth:`from_estimator`.

        Returns
        -------
        PrecisionAtKDisplay

        Raises
        ------
        ValueError
            If the lengths differ, a value is not finite, or a `k` is out of
            range.
        """
        n = len(np.asarray(y_true))
        chosen = np.geomspace(1, max(n, 1), 50).round() if k is None else np.asarray(k)
        ks = np.unique(chosen).astype(int)
        precision = np.array([precision_at_k(y_true, y_pred, int(value)) for value in ks])
        return cls(k=ks, precision=precision, n=n, name=name).plot(ax=ax, **kwargs)

    def plot(
        self: _Precision, ax: Axes | None = None, *, name: str | None = None, **kwargs: Any
    ) -> _Precision:
        """Draw.

        Parameters
        ----------
        ax, name, **kwargs
            As in :meth:`from_estimator`.

        Returns
        -------
        PrecisionAtKDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.ax_, self.figure_ = axes("PrecisionAtKDisplay", ax)
        name = self.name if name is None else name
        style = {"label": name, "marker": "."} | kwargs
        (self.line_,) = self.ax_.plot(self.k, self.precision, **style)
        (self.chance_,) = self.ax_.plot(
            self.k, self.k / self.n, color="0.4", linewidth=0.8, linestyle="--", label="chance"
        )
        self.ax_.set(xlabel="k", ylabel="precision@k", xscale="log", ylim=(-0.02, 1.02))
        self.ax_.legend(loc="lower right", frameon=False)
        return self
