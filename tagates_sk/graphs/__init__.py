"""Architectures: networkx cells to packed operation graphs, networks to networkx cells."""

from .architectures import Architectures, as_architectures
from .conversion import from_onnx, from_torch
from .errors import InvalidArchitectureError, UnknownOperationError, UnknownOperationWarning
from .operations import is_parametrized
from .packed import PackedGraphs
from .reading import read_architectures
from .sequence import ArchitectureSequence

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
