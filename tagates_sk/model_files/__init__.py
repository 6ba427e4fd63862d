"""Fitted estimators as files that hold numbers and text only: loading executes nothing."""

from .layout import ModelFileError
from .saving import load_model, save_model

__all__ = ["ModelFileError", "load_model", "save_model"]
