"""Networks that learn to rank unlabelled architectures by scores first, and from labels then."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_memory

from .._utils import Floats
from ..graphs import ArchitectureSequence, PackedGraphs
from ..graphs.architectures import join
from ..nn.transfer import EncoderState
from ..training.targets import TargetScaler
from ..training.tasks import RANKING
from .encoder import Encoders, Labelled, vocabulary
from .label_free import LabelFree
from .networks import DAGNNs

N_UNLABELED = 2000
"""Unlabelled architectures, drawn at random, that networks learn from."""

BATCH = 64
"""Unlabelled architectures a step, unless the estimator has a batch size: there are many."""

PRETRAINING_SHARE = 0.2
"""Of `max_iter`, on the consensus of proxies."""

SELF_TRAINING_SHARE = 0.1
"""Of `max_iter`, on what the blend says of unlabelled architectures."""

FINE_TUNING_SHARE = 0.5
"""Of `max_iter`, on the labels then."""

FINE_TUNING_RATE = 0.3
"""What the learning rate is multiplied by from then on."""

FULL_RATE = 200
"""Labels from which on that is so; fewer, which are soon learned by heart, are learned slower."""

Networks = Encoders | DAGNNs

Kind = type[Encoders] | type[DAGNNs]

KINDS: tuple[Kind, ...] = (Encoders, DAGNNs)
"""Of networks, which read a graph in different ways and err in different places."""

NAMES: dict[Kind, str] = {Encoders: "TA-GATES", DAGNNs: "DAGNN"}


@dataclass
class PseudoLabels:
    """Unlabelled architectures that networks learn from, and how they do.

    Parameters
    ----------
    X : ArchitectureSequence of n architectures
    packed : PackedGraphs
        Of X.
    rows : ndarray of int, shape (n,)
        Where they are in :class:`~tagates_sk.estimators.label_free.LabelFree`.
    consensus : ndarray of float, shape (n,)
        Of proxies.
    parameters : mapping
        Of the estimator; its `operations` are all that may occur.
    source : EncoderState or None
        Whose weights encoders start from.
    seeds : ndarray of int, shape (n_kinds, 2)
        Of each kind of networks, in both rounds.
    """

    X: ArchitectureSequence
    packed: PackedGraphs
    rows: NDArray[np.integer[Any]]
    consensus: Floats
    parameters: Mapping[str, Any]
    source: EncoderState | None
    seeds: NDArray[np.integer[Any]]

    @classmethod
    def draw(
        cls,
        known: LabelFree,
        labelled: Labelled,
        parameters: Mapping[str, Any],
        source: EncoderState | None,
        rng: np.random.RandomState,
    ) -> PseudoLabels:
        """Draw unlabelled architectures.

        As many inputs are among them as there are in any architecture: networks
        must have seen whatever comes.

        Parameters
        ----------
        known : LabelFree
        labelled : Labelled
        parameters : mapping
        source : EncoderState or None
        rng : numpy RandomState
            The draws do not depend on the labels.
        """
        unlabeled, scores = known.unlabeled, known.scores
        assert unlabeled is not None
        assert scores is not None
        rows = rng.permutation(len(unlabeled))[:N_UNLABELED]
        seeds = rng.randint(np.iinfo(np.int32).max, size=(len(KINDS), 2))
        inputs = _inputs(known.packed)
        of_unlabeled = inputs[: len(unlabeled)]
        if inputs[rows].max() < of_unlabeled.max():
            rows[-1] = of_unlabeled.argmax()
        X: ArchitectureSequence = unlabeled[rows]
        if inputs.max() > of_unlabeled.max():
            most = int(inputs.argmax())
            X = join([X, labelled.X[[most - len(unlabeled)]]])
            rows = np.append(rows, most)
        operations = sorted(vocabulary(known.packed, parameters["operations"], source))
        # What a stored network depends on.
        parameters = {name: v for name, v in parameters.items() if name not in _NOT_OF_NETWORKS}
        parameters["operations"] = operations
        return cls(X, X.packed(), rows, scores[rows, -1], parameters, source, seeds)

    def pretrained(self, memory: Any, kind: Kind, verbose: Any) -> Networks:
        """Networks that have learned to rank the architectures by the consensus of proxies.

        Parameters
        ----------
        memory : str, path, joblib.Memory or None
            Where they are kept.
        kind : type
            Of KINDS.
        verbose : int, bool or Stages
        """
        where = os.fspath(memory) if isinstance(memory, os.PathLike) else memory
        train = check_memory(where).cache(pretrain_on_scores, ignore=["verbose"])
        return self._train(train, self.consensus, PRETRAINING_SHARE, kind, verbose)

    def self_trained(self, labels: Floats, kind: Kind, verbose: Any) -> Networks:
        """Networks that have learned to rank the architectures by pseudo-labels, shape (n,)."""
        return self._train(pretrain_on_scores, labels, SELF_TRAINING_SHARE, kind, verbose)

    def _train(
        self, train: Callable[..., Networks], scores: Floats, share: float, kind: Kind, verbose: Any
    ) -> Networks:
        n_epochs = max(round(share * self.parameters["max_iter"]), 1)
        # In the second round they start anew, from other weights.
        seed = self.seeds[KINDS.index(kind), int(share == SELF_TRAINING_SHARE)]
        data = (self.X, self.packed, scores)
        return train(kind, *data, self.parameters, self.source, n_epochs, seed, verbose=verbose)


_NOT_OF_NETWORKS = ("proxies", "memory", "members", "random_state", "verbose", "warm_start")


def start_networks(
    kind: Kind,
    data: Labelled,
    parameters: Mapping[str, Any],
    source: EncoderState | None,
    rng: np.random.RandomState,
) -> Networks:
    """Networks of a kind that have seen no epoch."""
    if kind is Encoders:
        return Encoders.start(data, RANKING, parameters, source, None, rng)
    return DAGNNs.start(data, parameters, rng)


def train_networks(
    networks: Networks,
    data: Labelled,
    parameters: Mapping[str, Any],
    rng: np.random.RandomState,
    *,
    draws: Floats | None = None,
    starts_from_another: bool = False,
    early_stopping: bool = False,
    **changes: Any,
) -> Floats | None:
    """Train networks further; how often each has seen each architecture, None for once."""
    if isinstance(networks, DAGNNs):
        networks.train(data, parameters, rng, draws, **changes)
        return draws
    return networks.train(
        data,
        RANKING,
        parameters,
        rng,
        starts_from_another=starts_from_another,
        early_stopping=early_stopping,
        draws=draws,
        **changes,
    )


def fine_tuning(parameters: Mapping[str, Any], n: int) -> dict[str, Any]:
    """Options of training on n labels after pseudo-labels."""
    rate = FINE_TUNING_RATE * min(n / FULL_RATE, 1.0)
    return {
        "max_iter": max(round(FINE_TUNING_SHARE * parameters["max_iter"]), 1),
        "learning_rate": rate * parameters["learning_rate"],
    }


def pretrain_on_scores(
    kind: Kind,
    X: ArchitectureSequence,
    packed: PackedGraphs,
    scores: Floats,
    parameters: Mapping[str, Any],
    source: EncoderState | None,
    n_epochs: int,
    seed: int,
    verbose: Any = 0,
) -> Networks:
    """Networks that have learned to rank architectures by scores.

    Parameters
    ----------
    kind : type
        Of KINDS.
    X : ArchitectureSequence of n architectures
    packed : PackedGraphs
        Of X.
    scores : ndarray of float, shape (n,)
    parameters : mapping
        Of the estimator, but for those that have no part in it.
    source : EncoderState or None
    n_epochs, seed : int
    verbose : int, bool or Stages
    """
    rng = np.random.RandomState(seed)
    parameters = {**parameters, "verbose": verbose}
    data = Labelled(X, packed, scores[:, None])
    networks = start_networks(kind, data, parameters, source, rng)
    size = parameters["batch_size"]
    train_networks(
        networks,
        data,
        parameters,
        rng,
        starts_from_another=source is not None,
        max_iter=n_epochs,
        batch_size=BATCH if isinstance(size, str) else size,
    )
    return networks


def rescale(networks: Networks, data: Labelled) -> None:
    """Give networks the targets' unit in the place of that of pseudo-labels."""
    networks.network.scaler = TargetScaler.of(data.y, data.weights)


def _inputs(graphs: PackedGraphs) -> NDArray[np.integer[Any]]:
    """The largest number of an input of each architecture."""
    first = graphs.node_ptr[: -1 : graphs.n_cells]
    largest: NDArray[np.integer[Any]] = np.maximum.reduceat(graphs.input_mark, first)
    return largest
