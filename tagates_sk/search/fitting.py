"""Fits whose interruption ends the surrounding work."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from ..training.trainer import FitInterruptedWarning


@contextmanager
def whole_fit() -> Iterator[None]:
    """Turn the interruption of a fit into a KeyboardInterrupt.

    On its own, an interrupted fit keeps its best state and warns. A search must not go
    on with such a half-trained model.

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
