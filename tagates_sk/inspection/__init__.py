"""Pictures and tables of what an estimator has learned and how it ranks."""

from ._palette import operation_color
from .blend import BlendDisplay
from .drawing import draw_cell
from .explain import EmbeddingDisplay, explain, step_embeddings
from .html import export_html
from .importance import OperationImportanceDisplay, operation_importance
from .pareto import ParetoDisplay, pareto_front
from .ranking import PrecisionAtKDisplay, RankingDisplay
from .searching import SearchDisplay
from .space_map import SpaceMapDisplay
from .uncertainty import UncertaintyDisplay

__all__ = [
    "BlendDisplay",
    "EmbeddingDisplay",
    "OperationImportanceDisplay",
    "ParetoDisplay",
    "PrecisionAtKDisplay",
    "RankingDisplay",
    "SearchDisplay",
    "SpaceMapDisplay",
    "UncertaintyDisplay",
    "draw_cell",
    "explain",
    "export_html",
    "operation_color",
    "operation_importance",
    "pareto_front",
    "step_embeddings",
]
