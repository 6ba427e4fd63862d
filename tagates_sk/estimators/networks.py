"""Networks as members of a blend: each leaves out a part of the labels, and is judged by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._utils import Floats
from ..graphs import PackedGraphs
from ..nn.dagnn import DAGNNEncoder
from ..nn.padded import CellBatches, CellSpec
from ..nn.predictor import GraphPredictor, head_widths, seeded
from ..training.network import BATCH, FittedNetwork, read_in_parts, start_network
from ..training.targets import loss_targets
from ..training.tasks import RANKING
from ..training.trainer import training_options
from .encoder import Labelled

N_FOLDS = 5
"""Parts of the labels, of which each network leaves out one."""

FEWEST = 20
"""Labels below which networks see all of them."""

DAGNN_SIZES: dict[str, Any] = {"op_dim": 48, "layer_dim": 64, "n_layers": 2, "n_members": 2}


def draws_by_fold(n: int, n_members: int, first: int, rng: np.random.RandomState) -> Floats | None:
    """How often each network sees each architecture: not at all those of its own fold.

    Parameters
    ----------
    n, n_members : int
    first : int
        Fold of the first network; the others have those that follow.
    rng : numpy RandomState

    Returns
    -------
    ndarray of float, shape (n, n_members), or None
        None where there are so few architectures that all see all.
    """
    if n < FEWEST:
        return None
    fold = rng.permutation(n) % N_FOLDS
    own = (first + np.arange(n_members)) % N_FOLDS
    return (fold[:, None] != own).astype(np.float64)


@dataclass
class MemberScale:
    """Scores of networks side by side as one member.

    Parameters
    ----------
    mean, std : ndarray of float, shape (n_members,)
        Of each network's scores of the architectures of fit.
    """

    mean: Floats
    std: Floats

    @classmethod
    def of(cls, scores: Floats) -> MemberScale:
        """Learn them from scores, shape (n, n_members)."""
        std = scores.std(0)
        return cls(scores.mean(0), np.where(std > 0, std, 1.0))

    def standardised(self, scores: Floats) -> Floats:
        """Scores of every network on one scale."""
        return (scores - self.mean) / self.std

    def unseen(self, scores: Floats, draws: Floats | None) -> Floats:
        """Mean over the networks that have not seen an architecture; NaN where all have."""
        if draws is None:
            return np.full(len(scores), np.nan)
        left_out = draws == 0
        total = left_out.sum(1)
        sums = np.where(left_out, self.standardised(scores), 0.0).sum(1)
        return np.where(total > 0, sums / np.maximum(total, 1), np.nan)


@dataclass
class DAGNNs:
    """Recurrent passes in topological order, trained to rank.

    They err where TA-GATES does not, see
    :class:`~tagates_sk.baselines.DAGNNRanker`.

    Parameters
    ----------
    network : FittedNetwork
    """

    network: FittedNetwork

    @classmethod
    def start(
        cls, data: Labelled, parameters: Mapping[str, Any], rng: np.random.RandomState
    ) -> DAGNNs:
        """Networks that have seen no epoch.

        Parameters
        ----------
        data : Labelled
        parameters : mapping
            Of the estimator: head, dropout and options of training.
        rng : numpy RandomState
        """
        sizes = DAGNN_SIZES

        def build(packed: PackedGraphs, seed: int) -> tuple[GraphPredictor, CellSpec]:
            spec, generator = CellSpec.of(packed), seeded(seed)
            arguments = (spec, sizes["op_dim"], sizes["layer_dim"], sizes["n_layers"])
            encoder = DAGNNEncoder(*arguments, sizes["n_members"], generator)
            width = DAGNNEncoder.width(spec, sizes["layer_dim"], sizes["n_layers"])
            head = head_widths(parameters["head"])
            dropout = parameters["dropout"]
            model = GraphPredictor(encoder, width, head, dropout, generator, sizes["n_members"])
            return model, spec

        given = parameters["operations"]
        network, _ = start_network(
            data.packed,
            data.y,
            data.weights,
            rng,
            loss=RANKING.loss,
            in_units=False,
            operations=data.packed.used_operations() if isinstance(given, str) else set(given),
            device=parameters["device"],
            build=build,
        )
        return cls(network)

    def train(
        self,
        data: Labelled,
        parameters: Mapping[str, Any],
        rng: np.random.RandomState,
        draws: Floats | None = None,
        **changes: Any,
    ) -> None:
        """Train further.

        Parameters
        ----------
        data : Labelled
            With one target an architecture.
        parameters : mapping
        rng : numpy RandomState
        draws : ndarray of float, shape (n, n_members), or None
            How often each network sees each architecture.
        **changes
            Options of training.
        """
        options = training_options(
            {**parameters, "loss": "auto", "margin": 0.03}, RANKING, len(data.y), **changes
        )
        network = self.network
        batches = CellBatches(network.conform(data.packed, "ignore"), network.device)
        columns = loss_targets(data.y, network.scaler, options.loss)
        network.train(batches, columns, data.weights, options, rng, draws=draws)

    def predict(self, X: Any) -> Floats:
        """Scores of every network, shape (n, n_members)."""
        return self.network.predict(
            batch
            for _, packed, _ in read_in_parts(X, 0)
            for batch in CellBatches(
                self.network.conform(packed, "ignore"), self.network.device
            ).chunks(BATCH)
        )[:, -1]
