"""Ranking with few labels: what costs no label, and the encoder, in one predictor."""

from .named_networks import default_networks
from .proxy_ranks import ProxyRanks
from .ranker import ConsensusRanker

__all__ = ["ConsensusRanker", "ProxyRanks", "default_networks"]
