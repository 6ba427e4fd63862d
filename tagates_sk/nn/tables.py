"""Index tables that make a batch of operation graphs one sparse computation.

Nodes of a batch are numbered inputs first, outputs last; operations are
numbered updated ones first, then those with a fixed gate, then wires. So the
residual, the read-out and the kinds of gates are slices, and whatever is absent
from a graph has no row anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray
from torch import Tensor

from ..graphs.attributes import AttributeScale
from ..graphs.operations import IDENTITY_OPERATIONS
from ..graphs.packed import IntArray, PackedGraphs, ragged_positions
from .batching import Batches
from .config import EncoderConfig
from .sparse import Device, SparseSum, Weights, as_tensor
from .topological import Sweeps

UPDATED, FIXED, UNGATED = 0, 1, 2
"""Blocks of operations: embedding updated, gate fixed, gate 1."""


# ------------------------------------------------------------ what is described


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
        See :func:`batch_spec`.
    node_update : bool
        Whether updates read node states, not messages.
    mean_readout : bool
        Whether encodings are, or have beside the output's state, the mean over nodes.
    n_augmentations : int
        Initial states of nodes that are told apart by how data are augmented.
    aggregation : {"sum", "sqrt", "mean", "mixed"}
        What the sum of a node's incoming supports is divided by: nothing, the
        square root of their number, or their number; or the tables tell that
        root, and the encoder decides.
    sweeps : bool
        Whether passes are asynchronous; then there are no self loops.
    attributes : AttributeScale or None
        Of the numbers beside operations.
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
    attributes: AttributeScale | None = None

    @property
    def attribute_names(self) -> tuple[str, ...]:
        """Of the numbers beside operations that fit saw."""
        return () if self.attributes is None else self.attributes.names


def batch_spec(
    config: EncoderConfig,
    operations: Sequence[str],
    updated: Sequence[bool],
    *,
    self_loops: bool,
    residual: bool,
    update_terminals: bool,
) -> BatchSpec:
    """Describe what an encoder reads of a batch.

    Parameters
    ----------
    config : EncoderConfig
    operations : sequence of str
        The vocabulary.
    updated : sequence of bool
        Which of the operations have their embedding updated.
    self_loops, residual : bool
        Whether a node's own support joins what its operation gates; whether it
        is added at the inputs (forward) and at the output (backward).
    update_terminals : bool
        Whether input and output operations, if there are any, are updated.
    """
    sweeps = config.propagation == "asynchronous"
    terminal = UNGATED
    if config.terminal_operations:
        terminal = UPDATED if update_terminals else FIXED
    block = [
        UNGATED if name in IDENTITY_OPERATIONS else UPDATED if u else FIXED
        for name, u in zip(operations, updated, strict=True)
    ]
    return BatchSpec(
        block=np.array([*block, FIXED, terminal, terminal, UNGATED]),
        n_marks=config.n_marks,
        self_loops=self_loops and not sweeps,
        residual=residual,
        node_update=config.update == "node",
        mean_readout=config.readout != "output",
        n_augmentations=config.n_augmentations,
        aggregation=config.aggregation,
        sweeps=sweeps,
        attributes=config.attributes,
    )


class Training(NamedTuple):
    """What is known of the training of n architectures, beside their graphs.

    Parameters
    ----------
    update_scale : ndarray of float32, shape (n, T - 1), or None
        What each update of operation embeddings is multiplied by.
    augmentation, loss : ndarray of int, shape (n,), or None
        Which data augmentation and which loss they were trained with.
    condition : ndarray of float32, shape (n, m), or None
        All of that in numbers about −1 to 1.
    group : ndarray of int, shape (n,), or None
        Architectures of one group are compared in training.
    observed : ndarray of float32, shape (n, k - 1), or None
        Standardised performance at all points of training but the last, NaN
        where it was not observed.
    """

    update_scale: NDArray[np.float32] | None = None
    augmentation: IntArray | None = None
    loss: IntArray | None = None
    condition: NDArray[np.float32] | None = None
    group: IntArray | None = None
    observed: NDArray[np.float32] | None = None

    def of(self, rows: Any) -> Training:
        """Those of some architectures."""
        return Training(*(None if values is None else values[rows] for values in self))


# ---------------------------------------------------------------------- tables


class LayerTables(NamedTuple):
    """What one propagation layer computes.

    Parameters
    ----------
    gather : SparseSum
        Operations ← rows of the support.
    scatter : SparseSum or None
        Rows of the next state ← operations; None if only messages are wanted.
    n_updated : int
        How many of the operations, the first ones, are updated.
    support_rows : Tensor of int or None
        Rows of the state whose support is needed; None for all.
    gate_rows : Tensor of int or None
        Rows of the gates, where not all operations take part.
    residual : tuple of (int, int, Tensor of int or int) or None
        First and last (exclusive) row of the next state to which support rows
        are added: these rows, or as many rows from the given one on.
    """

    gather: SparseSum
    scatter: SparseSum | None
    n_updated: int
    support_rows: Tensor | None = None
    gate_rows: Tensor | None = None
    residual: tuple[int, int, Tensor | int] | None = None


class RoundTables(NamedTuple):
    """What the layers of synchronous passes compute.

    Tables are named after direction and place: the first layer, inner layers,
    the last layer where another pass follows, the last layer of the last pass.

    Parameters
    ----------
    forward_first, forward_inner, forward_last, forward_final : LayerTables
    backward_first, backward_inner, backward_last : LayerTables
    forward_root : Tensor, shape (n_ops, 1), or None
        If mixed: one over the root of the number of supports that arrive where each operation
        writes.
    backward_root : Tensor, shape (n_ops, 1), or None
        The same of the backward pass.
    """

    forward_first: LayerTables
    forward_inner: LayerTables
    forward_last: LayerTables
    forward_final: LayerTables
    backward_first: LayerTables
    backward_inner: LayerTables
    backward_last: LayerTables
    forward_root: Tensor | None
    backward_root: Tensor | None


@dataclass(frozen=True)
class BatchTables:
    """Index tables of a batch of architectures; see the module's text."""

    n_architectures: int
    n_nodes: int
    n_outputs: int
    n_updated: int
    n_gated: int
    gated_type: SparseSum
    """Operations with a gate ← types (codes counted from 0, negative ones from the end)."""
    any_type: SparseSum
    """All operations ← types; identity operations are wires."""
    op_position: IntArray
    """Positions of all operations of the batch, in its order, in the packed arrays."""
    op_within_cell: Tensor
    """Number of each gated operation within its cell."""
    n_places: int
    """All of these numbers are below."""
    zero_cost: Tensor | None
    attributes: Tensor | None
    """Standardised numbers of the gated operations, shape (n_gated, n_attributes)."""
    rounds: RoundTables | None
    """For synchronous passes."""
    sweeps: Sweeps | None
    """For asynchronous passes."""
    updated_dst: Tensor
    """Node whose forward state updates an operation."""
    updated_back_dst: Tensor
    """Node whose backward state updates an operation."""
    readout: SparseSum | None
    """Cells ← nodes that are no inputs, for the mean read-out."""
    readout_count: Tensor | None
    """How many nodes that are of each cell, shape (n_cells, 1)."""
    features: Tensor | None
    """What heads read beside the encodings, shape (n_architectures, k)."""
    update_scale: Tensor | None
    """Of each updated operation, shape (n_updated, T - 1); see :class:`Training`."""
    loss: Tensor | None
    condition: Tensor | None
    observed: Tensor | None


