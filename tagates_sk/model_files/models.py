"""Networks from their sizes, without weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from ..estimators.encoder import Encoders
from ..nn.config import EncoderConfig
from ..nn.predictor import GraphPredictor, Predictor
from .layout import ModelFileError


class _NoDraws(TorchFunctionMode):
    """Draws no random numbers: on the meta device they take the import of torch's compiler."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if func in (torch.Tensor.normal_, torch.Tensor.uniform_):
            return args[0]
        if func is torch.randn:
            return torch.empty(*args)
        return func(*args, **(kwargs or {}))


@dataclass(frozen=True)
class Sizes:
    """What a network is built from, beside its owner's other attributes.

    Parameters
    ----------
    head : list of int
        Widths of the head's hidden layers.
    dropout : float
        Dropout in the head.
    encoder : EncoderConfig or None
        Of TA-GATES.
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


def sizes_of(model: GraphPredictor) -> Sizes:
    """Sizes of a network."""
    layers = [layer for layer in model.head.layers if isinstance(layer, nn.Linear)]
    head = [len(layer.weight) // model.n_members for layer in layers[:-1]]
    dropout = float(model.head.dropout)
    if not isinstance(model, Predictor):
        return Sizes(head, dropout)
    config = model.encoder.config
    n_features = layers[0].in_features - config.encoding_dim
    return Sizes(head, dropout, config, n_features, model.seed)


def blank_model(owner: Any, sizes: Sizes, spec: Any) -> GraphPredictor:
    """A network of these sizes whose weights take no memory and have no values.

    Parameters
    ----------
    owner : Encoders or neural baseline
        Has everything that fit learned but the weights.
    sizes : Sizes
    spec : object
        That of the fitted network.
    """
    with torch.device("meta"), _NoDraws():
        if isinstance(owner, Encoders):
            assert sizes.encoder is not None
            return Predictor(sizes.encoder, sizes.head, sizes.dropout, sizes.seed, sizes.n_features)
        widths = (sizes.head, sizes.dropout, sizes.seed)
        model: GraphPredictor = owner._model(spec, *widths)
        return model


def check_depth(owner: Any, sizes: Sizes, spec: Any, n_weights: int) -> None:
    """Refuse more layers and heads than there are weights for, before any is built.

    Raises
    ------
    ValueError
        If there are too few weights.
    """
    config = sizes.encoder or getattr(spec, "config", None)
    depths = [len(sizes.head), getattr(owner, "n_layers_", 0)]
    if config is not None:
        # An asynchronous encoder has no use for the number of layers.
        depths.append(config.n_layers if config.propagation == "synchronous" else 0)
        depths.append(len(config.heads))
    if max(depths) > n_weights:
        raise ValueError(f"{max(depths)} layers or heads have {n_weights} arrays of weights")


def check_buildable(owner: Any, name: str, model: GraphPredictor, sizes: Sizes, spec: Any) -> None:
    """Refuse a network that its owner would build otherwise now.

    Raises
    ------
    ModelFileError
        If parameters that decide on the sizes were set anew since fit.
    """
    blank = {
        key: value.shape for key, value in blank_model(owner, sizes, spec).state_dict().items()
    }
    if blank != {key: value.shape for key, value in model.state_dict().items()}:
        raise ModelFileError(
            f"Parameters of this {name} were set anew after fit, and no longer say how its network "
            "is built. Fit it again, or set them as they were."
        )
