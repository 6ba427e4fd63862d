"""Predictors of performance, and the members that they are composed of."""

from .encoders import TAGATESRanker, TAGATESRegressor

__all__ = ["TAGATESRanker", "TAGATESRegressor"]
