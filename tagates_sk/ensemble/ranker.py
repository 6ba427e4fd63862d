"""ConsensusRanker: zero-cost consensus, a regressor and networks in one ranking."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin, _fit_context
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.validation import check_is_fitted, check_memory

from .._utils import Floats, draw_seed, reseeded
from ..baselines import NormalScores
from ..estimators.head_features import HeadFeatures
from ..features import WalkStatistics
from ..graphs import as_architectures, read_architectures
from ..metrics import final_targets, kendall_tau
from ..training.estimator import NetworkEstimator
from ..training.targets import check_targets
from ..zero_cost import ZeroCostProxies
from .named_networks import NamedNetworks
from .networks import Pool, fine_tuned, sample, taught
from .proxy_ranks import ProxyRanks
from .regressor import default_regressor

PROXIES = ("flops", "naswot", "expressivity", "progressivity")
"""Scores that say different things and need one forward pass together."""

ROUND = 0.1
"""Of a network's `max_iter`, on what all members say."""

FULL_RATE = 200
"""Labels with which networks are fine-tuned at the full rate."""

N_REFERENCE = 1000
"""Architectures on whose predictions members are brought to one scale."""


class ConsensusRanker(RegressorMixin, NamedNetworks):
    """Rank architectures from few labels: a label-free consensus, corrected.

    Zero-cost scores rank architectures before anything was trained. Their
    consensus enters three members: two networks of different kinds learn to
    rank by it first, on many architectures without a label, and then from the
    labels; and it is the prior mean of a regressor, which learns what it gets
    wrong from features of the graphs. All three are brought to normal scores
    and averaged. Then new networks learn what this average says of the
    architectures without a label, and from the labels again, and take the place
    of the first.

    Parameters
    ----------
    proxies : transformer, default=None
        From architectures to scores, each of them higher for what should be
        better. None is FLOPs, NASWOT, expressivity and progressivity of
        :class:`~tagates_sk.zero_cost.ZeroCostProxies`, for which every
        operation must be one of which a network can be built.
    features : transformer, default=None
        From architectures to a numeric matrix that the regressor reads beside
        the scores, known from `X_unlabeled`. None is
        ``WalkStatistics(handle_unknown="ignore")``.
    regressor : regressor, default=None
        Fitted to what the consensus gets wrong. None is a Gaussian process and
        gradient boosting, whose predictions have the weights 0.7 and 0.3.
    networks : list of (str, estimator), default=None
        Names and estimators, any of this library that are trained by gradients.
        None is :func:`default_networks`: TA-GATES and a DAGNN. Their
        `random_state` is drawn from that of this estimator. Parameters of those
        given are set by name, such as ``tagates__T``. An empty list leaves the
        regressor alone, which is fitted within seconds.
    n_rounds : int, default=1
        How often new networks learn from what all members said together, and
        from the labels again. It takes about half as long as all before it.
    n_unlabeled : int, default=2000
        Architectures of `X_unlabeled`, drawn at random, whose consensus the
        networks learn before they see a label.
    fine_tuning_rate : float, default=0.3
        What their learning rate is multiplied by from then on; with fewer than
        200 labels, times n / 200, since few labels are soon learned by heart.
    prior_coefficient : float, default=0.6
        Guess of the coefficient a of the consensus, which counts as much as
        `prior_weight` architectures do.
    prior_weight : float, default=5
        See `prior_coefficient`.
    half : float, default=30
        Number h of labels that halve the coefficient: the more there are, the
        more is left to the regressor, which reads the consensus, too.
    memory : str, path or joblib.Memory, default=None
        Where networks are kept as they are before they see a label, so that a
        fit to more labels, as after each round of a search, starts there. It
        takes the same `random_state`, and the same `X_unlabeled`.
    random_state : int, RandomState instance or None, default=None
        Of all that is drawn; also by `proxies` and `features` where they have no
        `random_state` of their own.

    Attributes
    ----------
    coefficient_ : float
        The coefficient a.
    ranks_ : ProxyRanks
        Scores to ranks and their consensus.
    features_ : HeadFeatures
        Standardised features.
    regressor_ : regressor
        The fitted one.
    networks_ : list of estimators
        The fine-tuned networks, in the order of `networks`.

    See Also
    --------
    default_networks : The networks.
    ProxyRanks : The consensus alone.

    Notes
    -----
    Targets are replaced by their normal scores t. The coefficient is
    a = h / (n + h) (Σ p t + w a₀) / (Σ p² + w), with the consensus p, the guess a₀
    and its weight w, and not negative; the regressor f is fitted to t − a p, and
    its member is a p + f. Training on the consensus takes a fifth, on the
    average of all members a tenth, fine-tuning half of a network's `max_iter`.
    In a round networks start anew, so that what the first got wrong alone does
    not stay (self-training).

    Examples
    --------
    >>> from tagates_sk import TAGATESRanker
    >>> from tagates_sk.baselines import DAGNNRanker
    >>> from tagates_sk.datasets import load_nasbench201, load_zero_cost_proxies
    >>> from tagates_sk.ensemble import ConsensusRanker
    >>> nb201 = load_nasbench201()
    >>> known, pool = nb201.train_indices[::600], nb201.train_indices[::20]
    >>> ranker = ConsensusRanker(
    ...     load_zero_cost_proxies("nasbench201"),
    ...     networks=[
    ...         ("tagates", TAGATESRanker(max_iter=20)),
    ...         ("dagnn", DAGNNRanker(max_iter=20)),
    ...     ],
    ...     random_state=0,
    ... )
    >>> ranker = ranker.fit(
    ...     nb201.dags[known], nb201.target[known], X_unlabeled=nb201.dags[pool]
    ... )
    >>> ranker.score(nb201.dags[8000:9000], nb201.target[8000:9000]) > 0.6
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "proxies": [HasMethods(["fit", "transform"]), None],
        "features": [HasMethods(["fit", "transform"]), None],
        "regressor": [HasMethods(["fit", "predict"]), None],
        "networks": [list, None],
        "n_rounds": [Interval(Integral, 0, None, closed="left")],
        "n_unlabeled": [Interval(Integral, 2, None, closed="left")],
        "fine_tuning_rate": [Interval(Real, 0, None, closed="neither")],
        "prior_coefficient": [Interval(Real, 0, None, closed="left")],
        "prior_weight": [Interval(Real, 0, None, closed="left")],
        "half": [Interval(Real, 0, None, closed="neither")],
        "memory": [str, os.PathLike, HasMethods(["cache"]), None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        proxies: Any = None,
        *,
        features: Any = None,
        regressor: Any = None,
        networks: Sequence[tuple[str, NetworkEstimator]] | None = None,
        n_rounds: int = 1,
        n_unlabeled: int = 2000,
        fine_tuning_rate: float = 0.3,
        prior_coefficient: float = 0.6,
        prior_weight: float = 5.0,
        half: float = 30.0,
        memory: Any = None,
        random_state: Any = None,
    ) -> None:
        self.proxies = proxies
        self.features = features
        self.regressor = regressor
        self.networks = networks
        self.n_rounds = n_rounds
        self.n_unlabeled = n_unlabeled
        self.fine_tuning_rate = fine_tuning_rate
        self.prior_coefficient = prior_coefficient
        self.prior_weight = prior_weight
        self.half = half
        self.memory = memory
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
            If y does not fit, X_unlabeled is a single architecture, scores or
            features are not finite, or `networks` is not as it must be.
        """
        networks = self._networks()
        X = as_architectures(X)
        n = len(read_architectures(X))
        checked = check_targets(type(self).__name__, n, y, None)[0]
        target = _plain(NormalScores()).fit_transform(checked)[:, 0]
        rng = check_random_state(self.random_state)
        reference = X if X_unlabeled is None else X_unlabeled
        if len(reference) < 2:
            raise ValueError("X_unlabeled has one architecture; at least two are needed.")
        reference = as_architectures(reference)
        self.ranks_ = _plain(ProxyRanks(self._proxies(rng)))
        ranks = self.ranks_.fit_transform(reference)
        self._scaler = _plain(StandardScaler()).fit(ranks)
        features = self.features
        if features is None:
            features = WalkStatistics(handle_unknown="ignore")
        self.features_ = HeadFeatures(reseeded(features, rng, keep=True))
        self.features_.fit_transform(reference)
        own = ranks if X_unlabeled is None else self.ranks_.transform(X)
        matrix, consensus = self._inputs(X, own), own[:, -1]
        weight = self.prior_weight
        square = consensus @ consensus + weight
        a = consensus @ target + weight * self.prior_coefficient
        fading = self.half / (n + self.half)
        self.coefficient_ = fading * max(float(a / square), 0.0) if square > 0 else 0.0
        given = self.regressor
        self.regressor_ = (
            default_regressor(draw_seed(rng)) if given is None else reseeded(given, rng)
        )
        self.regressor_.fit(matrix, target - self.coefficient_ * consensus)
        self.networks_: list[NetworkEstimator] = []
        if networks:
            labelled = Pool(X, read_architectures(X), own)
            unlabeled = Pool(reference, read_architectures(reference), ranks)
            self._train_networks(networks, labelled, target, unlabeled, rng)
        step = max(len(reference) // N_REFERENCE, 1)
        self._scale = _plain(NormalScores()).fit(self._raw(reference[::step], ranks[::step]))
        return self

    def _train_networks(
        self,
        networks: Sequence[NetworkEstimator],
        labelled: Pool,
        target: Floats,
        reference: Pool,
        rng: np.random.RandomState,
    ) -> None:
        """Networks that learn the consensus, the targets, and by rounds what all members say."""
        unlabeled, ranks = sample(reference, labelled, self.n_unlabeled, rng)
        operations = sorted(
            {*labelled.packed.used_operations(), *reference.packed.used_operations()}
        )

        rate = self.fine_tuning_rate * min(len(labelled.packed) / FULL_RATE, 1.0)

        def trained(scores: Floats, teach: Callable[..., NetworkEstimator]) -> None:
            self.networks_ = [
                fine_tuned(
                    teach(network, unlabeled, scores, operations),
                    network,
                    labelled.X,
                    target,
                    rate,
                )
                for network in [reseeded(network, rng) for network in networks]
            ]

        trained(ranks[:, -1], _memory(self.memory).cache(taught))
        for _ in range(self.n_rounds):
            raw = self._raw(unlabeled, ranks)
            said = _plain(NormalScores()).fit_transform(raw).mean(axis=1)
            trained(said, partial(taught, share=ROUND))

    def _proxies(self, rng: np.random.RandomState) -> Any:
        if self.proxies is not None:
            return reseeded(self.proxies, rng, keep=True)
        return ZeroCostProxies(
            PROXIES, stem_channels=16, cells_per_stage=2, batch_size=16, random_state=draw_seed(rng)
        )

    def _inputs(self, X: Any, ranks: Floats) -> Floats:
        """What the regressor reads, with equal weight for scores and features."""
        blocks = [self.features_.transform(X), self._scaler.transform(ranks)]
        return np.hstack([b / np.sqrt(max(b.shape[1], 1)) for b in blocks]).astype(np.float64)

    def _raw(self, X: Any, ranks: Floats) -> Floats:
        """Predictions of all members on scales of their own."""
        corrected = self.coefficient_ * ranks[:, -1] + self.regressor_.predict(
            self._inputs(X, ranks)
        )
        return np.column_stack([corrected, *(network.predict(X) for network in self.networks_)])

    def predict_members(self, X: Any) -> Floats:
        """Predictions of every member.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.

        Returns
        -------
        ndarray of float64, shape (n, 1 + n_networks)
            Normal scores among the architectures that fit knew: of the
            regressor, and of the networks.
        """
        check_is_fitted(self, "networks_")
        X = as_architectures(X)
        scores: Floats = self._scale.transform(self._raw(X, self.ranks_.transform(X)))
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
            Standard deviation over the members. Only with `return_std`.

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read, or has no scores.
        """
        members = self.predict_members(X)
        mean: Floats = members.mean(axis=1)
        return (mean, members.std(axis=1)) if return_std else mean

    def score(self, X: Any, y: ArrayLike) -> float:
        """Kendall's tau between predictions and measured performance.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.
        y : array-like of float, shape (n,) or (n, k)
            Their performance; of several columns the last, without the NaN in it.

        Returns
        -------
        float
            From −1 to 1.
        """
        final, rows = final_targets(y)
        return kendall_tau(final, self.predict(X)[rows])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True  # scores have no unit
        tags.input_tags.two_d_array = False
        tags.target_tags.required = True
        return tags


def _memory(memory: Any) -> Any:
    return check_memory(os.fspath(memory) if isinstance(memory, os.PathLike) else memory)


def _plain(transformer: Any) -> Any:
    """A transformer that gives arrays, whatever output users chose for theirs."""
    return transformer.set_output(transform="default")
