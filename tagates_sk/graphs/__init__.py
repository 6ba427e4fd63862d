"""Reading architectures: networkx cells to packed operation graphs."""

from .architectures import Architectures, as_architectures
from .errors import InvalidArchitectureError, UnknownOperationError
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
    "as_architectures",
    "is_parametrized",
    "read_architectures",
]
