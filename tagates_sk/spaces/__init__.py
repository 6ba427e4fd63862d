"""Search spaces: native form to DAG and back, sampling, mutation, neighbours."""

from .base import SearchSpace, SpaceSequence
from .darts import DARTS
from .enas_macro import ENASMacro
from .enas_micro import ENASMicro
from .nasbench101 import NASBench101, NASBench101Cell
from .nasbench201 import NASBench201
from .two_cells import Genotype

__all__ = [
    "DARTS",
    "ENASMacro",
    "ENASMicro",
    "Genotype",
    "NASBench101",
    "NASBench101Cell",
    "NASBench201",
    "SearchSpace",
    "SpaceSequence",
]
