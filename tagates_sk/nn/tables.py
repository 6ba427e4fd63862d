"""The index tables of a batch as tensors on a device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..graphs import incidence as graphs
from ..graphs.batch import GraphBatch, Plan
from ..graphs.incidence import Incidence
from ..graphs.packed import Training
from .topological import Sweeps

NOTHING = Training()


def as_tensor(array: Any, device: torch.device) -> Tensor:
    """A numpy array as tensor on `device`."""
    return torch.from_numpy(np.ascontiguousarray(array)).to(device, non_blocking=True)


class RowSums(NamedTuple):
    """Sums over chosen rows: one side of an incidence matrix."""

    identity: bool
    single: Tensor | None
    col: Tensor | None
    ptr: Tensor | None
    weight: Tensor | None = None

    @classmethod
    def of(
        cls, sums: graphs.RowSums, identity: bool, device: torch.device, dtype: torch.dtype
    ) -> RowSums:
        """Move one side of an incidence matrix to a device."""
        if identity:
            return cls(True, None, None, None)
        if sums.single is not None:
            return cls(False, as_tensor(sums.single, device), None, None)
        weight = None if sums.weight is None else as_tensor(sums.weight, device).to(dtype)
        return cls(False, None, as_tensor(sums.col, device), as_tensor(sums.ptr, device), weight)

    def __call__(self, x: Tensor) -> Tensor:
        """The sums; `x` itself where the matrix is the identity."""
        if self.identity:
            return x
        if self.single is not None:
            return x.index_select(0, self.single)
        assert self.col is not None
        assert self.ptr is not None
        if len(self.col) == 0:
            return x.new_zeros((len(self.ptr) - 1, x.shape[1]))
        # On CPU and GPU alike this is the fastest gather-and-add torch has, it
        # adds in a fixed order, and unlike index_add it runs on all threads.
        return torch.embedding_bag(x, self.col, self.ptr, False, 0, False, self.weight, True)[0]


class SparseSum(NamedTuple):
    """Product with an incidence matrix and with its transpose."""

    n_out: int
    sums: RowSums
    transposed: RowSums

    @classmethod
    def of(cls, incidence: Incidence, device: torch.device, dtype: torch.dtype) -> SparseSum:
        """Move an incidence matrix to a device."""
        identity = incidence.is_identity
        return cls(
            incidence.n_out,
            RowSums.of(incidence.rows, identity, device, dtype),
            RowSums.of(incidence.columns, identity, device, dtype),
        )

    def __call__(self, x: Tensor) -> Tensor:
        """The product, differentiable in `x`; shape (n_out, d) from (n_in, d)."""
        out: Tensor = _SparseProduct.apply(x, self)  # type: ignore[no-untyped-call]
        return out


class _SparseProduct(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, table: SparseSum) -> Tensor:
        ctx.table = table
        out = table.sums(x)
        return x.view_as(x) if out is x else out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        return ctx.table.transposed(grads[0].contiguous()), None


class LayerTables(NamedTuple):
    """A :class:`~tagates_sk.graphs.batch.Plan` on a device."""

    gather: SparseSum
    scatter: SparseSum | None
    n_updated: int
    support_rows: Tensor | None
    gate_rows: Tensor | None
    residual: tuple[int, int, Tensor | int] | None

    @classmethod
    def of(cls, plan: Plan, device: torch.device, dtype: torch.dtype) -> LayerTables:
        """Move a plan to a device."""

        def rows(array: Any) -> Tensor | None:
            return None if array is None else as_tensor(array, device)

        residual: tuple[int, int, Tensor | int] | None = None
        if plan.residual is not None:
            start, stop, source = plan.residual
            residual = (start, stop, source if isinstance(source, int) else
                        as_tensor(source, device))  # fmt: skip
        return cls(
            SparseSum.of(plan.gather, device, dtype),
            None if plan.scatter is None else SparseSum.of(plan.scatter, device, dtype),
            plan.n_updated,
            rows(plan.support_rows),
            rows(plan.gate_rows),
            residual,
        )


@dataclass(frozen=True)
class BatchTables:
    """A :class:`~tagates_sk.graphs.batch.GraphBatch` on a device."""

    n_architectures: int
    n_nodes: int
    n_outputs: int
    n_updated: int
    n_gated: int
    gated_type: SparseSum
    any_type: SparseSum
    op_within_cell: Tensor
    op_position: Any
    zero_cost: Tensor | None
    forward_first: LayerTables
    forward_inner: LayerTables
    forward_last: LayerTables
    forward_final: LayerTables
    backward_first: LayerTables
    backward_inner: LayerTables
    backward_last: LayerTables
    updated_dst: Tensor
    updated_back_dst: Tensor
    readout: SparseSum | None
    readout_count: Tensor | None
    forward_root: Tensor | None
    backward_root: Tensor | None
    features: Tensor | None = None
    update_scale: Tensor | None = None
    loss: Tensor | None = None
    condition: Tensor | None = None
    observed: Tensor | None = None
    sweeps: Sweeps | None = None
    """For asynchronous passes."""

    @classmethod
    def of(
        cls,
        batch: GraphBatch,
        device: torch.device,
        dtype: torch.dtype,
        features: np.ndarray[Any, Any] | None = None,
        training: Training = NOTHING,
        sweeps: Sweeps | None = None,
    ) -> BatchTables:
        """Move the tables of a batch to a device.

        Parameters
        ----------
        batch : GraphBatch
        device : torch.device
        dtype : torch.dtype
            Of the zero-cost vectors and whatever else is no index.
        features : ndarray of float, shape (n_architectures, k), optional
            What heads read beside the encoding.
        training : Training
            What is known of the architectures' training.
        sweeps : Sweeps, optional
            For asynchronous passes.
        """
        moved: dict[int, LayerTables] = {}  # plans that are one object stay one

        def plan(p: Plan) -> LayerTables:
            if id(p) not in moved:
                moved[id(p)] = LayerTables.of(p, device, dtype)
            return moved[id(p)]

        def numbers(values: Any) -> Tensor | None:
            return None if values is None else as_tensor(values, device).to(dtype)

        readout = count = None
        if batch.readout is not None:
            readout = SparseSum.of(batch.readout, device, dtype)
            count = as_tensor(np.diff(batch.readout.rows.ptr)[:, None], device).to(dtype)
        return cls(
            n_architectures=batch.n_architectures,
            n_nodes=batch.n_nodes,
            n_outputs=batch.n_outputs,
            n_updated=batch.n_updated,
            n_gated=batch.n_gated,
            gated_type=SparseSum.of(batch.gated_type, device, dtype),
            any_type=SparseSum.of(batch.any_type, device, dtype),
            op_within_cell=as_tensor(batch.op_within_cell, device),
            op_position=batch.op_position,
            zero_cost=numbers(batch.zero_cost),
            forward_first=plan(batch.forward_first),
            forward_inner=plan(batch.forward_inner),
            forward_last=plan(batch.forward_last),
            forward_final=plan(batch.forward_final),
            backward_first=plan(batch.backward_first),
            backward_inner=plan(batch.backward_inner),
            backward_last=plan(batch.backward_last),
            updated_dst=as_tensor(batch.updated_dst, device),
            updated_back_dst=as_tensor(batch.updated_back_dst, device),
            readout=readout,
            readout_count=count,
            forward_root=numbers(batch.forward_root),
            backward_root=numbers(batch.backward_root),
            features=numbers(features),
            update_scale=None if training.update_scale is None else
            numbers(training.update_scale[batch.updated_owner]),
            loss=None if training.loss is None else as_tensor(training.loss, device),
            condition=numbers(training.condition),
            observed=numbers(training.observed),
            sweeps=sweeps,
        )  # fmt: skip
