"""TA-GATES: rank and regress neural architectures given as networkx DAGs."""

# First: torch walks the stack while it is imported, and takes longer from deep inside.
from .nn.training import FitInterruptedWarning, NonFiniteLossError

# isort: split
from ._conditions import TrainingCondition
from .estimators import TAGATESRanker, TAGATESRegressor
from .graphs.errors import InvalidArchitectureError, UnknownOperationError
from .paper import paper_config

__version__ = "0.1.0"

__all__ = [
    "FitInterruptedWarning",
    "InvalidArchitectureError",
    "NonFiniteLossError",
    "TAGATESRanker",
    "TAGATESRegressor",
    "TrainingCondition",
    "UnknownOperationError",
    "__version__",
    "paper_config",
]
