"""Encoder and head: from a batch of graphs to one score an architecture."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .encoder import EncoderConfig, Encoding, TAGATESEncoder, mlp, uniform_
from .tables import BatchTables


class Head(nn.Module):
    """MLP from an encoding to a score, with dropout after every hidden layer.

    Parameters
    ----------
    in_dim : int
        Width of the encoding.
    hidden : sequence of int
        Widths of the hidden layers.
    dropout : float
        Share of hidden units that are dropped in training.
    """

    def __init__(self, in_dim: int, hidden: Sequence[int], dropout: float) -> None:
        super().__init__()
        self.layers = mlp(in_dim, *hidden, 1)
        self.dropout = dropout

    def forward(self, encoding: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Scores, shape (n,).

        Parameters
        ----------
        encoding : Tensor, shape (n, in_dim)
        generator : torch.Generator, optional
            Draws the dropout; without one nothing is dropped.
        """
        x = encoding
        for layer in self.layers:
            x = layer(x)
            if self.dropout and generator is not None and isinstance(layer, nn.ReLU):
                keep = torch.rand(x.shape, generator=generator, device=x.device, dtype=x.dtype)
                x = x * (keep >= self.dropout) / (1 - self.dropout)
        return x[:, 0]


class Predictor(nn.Module):
    """Encoder and head.

    Parameters
    ----------
    config : EncoderConfig
    head : sequence of int
        Widths of the head's hidden layers.
    dropout : float
        Dropout in the head.
    seed : int
        Seed of the initial weights.
    """

    def __init__(
        self, config: EncoderConfig, head: Sequence[int], dropout: float, seed: int
    ) -> None:
        super().__init__()
        self.seed = seed
        generator = torch.Generator().manual_seed(seed)
        self.encoder = TAGATESEncoder(config, generator)
        self.head = Head(config.encoding_dim, head, dropout)
        for module in self.head.layers:
            if isinstance(module, nn.Linear):
                uniform_(module.weight, module.bias, generator)

    def forward(
        self, batch: BatchTables, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Encoding]:
        """Scores, shape (n,), and encodings of a batch.

        Parameters
        ----------
        batch : BatchTables
        generator : torch.Generator, optional
            Draws dropout and, for ``symmetry_breaking="random"``, the noise.
            Without one nothing is dropped and the noise is fixed.
        """
        noise = None
        if self.encoder.config.symmetry_breaking == "random":
            noise = self._noise(batch, generator)
        encoding = self.encoder(batch, noise)
        return self.head(encoding.architectures, generator), encoding

    def _noise(self, batch: BatchTables, generator: torch.Generator | None) -> Tensor:
        place, weight = batch.op_within_cell, self.encoder.op_embedding
        width = self.encoder.config.op_dim
        if generator is not None:
            return torch.randn(
                (len(place), width), generator=generator, device=weight.device, dtype=weight.dtype
            )
        # By the place of an operation in its cell, so that no prediction depends on the batch.
        fixed = torch.Generator().manual_seed(self.seed)
        n_places = int(place.max()) + 1 if len(place) else 0
        rows = [torch.randn(width, generator=fixed) for _ in range(n_places)]
        table = torch.stack(rows) if rows else torch.empty(0, width)
        return table.to(weight)[place]
