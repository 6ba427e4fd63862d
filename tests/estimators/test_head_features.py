"""Features beside the encoding."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.model_selection import GridSearchCV
from sklearn.utils._param_validation import InvalidParameterError

from tagates_sk.estimators.head_features import CUT_OFF, HeadFeatures
from tagates_sk.features import AdjacencyOneHot, OperationStatistics, PathEncoding, WalkStatistics
from tests.small import BOTH, CELLS, TARGETS, ranker, regressor

both = pytest.mark.parametrize("make", BOTH)


class Given(TransformerMixin, BaseEstimator):
    """Gives what it is told to, for each architecture."""

    def __init__(self, rows: Any = None) -> None:
        self.rows = rows

    def fit(self, X: Any, y: Any = None) -> Given:
        self.fitted_ = True
        return self

    def transform(self, X: Any) -> Any:
        return np.asarray(self.rows)[: len(X)]


@both
@pytest.mark.parametrize(
    "features", [OperationStatistics(), WalkStatistics(), PathEncoding(), AdjacencyOneHot()]
)
def test_any_transformer(make: Any, features: Any) -> None:
    fitted = make(features=features, n_members=2).fit(CELLS, TARGETS)
    assert not hasattr(features, "operations_")  # a clone was fitted
    together = fitted.predict(CELLS)
    alone = np.concatenate([fitted.predict([cell]) for cell in CELLS[:5]])
    np.testing.assert_allclose(alone, together[:5], rtol=1e-4, atol=1e-5)


def test_the_head_learns_from_them() -> None:
    """From a target that no graph can tell, but the features can."""
    y = np.random.RandomState(0).normal(size=40)
    told = ranker(features=Given(y[:, None]), max_iter=60).fit(CELLS, y)
    assert told.score(CELLS, y) > 0.95


def test_standardised_and_cut_off() -> None:
    rows = np.column_stack([np.arange(40.0), np.full(40, 3.0)])
    features = HeadFeatures(Given(rows))
    out = features.fit_transform(CELLS)
    np.testing.assert_array_equal(features.transform(CELLS), out)
    np.testing.assert_allclose(out.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(out.std(0), [1, 0], atol=1e-6)
    features.transformer.rows = 1e9 * rows + 1e12
    assert abs(features.transform(CELLS)).max() == CUT_OFF


def test_small_features_count_and_rounding_does_not() -> None:
    odd = np.arange(40) % 2
    rounded = np.where(odd, 0.1, np.nextafter(0.1, 1))
    rows = np.column_stack([1e-11 * np.arange(40.0), rounded, 1e9 + odd])
    out = HeadFeatures(Given(rows)).fit_transform(CELLS)
    np.testing.assert_allclose(out.std(0), [1, 0, 0.5], atol=1e-6)


@both
def test_parameters_of_the_transformer_are_checked(make: Any) -> None:
    estimator = make(features=PathEncoding(max_paths=-1))
    for method in (estimator.fit, estimator.partial_fit):
        with pytest.raises(InvalidParameterError, match="'max_paths' parameter of PathEncoding"):
            method(CELLS, TARGETS)
    with pytest.raises(InvalidParameterError, match="'max_paths' parameter of PathEncoding"):
        make().pretrain(CELLS, PathEncoding(max_paths=-1))


def test_are_computed_once_a_fit() -> None:
    calls: list[int] = []

    class Counted(Given):
        def transform(self, X: Any) -> Any:
            calls.append(len(X))
            return super().transform(X)

    fitted = regressor(features=Counted(np.arange(80.0)[:, None]), n_members=4, bootstrap=True)
    fitted.fit(CELLS, TARGETS)
    assert calls == [40]
    fitted.predict(CELLS)
    assert calls == [40, 40]


def test_grid_search_over_parameters_of_the_transformer() -> None:
    grid = {"features__max_subset_size": [1, 2]}
    search = GridSearchCV(ranker(features=OperationStatistics()), grid, cv=2).fit(CELLS, TARGETS)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.zeros((3, 2)), "gives an array of shape (3, 2) for 40 architectures"),
        (np.zeros(40), "gives an array of shape (40,) for 40 architectures"),
        (np.full((40, 2), np.nan), "gives nan in column 0 for architecture 0 of X"),
    ],
)
def test_what_is_no_feature(rows: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape("features=Given(...) " + message)):
        ranker(features=Given(rows)).fit(CELLS, TARGETS)
