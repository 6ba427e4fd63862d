"""What a model says of architectures, as numpy arrays: no gradients, few threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .batching import Batch
from .devices import safe_threads, side_by_side, without_autocast
from .encoder import Encoding
from .predictor import GraphPredictor, Predictor
from .tables import BatchTables

Floats = NDArray[np.float64]

FEW = 32
"""Architectures for which one thread is faster than two."""


def scores(model: GraphPredictor, batches: Iterable[Batch]) -> Floats:
    """Scores of the architectures of some batches, shape (n, n_scores)."""
    return _of_all(lambda batch: _scores(model, batch), model, batches)


def extrapolations(model: Predictor, batches: Iterable[BatchTables]) -> Floats:
    """Scores of the last target by what was observed of earlier ones, shape (n, n_members)."""
    return _of_all(lambda batch: _extrapolate(model, batch), model, batches)


def encodings(model: GraphPredictor, batches: Iterable[Batch]) -> Floats:
    """Encodings of the architectures of some batches, shape (n, d)."""
    return _of_all(lambda batch: _encode(model, batch).architectures, model, batches)


def operation_embeddings(model: GraphPredictor, batch: Batch) -> Floats:
    """Final embeddings of the operations with a gate of one batch, shape (n_gated, d_o)."""
    operations = _encode(model, batch).operations
    assert operations is not None
    return _numpy(operations)


def _of_all(
    work: Callable[[Any], torch.Tensor], model: GraphPredictor, batches: Iterable[Any]
) -> Floats:
    device = next(model.parameters()).device
    return np.concatenate(side_by_side(lambda batch: _numpy(work(batch)), batches, device))


@torch.inference_mode()
def _scores(model: GraphPredictor, batch: Batch) -> torch.Tensor:
    with _evaluating(batch):
        evaluated: tuple[torch.Tensor, Encoding] = model(batch)
    return evaluated[0]


@torch.inference_mode()
def _extrapolate(model: Predictor, batch: BatchTables) -> torch.Tensor:
    with _evaluating(batch):
        return model.extrapolate(batch)


@torch.inference_mode()
def _encode(model: GraphPredictor, batch: Batch) -> Encoding:
    with _evaluating(batch):
        return model.encode(batch)


@contextmanager
def _evaluating(batch: Batch) -> Iterator[None]:
    # A second thread costs more than it gives on so little work, and on a busy
    # machine waiting for it takes a hundred times as long as the work.
    with safe_threads(few=batch.n_architectures <= FEW), without_autocast():
        yield


def _numpy(values: torch.Tensor) -> Floats:
    array: Floats = values.double().cpu().numpy()
    return array
