"""Save fitted estimators as files of numbers and text; loading them executes no code."""

from .layout import ModelFileError
from .saving import load_model, save_model

__all__ = ["ModelFileError", "load_model", "save_model"]
