"""How operation embeddings move while the encoder mimics training."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._utils import Floats, last_step
from ..estimators import TAGATESRanker, TAGATESRegressor
from ._matplotlib import axes
from ._palette import operation_color
from ._picture import attributes_at, cells_of, is_single, on_nodes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_Self = TypeVar("_Self", bound="EmbeddingDisplay")


_NEAR = 0.025
"""Paths that end closer than this share of the picture share a label."""

_ROOM = 4
"""Pixels between a label and the frame."""


def step_embeddings(estimator: Any, x: Any) -> list[list[dict[Hashable, Floats]]]:
    """Embeddings of an architecture's operations at each time step.

    Parameters
    ----------
    estimator : TAGATESRanker or TAGATESRegressor
        Fitted; or a pipeline that ends in one.
    x : networkx.DiGraph, or tuple of them
        A single architecture.

    Returns
    -------
    list of T lists of dict
        For time step t, from 0, and each cell of the architecture, the embeddings after
        t updates, in the form of the estimator's `operation_embeddings`. The (t+1)-th
        forward pass reads those of step t.

    Raises
    ------
    TypeError
        If the estimator is neither.

    Examples
    --------
    >>> from tagates_sk import TAGATESRanker
    >>> from tagates_sk.inspection import step_embeddings
    >>> from tagates_sk.spaces import NASBench201
    >>> cells = NASBench201().sample(30, random_state=0)
    >>> ranker = TAGATESRanker(T=3, n_members=1, max_iter=2, random_state=0)
    >>> ranker = ranker.fit(cells, range(30))
    >>> steps = step_embeddings(ranker, cells[0])
    >>> len(steps), len(steps[0]), steps[0][0][0, 1].shape
    (3, 1, (48,))
    """
    X = [x]
    if isinstance(estimator, Pipeline):
        X = estimator[:-1].transform(X) if len(estimator.steps) > 1 else X
        estimator = last_step(estimator)
    if not isinstance(estimator, (TAGATESRanker, TAGATESRegressor)):
        raise TypeError(
            f"{type(estimator).__name__} has no operation embeddings that are updated over time; "
            "a fitted TAGATESRanker or TAGATESRegressor, or a pipeline that ends in one, is "
            "expected."
        )
    check_is_fitted(estimator)
    steps = []
    for n_updates in range(estimator.encoders_.model.encoder.config.T):
        (embeddings,) = estimator.operation_embeddings(X, n_updates=n_updates)
        steps.append(list(cells_of(embeddings)))
    return steps


def explain(estimator: Any, x: Any, *, ax: Axes | None = None, **kwargs: Any) -> EmbeddingDisplay:
    """Plot how the operation embeddings of an architecture move over the time steps.

    Each update mimics a step of training. Operations of one type start at the same
    point (unless zero-cost features distinguish them) and drift apart with what flows
    through them.

    Parameters
    ----------
    estimator : TAGATESRanker or TAGATESRegressor
        Fitted, with T at least 2; or a pipeline that ends in one.
    x : networkx.DiGraph, or tuple of them
        A single architecture.
    ax : matplotlib Axes, default=None
        A new figure by default.
    **kwargs
        For the lines, :meth:`matplotlib.axes.Axes.plot`.

    Returns
    -------
    EmbeddingDisplay

    Raises
    ------
    TypeError
        If the estimator is neither.
    ValueError
        If T is 1 or the architecture has no operation with an embedding.

    Examples
    --------
    >>> from tagates_sk import TAGATESRanker
    >>> from tagates_sk.inspection import explain
    >>> from tagates_sk.spaces import NASBench201
    >>> space = NASBench201("nasbench201")
    >>> cells = space.sample(30, random_state=0)
    >>> ranker = TAGATESRanker(T=3, n_members=1, max_iter=2, random_state=0)
    >>> ranker = ranker.fit(cells, range(30))
    >>> display = explain(ranker, space.to_dag((3, 3, 4, 3, 2, 4)))
    >>> display.embeddings.shape, display.projection.shape
    ((3, 6, 48), (3, 6, 2))
    """
    return EmbeddingDisplay.from_estimator(estimator, x, ax=ax, **kwargs)


class EmbeddingDisplay:
    """Paths of operation embeddings over the time steps, along their two main axes.

    Make one by :func:`explain` or :meth:`from_estimator`.

    Parameters
    ----------
    embeddings : ndarray of float, shape (T, n_operations, d)
        The embeddings before each forward pass.
    operations : list of str
        Names of the operations.
    places : list of str
        Their places, as shown.

    Attributes
    ----------
    projection : ndarray of float, shape (T, n_operations, 2)
        Coordinates on the first two principal components of all embeddings.
    explained_variance_ratio : ndarray of float, shape (2,)
        Share of the variance along each.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D
        The path of each operation.

    See Also
    --------
    step_embeddings : The embeddings alone.
    """

    def __init__(self, *, embeddings: Floats, operations: list[str], places: list[str]) -> None:
        self.embeddings = embeddings
        self.operations = operations
        self.places = places
        n_steps, n, d = embeddings.shape
        # A second axis of zeros if d or the number of embeddings allows only one.
        flat = np.pad(embeddings.reshape(-1, d), ((0, 0), (0, max(0, 2 - d))))
        pca = PCA(n_components=2, svd_solver="full").set_output(transform="default").fit(flat)
        self.projection: Floats = pca.transform(flat).reshape(n_steps, n, 2)
        self.explained_variance_ratio: Floats = pca.explained_variance_ratio_

    @classmethod
    def from_estimator(
        cls: type[_Self], estimator: Any, x: Any, *, ax: Axes | None = None, **kwargs: Any
    ) -> _Self:
        """Compute and draw.

        Parameters
        ----------
        estimator, x, ax, **kwargs
            As in :func:`explain`.

        Returns
        -------
        EmbeddingDisplay

        Raises
        ------
        TypeError, ValueError
            As :func:`explain`.
        """
        steps = step_embeddings(estimator, x)
        if len(steps) == 1:
            raise ValueError(
                "The estimator has T=1: one forward pass and no update, so no embedding moves. "
                "Fit it with T=2 or more."
            )
        found = [(c, place) for c, cell in enumerate(steps[0]) for place in cell]
        if not found:
            raise ValueError(
                "The architecture has no operation with an embedding: only wires and identity "
                "operations lie on a path from an input to the output."
            )
        embeddings = np.array([[cells[c][place] for c, place in found] for cells in steps])
        cells = cells_of(x)
        operations = [_operation(cells[c], place) for c, place in found]
        places = [
            ("" if is_single(x) else f"cell {c}: ") + _shown(cells[c], place) for c, place in found
        ]
        display = cls(embeddings=embeddings, operations=operations, places=places)
        return display.plot(ax=ax, **kwargs)

    def plot(self: _Self, ax: Axes | None = None, **kwargs: Any) -> _Self:
        """Draw.

        Parameters
        ----------
        ax, **kwargs
            As in :func:`explain`.

        Returns
        -------
        EmbeddingDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.ax_, self.figure_ = axes("EmbeddingDisplay", ax)
        self.lines_ = []
        sizes = np.linspace(14, 60, len(self.projection))
        named: set[str] = set()
        for path, name in zip(self.projection.swapaxes(0, 1), self.operations, strict=True):
            style = {"color": "0.55", "linewidth": 1.2, "zorder": 1} | kwargs
            (line,) = self.ax_.plot(*path.T, **style)
            self.lines_.append(line)
            self.ax_.scatter(
                *path.T, s=sizes, color=operation_color(name), edgecolors="0.2", linewidths=0.6,
                zorder=2, label=None if name in named else name,
            )  # fmt: skip
            named.add(name)
        texts = [
            self.ax_.annotate(
                text, end, (7 * side, 0), textcoords="offset points",
                ha="left" if side > 0 else "right", va="center", fontsize="small",
            )
            for end, side, text in self._labels()
        ]  # fmt: skip
        first, second = self.explained_variance_ratio
        self.ax_.margins(0.15)
        self.ax_.set(
            xlabel=f"principal component 1 ({first:.0%})",
            ylabel=f"principal component 2 ({second:.0%})",
            title=f"Operation embeddings over {len(self.projection)} time steps",
        )
        self.ax_.legend(frameon=False, fontsize="small", title="small to large: first to last")
        self._make_room(texts)
        return self

    def _make_room(self, texts: list[Any]) -> None:
        """Widen the horizontal axis until all labels are inside the frame."""
        for _ in range(10):  # a wider axis moves the ends of paths, and labels with them
            frame = self.ax_.get_window_extent()
            boxes = [text.get_window_extent() for text in texts]
            left = max([0.0, *(frame.x0 + _ROOM - box.x0 for box in boxes)])
            right = max([0.0, *(box.x1 + _ROOM - frame.x1 for box in boxes)])
            low, high = self.ax_.get_xlim()
            pixel = (high - low) / frame.width
            self.ax_.set_xlim(low - left * pixel, high + right * pixel)

    def _labels(self) -> list[tuple[Floats, int, str]]:
        """The ends of paths, the side they moved to, and one text per end."""
        ends, moved = self.projection[-1], self.projection[-1] - self.projection[0]
        near = _NEAR * np.ptp(self.projection, axis=(0, 1)).max()
        labels: list[tuple[Floats, int, str]] = []
        left = list(range(len(ends)))
        while left:
            first = left[0]
            here = [i for i in left if np.abs(ends[i] - ends[first]).max() <= near]
            left = [i for i in left if i not in here]
            side = 1 if moved[first, 0] >= 0 else -1
            labels.append((ends[first], side, ", ".join(self.places[i] for i in here)))
        return labels


def _operation(cell: Any, place: Any) -> str:
    """The name of an operation; input and output nodes may lack one."""
    op = attributes_at(cell, place).get("op")
    return str(op or ("output" if cell.in_degree(place) else "input"))


def _shown(cell: Any, place: Any) -> str:
    """The name of a node, or of an edge as tail→head."""
    if on_nodes(cell):
        return str(place)
    tail, head, *key = place
    parallel = key and cell.number_of_edges(tail, head) > 1
    return f"{tail}→{head} ({key[0]})" if parallel else f"{tail}→{head}"
