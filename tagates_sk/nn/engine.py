"""Training and evaluation of a predictor on numpy data: torch's side of an estimator."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .batching import GraphBatches
from .devices import one_thread
from .encoder import Encoding
from .predictor import Predictor
from .tables import BatchTables
from .training import TrainingConfig, TrainingResult, train

Floats = NDArray[np.float64]

FEW = 32
"""Architectures for which one thread is faster than two."""


def fit_predictor(
    model: Predictor,
    batches: GraphBatches,
    rows: NDArray[np.integer[Any]],
    targets: Floats,
    weights: Floats | None,
    config: TrainingConfig,
    rng: np.random.RandomState,
    *,
    validate: Callable[[], float] | None = None,
    optimizer_state: dict[str, Any] | None = None,
) -> TrainingResult:
    """Train a predictor in place.

    Parameters
    ----------
    model : Predictor
        On the device of the batches.
    batches : GraphBatches
    rows : ndarray of int, shape (n,)
        Which of their architectures to train on.
    targets : ndarray of float, shape (n,)
    weights : ndarray of float, shape (n,), or None
    config : TrainingConfig
    rng : numpy RandomState
    validate : callable, optional
        See :func:`~tagates_sk.nn.training.train`.
    optimizer_state : dict, optional
        Of an earlier training to go on from.

    Returns
    -------
    TrainingResult
    """

    def score(chosen: NDArray[np.integer[Any]], generator: torch.Generator) -> torch.Tensor:
        scores: torch.Tensor = model(batches(rows[chosen]), generator)[0]
        return scores

    def on_device(values: Floats) -> torch.Tensor:
        return torch.from_numpy(values).float().to(batches.device)

    return train(
        model,
        score,
        on_device(targets),
        None if weights is None else on_device(weights),
        config,
        rng,
        validate=validate,
        optimizer_state=optimizer_state,
    )


def scores(model: Predictor, batches: Iterable[BatchTables]) -> Floats:
    """Scores of the architectures of some batches, shape (n,)."""
    return np.concatenate([_numpy(_evaluate(model, batch)[0]) for batch in batches])


def encodings(model: Predictor, batches: Iterable[BatchTables]) -> Floats:
    """Encodings of the architectures of some batches, shape (n, d)."""
    return np.concatenate([_numpy(_evaluate(model, batch)[1].architectures) for batch in batches])


def operation_embeddings(model: Predictor, batch: BatchTables) -> Floats:
    """Final embeddings of the operations with a gate of one batch, shape (n_gated, d_o)."""
    return _numpy(_evaluate(model, batch)[1].operations)


@torch.inference_mode()
def _evaluate(model: Predictor, batch: BatchTables) -> tuple[torch.Tensor, Encoding]:
    # A second thread costs more than it gives on so little work, and on a busy
    # machine waiting for it takes a hundred times as long as the work.
    with one_thread(batch.n_architectures <= FEW):
        evaluated: tuple[torch.Tensor, Encoding] = model(batch)
    return evaluated


def _numpy(values: torch.Tensor) -> Floats:
    array: Floats = values.double().cpu().numpy()
    return array
