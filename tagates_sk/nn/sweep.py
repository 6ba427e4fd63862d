"""A sweep: gated messages in topological order."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from .topological import SweepTables

PARTS = 2
"""Blocks of what an operation says: its gate, and its part of what is new at a node."""


class _Sweep(torch.autograd.Function):
    """All levels, as one node of the autograd graph, for the reasons of `propagation._Pass`.

    Wide states (n, k * d) are read row by row; products and pointwise functions
    see them as (k, n, d).
    """

    @staticmethod
    def forward(
        ctx: Any,
        start: Tensor,
        maps: Tensor,
        weight: Tensor,
        tables: SweepTables,
        gated: Tensor,
        share: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        t, (k, d, _) = tables, weight.shape
        n_nodes, n_ops = len(t.nodes), len(t.operations)
        own = maps.index_select(0, t.operations).view(n_ops, k, PARTS * d)
        gates = torch.where(gated, torch.sigmoid(own[..., :d]), 1).view(n_ops, k * d)
        if share is not None:
            gates *= share
        given = own[..., d:]
        if t.arrivals is not None:
            summed = t.arrivals(given.reshape(n_ops, -1)) / t.n_arrivals[:, None]
            given = summed.view(-1, k, d)
        given = given.transpose(0, 1)

        states = start.new_empty(n_nodes, k * d)
        states[: t.n_start] = start
        gathered, messages = torch.empty_like(gates), torch.empty_like(gates)
        joined = start.new_empty(k, n_nodes - t.n_start, d)
        added = torch.empty_like(joined)
        for level in t.levels:
            ops = level.operations
            here = slice(level.nodes.start - t.n_start, level.nodes.stop - t.n_start)
            gathered[ops] = level.reads(states)
            message = torch.mul(gathered[ops], gates[ops], out=messages[ops])
            if level.arrivals is not None:
                message = level.arrivals(message)
            m = joined[:, here]
            m.copy_(message.view(-1, k, d).transpose(0, 1))
            new = torch.baddbmm(given[:, here], m, weight).relu_()
            added[:, here] = new
            states[level.nodes] = new.add_(m).transpose(0, 1).reshape(-1, k * d)
        if any(ctx.needs_input_grad):
            ctx.save_for_backward(gates, weight, gathered, joined, added, gated, share)
            ctx.tables, ctx.n_ops = t, len(maps)
        everywhere = messages.new_zeros(len(maps), k * d).index_copy_(0, t.operations, messages)
        return states.index_select(0, t.node_place), everywhere

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_states: Tensor, grad_messages: Tensor) -> tuple[Any, ...]:
        gates, weight, gathered, joined, added, gated, share = ctx.saved_tensors
        t: SweepTables = ctx.tables
        k, d, _ = weight.shape
        from_nodes = grad_states.index_select(0, t.nodes)
        from_messages = grad_messages.index_select(0, t.operations)
        transposed = weight.transpose(1, 2)
        grad_gathered, grad_gates = torch.empty_like(gates), torch.empty_like(gates)
        grad_given = torch.empty_like(added)
        for level, readers in zip(reversed(t.levels), reversed(t.readers[1:]), strict=True):
            ops = level.operations
            here = slice(level.nodes.start - t.n_start, level.nodes.stop - t.n_start)
            grad = readers(grad_gathered).add_(from_nodes[level.nodes])
            grad = grad.view(-1, k, d).transpose(0, 1)
            into = torch.mul(grad, added[:, here] > 0, out=grad_given[:, here])
            grad = torch.baddbmm(grad, into, transposed).transpose(0, 1).reshape(-1, k * d)
            if level.written is not None:
                grad = grad.index_select(0, level.written)
            grad = grad + from_messages[ops]
            torch.mul(grad, gathered[ops], out=grad_gates[ops])
            torch.mul(grad, gates[ops], out=grad_gathered[ops])
        grad_start = t.readers[0](grad_gathered).add_(from_nodes[: t.n_start])
        grad_weight = torch.bmm(joined.transpose(1, 2), grad_given)

        # The share is a factor of the gates that nothing learns.
        open_ = gates if share is None else gates / share
        grad_gates *= gates * (1 - open_)
        own = gates.new_empty(len(gates), k, PARTS * d)
        own[..., :d] = torch.where(gated, grad_gates.view(-1, k, d), 0)
        by_node = grad_given.transpose(0, 1)
        if t.arrivals is not None:
            by_node = (by_node / t.n_arrivals[:, None, None]).index_select(0, t.written)
        own[..., d:] = by_node
        grad_maps = gates.new_zeros(ctx.n_ops, k * PARTS * d)
        grad_maps.index_copy_(0, t.operations, own.flatten(1))
        return grad_start, grad_maps, grad_weight, None, None, None


class Sweep(nn.Module):
    """Gated messages over a graph in topological order, or over its transpose.

    A node v waits for those before it. Every operation m that arrives at v
    sends σ(a_m) ⊙ Σ_{u ∈ src(m)} h_u, from the new states of its sources; with
    their sum s_v and the mean x_v of what the operations say, b_m, the node
    becomes h_v = s_v + ReLU(x_v + s_v V). a_m and b_m are linear in the
    operation's embedding. So one sweep carries information along paths of any
    length (the asynchronous form of InfoPropagation, Ning et al. 2022, section
    A.1).

    Parameters
    ----------
    width : int
        Width d of the states.
    n_members : int
        Sweeps side by side.
    """

    def __init__(self, width: int, n_members: int = 1) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_members, width, width))

    def forward(
        self,
        start: Tensor,
        maps: Tensor,
        tables: SweepTables,
        gated: Tensor,
        share: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Sweep over a batch.

        Parameters
        ----------
        start : Tensor, shape (tables.n_start, n_members * width)
            States of the nodes that have nothing before them.
        maps : Tensor, shape (n_ops, n_members * 2 * width)
            For every operation and member a_m, then b_m.
        tables : SweepTables
        gated : Tensor of bool, shape (n_sweep_ops, 1, 1)
            Which of the sweep's operations have a gate; that of the others is 1.
        share : Tensor, shape (n_sweep_ops, n_members * width), optional
            What their messages are multiplied by, not 0.

        Returns
        -------
        states : Tensor, shape (n_nodes, n_members * width)
        messages : Tensor, shape (n_ops, n_members * width)
            Zero for operations that read nothing.
        """
        out: tuple[Tensor, Tensor] = _Sweep.apply(  # type: ignore[no-untyped-call]
            start, maps, self.weight, tables, gated, share
        )
        return out
