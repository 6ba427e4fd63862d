"""Regressors of other libraries among the members."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.preprocessing import StandardScaler

from tagates_sk import TAGATESRanker, TAGATESRegressor
from tagates_sk.datasets import load_nasbench201
from tagates_sk.estimators.folds import folds_of
from tagates_sk.estimators.regressors import RegressorMember
from tagates_sk.estimators.statistics import GraphStatistics
from tagates_sk.metrics import kendall_tau
from tagates_sk.model_files import ModelFileError, save_model
from tests.small import CELLS, TARGETS, sample

OTHERS = sample(30, seed=1)


def ranker(*regressors: Any, **changes: Any) -> TAGATESRanker:
    return TAGATESRanker(**{"members": ["statistics", *regressors], "random_state": 0, **changes})


class Recorder(RegressorMixin, BaseEstimator):
    """Remembers what it was fitted to, and predicts a column."""

    fits: list[Any] = []  # noqa: RUF012

    def __init__(self, random_state: Any = None, answer: Any = None) -> None:
        self.random_state = random_state
        self.answer = answer

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Recorder:
        self.fits.append((X, y, sample_weight, self.random_state))
        return self

    def predict(self, X: Any) -> Any:
        return X[:, 0] if self.answer is None else self.answer(len(X))


@pytest.fixture
def fits() -> Any:
    Recorder.fits.clear()
    yield Recorder.fits
    Recorder.fits.clear()


def test_each_is_a_member_beside_the_others() -> None:
    plain = ranker(members="statistics").fit(CELLS, TARGETS)
    fitted = ranker(Ridge(), ("forest", RandomForestRegressor(5))).fit(CELLS, TARGETS)
    members = fitted.predict_members(OTHERS)
    assert members.shape == (len(OTHERS), 5)
    assert_array_equal(members[:, :3], plain.predict_members(OTHERS))
    assert list(fitted.composition_.members) == ["flow", "all", "boosting", "ridge", "forest"]
    assert len(fitted.composition_.blend.weights_) == 5


def test_with_networks() -> None:
    small = {"layer_dim": 8, "head": (8,), "max_iter": 2}
    fitted = ranker(members=["all", Ridge()], **small).fit(CELLS, TARGETS)
    assert fitted.predict_members(OTHERS).shape == (len(OTHERS), 6)
    assert len(fitted.transform(OTHERS)) == len(OTHERS)


def test_a_list_without_regressors_is_its_word() -> None:
    fitted = [ranker(members=m).fit(CELLS, TARGETS) for m in (["statistics"], "statistics")]
    assert_array_equal(*[one.predict(OTHERS) for one in fitted])


def test_a_bad_regressor_has_little_weight() -> None:
    fitted = ranker(DummyRegressor()).fit(CELLS, TARGETS)
    weights = fitted.composition_.blend.weights_
    assert weights[-1] < 0.05


# Older releases of LightGBM name the columns of an array, and miss the names then.
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_lightgbm_joins_in() -> None:
    lightgbm = pytest.importorskip("lightgbm")
    X, y = load_nasbench201(return_X_y=True)
    trees = lightgbm.LGBMRegressor(min_child_samples=5, n_jobs=1, verbose=-1)
    fitted = TAGATESRegressor(members=["statistics", trees], random_state=0)
    fitted.fit(X[:300], y[:300])
    weight = fitted.composition_.blend.weights_[-1]
    assert 0.0 < weight < 1.0
    assert kendall_tau(y[1000:3000], fitted.predict(X[1000:3000])) > 0.8
    mean, std = fitted.predict(X[1000:1010], return_std=True)
    assert mean.shape == std.shape == (10,)
    again = clone(fitted).fit(X[:300], y[:300])
    assert_array_equal(again.predict(X[:9]), fitted.predict(X[:9]))


def test_every_label_is_predicted_by_who_has_not_seen_it() -> None:
    statistics = GraphStatistics().fit(CELLS)
    columns = statistics.transform(CELLS)
    columns = columns.of(np.unique(columns.columns(), axis=0, return_index=True)[1])
    targets = np.random.RandomState(0).randn(len(columns))
    member = RegressorMember("nearest", KNeighborsRegressor(1)).fit(columns, targets)
    assert not (member.unseen_ == targets).any()
    assert_array_equal(member.predict(columns), targets)


def test_folds_have_what_is_alike_together() -> None:
    rows = np.repeat(np.arange(20), 3)[:, None]
    fold, n_folds = folds_of(rows, np.random.RandomState(0))
    assert n_folds == 5
    assert_array_equal(np.bincount(fold), [12] * 5)
    assert all(len(set(fold[3 * i : 3 * i + 3])) == 1 for i in range(20))


def test_weights_are_passed_on_and_rows_without_left_out(fits: list[Any]) -> None:
    weight = np.linspace(0, 2, len(CELLS))
    ranker(Recorder()).fit(CELLS, TARGETS, sample_weight=weight)
    X, _, passed, _ = fits[-1]
    assert len(X) == len(CELLS) - 1
    assert_array_equal(passed, weight[1:] * (passed[0] / weight[1]))
    assert len(fits) == 6


def test_a_regressor_without_weights_is_fitted_without() -> None:
    weight = np.linspace(0, 2, len(CELLS))
    ranker(KNeighborsRegressor()).fit(CELLS, TARGETS, sample_weight=weight)


def test_seeds_come_from_the_estimator_and_the_users_object_is_left(fits: list[Any]) -> None:
    own = Recorder(random_state=3)
    seeds = []
    for random_state in (0, 0, 1):
        fits.clear()
        ranker(own, random_state=random_state).fit(CELLS, TARGETS)
        seeds.append([seed for *_, seed in fits])
    assert own.random_state == 3
    assert seeds[0] == seeds[1] != seeds[2]
    assert len(set(seeds[0])) == 6


def test_one_architecture() -> None:
    fitted = ranker(KNeighborsRegressor(), handle_unknown="ignore")
    fitted.fit(CELLS[:1] * 3, [1.0, 2.0, 3.0])
    assert np.isfinite(fitted.predict(OTHERS)).all()


def test_parameters_of_regressors() -> None:
    estimator = ranker(Ridge(), Ridge(alpha=2.0), ("trees", RandomForestRegressor(5)))
    params = estimator.get_params()
    assert params["members__ridge__alpha"] == 1.0
    assert params["members__ridge-2__alpha"] == 2.0
    assert isinstance(params["members__trees"], RandomForestRegressor)
    assert not any("__" in name for name in estimator.get_params(deep=False))
    estimator.set_params(members__ridge__alpha=3.0, members__trees=Ridge(4.0), T=3)
    assert estimator.T == 3
    assert estimator.get_params()["members__ridge__alpha"] == 3.0
    assert estimator.get_params()["members__trees__alpha"] == 4.0
    assert estimator.set_params(members="all").members == "all"


def test_a_clone_has_regressors_of_its_own() -> None:
    estimator = ranker(Ridge())
    copy = clone(estimator).set_params(members__ridge__alpha=5.0)
    assert estimator.members[1].alpha == 1.0
    assert copy.members[0] == "statistics"
    assert copy.members[1].alpha == 5.0


def test_grid_search() -> None:
    grid = {"members__ridge__alpha": [0.1, 10.0]}
    search = GridSearchCV(ranker(("ridge", Ridge())), grid, cv=2).fit(CELLS, TARGETS)
    assert search.best_params_["members__ridge__alpha"] in (0.1, 10.0)
    grid = {"members": ["statistics", ["statistics", Ridge()]]}
    assert len(GridSearchCV(ranker(), grid, cv=2).fit(CELLS, TARGETS).cv_results_["params"]) == 2


def test_pickles() -> None:
    fitted = ranker(RandomForestRegressor(5)).fit(CELLS, TARGETS)
    loaded = pickle.loads(pickle.dumps(fitted))
    assert_array_equal(loaded.predict(OTHERS), fitted.predict(OTHERS))


def test_a_model_file_has_no_form_for_them(tmp_path: Any) -> None:
    fitted = ranker(RandomForestRegressor(5)).fit(CELLS, TARGETS)
    with pytest.raises(ModelFileError, match=r"regressors of other libraries.*joblib") as raised:
        save_model(fitted, tmp_path / "model")
    assert len(str(raised.value)) <= 300


@pytest.mark.parametrize(
    ("members", "error", "message"),
    [
        ([], ValueError, "members is a list that is empty"),
        ([Ridge()], ValueError, r"begins with Ridge\(\). First in it is 'all' or 'statistics'"),
        (["encoder", Ridge()], ValueError, "begins with 'encoder'"),
        (["all", Ridge], TypeError, r"members\[1\] is the class Ridge; an object is expected"),
        (["all", "ridge"], TypeError, r"members\[1\] is 'ridge', no regressor"),
        (["all", Ridge(), LogisticRegression()], TypeError, r"members\[2\] is LogisticRegression"),
        (["all", StandardScaler()], TypeError, r"members\[1\] is StandardScaler\(\), no regressor"),
        (["all", ("flow", Ridge())], ValueError, r"members\[1\] has the name 'flow'"),
        (["all", ("a__b", Ridge())], ValueError, "has the name 'a__b'"),
        (["all", (3, Ridge())], ValueError, "has the name 3"),
        (["all", ("a", Ridge()), ("a", Ridge())], ValueError, r"members\[2\] has the name 'a'"),
        (("all", Ridge(), Ridge(), ("ridge-2", Ridge())), ValueError, "the name 'ridge-2'"),
    ],
)
def test_bad_members_are_refused(members: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as raised:
        TAGATESRanker(members=members).fit(CELLS, TARGETS)
    assert len(str(raised.value)) <= 300


def test_several_targets_are_for_encoders() -> None:
    with pytest.raises(ValueError, match="regressors in members know one target") as raised:
        ranker(members=["all", Ridge()]).fit(CELLS, np.column_stack([TARGETS, TARGETS]))
    assert len(str(raised.value)) <= 300


def test_no_such_regressor() -> None:
    with pytest.raises(ValueError, match=r"members has no regressor 'lasso'; .* \['ridge'\]"):
        ranker(Ridge()).set_params(members__lasso__alpha=1.0)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda n: np.full(n, np.nan), "The member 'recorder' predicts values that are not finite"),
        (lambda n: np.zeros(3), r"The member 'recorder' predicts \(3,\); a finite number for each"),
    ],
)
def test_bad_predictions_are_refused(answer: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message) as raised:
        ranker(Recorder(answer=answer)).fit(CELLS, TARGETS)
    assert len(str(raised.value)) <= 300


def test_who_cannot_be_fitted_is_named() -> None:
    with pytest.raises(ValueError, match=r"The member 'ridge' could not be fitted to \d+") as error:
        ranker(Ridge(alpha=-1)).fit(CELLS, TARGETS)
    assert len(str(error.value)) <= 300
    assert isinstance(error.value.__cause__, ValueError)
