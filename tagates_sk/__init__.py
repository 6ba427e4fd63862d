"""TA-GATES: rank and regress neural architectures given as networkx DAGs."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from .estimators import TAGATESRanker, TAGATESRegressor, Variant, paper_config
    from .graphs import InvalidArchitectureError, UnknownOperationError, UnknownOperationWarning
    from .training.conditions import TrainingCondition
    from .training.trainer import FitInterruptedWarning, NonFiniteLossError

__all__ = [
    "FitInterruptedWarning",
    "InvalidArchitectureError",
    "NonFiniteLossError",
    "TAGATESRanker",
    "TAGATESRegressor",
    "TrainingCondition",
    "UnknownOperationError",
    "UnknownOperationWarning",
    "Variant",
    "__version__",
    "paper_config",
]

_HOMES = {
    "FitInterruptedWarning": "training.trainer",
    "InvalidArchitectureError": "graphs",
    "NonFiniteLossError": "training.trainer",
    "TAGATESRanker": "estimators",
    "TAGATESRegressor": "estimators",
    "TrainingCondition": "training.conditions",
    "UnknownOperationError": "graphs",
    "UnknownOperationWarning": "graphs",
    "Variant": "estimators",
    "paper_config": "estimators",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for: torch and scikit-learn take seconds, a version or a graph none."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if _HOMES[name] != "graphs":
        # torch walks the stack while it is imported, and takes longer from deep inside.
        importlib.import_module("torch")
    value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
