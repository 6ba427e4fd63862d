"""How an operation of a cell becomes a torch module: the registry."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar, overload

import numpy as np
from torch import nn

from ..graphs import InvalidArchitectureError, PackedGraphs
from ..graphs.foreign import echo
from ..graphs.operations import IDENTITY_OPERATIONS, NO_OPERATION
from .modules import (
    InvertedResidual,
    activation,
    average_pooling,
    conv_bn_relu,
    depthwise_conv,
    identity,
    max_pooling,
    normalisation,
    plain_conv,
    relu_conv_bn,
    residual_module,
    separable_conv,
)

Factory = Callable[[int, int, int], nn.Module]
"""(in_channels, out_channels, stride) to a module."""
_F = TypeVar("_F", bound=Factory)


class Registered(NamedTuple):
    """How an operation is built."""

    factory: Factory
    """(in_channels, out_channels, stride) to a module."""
    widen: int = 1
    """In a macro space, how many times more channels come out than go in."""
    stride: int = 1
    """In a macro space, by how much the resolution shrinks."""


class UnregisteredOperationError(InvalidArchitectureError):
    """An architecture has an operation that no registered function builds."""


_registry: dict[str, Registered] = {}


@overload
def register_operation(
    name: str,
    factory: None = None,
    *,
    widen: int = 1,
    stride: int = 1,
    overwrite: bool = False,
) -> Callable[[_F], _F]: ...


@overload
def register_operation(
    name: str, factory: _F, *, widen: int = 1, stride: int = 1, overwrite: bool = False
) -> _F: ...


def register_operation(
    name: str,
    factory: Any = None,
    *,
    widen: int = 1,
    stride: int = 1,
    overwrite: bool = False,
) -> Any:
    """Say how an operation is built; also a decorator.

    Parameters
    ----------
    name : str
        The operation, as ``op`` names it in graphs.
    factory : callable, optional
        ``factory(in_channels, out_channels, stride)`` gives a module that maps
        (N, in_channels, H, W) to (N, out_channels, ceil(H / stride),
        ceil(W / stride)). Weights of convolutions and linear layers are drawn
        anew by whoever builds a network. Without it, a decorator is returned.
    widen : int, default=1
        In a macro space, the operation's number of output channels divided by
        that of its input. Cells leave widths to the network around them.
    stride : int, default=1
        In a macro space, by how much the operation lowers the resolution.
    overwrite : bool, default=False
        Whether to replace an operation of this name.

    Returns
    -------
    callable
        `factory`, or the decorator.

    Raises
    ------
    ValueError
        If the name is registered already and `overwrite` is off, is reserved,
        or `widen` or `stride` is not a positive integer.
    TypeError
        If `name` is no string or `factory` cannot be called.

    Examples
    --------
    >>> from torch import nn
    >>> from tagates_sk.zero_cost import register_operation
    >>> @register_operation("blur_pool", overwrite=True)
    ... def blur_pool(in_channels, out_channels, stride):
    ...     return nn.Conv2d(in_channels, out_channels, 5, stride, padding=2, bias=False)
    """
    if not isinstance(name, str):
        raise TypeError(
            f"name={echo(name)} is a {type(name).__name__}; an operation's name is a str."
        )
    if name in (NO_OPERATION, "input", "output", ""):
        raise ValueError(
            f"name={echo(name)} cannot be registered: it is no operation but "
            + ("empty." if not name else f"what graphs call {_RESERVED[name]}.")
        )
    if factory is None:
        return partial(_decorate, name, widen, stride, overwrite)
    if not callable(factory):
        raise TypeError(
            f"factory={echo(factory)} of operation {echo(name)} cannot be called; a function of "
            "(in_channels, out_channels, stride) that returns an nn.Module is expected."
        )
    for label, value in (("widen", widen), ("stride", stride)):
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
            raise ValueError(
                f"{label}={echo(value)} of operation {echo(name)} is no whole number from 1 on."
            )
    if name in _registry and not overwrite:
        raise ValueError(
            f"Operation {echo(name)} is registered already; pass overwrite=True to replace it."
        )
    _registry[name] = Registered(factory, int(widen), int(stride))
    return factory


_RESERVED = {NO_OPERATION: "a missing edge", "input": "an input", "output": "the output"}


def _decorate(name: str, widen: int, stride: int, overwrite: bool, factory: _F) -> _F:
    return register_operation(name, factory, widen=widen, stride=stride, overwrite=overwrite)


def registered_operations() -> list[str]:
    """Names of all operations that a network can be built of, sorted.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from tagates_sk.zero_cost import registered_operations
    >>> "nor_conv_3x3" in registered_operations()
    True
    """
    return sorted(_registry)


def factories_for(
    packed_operations: Sequence[str],
    operations: Mapping[str, Factory | Registered] | None = None,
    *,
    packed: PackedGraphs | None = None,
) -> dict[str, Registered]:
    """Look operations up, so that worker processes need no registry.

    Parameters
    ----------
    packed_operations : sequence of str
        Names of operations.
    operations : mapping of str to callable or Registered, optional
        Asked before the registry.
    packed : PackedGraphs, optional
        Where error messages find the place of an operation.

    Returns
    -------
    dict of str to Registered

    Raises
    ------
    UnregisteredOperationError
        If nothing says how to build one of them.
    """
    found: dict[str, Registered] = {}
    own = operations or {}
    for name in packed_operations:
        entry = own.get(name, _registry.get(name))
        if entry is None:
            raise unregistered(name, packed)
        if not isinstance(entry, Registered):
            if not callable(entry):
                raise TypeError(
                    f"operations[{echo(name)}] is {echo(entry)}; a function of (in_channels, "
                    "out_channels, stride) that returns an nn.Module is expected."
                )
            entry = Registered(entry)
        found[name] = entry
    return found


def unregistered(name: str, packed: PackedGraphs | None = None) -> UnregisteredOperationError:
    """The error for an operation that is not registered.

    Parameters
    ----------
    name : str
        The operation.
    packed : PackedGraphs, optional
        Where to look for its first place.
    """
    place = ""
    if packed is not None and name in packed.operations:
        ops = np.flatnonzero(packed.op_type == packed.operations.index(name))
        place = f"{place_of(packed, int(ops[0]))}: " if len(ops) else ""
    near = difflib.get_close_matches(name, _registry, n=3)
    hint = f" Names like it are {', '.join(map(repr, near))}." if near else ""
    return UnregisteredOperationError(
        f"{place}operation {echo(name)} is not registered, so no network can be built of it.{hint} "
        f"Say how it is built by tagates_sk.zero_cost.register_operation({echo(name)}, factory); "
        "registered_operations() lists those that are known."
    )


def place_of(packed: PackedGraphs, op: int) -> str:
    """Where in X an operation is.

    Parameters
    ----------
    packed : PackedGraphs
    op : int
        Position in ``packed.op_type``.
    """
    row = int(np.searchsorted(packed.op_ptr, op, side="right")) - 1
    place = f"X[{packed.start + row // packed.n_cells}]"
    if packed.n_cells > 1:
        place += f", cell {row % packed.n_cells}"
    if packed.keys is not None:
        place += f", {'node' if packed.on_node[row] else 'edge'} {echo(packed.keys[op])}"
    return place


ENAS_MACRO_OPERATIONS = frozenset(
    {"conv3x3", "sepconv3x3", "conv5x5", "sepconv5x5", "avgpool3x3", "maxpool3x3"}
)
"""On nodes, these say that the architecture is a whole network, not a cell."""

MACRO_BLOCKS = frozenset({
    "residual_conv", "residual_conv_widen", "residual_conv_reduce", "residual_conv_widen_reduce",
    "inverted_residual_3x3_e3", "inverted_residual_5x5_e6",
})  # fmt: skip
"""Blocks of whole networks: TransNAS-Bench-101 macro and NAS-Bench-Macro."""


def _register_built_in() -> None:
    factories: dict[str, Factory] = dict.fromkeys(IDENTITY_OPERATIONS, identity)
    for k in (1, 3, 5, 7):
        size = f"{k}x{k}"
        factories[f"conv{size}-bn-relu"] = partial(conv_bn_relu, kernel=k)  # NAS-Bench-101
        factories[f"nor_conv_{size}"] = partial(relu_conv_bn, kernel=k)  # NAS-Bench-201
        # ENAS macro and TransNAS-Bench-101 micro: with ReLU and batch normalisation.
        factories[f"conv{size}"] = partial(relu_conv_bn, kernel=k)
        factories[f"conv_{size}"] = partial(plain_conv, kernel=k)
        if k > 1:
            factories[f"sep_conv_{size}"] = partial(separable_conv, kernel=k, repeats=2)  # DARTS
            factories[f"dil_conv_{size}"] = partial(separable_conv, kernel=k, dilation=2)
            factories[f"sepconv{size}"] = partial(separable_conv, kernel=k)  # ENAS macro
            factories[f"depthwise_conv_{size}"] = partial(depthwise_conv, kernel=k)
            factories[f"max_pool_{size}"] = partial(max_pooling, kernel=k)
            factories[f"avg_pool_{size}"] = partial(average_pooling, kernel=k)
            factories[f"maxpool{size}"] = factories[f"max_pool_{size}"]
            factories[f"avgpool{size}"] = factories[f"avg_pool_{size}"]
    factories["linear"] = factories["conv_1x1"]
    factories["batch_norm"] = normalisation
    layers: dict[str, Callable[[], nn.Module]] = {
        "relu": nn.ReLU, "relu6": nn.ReLU6, "leaky_relu": nn.LeakyReLU, "elu": nn.ELU,
        "gelu": nn.GELU, "silu": nn.SiLU, "swish": nn.SiLU, "mish": nn.Mish,
        "hardswish": nn.Hardswish, "softplus": nn.Softplus, "sigmoid": nn.Sigmoid,
        "tanh": nn.Tanh,
    }  # fmt: skip
    for name, layer in layers.items():
        factories[name] = partial(activation, layer=layer)
    factories["inverted_residual_3x3_e3"] = partial(InvertedResidual, kernel=3, expansion=3)
    factories["inverted_residual_5x5_e6"] = partial(InvertedResidual, kernel=5, expansion=6)
    for name, factory in factories.items():
        register_operation(name, factory)
    register_operation("residual_conv", residual_module)
    register_operation("residual_conv_widen", residual_module, widen=2)
    register_operation("residual_conv_reduce", residual_module, stride=2)
    register_operation("residual_conv_widen_reduce", residual_module, widen=2, stride=2)


_register_built_in()
