"""Index tables that make a batch of operation graphs one sparse computation.

Nodes of a batch are numbered inputs first, outputs last; operations are
numbered updated ones first, then those with a fixed gate, then wires. So the
residual, the read-out and the kinds of gates are slices, and whatever is absent
from a graph has no row anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .incidence import Incidence, incidence
from .packed import IntArray, PackedGraphs, ragged_positions

Shares = NDArray[np.float64] | None

UPDATED, FIXED, UNGATED = 0, 1, 2
"""Blocks of operations: embedding updated, gate fixed, gate 1."""


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
    block : ndarray of int, shape (n_operations + 4,)
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
    n_augmentations : int
        Initial states of nodes that are told apart by how data are augmented.
    aggregation : {"sum", "sqrt", "mean", "mixed"}
        What the sum of a node's incoming supports is divided by: nothing, the
        square root of their number, or their number; or the tables tell that
        root, and the encoder decides.
    sweeps : bool
        Whether passes are asynchronous.
    """

    block: IntArray
    n_marks: int
    self_loops: bool
    residual: bool
    node_update: bool
    mean_readout: bool
    n_augmentations: int = 1
    aggregation: str = "sum"
    sweeps: bool = False


@dataclass(frozen=True)
class GraphBatch:
    """Index tables of a batch of architectures; see the module's text.

    Plans are named after direction and layer: the first layer, inner layers,
    the last layer where another pass follows, the last layer of the last pass.
    """

    n_architectures: int
    n_nodes: int
    n_outputs: int
    n_updated: int
    n_gated: int
    gated_type: Incidence
    """Operations with a gate ← types (codes counted from 0, negative ones from the end)."""
    any_type: Incidence
    """All operations ← types; identity operations are wires."""
    op_position: IntArray
    """Positions of all operations of the batch, in its order, in the packed arrays."""
    op_within_cell: IntArray
    """Number of each gated operation within its cell."""
    zero_cost: NDArray[np.float32] | None
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
    updated_owner: IntArray
    """Architecture of each updated operation."""
    forward_root: NDArray[np.float64] | None
    """If mixed: one over the root of the number of supports that arrive where each operation
    writes, shape (n_ops, 1)."""
    backward_root: NDArray[np.float64] | None
    """The same of the backward pass."""


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
    nodes = _Nodes(packed, rows, spec)
    ops = _Operations(packed, nodes, spec)
    forward_first, forward_inner, forward_last, forward_final = _forward_plans(nodes, ops, spec)
    backward_first, backward_inner, backward_last = _backward_plans(nodes, ops, spec, forward_inner)
    n_types = len(spec.block)
    op_type = packed.op_type[ops.position] % n_types
    op_type[ops.n_gated :] = n_types - 1

    def types(chosen: IntArray) -> Incidence:
        return incidence(np.arange(len(chosen)), chosen, len(chosen), n_types)

    gated = slice(0, ops.n_gated)
    return GraphBatch(
        n_architectures=len(rows),
        n_nodes=nodes.n,
        n_outputs=nodes.n_outputs,
        n_updated=ops.n_updated,
        n_gated=ops.n_gated,
        gated_type=types(op_type[gated]),
        any_type=types(op_type),
        op_position=ops.position,
        op_within_cell=(ops.position - nodes.first_op[ops.cell])[gated],
        zero_cost=None if packed.zero_cost is None else packed.zero_cost[ops.position[gated]],
        forward_first=forward_first,
        forward_inner=forward_inner,
        forward_last=forward_last,
        forward_final=forward_final,
        backward_first=backward_first,
        backward_inner=backward_inner,
        backward_last=backward_last,
        updated_dst=ops.dst[: ops.n_updated],
        updated_back_dst=ops.back_dst[: ops.n_updated],
        readout=nodes.mean_readout() if spec.mean_readout else None,
        updated_owner=ops.cell[: ops.n_updated] // packed.n_cells,
        forward_root=ops.forward_root,
        backward_root=ops.backward_root,
    )


