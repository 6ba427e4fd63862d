"""How well predictions rank architectures: as functions and as scorers.

In all of them more is better: the best architecture has the largest value. For
losses or error rates pass their negatives. Of a y with several columns scorers
look at the last, at the rows where it is not NaN.
"""

from __future__ import annotations

import numbers
import re
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from sklearn.utils import check_array, check_consistent_length, column_or_1d

from ._utils import check_finite
from .graphs.foreign import echo

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

FloatArray = NDArray[np.float64]

kendall_tau_scorer: Any
"""Scorer of :func:`kendall_tau`, for ``scoring=``."""

spearman_rho_scorer: Any
"""Scorer of :func:`spearman_rho`, for ``scoring=``."""


def kendall_tau(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Kendall's rank correlation τ-b: agreement of all pairs.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Measured values.
    y_pred : array-like of shape (n_samples,)
        Predicted values or scores; only their order matters.

    Returns
    -------
    float
        Concordant minus discordant pairs, as a share of the pairs that are not
        tied (τ-b): from -1, the order is reversed, to 1, the order is right. 0
        if one of the two is constant, which orders nothing; never NaN.

    Raises
    ------
    ValueError
        If the lengths differ, a value is not finite, or there are fewer than
        two samples.

    See Also
    --------
    spearman_rho : Correlation of the ranks.
    precision_at_k : Agreement on the best architectures only.

    References
    ----------
    .. [1] M. G. Kendall, "The treatment of ties in ranking problems",
       Biometrika 33(3), 1945.

    Examples
    --------
    >>> from tagates_sk.metrics import kendall_tau
    >>> round(kendall_tau([91.2, 93.5, 94.1, 90.0], [0.1, 0.7, 0.5, 0.0]), 3)
    0.667
    >>> kendall_tau([91.2, 93.5, 94.1, 90.0], [1.0, 1.0, 1.0, 1.0])
    0.0
    """
    return _rank_correlation(stats.kendalltau, y_true, y_pred)


def spearman_rho(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Spearman's rank correlation ρ.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Measured values.
    y_pred : array-like of shape (n_samples,)
        Predicted values or scores; only their order matters.

    Returns
    -------
    float
        Pearson's correlation of the ranks, ties having their mean rank: from
        -1 to 1. 0 if one of the two is constant; never NaN.

    Raises
    ------
    ValueError
        If the lengths differ, a value is not finite, or there are fewer than
        two samples.

    See Also
    --------
    kendall_tau : Agreement of all pairs.

    Examples
    --------
    >>> from tagates_sk.metrics import spearman_rho
    >>> round(spearman_rho([91.2, 93.5, 94.1, 90.0], [0.1, 0.7, 0.5, 0.0]), 3)
    0.8
    """
    return _rank_correlation(stats.spearmanr, y_true, y_pred)


def precision_at_k(y_true: ArrayLike, y_pred: ArrayLike, k: float) -> float:
    """Share of the true top k among the predicted top k.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Measured values.
    y_pred : array-like of shape (n_samples,)
        Predicted values or scores; only their order matters.
    k : int or float
        How many are the best: a number from 1 to n_samples, or as a float a
        share of the samples in (0, 1], rounded to the nearest number and at
        least one.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        If `k` is out of range, the lengths differ, or a value is not finite.
    TypeError
        If `k` is no number.

    See Also
    --------
    best_rank_at_k : Rank of the best among the k predicted best.
    regret_at_k : What is lost by measuring only the k predicted best.

    Notes
    -----
    Ties do not depend on the order of the samples. Of samples with the same
    prediction those with the smaller true value are taken first, so that a
    predictor that cannot tell them apart is not rewarded. All samples that are
    as good as the truly k-th best count as truly best.

    Examples
    --------
    >>> from tagates_sk.metrics import precision_at_k
    >>> y_true, y_pred = [91.2, 93.5, 94.1, 90.0], [0.8, 0.7, 0.9, 0.0]
    >>> precision_at_k(y_true, y_pred, k=2)
    0.5
    >>> precision_at_k(y_true, y_pred, k=0.25)
    1.0
    """
    true, chosen = _predicted_best(y_true, y_pred, k)
    threshold = np.partition(true, -len(chosen))[-len(chosen)]
    return float(np.mean(true[chosen] >= threshold))


def best_rank_at_k(y_true: ArrayLike, y_pred: ArrayLike, k: float) -> int:
    """True rank (1 is the best) of the best architecture among the predicted top k.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Measured values.
    y_pred : array-like of shape (n_samples,)
        Predicted values or scores; only their order matters.
    k : int or float
        How many are measured; see :func:`precision_at_k`, also for ties.

    Returns
    -------
    int
        One more than the number of samples that are truly better than each of
        the k predicted best.

    Raises
    ------
    ValueError
        If `k` is out of range, the lengths differ, or a value is not finite.
    TypeError
        If `k` is no number.

    See Also
    --------
    regret_at_k : The same in the units of `y_true`.

    Examples
    --------
    >>> from tagates_sk.metrics import best_rank_at_k
    >>> best_rank_at_k([91.2, 93.5, 94.1, 90.0], [0.8, 0.7, 0.5, 0.0], k=2)
    2
    """
    true, chosen = _predicted_best(y_true, y_pred, k)
    return 1 + int(np.count_nonzero(true > true[chosen].max()))


def regret_at_k(y_true: ArrayLike, y_pred: ArrayLike, k: float) -> float:
    """Difference between the best of all and the best of the predicted top k.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Measured values.
    y_pred : array-like of shape (n_samples,)
        Predicted values or scores; only their order matters.
    k : int or float
        How many are measured; see :func:`precision_at_k`, also for ties.

    Returns
    -------
    float
        In the units of `y_true`, 0 at best.

    Raises
    ------
    ValueError
        If `k` is out of range, the lengths differ, or a value is not finite.
    TypeError
        If `k` is no number.

    See Also
    --------
    best_rank_at_k : The same as a rank.

    Examples
    --------
    >>> from tagates_sk.metrics import regret_at_k
    >>> round(regret_at_k([91.2, 93.5, 94.1, 90.0], [0.8, 0.7, 0.5, 0.0], k=2), 3)
    0.6
    """
    true, chosen = _predicted_best(y_true, y_pred, k)
    return float(true.max() - true[chosen].max())


def final_targets(y: ArrayLike) -> tuple[Any, Any]:
    """What predictions are scored by, and an index of the architectures that have it.

    Parameters
    ----------
    y : array-like of float, shape (n,) or (n, k)
        Of several columns the last one counts, where it was measured.

    Raises
    ------
    ValueError
        If nothing was.
    """
    if np.ndim(y) != 2:
        return y, slice(None)
    final = check_array(y, dtype=np.float64, ensure_all_finite=False, input_name="y")[:, -1]
    measured = ~np.isnan(final)
    if not measured.any():
        raise ValueError(
            "The last column of y has no measured value, and predictions are scored by it. Put "
            "the final performance last, or leave the column out."
        )
    return final[measured], measured


def _checked(
    y_true: ArrayLike, y_pred: ArrayLike, min_samples: int = 1
) -> tuple[FloatArray, FloatArray]:
    arrays = []
    for name, y in (("y_true", y_true), ("y_pred", y_pred)):
        array = check_array(
            y, ensure_2d=False, dtype=np.float64, ensure_min_samples=min_samples,
            ensure_all_finite=False, input_name=name,
        )  # fmt: skip
        arrays.append(column_or_1d(array))
        check_finite(arrays[-1], name)
    check_consistent_length(*arrays)
    return arrays[0], arrays[1]


def _rank_correlation(statistic: Callable[..., Any], y_true: ArrayLike, y_pred: ArrayLike) -> float:
    true, pred = _checked(y_true, y_pred, min_samples=2)
    if (true == true[0]).all() or (pred == pred[0]).all():
        return 0.0
    return float(statistic(true, pred).statistic)


def _predicted_best(
    y_true: ArrayLike, y_pred: ArrayLike, k: float
) -> tuple[FloatArray, NDArray[np.intp]]:
    """True values and indices of the k predicted best, the truly worse first in ties."""
    true, pred = _checked(y_true, y_pred)
    n = len(true)
    if isinstance(k, bool) or not isinstance(k, numbers.Real):
        raise TypeError(
            f"k={echo(k)} is a {type(k).__name__}; a whole number of samples or a share of them, a "
            "float in (0, 1], is expected."
        )
    if isinstance(k, numbers.Integral):
        if not 1 <= k <= n:
            raise ValueError(f"k={k} must be from 1 to the number of samples, {n}.")
        n_best = int(k)
    else:
        if not 0 < k <= 1:
            raise ValueError(
                f"k={k} as a float is a share of the samples and must be in (0, 1]; for a number "
                "of samples pass an int."
            )
        n_best = max(1, round(float(k) * n))
    return true, np.lexsort((true, -pred))[:n_best]


class _OfFinal:
    """A metric of the last column of y."""

    def __init__(self, metric: Callable[..., float]) -> None:
        self.metric = metric
        self.__name__ = metric.__name__  # what scorers show

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike, **kwargs: Any) -> float:
        final, rows = final_targets(y_true)
        return self.metric(final, np.asarray(y_pred)[rows], **kwargs)


