"""TA-GATES: rank and regress neural architectures given as networkx DAGs."""

from .estimators import TAGATESRanker, TAGATESRegressor
from .graphs.errors import InvalidArchitectureError, UnknownOperationError
from .nn.training import FitInterruptedWarning, NonFiniteLossError
from .paper import paper_config

__version__ = "0.1.0"

__all__ = [
    "FitInterruptedWarning",
    "InvalidArchitectureError",
    "NonFiniteLossError",
    "TAGATESRanker",
    "TAGATESRegressor",
    "UnknownOperationError",
    "__version__",
    "paper_config",
]
