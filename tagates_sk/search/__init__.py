"""Search: measure a few architectures, predict the rest, measure the most promising."""

from .acquisition import (
    Acquisition,
    ExpectedImprovement,
    PredictedMean,
    ThompsonSampling,
    UpperConfidenceBound,
)
from .loop import FailedEvaluationWarning, PredictorSearch

__all__ = [
    "Acquisition",
    "ExpectedImprovement",
    "FailedEvaluationWarning",
    "PredictedMean",
    "PredictorSearch",
    "ThompsonSampling",
    "UpperConfidenceBound",
]