def _scorer(metric: Callable[..., float], **parameters: Any) -> Any:
    from sklearn.metrics import make_scorer  # slow to import, seldom needed

    return make_scorer(_OfFinal(metric), **parameters)


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
    return _scorer(precision_at_k, k=k)


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
    return _scorer(best_rank_at_k, greater_is_better=False, k=k)


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
    return _scorer(regret_at_k, greater_is_better=False, k=k)


_SCORERS = {"kendall_tau_scorer": kendall_tau, "spearman_rho_scorer": spearman_rho}
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
    if f"{name}_scorer" in _SCORERS:
        return _scorer(_SCORERS[f"{name}_scorer"])
    match = re.fullmatch(r"(\w+)_at_([\d.]+)(%?)", name)
    if match and match[1] in _SCORERS_AT:
        try:
            k = float(match[2]) / 100 if match[3] else int(match[2])
        except ValueError:
            k = 0
        if 0 < k <= 1 or (k >= 1 and not match[3]):
            return _SCORERS_AT[match[1]](k)
    known = [*(scorer.removesuffix("_scorer") for scorer in _SCORERS)]
    known += [f"{prefix}_at_K" for prefix in _SCORERS_AT]
    raise ValueError(
        f"There is no scorer {echo(name)}. The names are {known}, where K is a whole number from 1 "
        "or a percentage as in 'precision_at_5%'."
    )


def __getattr__(name: str) -> Any:
    """Scorers without a parameter, made when asked for: sklearn.metrics is slow to import."""
    if name in _SCORERS:
        return get_scorer(name.removesuffix("_scorer"))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
