"""Accuracy against cost: the architectures that no other beats in both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import Floats, check_finite
from ..graphs.foreign import echo
from ._matplotlib import axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_Self = TypeVar("_Self", bound="ParetoDisplay")

DIRECTIONS = ("maximize", "minimize")


def pareto_front(values: ArrayLike, direction: str | Sequence[str] = "maximize") -> Any:
    """Find the architectures that no other beats in all columns.

    One beats another if it is at least as good in every column and better in one.

    Parameters
    ----------
    values : array-like of float, shape (n, k)
        Measured or predicted values of n architectures.
    direction : {"maximize", "minimize"} or sequence of k of them, default="maximize"
        Whether high or low values of a column are best; a single word holds for all
        columns.

    Returns
    -------
    ndarray of int, shape (n_front,)
        Rows of `values`, sorted by the first column. Equal rows are all included.

    Raises
    ------
    ValueError
        If `values` is not a matrix of finite numbers, or `direction` does not match it.

    See Also
    --------
    ParetoDisplay : Draws two columns and their front.

    Examples
    --------
    >>> from tagates_sk.inspection import pareto_front
    >>> latency_and_accuracy = [[1.0, 60.0], [2.0, 70.0], [3.0, 65.0]]
    >>> pareto_front(latency_and_accuracy, ["minimize", "maximize"])
    array([0, 1])
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"values has shape {table.shape}; (n, k) is expected.")
    check_finite(table, "values")
    given = [direction] * table.shape[1] if isinstance(direction, str) else list(direction)
    if len(given) != table.shape[1] or not set(given) <= set(DIRECTIONS):
        raise ValueError(
            f"direction={echo(direction)} must be 'maximize' or 'minimize', or one of them for "
            f"each of the {table.shape[1]} columns."
        )
    costs = table * np.where(np.array(given) == "maximize", -1.0, 1.0)
    rows, which = np.unique(costs, axis=0, return_inverse=True)
    front: list[int] = []
    for i, row in enumerate(rows):  # nothing further down beats what stands above it
        if not (rows[front] <= row).all(axis=1).any():
            front.append(i)
    chosen: NDArray[np.intp] = np.flatnonzero(np.isin(which.ravel(), front))
    return chosen[np.argsort(table[chosen, 0], kind="stable")]


class ParetoDisplay:
    """Two values of each architecture, and the front that no other beats in both.

    Make one by :meth:`from_values`.

    Parameters
    ----------
    x, y : ndarray of float, shape (n,)
        The values.
    front : ndarray of int, shape (n_front,)
        Architectures on the front, by increasing x.
    direction : tuple of two of {"maximize", "minimize"}
        Which values of x and of y are the best.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    scatter_ : matplotlib PathCollection
        All architectures.
    line_ : matplotlib Line2D
        The front.

    See Also
    --------
    pareto_front : Finds the front for any number of columns.

    Examples
    --------
    >>> from tagates_sk.inspection import ParetoDisplay
    >>> display = ParetoDisplay.from_values([1.0, 2.0, 3.0], [60.0, 70.0, 65.0])
    >>> display.front
    array([0, 1])
    """

    def __init__(
        self,
        *,
        x: Floats,
        y: Floats,
        front: NDArray[np.intp],
        direction: tuple[str, str] = ("minimize", "maximize"),
    ) -> None:
        self.x = x
        self.y = y
        self.front = front
        self.direction = direction

    @classmethod
    def from_values(
        cls: type[_Self],
        x: ArrayLike,
        y: ArrayLike,
        *,
        direction: tuple[str, str] = ("minimize", "maximize"),
        x_name: str = "latency",
        y_name: str = "accuracy",
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> _Self:
        """Find the front and draw it.

        Parameters
        ----------
        x, y : array-like of float, shape (n,)
            Such as latency and accuracy, measured or predicted.
        direction : tuple of two of {"maximize", "minimize"}
            Whether high or low values of x and of y are best; by default low x and high y.
        x_name, y_name : str, default="latency", "accuracy"
            Labels of the axes.
        ax : matplotlib Axes, default=None
            A new figure by default.
        **kwargs
            For :meth:`matplotlib.axes.Axes.scatter`.

        Returns
        -------
        ParetoDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the values are not finite or differ in number, or if `direction` is not
            two of these words.
        """
        values = (np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
        if values[0].ndim != 1 or values[0].shape != values[1].shape:
            raise ValueError(
                f"x has shape {values[0].shape} and y {values[1].shape}; (n,) is expected of both."
            )
        front = pareto_front(np.column_stack(values), direction)
        display = cls(x=values[0], y=values[1], front=front, direction=direction)
        return display.plot(ax=ax, x_name=x_name, y_name=y_name, **kwargs)

    def plot(
        self: _Self,
        ax: Axes | None = None,
        *,
        x_name: str = "latency",
        y_name: str = "accuracy",
        **kwargs: Any,
    ) -> _Self:
        """Draw.

        Parameters
        ----------
        ax, x_name, y_name, **kwargs
            As in :meth:`from_values`.

        Returns
        -------
        ParetoDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.ax_, self.figure_ = axes("ParetoDisplay", ax)
        style = {"s": 8, "linewidths": 0, "color": "0.65", "rasterized": len(self.x) > 2000}
        self.scatter_ = self.ax_.scatter(self.x, self.y, **style | kwargs)
        (self.line_,) = self.ax_.step(
            self.x[self.front],
            self.y[self.front],
            # Steps show the best value at each cost: it rises only at the next point.
            where="post" if self.direction[0] == "minimize" else "pre",
            color="tab:blue",
            marker="o",
            markersize=4,
            label=f"{len(self.front)} that no other beats",
        )
        self.ax_.set(
            xlabel=f"{x_name} ({_WORDS[self.direction[0]]} is better)",
            ylabel=f"{y_name} ({_WORDS[self.direction[1]]} is better)",
        )
        self.ax_.legend(loc="best", frameon=False)
        return self


_WORDS = {"maximize": "higher", "minimize": "lower"}
