"""Displays in scikit-learn's style: what they compute, and that they draw it where told."""

from __future__ import annotations

import sys
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import kendalltau
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.model_selection import LearningCurveDisplay
from sklearn.pipeline import make_pipeline

from tagates_sk.features import OperationStatistics
from tagates_sk.inspection import (
    PrecisionAtKDisplay,
    RankingDisplay,
    SearchDisplay,
    UncertaintyDisplay,
)
from tagates_sk.metrics import get_scorer, kendall_tau_scorer, precision_at_k
from tagates_sk.search import PredictorSearch
from tagates_sk.spaces import NASBench201
from tests.small import CELLS, TARGETS, quality, ranker, regressor

RNG = np.random.RandomState(0)
Y = RNG.normal(90, 3, size=200)
PREDICTED = Y + RNG.normal(0, 2, size=200)

DRAW: dict[str, Any] = {
    "RankingDisplay": lambda **kw: RankingDisplay.from_predictions(Y, PREDICTED, **kw),
    "PrecisionAtKDisplay": lambda **kw: PrecisionAtKDisplay.from_predictions(Y, PREDICTED, **kw),
    "UncertaintyDisplay": lambda **kw: UncertaintyDisplay.from_predictions(
        Y, PREDICTED, np.full(200, 2.0), **kw
    ),
    "SearchDisplay": lambda **kw: SearchDisplay.from_histories({"search": [Y, PREDICTED]}, **kw),
}
displays = pytest.mark.parametrize("name", DRAW)


@displays
def test_draws_where_it_is_told(name: str) -> None:
    _, (left, right) = plt.subplots(1, 2)
    display = DRAW[name](ax=right)
    assert (display.ax_, display.figure_) == (right, right.figure)
    assert right.has_data()
    assert not left.has_data()
    again = display.plot()
    assert again is display
    assert display.ax_ is not right
    display.figure_.canvas.draw()


@displays
def test_without_matplotlib(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=rf"{name} needs matplotlib, which is not installed: pip"):
        DRAW[name]()


class TestRanking:
    def test_ranks_and_tau(self) -> None:
        display = RankingDisplay.from_predictions([1, 3, 3, 2], [0.1, 0.9, 0.5, 0.7])
        assert_array_equal(display.true_rank, [4, 1.5, 1.5, 3])
        assert_array_equal(display.predicted_rank, [4, 1, 3, 2])
        offsets = np.column_stack([display.true_rank, display.predicted_rank])
        assert_array_equal(display.scatter_.get_offsets(), offsets)

    def test_from_estimator(self, fitted: Any) -> None:
        display = RankingDisplay.from_estimator(fitted, CELLS, TARGETS, color="red")
        tau = kendalltau(TARGETS, fitted.predict(CELLS)).statistic
        assert display.tau == pytest.approx(tau)
        title = f"{type(fitted).__name__}: Kendall's tau = {tau:.3f}"
        assert display.ax_.get_title() == title
        assert_allclose(display.scatter_.get_facecolor()[0, :3], [1, 0, 0])
        assert display.plot(name="mine").ax_.get_title().startswith("mine: ")

    def test_lengths_that_differ(self) -> None:
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            RankingDisplay.from_predictions([1, 2, 3], [1, 2])


class TestPrecisionAtK:
    def test_precision(self) -> None:
        display = PrecisionAtKDisplay.from_predictions(Y, PREDICTED)
        assert (display.k[0], display.k[-1]) == (1, 200)
        assert (np.diff(display.k) > 0).all()
        expected = [precision_at_k(Y, PREDICTED, int(k)) for k in display.k]
        assert_array_equal(display.precision, expected)
        assert_array_equal(display.line_.get_ydata(), expected)
        assert_allclose(display.chance_.get_ydata(), display.k / 200)

    def test_from_estimator(self, fitted: Any) -> None:
        display = PrecisionAtKDisplay.from_estimator(fitted, CELLS, TARGETS, k=[10, 5, 40])
        assert_array_equal(display.k, [5, 10, 40])
        assert display.line_.get_label() == type(fitted).__name__
        assert display.precision[-1] == 1

    def test_k_out_of_range(self) -> None:
        with pytest.raises(ValueError, match="k=500 must be from 1 to the number of samples, 200"):
            PrecisionAtKDisplay.from_predictions(Y, PREDICTED, k=[500])


