"""Index tables that make a batch of operation graphs one sparse computation.

Nodes of a batch are numbered inputs first, outputs last; operations are
numbered updated ones first, then those with a fixed gate, then wires. So the
residual, the read-out and the kinds of gates are slices, and whatever is absent
from a graph has no row anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import DTypeLike, NDArray
from torch import Tensor

from ..graphs.operations import IDENTITY_OPERATIONS
from ..graphs.packed import IntArray, PackedGraphs, pointers, ragged_positions
from .batching import Batches
from .config import EncoderConfig

Device = str | torch.device
Weights = NDArray[np.floating[Any]] | None

UPDATED, FIXED, UNGATED = 0, 1, 2
"""Blocks of operations: embedding updated, gate fixed, gate 1."""


def as_tensor(array: Any, device: Device) -> Tensor:
    """A numpy array as tensor on `device`."""
    return torch.from_numpy(np.ascontiguousarray(array)).to(device, non_blocking=True)


# ------------------------------------------------------------- sparse matrices


class RowSums(NamedTuple):
    """``out[i] = sum(x[col[ptr[i]:ptr[i + 1]]])``, every summand times its weight.

    Parameters
    ----------
    col : Tensor of int or None
        Summands of all rows; None where the sums are x itself.
    ptr : Tensor of int or None
        Where each row's summands begin; None where every row has one, of weight 1.
    weight : Tensor or None
        Of the summands; None is 1 each.
    """

    col: Tensor | None = None
    ptr: Tensor | None = None
    weight: Tensor | None = None

    @classmethod
    def of(cls, key: IntArray, value: IntArray, n: int, device: Device, weight: Weights) -> RowSums:
        """Sums over ``x[value[i]]`` of the i with the same key, for n keys."""
        order = np.argsort(key, kind="stable")
        col, count = as_tensor(value[order], device), np.bincount(key, minlength=n)
        if weight is not None:
            return cls(col, as_tensor(pointers(count), device), as_tensor(weight[order], device))
        single = len(key) == n and bool((count == 1).all())
        return cls(col, None if single else as_tensor(pointers(count), device))

    def __call__(self, x: Tensor) -> Tensor:
        """The sums, shape (n, d); x itself where the matrix is the identity."""
        if self.col is None:
            return x
        if self.ptr is None:
            return x.index_select(0, self.col)
        if len(self.col) == 0:
            return x.new_zeros((len(self.ptr) - 1, x.shape[1]))
        # On CPU and GPU alike this is the fastest gather-and-add torch has, it
        # adds in a fixed order, and unlike index_add it runs on all threads.
        return torch.embedding_bag(x, self.col, self.ptr, False, 0, False, self.weight, True)[0]


class SparseSum(NamedTuple):
    """Product with a matrix of few entries, and with its transpose.

    Parameters
    ----------
    sums, transposed : RowSums
        The matrix by its rows, and by its columns.
    """

    sums: RowSums
    transposed: RowSums

    @classmethod
    def of(
        cls,
        out: IntArray,
        into: IntArray,
        n_out: int,
        n_in: int,
        device: Device,
        weight: Weights = None,
    ) -> SparseSum:
        """The matrix, shape (n_out, n_in), with an entry at each ``(out[i], into[i])``.

        Entries are 1, or ``weight[i]``; those at one place add up.
        """
        square = weight is None and n_out == n_in == len(out)
        if square and np.array_equal(out, into) and (np.bincount(out) == 1).all():
            return cls(RowSums(), RowSums())  # the identity
        rows = RowSums.of(out, into, n_out, device, weight)
        return cls(rows, RowSums.of(into, out, n_in, device, weight))

    def __call__(self, x: Tensor) -> Tensor:
        """The product, differentiable in `x`; shape (n_out, d) from (n_in, d)."""
        out: Tensor = _SparseProduct.apply(x, self)  # type: ignore[no-untyped-call]
        return out


class _SparseProduct(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, matrix: SparseSum) -> Tensor:
        ctx.matrix = matrix
        out = matrix.sums(x)
        return x.view_as(x) if out is x else out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        return ctx.matrix.transposed(grads[0].contiguous()), None


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
        Whether the encoding is the mean over nodes, not the output's state.
    n_augmentations : int
        Initial states of nodes that are told apart by how data are augmented.
    aggregation : {"sum", "sqrt", "mean", "mixed"}
        What the sum of a node's incoming supports is divided by: nothing, the
        square root of their number, or their number; or the tables tell that
        root, and the encoder decides.
    """

    block: IntArray
    n_marks: int
    self_loops: bool
    residual: bool
    node_update: bool
    mean_readout: bool
    n_augmentations: int = 1
    aggregation: str = "sum"


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
        self_loops=self_loops,
        residual=residual,
        node_update=config.update == "node",
        mean_readout=config.readout == "mean",
        n_augmentations=config.n_augmentations,
        aggregation=config.aggregation,
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


