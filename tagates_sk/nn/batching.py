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

    @property
    def first(self) -> int:
        """Number of the first architecture in what users gave, for messages."""
        return 0

    @abstractmethod
    def __len__(self) -> int:
        """Number of architectures."""

    @abstractmethod
    def __call__(self, rows: np.ndarray[Any, Any]) -> AnyBatch:
        """The architectures in `rows` as one batch."""

    def sizes(self) -> np.ndarray[Any, Any]:
        """How many states an encoder holds for each architecture; 0 where that is bounded here."""
        return np.zeros(len(self), dtype=np.int64)

    def chunks(
        self,
        size: int,
        rows: np.ndarray[Any, Any] | None = None,
        most: int | None = None,
    ) -> Iterator[AnyBatch]:
        """Batches of at most `size` architectures each, of all or of those in `rows`.

        With `most` they have at most so many states, unless one architecture
        alone has more.
        """
        rows = np.arange(len(self)) if rows is None else rows
        held = np.concatenate([[0], np.cumsum(self.sizes()[rows])])
        start = 0
        while start < len(rows):
            stop = min(start + size, len(rows))
            if most is not None:
                fitting = int(np.searchsorted(held, held[start] + most, side="right")) - 1
                stop = max(start + 1, min(stop, fitting))
            with safe_threads():
                batch = self(rows[start:stop])
            yield batch
            start = stop