class TestUncertainty:
    def test_coverage(self) -> None:
        """Counted one by one, and right for normal errors of that size only."""
        y = np.random.RandomState(1).normal(5, 2, size=4000)
        mean = np.full(4000, 5.0)
        right = UncertaintyDisplay.from_predictions(y, mean, np.full(4000, 2.0))
        assert right.calibration_error < 0.01
        narrow = UncertaintyDisplay.from_predictions(y, mean, np.full(4000, 1.0))
        assert (narrow.observed < narrow.expected).all()
        half = narrow.observed[narrow.expected.searchsorted(0.5)]
        assert half == np.mean(np.abs(y - 5) <= 0.6744897501960817)

    def test_no_deviation_covers_exact_predictions_only(self) -> None:
        display = UncertaintyDisplay.from_predictions([1, 2, 3, 4], [1, 2, 0, 0], np.zeros(4))
        assert_array_equal(display.observed, 0.5)

    @pytest.mark.parametrize("pipeline", [False, True])
    def test_from_estimator(self, pipeline: bool) -> None:
        gp: Any = GaussianProcessRegressor(alpha=0.1, optimizer=None)
        estimator = make_pipeline(OperationStatistics(), gp) if pipeline else gp
        X = CELLS if pipeline else OperationStatistics().fit_transform(CELLS)
        estimator.fit(X, TARGETS)
        display = UncertaintyDisplay.from_estimator(estimator, X, TARGETS, name="gp")
        expected = UncertaintyDisplay.from_predictions(
            TARGETS, *estimator.predict(X, return_std=True)
        )
        assert_array_equal(display.observed, expected.observed)
        assert display.line_.get_label() == f"gp: error {expected.calibration_error:.3f}"

    def test_ensemble(self) -> None:
        estimator = regressor(n_members=3).fit(CELLS, TARGETS)
        display = UncertaintyDisplay.from_estimator(estimator, CELLS, TARGETS)
        assert 0 <= display.observed[0] <= display.observed[-1] <= 1

    def test_without_deviations(self) -> None:
        estimator = make_pipeline(OperationStatistics(), LinearWithoutStd())
        with pytest.raises(TypeError, match="LinearWithoutStd predicts no standard deviations"):
            UncertaintyDisplay.from_estimator(estimator, CELLS, TARGETS)

    def test_negative_deviation(self) -> None:
        with pytest.raises(ValueError, match=r"y_std\[1\] is -2; a standard deviation is at least"):
            UncertaintyDisplay.from_predictions([1, 2, 3], [1, 2, 3], [1, -2, 3])

    def test_lengths_that_differ(self) -> None:
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            UncertaintyDisplay.from_predictions([1, 2, 3], [1, 2, 3], [1, 2])


class LinearWithoutStd:
    """Something that predicts."""

    def fit(self, X: Any, y: Any) -> LinearWithoutStd:
        return self

    def predict(self, X: Any) -> Any:
        return np.zeros(len(X))


class TestSearch:
    def test_failed_evaluations_change_nothing(self) -> None:
        display = SearchDisplay.from_histories([np.nan, 2.0, 1.0, np.nan, 3.0])
        assert_array_equal(display.best["best so far"][0], [np.nan, 2, 2, 2, 3])

    def test_repetitions(self) -> None:
        display = SearchDisplay.from_histories({"a": [[1, 3, 2], [2, 2, 5, 9]], "b": [4.0, 6.0]})
        assert_array_equal(display.best["a"][1], [2, 2, 5, 9])
        a, b = display.lines_
        assert_array_equal(a.get_ydata(), [1.5, 2.5, 4])
        assert_array_equal(b.get_ydata(), [4, 6])
        assert len(display.bands_) == 1
        assert [t.get_text() for t in display.ax_.get_legend().get_texts()] == ["a", "b"]

    def test_series_with_any_index(self) -> None:
        one, other = pd.Series([1.0, 2.0], index=[5, 6]), pd.Series([3.0, 1.0], index=["a", "b"])
        display = SearchDisplay.from_histories({"a": one, "b": [one, other]})
        assert_array_equal(display.best["a"], [[1, 2]])
        assert_array_equal(display.best["b"], [[1, 2], [3, 3]])

    def test_history_of_a_search(self) -> None:
        search = PredictorSearch(NASBench201(), ranker(), random_state=0)
        asked = search.ask(6)
        search.tell(asked, quality(asked))
        display = SearchDisplay.from_histories({"guided": search.history_})
        assert_array_equal(display.best["guided"][0], [row["best"] for row in search.history_])

    @pytest.mark.parametrize(
        ("histories", "message"),
        [
            ({}, "histories is empty: there is no search to draw"),
            ({"a": []}, "history 'a' must be a sequence of numbers, or of dicts"),
            ({"a": [1.0, 2.0], "b": [{"score": 1.0}]}, "history 'b' must be a sequence"),
            ({"a": ["high", "low"]}, "history 'a' must be a sequence"),
            ({"a": 5}, "history 'a' must be a sequence"),
        ],
        ids=str,
    )
    def test_wrong_histories(self, histories: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            SearchDisplay.from_histories(histories)


class TestLearningCurve:
    """scikit-learn's own display does it: tau against the number of labels."""

    @pytest.mark.parametrize("scoring", [None, kendall_tau_scorer, get_scorer("precision_at_20%")])
    def test_with_our_estimators_and_scorers(self, scoring: Any) -> None:
        display = LearningCurveDisplay.from_estimator(
            ranker(), CELLS, TARGETS, train_sizes=[8, 16], cv=2, scoring=scoring,
            score_type="test", score_name="tau",
        )  # fmt: skip
        assert_array_equal(display.train_sizes, [8, 16])
        assert display.test_scores.shape == (2, 2)
        assert np.isfinite(display.test_scores).all()
        assert display.ax_.get_ylabel() == "tau"
