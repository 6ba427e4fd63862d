"""Which calls of modules an operation is a part of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .layers import CONTAINERS, layer_class

Scope = list[tuple[str, str]]
"""Calls from the outermost to the innermost: a key for each call, and the path of its module."""


def scope_of(node: Any) -> Scope:
    """The calls around a node of torch.fx."""
    stack = node.meta.get("nn_module_stack") or {}
    return [(key, entry[0]) for key, entry in stack.items()]


def layer_of(scope: Scope, module_at: Callable[[str], Any]) -> tuple[str, Any] | None:
    """Key and module of the outermost call of a layer of torch.nn."""
    for key, path in scope:
        module = module_at(path)
        if layer_class(module) is not None:
            return key, module
    return None


def block_of(scope: Scope, module_at: Callable[[str], Any]) -> tuple[str, str] | None:
    """Key and class of the first call below the network; containers are no calls.

    Layers of torch.nn keep their own names, so they are no blocks.
    """
    for key, path in scope:
        module = module_at(path)
        opened = path == "" or (
            type(module).__module__ == "torch.nn.modules.container"
            and type(module).__name__ in CONTAINERS
        )
        if not opened:
            return None if layer_class(module) is not None else (key, type(module).__name__)
    return None
