"""A display of how fast searches find good architectures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from .._utils import Floats
from ..graphs.foreign import echo
from ._matplotlib import axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_Self = TypeVar("_Self", bound="SearchDisplay")


class SearchDisplay:
    """The best value so far of one or several searches, against evaluations.

    Make one by :meth:`from_histories`.

    Parameters
    ----------
    best : dict of str to list of ndarray of float
        For each search, by name, an array for each repetition: the best value so far
        after each evaluation.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D
        A line for each name, the mean over repetitions.
    bands_ : list of matplotlib PolyCollection
        The range of the repetitions, if there are several.

    See Also
    --------
    tagates_sk.search.PredictorSearch : Records the `history_` to draw.

    Examples
    --------
    >>> from tagates_sk.inspection import SearchDisplay
    >>> display = SearchDisplay.from_histories(
    ...     {"random": [[90.1, 89.0, 91.5], [88.0, 92.0, 91.0]], "guided": [90.1, 93.0, 92.8]}
    ... )
    >>> display.best["random"]
    [array([90.1, 90.1, 91.5]), array([88., 92., 92.])]
    """

    def __init__(self, *, best: dict[str, list[Floats]]) -> None:
        self.best = best

    @classmethod
    def from_histories(
        cls: type[_Self],
        histories: Mapping[str, Any] | Sequence[Any],
        *,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> _Self:
        """Draw histories of searches.

        Parameters
        ----------
        histories : history, or mapping of str to history or sequence of histories
            A history is a sequence of values in order of evaluation, NaN for failed
            ones, or the `history_` of a :class:`~tagates_sk.search.PredictorSearch`, a
            sequence of dicts with a key ``"value"`` and optionally ``"best"``, the best
            so far. Without "best", high values are best. Several histories under one
            name are repetitions.
        ax : matplotlib Axes, default=None
            A new figure by default.
        **kwargs
            For :meth:`matplotlib.axes.Axes.step`.

        Returns
        -------
        SearchDisplay

        Raises
        ------
        ValueError
            If there is no history, or one is empty or malformed.
        """
        named = histories if isinstance(histories, Mapping) else {"best so far": histories}
        if not named:
            raise ValueError("histories is empty: there is no search to draw.")
        best = {}
        for name, found in named.items():
            repeats = list(found) if _is_nested(found) else [found]
            best[str(name)] = [_best_so_far(repeat, name) for repeat in repeats]
        return cls(best=best).plot(ax=ax, **kwargs)

    def plot(self: _Self, ax: Axes | None = None, **kwargs: Any) -> _Self:
        """Draw.

        Parameters
        ----------
        ax, **kwargs
            As in :meth:`from_histories`.

        Returns
        -------
        SearchDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.ax_, self.figure_ = axes("SearchDisplay", ax)
        self.lines_, self.bands_ = [], []
        for name, repeats in self.best.items():
            # Up to the shortest repetition: a mean over fewer of them would jump.
            runs = np.stack([run[: min(map(len, repeats))] for run in repeats])
            evaluations = np.arange(1, runs.shape[1] + 1)
            style = {"where": "post", "label": name} | kwargs
            (line,) = self.ax_.step(evaluations, runs.mean(0), **style)
            self.lines_.append(line)
            if len(runs) > 1:
                band = self.ax_.fill_between(
                    evaluations, runs.min(0), runs.max(0), step=style["where"],
                    color=line.get_color(), alpha=0.2, linewidth=0,
                )  # fmt: skip
                self.bands_.append(band)
        self.ax_.set(xlabel="evaluations", ylabel="best so far")
        self.ax_.legend(loc="lower right", frameon=False)
        return self


def _is_nested(found: Any) -> bool:
    """Whether it is a sequence of histories rather than a history."""
    first: Any = next(iter(found), None) if isinstance(found, Iterable) else None
    return not isinstance(first, str) and np.ndim(first) > 0


def _best_so_far(history: Any, name: str) -> Floats:
    try:
        rows = [row["value"] if isinstance(row, Mapping) else row for row in history]
        values = np.array(rows, dtype=np.float64)
        if values.ndim != 1 or not len(values):
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise ValueError(
            f"The history {echo(name)} must be a sequence of numbers, or of dicts with a key "
            "'value', "
            "with at least one element."
        ) from None
    if all(isinstance(row, Mapping) and "best" in row for row in history):
        # The search knows its direction.
        return np.array([row["best"] for row in history], dtype=np.float64)
    best: Floats = np.fmax.accumulate(values)
    return best