@dataclass(frozen=True)
class BatchTables:
    """Index tables of a batch of architectures; see the module's text.

    Those of layers are named after direction and place: the first layer, inner
    layers, the last layer where another pass follows, the last layer of the
    last pass.
    """

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
    zero_cost: Tensor | None
    forward_first: LayerTables
    forward_inner: LayerTables
    forward_last: LayerTables
    forward_final: LayerTables
    backward_first: LayerTables
    backward_inner: LayerTables
    backward_last: LayerTables
    updated_dst: Tensor
    """Node whose forward state updates an operation."""
    updated_back_dst: Tensor
    """Node whose backward state updates an operation."""
    readout: SparseSum | None
    """Cells ← nodes that are no inputs, for the mean read-out."""
    readout_count: Tensor | None
    """How many nodes that are of each cell, shape (n_cells, 1)."""
    forward_root: Tensor | None
    """If mixed: one over the root of the number of supports that arrive where each operation
    writes, shape (n_ops, 1)."""
    backward_root: Tensor | None
    """The same of the backward pass."""
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

    def __call__(self, rows: IntArray) -> BatchTables:
        """Tables of the architectures in `rows`."""
        packed, spec, device = self.packed, self.spec, self.device
        training = Training() if self.training is None else self.training.of(rows)
        nodes = _Nodes(packed, rows, spec, training.augmentation)
        ops = _Operations(packed, nodes, spec, self.dtype)
        forward = _forward(nodes, ops, spec, device)
        backward = _backward(nodes, ops, spec, device, forward[1])
        u, gated = ops.n_updated, slice(ops.n_gated)
        n_types = len(spec.block)
        op_type = packed.op_type[ops.position] % n_types
        op_type[ops.n_gated :] = n_types - 1

        def types(chosen: IntArray) -> SparseSum:
            n = len(chosen)
            return SparseSum.of(np.arange(n), chosen, n, n_types, device)

        def numbers(values: Any, chosen: Any = slice(None)) -> Tensor | None:
            return None if values is None else (
                as_tensor(np.asarray(values[chosen], self.dtype), device)
            )  # fmt: skip

        return BatchTables(
            n_architectures=len(rows),
            n_nodes=nodes.n,
            n_outputs=nodes.n_cells,
            n_updated=u,
            n_gated=ops.n_gated,
            gated_type=types(op_type[gated]),
            any_type=types(op_type),
            op_position=ops.position,
            op_within_cell=as_tensor((ops.position - nodes.first_op[ops.cell])[gated], device),
            zero_cost=numbers(packed.zero_cost, ops.position[gated]),
            forward_first=forward[0],
            forward_inner=forward[1],
            forward_last=forward[2],
            forward_final=forward[3],
            backward_first=backward[0],
            backward_inner=backward[1],
            backward_last=backward[2],
            updated_dst=as_tensor(ops.dst[:u], device),
            updated_back_dst=as_tensor(ops.back_dst[:u], device),
            readout=nodes.mean_readout(device) if spec.mean_readout else None,
            readout_count=numbers(nodes.inner_in[:, None] + 1) if spec.mean_readout else None,
            forward_root=numbers(ops.root),
            backward_root=numbers(ops.back_root),
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

        # Initial state of each node: for every kind of cell one row for each
        # input and one for the other nodes; each kind of augmentation has its own.
        kind = np.arange(n_cells) % packed.n_cells
        if augmentation is not None:
            kind += np.repeat(augmentation, packed.n_cells) * packed.n_cells
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
