"""TA-GATES as estimators."""

from .paper import paper_config
from .tagates import TAGATESRanker, TAGATESRegressor
from .variant import Variant

__all__ = ["TAGATESRanker", "TAGATESRegressor", "Variant", "paper_config"]
