"""Pictures and tables that show what an estimator has learnt and what it ranks."""

from ._palette import operation_color
from .drawing import draw_cell
from .explain import EmbeddingDisplay, explain, step_embeddings
from .html import export_html
from .importance import OperationImportanceDisplay, operation_importance
from .ranking import PrecisionAtKDisplay, RankingDisplay
from .searching import SearchDisplay
from .uncertainty import UncertaintyDisplay

__all__ = [
    "EmbeddingDisplay",
    "OperationImportanceDisplay",
    "PrecisionAtKDisplay",
    "RankingDisplay",
    "SearchDisplay",
    "UncertaintyDisplay",
    "draw_cell",
    "explain",
    "export_html",
    "operation_color",
    "operation_importance",
    "step_embeddings",
]
