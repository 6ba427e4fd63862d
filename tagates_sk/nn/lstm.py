"""An LSTM over architectures that are written as sentences, and one that writes them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..graphs.packed import PackedGraphs
from ..graphs.tokens import Dictionary
from .batching import Batches
from .embedding import TypeEmbedding
from .encoder import Encoding
from .linear import MemberLinear, uniform_
from .sparse import as_tensor


class SentenceBatch(NamedTuple):
    """:class:`~tagates_sk.graphs.tokens.Sentences` on a device."""

    n_architectures: int
    words: Tensor
    length: Tensor
    said: Tensor
    """Places of all words and ends, in the flattened `words`."""

    @property
    def written(self) -> Tensor:
        """Whether there is a word; shape (n, longest + 1)."""
        return torch.arange(self.words.shape[1], device=self.length.device) < self.length[:, None]


class SentenceBatches(Batches[SentenceBatch]):
    """Sentences of any choice of some architectures, on a device.

    Parameters
    ----------
    packed : PackedGraphs
        With the fitted vocabulary.
    dictionary : Dictionary
    device : str or torch.device
    """

    def __init__(
        self, packed: PackedGraphs, dictionary: Dictionary, device: str | torch.device
    ) -> None:
        self.device, self.sentences = device, dictionary.sentences(packed)

    def __len__(self) -> int:
        return len(self.sentences.length)

    def __call__(self, rows: np.ndarray[Any, Any]) -> SentenceBatch:
        """Sentences of the architectures in `rows`."""
        length = self.sentences.length[rows]
        words = self.sentences.words[rows, : int(length.max()) + 1]
        said = np.flatnonzero(np.arange(words.shape[1]) <= length[:, None])
        return SentenceBatch(
            len(rows), *(as_tensor(array, self.device) for array in (words, length, said))
        )


class LSTMEncoder(nn.Module):
    """The mean of an LSTM's states over the words of a sentence.

    Parameters
    ----------
    dictionary : Dictionary
    op_dim : int
        Width of the words' embeddings.
    layer_dim, n_layers : int
        Width and number of the layers.
    generator : torch.Generator
        Source of the initial weights.
    """

    def __init__(
        self,
        dictionary: Dictionary,
        op_dim: int,
        layer_dim: int,
        n_layers: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        n = len(dictionary.operations)
        self.embedding = TypeEmbedding(n, len(dictionary) - n - 1, op_dim, generator)
        self.lstm = lstm(op_dim, layer_dim, n_layers, generator)

    def forward(self, batch: SentenceBatch) -> Encoding:
        """Encode a batch."""
        # The state at a word knows nothing of the padding behind it.
        states, _ = self.lstm(self.embedding(batch.words))
        weight = batch.written.to(states.dtype) / batch.length[:, None]
        return Encoding((weight[:, None] @ states)[:, 0])


class LSTMDecoder(nn.Module):
    """Writes the sentence of an encoding, each word given those before it.

    Parameters
    ----------
    dictionary : Dictionary
    op_dim, layer_dim : int
        Widths of the words' embeddings and of the layer, as in the encoder.
    generator : torch.Generator
        Source of the initial weights.
    """

    def __init__(
        self, dictionary: Dictionary, op_dim: int, layer_dim: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.lstm = lstm(op_dim + layer_dim, layer_dim, 1, generator)
        self.out = MemberLinear(layer_dim, len(dictionary))
        uniform_(self.out.weight, self.out.bias, generator)

    def forward(self, batch: SentenceBatch, encoding: Tensor, embedding: nn.Module) -> Tensor:
        """Mean negative log likelihood of a word, the end of a sentence being one.

        Parameters
        ----------
        batch : SentenceBatch
        encoding : Tensor, shape (n, layer_dim)
        embedding : Module
            That of the encoder.
        """
        before = F.pad(embedding(batch.words[:, :-1]), (0, 0, 1, 0))
        context = encoding[:, None].expand(-1, before.shape[1], -1)
        states, _ = self.lstm(torch.cat([before, context], 2))
        written = states.flatten(0, 1).index_select(0, batch.said)
        return F.cross_entropy(self.out(written), batch.words.flatten().index_select(0, batch.said))


@torch.no_grad()
def lstm(n_in: int, width: int, n_layers: int, generator: torch.Generator) -> nn.LSTM:
    """An LSTM over rows (n, length, n_in), its weights drawn from ±1/sqrt(width).

    The bias of the forget gates starts at 1, so that early words are remembered.
    """
    layers: nn.LSTM = nn.LSTM(n_in, width, n_layers, batch_first=True, device="meta").to_empty(
        device="cpu"
    )
    for name, parameter in layers.named_parameters():
        parameter.uniform_(-(width**-0.5), width**-0.5, generator=generator)
        if name.startswith("bias_ih"):
            parameter[width : 2 * width] += 1
    return layers
