"""A network over architectures, as a fit leaves it: trained further, saved, and asked."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn import get_config

from .._utils import Floats, progress
from ..graphs import Architectures, ArchitectureSequence, PackedGraphs, read_architectures
from ..graphs.errors import InvalidArchitectureError
from ..nn.batching import Batch, Batches, Chunk
from ..nn.devices import (
    Device,
    full_precision,
    on_cpu,
    resolve_device,
    safe_threads,
    single_precision,
    with_gradients,
)
from ..nn.evaluation import scores
from ..nn.predictor import GraphPredictor
from .losses import LOSSES
from .targets import TargetScaler, check_spread, hold_out, loss_columns
from .trainer import Scored, TrainingOptions, train

BATCH = 640
"""Architectures a batch when predicting: large enough to be fast, small in memory."""

MEMORY = 256
"""Megabytes that predicting takes beyond the model, for scikit-learn's usual working memory."""

USUAL = 1024
"""Scikit-learn's ``working_memory`` if nobody sets it."""

ROW = 72
"""Bytes of a node, operation or edge when predicting, for each number in a member's state."""

HELD = 24
"""The same in training, for each layer of each pass; a sweep is as two layers."""

Read = TypeVar("Read", bound=Batch)

ExtraLoss = Callable[[Any, Any, torch.Generator], torch.Tensor]


