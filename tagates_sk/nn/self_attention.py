"""A transformer over operations that attends along paths."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..graphs.relations import APART, N_RELATIONS
from .embedding import TypeEmbedding
from .encoder import Encoding
from .linear import MemberLinear, mlp, uniform_
from .padded import CellBatch, CellSpec


class TransformerEncoder(nn.Module):
    """Self-attention between operations that a directed path connects, read out as their mean.

    To the logit of a pair every head adds a trained number for how the two lie
    to each other: the same, source, further up, reader, further down.

    Parameters
    ----------
    spec : CellSpec
    op_dim : int
        Width of the operations' embeddings.
    layer_dim, n_layers : int
        Width and number of the blocks.
    n_heads : int
        Heads of the attention; divides `layer_dim`.
    generator : torch.Generator
        Source of the initial weights.
    """

    def __init__(
        self,
        spec: CellSpec,
        op_dim: int,
        layer_dim: int,
        n_layers: int,
        n_heads: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.n_cells = spec.n_cells
        self.embedding = TypeEmbedding(spec.n_operations, spec.n_symbols, op_dim, generator)
        self.widen = MemberLinear(op_dim, layer_dim)
        uniform_(self.widen.weight, self.widen.bias, generator)
        self.blocks = nn.ModuleList(_Block(layer_dim, n_heads, generator) for _ in range(n_layers))
        self.norm = nn.LayerNorm(layer_dim)

    def forward(self, batch: CellBatch) -> Encoding:
        """Encode a batch."""
        state = self.widen(self.embedding(batch.label))
        relation = batch.relation.long()
        for block in self.blocks:
            state = block(state, relation)
        weight = batch.present.to(state.dtype)
        weight = weight / weight.sum(1, keepdim=True)
        read = (weight[:, None] @ self.norm(state))[:, 0]
        return Encoding(read.reshape(batch.n_architectures, -1))


class _Block(nn.Module):
    """Attention and an MLP, each on the normalised state and added to it."""

    apart: Tensor

    def __init__(self, dim: int, n_heads: int, generator: torch.Generator) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(2))
        self.projection, self.out = MemberLinear(dim, 3 * dim), MemberLinear(dim, dim)
        self.mlp = mlp(dim, 2 * dim, dim)
        for module in (self.projection, self.out, self.mlp[0], self.mlp[2]):
            assert isinstance(module, nn.Linear)
            uniform_(module.weight, module.bias, generator)
        self.place = nn.Parameter(torch.randn(N_RELATIONS, n_heads, generator=generator).mul_(0.1))
        # Not on the meta device: it is not loaded.
        apart = torch.arange(N_RELATIONS, device="cpu")[:, None] == APART
        self.register_buffer("apart", apart, persistent=False)

    def forward(self, state: Tensor, relation: Tensor) -> Tensor:
        n, m, dim = state.shape
        q, k, v = (
            part.view(n, m, self.n_heads, dim // self.n_heads).transpose(1, 2)
            for part in self.projection(self.norms[0](state)).chunk(3, dim=2)
        )
        # Row APART of the table is never trained: it shuts a pair out.
        place = self.place.masked_fill(self.apart, -torch.inf)
        logits = q @ k.transpose(2, 3) / (dim // self.n_heads) ** 0.5
        logits = logits + F.embedding(relation, place).permute(0, 3, 1, 2)
        mixed = (logits.softmax(3) @ v).transpose(1, 2).reshape(n, m, dim)
        state = state + self.out(mixed)
        changed: Tensor = self.mlp(self.norms[1](state))
        return state + changed
