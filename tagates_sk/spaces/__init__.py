"""Search spaces: native form to DAG and back, sampling, mutation, neighbours."""

from .base import SearchSpace, SpaceSequence
from .cell import CellSpace
from .chain import ChainSpace
from .darts import DARTS
from .enas_macro import ENASMacro
from .enas_micro import ENASMicro
from .genotypes import Genotype
from .nasbench101 import NASBench101, NASBench101Cell
from .nasbench201 import NASBench201
from .published_chains import FBNet, MnasNet, NATSBenchSize
from .ranked import RankedArchitectures
from .transnasbench101 import TransNASBench101Macro, TransNASBench101Micro

__all__ = [
    "DARTS",
    "CellSpace",
    "ChainSpace",
    "ENASMacro",
    "ENASMicro",
    "FBNet",
    "Genotype",
    "MnasNet",
    "NASBench101",
    "NASBench101Cell",
    "NASBench201",
    "NATSBenchSize",
    "RankedArchitectures",
    "SearchSpace",
    "SpaceSequence",
    "TransNASBench101Macro",
    "TransNASBench101Micro",
]
