"""NePS: an optimiser for spaces of pipelines that are architectures."""

from .expressions import pipeline_dag
from .optimizer import TAGATESOptimizer, tagates_optimizer

__all__ = ["TAGATESOptimizer", "pipeline_dag", "tagates_optimizer"]
