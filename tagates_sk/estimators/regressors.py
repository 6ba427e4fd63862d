"""A user's own regressors as members: how to list, check and fit them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.dummy import DummyRegressor
from sklearn.utils import check_random_state
from sklearn.utils.validation import has_fit_parameter

from .._utils import Floats, reseeded
from ..graphs.foreign import cut, echo
from .folds import folds_of
from .statistics import Statistics

KINDS = ("all", "statistics")
"""The first entry of a list of members."""

Named = list[tuple[str, Any]]


def named_regressors(members: Any) -> Named:
    """The regressors in the parameter `members`, with their names.

    Parameters
    ----------
    members : str or sequence
        As passed by users. A regressor without a name is named after its class in lower
        case, with a number if several share the class.

    Returns
    -------
    list of (str, object)
    """
    if isinstance(members, str) or not isinstance(members, Sequence):
        return []
    named: Named = []
    for item in members[1:]:
        given = isinstance(item, tuple) and len(item) == 2
        name, regressor = item if given else (type(item).__name__.lower(), item)
        taken = {other for other, _ in named}
        if not given and name in taken:
            name = next(
                f"{name}-{i}" for i in range(2, len(members) + 1) if f"{name}-{i}" not in taken
            )
        named.append((name, regressor))
    return named


def kind_of(members: Any) -> str:
    """Which of the library's own members to use: "all", "encoder" or "statistics"."""
    return members if isinstance(members, str) else members[0]


def check_members(members: Any, reserved: Sequence[str]) -> None:
    """Check a list of members.

    Parameters
    ----------
    members : str or sequence
    reserved : sequence of str
        Names of the library's own members.

    Raises
    ------
    TypeError
        If one is not a regressor.
    ValueError
        If the list does not begin with the library's own members, or if names are not
        unique.
    """
    if isinstance(members, str):
        return
    if not len(members) or not isinstance(members[0], str) or members[0] not in KINDS:
        first = f"begins with {echo(members[0])}" if len(members) else "is empty"
        raise ValueError(
            f"members is a list that {first}. First in it is 'all' or 'statistics', then come "
            "regressors or pairs (name, regressor), as in ['statistics', LGBMRegressor()]."
        )
    known = set(reserved)
    for i, (name, regressor) in enumerate(named_regressors(members), 1):
        if isinstance(regressor, type):
            raise TypeError(
                f"members[{i}] is the class {cut(regressor.__name__, 60)}; an object is expected: "
                f"{cut(regressor.__name__, 60)}()."
            )
        if not _is_regressor(regressor):
            raise TypeError(
                f"members[{i}] is {echo(regressor)}, no regressor of scikit-learn's kind. Expected "
                "is an object with fit, predict and get_params, or a pair of its name and it."
            )
        if not isinstance(name, str) or "__" in name or name in known:
            raise ValueError(
                f"members[{i}] has the name {echo(name)}. Names are strings without '__' that "
                f"differ from each other and from {', '.join(reserved)}."
            )
        known.add(name)


def parameters_of(members: Any) -> dict[str, Any]:
    """Get regressors and their parameters, by names such as ``members__ridge__alpha``.

    Parameters
    ----------
    members : str or sequence

    Returns
    -------
    dict
    """
    found: dict[str, Any] = {}
    for name, regressor in named_regressors(members):
        found[f"members__{name}"] = regressor
        if hasattr(regressor, "get_params") and not isinstance(regressor, type):
            for key, value in regressor.get_params().items():
                found[f"members__{name}__{key}"] = value
    return found


def with_parameters(members: Any, parameters: Mapping[str, Any]) -> Any:
    """Set regressors and their parameters.

    Parameters
    ----------
    members : str or sequence
    parameters : dict
        By names such as ``ridge`` and ``ridge__alpha``.

    Returns
    -------
    str or sequence
        The same object if only parameters of regressors were set.

    Raises
    ------
    ValueError
        If there is no such regressor.
    """
    named = named_regressors(members)
    names = [name for name, _ in named]
    for key, value in sorted(parameters.items()):  # a regressor before its parameters
        name, _, parameter = key.partition("__")
        if name not in names:
            raise ValueError(
                f"members has no regressor {echo(name)}; those in it are {cut(str(names), 100)}."
            )
        i = names.index(name)
        if parameter:
            named[i][1].set_params(**{parameter: value})
        else:
            named[i] = (name, value)
            members = [members[0], *named]
    return members


