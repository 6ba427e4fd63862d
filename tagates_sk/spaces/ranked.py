"""RankedArchitectures: the best architectures of many, in their native form."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .._utils import Floats
from ..graphs.errors import InvalidArchitectureError
from ..graphs.foreign import cut
from ..graphs.optional import data_frame
from .base import SearchSpace, SpaceSequence

if TYPE_CHECKING:
    from pandas import DataFrame

LONGEST = 100
"""Characters of an architecture in a table."""


class RankedArchitecture(NamedTuple):
    """An architecture of a table of the best.

    Parameters
    ----------
    rank : int
        1 for the best.
    score : float
        Predicted or measured performance.
    std : float
        Standard deviation of a prediction, NaN where there is none.
    native : native form or None
        None where the search space is not known.
    architecture : networkx.DiGraph, or tuple of them
        The graph.
    """

    rank: int
    score: float
    std: float
    native: Any
    architecture: Any


class RankedArchitectures(Sequence[RankedArchitecture]):
    """The best of many architectures, best first.

    It prints as a table, in notebooks as one in HTML. Make one by
    :meth:`tagates_sk.TAGATESRanker.top` or
    :meth:`tagates_sk.search.PredictorSearch.top`.

    Parameters
    ----------
    architectures : sequence of n architectures
        From the best on. A SpaceSequence knows its search space.
    score : ndarray of float, shape (n,)
        Predicted or measured performance.
    rows : ndarray of int, shape (n,)
        Positions in what was ranked.
    std : ndarray of float, shape (n,), default=None
        Standard deviations of predictions.
    space : SearchSpace, default=None
        Where the native forms come from.

    Attributes
    ----------
    native : list of n native forms, or None
        None where the search space is not known.

    Examples
    --------
    >>> import numpy as np
    >>> from tagates_sk.spaces import NASBench201, RankedArchitectures
    >>> cells = NASBench201().sample(2, random_state=0)
    >>> best = RankedArchitectures(cells, np.array([93.5, 91.25]), np.array([7, 4]))
    >>> best
    rank  score  architecture
       1   93.5  |avg_pool_3x3~0|+|none~0|nor_conv_3x3~1|+|...
       2  91.25  |nor_conv_3x3~0|...
    >>> best[0].rank, best[0].score
    (1, 93.5)
    """

    def __init__(
        self,
        architectures: Sequence[Any],
        score: Floats,
        rows: Any,
        std: Floats | None = None,
        space: Any = None,
    ) -> None:
        self.architectures = architectures
        self.score = score
        self.rows = rows
        self.std = std
        self.native = native_forms(architectures, space)

    def __len__(self) -> int:
        return len(self.score)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        i = range(len(self))[index]
        return RankedArchitecture(
            i + 1,
            float(self.score[i]),
            np.nan if self.std is None else float(self.std[i]),
            None if self.native is None else self.native[i],
            self.architectures[i],
        )

    def to_frame(self) -> DataFrame:
        """Table as a pandas DataFrame.

        Returns
        -------
        pandas.DataFrame
            With the columns ``rank``, ``score``, ``std`` where there are standard
            deviations, and ``architecture``: the native form, or the operations where
            the search space is not known. The index is `rows`.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        columns: dict[str, Any] = {"rank": np.arange(1, len(self) + 1), "score": self.score}
        if self.std is not None:
            columns["std"] = self.std
        columns["architecture"] = texts(self.architectures, self.native)
        return data_frame("to_frame", columns, index=self.rows)

    def _cells(self) -> list[list[str]]:
        numbers = [self.score] if self.std is None else [self.score, self.std]
        names = ["rank", "score", "std"][: 1 + len(numbers)]
        rows = [
            [str(i + 1), *(f"{column[i]:.4g}" for column in numbers), cut(str(form), LONGEST)]
            for i, form in enumerate(texts(self.architectures, self.native))
        ]
        return [[*names, "architecture"], *rows]

    def __repr__(self) -> str:
        cells = self._cells()
        widths = [max(len(row[k]) for row in cells) for k in range(len(cells[0]) - 1)]
        lines = [
            "  ".join([*(text.rjust(w) for text, w in zip(row, widths, strict=False)), row[-1]])
            for row in cells
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head, *rows = [[html.escape(text) for text in row] for row in self._cells()]
        body = "".join(
            f"<tr>{''.join(f'<td>{text}</td>' for text in row[:-1])}"
            f'<td style="text-align: left"><code>{row[-1]}</code></td></tr>'
            for row in rows
        )
        titles = "".join(f"<th>{name}</th>" for name in head)
        return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"


def native_forms(architectures: Sequence[Any], space: Any = None) -> list[Any] | None:
    """Native forms of architectures, None where their search space is not known.

    Parameters
    ----------
    architectures : sequence of architectures
    space : SearchSpace, SpaceSequence or other, default=None
        What they may be from.

    Returns
    -------
    list of native forms, or None
        An architecture outside the space has None.
    """
    if isinstance(architectures, SpaceSequence):
        return architectures.native()
    if isinstance(space, SpaceSequence):
        space = space.space
    return [_native(a, space) for a in architectures] if isinstance(space, SearchSpace) else None


def _native(architecture: Any, space: SearchSpace) -> Any:
    try:
        return space.from_dag(architecture)
    except InvalidArchitectureError:  # given by users who searched elsewhere, too
        return None


def texts(architectures: Sequence[Any], native: Sequence[Any] | None) -> list[Any]:
    """Native forms of architectures, the operations of those that have none.

    Parameters
    ----------
    architectures : sequence of n architectures
    native : sequence of n native forms, or None
        As :func:`native_forms` gives them.
    """
    forms = [None] * len(architectures) if native is None else native
    return [
        operations_text(architecture) if form is None else form
        for architecture, form in zip(architectures, forms, strict=True)
    ]


def operations_text(architecture: Any) -> str:
    """The operations of an architecture in a line.

    Parameters
    ----------
    architecture : networkx.DiGraph, or tuple of them

    Examples
    --------
    >>> import networkx as nx
    >>> from tagates_sk.spaces.ranked import operations_text
    >>> cell = nx.DiGraph()
    >>> cell.add_edge("in", "out", op="conv3x3")
    >>> operations_text(cell)
    'in→out: conv3x3'
    """
    if isinstance(architecture, (tuple, list)):
        return " | ".join(map(operations_text, architecture))
    return ", ".join(_operations(architecture))


def _operations(cell: Any) -> Iterable[str]:
    for node, op in cell.nodes(data="op"):
        if op is not None:
            yield f"{node}: {op}"
    for tail, head, op in cell.edges(data="op"):
        if op is not None:
            yield f"{tail}→{head}: {op}"
