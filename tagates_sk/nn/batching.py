"""Batches of some architectures, as an encoder reads them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch

from .devices import safe_threads


class Batch(Protocol):
    """What an encoder reads of some architectures."""

    @property
    def n_architectures(self) -> int:
        """How many they are."""


AnyBatch = TypeVar("AnyBatch", bound=Batch, covariant=True)


class Batches(ABC, Generic[AnyBatch]):
    """Batches of any choice of some architectures, on the device `device`."""

    device: str | torch.device

    @abstractmethod
    def __len__(self) -> int:
        """Number of architectures."""

    @abstractmethod
    def __call__(self, rows: np.ndarray[Any, Any]) -> AnyBatch:
        """The architectures in `rows` as one batch."""

    def chunks(self, size: int, rows: np.ndarray[Any, Any] | None = None) -> Iterator[AnyBatch]:
        """Batches of at most `size` architectures each, of all or of those in `rows`."""
        rows = np.arange(len(self)) if rows is None else rows
        for start in range(0, len(rows), size):
            with safe_threads():
                batch = self(rows[start : start + size])
            yield batch
