"""scikit-learn's common checks of ConsensusRanker, in full over arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import Ridge
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import check_is_fitted, validate_data

from tagates_sk import TAGATESRanker
from tagates_sk.ensemble import ConsensusRanker
from tests.adapter import chains
from tests.estimators.test_sklearn_checks import OF_COMPANY, QUICK, within_float32


class Values(TransformerMixin, BaseEstimator):
    """The values that a chain was made of."""

    def fit(self, X: Any, y: Any = None) -> Any:
        return self

    def transform(self, X: Any) -> Any:
        return np.array([[op["zero_cost"][0] for *_, op in cell.edges(data=True)] for cell in X])


class ArrayConsensusRanker(ConsensusRanker):
    """ConsensusRanker over arrays."""

    def fit(self, X: Any, y: Any, X_unlabeled: Any = None) -> Any:
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        return super().fit(chains(X), y)

    def predict_members(self, X: Any) -> Any:
        check_is_fitted(self)
        return super().predict_members(
            chains(validate_data(self, X, reset=False, dtype=np.float64))
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        return tags


SMALL = ArrayConsensusRanker(
    Values(),
    features=Values(),
    regressor=Ridge(),
    networks=[
        ("two", TAGATESRanker(**{**QUICK, "max_iter": 4})),
        ("one", TAGATESRanker(**{**QUICK, "max_iter": 4, "T": 1})),
    ],
)


@parametrize_with_checks([SMALL])
def test_over_arrays(
    estimator: Any, check: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    if getattr(check, "func", check).__name__ in OF_COMPANY:
        for name in ("assert_allclose", "assert_allclose_dense_sparse"):
            # Where few scores lie close together, their rounding moves normal scores by more.
            close = within_float32(name, rtol=0, atol=0.01)
            monkeypatch.setattr(estimator_checks, name, close)
    check(estimator)
