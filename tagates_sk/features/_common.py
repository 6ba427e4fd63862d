"""What the feature transformers share: reading, edges as flat arrays, paths, count matrices."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn import get_config
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from .._utils import ArchitecturesLike, Floats, Names
from ..graphs import InvalidArchitectureError, PackedGraphs, as_architectures, read_architectures
from ..graphs.attributes import AttributeScale
from ..graphs.packed import IntArray

Self = TypeVar("Self", bound="BaseFeatures")


class BaseFeatures(TransformerMixin, BaseEstimator):
    """Reads architectures and holds them against those seen in fit.

    A subclass learns its columns in :meth:`_learn`, unless the vocabulary gives
    them, names them in :meth:`_names`, fills them in :meth:`_encode`, and stores
    the parameters below untouched.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "operations": [StrOptions({"auto"}), Names()],
        "handle_unknown": [StrOptions({"warn", "error", "ignore"})],
    }

    _reads_attributes: ClassVar[bool] = False
    """Whether there are columns of the numbers beside operations."""

    _reads_names: ClassVar[bool] = False
    """Whether the name of an operation that fit never saw is read, too: it may tell its size."""

    operations: str | Sequence[str]
    handle_unknown: str
    _attributes: AttributeScale | None = None

    def _learn(self, packed: PackedGraphs) -> None:
        """Learn the columns."""

    @abstractmethod
    def _encode(self, packed: PackedGraphs) -> Any:
        """The matrix, one row an architecture."""

    @abstractmethod
    def _names(self) -> list[str]:
        """Names of the columns."""

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self: Self, X: ArchitecturesLike | PackedGraphs, y: Any = None) -> Self:
        """Learn the columns.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures; each a cell, or a tuple of cells.
        y : None
            Not used.

        Returns
        -------
        self

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read; the message says which and why.
        UnknownOperationError
            If one has an operation that `operations` does not list and
            `handle_unknown` is ``"error"``.
        """
        packed = read_architectures(X)
        auto = isinstance(self.operations, str)
        self.operations_ = self._seen(packed) if auto else sorted(set(self.operations))
        self.n_cells_ = packed.n_cells
        if self._reads_attributes:
            self._attributes = AttributeScale.of(packed.attributes)
        self._learn(self._with_known_operations(packed))
        return self

    def transform(self, X: ArchitecturesLike | PackedGraphs) -> Any:
        """Turn architectures into rows of numbers.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.

        Returns
        -------
        ndarray or sparse CSR matrix of float64, shape (n, n_features)
            A row depends on its architecture alone.

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read or has another number of cells
            than those seen in fit.
        UnknownOperationError
            If it has an operation, or an attribute that has columns, that fit never
            saw and `handle_unknown` is ``"error"``.
        """
        check_is_fitted(self, "operations_")
        packed = read_architectures(X)
        if packed.n_cells != self.n_cells_:
            raise InvalidArchitectureError(
                f"The architectures of X have {packed.n_cells} cells, those seen in fit had "
                f"{self.n_cells_}."
            )
        if self._reads_attributes:
            packed.check_attributes(self._attribute_names, self.handle_unknown)
        return self._encode(self._with_known_operations(packed))

    def fit_transform(self, X: ArchitecturesLike | PackedGraphs, y: Any = None) -> Any:
        """Learn the columns and fill them; architectures are read once.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures; each a cell, or a tuple of cells.
        y : None
            Not used.

        Returns
        -------
        ndarray or sparse CSR matrix of float64, shape (n, n_features)
            See :meth:`transform`.
        """
        read = as_architectures(X)
        return self.fit(read).transform(read)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the columns.

        Parameters
        ----------
        input_features : None
            Not used.

        Returns
        -------
        ndarray of str, shape (n_features,)
            All different. Where architectures have several cells, a name
            begins with ``cell0_``, ``cell1_``, …
        """
        check_is_fitted(self, "operations_")
        seen: Counter[str] = Counter()
        names = []
        for name in self._names():
            seen[name] += 1
            names.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
        return np.array(names, dtype=object)

    def _seen(self, packed: PackedGraphs) -> list[str]:
        """The vocabulary, unless users list it."""
        return packed.used_operations()

    def _with_known_operations(self, packed: PackedGraphs) -> PackedGraphs:
        known = packed.with_vocabulary(self.operations_, self.handle_unknown)
        return packed if self._reads_names else known

    @property
    def _attribute_names(self) -> tuple[str, ...]:
        """Of the numbers beside operations that fit saw."""
        return () if self._attributes is None else self._attributes.names

    def _standardised(self, packed: PackedGraphs) -> Floats:
        """Numbers beside operations, shape (n_ops, n_attributes)."""
        n_ops = len(packed.op_type)
        if self._attributes is None:
            return np.zeros((n_ops, 0))
        return self._attributes.standardised(packed.attributes, n_ops)

    def _prefix(self, cell: int) -> str:
        return f"cell{cell}_" if self.n_cells_ > 1 else ""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        return tags


class Edges(NamedTuple):
    """Every pair of an operation and one of its sources.

    Parameters
    ----------
    src, dst : ndarray of int, shape (n_edges,)
        Source and destination, as nodes counted over all cells.
    op : ndarray of int, shape (n_edges,)
        The operation.
    kind : ndarray of int, shape (n_edges,)
        Its type code.
    cell : ndarray of int, shape (n_edges,)
        Its cell.
    """

    src: IntArray
    dst: IntArray
    op: IntArray
    kind: IntArray
    cell: IntArray


def owners(ptr: IntArray) -> IntArray:
    """The row that each element of rows with these pointers belongs to."""
    return np.repeat(np.arange(len(ptr) - 1), ptr[1:] - ptr[:-1])


def edges_of(packed: PackedGraphs) -> Edges:
    """Edges of all cells, in the order of cells and operations."""
    op = owners(packed.edge_ptr)
    cell = owners(packed.op_ptr)[op]
    base = packed.node_ptr[cell]
    return Edges(
        base + packed.edge_src, base + packed.op_dst[op], op, packed.op_type[op], cell
    )  # fmt: skip


def weighted_sums(rows: IntArray, values: Floats, n_rows: int) -> Floats:
    """Sums over the rows of `values` that belong to each of `n_rows`, shape (n_rows, k)."""
    sums = [np.bincount(rows, column, n_rows).astype(np.float64) for column in values.T]
    return np.stack(sums, axis=1) if sums else np.zeros((n_rows, 0))


def place(packed: PackedGraphs, cell: int) -> str:
    """How error messages call a cell."""
    name = f"X[{packed.start + cell // packed.n_cells}]"
    return name if packed.n_cells == 1 else f"{name}, cell {cell % packed.n_cells}"


def count_matrix(
    rows: IntArray,
    columns: IntArray,
    shape: tuple[int, int],
    sparse_output: bool,
    values: Floats | None = None,
) -> Any:
    """Matrix of how often (or with what sum of values) each place occurs."""
    if not sparse_output:
        flat = np.bincount(rows * shape[1] + columns, values, shape[0] * shape[1])
        return flat.astype(np.float64, copy=False).reshape(shape)
    if values is None:
        values = np.ones(len(rows))
    matrix = sparse.csr_matrix((values, (rows, columns)), shape=shape)
    return sparse.csr_array(matrix) if get_config().get("sparse_interface") == "sparray" else matrix


def by_architecture(packed: PackedGraphs, values: Floats) -> Floats:
    """Sums over the cells of each architecture."""
    sums: Floats = values.reshape(-1, packed.n_cells).sum(axis=1)
    return sums


def parts(packed: PackedGraphs, costs: Floats, budget: float) -> Iterator[PackedGraphs]:
    """Consecutive architectures, as many at a time as the budget allows, one at least.

    Parameters
    ----------
    packed : PackedGraphs
    costs : ndarray of float, shape (n,)
        Of each architecture.
    budget : float
        Most that the costs of a part sum to, unless it is a single architecture.

    Yields
    ------
    PackedGraphs
    """
    spent = np.concatenate([[0.0], np.cumsum(costs)])
    bare = replace(packed, zero_cost=None, keys=None)
    first = 0
    while first < len(packed):
        last = int(np.searchsorted(spent, spent[first] + budget, side="right")) - 1
        last = max(last, first + 1)
        some = np.arange(first, last)
        part = bare if len(some) == len(bare) else bare.take(some)
        yield replace(part, start=packed.start + first)
        first = last
