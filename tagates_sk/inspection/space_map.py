"""A map of a search space: encodings in two dimensions, coloured by performance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.utils.validation import check_consistent_length

from .._utils import ArchitecturesLike, Floats, check_finite
from ._matplotlib import axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_Self = TypeVar("_Self", bound="SpaceMapDisplay")


class SpaceMapDisplay:
    """Encodings of architectures in two dimensions, coloured by performance.

    Neighbours on the map look alike to the encoder. If colours change smoothly, it
    sees what performance depends on. Make one by :meth:`from_estimator` or
    :meth:`from_encodings`.

    Parameters
    ----------
    positions : ndarray of float, shape (n, 2)
        Coordinates of the architectures.
    values : ndarray of float, shape (n,)
        Their colours.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    scatter_ : matplotlib PathCollection
        The architectures.
    colorbar_ : matplotlib Colorbar

    See Also
    --------
    tagates_sk.TAGATESRanker.transform : The encodings.

    Examples
    --------
    >>> import numpy as np
    >>> from tagates_sk.inspection import SpaceMapDisplay
    >>> encodings = np.random.RandomState(0).rand(20, 5)
    >>> SpaceMapDisplay.from_encodings(encodings, encodings[:, 0]).positions.shape
    (20, 2)
    """

    def __init__(self, *, positions: Floats, values: Floats) -> None:
        self.positions = positions
        self.values = values

    @classmethod
    def from_estimator(
        cls: type[_Self],
        estimator: Any,
        X: ArchitecturesLike,
        y: ArrayLike | None = None,
        *,
        projection: Any = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> _Self:
        """Encode architectures and draw them.

        Parameters
        ----------
        estimator : estimator
            Fitted, with ``transform``: a ranker or regressor with encoders, or a
            transformer of :mod:`tagates_sk.features`.
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.
        y : array-like of float, shape (n,), default=None
            Their performance. None colours them by the estimator's predictions.
        projection : transformer, default=None
            As in :meth:`from_encodings`.
        ax : matplotlib Axes, default=None
            A new figure by default.
        **kwargs
            For :meth:`matplotlib.axes.Axes.scatter`.

        Returns
        -------
        SpaceMapDisplay

        Raises
        ------
        AttributeError
            If the estimator has no encoders.
        ImportError
            If matplotlib is not installed.
        ValueError
            As in :meth:`from_encodings`.
        """
        values = estimator.predict(X) if y is None else y
        encodings = estimator.transform(X)
        return cls.from_encodings(encodings, values, projection=projection, ax=ax, **kwargs)

    @classmethod
    def from_encodings(
        cls: type[_Self],
        encodings: ArrayLike,
        y: ArrayLike,
        *,
        projection: Any = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> _Self:
        """Project encodings and draw them.

        Parameters
        ----------
        encodings : array-like of float, shape (n, d)
            One row per architecture.
        y : array-like of float, shape (n,)
            Performance, for the colours.
        projection : transformer, default=None
            Has a ``fit_transform`` that returns two columns, such as
            ``sklearn.manifold.TSNE()``; it is cloned. None means principal component
            analysis.
        ax : matplotlib Axes, default=None
            A new figure by default.
        **kwargs
            For :meth:`matplotlib.axes.Axes.scatter`.

        Returns
        -------
        SpaceMapDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If a number is not finite, encodings and y differ in length, or the
            projection does not return two columns.
        """
        table, values = np.asarray(encodings, dtype=np.float64), np.asarray(y, dtype=np.float64)
        check_consistent_length(table, values)
        check_finite(values, "y")
        if projection is None:
            from sklearn.decomposition import PCA

            projection = PCA(2, svd_solver="full")
        positions = np.asarray(clone(projection).fit_transform(table), dtype=np.float64)
        if positions.shape != (len(values), 2):
            raise ValueError(
                f"projection={type(projection).__name__}(...) gives an array of shape "
                f"{positions.shape}; two columns are expected: set n_components=2."
            )
        return cls(positions=positions, values=values).plot(ax=ax, **kwargs)

    def plot(
        self: _Self, ax: Axes | None = None, *, name: str = "performance", **kwargs: Any
    ) -> _Self:
        """Draw.

        Parameters
        ----------
        ax, **kwargs
            As in :meth:`from_encodings`.
        name : str, default="performance"
            What the colours show.

        Returns
        -------
        SpaceMapDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.ax_, self.figure_ = axes("SpaceMapDisplay", ax)
        # Most of a space is good, and a few cells fail: colours by quantile show both.
        low, high = np.quantile(self.values, [0.05, 1.0])
        style = {"s": 10, "linewidths": 0, "cmap": "viridis", "vmin": low, "vmax": high}
        style["rasterized"] = len(self.values) > 2000
        order = np.argsort(self.values, kind="stable")  # the best on top
        self.scatter_ = self.ax_.scatter(
            *self.positions[order].T, c=self.values[order], **style | kwargs
        )
        self.ax_.set(xlabel="first component", ylabel="second component", xticks=[], yticks=[])
        self.colorbar_ = self.figure_.colorbar(
            self.scatter_,
            ax=self.ax_,
            label=name,
            extend="min" if low > self.values.min() else None,
        )
        return self
