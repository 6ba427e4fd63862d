"""Reading architectures: networkx cells to packed operation graphs."""

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
    "is_parametrized",
    "read_architectures",
]
