"""How well predictions rank architectures: as functions and as scorers.

In all of them more is better: the best architecture has the largest value. For
losses or error rates pass their negatives. Of a y with several columns scorers
look at the last, at the rows where it is not NaN.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import make_scorer

from ._ranking import best_rank_at_k, kendall_tau, precision_at_k, regret_at_k, spearman_rho
from ._targets import final_targets

__all__ = [
    "best_rank_at_k",
    "get_scorer",
    "kendall_tau",
    "kendall_tau_scorer",
    "neg_best_rank_at_k_scorer",
    "neg_regret_at_k_scorer",
    "precision_at_k",
    "precision_at_k_scorer",
    "regret_at_k",
    "spearman_rho",
    "spearman_rho_scorer",
]


class _OfFinal:
    """A metric of the last column of y."""

    def __init__(self, metric: Callable[..., float]) -> None:
        self.metric = metric
        self.__name__ = metric.__name__  # what scorers show

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike, **kwargs: Any) -> float:
        final, rows = final_targets(y_true)
        return self.metric(final, np.asarray(y_pred)[rows], **kwargs)


kendall_tau_scorer = make_scorer(_OfFinal(kendall_tau))
"""Scorer of :func:`kendall_tau`, for ``scoring=``."""

spearman_rho_scorer = make_scorer(_OfFinal(spearman_rho))
"""Scorer of :func:`spearman_rho`, for ``scoring=``."""


def precision_at_k_scorer(k: float) -> Any:
    """Scorer of :func:`precision_at_k`.

    Parameters
    ----------
    k : int or float
        See :func:`precision_at_k`; a share suits folds of differing sizes.

    Returns
    -------
    callable
        For ``scoring=``: called with an estimator, X and y.

    Examples
    --------
    >>> from tagates_sk.metrics import precision_at_k_scorer
    >>> precision_at_k_scorer(10)
    make_scorer(precision_at_k, response_method='predict', k=10)
    """
    return make_scorer(_OfFinal(precision_at_k), k=k)


def neg_best_rank_at_k_scorer(k: float) -> Any:
    """Scorer of :func:`best_rank_at_k`, negated so that more is better.

    Parameters
    ----------
    k : int or float
        See :func:`precision_at_k`.

    Returns
    -------
    callable
        For ``scoring=``: called with an estimator, X and y.

    Examples
    --------
    >>> from tagates_sk.metrics import neg_best_rank_at_k_scorer
    >>> neg_best_rank_at_k_scorer(10)
    make_scorer(best_rank_at_k, greater_is_better=False, response_method='predict', k=10)
    """
    return make_scorer(_OfFinal(best_rank_at_k), greater_is_better=False, k=k)


def neg_regret_at_k_scorer(k: float) -> Any:
    """Scorer of :func:`regret_at_k`, negated so that more is better.

    Parameters
    ----------
    k : int or float
        See :func:`precision_at_k`.

    Returns
    -------
    callable
        For ``scoring=``: called with an estimator, X and y.

    Examples
    --------
    >>> from tagates_sk.metrics import neg_regret_at_k_scorer
    >>> neg_regret_at_k_scorer(0.1)
    make_scorer(regret_at_k, greater_is_better=False, response_method='predict', k=0.1)
    """
    return make_scorer(_OfFinal(regret_at_k), greater_is_better=False, k=k)


_SCORERS = {"kendall_tau": kendall_tau_scorer, "spearman_rho": spearman_rho_scorer}
_SCORERS_AT = {
    "precision": precision_at_k_scorer,
    "neg_best_rank": neg_best_rank_at_k_scorer,
    "neg_regret": neg_regret_at_k_scorer,
}


def get_scorer(name: str) -> Any:
    """Scorer of that name, for the ``scoring=`` of scikit-learn's tools.

    Parameters
    ----------
    name : str
        ``"kendall_tau"``, ``"spearman_rho"``, ``"precision_at_K"``,
        ``"neg_best_rank_at_K"`` or ``"neg_regret_at_K"`` where K is a whole
        number (``"precision_at_10"``) or a share of the samples in percent
        (``"precision_at_5%"``).

    Returns
    -------
    callable
        Called with an estimator, X and y; more is better.

    Raises
    ------
    ValueError
        If there is no scorer of that name.

    Examples
    --------
    >>> from sklearn.dummy import DummyRegressor
    >>> from sklearn.model_selection import cross_val_score
    >>> from tagates_sk.metrics import get_scorer
    >>> X, y = [[0], [1], [2], [3]], [0.0, 1.0, 2.0, 3.0]
    >>> cross_val_score(DummyRegressor(), X, y, cv=2, scoring=get_scorer("kendall_tau"))
    array([0., 0.])
    >>> get_scorer("precision_at_5%")
    make_scorer(precision_at_k, response_method='predict', k=0.05)
    """
    if name in _SCORERS:
        return _SCORERS[name]
    match = re.fullmatch(r"(\w+)_at_([\d.]+)(%?)", name)
    if match and match[1] in _SCORERS_AT:
        try:
            k = float(match[2]) / 100 if match[3] else int(match[2])
        except ValueError:
            k = 0
        if 0 < k <= 1 or (k >= 1 and not match[3]):
            return _SCORERS_AT[match[1]](k)
    known = [*_SCORERS, *(f"{prefix}_at_K" for prefix in _SCORERS_AT)]
    raise ValueError(
        f"There is no scorer {name!r}. The names are {known}, where K is a whole number from 1 "
        "or a percentage as in 'precision_at_5%'."
    )
