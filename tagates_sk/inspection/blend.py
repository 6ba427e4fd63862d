"""How the weight of each member of a blend depends on the number of labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.utils import check_random_state

from .._utils import ArchitecturesLike, Floats, RandomState
from ..graphs import as_architectures
from ._matplotlib import axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_Self = TypeVar("_Self", bound="BlendDisplay")


class BlendDisplay:
    """Weights of the members of a blend against the number of labels.

    Make one by :meth:`from_estimator`.

    Parameters
    ----------
    train_sizes : ndarray of int, shape (n_sizes,)
        Numbers of labels.
    weights : ndarray of float, shape (n_sizes, n_members)
        The weight of each member; each row sums to 1.
    names : list of str
        The members.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    areas_ : list of matplotlib PolyCollection
        An area for each member.

    See Also
    --------
    sklearn.model_selection.LearningCurveDisplay : Shows scores by number of labels.

    Examples
    --------
    >>> from tagates_sk import TAGATESRanker
    >>> from tagates_sk.datasets import load_nasbench201
    >>> from tagates_sk.inspection import BlendDisplay
    >>> cells, accuracy = load_nasbench201(return_X_y=True)
    >>> ranker = TAGATESRanker(members="statistics", random_state=0)
    >>> display = BlendDisplay.from_estimator(
    ...     ranker, cells[:100], accuracy[:100], train_sizes=[10, 50, 100]
    ... )
    >>> display.weights.shape
    (3, 3)
    """

    def __init__(self, *, train_sizes: NDArray[np.intp], weights: Floats, names: list[str]) -> None:
        self.train_sizes = train_sizes
        self.weights = weights
        self.names = names

    @classmethod
    def from_estimator(
        cls: type[_Self],
        estimator: Any,
        X: ArchitecturesLike,
        y: ArrayLike,
        *,
        train_sizes: Sequence[int] | None = None,
        random_state: RandomState = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> _Self:
        """Fit an estimator to growing subsets and draw the weights.

        Parameters
        ----------
        estimator : TAGATESRanker or TAGATESRegressor
            Cloned for each fit.
        X : sequence of n networkx.DiGraph, or of tuples of them
            Architectures.
        y : array-like of float, shape (n,)
            Their performance.
        train_sizes : sequence of int, default=None
            Numbers of labels, each from 2 to n. By default five numbers from 10 to n,
            evenly spaced on a logarithmic scale.
        random_state : int, RandomState instance or None, default=None
            Seeds the order of the architectures; each subset takes the first ones.
        ax : matplotlib Axes, default=None
            A new figure by default.
        **kwargs
            For :meth:`matplotlib.axes.Axes.stackplot`.

        Returns
        -------
        BlendDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If a size is out of range, or the estimator blends no members.
        """
        X, y = as_architectures(X), np.asarray(y)
        n = len(X)
        if train_sizes is None:
            train_sizes = np.geomspace(min(10, n), n, 5).round().astype(int).tolist()
        sizes = np.unique(np.asarray(train_sizes))
        if not len(sizes) or sizes.min() < 2 or sizes.max() > n:
            raise ValueError(f"train_sizes={list(train_sizes)} must be numbers from 2 to {n}.")
        order = check_random_state(random_state).permutation(n)
        found: list[dict[str, float]] = []
        for size in sizes:
            rows = order[:size]
            composition = clone(estimator).fit(X[rows], y[rows]).composition_
            if composition is None:
                raise ValueError(
                    "The encoders of this estimator predict alone: there is no blend. Set "
                    "members='all' or 'statistics'."
                )
            found.append(
                dict(zip(composition.names, composition.blend.weights_.tolist(), strict=True))
            )
        # Few labels have fewer members.
        names = list(max(found, key=lambda own: len(list(own))))
        weights = np.array([[own.get(name, 0.0) for name in names] for own in found])
        return cls(train_sizes=sizes, weights=weights, names=names).plot(ax=ax, **kwargs)

    def plot(self: _Self, ax: Axes | None = None, **kwargs: Any) -> _Self:
        """Draw.

        Parameters
        ----------
        ax, **kwargs
            As in :meth:`from_estimator`.

        Returns
        -------
        BlendDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.ax_, self.figure_ = axes("BlendDisplay", ax)
        style = {"colors": _COLORS, "edgecolor": "white", "linewidth": 0.8} | kwargs
        self.areas_ = self.ax_.stackplot(self.train_sizes, self.weights.T, **style)
        n = len(self.train_sizes)
        if n > 1:
            self.ax_.set(xscale="log", xlim=(self.train_sizes[0], self.train_sizes[-1]))
        self.ax_.set_xticks(self.train_sizes, [str(size) for size in self.train_sizes])
        self.ax_.minorticks_off()
        self.ax_.set(xlabel="labels", ylabel="weight", ylim=(0, 1))
        # Beside the areas and in their order: names do not fit into thin areas.
        self.ax_.legend(
            self.areas_[::-1], self.names[::-1], loc="center left", bbox_to_anchor=(1.0, 0.5),
            frameon=False,
        )  # fmt: skip
        return self


_COLORS = ("#4477AA", "#66CCEE", "#228833", "#CCBB44", "#EE6677", "#AA3377")
"""Colours that colour-blind readers can tell apart."""
