"""Networks that first learn to rank unlabelled architectures by scores, then from labels."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_memory

from .._utils import Floats, draw_seed
from ..graphs import ArchitectureSequence, PackedGraphs
from ..graphs.architectures import join
from ..nn.transfer import EncoderState
from ..training.tasks import RANKING
from .encoder import Labelled
from .label_free import LabelFree
from .networks import Kind, Networks

N_UNLABELED = 2000
"""Number of unlabelled architectures, drawn at random, that networks learn from."""

BATCH = 64
"""Unlabelled architectures per step, unless the estimator sets a batch size."""

PRETRAINING_SHARE = 0.2
"""Share of `max_iter` spent on the consensus of proxies."""

SELF_TRAINING_SHARE = 0.1
"""Share of `max_iter` spent on the blend's scores of unlabelled architectures."""

FINE_TUNING_SHARE = 0.5
"""Share of `max_iter` spent on the labels afterwards."""

FINE_TUNING_RATE = 0.3
"""Factor for the learning rate from then on."""

FULL_RATE = 200
"""Labels needed for that; fewer are soon memorised, so they are learned more slowly."""


@dataclass
class PseudoLabels:
    """Unlabelled architectures, and how networks learn from them.

    Parameters
    ----------
    X : ArchitectureSequence of n architectures
    packed : PackedGraphs
        Of X.
    rows : ndarray of int, shape (n,)
        Their rows in :class:`~tagates_sk.estimators.label_free.LabelFree`.
    consensus : ndarray of float, shape (n,)
        The consensus of proxies.
    operations : list of str
        All operations that may occur.
    seeds : list of int
        Seeds of the networks' weights, one for each round.
    """

    X: ArchitectureSequence
    packed: PackedGraphs
    rows: NDArray[np.integer[Any]]
    consensus: Floats
    operations: list[str]
    seeds: list[int]

    @classmethod
    def draw(cls, known: LabelFree, labelled: Labelled, rng: np.random.RandomState) -> PseudoLabels:
        """Draw unlabelled architectures.

        They include an architecture with the highest input number: networks must see
        every input in training.

        Parameters
        ----------
        known : LabelFree
        labelled : Labelled
        rng : numpy RandomState
            The draws do not depend on the labels.
        """
        unlabeled, scores = known.unlabeled, known.scores
        assert unlabeled is not None
        assert scores is not None
        rows = rng.permutation(len(unlabeled))[:N_UNLABELED]
        seeds = [draw_seed(rng), draw_seed(rng)]
        inputs = _inputs(known.packed)
        of_unlabeled = inputs[: len(unlabeled)]
        if inputs[rows].max() < of_unlabeled.max():
            rows[-1] = of_unlabeled.argmax()
        X: ArchitectureSequence = unlabeled[rows]
        if inputs.max() > of_unlabeled.max():
            most = int(inputs.argmax())
            X = join([X, labelled.X[[most - len(unlabeled)]]])
            rows = np.append(rows, most)
        operations = known.packed.used_operations()
        return cls(X, X.packed(), rows, scores[rows, -1], operations, seeds)

    def pretrained(self, memory: Any, kind: Kind, verbose: Any) -> Networks:
        """Train networks to rank the architectures by the consensus of proxies.

        Parameters
        ----------
        memory : str, path, joblib.Memory or None
            Where to cache them.
        kind : Kind
        verbose : int, bool or Stages
        """
        where = os.fspath(memory) if isinstance(memory, os.PathLike) else memory
        train = check_memory(where).cache(pretrain_on_scores, ignore=["verbose"])
        return self._train(train, self.consensus, 0, kind, verbose)

    def self_trained(self, labels: Floats, kind: Kind, verbose: Any) -> Networks:
        """Train networks to rank the architectures by pseudo-labels, shape (n,).

        They start from other weights, so that individual errors of the first networks
        do not persist.
        """
        return self._train(pretrain_on_scores, labels, 1, kind, verbose)

    def _train(
        self, train: Callable[..., Networks], scores: Floats, round_: int, kind: Kind, verbose: Any
    ) -> Networks:
        # Everything that a cached network depends on.
        own = {name: v for name, v in kind.parameters.items() if name not in _NOT_OF_NETWORKS}
        given = own["operations"]
        own["operations"] = sorted(
            set(given)
            if not isinstance(given, str)
            else {*self.operations, *(kind.source.operations if kind.source else ())}
        )
        share = (PRETRAINING_SHARE, SELF_TRAINING_SHARE)[round_]
        n_epochs = max(round(share * own["max_iter"]), 1)
        data = (self.X, self.packed, scores)
        start, seed = kind.networks.start, self.seeds[round_]
        return train(start, *data, own, kind.source, n_epochs, seed, verbose=verbose)


_NOT_OF_NETWORKS = ("proxies", "memory", "members", "random_state", "verbose", "warm_start")


def fine_tuning(parameters: Mapping[str, Any], n: int) -> dict[str, Any]:
    """Options for training on n labels after pseudo-labels."""
    rate = FINE_TUNING_RATE * min(n / FULL_RATE, 1.0)
    return {
        "max_iter": max(round(FINE_TUNING_SHARE * parameters["max_iter"]), 1),
        "learning_rate": rate * parameters["learning_rate"],
    }


def pretrain_on_scores(
    start: Callable[..., Networks],
    X: ArchitectureSequence,
    packed: PackedGraphs,
    scores: Floats,
    parameters: Mapping[str, Any],
    source: EncoderState | None,
    n_epochs: int,
    seed: int,
    verbose: Any = 0,
) -> Networks:
    """Train networks to rank architectures by scores.

    Parameters
    ----------
    start : callable
        Makes untrained networks.
    X : ArchitectureSequence of n architectures
    packed : PackedGraphs
        Of X.
    scores : ndarray of float, shape (n,)
    parameters : mapping
        Parameters of the estimator that affect training.
    source : EncoderState or None
    n_epochs, seed : int
    verbose : int, bool or Stages
    """
    rng = np.random.RandomState(seed)
    parameters = {**parameters, "verbose": verbose}
    data = Labelled(X, packed, scores[:, None])
    network = start(data, RANKING, parameters, source, None, rng)
    size = parameters["batch_size"]
    network.train(
        data,
        RANKING,
        parameters,
        rng,
        starts_from_another=source is not None,
        early_stopping=False,
        max_iter=n_epochs,
        batch_size=BATCH if isinstance(size, str) else size,
    )
    return network


def _inputs(graphs: PackedGraphs) -> NDArray[np.integer[Any]]:
    """The highest input number of each architecture."""
    first = graphs.node_ptr[: -1 : graphs.n_cells]
    largest: NDArray[np.integer[Any]] = np.maximum.reduceat(graphs.input_mark, first)
    return largest
