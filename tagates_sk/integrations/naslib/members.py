"""Members for NASLib's Ensemble that share one fit and one prediction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm
from sklearn.exceptions import NotFittedError

from ..._utils import Floats, predicts_std
from .predictor import TAGATESPredictor


def ensemble_members(predictor: TAGATESPredictor, n: int = 3) -> list[EnsembleMember]:
    """Make members for NASLib's `Ensemble` that share one predictor.

    NASLib's optimisers need the mean and the standard deviation of an ensemble, and
    query one architecture at a time. One predictor knows both. So each member predicts
    ``mean + z * std``, with n values of z that have mean 0 and standard deviation 1.
    NASLib then computes the predictor's own mean and standard deviation, at the cost of
    one fit and one prediction instead of n.

    Parameters
    ----------
    predictor : TAGATESPredictor
        Its estimator's ``predict`` takes `return_std`.
    n : int, default=3
        Number of members, at least 2.

    Returns
    -------
    list of EnsembleMember

    Raises
    ------
    TypeError
        If the estimator has no standard deviations.
    ValueError
        If `n` is less than 2.

    Examples
    --------
    >>> import numpy as np
    >>> from tagates_sk.baselines import WLKernelGP
    >>> from tagates_sk.integrations.naslib import TAGATESPredictor, ensemble_members
    >>> predictor = TAGATESPredictor(WLKernelGP(), ss_type="nasbench201")
    >>> members = ensemble_members(predictor, 3)
    >>> cells = [(2, 0, 4, 2, 2, 3), (1, 1, 4, 0, 0, 1), (0, 2, 2, 2, 0, 3)]
    >>> for member in members:
    ...     _ = member.fit(cells, [94.1, 71.3, 93.2])
    >>> asked = np.array([member.query([(2, 2, 2, 2, 2, 2)]) for member in members])
    >>> mean, std = predictor.query([(2, 2, 2, 2, 2, 2)], return_std=True)
    >>> bool(np.isclose(asked.mean(), mean[0])), bool(np.isclose(asked.std(), std[0]))
    (True, True)
    """
    if n < 2:
        raise ValueError(f"n={n} members have no standard deviation; at least 2 are needed.")
    if not predicts_std(predictor.estimator):
        raise TypeError(
            f"The members share one prediction with a standard deviation, and "
            f"{type(predictor.estimator).__name__}.predict has no parameter return_std. Give "
            "NASLib's Ensemble n predictors with estimators of their own instead."
        )
    z = norm.ppf((np.arange(n) + 0.5) / n)
    shared = _Shared(predictor)
    return [EnsembleMember(shared, float(value), i == 0) for i, value in enumerate(z / z.std())]


class _Shared:
    """A predictor that remembers its last prediction."""

    def __init__(self, predictor: TAGATESPredictor) -> None:
        self.predictor = predictor
        self._asked: list[Any] | None = None
        self._last: tuple[Floats, Floats] | None = None

    def fit(self, xtrain: Any, ytrain: ArrayLike, train_info: Any) -> None:
        self.predictor.fit(xtrain, ytrain, train_info)
        self._asked = None

    def query(self, xtest: Any) -> tuple[Floats, Floats]:
        asked = self.predictor.native_forms(xtest)
        if self._last is None or asked != self._asked:
            self._last = self.predictor.query(xtest, return_std=True)
            self._asked = asked
        return self._last


class EnsembleMember:
    """A member made by :func:`ensemble_members`; the first one fits for all.

    Parameters
    ----------
    shared : object
        Fits the predictor, and predicts means and standard deviations.
    z : float
        Standard deviations above the mean.
    leads : bool
        Whether this member does the fit for all.
    """

    model = TAGATESPredictor.model

    def __init__(self, shared: Any, z: float, leads: bool) -> None:
        self._shared = shared
        self._z = z
        self._leads = leads

    @property
    def default_hyperparams(self) -> dict[str, Any]:
        """Those of the shared predictor."""
        return dict(self._shared.predictor.default_hyperparams)

    def set_hyperparams(self, hyperparams: Mapping[str, Any] | None) -> None:
        """Set parameters of the shared estimator; see TAGATESPredictor."""
        self._shared.predictor.set_hyperparams(hyperparams)

    def get_hyperparams(self) -> dict[str, Any]:
        """Parameters of the shared estimator; see TAGATESPredictor."""
        return dict(self._shared.predictor.get_hyperparams())

    def set_pre_computations(self, **computed: Any) -> None:
        """Accept what NASLib's optimisers computed; see TAGATESPredictor."""
        self._shared.predictor.set_pre_computations(**computed)

    def fit(self, xtrain: Any, ytrain: ArrayLike, train_info: Any = None) -> EnsembleMember:
        """Fit the shared predictor if this is the first member; NASLib fits all to the same data.

        Returns
        -------
        self
        """
        if self._leads:
            self._shared.fit(xtrain, ytrain, train_info)
        return self

    def query(self, xtest: Any, info: Any = None) -> Floats:
        """Predict, `z` standard deviations above the mean.

        Returns
        -------
        ndarray of float64, shape (n,)

        Raises
        ------
        NotFittedError
            If the first member was not fitted.
        """
        if not hasattr(self._shared.predictor, "estimator_"):
            raise NotFittedError("Fit the members before a query; the first one fits for all.")
        mean, std = self._shared.query(xtest)
        return np.asarray(mean + self._z * std)
