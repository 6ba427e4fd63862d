"""TA-GATES: rank and regress neural architectures given as networkx DAGs."""

# First: torch walks the stack while it is imported, and takes longer from deep inside.
from .training.trainer import FitInterruptedWarning, NonFiniteLossError

# isort: split
from ._version import __version__
from .estimators import TAGATESRanker, TAGATESRegressor, Variant, paper_config
from .graphs import InvalidArchitectureError, UnknownOperationError
from .training.conditions import TrainingCondition

__all__ = [
    "FitInterruptedWarning",
    "InvalidArchitectureError",
    "NonFiniteLossError",
    "TAGATESRanker",
    "TAGATESRegressor",
    "TrainingCondition",
    "UnknownOperationError",
    "Variant",
    "__version__",
    "paper_config",
]
