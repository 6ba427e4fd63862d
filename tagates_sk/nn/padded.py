"""Batches of cells as padded matrices, for encoders that look at all pairs of operations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..graphs.packed import PackedGraphs
from ..graphs.relations import Relations
from .batching import Batches, Chunk
from .sparse import as_tensor

PAIRS = 2**21
"""Pairs of vertices that a batch may have, padding included, when predicting."""


@dataclass(frozen=True)
class CellSpec:
    """What there may be in a cell.

    Parameters
    ----------
    n_operations : int
        Size of the vocabulary.
    n_marks : int
        Inputs that are told apart.
    n_cells : int
        Cells per architecture.
    """

    n_operations: int
    n_marks: int
    n_cells: int

    @classmethod
    def of(cls, packed: PackedGraphs) -> CellSpec:
        """What there is in the cells of some architectures."""
        marks = int(packed.input_mark.max(initial=0)) + 1
        return cls(len(packed.operations), marks, packed.n_cells)

    @property
    def n_symbols(self) -> int:
        """Labels of vertices beside the operations: wire, output and inputs."""
        return 2 + self.n_marks


class CellBatch(NamedTuple):
    """:class:`~tagates_sk.graphs.relations.DenseCells` on a device."""

    n_architectures: int
    label: Tensor
    relation: Tensor
    present: Tensor


class CellBatches(Batches[CellBatch]):
    """Padded matrices of any choice of some architectures, on a device.

    Parameters
    ----------
    packed : PackedGraphs
        With the fitted vocabulary.
    device : str or torch.device
    """

    def __init__(self, packed: PackedGraphs, device: str | torch.device) -> None:
        self.packed, self.device, self.relations = packed, device, Relations.of(packed)

    def __len__(self) -> int:
        return len(self.packed)

    def __call__(self, rows: np.ndarray[Any, Any]) -> CellBatch:
        """Matrices of the architectures in `rows`."""
        dense = self.relations.dense(self.packed.cells_of(rows))
        return CellBatch(len(rows), *(as_tensor(array, self.device) for array in dense))

    def chunks(
        self,
        size: int,
        rows: np.ndarray[Any, Any] | None = None,
        most: int | None = None,
    ) -> Iterator[Chunk[CellBatch]]:
        """Chunks of at most `size` architectures, fewer where cells are large."""
        pairs = int(self.relations.size.max()) ** 2 * self.packed.n_cells
        return super().chunks(max(1, min(size, PAIRS // pairs)), rows)
