"""Encoders that learn something before they see labels."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_random_state, check_scalar

from .._utils import Floats
from ..graphs import as_architectures, read_architectures
from ..graphs.foreign import echo
from ..nn.devices import resolve_device, single_precision
from ..nn.predictor import Predictor
from ..nn.tables import GraphBatches
from ..nn.transfer import EncoderState
from ..training.network import FittedNetwork
from ..training.targets import TargetScaler
from ..training.tasks import REGRESSION
from ..training.trainer import training_options
from .encoder import encoder_config, vocabulary
from .head_features import HeadFeatures, checked_matrix, moments, standardised


def pretrained_encoder(
    X: Any,
    targets: Any,
    parameters: Mapping[str, Any],
    source: EncoderState | None,
    max_iter: int,
    batch_size: int,
) -> EncoderState:
    """Train an encoder to predict properties of architectures that need no training.

    Parameters
    ----------
    X : sequence of n architectures
    targets : transformer, array-like of float of shape (n, k), or None
    parameters : mapping
        Parameters of the estimator and its variant.
    source : EncoderState or None
        Weights to start from.
    max_iter, batch_size : int

    Returns
    -------
    EncoderState
    """
    check_scalar(max_iter, "max_iter", Integral, min_val=1)
    check_scalar(batch_size, "batch_size", Integral, min_val=1)
    X = as_architectures(X)
    packed = read_architectures(X)
    if targets is None:
        # Imported here: few fits need it, and importing the library should be fast.
        from ..features import OperationStatistics

        targets = OperationStatistics()
    columns = target_matrix(targets, X)
    rng = check_random_state(parameters["random_state"])
    operations = sorted(vocabulary(packed, parameters["operations"], source))
    packed = packed.with_vocabulary(operations)
    config, spec = encoder_config(packed, {**parameters, "deep_supervision": False}, source, 1)
    with single_precision():
        seed = int(rng.randint(2**31 - 1))
        model = Predictor(config, [], 0.0, seed, n_outputs=columns.shape[1])
    if source is not None:
        source.load_into(model.encoder, operations)
    device = resolve_device(parameters["device"])
    scaler = TargetScaler(np.zeros(1), np.ones(1))
    network = FittedNetwork(
        model.to(device), spec, operations, packed.n_cells, str(device), scaler, in_units=False
    )
    options = training_options(
        {**parameters, "loss": "mse", "margin": 0.0, "max_pairs": None},
        REGRESSION,
        len(packed),
        batch_size=batch_size,
        max_iter=max_iter,
        n_iter_no_change=None,
    )
    columns = np.tile(columns, model.n_members)
    batches = GraphBatches(packed, spec, device)
    network.train(batches, columns, None, options, rng, per_member=True)
    return EncoderState.of(model.encoder, operations)


def source_of(estimator: Any) -> EncoderState | None:
    """The initial weights of an estimator's encoder; None for random ones.

    Raises
    ------
    NotFittedError
        If its `pretrained` was not fitted.
    """
    own = getattr(estimator, "pretrained_", None)
    if isinstance(own, EncoderState):
        return own
    source = estimator.pretrained
    if source is None or isinstance(source, EncoderState):
        return source
    if hasattr(source, "model_"):
        return EncoderState.of(source.model_.encoder, source.operations_)
    state = getattr(source, "pretrained_", None)
    if not isinstance(state, EncoderState):
        raise NotFittedError(
            f"pretrained={echo(source)} has seen no data. Call its fit or its pretrain first; in "
            "the grid of a search, which clones what it tries, give its attribute pretrained_ "
            "or wrap it in sklearn.frozen.FrozenEstimator."
        )
    return state


def target_matrix(targets: Any, X: Any) -> Floats:
    """Standardised targets for pre-training, shape (n, k).

    Parameters
    ----------
    targets : transformer, or array-like of float, shape (n, k)
    X : sequence of n architectures

    Raises
    ------
    ValueError
        If they are not a finite matrix with a row for each architecture.
    """
    if hasattr(targets, "transform"):
        columns = HeadFeatures(targets, parameter="targets").fit_transform(X)
    else:
        matrix = checked_matrix(targets, len(X), "targets is")
        columns = standardised(matrix, *moments(matrix))
    return np.asarray(columns, dtype=np.float64)
