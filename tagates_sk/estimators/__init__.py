"""TA-GATES as estimators."""

from .paper import paper_config
from .proxy_ranks import ProxyRanks
from .tagates import TAGATESRanker, TAGATESRegressor
from .variant import Variant

__all__ = ["ProxyRanks", "TAGATESRanker", "TAGATESRegressor", "Variant", "paper_config"]
