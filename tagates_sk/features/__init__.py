"""Architectures as rows of numbers, for any scikit-learn model: no neural network, no torch."""

from .adjacency import AdjacencyOneHot
from .capacity import CapacityStatistics
from .paths import PathEncoding
from .precomputed import FeatureTable, PrecomputedFeatures
from .resistance import ResistanceStatistics
from .statistics import OperationStatistics
from .subtrees import WeisfeilerLehman
from .walks import WalkStatistics

__all__ = [
    "AdjacencyOneHot",
    "CapacityStatistics",
    "FeatureTable",
    "OperationStatistics",
    "PathEncoding",
    "PrecomputedFeatures",
    "ResistanceStatistics",
    "WalkStatistics",
    "WeisfeilerLehman",
]
