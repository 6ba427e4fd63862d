"""BoostingMember: boosted trees on graph statistics, each fitted without one fold."""

from __future__ import annotations

import numpy as np
from sklearn import config_context
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.utils import check_random_state

from .._utils import Floats, RandomState
from .folds import folds_of
from .statistics import Statistics
from .trees import TreeEnsemble

PRIOR_MEAN = 0.6
"""Guess of the coefficient of the prior."""

PRIOR_WEIGHT = 5.0
"""The guess counts as much as this many labels."""


class BoostingMember:
    """Mean of boosted trees, each fitted without a part of the architectures.

    Trees fit steps where a process is smooth, and select single columns.

    Parameters
    ----------
    n_estimators : int, default=120
        Trees per fold.
    max_columns : int, default=40
        Approximate number of columns to consider for a split.
    prior_half_life : float, default=0
        Number h of labels that halves the coefficient a of the prior p. The trees fit
        the residual of a p, so more labels leave more to the trees. 0 means no prior.

    Attributes
    ----------
    unseen_ : ndarray of float, shape (n,)
        For each architecture of fit, the prediction of the trees that have not seen it.
        Copies of an architecture are all in one fold.
    trees_ : list of TreeEnsemble
        The trees of each fold; the mean if all architectures are equal.
    coefficient_ : float
        The coefficient a.

    Notes
    -----
    For n targets t, a = h / (n + h) (Σ p t + w a₀) / (Σ p² + w), but at least 0. The
    guess a₀ = 0.6 counts as much as w = 5 labels.
    """

    def __init__(
        self, n_estimators: int = 120, max_columns: int = 40, prior_half_life: float = 0.0
    ) -> None:
        self.n_estimators = n_estimators
        self.max_columns = max_columns
        self.prior_half_life = prior_half_life

    def fit(
        self,
        statistics: Statistics,
        targets: Floats,
        sample_weight: Floats | None = None,
        random_state: RandomState = None,
    ) -> BoostingMember:
        """Fit the trees of all folds.

        Parameters
        ----------
        statistics : Statistics
            Those of n architectures.
        targets : ndarray of float, shape (n,)
            Normal scores.
        sample_weight : ndarray of float, shape (n,), default=None
        random_state : int, RandomState instance or None, default=None
            Seeds folds and trees.

        Returns
        -------
        self
        """
        rng = check_random_state(random_state)
        columns = statistics.columns()
        weight = np.ones(len(targets)) if sample_weight is None else np.asarray(sample_weight)
        prior = statistics.prior
        self.coefficient_ = self._coefficient(prior, targets, weight)
        targets = targets - self.coefficient_ * prior
        fold, n_folds = folds_of(columns, rng)
        share = min(1.0, self.max_columns / max(columns.shape[1], 1))
        self.trees_ = []
        self.unseen_ = np.full(len(targets), np.average(targets, weights=weight))
        for k in range(n_folds):
            seen, left_out = (fold != k) & (weight > 0), fold == k
            if not seen.any():
                continue
            model = GradientBoostingRegressor(
                n_estimators=self.n_estimators, learning_rate=0.1, max_depth=4,
                subsample=0.7 if seen.sum() > 2 else 1.0,
                max_features=share, random_state=rng.randint(2**31 - 1),
            )  # fmt: skip
            # With few labels, checks of valid input would take half of the time.
            with config_context(skip_parameter_validation=True, assume_finite=True):
                model.fit(columns[seen], targets[seen], sample_weight=weight[seen])
            trees = TreeEnsemble.of(model)
            self.unseen_[left_out] = trees.predict(columns[left_out])
            self.trees_.append(trees)
        self.unseen_ += self.coefficient_ * prior
        if not self.trees_:  # all architectures are the same
            mean = float(np.average(targets, weights=weight))
            self.trees_.append(TreeEnsemble.without_trees(mean))
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
        columns = statistics.columns()
        mean: Floats = np.mean([trees.predict(columns) for trees in self.trees_], axis=0)
        return mean + self.coefficient_ * statistics.prior

    def _coefficient(self, prior: Floats, targets: Floats, weight: Floats) -> float:
        weight = weight / weight[weight > 0].mean()
        n = float((weight > 0).sum())
        product = float(weight @ (prior * targets)) + PRIOR_WEIGHT * PRIOR_MEAN
        fading = self.prior_half_life / (n + self.prior_half_life)
        return fading * max(product / (float(weight @ prior**2) + PRIOR_WEIGHT), 0.0)
