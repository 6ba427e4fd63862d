"""Architectures as untrained networks, and zero-cost scores computed from them."""

from .network import build_network
from .operations import UnregisteredOperationError, register_operation, registered_operations
from .proxies import ZeroCostProxies
from .saliency import WeightState, register_metric, registered_metrics
from .transformer import ZeroCostSaliency

__all__ = [
    "UnregisteredOperationError",
    "WeightState",
    "ZeroCostProxies",
    "ZeroCostSaliency",
    "build_network",
    "register_metric",
    "register_operation",
    "registered_metrics",
    "registered_operations",
]