def _is_regressor(value: Any) -> bool:
    if not all(hasattr(value, method) for method in ("fit", "predict", "get_params")):
        return False
    return not (hasattr(value, "__sklearn_tags__") and is_classifier(value))


class RegressorMember:
    """A regressor from any library on all statistics, judged by folds it has not seen.

    Parameters
    ----------
    name : str
        Its name in messages.
    regressor : regressor
        Cloned and seeded for each fit.

    Attributes
    ----------
    unseen_ : ndarray of float, shape (n,)
        For each architecture of fit, the prediction of the regressor fitted without its
        fold. Copies of an architecture are all in one fold.
    regressor_ : regressor
        The regressor fitted to all architectures.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from tagates_sk.datasets import load_nasbench201
    >>> from tagates_sk.estimators.regressors import RegressorMember
    >>> from tagates_sk.estimators.statistics import GraphStatistics
    >>> X, y = load_nasbench201(return_X_y=True)
    >>> statistics = GraphStatistics().fit(X[:50])
    >>> member = RegressorMember("ridge", Ridge()).fit(statistics.transform(X[:50]), y[:50])
    >>> len(member.predict(statistics.transform(X[50:60])))
    10
    """

    def __init__(self, name: str, regressor: Any) -> None:
        self.name = name
        self.regressor = regressor

    def fit(
        self,
        statistics: Statistics,
        targets: Floats,
        sample_weight: Floats | None = None,
        random_state: Any = None,
    ) -> RegressorMember:
        """Fit without each fold in turn, then to all.

        Parameters
        ----------
        statistics : Statistics
            Those of n architectures.
        targets : ndarray of float, shape (n,)
            Normal scores.
        sample_weight : ndarray of float, shape (n,), default=None
            Passed to regressors whose fit accepts it. Rows with weight 0 are left out
            of every fit.
        random_state : int, RandomState instance or None, default=None
            Seeds the folds, and regressors that have a `random_state`.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the regressor cannot be fitted, or does not predict a finite number for
            each architecture.
        """
        rng = check_random_state(random_state)
        columns = statistics.columns()
        weight = np.ones(len(targets)) if sample_weight is None else np.asarray(sample_weight)
        fold, n_folds = folds_of(columns, rng)
        self.unseen_ = np.full(len(targets), np.average(targets, weights=weight))
        for k in range(n_folds):
            seen, left_out = (fold != k) & (weight > 0), fold == k
            if seen.any():
                fitted = self._fitted(columns[seen], targets[seen], weight[seen], rng)
                self.unseen_[left_out] = self._predicted(fitted, columns[left_out])
        own = weight > 0
        self.regressor_ = self._fitted(columns[own], targets[own], weight[own], rng)
        return self

    def predict(self, statistics: Statistics) -> Floats:
        """Predict normal scores.

        Parameters
        ----------
        statistics : Statistics
            Those of n architectures.

        Returns
        -------
        ndarray of float, shape (n,)
        """
        if not len(statistics):
            return np.zeros(0)
        return self._predicted(self.regressor_, statistics.columns())

    def _fitted(
        self, columns: Any, targets: Floats, weight: Floats, rng: np.random.RandomState
    ) -> Any:
        if (columns == columns[0]).all():  # which some regressors refuse
            return DummyRegressor().fit(columns, targets, sample_weight=weight)
        regressor = reseeded(self.regressor, rng)
        options = {"sample_weight": weight} if has_fit_parameter(regressor, "sample_weight") else {}
        try:
            return regressor.fit(columns, targets, **options)
        except Exception as error:
            raise ValueError(
                f"The member {cut(repr(self.name), 60)} could not be fitted to {len(columns)} "
                f"architectures with {columns.shape[1]} statistics: {cut(str(error), 120)}"
            ) from error

    def _predicted(self, fitted: Any, columns: Any) -> Floats:
        found: Floats = np.asarray(fitted.predict(columns), dtype=np.float64)
        if found.size != len(columns) or not np.isfinite(found).all():
            what = "values that are not finite" if found.size == len(columns) else found.shape
            raise ValueError(
                f"The member {cut(repr(self.name), 60)} predicts {what}; a finite number for each "
                f"of {len(columns)} architectures is expected."
            )
        return found.reshape(len(columns))
