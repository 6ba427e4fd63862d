"""Index tables that make a batch of operation graphs one sparse computation.

Nodes of a batch are numbered inputs first, outputs last; operations are
numbered updated ones first, then those with a fixed gate, then wires. So the
residual, the read-out and the three kinds of gates are slices, and whatever is
absent from a graph has no row anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .packed import IntArray, PackedGraphs, pointers, ragged_positions

UPDATED, FIXED, UNGATED = 0, 1, 2
"""Blocks of operations: embedding updated, gate fixed, gate 1."""


class Incidence(NamedTuple):
    """A 0/1 matrix (repeated entries add up) as sums over rows of its operand.

    ``out[i] = sum(x[col[ptr[i]:ptr[i + 1]]])``; the transposed matrix likewise.
    `index` (`t_index`) replaces `col` and `ptr` where every row has one entry.
    """

    n_out: int
    n_in: int
    index: IntArray | None
    col: IntArray
    ptr: IntArray
    t_index: IntArray | None
    t_col: IntArray
    t_ptr: IntArray

    @property
    def is_identity(self) -> bool:
        """Whether the product is the operand itself."""
        return (
            self.index is not None
            and self.n_out == self.n_in
            and np.array_equal(self.index, np.arange(self.n_out))
        )


def incidence(out: IntArray, into: IntArray, n_out: int, n_in: int) -> Incidence:
    """Incidence matrix with an entry at each ``(out[i], into[i])``."""

    def rows(
        key: IntArray, value: IntArray, n: int
    ) -> tuple[IntArray | None, IntArray, IntArray]:
        col = value[np.argsort(key, kind="stable")]
        count = np.bincount(key, minlength=n)
        single = len(key) == n and bool((count == 1).all())
        return (col if single else None), col, pointers(count)

    return Incidence(n_out, n_in, *rows(out, into, n_out), *rows(into, out, n_in))


class Plan(NamedTuple):
    """What one propagation layer computes.

    Parameters
    ----------
    gather : Incidence
        Operations ← rows of the support.
    scatter : Incidence or None
        Rows of the next state ← operations; None if only messages are wanted.
    n_updated : int
        How many of the operations, the first ones, are updated.
    support_rows : ndarray or None
        Rows of the state whose support is needed; None for all.
    gate_rows : ndarray or None
        Rows of the gates, where not all operations take part.
    residual : tuple of (int, int, ndarray or int) or None
        First and last (exclusive) row of the next state to which support rows
        are added: these rows, or as many rows from the given one on.
    """

    gather: Incidence
    scatter: Incidence | None
    n_updated: int
    support_rows: IntArray | None = None
    gate_rows: IntArray | None = None
    residual: tuple[int, int, IntArray | int] | None = None


@dataclass(frozen=True)
class BatchSpec:
    """What the encoder wants to know of a batch.

    Parameters
    ----------
    block : ndarray of int, shape (n_types + 4,)
        Block of each type: the vocabulary, the unknown operation, output,
        input, wire (so that the negative type codes index it from the end).
    n_marks : int
        Number of inputs that are told apart.
    self_loops, residual : bool
        See the encoder.
    node_update : bool
        Whether updates read node states, not messages.
    mean_readout : bool
        Whether the encoding is the mean over nodes, not the output's state.
    """

    block: IntArray
    n_marks: int
    self_loops: bool
    residual: bool
    node_update: bool
    mean_readout: bool


@dataclass(frozen=True)
class GraphBatch:
    """Index tables of a batch of architectures; see the module's text.

    Plans are named after direction and layer: the first layer, inner layers,
    the last layer where another pass follows, the last layer of the last pass.
    """

    n_architectures: int
    n_nodes: int
    n_inputs: int
    n_outputs: int
    n_updated: int
    n_gated: int
    updated_type: Incidence
    """Updated operations ← types (codes counted from 0, negative ones from the end)."""
    gated_type: Incidence
    """Operations with a gate ← types."""
    other_type: Incidence
    """Operations that are not updated ← types."""
    op_position: IntArray
    """Positions of all operations of the batch, in its order, in the packed arrays."""
    op_within_cell: IntArray
    """Number of each gated operation within its cell."""
    zero_cost: np.ndarray | None  # type: ignore[type-arg]
    forward_first: Plan
    forward_inner: Plan
    forward_last: Plan
    forward_final: Plan
    backward_first: Plan
    backward_inner: Plan
    backward_last: Plan
    updated_dst: IntArray
    """Node whose forward state updates an operation."""
    updated_back_dst: IntArray
    """Node whose backward state updates an operation."""
    readout: Incidence | None
    """Cells ← nodes that are no inputs, for the mean read-out."""


def build_batch(packed: PackedGraphs, rows: IntArray, spec: BatchSpec) -> GraphBatch:
    """Index tables of some architectures.

    Parameters
    ----------
    packed : PackedGraphs
        With the fitted vocabulary.
    rows : ndarray of int
        The architectures.
    spec : BatchSpec

    Returns
    -------
    GraphBatch
    """
    cells = packed.cells_of(rows)
    n_cells = len(cells)
    first_node, first_op = packed.node_ptr[cells], packed.op_ptr[cells]
    nodes_in, ops_in = packed.node_ptr[cells + 1] - first_node, packed.op_ptr[cells + 1] - first_op
    inputs_in = packed.n_inputs[cells]
    n_nodes, n_inputs = int(nodes_in.sum()), int(inputs_in.sum())
    n_outputs = n_cells
    before_inputs = np.cumsum(inputs_in) - inputs_in
    inner_in = nodes_in - inputs_in - 1
    before_inner = n_inputs + np.cumsum(inner_in) - inner_in
    first_output = n_nodes - n_outputs

    def number(cell: IntArray, local: IntArray) -> IntArray:
        """Number in the batch of a node given by its cell and number there."""
        inputs = inputs_in[cell]
        out = np.where(
            local < inputs, before_inputs[cell] + local, before_inner[cell] + local - inputs
        )
        last = local == nodes_in[cell] - 1
        out[last] = first_output + cell[last]
        return out

    # Initial state of each node: one row per cell kind and input, one for the others.
    kinds = np.arange(n_cells) % packed.n_cells
    width = spec.n_marks + 1
    node_code = np.empty(n_nodes, dtype=np.int64)
    input_cell = np.repeat(np.arange(n_cells), inputs_in)
    input_position = ragged_positions(first_node, inputs_in)
    node_code[:n_inputs] = kinds[input_cell] * width + packed.input_mark[input_position]
    node_code[n_inputs:first_output] = np.repeat(kinds * width + spec.n_marks, inner_in)
    node_code[first_output:] = kinds * width + spec.n_marks

    op_cell = np.repeat(np.arange(n_cells), ops_in)
    op_position = ragged_positions(first_op, ops_in)
    op_code = packed.op_type[op_position]
    op_dst = number(op_cell, packed.op_dst[op_position])
    op_block = spec.block[op_code]
    order = np.argsort(op_block * np.int64(n_nodes) + op_dst, kind="stable")
    n_ops = len(order)
    renumbered = np.empty(n_ops, dtype=np.int64)
    renumbered[order] = np.arange(n_ops)
    n_updated = int(np.count_nonzero(op_block == UPDATED))
    n_gated = n_updated + int(np.count_nonzero(op_block == FIXED))

    edges_in = packed.edge_ptr[op_position + 1] - packed.edge_ptr[op_position]
    edge_position = ragged_positions(packed.edge_ptr[op_position], edges_in)
    edge_op = np.repeat(np.arange(n_ops), edges_in)
    edge_src = number(op_cell[edge_op], packed.edge_src[edge_position])
    edge_dst = op_dst[edge_op]
    edge_op = renumbered[edge_op]
    on_node = packed.on_node[cells][op_cell]
    op_cell, op_dst, on_node, op_position = (
        a[order] for a in (op_cell, op_dst, on_node, op_position)
    )

    # Backward an OOE operation passes from destination to source; an OON
    # operation gates what comes from the successors of its own node.
    back_op, back_dst = edge_op, op_dst
    if on_node.all():
        op_at = np.empty(n_nodes, dtype=np.int64)
        op_at[op_dst] = np.arange(n_ops)
        back_op = op_at[edge_src]
    else:
        back_dst = op_dst.copy()
        on_edge = ~on_node[edge_op]
        back_dst[edge_op[on_edge]] = edge_src[on_edge]
        if on_node.any():
            op_at = np.zeros(n_nodes, dtype=np.int64)
            op_at[op_dst[on_node]] = np.flatnonzero(on_node)
            back_op = np.where(on_edge, edge_op, op_at[edge_src])
    back_src = edge_dst
    if spec.self_loops:
        loops = np.flatnonzero(on_node)
        edge_op, edge_src = np.append(edge_op, loops), np.append(edge_src, op_dst[loops])
        back_op, back_src = np.append(back_op, loops), np.append(back_src, op_dst[loops])

    def only(ops: IntArray) -> IntArray:
        """Table from operations to their place in a choice of them."""
        place = np.zeros(n_ops, dtype=np.int64)
        place[ops] = np.arange(len(ops))
        return place

    n_kinds = packed.n_cells * width
    everywhere = incidence(op_dst, np.arange(n_ops), n_nodes, n_ops)
    keep_inputs = (0, n_inputs, 0) if spec.residual else None
    keep_outputs = (first_output, n_nodes, first_output) if spec.residual else None
    forward_first = Plan(
        incidence(edge_op, node_code[edge_src], n_ops, n_kinds), everywhere, n_updated,
        residual=(0, n_inputs, node_code[:n_inputs]) if spec.residual else None,
    )  # fmt: skip
    forward_inner = Plan(
        incidence(edge_op, edge_src, n_ops, n_nodes), everywhere, n_updated,
        residual=keep_inputs,
    )  # fmt: skip

    into_output = np.flatnonzero(op_dst >= first_output)
    forward_last = forward_final = forward_inner
    if not spec.node_update:
        forward_last = forward_inner._replace(
            scatter=incidence(op_dst[into_output] - first_output, into_output, n_outputs, n_ops),
            residual=None,
        )
    if not spec.mean_readout:
        chosen = op_dst[edge_op] >= first_output
        needed, source = np.unique(edge_src[chosen], return_inverse=True)
        forward_final = Plan(
            incidence(only(into_output)[edge_op[chosen]], source, len(into_output), len(needed)),
            incidence(op_dst[into_output] - first_output, np.arange(len(into_output)),
                      n_outputs, len(into_output)),
            int(np.searchsorted(into_output, n_updated)), needed, into_output,
        )  # fmt: skip

    chosen = back_src >= first_output
    from_output = np.unique(back_op[chosen])
    backward_first = Plan(
        incidence(only(from_output)[back_op[chosen]], back_src[chosen] - first_output,
                  len(from_output), n_outputs),
        incidence(back_dst[from_output], np.arange(len(from_output)), n_nodes, len(from_output)),
        int(np.searchsorted(from_output, n_updated)), None, from_output,
        residual=(first_output, n_nodes, 0) if spec.residual else None,
    )  # fmt: skip
    backward_inner = Plan(
        incidence(back_op, back_src, n_ops, n_nodes),
        incidence(back_dst, np.arange(n_ops), n_nodes, n_ops),
        n_updated, residual=keep_outputs,
    )  # fmt: skip
    backward_last = backward_inner
    if not spec.node_update:
        chosen = back_op < n_updated
        backward_last = Plan(
            incidence(back_op[chosen], back_src[chosen], n_updated, n_nodes), None, n_updated,
            gate_rows=None if n_updated == n_ops else np.arange(n_updated),
        )  # fmt: skip

    readout = None
    if spec.mean_readout:
        node_cell = np.append(np.repeat(np.arange(n_cells), inner_in), np.arange(n_cells))
        readout = incidence(node_cell, np.arange(n_inputs, n_nodes), n_cells, n_nodes)
    n_types = len(spec.block)
    op_type = packed.op_type[op_position] % n_types
    op_type[n_gated:] = n_types - 1  # identity operations are wires too

    def types(ops: slice) -> Incidence:
        chosen = op_type[ops]
        return incidence(np.arange(len(chosen)), chosen, len(chosen), n_types)

    gated = slice(0, n_gated)
    return GraphBatch(
        n_architectures=len(rows),
        n_nodes=n_nodes,
        n_inputs=n_inputs,
        n_outputs=n_outputs,
        n_updated=n_updated,
        n_gated=n_gated,
        updated_type=types(slice(0, n_updated)),
        gated_type=types(gated),
        other_type=types(slice(n_updated, n_ops)),
        op_position=op_position,
        op_within_cell=op_position[gated] - first_op[op_cell[gated]],
        zero_cost=None if packed.zero_cost is None else packed.zero_cost[op_position[gated]],
        forward_first=forward_first,
        forward_inner=forward_inner,
        forward_last=forward_last,
        forward_final=forward_final,
        backward_first=backward_first,
        backward_inner=backward_inner,
        backward_last=backward_last,
        updated_dst=op_dst[:n_updated],
        updated_back_dst=back_dst[:n_updated],
        readout=readout,
    )
