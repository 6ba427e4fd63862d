"""scikit-learn's common checks, in full through the adapter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sklearn.base import clone
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from tagates_sk.baselines import NormalScores
from tagates_sk.training.tasks import RANKING
from tests.estimators.test_sklearn_checks import EXPECTED_FAILURES, OF_COMPANY, within_float32

from .estimators import (
    OVER_ARRAYS,
    ArrayGATESRanker,
    ArrayGP,
    ArrayLSTMRanker,
    ArrayLSTMRegressor,
    ArraySemiNASRanker,
)

QUICK: dict[str, Any] = {
    "layer_dim": 8, "op_dim": 8, "head": (), "dropout": 0.0, "schedule": "constant",
    "learning_rate": 0.03, "weight_decay": 0.0, "batch_size": 20, "max_iter": 1,
    "handle_unknown": "ignore",
}  # fmt: skip
LEARNS: dict[str, Any] = {
    "max_iter": 6, "batch_size": 40, "layer_dim": 16, "learning_rate": 0.03,
}  # fmt: skip
"""Enough for the one check that wants R² > 0.5."""


def quick(cls: Any) -> Any:
    """Tiny, and one layer deep where that does not end before the output."""
    return cls(**QUICK, n_layers="auto" if "GATES" in cls.__name__ else 1)


# A regressor differs from its ranker by loss and unit, which one of them shows.
CHECKED = [ArrayGATESRanker, ArrayLSTMRanker, ArrayLSTMRegressor, ArraySemiNASRanker]
ESTIMATORS = [*map(quick, CHECKED), ArrayGP(handle_unknown="ignore"), NormalScores()]
OTHERS = [quick(cls) for cls in OVER_ARRAYS if cls not in CHECKED and "Ranker" in cls.__name__]
"""They are fitted and asked by the code of those above."""


def expected_failures(estimator: Any) -> dict[str, str]:
    return EXPECTED_FAILURES if type(estimator) in OVER_ARRAYS else {}


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failures)
def test_over_arrays(
    estimator: Any, check: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(estimator, check, monkeypatch)


@pytest.mark.slow
@parametrize_with_checks(OTHERS, expected_failed_checks=expected_failures)
def test_others_over_arrays(
    estimator: Any, check: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(estimator, check, monkeypatch)


def run(estimator: Any, check: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a check, with what it asks for where networks are concerned."""
    name_of_check = getattr(check, "func", check).__name__
    in_units = getattr(estimator, "_task", RANKING).in_units
    if name_of_check == "check_regressors_train" and in_units:
        # A clone, since the other checks have the same estimator.
        estimator = clone(estimator).set_params(**LEARNS)
    if name_of_check in OF_COMPANY:
        for name in ("assert_allclose", "assert_allclose_dense_sparse"):
            monkeypatch.setattr(estimator_checks, name, within_float32(name))
    check(estimator)
