"""The network of an estimator from its sizes, without weights."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from .._tagates import BaseTAGATES
from ..base import BaseGraphEstimator
from ..baselines import SemiNASRanker
from ..baselines._base import BaseBaseline
from ..nn.autoencoder import Autoencoder
from ..nn.config import EncoderConfig
from ..nn.predictor import GraphPredictor, Predictor, seeded
from .layout import ModelFileError


@dataclass(frozen=True)
class Sizes:
    """What a network is built from, beside the estimator's other attributes.

    Parameters
    ----------
    head : list of int
        Widths of the head's hidden layers.
    dropout : float
        Dropout in the head.
    encoder : EncoderConfig or None
        Of TA-GATES and GATES.
    n_features : int
        Features that the head reads beside the encoding.
    seed : int
        Seed of the fixed noise of ``symmetry_breaking="random"``.
    """

    head: list[int]
    dropout: float
    encoder: EncoderConfig | None = None
    n_features: int = 0
    seed: int = 0


def sizes_of(estimator: BaseGraphEstimator) -> Sizes:
    """Sizes of the network of a fitted estimator.

    Raises
    ------
    ModelFileError
        If parameters that decide on the sizes were set anew since fit.
    """
    model = estimator.model_
    layers = [layer for layer in model.head.layers if isinstance(layer, nn.Linear)]
    head = [len(layer.weight) // model.n_members for layer in layers[:-1]]
    if isinstance(model, Predictor):
        config = model.encoder.config
        sizes = Sizes(
            head=head,
            dropout=float(model.head.dropout),
            encoder=config,
            n_features=layers[0].in_features - config.encoding_dim,
            seed=model.seed,
        )
    else:
        sizes = Sizes(head, float(model.head.dropout))
    blank = {
        name: tensor.shape for name, tensor in blank_model(estimator, sizes).state_dict().items()
    }
    if blank != {name: tensor.shape for name, tensor in model.state_dict().items()}:
        raise ModelFileError(
            f"Parameters of this {type(estimator).__name__} were set anew after fit, and no longer "
            "say how its network is built. Fit it again, or set them as they were."
        )
    return sizes


def blank_model(estimator: BaseGraphEstimator, sizes: Sizes) -> GraphPredictor:
    """A network of these sizes whose weights take no memory and have no values.

    Parameters
    ----------
    estimator : BaseGraphEstimator
        With everything that fit learned but the network.
    sizes : Sizes
    """
    with torch.device("meta"):
        if isinstance(estimator, BaseTAGATES):
            assert sizes.encoder is not None
            return Predictor(sizes.encoder, sizes.head, sizes.dropout, sizes.seed, sizes.n_features)
        assert isinstance(estimator, BaseBaseline)
        spec, generator = estimator._spec, seeded(0)
        if isinstance(estimator, SemiNASRanker):
            return Autoencoder(
                spec, estimator.op_dim, estimator.layer_dim, estimator.n_layers_, sizes.head,
                sizes.dropout, 0,
            )  # fmt: skip
        encoder, width = estimator._encoder(spec, generator)
        return GraphPredictor(
            encoder, width, sizes.head, sizes.dropout, generator, estimator._members()
        )
