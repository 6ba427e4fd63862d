"""NASLib: a predictor for its evaluators and optimisers; NASLib is not imported."""

from .graphs import to_dag
from .members import ensemble_members
from .patching import patch
from .predictor import TAGATESPredictor

__all__ = ["TAGATESPredictor", "ensemble_members", "patch", "to_dag"]
