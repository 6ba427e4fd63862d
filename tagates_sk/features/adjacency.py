"""AdjacencyOneHot: the adjacency matrix written out, with one-hot operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import StrOptions

from .._utils import Floats, Number
from ..graphs import InvalidArchitectureError, PackedGraphs
from ..graphs.canonical import canonical_forms
from ..graphs.packed import IntArray, pointers, ragged_positions
from ..graphs.reading import MAX_INPUTS
from ._common import BaseFeatures, count_matrix, edges_of, owners, place

WIRE_NAME = "wire"


class Layout(NamedTuple):
    """Slots for the nodes of a cell: inputs by their number, nodes between, the output.

    Parameters
    ----------
    inputs : ndarray of int, shape (MAX_INPUTS + 1,)
        Input nodes with number m have the slots ``inputs[m] .. inputs[m + 1] - 1``.
    n_inner : int
        Slots between inputs and output.
    """

    inputs: IntArray
    n_inner: int

    @property
    def n_inputs(self) -> int:
        """Slots for inputs."""
        return int(self.inputs[-1])

    @property
    def n_slots(self) -> int:
        """All slots."""
        return self.n_inputs + self.n_inner + 1

    @property
    def n_pairs(self) -> int:
        """How many pairs of slots have room for an edge."""
        return (self.n_inner + 1) * (2 * self.n_inputs + self.n_inner) // 2

    def pairs(self) -> tuple[IntArray, IntArray]:
        """Slots i < j with room for an edge, in the order of rows."""
        i = np.arange(self.n_slots)
        first = np.maximum(i + 1, self.n_inputs)
        room = self.n_slots - first
        return np.repeat(i, room), ragged_positions(first, room)

    def slot_names(self) -> list[str]:
        """Names of the slots."""
        room = np.diff(self.inputs)
        names = []
        for mark in np.flatnonzero(room):
            name = "input" if len(room[room > 0]) == 1 and mark == 0 else f"input{mark}"
            names += [name] if room[mark] == 1 else [f"{name}.{k}" for k in range(room[mark])]
        return [*names, *(str(k) for k in range(1, self.n_inner + 1)), "output"]


class AdjacencyOneHot(BaseFeatures):
    """The upper triangle of the adjacency matrix, and one-hot operations.

    The plainest encoding of an architecture, and often a strong one [1]_. A
    cell with operations on nodes (OON) becomes the number of edges between
    each two nodes, and a one-hot vector of the operation of each node between
    inputs and output. A cell with operations on edges (OOE) becomes the number
    of edges with each operation between each two nodes. The nodes are the
    inputs, then those between, last the output; nodes that a small cell does
    not have leave zeros before the output.

    Parameters
    ----------
    canonical : bool, default=True
        Number nodes by the structure of the cell alone, so that isomorphic
        architectures get equal rows (unless a cell has so many symmetric parts
        that the search for its one numbering is cut off). False keeps the order
        of reading, which is faster.
    n_inner_nodes : int, default=None
        Nodes between inputs and output that a cell has room for; None is those
        of the largest cell seen in fit.
    operations : "auto" or list of str, default="auto"
        The vocabulary; "auto" is the operations seen in fit.
    handle_unknown : {"warn", "error", "ignore"}, default="warn"
        What to do with an operation outside the vocabulary: refuse, or leave
        zeros in its place. (An unknown identity operation such as
        ``"skip_connect"`` is a wire, as everywhere in this library.)
    handle_larger : {"error", "ignore"}, default="error"
        What to do with a cell that is larger than those seen in fit, has more
        inputs, or is the first with its operations on edges (on nodes): refuse,
        or leave out the nodes for which there is no place.
    sparse_output : bool, default=False
        Whether transform returns a sparse CSR matrix.

    Attributes
    ----------
    operations_ : list of str
        The vocabulary, sorted.
    n_cells_ : int
        Cells of an architecture.

    See Also
    --------
    PathEncoding : No numbering of nodes is needed.
    OperationStatistics : Few features that do not grow with the graph.

    Notes
    -----
    Columns are named ``edge(input-1)`` and ``conv(1)`` in OON cells,
    ``conv(input-1)`` in OOE cells, where wires have the columns
    ``wire(input-1)``. A wire of an OON cell is a node without operation. Behind
    those of a cell come, for every attribute, its standardised numbers at the
    same places: ``attribute[kernel](1)``, ``attribute[kernel](input-1)``.

    References
    ----------
    .. [1] C. White, W. Neiswanger, S. Nolen and Y. Savani, "A study on encodings
       for neural architecture search", NeurIPS 2020.

    Examples
    --------
    >>> import networkx as nx
    >>> from tagates_sk.features import AdjacencyOneHot
    >>> cell = nx.DiGraph([("in", "a"), ("a", "out"), ("in", "out")])
    >>> cell.nodes["a"]["op"] = "conv"
    >>> encoding = AdjacencyOneHot().fit([cell])
    >>> encoding.transform([cell])
    array([[1., 1., 1., 1.]])
    >>> encoding.get_feature_names_out()
    array(['edge(input-1)', 'edge(input-output)', 'edge(1-output)',
           'conv(1)'], dtype=object)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "canonical": ["boolean"],
        "n_inner_nodes": [Number(Integral, 0, None, closed="left"), None],
        "handle_larger": [StrOptions({"error", "ignore"})],
        "sparse_output": ["boolean"],
        **BaseFeatures._parameter_constraints,
    }
    _reads_attributes = True

    def __init__(
        self,
        *,
        canonical: bool = True,
        n_inner_nodes: int | None = None,
        operations: str | Sequence[str] = "auto",
        handle_unknown: str = "warn",
        handle_larger: str = "error",
        sparse_output: bool = False,
    ) -> None:
        self.canonical = canonical
        self.n_inner_nodes = n_inner_nodes
        self.operations = operations
        self.handle_unknown = handle_unknown
        self.handle_larger = handle_larger
        self.sparse_output = sparse_output

    def _learn(self, packed: PackedGraphs) -> None:
        # Of each cell of an architecture, for operations on edges and on nodes.
        self._layouts: dict[tuple[int, bool], Layout] = {}
        for key, rows in _kinds(packed).items():
            room = _inputs(packed)[rows].max(axis=0)
            n_inner = int(_inner(packed)[rows].max())
            self._layouts[key] = Layout(
                pointers(room), n_inner if self.n_inner_nodes is None else self.n_inner_nodes
            )
        self._check(packed)

    def _check(self, packed: PackedGraphs) -> None:
        """Refuse cells for which there is no room."""
        inputs, inner = _inputs(packed), _inner(packed)
        for key, rows in _kinds(packed).items():
            if key not in self._layouts:
                here = "nodes" if key[1] else "edges"
                raise InvalidArchitectureError(
                    f"{place(packed, int(rows[0]))} has its operations on {here}; none seen in fit "
                    "had. Fit on architectures of both kinds, convert it, or set "
                    "handle_larger='ignore'."
                )
            layout = self._layouts[key]
            large = rows[inner[rows] > layout.n_inner]
            if len(large):
                n = int(inner[large[0]])
                fitted = "fit saw" if self.n_inner_nodes is None else "n_inner_nodes allows"
                raise InvalidArchitectureError(
                    f"{place(packed, int(large[0]))} has {n} nodes between inputs and output, but "
                    f"{layout.n_inner} are the most that {fitted}. Fit on architectures as large "
                    f"as this one, set n_inner_nodes={n} or more, or handle_larger='ignore'."
                )
            room = np.diff(layout.inputs)
            crowded, mark = np.nonzero(inputs[rows] > room)
            if len(crowded):
                row, m = int(rows[crowded[0]]), int(mark[0])
                raise InvalidArchitectureError(
                    f"{place(packed, row)} has {inputs[row, m]} input nodes with input={m}, but "
                    f"{room[m]} are the most that fit saw. Fit on architectures with as many "
                    "inputs as this one, or set handle_larger='ignore'."
                )

    def _encode(self, packed: PackedGraphs) -> Any:
        if self.handle_larger == "error":
            self._check(packed)
        if self.canonical:
            packed = _renumbered(packed)
        n_ops = len(self.operations_)
        edges = edges_of(packed)
        op_cell = owners(packed.op_ptr)
        op_node = packed.node_ptr[op_cell] + packed.op_dst
        # An OON cell's operations are its nodes; those of a type are inner ones.
        typed = packed.on_node[op_cell] & (packed.op_type >= 0) & (packed.op_type < n_ops)
        values = self._standardised(packed)
        k = values.shape[1]
        rows: list[IntArray] = []
        columns: list[IntArray] = []
        entries: list[Floats] = []
        width = 0

        def add(row: IntArray, column: IntArray, entry: Floats | None = None) -> None:
            rows.append(row)
            columns.append(width + column)
            entries.append(np.ones(len(row)) if entry is None else entry)

        kinds = _kinds(packed)
        for (cell, on_node), layout in self._layouts.items():
            i, j = layout.pairs()
            members = kinds.get((cell, on_node), np.empty(0, dtype=np.int64))
            chosen = np.zeros(len(packed.n_inputs), dtype=bool)
            chosen[members] = True
            slot = _slots(packed, members, layout)
            pair = np.zeros((layout.n_slots, layout.n_slots), dtype=np.int64)
            pair[i, j] = np.arange(len(i))
            there = chosen[edges.cell] & (slot[edges.src] >= 0) & (slot[edges.dst] >= 0)
            here = there if on_node else there & (edges.kind != n_ops)
            place_of = pair[slot[edges.src[here]], slot[edges.dst[here]]]
            op: IntArray
            if on_node:
                add(edges.cell[here], place_of)
                width += len(i)
                here = chosen[op_cell] & typed & (slot[op_node] >= 0)
                inner = slot[op_node[here]] - layout.n_inputs
                add(op_cell[here], inner * n_ops + packed.op_type[here])
                width += layout.n_inner * n_ops
                named = chosen[op_cell] & (packed.op_type >= 0) & (slot[op_node] >= 0)
                op = np.flatnonzero(named)
                cell_of, place_of = op_cell[op], slot[op_node[op]] - layout.n_inputs
                room = layout.n_inner
            else:
                kind = np.where(edges.kind[here] < 0, n_ops, edges.kind[here])
                add(edges.cell[here], place_of * (n_ops + 1) + kind)
                width += len(i) * (n_ops + 1)
                op, cell_of = edges.op[there], edges.cell[there]
                place_of = pair[slot[edges.src[there]], slot[edges.dst[there]]]
                room = len(i)
            for number in range(k):
                add(cell_of, place_of * k + number, values[op, number])
            width += room * k
        row = np.concatenate([*rows, np.empty(0, dtype=np.int64)]) // packed.n_cells
        column = np.concatenate([*columns, np.empty(0, dtype=np.int64)])
        entry = np.concatenate([*entries, np.empty(0)])
        return count_matrix(row, column, (len(packed), width), self.sparse_output, entry)

    def _names(self) -> list[str]:
        names: list[str] = []
        for (cell, on_node), layout in self._layouts.items():
            prefix, slots = self._prefix(cell), layout.slot_names()
            pairs = [f"({slots[i]}-{slots[j]})" for i, j in zip(*layout.pairs(), strict=True)]
            if on_node:
                inner = slots[layout.n_inputs : -1]
                names += [f"{prefix}edge{pair}" for pair in pairs]
                names += [f"{prefix}{op}({node})" for node in inner for op in self.operations_]
                pairs = [f"({node})" for node in inner]
            else:
                kinds = [*self.operations_, WIRE_NAME]
                names += [f"{prefix}{op}{pair}" for pair in pairs for op in kinds]
            attributes = self._attribute_names
            names += [f"{prefix}attribute[{a}]{pair}" for pair in pairs for a in attributes]
        return names