@dataclass
class FittedNetwork:
    """A model, what it knows of architectures and targets, and how far it is trained.

    Parameters
    ----------
    model : GraphPredictor
        Encoder and head, on `device`.
    spec : object
        What batches are to know of the model; its `n_marks` is the number of
        inputs that are told apart, its `attribute_names`, if any, are of the
        numbers beside operations that it reads.
    operations : list of str
        The vocabulary, sorted.
    n_cells : int
        Cells an architecture.
    device : str
        Where the model is.
    scaler : TargetScaler
        Of the targets in the first fit.
    in_units : bool
        Whether predictions have the unit of the targets.
    n_iter : int
        Epochs so far.
    history : dict of str to list of float
        See :class:`~tagates_sk.training.trainer.TrainingResult`.
    optimizer_state : dict or None
        To go on from.
    """

    model: GraphPredictor
    spec: Any
    operations: list[str]
    n_cells: int
    device: str
    scaler: TargetScaler
    in_units: bool
    n_iter: int = 0
    history: dict[str, list[float]] = field(default_factory=dict)
    optimizer_state: dict[str, Any] | None = None

    @property
    def n_targets(self) -> int:
        """Targets an architecture."""
        return len(self.scaler.mean)

    def conform(self, packed: PackedGraphs, handle_unknown: str) -> PackedGraphs:
        """Check architectures against those of fit; give them the fitted vocabulary.

        Raises
        ------
        InvalidArchitectureError
            If they have another number of cells, or more inputs.
        UnknownOperationError
            If there is an operation or attribute that fit did not see and `handle_unknown`
            is ``"error"``.
        """
        if packed.n_cells != self.n_cells:
            raise InvalidArchitectureError(
                f"The architectures of X have {packed.n_cells} cells, those seen in fit had "
                f"{self.n_cells}."
            )
        marks = int(packed.input_mark.max(initial=0))
        if marks >= self.spec.n_marks:
            raise InvalidArchitectureError(
                f"X has an input node with input={marks}; the largest seen in fit was "
                f"{self.spec.n_marks - 1}."
            )
        names = getattr(self.spec, "attribute_names", None)
        if names is not None:
            packed.check_attributes(names, handle_unknown)
        return packed.with_vocabulary(self.operations, handle_unknown)

    def chunks(
        self, batches: Batches[Read], rows: NDArray[np.integer[Any]] | None = None
    ) -> Iterator[Chunk[Read]]:
        """Chunks to predict, cut by how many architectures they are and by how large those are.

        Parameters
        ----------
        batches : Batches
        rows : ndarray of int, optional
            Which architectures; by default all.

        Raises
        ------
        InvalidArchitectureError
            If one alone is too large.
        """
        most = self._most_states(ROW)
        if most is None:
            return batches.chunks(BATCH, rows)
        sizes = batches.sizes()
        asked = np.arange(len(sizes)) if rows is None else rows
        for i in asked[sizes[asked] > most][:1]:
            megabytes = ceil(sizes[i] * ROW * self._width() / 2**20)
            raise InvalidArchitectureError(
                f"X[{batches.first + i}] has {sizes[i]:,} nodes, operations and edges, which take "
                f"{megabytes:,} MB; {most:,} fit into the working memory. "
                f"sklearn.set_config(working_memory={ceil(megabytes * USUAL / MEMORY)}) allows it."
            )
        return batches.chunks(BATCH, rows, most)

    def _width(self) -> int:
        """Numbers in the states of all members; 0 for what bounds its batches itself."""
        config = getattr(self.model.encoder, "config", None)
        return 0 if config is None else int(config.layer_dim * config.n_members)

    def _most_states(self, each: float) -> int | None:
        """States that may be held at a time, if each takes so many bytes a number."""
        width = self._width()
        return int(MEMORY * 2**20 * _share() / (each * width)) if width else None

    def _most_to_train(self, batches: Batches[Batch]) -> int | None:
        """Architectures that a step may have, 2 at least."""
        config = getattr(self.model.encoder, "config", None)
        if config is None:
            return None
        swept = config.propagation == "asynchronous"
        most = self._most_states(HELD * (2 * config.T - 1) * (2 if swept else config.n_layers))
        assert most is not None
        return max(2, most // max(1, int(batches.sizes().max(initial=0))))

    @safe_threads()
    @with_gradients()
    @full_precision()
    def train(
        self,
        batches: Batches[Batch],
        columns: Floats,
        weights: Floats | None,
        options: TrainingOptions,
        rng: np.random.RandomState,
        *,
        y: Floats | None = None,
        validation_fraction: float | None = None,
        metric: Callable[[Any, Floats, Any], float] | None = None,
        draws: Floats | None = None,
        column_weights: Floats | None = None,
        extra_loss: ExtraLoss | None = None,
        per_member: bool = False,
        fixed_batches: bool = True,
    ) -> None:
        """Train the model further.

        Parameters
        ----------
        batches : Batches
            Of n architectures.
        columns : ndarray of float, shape (n, n_scores)
            What the loss reads for every score of a member; NaN where there is
            none.
        weights : ndarray of float, shape (n,), or None
            Of the architectures.
        options : TrainingOptions
        rng : numpy RandomState
        y : ndarray of float, shape (n, n_targets), optional
            Targets in their units, for validation.
        validation_fraction : float, optional
            Share of the architectures to hold out and watch.
        metric : callable, optional
            What is watched, see :class:`~tagates_sk.training.tasks.Task`.
        draws : ndarray of float, shape (n, n_members), optional
            How often each member sees each architecture; by default once.
        column_weights : ndarray of float, shape (n_scores * n_members,), optional
            How much the loss of each score counts; by default equally.
        extra_loss : callable, optional
            ``extra_loss(batch, encoding, generator)`` is added to the loss of a
            step.
        per_member : bool, default=False
            Whether `columns` has a column for each score of each member already.
        fixed_batches : bool, default=True
            Whether steps have as many architectures as `options` say, however
            large these are.
        """
        if not fixed_batches and (most := self._most_to_train(batches)) is not None:
            options = replace(options, batch_size=min(options.batch_size, most))
        rows: NDArray[np.integer[Any]] = np.arange(len(columns))
        validate = None
        if validation_fraction is not None:
            assert y is not None
            rows, held_out = hold_out(y, weights, validation_fraction, rng)
            watched = list(self.chunks(batches, held_out))

            def validate() -> float:
                assert metric is not None
                predicted = self.predict(watched)[:, -1].mean(1)
                held_out_weights = None if weights is None else weights[held_out]
                return metric(y[held_out, -1], predicted, held_out_weights)

        targets, sample_weights = columns[rows], None
        if not per_member:
            targets, sample_weights = loss_columns(
                targets,
                None if weights is None else weights[rows],
                None if draws is None else draws[rows],
                self.model.n_members,
            )

        def score(chosen: Any, generator: torch.Generator) -> Scored:
            batch = batches(rows[chosen])
            scored, encoding = self.model(batch, generator)
            return scored, None if extra_loss is None else extra_loss(batch, encoding, generator)

        def on_device(values: Any) -> Any:
            return None if values is None else torch.from_numpy(values).float().to(self.device)

        result = train(
            self.model,
            score,
            on_device(targets),
            on_device(sample_weights),
            options,
            rng,
            column_weights=on_device(column_weights),
            validate=validate,
            optimizer_state=self.optimizer_state,
        )
        self.n_iter += result.n_iter
        self.optimizer_state = result.optimizer_state
        for key, values in result.history.items():
            self.history.setdefault(key, []).extend(values)

    def predict(self, chunks: Iterable[Chunk[Batch]]) -> Floats:
        """Predictions for all targets by all members, shape (n, n_targets, n_members)."""
        columns = scores(self.model, chunks)
        by_target = columns.reshape(len(columns), self.n_targets, -1)
        return self.scaler.in_units(by_target) if self.in_units else by_target

    def __getstate__(self) -> dict[str, Any]:
        state = vars(self).copy()
        if self.device != "cpu":
            # So that a machine without this device can load it.
            state["model"] = copy.deepcopy(self.model).cpu()
            state["optimizer_state"] = on_cpu(self.optimizer_state)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.to(resolve_device(self.device, fallback=True))

    def to(self, device: torch.device) -> None:
        """Move the model."""
        self.device = str(device)
        self.model.to(device)


def _share() -> float:
    """Of the usual working memory, what scikit-learn is configured to use."""
    return float(get_config()["working_memory"]) / USUAL


def start_network(
    packed: PackedGraphs,
    y: Floats,
    weights: Floats | None,
    rng: np.random.RandomState,
    *,
    loss: str,
    in_units: bool,
    operations: Iterable[str],
    device: str | Device,
    build: Callable[[PackedGraphs, int], tuple[GraphPredictor, Any]],
) -> tuple[FittedNetwork, PackedGraphs]:
    """A network that has seen no epoch, and the architectures with its vocabulary.

    Parameters
    ----------
    packed : PackedGraphs
    y : ndarray of float, shape (n, k)
        Checked targets.
    weights : ndarray of float, shape (n,), or None
    rng : numpy RandomState
        Draws the seed of the initial weights.
    loss : str
        Name in :data:`~tagates_sk.training.losses.LOSSES`.
    in_units : bool
        Whether predictions have the unit of the targets.
    operations : iterable of str
        The vocabulary.
    device : str or torch.device
    build : callable
        ``build(packed, seed)`` makes the model, and what batches are to know.

    Raises
    ------
    ValueError
        If targets cannot be standardised, or there is no such device.
    """
    scaler = TargetScaler.of(y, weights)
    if not LOSSES[loss].reads_order:
        names = [f"Column {j} of y" for j in range(y.shape[1])]
        check_spread(scaler.mean, scaler.std, names)
    vocabulary = sorted(operations)
    packed = packed.with_vocabulary(vocabulary)
    where = resolve_device(device)
    with single_precision():
        model, spec = build(packed, int(rng.randint(2**31 - 1)))
    network = FittedNetwork(
        model.to(where), spec, vocabulary, packed.n_cells, str(where), scaler, in_units
    )
    return network, packed


class Part(NamedTuple):
    """Some of the architectures to predict.

    Parameters
    ----------
    X : ArchitectureSequence
        They, read.
    packed : PackedGraphs
        Their graphs; errors count architectures from the first of all.
    rows : slice
        Which they are.
    """

    X: ArchitectureSequence
    packed: PackedGraphs
    rows: slice


def read_in_parts(X: Any, verbose: Any, size: int | None = None) -> Iterator[Part]:
    """Architectures to predict, read as they are needed so that memory stays bounded.

    Parameters
    ----------
    X : sequence of n architectures
    verbose : int or bool
        Whether to show a progress bar.
    size : int, optional
        Architectures a part; by default a batch.
    """
    size = BATCH if size is None else size

    def read(part: Any, rows: slice) -> Part:
        packed = read_architectures(part, start=rows.start or 0)
        known = isinstance(part, Architectures)  # which reads its graphs once
        return Part(part if known else Architectures.from_packed(part, packed), packed, rows)

    sliceable = isinstance(X, (Sequence, np.ndarray)) and not isinstance(X, str)
    if not sliceable or len(X) <= size:
        yield read(X, slice(None))
        return
    for start in progress(range(0, len(X), size), verbose, desc="predict", unit="batch"):
        rows = slice(start, start + size)
        yield read(X[rows], rows)
