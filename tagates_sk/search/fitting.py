"""Fits whose interruption ends the work that they are part of."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from ..training.trainer import FitInterruptedWarning


@contextmanager
def whole_fit() -> Iterator[None]:
    """Make the interruption of a fit a KeyboardInterrupt.

    By itself, an interrupted fit keeps its best state and warns; work that goes
    on with such a model would take it for a whole one.

    Raises
    ------
    KeyboardInterrupt
        If a fit in the block was interrupted.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", FitInterruptedWarning)
        try:
            yield
        except FitInterruptedWarning:
            raise KeyboardInterrupt from None  # its message tells what a lone fit keeps
