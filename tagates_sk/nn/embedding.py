"""Embeddings of operations and of whatever else a graph or a sentence is made of."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class TypeEmbedding(nn.Module):
    """Trained vectors of operations and other symbols; an unknown operation is their mean.

    Parameters
    ----------
    n_operations : int
        Size of the vocabulary; its codes come first.
    n_others : int
        Symbols behind it. The last code, or −1, is the unknown operation.
    dim : int
    generator : torch.Generator
        Source of the initial weights.
    """

    def __init__(
        self, n_operations: int, n_others: int, dim: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.n_operations = n_operations
        self.weight = nn.Parameter(torch.randn(n_operations + n_others, dim, generator=generator))

    def forward(self, codes: Tensor) -> Tensor:
        """Vectors of codes of any shape, in one more dimension."""
        known = self.weight[: self.n_operations]
        unknown = known.mean(0, keepdim=True) if len(known) else torch.zeros_like(self.weight[:1])
        table = torch.cat([self.weight, unknown])
        return F.embedding(codes % len(table), table)
