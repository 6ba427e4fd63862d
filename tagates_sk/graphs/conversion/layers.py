"""Layers of torch.nn as calls of the functions that they stand for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .dataflow import Value
from .names import Call, Operand

CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")

SAME_NAME = {
    "CELU": "celu", "ELU": "elu", "GELU": "gelu", "GLU": "glu", "Hardshrink": "hardshrink",
    "Hardsigmoid": "hardsigmoid", "Hardswish": "hardswish", "LeakyReLU": "leaky_relu",
    "LogSigmoid": "log_sigmoid", "LogSoftmax": "log_softmax", "Mish": "mish", "PReLU": "prelu",
    "ReLU": "relu", "ReLU6": "relu6", "RReLU": "rrelu", "SELU": "selu", "SiLU": "silu",
    "Sigmoid": "sigmoid", "Softmax": "softmax", "Softmax2d": "softmax", "Softmin": "softmin",
    "Softplus": "softplus", "Softshrink": "softshrink", "Softsign": "softsign", "Tanh": "tanh",
    "Tanhshrink": "tanhshrink", "Threshold": "threshold", "PixelShuffle": "pixel_shuffle",
    "PixelUnshuffle": "pixel_unshuffle", "ChannelShuffle": "channel_shuffle", "Fold": "fold",
    "Unfold": "unfold", "Bilinear": "bilinear", "CosineSimilarity": "cosine_similarity",
    "LocalResponseNorm": "local_response_normalization", "Identity": "identity",
    "Dropout": "dropout", "Dropout1d": "dropout", "Dropout2d": "dropout", "Dropout3d": "dropout",
    "AlphaDropout": "dropout", "FeatureAlphaDropout": "dropout", "Flatten": "flatten",
    "Unflatten": "unflatten", "BatchNorm1d": "batch_norm", "BatchNorm2d": "batch_norm",
    "BatchNorm3d": "batch_norm", "SyncBatchNorm": "batch_norm", "InstanceNorm1d": "instance_norm",
    "InstanceNorm2d": "instance_norm", "InstanceNorm3d": "instance_norm",
    "LayerNorm": "layer_norm", "RMSNorm": "rms_norm", "LSTMCell": "lstm_cell",
    "GRUCell": "gru_cell", "ZeroPad1d": "pad", "ZeroPad2d": "pad", "ZeroPad3d": "pad",
    "ConstantPad1d": "pad", "ConstantPad2d": "pad", "ConstantPad3d": "pad",
    "ReflectionPad1d": "pad", "ReflectionPad2d": "pad", "ReflectionPad3d": "pad",
    "ReplicationPad1d": "pad", "ReplicationPad2d": "pad", "ReplicationPad3d": "pad",
}  # fmt: skip
"""Layers of which the function needs no more than the tensors to be described."""


def layer_class(module: Any) -> type | None:
    """The class of torch.nn whose forward a module runs; None if it has one of its own."""
    for cls in type(module).__mro__:
        if cls.__module__.startswith("torch.nn.modules"):
            own = type(module).forward is cls.forward  # type: ignore[attr-defined]
            return cls if own and (cls.__name__ in SAME_NAME or cls.__name__ in _CALLS) else None
    return None


def layer_call(module: Any, inputs: Sequence[Any], shape: tuple[int, ...] | None) -> Call:
    """What a layer of a class that `layer_class` knows does with its inputs.

    Parameters
    ----------
    module : torch.nn.Module
        The layer.
    inputs : sequence
        Arguments of its forward.
    shape : tuple of int or None
        Of its result.
    """
    name = getattr(layer_class(module), "__name__", "")
    weights = tuple(_trained(parameter) for parameter in module.parameters())
    if name in _CALLS:
        function, args, kwargs = _CALLS[name](module, tuple(inputs), weights)
        return Call(function, args, kwargs, shape)
    return Call(SAME_NAME[name], (*inputs, *weights), {}, shape)


def _trained(parameter: Any) -> Operand:
    """The operand that a weight is; one that is computed from others has their parameters."""
    import torch

    own = isinstance(parameter, torch.nn.Parameter)
    return Operand(
        Value(parameters={id(parameter): parameter.numel()} if own else {}),
        tuple(map(int, parameter.shape)),
    )


Described = tuple[str, tuple[Any, ...], dict[str, Any]]


def _conv(module: Any, x: tuple[Any, ...], w: tuple[Any, ...]) -> Described:
    name = f"conv{len(module.kernel_size)}d"
    head = (x[0], _trained(module.weight), w, module.stride, module.padding)
    return name, (*head, module.dilation, module.groups), {}


def _conv_transpose(module: Any, x: tuple[Any, ...], w: tuple[Any, ...]) -> Described:
    name = f"conv_transpose{len(module.kernel_size)}d"
    head = (x[0], _trained(module.weight), w, module.stride, module.padding)
    return name, (*head, module.output_padding, module.groups, module.dilation), {}


def _linear(module: Any, x: tuple[Any, ...], w: tuple[Any, ...]) -> Described:
    return "linear", (x[0], _trained(module.weight), *w), {}


def _group_norm(module: Any, x: tuple[Any, ...], w: tuple[Any, ...]) -> Described:
    return "group_norm", (x[0], module.num_groups, *w), {}


def _pool(module: Any, x: tuple[Any, ...], w: tuple[Any, ...]) -> Described:
    name = type(module).__mro__[_place(module)].__name__
    function = f"{name[:3].lower()}_pool{name[-2]}d"
    return function, (x[0], module.kernel_size, module.stride), {}


def _adaptive_pool(module: Any, x: tuple[Any, ...], w: tuple[Any, ...]) -> Described:
    name = type(module).__mro__[_place(module)].__name__
    function = f"adaptive_{name[8:11].lower()}_pool{name[-2]}d"
    return function, (x[0], module.output_size), {}


def _place(module: Any) -> int:
    return type(module).__mro__.index(layer_class(module))


def _upsample(module: Any, x: tuple[Any, ...], w: tuple[Any, ...]) -> Described:
    return "interpolate", (x[0],), {"mode": module.mode}


def _embedding(module: Any, x: tuple[Any, ...], w: tuple[Any, ...]) -> Described:
    return "embedding", (_trained(module.weight), *x, *w), {}


def _recurrent(module: Any, x: tuple[Any, ...], w: tuple[Any, ...]) -> Described:
    kwargs = {"num_layers": module.num_layers, "bidirectional": module.bidirectional}
    return module.mode.lower(), (*x, *w), kwargs


def _rnn_cell(module: Any, x: tuple[Any, ...], w: tuple[Any, ...]) -> Described:
    return f"rnn_{module.nonlinearity}_cell", (*x, *w), {}


def _attention(module: Any, x: tuple[Any, ...], w: tuple[Any, ...]) -> Described:
    query, key, value = (*x, x[-1], x[-1])[:3]  # keys are values, or all three are one tensor
    args = (query, key, value, module.embed_dim, module.num_heads, *x[3:], *w)
    return "multi_head_attention_forward", args, {"batch_first": module.batch_first}


_CALLS: dict[str, Callable[[Any, tuple[Any, ...], tuple[Any, ...]], Described]] = {
    **{f"Conv{n}d": _conv for n in (1, 2, 3)},
    **{f"ConvTranspose{n}d": _conv_transpose for n in (1, 2, 3)},
    **{f"{kind}Pool{n}d": _pool for kind in ("Max", "Avg") for n in (1, 2, 3)},
    **{f"Adaptive{kind}Pool{n}d": _adaptive_pool for kind in ("Max", "Avg") for n in (1, 2, 3)},
    **{f"Upsampling{kind}2d": _upsample for kind in ("Nearest", "Bilinear")},
    "Upsample": _upsample,
    "Linear": _linear,
    "GroupNorm": _group_norm,
    "Embedding": _embedding,
    "EmbeddingBag": _embedding,
    "LSTM": _recurrent,
    "GRU": _recurrent,
    "RNN": _recurrent,
    "RNNCell": _rnn_cell,
    "MultiheadAttention": _attention,
}
