"""Networks that know a label-free ranking: by training on it first, or by reading it."""

from __future__ import annotations

from typing import Any

from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from .._targets import Floats
from ..estimators import TAGATESRanker, TAGATESRegressor
from .proxy_ranks import ProxyRanks

Network = TAGATESRanker | TAGATESRegressor


def fine_tuned(
    network: Network,
    unlabeled: Any,
    consensus: Floats,
    X: Any,
    y: Floats,
    *,
    operations: list[str],
    rate: float,
) -> Network:
    """A network that learns the consensus of many architectures, then the labels of some.

    Parameters
    ----------
    network : TAGATESRanker or TAGATESRegressor
        Not changed.
    unlabeled : sequence of m architectures
    consensus : ndarray of float64, shape (m,)
    X : sequence of n architectures
    y : ndarray of float64, shape (n,)
    operations : list of str
        All that may occur, unless the network has its own list.
    rate : float
        What the learning rate is multiplied by for the labels.

    Returns
    -------
    TAGATESRanker or TAGATESRegressor
        With the parameters of the network, fitted by a fifth and a half of its
        `max_iter`.
    """
    fitted: Network = clone(network)
    wanted = fitted.get_params(deep=False)
    fitted.set_params(max_iter=max(wanted["max_iter"] // 5, 1), warm_start=False)
    if isinstance(fitted.operations, str):
        fitted.set_params(operations=operations)
    fitted.fit(unlabeled, consensus)
    fitted.set_params(
        max_iter=max(wanted["max_iter"] // 2, 1),
        learning_rate=rate * wanted["learning_rate"],
        warm_start=True,
    )
    fitted.fit(X, y)
    changed = ("max_iter", "learning_rate", "warm_start", "operations")
    fitted.set_params(**{name: wanted[name] for name in changed})
    return fitted


def beside_scores(network: Network, ranks: ProxyRanks, X: Any, y: Floats) -> Network:
    """A network whose head reads the ranks of the scores beside the encodings.

    Parameters
    ----------
    network : TAGATESRanker or TAGATESRegressor
        Not changed. Where it has `features`, its head reads these instead.
    ranks : ProxyRanks
        Fitted.
    X : sequence of n architectures
    y : ndarray of float64, shape (n,)
    """
    fitted: Network = clone(network)
    if fitted.features is None:
        fitted.set_params(features=FrozenEstimator(ranks))
    fitted.fit(X, y)
    return fitted
