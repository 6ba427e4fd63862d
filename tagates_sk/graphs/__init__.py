"""Architectures: networkx cells to packed operation graphs, networks to networkx cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .architectures import Architectures, as_architectures
from .errors import InvalidArchitectureError, UnknownOperationError, UnknownOperationWarning
from .operations import is_parametrized
from .packed import PackedGraphs
from .reading import read_architectures
from .sequence import ArchitectureSequence

if TYPE_CHECKING:
    from .conversion import from_onnx, from_torch

__all__ = [
    "Architectures",
    "ArchitectureSequence",
    "InvalidArchitectureError",
    "PackedGraphs",
    "UnknownOperationError",
    "UnknownOperationWarning",
    "as_architectures",
    "from_onnx",
    "from_torch",
    "is_parametrized",
    "read_architectures",
]


def __getattr__(name: str) -> Any:
    """The conversions, imported when asked for: fitting never needs them."""
    if name in ("from_onnx", "from_torch"):
        from . import conversion

        return getattr(conversion, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
