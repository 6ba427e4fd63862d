"""A predictor for the evaluators and optimisers of NASLib, which is not imported."""

from .graphs import to_dag
from .members import ensemble_members
from .patching import patch
from .predictor import TAGATESPredictor

__all__ = ["TAGATESPredictor", "ensemble_members", "patch", "to_dag"]
