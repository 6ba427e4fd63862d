"""A graph convolutional network over operations."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..graphs.relations import BEFORE, BEHIND
from .embedding import TypeEmbedding
from .encoder import Encoding
from .linear import MemberLinear, uniform_
from .padded import CellBatch, CellSpec


class GCNEncoder(nn.Module):
    """Convolutions along and against the edges, read out at a global vertex.

    With Â the adjacency matrix with self loops, its rows divided by their sums,
    a layer computes ½ ReLU(Â H W + b) + ½ ReLU(Â' H W' + b'), where Â' is that of
    the graph with its edges turned round (Wen et al., ECCV 2020). One vertex
    more has an edge from every other one.

    Parameters
    ----------
    spec : CellSpec
    op_dim : int
        Width of the operations' embeddings.
    layer_dim, n_layers : int
        Width and number of the layers.
    generator : torch.Generator
        Source of the initial weights.
    """

    def __init__(
        self, spec: CellSpec, op_dim: int, layer_dim: int, n_layers: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.n_cells = spec.n_cells
        self.embedding = TypeEmbedding(spec.n_operations, spec.n_symbols, op_dim, generator)
        self.everything = nn.Parameter(torch.randn(spec.n_cells, op_dim, generator=generator))
        sizes = [op_dim] + [layer_dim] * n_layers
        layers = [MemberLinear(a, 2 * b) for a, b in pairwise(sizes)]
        for layer in layers:
            uniform_(layer.weight, layer.bias, generator)
        self.layers = nn.ModuleList(layers)

    def forward(self, batch: CellBatch) -> Encoding:
        """Encode a batch."""
        cells = len(batch.label)
        everything = self.everything.repeat(batch.n_architectures, 1)[:, None]
        state = torch.cat([self.embedding(batch.label), everything], 1)
        present = F.pad(batch.present, (0, 1)).to(state.dtype)
        down = F.pad((batch.relation == BEFORE).to(state.dtype), (0, 1, 0, 1))
        up = F.pad((batch.relation == BEHIND).to(state.dtype), (0, 1, 0, 1))
        down[:, -1], up[:, :, -1] = present, present
        mean = torch.cat([self._normalised(down), self._normalised(up)])
        for layer in self.layers:
            support = layer(state)
            both = torch.cat(support.chunk(2, dim=2))
            state = F.relu(mean @ both).view(2, cells, *both.shape[1:]).mean(0)
        return Encoding(state[:, -1].reshape(batch.n_architectures, -1))

    @staticmethod
    def _normalised(adjacency: Tensor) -> Tensor:
        looped = adjacency + torch.eye(
            adjacency.shape[-1], dtype=adjacency.dtype, device=adjacency.device
        )
        return looped / looped.sum(2, keepdim=True)
