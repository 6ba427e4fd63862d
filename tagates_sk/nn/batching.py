"""Batches of a set of architectures on the device of a model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch

from ..graphs.batch import FIXED, UNGATED, UPDATED, BatchSpec, build_batch
from ..graphs.operations import IDENTITY_OPERATIONS
from ..graphs.packed import PackedGraphs
from .config import EncoderConfig
from .devices import safe_threads
from .tables import NOTHING, BatchTables
from .topological import TopologicalOrder


def batch_spec(
    config: EncoderConfig,
    operations: Sequence[str],
    updated: Sequence[bool],
    *,
    self_loops: bool,
    residual: bool,
    update_terminals: bool,
) -> BatchSpec:
    """Describe to :func:`~tagates_sk.graphs.batch.build_batch` what an encoder reads.

    Parameters
    ----------
    config : EncoderConfig
    operations : sequence of str
        The vocabulary.
    updated : sequence of bool
        Which of the operations have their embedding updated.
    self_loops, residual : bool
        Whether a node's own support joins what its operation gates; whether it
        is added at the inputs (forward) and at the output (backward).
    update_terminals : bool
        Whether input and output operations, if there are any, are updated.
    """
    terminal = UNGATED
    if config.terminal_operations:
        terminal = UPDATED if update_terminals else FIXED
    block = [
        UNGATED if name in IDENTITY_OPERATIONS else UPDATED if u else FIXED
        for name, u in zip(operations, updated, strict=True)
    ]
    return BatchSpec(
        block=np.array([*block, FIXED, terminal, terminal, UNGATED]),
        n_marks=config.n_marks,
        self_loops=self_loops,
        residual=residual,
        node_update=config.update == "node",
        mean_readout=config.readout == "mean",
        n_augmentations=config.n_augmentations,
        aggregation=config.aggregation,
        sweeps=config.propagation == "asynchronous",
    )


class Batch(Protocol):
    """What an encoder reads of some architectures."""

    @property
    def n_architectures(self) -> int:
        """How many they are."""


AnyBatch = TypeVar("AnyBatch", bound=Batch, covariant=True)


class Batches(ABC, Generic[AnyBatch]):
    """Batches of any choice of some architectures, on a device.

    Parameters
    ----------
    n : int
        Number of architectures.
    device : str or torch.device
    """

    def __init__(self, n: int, device: str | torch.device) -> None:
        self.n, self.device = n, torch.device(device)

    def __len__(self) -> int:
        return self.n

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


class GraphBatches(Batches[BatchTables]):
    """Index tables of any choice of some architectures, on a device.

    Parameters
    ----------
    packed : PackedGraphs
        With the fitted vocabulary.
    spec : BatchSpec
    device : str or torch.device
    dtype : torch.dtype
    features : ndarray of float, shape (n, k), optional
        What heads read beside the encoding.
    """

    def __init__(
        self,
        packed: PackedGraphs,
        spec: BatchSpec,
        device: str | torch.device,
        dtype: torch.dtype = torch.float32,
        features: np.ndarray[Any, Any] | None = None,
    ) -> None:
        super().__init__(len(packed), device)
        self.packed, self.spec, self.dtype, self.features = packed, spec, dtype, features
        self._order = TopologicalOrder(packed) if spec.sweeps else None

    def __call__(self, rows: np.ndarray[Any, Any]) -> BatchTables:
        """Tables of the architectures in `rows`."""
        batch = build_batch(self.packed, rows, self.spec)
        features = None if self.features is None else self.features[rows]
        training = (self.packed.training or NOTHING).of(rows)
        sweeps = None
        if self._order is not None:
            position, marks = batch.op_position, self.spec.n_marks
            sweeps = self._order.tables(rows, position, marks, self.device, self.dtype)
        return BatchTables.of(batch, self.device, self.dtype, features, training, sweeps)

    def observing(self, observed: np.ndarray[Any, Any]) -> GraphBatches:
        """The same, with performance observed at earlier points of training.

        Parameters
        ----------
        observed : ndarray of float32, shape (n, k - 1)
            Standardised; NaN where nothing was observed.
        """
        training = (self.packed.training or NOTHING)._replace(observed=observed)
        packed = replace(self.packed, training=training)
        return GraphBatches(packed, self.spec, self.device, self.dtype, self.features)
