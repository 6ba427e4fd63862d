"""Networks that learn a ranking of unlabelled architectures first, and from labels then."""

from __future__ import annotations

from typing import Any

from sklearn.base import clone

from .._targets import Floats
from ..base import BaseGraphEstimator

BATCH = 64
"""Unlabelled architectures a step, unless the network has a batch size: there are many."""


def taught(
    network: BaseGraphEstimator,
    unlabeled: Any,
    scores: Floats,
    operations: list[str],
    share: float = 0.2,
) -> BaseGraphEstimator:
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
    fitted: BaseGraphEstimator = clone(network)
    fitted.set_params(max_iter=max(round(share * fitted.max_iter), 1), warm_start=False)
    if isinstance(fitted.batch_size, str):
        fitted.set_params(batch_size=BATCH)
    if isinstance(fitted.operations, str):
        fitted.set_params(operations=operations)
    fitted.fit(unlabeled, scores)
    return fitted


def fine_tuned(
    known: BaseGraphEstimator, network: BaseGraphEstimator, X: Any, y: Floats, rate: float
) -> BaseGraphEstimator:
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
