"""Plot a search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..graphs.optional import missing

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_history(history: Sequence[dict[str, Any]], direction: str, ax: Axes | None = None) -> Axes:
    """Plot the values of a history, and the best value so far.

    Parameters
    ----------
    history : sequence of dict
        As in :class:`~tagates_sk.search.PredictorSearch`.
    direction : {"maximize", "minimize"}
        Whether high or low values are best; the legend avoids them.
    ax : matplotlib Axes, default=None
        Where to draw; by default the current axes.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        hint = "history_ has the numbers."
        raise missing("plot", "matplotlib", "plot", hint) from error
    ax = plt.gca() if ax is None else ax
    evaluations = range(1, len(history) + 1)
    by_origin: dict[str, list[tuple[int, float]]] = {}
    for i, row in zip(evaluations, history, strict=True):
        by_origin.setdefault(row["origin"], []).append((i, row["value"]))
    for origin, points in by_origin.items():
        at, values = zip(*points, strict=True)
        ax.scatter(at, values, s=12, alpha=0.6, linewidths=0, label=origin)
    ax.step(evaluations, [row["best"] for row in history], where="post", color="k", label="best")
    ax.set(xlabel="evaluations", ylabel="performance")
    ax.legend(loc="upper right" if direction == "minimize" else "lower right", frameon=False)
    return ax
