"""InfoPropagation: gated message passing over a graph or its transpose."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .linear import member_outer, member_product
from .tables import LayerTables


class _Layer(NamedTuple):
    """What the backward pass needs of a layer."""

    rows: Tensor
    gathered: Tensor
    gate: Tensor
    out: Tensor | None


class _Pass(torch.autograd.Function):
    """All layers of one pass, as one node of the autograd graph.

    Small batches are bound by the number of torch calls and large ones by
    memory traffic; a hand-written backward pass keeps both low.
    """

    @staticmethod
    def forward(
        ctx: Any,
        state: Tensor,
        gates: Tensor,
        tables: Sequence[LayerTables],
        want_messages: bool,
        n_members: int,
        *parameters: Tensor,
    ) -> tuple[Tensor | None, Tensor | None]:
        n_layers = len(tables)
        weights, biases = parameters[:n_layers], parameters[n_layers:]
        keep = any(ctx.needs_input_grad)
        layers: list[_Layer] = []
        sizes: list[int] = []
        out: Tensor | None = state
        message = state
        for i, (table, gate) in enumerate(zip(tables, gates.unbind(1), strict=True)):
            assert out is not None
            sizes.append(len(out))
            rows = out if table.support_rows is None else out.index_select(0, table.support_rows)
            support = member_product(rows, weights[i], n_members)
            gathered = table.gather.sums(support)
            if table.gate_rows is not None:
                gate = gate.index_select(0, table.gate_rows)
            if not keep and gathered is not support:
                message = gathered.mul_(gate)
            else:
                message = gathered * gate
            out = None
            if table.scatter is not None:
                out = table.scatter.sums(message)
                if out is message and want_messages:
                    out = message.clone()
                if table.residual is not None:
                    start, stop, source = table.residual
                    out[start:stop] += (
                        support[source : source + stop - start]
                        if isinstance(source, int)
                        else support.index_select(0, source)
                    )
                if biases:
                    out += biases[i]
                if i < n_layers - 1:
                    out.relu_()
            if keep:
                layers.append(_Layer(rows, gathered, gate, out if i < n_layers - 1 else None))
        if keep:
            ctx.save_for_backward(*weights, *(tensor for layer in layers for tensor in layer))
            ctx.tables, ctx.sizes, ctx.has_bias = tables, sizes, bool(biases)
            ctx.gates_shape, ctx.n_members = gates.shape, n_members
        if not want_messages:
            return out, None
        return out, message[: tables[-1].n_updated]

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, grad_out: Tensor | None, grad_messages: Tensor | None
    ) -> tuple[Any, ...]:
        tables: Sequence[LayerTables] = ctx.tables
        n, k = len(tables), ctx.n_members
        weights, rest = ctx.saved_tensors[:n], ctx.saved_tensors[n:]
        grad_gates = rest[1].new_empty(ctx.gates_shape)
        grad_weights: list[Tensor | None] = [None] * n
        grad_biases: list[Tensor | None] = [None] * n
        views = grad_gates.unbind(1)
        grad_state: Tensor | None = grad_out
        for i in range(n - 1, -1, -1):
            table, layer = tables[i], _Layer(*rest[4 * i : 4 * i + 4])
            grad_sum: Tensor | None = None
            if table.scatter is not None and grad_state is not None:
                grad_sum = (
                    grad_state.contiguous() if layer.out is None
                    else torch.ops.aten.threshold_backward(grad_state, layer.out, 0)
                )  # fmt: skip
                assert grad_sum is not None
                if ctx.has_bias:
                    grad_biases[i] = grad_sum.sum(0)
                grad = table.scatter.transposed(grad_sum)
                if grad is grad_sum:
                    grad = grad.clone()
            else:
                grad = torch.zeros_like(layer.gathered)
            if i == n - 1 and grad_messages is not None:
                grad[: table.n_updated] += grad_messages
            if table.gate_rows is None:
                torch.mul(grad, layer.gathered, out=views[i])
            else:
                views[i].zero_().index_copy_(0, table.gate_rows, grad * layer.gathered)
            grad *= layer.gate
            grad_support = table.gather.transposed(grad)
            if table.residual is not None and grad_sum is not None:
                start, stop, source = table.residual
                if isinstance(source, int):
                    grad_support[source : source + stop - start] += grad_sum[start:stop]
                else:
                    grad_support.index_add_(0, source, grad_sum[start:stop])
            grad_weights[i] = member_outer(layer.rows, grad_support, k)
            if i == 0 and not ctx.needs_input_grad[0]:
                grad_state = None
                break
            grad_state = member_product(grad_support, weights[i], k, transposed=True)
            if table.support_rows is not None:
                whole = grad_state.new_zeros((ctx.sizes[i], grad_state.shape[1]))
                grad_state = whole.index_copy_(0, table.support_rows, grad_state)
        biases = grad_biases if ctx.has_bias else []
        return grad_state, grad_gates, None, None, None, *grad_weights, *biases


class Propagation(torch.nn.Module):
    """A stack of gated layers over the graph or over its transpose.

    Layer l with support S = H W_l computes, for every operation m, the message
    σ(A_l emb_m + c_l) ⊙ Σ_{u ∈ src(m)} S_u and, for every node, the sum of the
    messages that arrive, plus S_v at residual nodes; ReLU after every layer but
    the last (InfoPropagation, Ning et al. 2022, section A.1).

    Parameters
    ----------
    in_dim : int
        Width of the initial states.
    width : int
        Width d of the layers.
    n_layers : int
        Number of layers L.
    bias : bool
        Whether a bias is added to every node's sum.
    n_members : int
        Stacks side by side.
    """

    def __init__(
        self, in_dim: int, width: int, n_layers: int, bias: bool, n_members: int = 1
    ) -> None:
        super().__init__()
        sizes = [in_dim] + [width] * n_layers
        self.n_members = n_members
        self.weights = torch.nn.ParameterList(
            torch.empty(n_members * a, b) for a, b in pairwise(sizes)
        )
        self.biases = torch.nn.ParameterList(
            torch.empty(n_members * width) for _ in range(n_layers if bias else 0)
        )

    def forward(
        self,
        state: Tensor,
        tables: Sequence[LayerTables],
        gates: Tensor,
        want_messages: bool = False,
    ) -> tuple[Tensor | None, Tensor | None]:
        """Propagate through all layers.

        Parameters
        ----------
        state : Tensor, shape (rows, n_members * in_dim)
            Initial states, as the first of the tables indexes them.
        tables : sequence of LayerTables
            One a layer.
        gates : Tensor, shape (n_ops, n_layers, n_members * width)
            Gates of all operations.
        want_messages : bool
            Whether the last layer's messages of updated operations are wanted.

        Returns
        -------
        state : Tensor or None
            Of the rows that the last of them computes.
        messages : Tensor, shape (n_updated, n_members * width), or None
        """
        out: tuple[Tensor | None, Tensor | None] = _Pass.apply(  # type: ignore[no-untyped-call]
            state, gates, tables, want_messages, self.n_members, *self.weights, *self.biases
        )
        return out
