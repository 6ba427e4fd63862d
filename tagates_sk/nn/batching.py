"""Batches of some architectures, as an encoder reads them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
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
    ) -> Iterator[Chunk[AnyBatch]]:
        """Chunks of at most `size` architectures each, of all or of those in `rows`.

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
            yield Chunk(self, rows[start:stop])
            start = stop


@dataclass(frozen=True, eq=False)
class Chunk(Generic[AnyBatch]):
    """Architectures that are computed at a time.

    Parameters
    ----------
    batches : Batches
    rows : ndarray of int
        Which of its architectures.
    """

    batches: Batches[AnyBatch]
    rows: np.ndarray[Any, Any]

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def batch(self) -> AnyBatch:
        """They as a batch, which is made once and stays on its device."""
        with safe_threads():
            return self.batches(self.rows)

    def halves(self) -> tuple[Chunk[AnyBatch], Chunk[AnyBatch]]:
        """Two chunks of half as many each."""
        middle = (len(self.rows) + 1) // 2
        return Chunk(self.batches, self.rows[:middle]), Chunk(self.batches, self.rows[middle:])
