"""Architectures that were read once: the user's graphs beside their packed form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .canonical import CanonicalForm, canonical_forms
from .containers import in_order, with_op
from .packed import IntArray, PackedGraphs
from .packing import join_packed
from .reading import read_architectures
from .sequence import ArchitectureSequence


class Architectures(ArchitectureSequence):
    """Architectures that are read once, for any number of uses.

    Pass them wherever architectures are expected. Estimators, folds of a
    cross-validation and steps of a pipeline then share one reading of the graphs.
    An integer index returns your graph; a slice, a list or array of integers, or
    a boolean mask returns `Architectures`, and ``a + b`` joins two. `rows` are
    positions in the sequence that was read. A pickle holds its own part only.

    Parameters
    ----------
    graphs : sequence of n networkx.DiGraph, or of tuples of them
        Do not change the graphs afterwards: they are not read again.
    op_attribute : str, default="op"
        Attribute of edges or nodes that names the operation. If it is another,
        an index gives a copy of the graph in which it is ``op``, for whatever reads
        or draws single graphs.

    Raises
    ------
    InvalidArchitectureError
        If there is none, or one cannot be read; the message says which and why.
    TypeError
        If `graphs` is not a sequence of graphs.

    See Also
    --------
    read_architectures : The packed form alone.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.pipeline import make_pipeline
    >>> from tagates_sk.features import WalkStatistics
    >>> from tagates_sk.graphs import Architectures
    >>> from tagates_sk.spaces import NASBench201
    >>> dags = list(NASBench201().sample(30, random_state=0))
    >>> worth = [str(dag.edges(data="op")).count("nor_conv_3x3") for dag in dags]
    >>> cells = Architectures(dags)
    >>> cells[3] is dags[3], cells[20:]
    (True, <Architectures of 10 architectures>)
    >>> cross_val_score(make_pipeline(WalkStatistics(), Ridge()), cells, worth).shape
    (5,)
    """

    def __init__(self, graphs: Any, op_attribute: str = "op") -> None:
        graphs = in_order(graphs)
        read = read_architectures(graphs, op_attribute=op_attribute)
        packed = replace(read, start=0)
        if isinstance(graphs, (list, tuple, np.ndarray)):
            graphs = list(graphs)  # which users may change
        super().__init__(np.arange(len(packed)))
        self._table = _Table(graphs, packed, op_attribute=op_attribute)
        self._packed: PackedGraphs | None = packed

    @classmethod
    def from_packed(cls, graphs: Sequence[Any], packed: PackedGraphs) -> Architectures:
        """Architectures that were read elsewhere.

        Parameters
        ----------
        graphs : sequence of n networkx.DiGraph, or of tuples of them
        packed : PackedGraphs
            What reading them gives.

        Returns
        -------
        Architectures
        """
        return cls._of(_Table(graphs, packed), np.arange(len(packed)), packed)

    @classmethod
    def _of(
        cls, table: _Table, rows: NDArray[Any], packed: PackedGraphs | None = None
    ) -> Architectures:
        part = cls.__new__(cls)
        super(Architectures, part).__init__(rows)
        part._table, part._packed = table, packed
        return part

    def packed(self) -> PackedGraphs:
        """Operation graphs of all architectures of the sequence."""
        if self._packed is None:
            self._packed = self._table.packed.take(self._table.find(self._rows))
        return self._packed

    def canonical_forms(self) -> list[CanonicalForm]:
        """Canonical forms of the architectures; each is computed once, and only when needed.

        Returns
        -------
        list of n CanonicalForm
        """
        return self._table.canonical_forms(self._table.find(self._rows))

    def _known_forms(self, first: int) -> dict[int, CanonicalForm]:
        """Canonical forms computed so far, by position; positions begin with `first`."""
        known = self._table.forms
        positions = enumerate(self._table.find(self._rows).tolist(), first)
        return {i: known[position] for i, position in positions if position in known}

    def __add__(self, other: Sequence[Any]) -> Architectures:
        return join([self, other])

    def _dag(self, row: int) -> Any:
        return self._table.graph(int(self._table.find(np.array([row]))[0]))

    def _with_rows(self, rows: NDArray[Any]) -> Architectures:
        return self._of(self._table, rows)

    def __getstate__(self) -> dict[str, Any]:
        return {"table": self._table.part(self._rows), "rows": self._rows}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__init__(state["rows"])
        table: _Table = state["table"]
        self._table = table
        self._packed = table.packed if np.array_equal(self._rows, table.rows) else None


@dataclass(eq=False)
class _Table:
    """What all parts of architectures that were read together share.

    Parameters
    ----------
    graphs : sequence of n architectures
    packed : PackedGraphs
        Of all n.
    numbers : ndarray of int, shape (n,), or None
        Rows of these n in what was read, ascending; None for all.
    op_attribute : str
        What names operations in the graphs.
    """

    graphs: Sequence[Any]
    packed: PackedGraphs
    numbers: IntArray | None = None
    op_attribute: str = "op"

    def __post_init__(self) -> None:
        self.forms: dict[int, CanonicalForm] = {}
        """Those computed so far, by position."""

    @property
    def rows(self) -> IntArray:
        """Rows of these architectures in what was read."""
        return np.arange(len(self.packed)) if self.numbers is None else self.numbers

    def graph(self, position: int) -> Any:
        """An architecture whose operations are called ``op``."""
        return with_op(self.graphs[position], self.op_attribute)

    def find(self, rows: IntArray) -> IntArray:
        """Positions in this table of rows of what was read."""
        return rows if self.numbers is None else np.searchsorted(self.numbers, rows)

    def part(self, rows: IntArray) -> _Table:
        """The table of some rows alone, without what can be computed again."""
        numbers = np.unique(rows)
        if np.array_equal(numbers, self.rows):
            return _Table(self.graphs, self.packed, self.numbers, self.op_attribute)
        found = self.find(numbers)
        graphs = [self.graphs[i] for i in found.tolist()]
        return _Table(graphs, self.packed.take(found), numbers, self.op_attribute)

    def canonical_forms(self, positions: IntArray) -> list[CanonicalForm]:
        """Those at some positions."""
        wanted = positions.tolist()
        missing = [i for i in dict.fromkeys(wanted) if i not in self.forms]
        if missing:
            forms = canonical_forms(self.packed.take(np.array(missing)))
            self.forms.update(zip(missing, forms, strict=True))
        return [self.forms[i] for i in wanted]

    def __getstate__(self) -> tuple[Any, ...]:
        return self.graphs, self.packed, self.numbers, self.op_attribute

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.graphs, self.packed, self.numbers, self.op_attribute = state
        self.forms = {}


def as_architectures(X: Any) -> ArchitectureSequence:
    """Read architectures, unless they have been read.

    Parameters
    ----------
    X : sequence of n networkx.DiGraph, or of tuples of them

    Returns
    -------
    ArchitectureSequence
        X itself if it is one, as :class:`Architectures` and the sequences of
        data sets and search spaces are; else `Architectures`.

    Raises
    ------
    InvalidArchitectureError
        If an architecture cannot be read, or a list is empty.
    TypeError
        If X is not a sequence of graphs.

    Examples
    --------
    >>> from tagates_sk.graphs import as_architectures
    >>> from tagates_sk.spaces import NASBench201
    >>> cells = as_architectures(list(NASBench201().sample(3, random_state=0)))
    >>> as_architectures(cells) is cells
    True
    """
    return X if isinstance(X, ArchitectureSequence) else Architectures(X)


def own(X: Any) -> Architectures:
    """Architectures as their graphs say; those of a lazy sequence are built and read.

    Parameters
    ----------
    X : sequence of n architectures

    Returns
    -------
    Architectures
        X itself if it is of this class.
    """
    if isinstance(X, Architectures):
        return X
    return Architectures(list(X) if isinstance(X, ArchitectureSequence) else X)


def join(parts: Iterable[Sequence[Any]]) -> Architectures:
    """Several sequences of architectures, one behind the other.

    Parameters
    ----------
    parts : iterable of sequences of architectures
        What is no `Architectures` is read, and graphs of lazy sequences are
        built. Empty ones are left out.

    Returns
    -------
    Architectures

    Raises
    ------
    InvalidArchitectureError
        If all are empty, an architecture cannot be read, or they do not go
        together: they have different numbers of cells, or not all have
        zero-cost vectors of one length.
    """
    read = [own(part) for part in parts if len(part)]
    if len(read) < 2:
        return read[0] if read else Architectures([])  # which raises
    joined = Architectures.from_packed(
        [graph for part in read for graph in part],
        join_packed([part.packed() for part in read]),
    )
    first = 0
    for part in read:
        joined._table.forms.update(part._known_forms(first))
        first += len(part)
    return joined


def forms_of(X: Any) -> list[CanonicalForm]:
    """Canonical forms of architectures.

    Parameters
    ----------
    X : sequence of n architectures

    Returns
    -------
    list of n CanonicalForm
    """
    if isinstance(X, Architectures):
        return X.canonical_forms()
    return list(canonical_forms(read_architectures(X)))
