"""What all search spaces share: sampling, mutation and the two-way conversion to DAGs."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, ClassVar

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from .._utils import RandomState
from ..graphs import ArchitectureSequence, InvalidArchitectureError, PackedGraphs
from ..graphs.foreign import echo, reader_of
from .forms import plain

Table = NDArray[np.uint8]
"""One architecture a row, written as a fixed number of small integers."""

PARALLEL = "it has parallel edges"


def has_parallel_edges(dag: nx.DiGraph) -> bool:
    """Whether two edges, of a MultiDiGraph, join the same two nodes."""
    return bool(len(set(dag.edges())) < dag.number_of_edges())


class SearchSpace(ABC):
    """Base of the search spaces.

    An architecture has a *native form*, the one its benchmark publishes, and a
    DAG (a tuple of DAGs for spaces with several cells), the one this library
    reads. Native forms may be lists, tuples or arrays, or text as JSON or Python write
    them. A space has no state but its parameters, which are attributes of the same
    names; spaces with equal parameters are equal.

    Notes
    -----
    Inside, an architecture is a row of small integers. A subclass says how a
    row is made from a native form or a DAG and back, how a table of rows is
    packed, which rows are one edit away, and how rows are drawn.
    """

    name: str
    """Name of the space."""
    operations: tuple[str, ...]
    """Names of the operations."""
    n_cells: ClassVar[int] = 1
    """Number of DAGs that make one architecture."""

    def validate(self, native: Any) -> None:
        """Check that a native form is an architecture of the space.

        Parameters
        ----------
        native : native form or DAG
            As the class describes it.

        Raises
        ------
        InvalidArchitectureError
            If it is not; the message says what is wrong and where.
        """
        self._any_row(native)

    def to_dag(self, native: Any) -> Any:
        """Turn a native form into a DAG.

        Parameters
        ----------
        native : native form
            As the class describes it.

        Returns
        -------
        networkx.DiGraph, or tuple of them if the space has several cells

        Raises
        ------
        InvalidArchitectureError
            If `native` is no architecture of the space.
        """
        return self._build(self._any_row(native))

    def from_dag(self, dag: Any) -> Any:
        """Turn a DAG into its native form.

        Parameters
        ----------
        dag : networkx.DiGraph, or tuple of them if the space has several cells
            Names of nodes and order of insertion do not matter.

        Returns
        -------
        native form
            As :meth:`canonical` gives it where several native forms describe
            the same DAG.

        Raises
        ------
        InvalidArchitectureError
            If `dag` is no architecture of the space.
        """
        return self._format(self._row(dag))

    def canonical(self, native: Any) -> Any:
        """Pick one of the native forms that differ in the numbering of nodes only.

        Parameters
        ----------
        native : native form or DAG
            As the class describes it.

        Returns
        -------
        native form
            The same for all native forms with isomorphic DAGs.

        Raises
        ------
        InvalidArchitectureError
            If `native` is no architecture of the space.
        """
        return self._format(self._canonical(self._any_row(native)[None])[0])

    def sequence(self, natives: Iterable[Any]) -> SpaceSequence:
        """Make a lazy sequence of architectures from native forms.

        Parameters
        ----------
        natives : iterable of native forms or DAGs
            As the class describes them; a pandas Series, or a DataFrame of one
            column, too.

        Returns
        -------
        SpaceSequence

        Raises
        ------
        InvalidArchitectureError
            If one of them is no architecture of the space; the message says
            which and why.
        TypeError
            If `natives` is text, a mapping, a set or a table of several columns.
        """
        rows = []
        for i, native in enumerate(_in_order(natives)):
            try:
                rows.append(self._any_row(native))
            except InvalidArchitectureError as error:
                raise InvalidArchitectureError(f"Architecture {i}: {error}") from None
        return SpaceSequence(self, np.array(rows, dtype=np.uint8).reshape(len(rows), self._width))

    def sample(self, n: int, random_state: RandomState = None) -> SpaceSequence:
        """Draw architectures at random, independently and with repetition.

        Parameters
        ----------
        n : int
            How many.
        random_state : int, RandomState instance or None, default=None
            Pass an int for the same draw at every call.

        Returns
        -------
        SpaceSequence of length `n`

        Raises
        ------
        ValueError
            If `n` is negative.
        """
        if n < 0:
            raise ValueError(f"n={n} architectures cannot be drawn; n must be at least 0.")
        return SpaceSequence(self, self._draw(int(n), check_random_state(random_state)))

    def neighbors(self, architecture: Any) -> SpaceSequence:
        """Give all architectures that are one edit away.

        Parameters
        ----------
        architecture : native form or DAG
            Where to start.

        Returns
        -------
        SpaceSequence
            All of them differ from each other and from `architecture`.

        Raises
        ------
        InvalidArchitectureError
            If `architecture` is no architecture of the space.
        """
        row = self._any_row(architecture)
        edits = self._edits(row)
        keys = self._canonical(np.concatenate([row[None], edits]))
        _, first = np.unique(keys, axis=0, return_index=True)
        first.sort()
        return SpaceSequence(self, edits[first[first > 0] - 1])

    def mutate(self, architecture: Any, random_state: RandomState = None) -> Any:
        """Change one architecture by one random edit.

        Parameters
        ----------
        architecture : native form or DAG
            Where to start.
        random_state : int, RandomState instance or None, default=None
            Pass an int for the same edit at every call.

        Returns
        -------
        native form or DAG
            One of the :meth:`neighbors`; a DAG if `architecture` is a DAG.

        Raises
        ------
        InvalidArchitectureError
            If `architecture` is no architecture of the space.
        """
        random = check_random_state(random_state)
        row = self._any_row(architecture)
        edits = self._edits(row)
        # Some edits give an isomorphic graph; every architecture has one that does not.
        chosen = next(
            edit
            for edit in edits[random.permutation(len(edits))]
            if len(np.unique(self._canonical(np.stack([row, edit])), axis=0)) == 2
        )
        return self._build(chosen) if is_dag(architecture) else self._format(chosen)

    def __repr__(self) -> str:
        given = (f"{name}={value!r}" for name, value in self._parameters().items())
        return f"{type(self).__name__}({', '.join(given)})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SearchSpace) and (type(self), self._parameters()) == (
            type(other),
            other._parameters(),
        )

    def __hash__(self) -> int:
        return hash((type(self), *self._parameters().values()))

    def _parameters(self) -> dict[str, Any]:
        """The parameters that differ from their defaults."""
        signature = inspect.signature(type(self)).parameters
        values = {name: getattr(self, name) for name in signature}
        return {name: value for name, value in values.items() if value != signature[name].default}

    def _any_row(self, architecture: Any) -> Table:
        if is_dag(architecture):
            return self._row(architecture)
        return self._parse(plain(architecture))

    def _refusal(self, native: Any, wanted: str) -> InvalidArchitectureError:
        """What to raise for a form that is none of the space's."""
        reader = reader_of(native)
        if reader is not None and reader.partition("(")[0] != type(self).__name__:
            wanted += f". tagates_sk.spaces.{reader} reads such a form"
        elif isinstance(native, int) and not isinstance(native, bool) and native > 9:
            wanted += ". Digits read as a number lose leading zeros: read them as text (dtype=str)"
        return InvalidArchitectureError(
            f"{echo(native)} is no architecture of {self.name}: {wanted}."
        )

    def _row(self, dag: Any) -> Table:
        members = (dag,) if isinstance(dag, nx.Graph) else dag
        if not is_dag(dag) or len(members) != self.n_cells:
            found = f"{len(members)} graphs" if is_dag(dag) else f"a {type(dag).__name__}"
            wanted = "one DAG" if self.n_cells == 1 else f"a tuple of {self.n_cells} DAGs"
            raise InvalidArchitectureError(
                f"An architecture of {self.name} is {wanted}, but {found} was given."
            )
        return self._read(members)

    @property
    @abstractmethod
    def _width(self) -> int:
        """Length of a row."""

    @abstractmethod
    def _parse(self, native: Any) -> Table:
        """Native form in plain values to row, checked."""

    @abstractmethod
    def _format(self, row: Table) -> Any:
        """Row to native form."""

    @abstractmethod
    def _read(self, cells: Any) -> Table:
        """DAGs to row in canonical form, checked."""

    @abstractmethod
    def _build(self, row: Table) -> Any:
        """Row to DAG."""

    @abstractmethod
    def _pack(self, table: Table) -> PackedGraphs:
        """All rows as operation graphs."""

    @abstractmethod
    def _draw(self, n: int, random: np.random.RandomState) -> Table:
        """Random rows."""

    @abstractmethod
    def _edits(self, row: Table) -> Table:
        """Valid rows one edit away from a row; repetitions are allowed."""

    def _canonical(self, table: Table) -> Table:
        """The same row for all rows with isomorphic DAGs."""
        return table


