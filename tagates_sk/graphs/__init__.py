"""Architectures: networkx cells to packed operation graphs, networks to networkx cells."""

from .conversion import from_onnx, from_torch
from .errors import InvalidArchitectureError, UnknownOperationError
from .operations import is_parametrized
from .packed import PackedGraphs
from .reading import read_architectures
from .sequence import ArchitectureSequence

__all__ = [
    "ArchitectureSequence",
    "InvalidArchitectureError",
    "PackedGraphs",
    "UnknownOperationError",
    "from_onnx",
    "from_torch",
    "is_parametrized",
    "read_architectures",
]
