"""Optuna: a sampler for studies whose parameters make an architecture."""

from .sampler import TAGATESSampler

__all__ = ["TAGATESSampler"]
