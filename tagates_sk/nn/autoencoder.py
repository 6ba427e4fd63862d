"""A predictor whose encodings can be written out as architectures again."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..graphs.tokens import Dictionary
from .encoder import Encoding
from .lstm import LSTMDecoder, LSTMEncoder, SentenceBatch, SentenceBatches
from .predictor import GraphPredictor, seeded


class Autoencoder(GraphPredictor):
    """LSTM encoder, head, and LSTM decoder.

    Parameters
    ----------
    dictionary : Dictionary
    op_dim, layer_dim, n_layers : int
        Sizes of the encoder; the decoder has one layer.
    head : sequence of int
        Widths of the head's hidden layers.
    dropout : float
        Dropout in the head.
    seed : int
        Seed of the initial weights.
    """

    encoder: LSTMEncoder

    def __init__(
        self,
        dictionary: Dictionary,
        op_dim: int,
        layer_dim: int,
        n_layers: int,
        head: Sequence[int],
        dropout: float,
        seed: int,
    ) -> None:
        generator = seeded(seed)
        encoder = LSTMEncoder(dictionary, op_dim, layer_dim, n_layers, generator)
        super().__init__(encoder, layer_dim, head, dropout, generator)
        self.decoder = LSTMDecoder(dictionary, op_dim, layer_dim, generator)

    def reconstruction_loss(self, batch: SentenceBatch, encoding: Tensor) -> Tensor:
        """How badly the encodings of a batch give its sentences back."""
        loss: Tensor = self.decoder(batch, encoding, self.encoder.embedding)
        return loss


class Reconstruction:
    """The loss that reconstruction adds to a step.

    Parameters
    ----------
    model : Autoencoder
    weight : float
        Of the loss.
    unlabeled : SentenceBatches or None
        Architectures without target, of which every step reconstructs as many
        as its batch has, drawn at random.
    """

    def __init__(
        self, model: Autoencoder, weight: float, unlabeled: SentenceBatches | None = None
    ) -> None:
        self.model, self.weight, self.unlabeled = model, weight, unlabeled

    def __call__(
        self, batch: SentenceBatch, encoding: Encoding, generator: torch.Generator
    ) -> Tensor:
        """Loss of a batch with these encodings."""
        loss = self.model.reconstruction_loss(batch, encoding.architectures)
        if self.unlabeled is not None:
            size = (batch.n_architectures,)
            drawn = torch.randint(len(self.unlabeled), size, generator=generator, device="cpu")
            other = self.unlabeled(drawn.numpy())
            encoded = self.model.encode(other).architectures
            loss = (loss + self.model.reconstruction_loss(other, encoded)) / 2
        return self.weight * loss
