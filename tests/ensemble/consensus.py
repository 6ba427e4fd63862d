"""Cells of NAS-Bench-201 for the tests of ConsensusRanker, and small ones of it."""

from __future__ import annotations

from typing import Any

from sklearn.frozen import FrozenEstimator

from tagates_sk.baselines import DAGNNRanker
from tagates_sk.datasets import load_nasbench201, load_zero_cost_proxies
from tagates_sk.ensemble import ConsensusRanker
from tagates_sk.training.estimator import NetworkEstimator
from tests.small import ranker

NB201 = load_nasbench201()
SCORES = load_zero_cost_proxies("nasbench201").fit()
PROXIES = FrozenEstimator(SCORES)  # fitting finds the forms of 15,625 cells
POOL = NB201.train_indices[::10]
MEASURED = NB201.train_indices[3::500]
X, Y = NB201.dags[MEASURED], NB201.target[MEASURED]
SECOND = DAGNNRanker(n_layers=1, layer_dim=16, op_dim=8, head=(16,), max_iter=40)
REST = NB201.dags[NB201.train_indices[5::10]]
TRUTH = NB201.target[NB201.train_indices[5::10]]


def networks(first: NetworkEstimator, second: NetworkEstimator = SECOND) -> list[Any]:
    """Two networks with names."""
    return [("first", first), ("second", second)]


def small(**changes: Any) -> ConsensusRanker:
    """A consensus with small networks."""
    given = {
        "networks": networks(ranker(n_members=2)),
        "n_rounds": 0,
        "n_unlabeled": 200,
        "random_state": 0,
    }
    return ConsensusRanker(PROXIES, **{**given, **changes})