@dataclass(frozen=True, eq=False)
class GraphBatches(Batches[BatchTables]):
    """Index tables of any choice of some architectures, on a device.

    Parameters
    ----------
    packed : PackedGraphs
        With the fitted vocabulary.
    spec : BatchSpec
    device : str or torch.device
    dtype : numpy dtype
        Of the zero-cost vectors and whatever else is no index.
    features : ndarray of float, shape (n, k), optional
        What heads read beside the encoding.
    training : Training, optional
        What is known of the architectures' training.
    """

    packed: PackedGraphs
    spec: BatchSpec
    device: Device
    dtype: DTypeLike = np.float32
    features: NDArray[np.floating[Any]] | None = None
    training: Training | None = None

    def __len__(self) -> int:
        return len(self.packed)

    @property
    def first(self) -> int:
        """Number of the first architecture in what users gave, for messages."""
        return self.packed.start

    def sizes(self) -> IntArray:
        """Nodes, operations and edges of each architecture."""
        packed = self.packed
        return np.diff(packed.node_ptr[:: packed.n_cells]) + np.diff(
            packed.op_ptr[:: packed.n_cells] + packed.edge_ptr[packed.op_ptr[:: packed.n_cells]]
        )

    @cached_property
    def _path_lengths(self) -> tuple[IntArray, IntArray]:
        return self.packed.path_lengths(), self.packed.path_lengths(backward=True)

    @cached_property
    def _attributes(self) -> NDArray[np.float64] | None:
        scale, packed = self.spec.attributes, self.packed
        return None if scale is None else (
            scale.standardised(packed.attributes, len(packed.op_type))
        )  # fmt: skip

    def __call__(self, rows: IntArray) -> BatchTables:
        """Tables of the architectures in `rows`."""
        packed, spec, device = self.packed, self.spec, self.device
        training = Training() if self.training is None else self.training.of(rows)
        nodes = _Nodes(packed, rows, spec, training.augmentation)
        ops = _Operations(packed, nodes, spec, self.dtype)
        u, gated = ops.n_updated, slice(ops.n_gated)
        n_types = len(spec.block)
        op_type = packed.op_type[ops.position] % n_types
        op_type[ops.n_gated :] = n_types - 1
        within_cell = (ops.position - nodes.first_op[ops.cell])[gated]

        def types(chosen: IntArray) -> SparseSum:
            n = len(chosen)
            return SparseSum.of(np.arange(n), chosen, n, n_types, device)

        def numbers(values: Any, chosen: Any = slice(None)) -> Tensor | None:
            return None if values is None else (
                as_tensor(np.asarray(values[chosen], self.dtype), device)
            )  # fmt: skip

        rounds = sweeps = None
        if spec.sweeps:
            ahead, behind = (lengths[nodes.position] for lengths in self._path_lengths)
            sweeps = Sweeps.of(
                ahead,
                behind,
                nodes.code,
                (ops.reader, ops.src, ops.dst),
                (ops.back_reader, ops.back_src, ops.back_dst),
                device,
                self.dtype,
            )
        else:
            forward = _forward(nodes, ops, spec, device)
            backward = _backward(nodes, ops, spec, device, forward[1])
            rounds = RoundTables(*forward, *backward, numbers(ops.root), numbers(ops.back_root))
        return BatchTables(
            n_architectures=len(rows),
            n_nodes=nodes.n,
            n_outputs=nodes.n_cells,
            n_updated=u,
            n_gated=ops.n_gated,
            gated_type=types(op_type[gated]),
            any_type=types(op_type),
            op_position=ops.position,
            op_within_cell=as_tensor(within_cell, device),
            n_places=int(within_cell.max(initial=-1)) + 1,
            zero_cost=numbers(packed.zero_cost, ops.position[gated]),
            attributes=numbers(self._attributes, ops.position[gated]),
            rounds=rounds,
            sweeps=sweeps,
            updated_dst=as_tensor(ops.dst[:u], device),
            updated_back_dst=as_tensor(ops.back_dst[:u], device),
            readout=nodes.mean_readout(device) if spec.mean_readout else None,
            readout_count=numbers(nodes.inner_in[:, None] + 1) if spec.mean_readout else None,
            features=numbers(self.features, rows),
            update_scale=numbers(training.update_scale, ops.cell[:u] // packed.n_cells),
            loss=None if training.loss is None else as_tensor(training.loss, device),
            condition=numbers(training.condition),
            observed=numbers(training.observed),
        )


# -------------------------------------------------------------------- building


class _Nodes:
    """Numbers of the nodes of a batch: inputs, inner nodes, outputs."""

    def __init__(
        self,
        packed: PackedGraphs,
        rows: IntArray,
        spec: BatchSpec,
        augmentation: IntArray | None,
    ) -> None:
        n_marks = spec.n_marks
        self.cells = cells = packed.cells_of(rows)
        self.first_op = packed.op_ptr[cells]
        self.n_cells = n_cells = len(cells)  # as many as outputs
        first_node = packed.node_ptr[cells]
        self.nodes_in = packed.node_ptr[cells + 1] - first_node
        self.inputs_in = packed.n_inputs[cells]
        self.inner_in = self.nodes_in - self.inputs_in - 1
        self.n, self.n_inputs = int(self.nodes_in.sum()), int(self.inputs_in.sum())
        self.first_output = self.n - n_cells
        self._before_inputs = np.cumsum(self.inputs_in) - self.inputs_in
        self._before_inner = self.n_inputs + np.cumsum(self.inner_in) - self.inner_in

        self.position = np.concatenate(
            [
                ragged_positions(first_node, self.inputs_in),
                ragged_positions(first_node + self.inputs_in, self.inner_in),
                packed.node_ptr[cells + 1] - 1,
            ]
        )
        """Positions of the nodes in the packed arrays."""

        # Initial state of each node: for every kind of cell one row for each
        # input and one for the other nodes; each kind of augmentation has its own.
        kind = np.arange(n_cells) % packed.n_cells
        if augmentation is not None:
            kind += np.repeat(augmentation, packed.n_cells) * packed.n_cells
        kind *= n_marks + 1
        self.n_codes = spec.n_augmentations * packed.n_cells * (n_marks + 1)
        marks = packed.input_mark[self.position[: self.n_inputs]]
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

    def mean_readout(self, device: Device) -> SparseSum:
        """Cells ← nodes that are no inputs."""
        cells = np.arange(self.n_cells)
        owner = np.append(np.repeat(cells, self.inner_in), cells)
        return SparseSum.of(owner, np.arange(self.n_inputs, self.n), self.n_cells, self.n, device)


class _Operations:
    """Operations of a batch in their order, and what they read and write."""

    def __init__(
        self, packed: PackedGraphs, nodes: _Nodes, spec: BatchSpec, dtype: DTypeLike
    ) -> None:
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
        self.share, self.root = _divisors(spec, self.dst, self.reader, nodes.n, dtype)
        self.back_share, self.back_root = _divisors(
            spec, self.back_dst, self.back_reader, nodes.n, dtype
        )


def _divisors(
    spec: BatchSpec, dst: IntArray, reader: IntArray, n_nodes: int, dtype: DTypeLike
) -> tuple[Weights, Weights]:
    """What each support that is read is multiplied by, None for 1; and the roots if mixed."""
    if spec.aggregation == "sum":
        return None, None
    arriving = np.bincount(dst[reader], minlength=n_nodes)[dst]
    if spec.aggregation == "mixed":  # nothing may arrive where an operation writes
        return None, 1 / np.sqrt(arriving.clip(1))[:, None]
    count = arriving[reader]
    return (1 / (np.sqrt(count) if spec.aggregation == "sqrt" else count)).astype(dtype), None


def _forward(
    nodes: _Nodes, ops: _Operations, spec: BatchSpec, device: Device
) -> tuple[LayerTables, LayerTables, LayerTables, LayerTables]:
    """Tables of the first layer, inner layers, and the last one before and without another pass."""
    scatter = SparseSum.of(ops.dst, np.arange(ops.n), nodes.n, ops.n, device)
    first = LayerTables(
        SparseSum.of(ops.reader, nodes.code[ops.src], ops.n, nodes.n_codes, device, ops.share),
        scatter,
        ops.n_updated,
        residual=(0, nodes.n_inputs, as_tensor(nodes.code[: nodes.n_inputs], device))
        if spec.residual
        else None,
    )
    inner = LayerTables(
        SparseSum.of(ops.reader, ops.src, ops.n, nodes.n, device, ops.share),
        scatter,
        ops.n_updated,
        residual=(0, nodes.n_inputs, 0) if spec.residual else None,
    )
    into_output = np.flatnonzero(ops.dst >= nodes.first_output)
    output = ops.dst[into_output] - nodes.first_output
    last = final = inner
    if not spec.node_update:
        to_outputs = SparseSum.of(output, into_output, nodes.n_cells, ops.n, device)
        last = inner._replace(scatter=to_outputs, residual=None)
    if not spec.mean_readout:
        read = ops.dst[ops.reader] >= nodes.first_output
        needed, source = np.unique(ops.src[read], return_inverse=True)
        reader = np.searchsorted(into_output, ops.reader[read])
        share = None if ops.share is None else ops.share[read]
        n = len(into_output)
        final = LayerTables(
            SparseSum.of(reader, source, n, len(needed), device, share),
            SparseSum.of(output, np.arange(n), nodes.n_cells, n, device),
            int(np.searchsorted(into_output, ops.n_updated)),
            support_rows=as_tensor(needed, device),
            gate_rows=as_tensor(into_output, device),
        )
    return first, inner, last, final


def _backward(
    nodes: _Nodes, ops: _Operations, spec: BatchSpec, device: Device, forward: LayerTables
) -> tuple[LayerTables, LayerTables, LayerTables]:
    """Tables of the first layer, inner layers and the last one; `forward` is an inner one."""
    read = ops.back_src >= nodes.first_output
    reading = np.unique(ops.back_reader[read])  # the output's state reaches these only
    n = len(reading)
    keep = (nodes.first_output, nodes.n)
    first = LayerTables(
        SparseSum.of(
            np.searchsorted(reading, ops.back_reader[read]),
            ops.back_src[read] - nodes.first_output,
            n,
            nodes.n_cells,
            device,
            None if ops.back_share is None else ops.back_share[read],
        ),
        SparseSum.of(ops.back_dst[reading], np.arange(n), nodes.n, n, device),
        int(np.searchsorted(reading, ops.n_updated)),
        gate_rows=as_tensor(reading, device),
        residual=(*keep, 0) if spec.residual else None,
    )
    if ops.any_on_node or ops.back_share is not None or forward.scatter is None:
        gather = SparseSum.of(ops.back_reader, ops.back_src, ops.n, nodes.n, device, ops.back_share)
        scatter = SparseSum.of(ops.back_dst, np.arange(ops.n), nodes.n, ops.n, device)
    else:  # operations on edges only: the same two matrices, transposed
        gather = SparseSum(forward.scatter.transposed, forward.scatter.sums)
        scatter = SparseSum(forward.gather.transposed, forward.gather.sums)
    residual = (*keep, nodes.first_output) if spec.residual else None
    inner = LayerTables(gather, scatter, ops.n_updated, residual=residual)
    if spec.node_update:
        return first, inner, inner
    read = ops.back_reader < ops.n_updated
    last = LayerTables(
        SparseSum.of(
            ops.back_reader[read],
            ops.back_src[read],
            ops.n_updated,
            nodes.n,
            device,
            None if ops.back_share is None else ops.back_share[read],
        ),
        None,
        ops.n_updated,
        gate_rows=None if ops.n_updated == ops.n else as_tensor(np.arange(ops.n_updated), device),
    )
    return first, inner, last
