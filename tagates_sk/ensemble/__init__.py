"""Ranking with few labels: what costs no label, and the encoder, in one predictor."""

from .proxy_ranks import ProxyRanks
from .ranker import ConsensusRanker

__all__ = ["ConsensusRanker", "ProxyRanks"]
