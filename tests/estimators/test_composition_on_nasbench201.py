"""How well a blend of all members ranks and predicts cells of NAS-Bench-201."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error

from tagates_sk.datasets import load_nasbench201
from tagates_sk.metrics import kendall_tau
from tests.small import BOTH

pytestmark = pytest.mark.all_trees


@pytest.fixture(scope="module")
def on_nasbench201() -> Any:
    """A ranker and a regressor, fitted to 60 cells; 500 others, and their accuracies."""
    nb201 = load_nasbench201()
    chosen = np.random.RandomState(0).permutation(len(nb201.target))
    fit, test = chosen[:60], chosen[-500:]
    fitted = [
        make(members="all", n_members=2, max_iter=20).fit(nb201.dags[fit], nb201.target[fit])
        for make in BOTH
    ]
    return *fitted, nb201.dags[test], nb201.target[test], nb201.target[fit]


def test_a_regressor_ranks_as_a_ranker(on_nasbench201: Any) -> None:
    first, second, X, y, _ = on_nasbench201
    taus = [kendall_tau(y, estimator.predict(X)) for estimator in (first, second)]
    assert taus[0] > 0.6
    assert taus[0] == pytest.approx(taus[1], abs=0.005)


def test_values_are_better_than_the_mean(on_nasbench201: Any) -> None:
    _, fitted, X, y, known = on_nasbench201
    error = mean_absolute_error(y, fitted.predict(X))
    assert error < 0.8 * mean_absolute_error(y, np.full(len(y), known.mean()))


def test_intervals_hold_what_they_say(on_nasbench201: Any) -> None:
    _, fitted, X, y, _ = on_nasbench201
    mean, std = fitted.predict(X, return_std=True)
    assert (std > 0).all()
    assert 0.65 < np.mean(np.abs(y - mean) < 1.2816 * std) < 0.95
