"""ConsensusRanker: zero-cost consensus, regressors and the encoder in one ranking."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, RegressorMixin, _fit_context, clone
from sklearn.ensemble import BaggingRegressor, GradientBoostingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.validation import check_is_fitted

from .._head_features import HeadFeatures
from .._targets import Floats, check_targets
from .._tasks import RankingMixin
from ..baselines.normal_scores import NormalScores
from ..estimators import TAGATESRanker
from ..features import OperationStatistics
from ..graphs import read_architectures
from ..zero_cost import ZeroCostProxies
from .proxy_ranks import ProxyRanks

PROXIES = ("flops", "naswot", "expressivity", "progressivity")
"""Scores that say different things and need one forward pass together."""

N_REFERENCE = 1000
"""Architectures on whose predictions members are brought to one scale."""


class ConsensusRanker(RankingMixin, RegressorMixin, BaseEstimator):
    """Rank architectures from few labels: a label-free consensus, corrected.

    Zero-cost scores rank architectures before anything was trained. Their
    consensus p is the prior mean of two regressors, which learn what it gets
    wrong from features of the graphs; a TA-GATES encoder learns the order with
    the same scores beside its encoding. All three are brought to normal scores
    and averaged; the network counts the more, the more labels it has seen.

    Parameters
    ----------
    proxies : transformer, default=None
        From architectures to scores, each of them higher for what should be
        better. None is FLOPs, NASWOT, expressivity and progressivity of
        :class:`~tagates_sk.zero_cost.ZeroCostProxies`, for which every
        operation must be one of which a network can be built.
    features : transformer, default=None
        From architectures to a numeric matrix that the regressors read beside
        the scores. None is
        :class:`~tagates_sk.features.OperationStatistics`.
    regressors : sequence of regressors, default=None
        Fitted to what the consensus gets wrong, a member each. None is a
        Gaussian process and gradient boosting.
    network : TAGATESRanker, default=None
        Fitted to the order. If its `features` is None it reads the scores'
        ranks. None is ``TAGATESRanker(n_members=3)``; its `random_state` is
        drawn from that of this estimator.
    prior_coefficient : float, default=0.6
        Guess of the coefficient a of the consensus, which counts as much as
        `prior_weight` architectures do.
    prior_weight : float, default=5
        See `prior_coefficient`.
    network_half : float, default=50
        Number h of labels with which the network counts as much as all
        regressors together: its weight is n / (n + h).
    random_state : int, RandomState instance or None, default=None
        Of all that is drawn.

    Attributes
    ----------
    weights_ : ndarray of float64, shape (n_members,)
        Weights of the members, the network's last.
    coefficient_ : float
        The coefficient a.
    ranks_ : ProxyRanks
        Scores to ranks and their consensus.
    features_ : HeadFeatures
        Standardised features.
    regressors_ : list of regressors
        The fitted ones.
    network_ : TAGATESRanker
        The fitted one.

    See Also
    --------
    TAGATESRanker : The encoder alone.
    ProxyRanks : The consensus alone.

    Notes
    -----
    Targets are replaced by their normal scores t. The coefficient is
    a = (Σ p t + w a₀) / (Σ p² + w), with the guess a₀ and its weight w, and not
    negative; a regressor f is fitted to t − a p, and its member is a p + f.

    Examples
    --------
    >>> from tagates_sk.datasets import load_nasbench201, load_zero_cost_proxies
    >>> from tagates_sk.ensemble import ConsensusRanker
    >>> nb201 = load_nasbench201()
    >>> known, pool = nb201.train_indices[::600], nb201.train_indices[::10]
    >>> ranker = ConsensusRanker(load_zero_cost_proxies("nasbench201"), random_state=0)
    >>> ranker = ranker.fit(
    ...     nb201.dags[known], nb201.target[known], X_unlabeled=nb201.dags[pool]
    ... )
    >>> ranker.score(nb201.dags[8000:9000], nb201.target[8000:9000]) > 0.6
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "proxies": [HasMethods(["fit", "transform"]), None],
        "features": [HasMethods(["fit", "transform"]), None],
        "regressors": ["array-like", None],
        "network": [HasMethods(["fit", "predict"]), None],
        "prior_coefficient": [Interval(Real, 0, None, closed="left")],
        "prior_weight": [Interval(Real, 0, None, closed="left")],
        "network_half": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        proxies: Any = None,
        *,
        features: Any = None,
        regressors: Sequence[Any] | None = None,
        network: Any = None,
        prior_coefficient: float = 0.6,
        prior_weight: float = 5.0,
        network_half: float = 50.0,
        random_state: Any = None,
    ) -> None:
        self.proxies = proxies
        self.features = features
        self.regressors = regressors
        self.network = network
        self.prior_coefficient = prior_coefficient
        self.prior_weight = prior_weight
        self.network_half = network_half
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: ArrayLike, X_unlabeled: Any = None) -> ConsensusRanker:
        """Learn to rank from measured architectures.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The measured architectures; each a cell, or a tuple of cells.
        y : array-like of float, shape (n,)
            Performance, higher is better.
        X_unlabeled : sequence of architectures, default=None
            All that are at hand, such as the search space or a sample of it:
            scores are ranked among them, and features standardised over them.
            None is X, which tells little about ranks if it is small.

        Returns
        -------
        self

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read; the message says which and why.
        ValueError
            If y does not fit, or scores or features are not finite.
        """
        n = len(read_architectures(X))
        targets = NormalScores().fit_transform(check_targets(type(self).__name__, n, y, None)[0])
        target = targets[:, 0]
        rng = check_random_state(self.random_state)
        reference = X if X_unlabeled is None else X_unlabeled
        self.ranks_ = ProxyRanks(self._proxies(rng)).fit(reference)
        self._scaler = StandardScaler().fit(self.ranks_.transform(reference))
        self.features_ = HeadFeatures(
            OperationStatistics() if self.features is None else self.features
        )
        self.features_.fit_transform(reference)
        matrix, consensus = self._inputs(X)
        weight = self.prior_weight
        a = consensus @ target + weight * self.prior_coefficient
        square = consensus @ consensus + weight
        self.coefficient_ = max(float(a / square), 0.0) if square > 0 else 0.0
        rest = target - self.coefficient_ * consensus
        self.regressors_ = [
            _seeded(regressor, rng).fit(matrix, rest) for regressor in self._regressors()
        ]
        network = TAGATESRanker(n_members=3) if self.network is None else self.network
        network = _seeded(network, rng)
        if "features" in network.get_params(deep=False) and network.features is None:
            network.set_params(features=FrozenEstimator(self.ranks_))
        self.network_ = network.fit(X, y)
        k = len(self.regressors_)
        share = n / (n + self.network_half) if k else 1.0
        self.weights_ = np.array([(1 - share) / max(k, 1)] * k + [share])
        step = max(len(reference) // N_REFERENCE, 1)
        self._scale = NormalScores().fit(self._raw(reference[::step]))
        return self

    def _proxies(self, rng: np.random.RandomState) -> Any:
        if self.proxies is not None:
            return self.proxies
        seed = int(rng.randint(np.iinfo(np.int32).max))
        return ZeroCostProxies(
            PROXIES, stem_channels=16, cells_per_stage=2, batch_size=16, random_state=seed
        )

    def _regressors(self) -> list[Any]:
        if self.regressors is not None:
            return list(self.regressors)
        kernel = ConstantKernel(0.3, (0.02, 10.0)) * Matern(1.0, (0.3, 20.0), nu=2.5)
        boosting = GradientBoostingRegressor(
            n_estimators=300, learning_rate=0.05, subsample=0.6, max_features=0.3
        )
        return [
            GaussianProcessRegressor(kernel + WhiteKernel(0.1, (0.01, 1.0))),
            BaggingRegressor(boosting, n_estimators=3, bootstrap=False),
        ]

    def _inputs(self, X: Any) -> tuple[Floats, Floats]:
        """What regressors read, with equal weight for scores and features, and the consensus."""
        ranks = self.ranks_.transform(X)
        blocks = [self.features_.transform(X), self._scaler.transform(ranks)]
        matrix = np.hstack([b / np.sqrt(max(b.shape[1], 1)) for b in blocks]).astype(np.float64)
        return matrix, ranks[:, -1]

    def _raw(self, X: Any) -> Floats:
        """Predictions of all members on scales of their own."""
        matrix, consensus = self._inputs(X)
        prior = self.coefficient_ * consensus
        columns = [prior + regressor.predict(matrix) for regressor in self.regressors_]
        return np.column_stack([*columns, self.network_.predict(X)])

    def predict_members(self, X: Any) -> Floats:
        """Predictions of every member.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.

        Returns
        -------
        ndarray of float64, shape (n, n_regressors + 1)
            Normal scores among the architectures that fit knew; the last column
            is the network's.
        """
        check_is_fitted(self, "network_")
        scores: Floats = self._scale.transform(self._raw(X))
        return scores

    def predict(self, X: Any, return_std: bool = False) -> Floats | tuple[Floats, Floats]:
        """Predict scores whose order is that of performance.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.
        return_std : bool, default=False
            Whether to give the members' disagreement, too.

        Returns
        -------
        mean : ndarray of float64, shape (n,)
            Higher is better; about standard normal over the architectures that
            fit knew.
        std : ndarray of float64, shape (n,)
            Weighted standard deviation over the members. Only with `return_std`.

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read, or has no scores.
        """
        members = self.predict_members(X)
        mean: Floats = members @ self.weights_
        if not return_std:
            return mean
        return mean, np.sqrt((members - mean[:, None]) ** 2 @ self.weights_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.target_tags.required = True
        return tags


def _seeded(estimator: Any, rng: np.random.RandomState) -> Any:
    """A clone with a seed of its own, where it takes one."""
    estimator = clone(estimator)
    if "random_state" in estimator.get_params(deep=False):
        estimator.set_params(random_state=int(rng.randint(np.iinfo(np.int32).max)))
    return estimator
