"""Encoder and head: from a batch of graphs to one score an architecture."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import torch
from torch import Tensor, nn

from ..graphs.foreign import echo
from .asynchronous_encoder import AsynchronousEncoder, Encoder
from .config import EncoderConfig
from .devices import on_device
from .encoder import Encoding, TAGATESEncoder
from .extrapolation import observation_inputs
from .linear import mlp, uniform_
from .modulation import Modulation
from .tables import BatchTables

SHARED = 0.5
"""Part of what a point of training says that counts for the others, too."""


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
    n_members : int
        Heads side by side, each with an encoding and weights of its own.
    n_outputs : int
        Scores that each gives.
    """

    def __init__(
        self,
        in_dim: int,
        hidden: Sequence[int],
        dropout: float,
        n_members: int = 1,
        n_outputs: int = 1,
    ) -> None:
        super().__init__()
        self.layers = mlp(in_dim, *hidden, n_outputs, n_members=n_members)
        self.dropout = dropout

    def forward(self, encoding: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Scores, shape (n, n_members * n_outputs).

        Parameters
        ----------
        encoding : Tensor, shape (n, n_members * in_dim)
        generator : torch.Generator, optional
            Draws the dropout; without one nothing is dropped.
        """
        x = encoding
        for layer in self.layers:
            x = layer(x)
            if self.dropout and generator is not None and isinstance(layer, nn.ReLU):
                drawn = torch.rand(x.shape, generator=generator, device="cpu", dtype=x.dtype)
                keep = on_device(drawn, x.device)
                x = x * (keep >= self.dropout) / (1 - self.dropout)
        return x


def _head(
    in_dim: int,
    hidden: Sequence[int],
    dropout: float,
    generator: torch.Generator,
    n_members: int,
    n_outputs: int = 1,
) -> Head:
    head = Head(in_dim, hidden, dropout, n_members, n_outputs)
    for module in head.layers:
        if isinstance(module, nn.Linear):
            uniform_(module.weight, module.bias, generator)
    return head


class GraphPredictor(nn.Module):
    """An encoder and the head that reads its encodings.

    Its scores have a column for each target and, within a target, for each
    member of an ensemble; here there is one.

    Parameters
    ----------
    encoder : Module
        Makes an :class:`Encoding` of a batch.
    encoding_dim : int
        Width of its encodings, for each member.
    head : sequence of int
        Widths of the head's hidden layers.
    dropout : float
        Dropout in the head.
    generator : torch.Generator
        Source of the head's initial weights.
    n_members : int
        Members of an ensemble, side by side.
    n_outputs : int
        Scores of a member.
    """

    def __init__(
        self,
        encoder: nn.Module,
        encoding_dim: int,
        head: Sequence[int],
        dropout: float,
        generator: torch.Generator,
        n_members: int = 1,
        n_outputs: int = 1,
    ) -> None:
        super().__init__()
        self.encoding_dim, self.n_members = n_members * encoding_dim, n_members
        self.encoder = encoder
        self.head = _head(encoding_dim, head, dropout, generator, n_members, n_outputs)

    def forward(
        self, batch: Any, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Encoding]:
        """Scores, shape (n, n_scores), and encodings of a batch.

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


def head_widths(head: Sequence[int]) -> list[int]:
    """Widths of a head's hidden layers, checked.

    Parameters
    ----------
    head : sequence of int

    Raises
    ------
    ValueError
        If one of them is no whole number from 1 on.
    """
    for width in head:
        if not isinstance(width, Integral) or isinstance(width, bool) or width < 1:
            raise ValueError(
                f"head={echo(head)}: widths of hidden layers are whole numbers from 1 on, not "
                f"{echo(width)}. An empty head is a linear one."
            )
    return [int(width) for width in head]


def seeded(seed: int) -> torch.Generator:
    """A source of initial weights."""
    return torch.Generator().manual_seed(seed)


class Predictor(GraphPredictor):
    """TA-GATES encoders and their heads.

    Parameters
    ----------
    config : EncoderConfig
        Of one encoder, or of several side by side.
    head : sequence of int
        Widths of a head's hidden layers.
    dropout : float
        Dropout in the heads.
    seed : int
        Seed of the initial weights.
    n_features : int
        Features that the heads read beside the encoding.
    n_outputs : int
        Scores that the last target's head gives for each member.
    """

    encoder: Encoder

    def __init__(
        self,
        config: EncoderConfig,
        head: Sequence[int],
        dropout: float,
        seed: int,
        n_features: int = 0,
        n_outputs: int = 1,
    ) -> None:
        generator = seeded(seed)
        asynchronous = config.propagation == "asynchronous"
        kind: type[Encoder] = AsynchronousEncoder if asynchronous else TAGATESEncoder
        encoder = kind(config, generator)
        width, k = config.encoding_dim, config.n_members
        super().__init__(encoder, width + n_features, head, dropout, generator, k, n_outputs)
        self.encoding_dim = k * width  # without the features
        # The last target's last head comes first: alone it is the same as with others beside it.
        self.earlier_heads = nn.ModuleList(
            _head(width + n_features, head, dropout, generator, k) for _ in config.heads[:-1]
        )
        self.seed = seed
        if config.condition_dim:
            self.modulation = Modulation(config.condition_dim, k * width)
        if config.n_targets > 1:
            width += n_features + 2 * (config.n_targets - 1)
            self.observing_head = _head(width, head, dropout, generator, k)

    def forward(
        self, batch: BatchTables, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Encoding]:
        """Scores, shape (n, n_targets * n_members), and encodings of a batch.

        In training, where performance at earlier points was observed, the
        scores that :meth:`extrapolate` gives are one more target; and where
        conditions of training differ, each is a target of its own. Of several
        heads of a target each has its scores in training, and their mean is the
        score. With deep supervision points of training share: to the scores of
        one, what the heads of each other say is added by half.
        """
        encoding = self.encode(batch, generator)
        config = self.encoder.config
        scores = self._by_head(encoding, batch, generator)
        if generator is None:
            scores = [self._of_target(scores, target) for target in range(config.n_targets)]
        else:
            if batch.observed is not None:
                scores.append(self._observing(encoding, batch, generator))
            scores *= config.n_conditions
        return scores[0] if len(scores) == 1 else torch.cat(scores, 1), encoding

    def _by_head(
        self, encoding: Encoding, batch: BatchTables, generator: torch.Generator | None = None
    ) -> list[Tensor]:
        read = [self._beside(state, batch.features) for state in encoding.passes]
        heads = zip([*self.earlier_heads, self.head], self.encoder.config.heads, strict=True)
        scores = [head(read[i], generator) for head, (_, i) in heads]
        config = self.encoder.config
        if config.n_targets == 1 or not (config.anytime and config.deep_supervision):
            return scores
        means = [self._of_target(scores, target) for target in range(config.n_targets)]
        total = torch.stack(means).sum(0)
        targets = [target for target, _ in config.heads]
        return [
            score + SHARED * (total - means[target])
            for score, target in zip(scores, targets, strict=True)
        ]

    def _of_target(self, scores: Sequence[Tensor], target: int) -> Tensor:
        """The mean score of the heads of a target."""
        heads = self.encoder.config.heads
        own = [score for score, (j, _) in zip(scores, heads, strict=True) if j == target]
        return own[0] if len(own) == 1 else torch.stack(own).mean(0)

    def extrapolate(self, batch: BatchTables) -> Tensor:
        """Scores of the last target by what was observed of earlier ones, shape (n, n_members).

        Those of :meth:`forward` where nothing was observed.
        """
        assert batch.observed is not None
        encoding = self.encode(batch)
        blind = self._of_target(self._by_head(encoding, batch), self.encoder.config.n_targets - 1)
        any_known = batch.observed.isfinite().any(1, keepdim=True)
        return torch.where(any_known, self._observing(encoding, batch), blind)

    def _observing(
        self, encoding: Encoding, batch: BatchTables, generator: torch.Generator | None = None
    ) -> Tensor:
        assert batch.observed is not None
        observed = observation_inputs(batch.observed, generator)
        features = observed if batch.features is None else torch.cat([batch.features, observed], 1)
        scores: Tensor = self.observing_head(
            self._beside(encoding.architectures, features), generator
        )
        return scores

    def _beside(self, encoding: Tensor, features: Tensor | None) -> Tensor:
        if features is None:
            return encoding
        k = self.encoder.config.n_members
        wide = features[:, None].expand(-1, k, -1)
        return torch.cat([encoding.view(len(encoding), k, -1), wide], 2).flatten(1)

    def encode(self, batch: BatchTables, generator: torch.Generator | None = None) -> Encoding:
        """Encodings of a batch; noise is that of ``symmetry_breaking="random"``."""
        noise = None
        if self.encoder.config.symmetry_breaking == "random":
            noise = self._noise(batch, generator)
        encoding: Encoding = self.encoder(batch, noise)
        if batch.condition is None or not self.encoder.config.condition_dim:
            return encoding
        under = [self.modulation(state, batch.condition) for state in encoding.passes]
        return encoding._replace(architectures=under[-1], earlier=tuple(under[:-1]))

    def _noise(self, batch: BatchTables, generator: torch.Generator | None) -> Tensor:
        place, weight = batch.op_within_cell, self.encoder.op_embedding
        width = weight.shape[1]
        if generator is not None:
            shape = len(place), width
            drawn = torch.randn(shape, generator=generator, device="cpu", dtype=weight.dtype)
            return on_device(drawn, weight.device)
        # By the place of an operation in its cell, so that no prediction depends on the batch.
        fixed = torch.Generator().manual_seed(self.seed)
        rows = [
            torch.randn(width, generator=fixed, dtype=torch.float32, device="cpu")
            for _ in range(batch.n_places)
        ]
        table = torch.stack(rows) if rows else torch.empty(0, width, device="cpu")
        return on_device(table.to(weight.dtype), weight.device)[place]