class _Nodes:
    """Numbers of the nodes of a batch: inputs, inner nodes, outputs."""

    def __init__(self, packed: PackedGraphs, rows: IntArray, spec: BatchSpec) -> None:
        n_marks, training = spec.n_marks, packed.training
        self.cells = cells = packed.cells_of(rows)
        self.first_op = packed.op_ptr[cells]
        self.n_cells = self.n_outputs = n_cells = len(cells)
        first_node = packed.node_ptr[cells]
        self.nodes_in = packed.node_ptr[cells + 1] - first_node
        self.inputs_in = packed.n_inputs[cells]
        self.inner_in = self.nodes_in - self.inputs_in - 1
        self.n, self.n_inputs = int(self.nodes_in.sum()), int(self.inputs_in.sum())
        self.first_output = self.n - n_cells
        self._before_inputs = np.cumsum(self.inputs_in) - self.inputs_in
        self._before_inner = self.n_inputs + np.cumsum(self.inner_in) - self.inner_in

        # Initial state of each node: for every kind of cell one row for each
        # input and one for the other nodes; each kind of augmentation has its own.
        kind = np.arange(n_cells) % packed.n_cells
        if training is not None and training.augmentation is not None:
            kind += np.repeat(training.augmentation[rows], packed.n_cells) * packed.n_cells
        kind *= n_marks + 1
        self.n_codes = spec.n_augmentations * packed.n_cells * (n_marks + 1)
        marks = packed.input_mark[ragged_positions(first_node, self.inputs_in)]
        self.code = np.concatenate(
            [
                np.repeat(kind, self.inputs_in) + marks,
                np.repeat(kind, self.inner_in) + n_marks,
                kind + n_marks,
            ]
        )

    def number(self, cell: IntArray, local: IntArray) -> IntArray:
        """Number in the batch of nodes given by their cell and number there."""
        inputs = self.inputs_in[cell]
        out = np.where(
            local < inputs,
            self._before_inputs[cell] + local,
            self._before_inner[cell] + local - inputs,
        )
        last = local == self.nodes_in[cell] - 1
        out[last] = self.first_output + cell[last]
        return out

    def mean_readout(self) -> Incidence:
        """Cells ← nodes that are no inputs."""
        cells = np.arange(self.n_cells)
        owner = np.append(np.repeat(cells, self.inner_in), cells)
        return incidence(owner, np.arange(self.n_inputs, self.n), self.n_cells, self.n)


class _Operations:
    """Operations of a batch in their order, and what they read and write."""

    def __init__(self, packed: PackedGraphs, nodes: _Nodes, spec: BatchSpec) -> None:
        cells = nodes.cells
        ops_in = packed.op_ptr[cells + 1] - nodes.first_op
        cell = np.repeat(np.arange(nodes.n_cells), ops_in)
        position = ragged_positions(nodes.first_op, ops_in)
        dst = nodes.number(cell, packed.op_dst[position])
        block = spec.block[packed.op_type[position]]
        order = np.argsort(block * np.int64(nodes.n) + dst, kind="stable")
        self.n = n = len(order)
        self.n_updated = int(np.count_nonzero(block == UPDATED))
        self.n_gated = self.n_updated + int(np.count_nonzero(block == FIXED))
        number = np.empty(n, dtype=np.int64)
        number[order] = np.arange(n)

        edges_in = packed.edge_ptr[position + 1] - packed.edge_ptr[position]
        edge_position = ragged_positions(packed.edge_ptr[position], edges_in)
        owner = np.repeat(np.arange(n), edges_in)
        self.src = nodes.number(cell[owner], packed.edge_src[edge_position])
        self.reader = number[owner]
        """Forward, operation `reader[i]` reads the node `src[i]`."""
        self.back_src = dst[owner]
        self.cell, self.dst, self.position = cell[order], dst[order], position[order]
        on_node = packed.on_node[cells][self.cell]
        self.any_on_node = bool(on_node.any())

        # Backward, an operation on an edge reads its destination and writes its
        # source; one on a node reads the node's successors and writes the node.
        self.back_reader, self.back_dst = self.reader, self.dst
        if self.any_on_node:
            at = np.zeros(nodes.n, dtype=np.int64)
            at[self.dst[on_node]] = np.flatnonzero(on_node)
            self.back_reader = np.where(on_node[self.reader], at[self.src], self.reader)
        if not on_node.all():
            on_edge = ~on_node[self.reader]
            self.back_dst = self.dst.copy()
            self.back_dst[self.reader[on_edge]] = self.src[on_edge]
        if spec.self_loops:
            loops = np.flatnonzero(on_node)
            self.reader = np.append(self.reader, loops)
            self.src = np.append(self.src, self.dst[loops])
            self.back_reader = np.append(self.back_reader, loops)
            self.back_src = np.append(self.back_src, self.dst[loops])
        self.share = self._shares(spec, self.dst[self.reader], nodes.n)
        self.back_share = self._shares(spec, self.back_dst[self.back_reader], nodes.n)
        self.forward_root = self._roots(spec, self.dst, self.reader, nodes.n)
        self.backward_root = self._roots(spec, self.back_dst, self.back_reader, nodes.n)

    @staticmethod
    def _shares(spec: BatchSpec, arrives_at: IntArray, n_nodes: int) -> Shares:
        """What each support that arrives at a node is multiplied by; None is 1."""
        if spec.aggregation in ("sum", "mixed"):
            return None
        count = np.bincount(arrives_at, minlength=n_nodes)[arrives_at]
        return 1 / (np.sqrt(count) if spec.aggregation == "sqrt" else count)

    @staticmethod
    def _roots(spec: BatchSpec, dst: IntArray, reader: IntArray, n_nodes: int) -> Shares:
        """See :class:`GraphBatch`; nothing may arrive where an operation writes."""
        if spec.aggregation != "mixed":
            return None
        count = np.bincount(dst[reader], minlength=n_nodes)[dst]
        root: NDArray[np.float64] = 1 / np.sqrt(count.clip(1))[:, None]
        return root

    def place_in(self, chosen: IntArray) -> IntArray:
        """Table from operations to their place in an ascending choice of them."""
        place = np.zeros(self.n, dtype=np.int64)
        place[chosen] = np.arange(len(chosen))
        return place

    def updated_of(self, chosen: IntArray) -> int:
        """How many of an ascending choice are updated."""
        return int(np.searchsorted(chosen, self.n_updated))


