"""Recurrent passes over a DAG in topological order, along the edges and against them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..graphs.relations import BEFORE, BEHIND, EARLIER, LATER
from .embedding import TypeEmbedding
from .encoder import Encoding
from .linear import uniform_
from .padded import CellBatch, CellSpec

DIRECTIONS = 2
"""Along the edges, and against them."""
READ_OUTS = 2
"""States where a pass ends, and the mean state."""


class DAGNNEncoder(nn.Module):
    """Asynchronous passes: every vertex waits for those before it (Thost and Chen, 2021).

    In topological order a vertex v gathers the new states of its predecessors,
    m = Σ_u α_u h'_u with α = softmax_u(a·h_v + b·h'_u), and becomes
    h'_v = GRU(h_v, m), with m as the state and h_v as the input. One layer so
    carries information along paths of any length. Each layer does so along the
    edges and, with other weights and states, against them. Read out are, for
    each layer and direction, the mean state of the vertices where the pass
    ends, and that of all.

    Parameters
    ----------
    spec : CellSpec
    op_dim : int
        Width of the operations' embeddings.
    layer_dim, n_layers : int
        Width of the states, and number of passes.
    n_members : int
        Encoders side by side, with weights of their own.
    generator : torch.Generator
        Source of the initial weights.
    """

    def __init__(
        self,
        spec: CellSpec,
        op_dim: int,
        layer_dim: int,
        n_layers: int,
        n_members: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.n_members = n_members
        self.embedding = TypeEmbedding(
            spec.n_operations, spec.n_symbols, n_members * op_dim, generator
        )
        self.passes = nn.ModuleList(
            AsynchronousPass(layer_dim if i else op_dim, layer_dim, n_members, generator)
            for i in range(n_layers)
        )

    @staticmethod
    def width(spec: CellSpec, layer_dim: int, n_layers: int) -> int:
        """Width of a member's encodings."""
        return spec.n_cells * DIRECTIONS * READ_OUTS * n_layers * layer_dim

    def forward(self, batch: CellBatch) -> Encoding:
        """Encode a batch."""
        order, sources, present, last = (
            torch.stack(both)
            for both in zip(
                _in_order(batch, BEFORE, EARLIER, BEHIND),
                _in_order(batch, BEHIND, LATER, BEFORE),
                strict=True,
            )
        )
        k = self.n_members
        labels = batch.label.expand(DIRECTIONS, -1, -1).gather(2, order)
        state = self.embedding(labels).unflatten(3, (k, -1)).permute(0, 3, 1, 2, 4).flatten(0, 1)
        everywhere, ends = (
            (mask / mask.sum(2, keepdim=True)).repeat_interleave(k, 0).unsqueeze(2)
            for mask in (present.to(state), last.to(state))
        )
        sources = sources.repeat_interleave(k, 0)
        read = []
        for run in self.passes:
            state = run(state, sources)
            read += [(weight @ state).squeeze(2) for weight in (ends, everywhere)]
        shape = DIRECTIONS, k, batch.n_architectures, -1, len(read), state.shape[-1]
        states = torch.stack(read, 2).view(shape)
        return Encoding(states.permute(2, 1, 3, 0, 4, 5).flatten(1))


class AsynchronousPass(nn.Module):
    """One pass over all vertices, in both directions and by all members at once."""

    def __init__(self, in_dim: int, dim: int, n_members: int, generator: torch.Generator) -> None:
        super().__init__()
        groups = DIRECTIONS * n_members
        for name, n_in in (("input", in_dim), ("state", dim)):
            weight = torch.empty(groups, 3 * dim, n_in)
            bias = torch.empty(groups, 1, 3 * dim)
            uniform_(weight, bias, generator)
            self.register_parameter(f"{name}_weight", nn.Parameter(weight))
            self.register_parameter(f"{name}_bias", nn.Parameter(bias))
        query, key = torch.empty(groups, 1, in_dim), torch.empty(groups, 1, dim)
        for vector in (query, key):
            uniform_(vector, torch.empty(0), generator)
        self.query, self.key = nn.Parameter(query), nn.Parameter(key)

    input_weight: Tensor
    input_bias: Tensor
    state_weight: Tensor
    state_bias: Tensor

    def forward(self, state: Tensor, sources: Tensor) -> Tensor:
        """New states.

        Parameters
        ----------
        state : Tensor, shape (2 * n_members, n_cells, M, n_in)
            Of the vertices in topological order, for each direction.
        sources : Tensor of bool, shape (2 * n_members, n_cells, M, M)
            Whether vertex i has an edge from vertex j < i.

        Returns
        -------
        Tensor, shape (2 * n_members, n_cells, M, dim)
        """
        flat = state.flatten(1, 2)
        shape = (*state.shape[:3], -1)
        inputs = torch.baddbmm(self.input_bias, flat, self.input_weight.mT).view(shape)
        queries = (flat @ self.query.mT).view(shape)
        weights, key = self.state_weight.mT, self.key.mT
        message = inputs.new_zeros(*state.shape[:2], self.key.shape[2])
        done: list[Tensor] = []
        keys: list[Tensor] = []
        by_vertex = zip(inputs.unbind(2), queries.unbind(2), sources.unbind(2), strict=True)
        for own, query, arcs in by_vertex:
            if done:
                known = arcs[:, :, : len(done)]
                logits = (query + torch.cat(keys, 2)).masked_fill(~known, -1e9)
                share = F.softmax(logits, 2) * known
                message = (share.unsqueeze(3) * torch.stack(done, 2)).sum(2)
            new = _gru(own, torch.baddbmm(self.state_bias, message, weights), message)
            done.append(new)
            keys.append(new @ key)
        return torch.stack(done, 2)


def _gru(from_input: Tensor, from_state: Tensor, state: Tensor) -> Tensor:
    """A gated recurrent unit, from its two linear maps of shape (..., 3 * dim)."""
    sizes = [2 * state.shape[-1], state.shape[-1]]
    gates, candidate = torch.split_with_sizes(from_input, sizes, -1)
    more, recalled = torch.split_with_sizes(from_state, sizes, -1)
    reset, keep = torch.sigmoid(gates + more).chunk(2, -1)
    return torch.lerp(torch.tanh(candidate + reset * recalled), state, keep)


def _in_order(
    batch: CellBatch, near: int, far: int, onward: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Vertices so that sources come first; their arcs; presence; and where paths end.

    One vertex is before another only if it has fewer vertices before it.
    """
    direct = batch.relation == near
    ancestors = (direct | (batch.relation == far)).sum(2)
    order = torch.where(batch.present, ancestors, ancestors.shape[1]).argsort(dim=1, stable=True)
    index = order[:, :, None].expand_as(direct)
    arcs = direct.gather(1, index).gather(2, index.mT)
    last = batch.present & ~(batch.relation == onward).any(2)
    return order, arcs, batch.present.gather(1, order), last.gather(1, order)
