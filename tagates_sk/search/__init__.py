"""Search: measure a few architectures, predict the rest, measure the most promising."""

from .acquisition import (
    Acquisition,
    ExpectedImprovement,
    PredictedMean,
    ThompsonSampling,
    UpperConfidenceBound,
)
from .evaluation import FailedEvaluationWarning
from .loop import PredictorSearch

__all__ = [
    "Acquisition",
    "ExpectedImprovement",
    "FailedEvaluationWarning",
    "PredictedMean",
    "PredictorSearch",
    "ThompsonSampling",
    "UpperConfidenceBound",
]
