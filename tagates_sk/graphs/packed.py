"""Many operation graphs as a few flat arrays."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .attributes import Attributes
from .errors import UnknownOperationError, UnknownOperationWarning, quoted
from .foreign import echo
from .operations import IDENTITY_OPERATIONS, INPUT, OUTPUT, WIRE

IntArray = NDArray[np.integer[Any]]


def ragged_positions(starts: IntArray, lengths: IntArray) -> IntArray:
    """Positions ``starts[i] .. starts[i] + lengths[i] - 1`` of all i, concatenated."""
    total = int(lengths.sum())
    ends = np.cumsum(lengths)
    positions: IntArray = np.arange(total) + np.repeat(starts - (ends - lengths), lengths)
    return positions


@dataclass(frozen=True)
class PackedGraphs:
    """Operation graphs of many architectures.

    An architecture is `n_cells` cells; cell c of architecture a is row
    ``a * n_cells + c``. Within a cell nodes are numbered from 0: first the
    input nodes, then the others in topological order, last the output node.
    An operation has a type, any number of source nodes and one destination.
    In an operation-on-edge cell (OOE) every edge is an operation with one
    source; in an operation-on-node cell (OON) every node is an operation, in
    the order of the nodes, and its predecessors are the sources.

    Parameters
    ----------
    operations : tuple of str
        The vocabulary that positive type codes index.
    n_cells : int
        Number of cells per architecture, C.
    on_node : ndarray of bool, shape (n * C,)
        Whether the cell is an OON cell.
    node_ptr : ndarray of int, shape (n * C + 1,)
        Cell i has nodes ``node_ptr[i] .. node_ptr[i + 1] - 1``.
    n_inputs : ndarray of int, shape (n * C,)
        Number of input nodes of each cell.
    input_mark : ndarray of int, shape (n_nodes,)
        Which input of the cell a node is, -1 for nodes that are no input.
    op_ptr : ndarray of int, shape (n * C + 1,)
        As `node_ptr`, for operations.
    op_type : ndarray of int, shape (n_ops,)
        Index in `operations`, ``len(operations)`` for an unknown operation, or
        one of the negative codes ``WIRE``, ``INPUT``, ``OUTPUT``.
    op_dst : ndarray of int, shape (n_ops,)
        Destination, as a node number within the cell.
    edge_ptr : ndarray of int, shape (n_ops + 1,)
        Operation j has sources ``edge_src[edge_ptr[j]:edge_ptr[j + 1]]``.
    edge_src : ndarray of int, shape (n_edges,)
        Sources, as node numbers within the cell.
    zero_cost : ndarray of float32, shape (n_ops, k) or None
        Saliencies of the operations, zeros for wires.
    attributes : Attributes or None
        Numbers beside the names of the operations.
    keys : list or None
        For each operation the node or edge of the user's graph it came from.
    start : int
        Index in X of the first architecture, for error messages.
    """

    operations: tuple[str, ...]
    n_cells: int
    on_node: NDArray[np.bool_]
    node_ptr: IntArray
    n_inputs: IntArray
    input_mark: IntArray
    op_ptr: IntArray
    op_type: IntArray
    op_dst: IntArray
    edge_ptr: IntArray
    edge_src: IntArray
    zero_cost: NDArray[np.float32] | None = None
    attributes: Attributes | None = None
    keys: list[Any] | None = None
    start: int = 0

    def __len__(self) -> int:
        return len(self.n_inputs) // self.n_cells

    def cells_of(self, architectures: IntArray) -> IntArray:
        """Rows of the cells of some architectures."""
        return (np.asarray(architectures)[:, None] * self.n_cells + np.arange(self.n_cells)).ravel()

    def take(self, rows: IntArray) -> PackedGraphs:
        """The graphs of some architectures, in the order given.

        Parameters
        ----------
        rows : ndarray of int, shape (m,)
            Which architectures, from 0 to n - 1; one may occur several times.

        Returns
        -------
        PackedGraphs
            With the same vocabulary, and ``start`` 0.
        """
        rows = np.asarray(rows, dtype=np.int64)
        cells = self.cells_of(rows)
        n_nodes, n_ops = np.diff(self.node_ptr)[cells], np.diff(self.op_ptr)[cells]
        nodes = ragged_positions(self.node_ptr[cells], n_nodes)
        ops = ragged_positions(self.op_ptr[cells], n_ops)
        n_sources = np.diff(self.edge_ptr)[ops]
        edges = ragged_positions(self.edge_ptr[ops], n_sources)
        keys = self.keys
        return replace(
            self,
            on_node=self.on_node[cells],
            node_ptr=pointers(n_nodes),
            n_inputs=self.n_inputs[cells],
            input_mark=self.input_mark[nodes],
            op_ptr=pointers(n_ops),
            op_type=self.op_type[ops],
            op_dst=self.op_dst[ops],
            edge_ptr=pointers(n_sources),
            edge_src=self.edge_src[edges],
            zero_cost=None if self.zero_cost is None else self.zero_cost[ops],
            attributes=None if self.attributes is None else self.attributes.of(ops),
            keys=None if keys is None else [keys[op] for op in ops.tolist()],
            start=0,
        )

    def place(self, op: int) -> str:
        """How error messages call an operation: its architecture, cell, and node or edge."""
        row = int(np.searchsorted(self.op_ptr, op, side="right")) - 1
        place = f"X[{self.start + row // self.n_cells}]"
        if self.n_cells > 1:
            place += f", cell {row % self.n_cells}"
        if self.keys is not None:
            place += f", {'node' if self.on_node[row] else 'edge'} {echo(self.keys[op])}"
        return place

    def with_vocabulary(
        self, operations: Sequence[str], handle_unknown: str = "error"
    ) -> PackedGraphs:
        """The same graphs with type codes that index another vocabulary.

        Parameters
        ----------
        operations : sequence of str
            The fitted vocabulary.
        handle_unknown : str
            What to do with an operation that is not in it: ``"error"`` refuses,
            ``"warn"`` and ``"ignore"`` give it the code ``len(operations)``, with
            and without a warning. Identity operations are always known.

        Raises
        ------
        UnknownOperationError
            With ``handle_unknown="error"``, naming the first unknown operation
            and its place.
        """
        operations = tuple(operations)
        if operations == self.operations:
            return self
        position = {name: i for i, name in enumerate(operations)}
        unknown_codes = dict.fromkeys(IDENTITY_OPERATIONS, WIRE)  # need no embedding
        codes = np.array(
            [
                position.get(name, unknown_codes.get(name, len(operations)))
                for name in self.operations
            ]
            + [OUTPUT, INPUT, WIRE]
        )
        op_type = codes[self.op_type]  # negative codes index the three at the end
        if handle_unknown != "ignore":
            unknown = np.flatnonzero(op_type == len(operations))
            if len(unknown):
                op = int(unknown[0])
                name = self.operations[int(self.op_type[op])]
                found = f"{self.place(op)}: unknown operation {echo(name)}"
                if handle_unknown == "error":
                    raise UnknownOperationError(
                        f"{found}. The operations seen in fit are {quoted(operations)}. Fit on "
                        "architectures that have it, list it in operations=, or set "
                        "handle_unknown='warn' or 'ignore'."
                    )
                warnings.warn(
                    f"{found} is taken as the mean of the known ones, and features leave it out. "
                    "handle_unknown='error' refuses it, 'ignore' says nothing.",
                    UnknownOperationWarning,
                    stacklevel=2,
                )
        return replace(self, operations=operations, op_type=op_type)

    def check_attributes(self, names: Sequence[str], handle_unknown: str) -> None:
        """Check the attributes of operations against those of fit; drop the others.

        Parameters
        ----------
        names : sequence of str
            Those seen in fit.
        handle_unknown : {"error", "warn", "ignore"}
            What to do with others.

        Raises
        ------
        UnknownOperationError
            With ``handle_unknown="error"``, naming the first and its place.
        """
        if self.attributes is None or handle_unknown == "ignore":
            return
        for j, name in enumerate(self.attributes.names):
            having = np.flatnonzero(~np.isnan(self.attributes.values[:, j]))
            if name in names or not len(having):
                continue
            found = f"{self.place(int(having[0]))}: unknown attribute {name!r}"
            if handle_unknown == "error":
                seen = f"those of fit are {quoted(names)}" if names else "fit saw none"
                raise UnknownOperationError(
                    f"{found}; {seen}. Fit on architectures that have it, leave it out, or set "
                    "handle_unknown='warn' or 'ignore'."
                )
            warnings.warn(
                f"{found} is left out, since fit did not see it. handle_unknown='error' refuses "
                "it, 'ignore' says nothing.",
                UnknownOperationWarning,
                stacklevel=2,
            )
            return

    def with_numbers_in_names(self) -> PackedGraphs:
        """The same graphs with attributes in the names of operations only.

        Returns
        -------
        PackedGraphs
            An operation is called, for instance, ``"mbconv[expansion=6,kernel=5]"``.
        """
        if self.attributes is None:
            return self
        # Infinity for what is missing, since one NaN differs from another; one zero only.
        values = np.nan_to_num(self.attributes.values, nan=np.inf) + 0.0
        rows, which = np.unique(
            np.column_stack([self.op_type, values]), axis=0, return_inverse=True
        )
        labels: list[str | int] = []
        for row in rows.tolist():
            code, numbers = int(row[0]), zip(self.attributes.names, row[1:], strict=True)
            if not 0 <= code < len(self.operations):
                labels.append(code)
                continue
            written = ",".join(f"{name}={value:.17g}" for name, value in numbers if value < np.inf)
            labels.append(self.operations[code] + (f"[{written}]" if written else ""))
        names = sorted({label for label in labels if isinstance(label, str)})
        position: dict[str | int, int] = {name: i for i, name in enumerate(names)}
        position[len(self.operations)] = len(names)  # an unknown operation stays one
        codes = np.array([position.get(label, label) for label in labels], dtype=np.int64)
        return replace(self, operations=tuple(names), op_type=codes[which.ravel()], attributes=None)

    def used_operations(self) -> list[str]:
        """Names of the operations that occur, sorted as in the vocabulary."""
        return [self.operations[t] for t in np.unique(self.op_type) if t >= 0]

    def path_lengths(self, *, backward: bool = False) -> IntArray:
        """Edges on the longest path from an input to each node, or from each to the output.

        Parameters
        ----------
        backward : bool, default=False

        Returns
        -------
        ndarray of int, shape (n_nodes,)
        """
        n_ops = np.diff(self.op_ptr)
        cell_of_op = np.repeat(np.arange(len(n_ops)), n_ops)
        n_edges = np.diff(self.edge_ptr)
        base = np.repeat(self.node_ptr[cell_of_op], n_edges)
        local = np.repeat(self.op_dst, n_edges)
        before, after = self.edge_src + base, local + base
        if backward:
            before, after, local = after, before, -self.edge_src
        lengths = np.zeros(len(self.input_mark), dtype=np.int64)
        # Within a cell nodes are numbered in topological order.
        order = np.argsort(local, kind="stable")
        for edges in np.split(order, np.flatnonzero(np.diff(local[order])) + 1):
            np.maximum.at(lengths, after[edges], lengths[before[edges]] + 1)
        return lengths

    def longest_path(self) -> int:
        """Length, in edges, of the longest path from an input to the output."""
        return int(self.path_lengths().max(initial=0))


def pointers(lengths: IntArray) -> IntArray:
    """Row pointers of consecutive rows with these lengths."""
    out = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=out[1:])
    return out
