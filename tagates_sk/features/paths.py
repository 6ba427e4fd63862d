"""PathEncoding: which sequences of operations lead from input to output."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .._utils import Floats, Number
from ..graphs import PackedGraphs
from ..graphs.packed import IntArray
from ..graphs.reading import MAX_INPUTS
from ._common import (
    BaseFeatures,
    by_architecture,
    count_matrix,
    edges_of,
    owners,
    parts,
    place,
)
from ._following import path_statistics

MAX_STEPS = 2**20
"""Most extensions of the beginnings of paths of one cell by one operation."""

BUDGET = 2.0**22
"""Extensions that a part of a long sequence of architectures may take."""

Path = tuple[int, int, tuple[str, ...]]


class Trie:
    """Numbers of sequences; the empty ones, of each cell and input, come first.

    Parameters
    ----------
    n_cells : int
        Cells of an architecture.
    operations : list of str
        The vocabulary.
    """

    def __init__(self, n_cells: int, operations: Sequence[str]) -> None:
        self.operations = list(operations)
        self.n_roots = n_cells * MAX_INPUTS
        self.parents: list[tuple[int, int]] = []
        self.children: dict[tuple[int, int], int] = {}

    def __len__(self) -> int:
        return self.n_roots + len(self.parents)

    def extend(self, sequences: list[int], op: int, learn: bool) -> IntArray:
        """Numbers of the sequences with one more operation; -1 if unknown and not to be learned."""
        numbers = np.empty(len(sequences), dtype=np.int64)
        for i, sequence in enumerate(sequences):
            key = (sequence, op)
            number = self.children.get(key, -1)
            if number < 0 and learn:
                number = self.children[key] = len(self)
                self.parents.append(key)
            numbers[i] = number
        return numbers

    def add(self, path: Path) -> int:
        """Number of a path, added where it is new."""
        cell, mark, names = path
        number = cell * MAX_INPUTS + mark
        for name in names:
            number = int(self.extend([number], self.operations.index(name), True)[0])
        return number

    def path(self, number: int) -> Path:
        """Cell, number of the input and operations."""
        names: list[str] = []
        while number >= self.n_roots:
            number, op = self.parents[number - self.n_roots]
            names.append(self.operations[op])
        return number // MAX_INPUTS, number % MAX_INPUTS, tuple(reversed(names))


class PathEncoding(BaseFeatures):
    """Which sequences of operations lead from an input to the output.

    The path encoding of BANANAS [1]_: one column for each sequence, learned in
    fit. It needs no numbering of the nodes, and different graphs that compute
    the same share it.

    Parameters
    ----------
    max_paths : int, default=None
        Maximum number of columns. The most frequent sequences of fit are kept, among
        equally frequent ones the shorter, then the alphabetically first. None keeps
        all.
    max_length : int, default=None
        Sequences of more operations are left out; None for no limit.
    binary : bool, default=True
        Whether a row only tells which sequences occur, or how many paths have each (at
        most the largest float).
    operations : "auto" or list of str, default="auto"
        The vocabulary; "auto" is the operations seen in fit.
    handle_unknown : {"warn", "error", "ignore"}, default="warn"
        What to do with an operation outside the vocabulary: refuse, or leave
        out the paths through it. (An unknown identity operation such as
        ``"skip_connect"`` is a wire, as everywhere in this library.)
    sparse_output : bool, default=True
        Whether transform returns a sparse CSR matrix.

    Attributes
    ----------
    operations_ : list of str
        The vocabulary, sorted.
    n_cells_ : int
        Cells of an architecture.
    paths_ : list of tuple (int, int, tuple of str)
        Cell, number of the input, and operations of each column.

    Warns
    -----
    UserWarning
        In fit, if a cell has too many paths for all to be listed.

    See Also
    --------
    OperationStatistics : Numbers and lengths of the paths only.

    Notes
    -----
    Wires add nothing to a sequence, so a wire from input to output makes the
    column ``input->output``. Paths from inputs with different numbers, and those
    of different cells, have different columns. A sequence that fit never saw
    has none and is left out.

    Sequences are found shortest first, all paths at once, and paths with the
    same beginning at the same node are followed once. Where the next step of a
    cell in fit had to look at more than 2²⁰ pairs of a beginning and an
    operation, its search ends: longer sequences of that cell are not learned,
    with a warning. transform follows learned beginnings only.

    References
    ----------
    .. [1] C. White, W. Neiswanger and Y. Savani, "BANANAS: Bayesian optimization
       with neural architectures for neural architecture search", AAAI 2021.

    Examples
    --------
    >>> import networkx as nx
    >>> from tagates_sk.features import PathEncoding
    >>> cell = nx.DiGraph()
    >>> cell.add_edge("in", "mid", op="conv")
    >>> cell.add_edge("mid", "out", op="pool")
    >>> cell.add_edge("in", "out", op="pool")
    >>> encoding = PathEncoding(sparse_output=False).fit([cell])
    >>> encoding.get_feature_names_out()
    array(['input->pool->output', 'input->conv->pool->output'], dtype=object)
    >>> encoding.transform([cell])
    array([[1., 1.]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "max_paths": [Number(Integral, 1, None, closed="left"), None],
        "max_length": [Number(Integral, 0, None, closed="left"), None],
        "binary": ["boolean"],
        "sparse_output": ["boolean"],
        **BaseFeatures._parameter_constraints,
    }

    def __init__(
        self,
        max_paths: int | None = None,
        max_length: int | None = None,
        *,
        binary: bool = True,
        operations: str | Sequence[str] = "auto",
        handle_unknown: str = "warn",
        sparse_output: bool = True,
    ) -> None:
        self.max_paths = max_paths
        self.max_length = max_length
        self.binary = binary
        self.operations = operations
        self.handle_unknown = handle_unknown
        self.sparse_output = sparse_output

    def _learn(self, packed: PackedGraphs) -> None:
        trie = Trie(packed.n_cells, self.operations_)
        frequency = np.zeros(0, dtype=np.int64)
        cut: list[tuple[str, int]] = []
        for part in parts(packed, np.minimum(_steps(packed), MAX_STEPS), BUDGET):
            for found in _walk(part, trie, self.max_length, cut):
                more = np.bincount(found.indices, minlength=len(trie))
                more[: len(frequency)] += frequency
                frequency = more
        numbers = np.flatnonzero(frequency)
        candidates = [(trie.path(number), -int(frequency[number])) for number in numbers.tolist()]
        candidates.sort(key=lambda item: (item[1], len(item[0][2]), item[0]))
        self.paths_ = sorted(
            (path for path, _ in candidates[: self.max_paths]),
            key=lambda path: (path[0], len(path[2]), path),
        )
        self._trie = Trie(packed.n_cells, self.operations_)
        self._numbers = np.array([self._trie.add(path) for path in self.paths_], dtype=np.int64)
        if cut:
            where, length = cut[0]
            warnings.warn(
                f"{len(cut)} cells have too many paths to list, the first of them {where}: its "
                f"paths of more than {length} operations are left out. Set max_length={length} "
                "or less, or use OperationStatistics.",
                stacklevel=4,
            )

    def _encode(self, packed: PackedGraphs) -> Any:
        column = np.full(len(self._trie), -1, dtype=np.int64)
        column[self._numbers] = np.arange(len(self._numbers))
        rows: list[IntArray] = [np.empty(0, dtype=np.int64)]
        columns, values = list(rows), [np.empty(0)]
        n_edges = by_architecture(packed, np.diff(packed.edge_ptr[packed.op_ptr]).astype(float))
        costs = np.minimum(_steps(packed), n_edges * len(self._trie))
        for part in parts(packed, costs, BUDGET):
            for found in _walk(part, self._trie, self.max_length, None):
                cells = found.tocoo()
                kept = column[cells.col] >= 0
                architecture = cells.row[kept] // packed.n_cells + part.start - packed.start
                rows.append(architecture.astype(np.int64))
                columns.append(column[cells.col[kept]])
                values.append(cells.data[kept])
        data = np.concatenate(values)
        data = np.ones(len(data)) if self.binary else np.minimum(data, np.finfo(float).max)
        shape = (len(packed), len(self.paths_))
        return count_matrix(
            np.concatenate(rows), np.concatenate(columns), shape, self.sparse_output, data
        )

    def _names(self) -> list[str]:
        several = any(mark for _, mark, _ in self.paths_)
        return [
            self._prefix(cell)
            + "->".join([f"input{mark}" if several else "input", *operations, "output"])
            for cell, mark, operations in self.paths_
        ]


def _steps(packed: PackedGraphs) -> Floats:
    """Bound of the steps that finding all paths of each architecture takes."""
    paths = path_statistics(packed, np.ones((len(packed.operations), 1), dtype=bool))
    n_paths = np.expm1(np.minimum(paths.log_count[:, 0], 100.0))
    return by_architecture(packed, n_paths * (1 + np.maximum(paths.longest[:, 0], 0)))


def _walk(
    packed: PackedGraphs, trie: Trie, max_length: int | None, cut: list[tuple[str, int]] | None
) -> Iterator[Any]:
    """Sequences on the paths to the output of each cell, by their length.

    Parameters
    ----------
    packed : PackedGraphs
    trie : Trie
        With `cut`, it learns the sequences; else only those it has are followed.
    max_length : int or None
        Of a sequence.
    cut : list or None
        Gets place and length for each cell whose search takes too many steps.

    Yields
    ------
    csr_matrix, shape (n_rows, n_sequences)
        Number of paths of each cell with each sequence of the present length.
    """
    edges = edges_of(packed)
    n_nodes, n_ops = len(packed.input_mark), len(packed.operations)
    step = {
        kind: _transposed_adjacency(edges.src, edges.dst, edges.kind == kind, n_nodes)
        for kind in np.unique(edges.kind[(edges.kind >= 0) & (edges.kind < n_ops)]).tolist()
    }
    wires = _powers(_transposed_adjacency(edges.src, edges.dst, edges.kind < 0, n_nodes))
    typed = (edges.kind >= 0) & (edges.kind < n_ops)
    out_degree = np.bincount(edges.src[typed], minlength=n_nodes)
    cell = owners(packed.node_ptr)
    outputs = packed.node_ptr[1:] - 1

    inputs = np.flatnonzero(packed.input_mark >= 0)
    root = (cell[inputs] % packed.n_cells) * MAX_INPUTS + packed.input_mark[inputs]
    # How many paths with each sequence lead to each node.
    state = sparse.csr_matrix(
        (np.ones(len(inputs)), (inputs, root)), shape=(n_nodes, len(trie))
    )  # fmt: skip
    length = 0
    while True:
        for power in wires:
            state = state + power @ state
        yield state[outputs]
        if length == max_length:
            return
        if cut is not None:
            steps = np.bincount(cell, np.diff(state.indptr) * out_degree, len(outputs))
            over = steps > MAX_STEPS
            cut += [(place(packed, int(row)), length) for row in np.flatnonzero(over)]
            state = sparse.diags((~over[cell]).astype(float)) @ state
            state.eliminate_zeros()
        rows, columns, values = [], [], []
        for kind, adjacency in step.items():
            moved = (adjacency @ state).tocoo()
            before, which = np.unique(moved.col, return_inverse=True)
            after = trie.extend(before.tolist(), kind, cut is not None)[which]
            rows.append(moved.row[after >= 0])
            columns.append(after[after >= 0])
            values.append(moved.data[after >= 0])
        if not sum(map(len, rows)):
            return
        state = sparse.csr_matrix(
            (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))),
            shape=(n_nodes, len(trie)),
        )
        length += 1


def _transposed_adjacency(
    src: IntArray, dst: IntArray, chosen: NDArray[np.bool_], n_nodes: int
) -> Any:
    ones = np.ones(np.count_nonzero(chosen))
    return sparse.csr_matrix((ones, (dst[chosen], src[chosen])), shape=(n_nodes, n_nodes))


def _powers(adjacency: Any) -> list[Any]:
    """A, A², A⁴, A⁸, … of a graph without cycles, as long as they are not zero.

    Every number is a sum of different powers of two, so 1 + A + A² + A³ + … =
    (1 + A) (1 + A²) (1 + A⁴) …; the factors of a long chain of wires are
    sparse, while its sum has a number for every two nodes.
    """
    powers = []
    while adjacency.nnz:
        powers.append(adjacency)
        adjacency = adjacency @ adjacency
    return powers
