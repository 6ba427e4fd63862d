"""The regressor of ConsensusRanker, unless users give their own."""

from __future__ import annotations

from sklearn.ensemble import BaggingRegressor, GradientBoostingRegressor, VotingRegressor

from ..baselines.bounded_process import smooth_process


def default_regressor(random_state: int) -> VotingRegressor:
    """A Gaussian process, and trees, which see steps where it is smooth.

    Parameters
    ----------
    random_state : int

    Returns
    -------
    VotingRegressor
        Not fitted. Its inputs are two blocks whose squares sum to about 1 each,
        its targets normal scores.
    """
    trees = GradientBoostingRegressor(
        n_estimators=300, learning_rate=0.05, subsample=0.6, max_features=0.3
    )
    boosting = BaggingRegressor(trees, 3, bootstrap=False, random_state=random_state)
    members = [("process", smooth_process()), ("boosting", boosting)]
    return VotingRegressor(members, weights=[0.7, 0.3])
