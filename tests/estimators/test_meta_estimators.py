"""Inside scikit-learn's meta-estimators and searches, with every form of X."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import StackingRegressor, VotingRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    train_test_split,
)
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from tagates_sk.datasets import load_nasbench201
from tagates_sk.metrics import get_scorer, kendall_tau, kendall_tau_scorer, precision_at_k_scorer
from tests import small
from tests.small import as_array

DATA = load_nasbench201()
LAZY = DATA.dags[np.arange(3000, 3036)]
CELLS = list(LAZY)
Y = DATA.target[3000:3036]

FORMS = {"list": CELLS, "object array": as_array(CELLS), "lazy": LAZY}
forms = pytest.mark.parametrize("X", FORMS.values(), ids=FORMS)
ranker, regressor = (partial(make, max_iter=1, batch_size=40) for make in small.BOTH)
BOTH = [ranker, regressor]
both = pytest.mark.parametrize("make", BOTH, ids=["ranker", "regressor"])
CLOSE = {"rtol": 1e-3, "atol": 1e-4}  # batches of another size round otherwise


def check_predicts(estimator: Any, X: Any) -> np.ndarray:
    """Fit and predict; all forms of X give the same numbers."""
    predictions = estimator.fit(X, Y).predict(X)
    assert predictions.shape == Y.shape
    assert np.isfinite(predictions).all()
    assert np.ptp(predictions) > 0
    expected = clone(estimator).fit(CELLS, Y).predict(CELLS)
    assert_allclose(predictions, expected, **CLOSE)
    return predictions


@forms
class TestEnsembles:
    @both
    def test_pipeline(self, X: Any, make: Any) -> None:
        pipeline = make_pipeline(FunctionTransformer(), make())
        assert_allclose(check_predicts(pipeline, X), make().fit(X, Y).predict(X), **CLOSE)
        assert pipeline.score(X, Y) == pytest.approx(make().fit(X, Y).score(X, Y), rel=1e-3)

    @both
    def test_as_transformer_in_a_pipeline(self, X: Any, make: Any) -> None:
        pipeline = make_pipeline(make(), StandardScaler(), Ridge())
        check_predicts(pipeline, X)
        assert len(pipeline[:-1].get_feature_names_out()) == 16

    def test_union(self, X: Any) -> None:
        union = make_union(ranker(), regressor())
        assert union.fit_transform(X, Y).shape == (36, 32)
        assert union.transform(X).shape == (36, 32)

    def test_stacking(self, X: Any) -> None:
        members = [("ranker", ranker()), ("regressor", regressor()), ("mean", DummyRegressor())]
        stack = StackingRegressor(members, final_estimator=Ridge(), cv=3)
        check_predicts(stack, X)
        assert stack.transform(X).shape == (36, 3)

    def test_voting(self, X: Any) -> None:
        members = [(f"seed {seed}", regressor(random_state=seed)) for seed in range(2)]
        voting = VotingRegressor(members)
        predictions = check_predicts(voting, X)
        alone = [estimator.predict(X) for estimator in voting.estimators_]
        assert_allclose(predictions, np.mean(alone, axis=0), **CLOSE)

    def test_transformed_target(self, X: Any) -> None:
        error = TransformedTargetRegressor(
            regressor(), func=lambda y: -np.log(101 - y), inverse_func=lambda z: 101 - np.exp(-z)
        )
        predictions = check_predicts(error, X)
        inner = regressor().fit(X, -np.log(101 - Y)).predict(X)
        assert_allclose(predictions, 101 - np.exp(-inner), **CLOSE)


@forms
class TestCrossValidation:
    @both
    def test_predict(self, X: Any, make: Any) -> None:
        predictions = cross_val_predict(make(), X, Y, cv=3)
        assert_allclose(predictions, cross_val_predict(make(), CELLS, Y, cv=3), **CLOSE)
        train, test = next(iter(KFold(3).split(CELLS)))
        held_out = make().fit([CELLS[i] for i in train], Y[train]).predict(LAZY[test])
        assert_allclose(predictions[test], held_out, **CLOSE)

    @both
    def test_learning_curve(self, X: Any, make: Any) -> None:
        sizes, train_scores, test_scores = learning_curve(
            make(), X, Y, cv=2, train_sizes=[5, 18], scoring=kendall_tau_scorer
        )
        assert_array_equal(sizes, [5, 18])
        for scores in (train_scores, test_scores):
            assert scores.shape == (2, 2)
            assert np.isfinite(scores).all()

    def test_scorers(self, X: Any) -> None:
        scoring = {
            "tau": kendall_tau_scorer,
            "best": precision_at_k_scorer(5),
            "rho": get_scorer("spearman_rho"),
            "r2": "r2",
        }
        found = cross_validate(ranker(), X, Y, cv=3, scoring=scoring)
        assert_array_equal(found["test_tau"], cross_val_score(ranker(), X, Y, cv=3))
        predictions = cross_val_predict(ranker(), X, Y, cv=3)
        expected = [kendall_tau(Y[test], predictions[test]) for _, test in KFold(3).split(Y)]
        assert_allclose(found["test_tau"], expected, atol=0.02)
        assert ((found["test_best"] >= 0) & (found["test_best"] <= 1)).all()

    def test_split_keeps_the_form(self, X: Any) -> None:
        train, test, y_train, _ = train_test_split(X, Y, test_size=12, random_state=0)
        assert type(train) is type(test) is type(X)
        assert ranker().fit(train, y_train).predict(test).shape == (12,)


GRID = {"T": [1, 2], "s": [0.05, 1.0]}


class TestSearch:
    @pytest.mark.parametrize("X", [pytest.param(CELLS, marks=pytest.mark.slow), LAZY])
    def test_grid_in_one_and_two_processes(self, X: Any) -> None:
        one, two = (
            GridSearchCV(ranker(max_iter=5, learning_rate=0.02), GRID, cv=2, n_jobs=n).fit(X, Y)
            for n in (1, 2)
        )
        assert one.best_params_ == two.best_params_
        name = "mean_test_score"
        assert_allclose(one.cv_results_[name], two.cv_results_[name], atol=0.02)
        assert one.best_estimator_.get_params()["T"] == one.best_params_["T"]
        assert one.score(X, Y) == kendall_tau(Y, one.predict(X))

    @forms
    def test_grid_over_a_pipeline(self, X: Any) -> None:
        search = GridSearchCV(
            make_pipeline(ranker(), Ridge()), {"tagatesranker__T": [1, 2]},
            cv=2, scoring=kendall_tau_scorer,
        ).fit(X, Y)  # fmt: skip
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()

    @forms
    def test_halving(self, X: Any) -> None:
        search = HalvingGridSearchCV(
            ranker(), GRID, cv=2, resource="max_iter", max_resources=8, min_resources=2,
            factor=2, random_state=0,
        ).fit(X, Y)  # fmt: skip
        assert search.n_resources_ == [2, 4, 8]
        assert set(search.best_params_) == {"T", "s", "max_iter"}

    def test_halving_over_architectures(self) -> None:
        search = HalvingGridSearchCV(
            ranker(), GRID, cv=2, min_resources=8, factor=2, random_state=0
        ).fit(LAZY, Y)
        assert search.n_resources_ == [8, 16, 32]
