"""Networks that learn a label-free ranking first, and from labels then."""

from __future__ import annotations

from typing import Any

from sklearn.base import clone

from .._targets import Floats
from ..base import BaseGraphEstimator


def taught(
    network: BaseGraphEstimator, unlabeled: Any, consensus: Floats, operations: list[str]
) -> BaseGraphEstimator:
    """A network that has learned to rank many architectures by their consensus.

    Parameters
    ----------
    network : estimator
        Not changed.
    unlabeled : sequence of m architectures
    consensus : ndarray of float64, shape (m,)
    operations : list of str
        All that may occur, unless the network has its own list.

    Returns
    -------
    estimator
        Fitted by a fifth of its `max_iter`.
    """
    fitted: BaseGraphEstimator = clone(network)
    fitted.set_params(max_iter=max(fitted.max_iter // 5, 1), warm_start=False)
    if isinstance(fitted.operations, str):
        fitted.set_params(operations=operations)
    fitted.fit(unlabeled, consensus)
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
        max_iter=max(wanted["max_iter"] // 2, 1),
        learning_rate=rate * wanted["learning_rate"],
        warm_start=True,
    )
    known.fit(X, y)
    changed = ("max_iter", "learning_rate", "warm_start", "operations")
    known.set_params(**{name: wanted[name] for name in changed})
    return known
