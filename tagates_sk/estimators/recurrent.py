"""DAGNNs side by side, as a kind of network in a blend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import Floats
from ..graphs import PackedGraphs
from ..nn.dagnn import DAGNNEncoder
from ..nn.padded import CellBatches, CellSpec
from ..nn.predictor import GraphPredictor, head_widths, seeded
from ..nn.transfer import EncoderState
from ..training.conditions import KnownConditions
from ..training.network import FittedNetwork, read_in_parts, start_network
from ..training.targets import loss_targets
from ..training.tasks import Task
from ..training.trainer import training_options
from .encoder import Labelled, vocabulary

N_LAYERS = 2
"""Number of passes, each along the edges and back."""

BATCH_OF_MANY = 32
"""Architectures per step, if there are many."""

LARGEST = 64
"""Most operations in a cell, since tables grow with the square."""


def are_small(packed: PackedGraphs) -> NDArray[np.bool_]:
    """Whether all cells of each architecture are small enough for these networks."""
    operations = np.diff(packed.op_ptr).reshape(-1, packed.n_cells)
    small: NDArray[np.bool_] = operations.max(1) <= LARGEST
    return small


@dataclass
class RecurrentNetworks:
    """DAGNNs with heads, fitted (Thost and Chen, "Directed acyclic graph neural networks", 2021).

    Parameters
    ----------
    network : FittedNetwork
    op_dim, layer_dim : int
        Widths of operation embeddings and of states.
    n_members : int
    """

    network: FittedNetwork
    op_dim: int
    layer_dim: int
    n_members: int

    @classmethod
    def start(
        cls,
        data: Labelled,
        task: Task,
        parameters: Mapping[str, Any],
        source: EncoderState | None,
        known: KnownConditions | None,
        rng: np.random.RandomState,
    ) -> RecurrentNetworks:
        """Make untrained networks.

        Parameters
        ----------
        data : Labelled
        task : Task
        parameters : mapping
        source, known : None
            These networks support neither pre-trained encoders nor training conditions.
        rng : numpy RandomState
        """
        assert source is None
        assert known is None
        sizes = [parameters[name] for name in ("op_dim", "layer_dim", "n_members")]
        head = head_widths(parameters["head"])

        def build(packed: PackedGraphs, seed: int) -> tuple[GraphPredictor, CellSpec]:
            spec = CellSpec.of(packed)
            model = _with_initial_weights(spec, head, parameters["dropout"], seed, *sizes)
            return model, spec

        network, _ = start_network(
            data.packed,
            data.y,
            data.weights,
            rng,
            loss=task.loss if parameters["loss"] == "auto" else parameters["loss"],
            in_units=task.in_units,
            operations=vocabulary(data.packed, parameters["operations"], None),
            device=parameters["device"],
            build=build,
        )
        return cls(network, *sizes)

    def _model(self, spec: CellSpec, head: list[int], dropout: float, seed: int) -> GraphPredictor:
        """Networks of these sizes with initial weights."""
        sizes = self.op_dim, self.layer_dim, self.n_members
        return _with_initial_weights(spec, head, dropout, seed, *sizes)

    def train(
        self,
        data: Labelled,
        task: Task,
        parameters: Mapping[str, Any],
        rng: np.random.RandomState,
        *,
        starts_from_another: bool = False,
        early_stopping: bool = False,
        draws: Floats | None = None,
        **changes: Any,
    ) -> Floats | None:
        """Train further.

        Parameters
        ----------
        data : Labelled
        task : Task
        parameters : mapping
        rng : numpy RandomState
        starts_from_another, early_stopping : False
            As in :meth:`~tagates_sk.estimators.encoder.Encoders.train`.
        draws : ndarray of float, shape (n, n_members), optional
            How often each member sees each architecture; by default once.
        **changes
            Options of training.

        Returns
        -------
        ndarray of float, shape (n, n_members), or None
            The draws.
        """
        assert not starts_from_another
        assert not early_stopping
        network = self.network
        packed = network.conform(data.packed, parameters["handle_unknown"])
        options = training_options(
            dict(parameters), task, len(data.y), batch_of_many=BATCH_OF_MANY, **changes
        )
        network.train(
            CellBatches(packed, network.device),
            loss_targets(data.y, network.scaler, options.loss),
            data.weights,
            options,
            rng,
            draws=draws,
        )
        return draws

    def predict(self, X: Any, handle_unknown: str, verbose: Any = 0) -> Floats:
        """Predictions of all members, shape (n, 1, n_members).

        NaN for architectures with a cell that is too large.
        """
        found = []
        for part in read_in_parts(X, verbose):
            packed = self.network.conform(part.packed, handle_unknown)
            fitting = np.flatnonzero(are_small(packed))
            predicted = np.full((len(packed), 1, self.n_members), np.nan)
            if len(fitting):
                packed = packed if len(fitting) == len(packed) else packed.take(fitting)
                batches = CellBatches(packed, self.network.device)
                predicted[fitting] = self.network.predict(self.network.chunks(batches))
            found.append(predicted)
        return np.concatenate(found)


def _with_initial_weights(
    spec: CellSpec,
    head: list[int],
    dropout: float,
    seed: int,
    op_dim: int,
    layer_dim: int,
    n_members: int,
) -> GraphPredictor:
    generator = seeded(seed)
    encoder = DAGNNEncoder(spec, op_dim, layer_dim, N_LAYERS, n_members, generator)
    width = DAGNNEncoder.width(spec, layer_dim, N_LAYERS)
    return GraphPredictor(encoder, width, head, dropout, generator, n_members)
