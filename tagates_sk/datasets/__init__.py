"""Measured architectures: NAS benchmarks as scikit-learn Bunches."""

from .accel_nasbench import load_accel_nasbench
from .darts import load_darts
from .enas_oneshot import load_enas_oneshot
from .latency import load_latency
from .nasbench101 import load_nasbench101
from .nasbench201 import load_nasbench201
from .proxies import load_zero_cost_proxies

__all__ = [
    "load_accel_nasbench",
    "load_darts",
    "load_enas_oneshot",
    "load_latency",
    "load_nasbench101",
    "load_nasbench201",
    "load_zero_cost_proxies",
]