def _kinds(packed: PackedGraphs) -> dict[tuple[int, bool], IntArray]:
    """Rows of the cells with a path, by their place in the architecture and by kind."""
    cell = np.arange(len(packed.n_inputs)) % packed.n_cells
    kinds: dict[tuple[int, bool], IntArray] = {}
    for c in range(packed.n_cells):
        for on_node in (False, True):
            rows = np.flatnonzero(
                (cell == c) & (packed.on_node == on_node) & (packed.n_inputs > 0)
            )  # fmt: skip
            if len(rows):
                kinds[c, on_node] = rows
    return kinds


def _inner(packed: PackedGraphs) -> IntArray:
    """Nodes of each cell between inputs and output."""
    return np.diff(packed.node_ptr) - packed.n_inputs - 1


def _inputs(packed: PackedGraphs) -> NDArray[np.int64]:
    """Input nodes of each cell with each number, shape (n_rows, MAX_INPUTS)."""
    node = np.flatnonzero(packed.input_mark >= 0)
    key = owners(packed.node_ptr)[node] * MAX_INPUTS + packed.input_mark[node]
    return np.bincount(key, minlength=len(packed.n_inputs) * MAX_INPUTS).reshape(-1, MAX_INPUTS)


def _slots(packed: PackedGraphs, rows: IntArray, layout: Layout) -> IntArray:
    """Slot of each node of the cells in these rows, -1 where there is no room."""
    slot = np.zeros(len(packed.input_mark), dtype=np.int64)
    node = ragged_positions(packed.node_ptr[rows], packed.n_inputs[rows])
    mark = packed.input_mark[node]
    cell = np.repeat(rows, packed.n_inputs[rows])
    # Inputs of a cell come by their numbers: those of one number are neighbours.
    first = np.flatnonzero((np.diff(mark, prepend=-1) != 0) | (np.diff(cell, prepend=-1) != 0))
    rank = np.arange(len(node)) - np.repeat(first, np.diff(first, append=len(node)))
    slot[node] = np.where(rank < np.diff(layout.inputs)[mark], layout.inputs[mark] + rank, -1)
    start = packed.node_ptr[rows] + packed.n_inputs[rows]
    inner = _inner(packed)[rows]
    number = ragged_positions(np.zeros(len(rows), dtype=np.int64), inner)
    slot[ragged_positions(start, inner)] = np.where(
        number < layout.n_inner, layout.n_inputs + number, -1
    )
    slot[packed.node_ptr[rows + 1] - 1] = layout.n_slots - 1
    return slot


def _renumbered(packed: PackedGraphs) -> PackedGraphs:
    """The same architectures with nodes and operations in canonical numbering."""
    order: list[IntArray] = []
    dst: list[int] = []
    src: list[int] = []
    marks: list[int] = []
    for form in canonical_forms(packed):
        order.append(form.order)
        for cell in form.cells:
            for _, destination, sources in cell.operations:
                dst.append(destination)
                src += sources
            marks += cell.input_marks
    first = packed.op_ptr[:: packed.n_cells]
    new = np.concatenate(order) + np.repeat(first[:-1], np.diff(first))
    input_mark = packed.input_mark.copy()
    input_mark[input_mark >= 0] = marks
    return replace(
        packed,
        input_mark=input_mark,
        op_type=packed.op_type[new],
        op_dst=np.array(dst, dtype=np.int64),
        edge_ptr=pointers(np.diff(packed.edge_ptr)[new]),
        edge_src=np.array(src, dtype=np.int64),
        zero_cost=None,
        attributes=None if packed.attributes is None else packed.attributes.of(new),
        keys=None,
    )
