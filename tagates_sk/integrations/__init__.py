"""Plug-ins for other libraries; none of them is needed to import this."""

from .naslib import TAGATESPredictor
from .naslib_graphs import to_dag

__all__ = ["TAGATESPredictor", "to_dag"]