class SpaceSequence(ArchitectureSequence):
    """Architectures of one search space; their DAGs are built when looked at.

    Parameters
    ----------
    space : SearchSpace
        The space.
    table : ndarray of uint8, shape (N, width)
        One architecture a row, in the space's own code.
    rows : ndarray of int, shape (n,), default=None
        Which rows, in which order; all of them by default.

    Examples
    --------
    >>> from tagates_sk.spaces import NASBench201
    >>> cells = NASBench201().sample(1000, random_state=0)
    >>> cells[:3]
    <SpaceSequence of 3 architectures of NAS-Bench-201>
    >>> cells[[7, 3]].native()[0]
    '|nor_conv_1x1~0|+|none~0|none~1|+|avg_pool_3x3~0|none~1|avg_pool_3x3~2|'
    """

    def __init__(
        self, space: SearchSpace, table: Table, rows: NDArray[np.integer[Any]] | None = None
    ) -> None:
        super().__init__(np.arange(len(table)) if rows is None else rows)
        self.space = space
        self._table = table

    @property
    def table(self) -> Table:
        """The architectures in the space's own code, shape (n, width)."""
        rows: Table = self._table[self._rows]
        return rows

    def native(self) -> list[Any]:
        """All architectures in their native form."""
        return [self.space._format(row) for row in self.table]

    def packed(self) -> PackedGraphs:
        """Operation graphs of all architectures of the sequence."""
        return self.space._pack(self.table)

    def _dag(self, row: int) -> Any:
        return self.space._build(self._table[row])

    def _with_rows(self, rows: NDArray[np.integer[Any]]) -> SpaceSequence:
        return SpaceSequence(self.space, self._table, rows)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} architectures of {self.space.name}>"


def _in_order(natives: Any) -> Any:
    """The native forms one by one; an error if there is no order, or it is one form."""
    columns = getattr(natives, "columns", None)
    if columns is not None and len(columns) == 1:
        return iter(natives.iloc[:, 0])
    what = (
        f"a table of {len(columns)} columns; select that of the native forms" if columns is not None
        else "text, one native form; pass [text] for one" if isinstance(natives, str)
        else "a mapping; pass a list of native forms, [form] for one"
        if isinstance(natives, Mapping)
        else "a set, which has no order; pass a list in the order of the values"
        if isinstance(natives, AbstractSet)
        else "a single graph; native forms are expected" if isinstance(natives, nx.Graph)
        else None if isinstance(natives, Iterable)
        else f"a {type(natives).__name__}; an iterable of native forms is expected"
    )  # fmt: skip
    if what:
        raise TypeError(f"natives is {what}.")
    return iter(natives)


def is_dag(architecture: Any) -> bool:
    """Whether it is a graph or a tuple of graphs rather than a native form."""
    if isinstance(architecture, (tuple, list)):
        return len(architecture) > 0 and all(isinstance(cell, nx.Graph) for cell in architecture)
    return isinstance(architecture, nx.Graph)
