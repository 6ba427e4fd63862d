"""BoostingMember: boosted trees on statistics of graphs, each fold's trees blind to it."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.utils import check_random_state

from .block_kernel import Floats
from .statistics import Statistics
from .trees import TreeEnsemble

N_FOLDS = 5


class BoostingMember:
    """Mean of boosted trees that each leave out a part of the architectures.

    Trees see steps where a process is smooth, and pick single columns.

    Parameters
    ----------
    n_estimators : int, default=120
        Trees of a fold.
    max_columns : int, default=40
        About how many columns a split looks at.

    Attributes
    ----------
    unseen_ : ndarray of float, shape (n,)
        For each architecture of fit, what the trees that have not seen it
        predict. All places of an architecture that occurs more than once are in
        one fold.
    trees_ : list of TreeEnsemble
        Of the folds; the mean where all architectures are the same.
    """

    def __init__(self, n_estimators: int = 120, max_columns: int = 40) -> None:
        self.n_estimators = n_estimators
        self.max_columns = max_columns

    def fit(
        self,
        statistics: Statistics,
        targets: Floats,
        sample_weight: Floats | None = None,
        random_state: Any = None,
    ) -> BoostingMember:
        """Fit the trees of all folds.

        Parameters
        ----------
        statistics : Statistics
            Of n architectures.
        targets : ndarray of float, shape (n,)
            Normal scores.
        sample_weight : ndarray of float, shape (n,), default=None
        random_state : int, RandomState instance or None, default=None
            Of folds and trees.

        Returns
        -------
        self
        """
        rng = check_random_state(random_state)
        columns = statistics.columns()
        weight = np.ones(len(targets)) if sample_weight is None else np.asarray(sample_weight)
        which = np.unique(columns, axis=0, return_inverse=True)[1].ravel()
        n_groups = int(which.max()) + 1
        n_folds = max(min(N_FOLDS, n_groups), 1)
        fold = (rng.permutation(n_groups) % n_folds)[which]
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
            model.fit(columns[seen], targets[seen], sample_weight=weight[seen])
            trees = TreeEnsemble.of(model)
            self.unseen_[left_out] = trees.predict(columns[left_out])
            self.trees_.append(trees)
        if not self.trees_:  # all architectures are the same
            mean = float(np.average(targets, weights=weight))
            self.trees_.append(TreeEnsemble.without_trees(mean))
        return self

    def predict(self, statistics: Statistics) -> Floats:
        """Predict normal scores.

        Parameters
        ----------
        statistics : Statistics
            Of n architectures.

        Returns
        -------
        ndarray of float, shape (n,)
        """
        if not len(statistics):
            return np.zeros(0)
        columns = statistics.columns()
        mean: Floats = np.mean([trees.predict(columns) for trees in self.trees_], axis=0)
        return mean
