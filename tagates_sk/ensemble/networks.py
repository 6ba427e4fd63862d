"""Networks that learn a ranking of unlabelled architectures first, and from labels then."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils import shuffle

from .._utils import Floats
from ..graphs import ArchitectureSequence, PackedGraphs
from ..graphs.architectures import join
from ..training.estimator import NetworkEstimator

BATCH = 64
"""Unlabelled architectures a step, unless the network has a batch size: there are many."""


class Pool(NamedTuple):
    """Architectures, their graphs, and what :class:`~tagates_sk.ensemble.ProxyRanks` says of them.

    Parameters
    ----------
    X : ArchitectureSequence of n architectures
    packed : PackedGraphs
        Of X.
    ranks : ndarray of float64, shape (n, n_scores + 1)
    """

    X: ArchitectureSequence
    packed: PackedGraphs
    ranks: Floats


def sample(
    reference: Pool, labelled: Pool, size: int, rng: np.random.RandomState
) -> tuple[ArchitectureSequence, Floats]:
    """Architectures that networks learn from before they see a label.

    Parameters
    ----------
    reference, labelled : Pool
    size : int
        How many of `reference`, all if it has less.
    rng : RandomState

    Returns
    -------
    unlabeled : ArchitectureSequence
        As drawn, and with as many inputs among them as there are in either
        pool: whatever comes, networks must have seen them.
    ranks : ndarray of float64, shape (n, n_scores + 1)
        Theirs.
    """
    chosen = shuffle(np.arange(len(reference.packed)), random_state=rng)[:size]
    inputs, of_labelled = _inputs(reference.packed), _inputs(labelled.packed)
    if inputs[chosen].max() < inputs.max():
        chosen[-1] = inputs.argmax()
    unlabeled: ArchitectureSequence = reference.X[chosen]
    ranks = reference.ranks[chosen]
    if of_labelled.max() > inputs.max():
        most = int(of_labelled.argmax())
        unlabeled = join([unlabeled, labelled.X[[most]]])
        ranks = np.vstack([ranks, labelled.ranks[most]])
    return unlabeled, ranks


def taught(
    network: NetworkEstimator,
    unlabeled: Any,
    scores: Floats,
    operations: list[str],
    share: float = 0.2,
) -> NetworkEstimator:
    """A network that has learned to rank many architectures by scores of theirs.

    Parameters
    ----------
    network : estimator
        Not changed.
    unlabeled : sequence of m architectures
    scores : ndarray of float64, shape (m,)
    operations : list of str
        All that may occur, unless the network has its own list.
    share : float, default=0.2
        Of its `max_iter`.

    Returns
    -------
    estimator
        The fitted network.
    """
    fitted: NetworkEstimator = clone(network)
    fitted.set_params(max_iter=max(round(share * fitted.max_iter), 1), warm_start=False)
    if isinstance(fitted.batch_size, str):
        fitted.set_params(batch_size=BATCH)
    if isinstance(fitted.operations, str):
        fitted.set_params(operations=operations)
    fitted.fit(unlabeled, scores)
    return fitted


def fine_tuned(
    known: NetworkEstimator, network: NetworkEstimator, X: Any, y: Floats, rate: float
) -> NetworkEstimator:
    """The network, after it has learned from labels.

    Parameters
    ----------
    known : estimator
        From :func:`taught`; it is trained on.
    network : estimator
        What it was made from.
    X : sequence of n architectures
    y : ndarray of float64, shape (n,)
    rate : float
        What the learning rate is multiplied by.

    Returns
    -------
    estimator
        `known`, with half of the `max_iter` of `network` more and with its
        parameters.
    """
    wanted = network.get_params(deep=False)
    known.set_params(
        batch_size=wanted["batch_size"],
        max_iter=max(wanted["max_iter"] // 2, 1),
        learning_rate=rate * wanted["learning_rate"],
        warm_start=True,
    )
    known.fit(X, y)
    changed = ("max_iter", "learning_rate", "warm_start", "operations")
    known.set_params(**{name: wanted[name] for name in changed})
    return known


def _inputs(graphs: PackedGraphs) -> NDArray[np.integer[Any]]:
    """The largest number of an input of each architecture."""
    first = graphs.node_ptr[: -1 : graphs.n_cells]
    largest: NDArray[np.integer[Any]] = np.maximum.reduceat(graphs.input_mark, first)
    return largest
