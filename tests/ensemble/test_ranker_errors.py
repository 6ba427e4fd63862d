"""What ConsensusRanker refuses, and how it says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge

from tagates_sk.graphs import InvalidArchitectureError
from tests.ensemble.consensus import REST, SECOND, X, Y, small
from tests.small import chain, ranker


def test_not_fitted() -> None:
    with pytest.raises(NotFittedError):
        small().predict(REST)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"proxies": "flops"}, "'proxies' parameter of ConsensusRanker must be"),
        ({"networks": ranker()}, "'networks' parameter of ConsensusRanker must be"),
        ({"networks": [("ridge", Ridge())]}, r"networks\[0\] must be \(name, estimator\)"),
        ({"networks": [("a", SECOND), SECOND]}, r"networks\[1\] must be \(name, estimator\)"),
        ({"networks": [("a", SECOND), ("a", SECOND)]}, "Names provided are not unique"),
        ({"networks": [("half", SECOND)]}, "Estimator names conflict with constructor arguments"),
        ({"networks": [("a__b", SECOND)]}, "Estimator names must not contain __"),
        ({"memory": 3}, "'memory' parameter of ConsensusRanker must be"),
        ({"n_unlabeled": 1}, "'n_unlabeled' parameter"),
        ({"n_rounds": -1}, "'n_rounds' parameter"),
        ({"fine_tuning_rate": 0.0}, "'fine_tuning_rate' parameter"),
        ({"half": 0.0}, "'half' parameter"),
        ({"prior_weight": -1.0}, "'prior_weight' parameter"),
    ],
)
def test_parameters_out_of_range(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        small().set_params(**changes).fit(X, Y)


def test_targets_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="X has 16 architectures but y has 15 targets"):
        small().fit(X, Y[:-1])
    with pytest.raises(ValueError, match="y should be a 1d array"):
        small().fit(X, np.column_stack([Y, Y]))


def test_a_single_unlabeled_architecture() -> None:
    with pytest.raises(ValueError, match="X_unlabeled has one architecture; at least two"):
        small().fit(X, Y, X_unlabeled=REST[:1])


def test_architectures_without_scores() -> None:
    with pytest.raises(InvalidArchitectureError, match=r"Nothing is known of X\[0\]"):
        small().fit(X, Y).predict([chain("unheard of")])
