"""Pictures and tables that show what an estimator has learnt and what it ranks."""

from ._palette import operation_color
from .drawing import draw_cell

__all__ = [
    "draw_cell",
    "operation_color",
]
