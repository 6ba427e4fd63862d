"""What a model says of architectures, as numpy arrays: no gradients, few threads."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from .._utils import Floats
from .batching import Batch, Chunk
from .devices import full_precision, safe_threads, side_by_side
from .encoder import Encoding
from .predictor import GraphPredictor, Predictor
from .tables import BatchTables

FEW = 32
"""Architectures for which one thread is faster than two."""


def scores(model: GraphPredictor, chunks: Iterable[Chunk[Batch]]) -> Floats:
    """Scores of the architectures of some chunks, shape (n, n_scores)."""
    return _of_all(lambda batch: _scores(model, batch), model, chunks)


def extrapolations(model: Predictor, chunks: Iterable[Chunk[BatchTables]]) -> Floats:
    """Scores of the last target by what was observed of earlier ones, shape (n, n_members)."""
    return _of_all(lambda batch: _extrapolate(model, batch), model, chunks)


def encodings(model: GraphPredictor, chunks: Iterable[Chunk[Batch]]) -> Floats:
    """Encodings of the architectures of some chunks, shape (n, d)."""
    return _of_all(lambda batch: _encode(model, batch).architectures, model, chunks)


def operation_embeddings(model: GraphPredictor, batch: Batch) -> Floats:
    """Final embeddings of the operations with a gate of one batch, shape (n_gated, d_o)."""
    operations = _encode(model, batch).operations
    assert operations is not None
    return _numpy(operations)


def _of_all(
    work: Callable[[Any], torch.Tensor], model: GraphPredictor, chunks: Iterable[Chunk[Any]]
) -> Floats:
    """Results of work on all chunks; those that are too large for the device are halved."""
    device = next(model.parameters()).device
    most: float = math.inf

    def result(chunk: Chunk[Any]) -> Floats:
        nonlocal most
        n = len(chunk)
        if n <= most:
            try:
                return _numpy(work(chunk.batch))
            except torch.cuda.OutOfMemoryError:
                if n == 1:
                    raise
            # Only here is nothing left that refers to the tensors of the failed attempt.
            torch.cuda.empty_cache()
            most = (n + 1) // 2
            warnings.warn(
                f"{device} ran out of memory with {n} architectures at a time; prediction goes on "
                f"with {most}.",
                stacklevel=2,
            )
        return np.concatenate([result(half) for half in chunk.halves()])

    def made() -> Iterator[Chunk[Any]]:
        for chunk in chunks:
            _ = chunk.batch  # by the calling thread
            yield chunk

    return np.concatenate(side_by_side(result, made() if device.type == "cpu" else chunks, device))


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
    with safe_threads(few=batch.n_architectures <= FEW), full_precision():
        yield


def _numpy(values: torch.Tensor) -> Floats:
    array: Floats = values.double().cpu().numpy()
    return array