def _forward_plans(
    nodes: _Nodes, ops: _Operations, spec: BatchSpec
) -> tuple[Plan, Plan, Plan, Plan]:
    scatter = incidence(ops.dst, np.arange(ops.n), nodes.n, ops.n)
    first = Plan(
        incidence(ops.reader, nodes.code[ops.src], ops.n, nodes.n_codes, ops.share),
        scatter,
        ops.n_updated,
        residual=(0, nodes.n_inputs, nodes.code[: nodes.n_inputs]) if spec.residual else None,
    )
    inner = Plan(
        incidence(ops.reader, ops.src, ops.n, nodes.n, ops.share),
        scatter,
        ops.n_updated,
        residual=(0, nodes.n_inputs, 0) if spec.residual else None,
    )
    into_output = np.flatnonzero(ops.dst >= nodes.first_output)
    output = ops.dst[into_output] - nodes.first_output
    last = final = inner
    if not spec.node_update:
        to_outputs = incidence(output, into_output, nodes.n_outputs, ops.n)
        last = inner._replace(scatter=to_outputs, residual=None)
    if not spec.mean_readout:
        read = ops.dst[ops.reader] >= nodes.first_output
        needed, source = np.unique(ops.src[read], return_inverse=True)
        reader = ops.place_in(into_output)[ops.reader[read]]
        n = len(into_output)
        final = Plan(
            incidence(reader, source, n, len(needed), _chosen(ops.share, read)),
            incidence(output, np.arange(n), nodes.n_outputs, n),
            ops.updated_of(into_output),
            support_rows=needed,
            gate_rows=into_output,
        )
    return first, inner, last, final


def _backward_plans(
    nodes: _Nodes, ops: _Operations, spec: BatchSpec, forward: Plan
) -> tuple[Plan, Plan, Plan]:
    read = ops.back_src >= nodes.first_output
    reading = np.unique(ops.back_reader[read])  # the output's state reaches these only
    n = len(reading)
    keep = (nodes.first_output, nodes.n)
    first = Plan(
        incidence(
            ops.place_in(reading)[ops.back_reader[read]],
            ops.back_src[read] - nodes.first_output,
            n,
            nodes.n_outputs,
            _chosen(ops.back_share, read),
        ),
        incidence(ops.back_dst[reading], np.arange(n), nodes.n, n),
        ops.updated_of(reading),
        gate_rows=reading,
        residual=(*keep, 0) if spec.residual else None,
    )
    if ops.any_on_node or ops.back_share is not None or forward.scatter is None:
        gather = incidence(ops.back_reader, ops.back_src, ops.n, nodes.n, ops.back_share)
        scatter = incidence(ops.back_dst, np.arange(ops.n), nodes.n, ops.n)
    else:  # operations on edges only: the same two matrices, transposed
        gather, scatter = forward.scatter.transposed(), forward.gather.transposed()
    residual = (*keep, nodes.first_output) if spec.residual else None
    inner = Plan(gather, scatter, ops.n_updated, residual=residual)
    last = inner
    if not spec.node_update:
        read = ops.back_reader < ops.n_updated
        last = Plan(
            incidence(
                ops.back_reader[read],
                ops.back_src[read],
                ops.n_updated,
                nodes.n,
                _chosen(ops.back_share, read),
            ),
            None,
            ops.n_updated,
            gate_rows=None if ops.n_updated == ops.n else np.arange(ops.n_updated),
        )
    return first, inner, last


def _chosen(share: Shares, which: NDArray[np.bool_]) -> Shares:
    return None if share is None else share[which]
