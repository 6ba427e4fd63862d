"""Encoder and head: from a batch of graphs to one score an architecture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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


class GraphPredictor(nn.Module):
    """An encoder and the head that reads its encodings.

    Parameters
    ----------
    encoder : Module
        Makes an :class:`Encoding` of a batch.
    encoding_dim : int
        Width of its encodings.
    head : sequence of int
        Widths of the head's hidden layers.
    dropout : float
        Dropout in the head.
    generator : torch.Generator
        Source of the head's initial weights.
    """

    def __init__(
        self,
        encoder: nn.Module,
        encoding_dim: int,
        head: Sequence[int],
        dropout: float,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.encoding_dim = encoding_dim
        self.encoder = encoder
        self.head = Head(encoding_dim, head, dropout)
        for module in self.head.layers:
            if isinstance(module, nn.Linear):
                uniform_(module.weight, module.bias, generator)

    def forward(
        self, batch: Any, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Encoding]:
        """Scores, shape (n,), and encodings of a batch.

        Parameters
        ----------
        batch : object
            What the encoder reads.
        generator : torch.Generator, optional
            Draws dropout and whatever noise the encoder wants. Without one
            nothing is dropped and the noise is fixed.
        """
        encoding = self.encode(batch, generator)
        return self.head(encoding.architectures, generator), encoding

    def encode(self, batch: Any, generator: torch.Generator | None = None) -> Encoding:
        """Encodings of a batch; parameters as those of :meth:`forward`."""
        encoding: Encoding = self.encoder(batch)
        return encoding


def seeded(seed: int) -> torch.Generator:
    """A source of initial weights."""
    return torch.Generator().manual_seed(seed)


class Predictor(GraphPredictor):
    """A TA-GATES encoder and its head.

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

    encoder: TAGATESEncoder

    def __init__(
        self, config: EncoderConfig, head: Sequence[int], dropout: float, seed: int
    ) -> None:
        generator = seeded(seed)
        encoder = TAGATESEncoder(config, generator)
        super().__init__(encoder, config.encoding_dim, head, dropout, generator)
        self.seed = seed

    def encode(self, batch: BatchTables, generator: torch.Generator | None = None) -> Encoding:
        """Encodings of a batch; noise is that of ``symmetry_breaking="random"``."""
        noise = None
        if self.encoder.config.symmetry_breaking == "random":
            noise = self._noise(batch, generator)
        encoding: Encoding = self.encoder(batch, noise)
        return encoding

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
