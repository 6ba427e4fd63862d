"""Displays in scikit-learn's style: what they compute, and that they draw it where told."""

from __future__ import annotations

import sys
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.distance import pdist
from scipy.stats import kendalltau
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.model_selection import LearningCurveDisplay
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tagates_sk import TAGATESRanker
from tagates_sk.estimators import networks
from tagates_sk.features import OperationStatistics
from tagates_sk.inspection import (
    BlendDisplay,
    ParetoDisplay,
    PrecisionAtKDisplay,
    RankingDisplay,
    SearchDisplay,
    SpaceMapDisplay,
    UncertaintyDisplay,
    pareto_front,
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
    "BlendDisplay": lambda **kw: BlendDisplay.from_estimator(
        TAGATESRanker(members="statistics", random_state=0),
        CELLS,
        TARGETS,
        train_sizes=[10, 40],
        random_state=0,
        **kw,
    ),
    "ParetoDisplay": lambda **kw: ParetoDisplay.from_values(Y, PREDICTED, **kw),
    "SpaceMapDisplay": lambda **kw: SpaceMapDisplay.from_encodings(
        np.column_stack([Y, PREDICTED, Y]), Y, **kw
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


class TestBlend:
    def test_weights_are_those_of_the_fits(self) -> None:
        display = DRAW["BlendDisplay"]()
        assert display.names == [
            "process on walks", "process on all statistics", "boosted trees",
        ]  # fmt: skip
        order = np.random.RandomState(0).permutation(40)[:10]
        X = [CELLS[i] for i in order]
        alone = TAGATESRanker(members="statistics", random_state=0).fit(X, TARGETS[order])
        assert_array_equal(display.weights[0], alone.composition_.blend.weights_)
        assert_allclose(display.weights.sum(1), 1)
        texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
        assert texts == display.names[::-1]

    def test_networks_have_names(self) -> None:
        small = TAGATESRanker(max_iter=1, n_members=1, random_state=0)
        display = BlendDisplay.from_estimator(small, CELLS, TARGETS, train_sizes=[12])
        assert display.names[:2] == ["encoders", "asynchronous encoders"]
        assert display.weights.shape == (1, 5)

    def test_what_few_labels_lack_has_no_weight(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(networks, "FEW", 20)
        small = TAGATESRanker(max_iter=1, n_members=1, random_state=0)
        display = BlendDisplay.from_estimator(small, CELLS, TARGETS, train_sizes=[12, 30])
        assert display.names[2] == "recurrent networks"
        assert display.weights.shape == (2, 6)
        assert display.weights[0, 2] == 0
        assert_allclose(display.weights.sum(1), 1)

    def test_encoders_alone_blend_nothing(self) -> None:
        with pytest.raises(ValueError, match="predict alone: there is no blend"):
            BlendDisplay.from_estimator(ranker(), CELLS, TARGETS, train_sizes=[10])

    def test_sizes_out_of_range(self) -> None:
        with pytest.raises(
            ValueError, match=r"train_sizes=\[10, 41\] must be numbers from 2 to 40"
        ):
            BlendDisplay.from_estimator(ranker(), CELLS, TARGETS, train_sizes=[10, 41])


class TestPareto:
    @given(
        arrays(
            np.int64, st.tuples(st.integers(1, 12), st.integers(1, 3)), elements=st.integers(0, 4)
        ),
        st.lists(st.sampled_from(["maximize", "minimize"]), min_size=3, max_size=3),
    )
    def test_front_is_what_nothing_beats(self, values: Any, words: list[str]) -> None:
        direction = words[: values.shape[1]]
        up = values * np.where(np.array(direction) == "maximize", 1, -1)
        expected = [
            i for i, row in enumerate(up) if not ((up >= row).all(1) & (up > row).any(1)).any()
        ]
        front = pareto_front(values, direction)
        assert sorted(front) == expected
        assert (np.diff(values[front, 0]) >= 0).all()

    def test_line(self) -> None:
        display = ParetoDisplay.from_values(
            [3.0, 1.0, 2.0], [1.0, 2.0, 3.0], direction=("maximize", "minimize"), x_name="speed"
        )
        assert_array_equal(display.front, [0])
        assert display.ax_.get_xlabel() == "speed (higher is better)"
        assert display.ax_.get_ylabel() == "accuracy (lower is better)"
        assert_array_equal(display.line_.get_xdata(), [3.0])

    @pytest.mark.parametrize(
        ("values", "direction", "message"),
        [
            ([1.0, 2.0], "maximize", r"values has shape \(2,\); \(n, k\) is expected"),
            ([[1.0, np.nan]], "maximize", "values contains NaN in row 0, column 1"),
            ([[1.0, 2.0]], ["maximize"], "one of them for each of the 2 columns"),
            ([[1.0, 2.0]], "up", "direction='up' must be 'maximize' or 'minimize'"),
        ],
    )
    def test_bad_values(self, values: Any, direction: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            pareto_front(values, direction)

    def test_values_that_differ_in_number(self) -> None:
        with pytest.raises(ValueError, match=r"x has shape \(2,\) and y \(3,\)"):
            ParetoDisplay.from_values([1, 2], [1, 2, 3])


class TestSpaceMap:
    def test_keeps_distances_of_a_plane(self) -> None:
        """A plane in five dimensions is drawn as it is, but for a turn."""
        plane = np.random.RandomState(0).randn(30, 2)
        basis, _ = np.linalg.qr(np.random.RandomState(1).randn(5, 2))
        display = SpaceMapDisplay.from_encodings(plane @ basis.T, plane[:, 0])
        assert_allclose(pdist(display.positions), pdist(plane))

    def test_from_estimator(self, fitted: Any) -> None:
        display = SpaceMapDisplay.from_estimator(fitted, CELLS, s=3)
        expected = SpaceMapDisplay.from_encodings(fitted.transform(CELLS), fitted.predict(CELLS))
        assert_array_equal(display.positions, expected.positions)
        assert_array_equal(display.values, expected.values)
        assert display.scatter_.get_sizes() == [3]

    def test_projection(self) -> None:
        swap = FunctionTransformer(lambda X: X[:, [1, 0]])
        display = SpaceMapDisplay.from_encodings([[1, 2], [3, 4]], [0, 1], projection=swap)
        assert_array_equal(display.positions, [[2, 1], [4, 3]])
        with pytest.raises(ValueError, match=r"projection=FunctionTransformer\(...\) gives .* two"):
            SpaceMapDisplay.from_encodings(
                [[1, 2, 3], [4, 5, 6]], [0, 1], projection=FunctionTransformer()
            )

    def test_values_that_are_not_finite(self) -> None:
        with pytest.raises(ValueError, match="Input y contains NaN in row 1"):
            SpaceMapDisplay.from_encodings([[1, 2], [3, 4]], [0, np.nan])
