"""Performance at several points of training, some of it not measured."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import r2_score
from sklearn.model_selection import cross_val_score

from tagates_sk.metrics import get_scorer, kendall_tau
from tagates_sk.training import targets
from tests.small import BOTH, CELLS, TARGETS, ranker, regressor

both = pytest.mark.parametrize("make", BOTH)
OPPOSITE = np.column_stack([-TARGETS, TARGETS])
LEARNS: dict[str, Any] = {"max_iter": 40, "learning_rate": 0.02, "batch_size": 40}


@pytest.mark.parametrize("options", [{"anytime": True}, {"anytime": False}, {"T": 3}])
@pytest.mark.parametrize(("make", "n_members"), [(ranker, 1), (regressor, 2)])
def test_each_column_is_learned(make: Any, options: dict[str, Any], n_members: int) -> None:
    fitted = make(max_iter=60, learning_rate=0.01, n_members=n_members, **options).fit(
        CELLS, OPPOSITE
    )
    early, final = fitted.predict_anytime(CELLS).T
    assert kendall_tau(-TARGETS, early) > 0.7
    assert kendall_tau(TARGETS, final) > 0.7
    assert_array_equal(fitted.predict(CELLS), final)


def test_columns_have_units_of_their_own() -> None:
    y = np.column_stack([1000 + TARGETS, TARGETS])
    early, final = regressor(max_iter=30).fit(CELLS, y).predict_anytime(CELLS).T
    assert abs(early.mean() - y[:, 0].mean()) < 2
    assert abs(final.mean() - y[:, 1].mean()) < 2


@both
def test_what_was_not_measured_teaches_nothing(make: Any) -> None:
    """Nothing of the final column of half the cells, which is as if it were not there."""
    y = OPPOSITE.copy()
    y[20:, 1] = np.nan
    once = make(batch_size=40).fit(CELLS, y)
    other = y.copy()
    other[20:, 1] = np.nan
    assert_array_equal(once.predict(CELLS), make(batch_size=40).fit(CELLS, other).predict(CELLS))
    assert np.isfinite(once.predict_anytime(CELLS)).all()
    assert once.y_mean_ == pytest.approx(TARGETS[:20].mean())


@both
def test_early_values_of_many_help_final_ones_of_few(make: Any) -> None:
    early = TARGETS + np.random.RandomState(0).normal(0, 0.3, len(TARGETS))
    y = np.column_stack([early, np.where(np.arange(40) < 6, TARGETS, np.nan)])
    options = {**LEARNS, "deep_supervision": False}
    both_columns = make(**options).fit(CELLS, y).predict(CELLS)
    few = make(**options).fit(CELLS[:6], TARGETS[:6]).predict(CELLS)
    assert kendall_tau(TARGETS, both_columns) > kendall_tau(TARGETS, few)


@pytest.mark.parametrize("loss", ["hinge", "logistic", "listmle", "mse"])
def test_missing_values_with_every_loss(loss: str) -> None:
    y = OPPOSITE.copy()
    y[::3, 1] = np.nan
    fitted = ranker(loss=loss, **LEARNS).fit(CELLS, y)
    assert kendall_tau(TARGETS, fitted.predict(CELLS)) > 0.5


def test_early_stopping_watches_the_final_column() -> None:
    y = OPPOSITE.copy()
    y[::4, 1] = np.nan
    fitted = ranker(early_stopping=True, max_iter=5).fit(CELLS, y)
    assert len(fitted.history_["validation_score"]) == 5


@both
def test_scores_are_about_the_final_column(make: Any) -> None:
    fitted = make(max_iter=20).fit(CELLS, OPPOSITE)
    y = OPPOSITE.copy()
    y[::3, 1] = np.nan
    rows = np.flatnonzero(np.isfinite(y[:, 1]))
    predicted = fitted.predict(CELLS)[rows]
    metric = kendall_tau if make is ranker else r2_score
    assert fitted.score(CELLS, y) == metric(TARGETS[rows], predicted)
    if make is regressor:
        weights = np.arange(40.0)
        expected = r2_score(TARGETS[rows], predicted, sample_weight=weights[rows])
        assert fitted.score(CELLS, y, sample_weight=weights) == expected
    for scoring in (None, get_scorer("kendall_tau")):
        assert np.isfinite(cross_val_score(make(), CELLS, OPPOSITE, cv=2, scoring=scoring)).all()
    with pytest.raises(ValueError, match=r"The last column of y has no measured value"):
        fitted.score(CELLS, np.where([True, False], OPPOSITE, np.nan))


@both
@pytest.mark.parametrize(
    ("options", "early"),
    [
        ({"n_members": 4}, [1, 1, 0.05, 0.05]),
        ({"n_members": 3}, [1, 1, 0.05]),
        ({"n_members": 1}, [1]),
        ({"n_members": 2, "anytime": False}, [1, 1]),
    ],
)
def test_half_of_the_members_look_at_the_final_column(
    make: Any, options: dict[str, Any], early: list[float]
) -> None:
    fitted = make(**options).fit(CELLS, OPPOSITE)
    assert_array_equal(fitted.column_weights_, [early, [1] * len(early)])
    members = fitted.encoders_.predict(CELLS, "error")
    expected = [np.average(members[:, 0], 1, early), members[:, 1].mean(1)]
    assert_allclose(fitted.predict_anytime(CELLS).T, expected)


def test_an_earlier_column_counts_where_the_final_one_was_not_measured() -> None:
    """Ten of forty early values are of cells without a final one."""
    y = OPPOSITE.copy()
    y[:10, 1] = np.nan
    weights = np.where(np.arange(40) < 10, 1.0, 1.1)
    y_three = np.column_stack([np.where(np.arange(40) < 10, y[:, 0], np.nan), y])
    assert_array_equal(ranker(n_members=2).fit(CELLS, y).column_weights_, [[1, 0.25], [1, 1]])
    weighted = ranker(n_members=2).fit(CELLS, y, weights).column_weights_
    assert_allclose(weighted, [[1, 10 / 43], [1, 1]])
    more = ranker(T=3, n_members=2).fit(CELLS, y_three).column_weights_
    assert_array_equal(more, [[1, 1], [1, 0.25], [1, 1]])


def test_what_a_column_counts_stays_with_the_first_fit() -> None:
    y = OPPOSITE.copy()
    y[:10, 1] = np.nan
    fitted = ranker(n_members=2).fit(CELLS, y).partial_fit(CELLS, OPPOSITE)
    assert_array_equal(fitted.column_weights_, [[1, 0.25], [1, 1]])


def test_focused_members_learn_the_final_column_better(monkeypatch: pytest.MonkeyPatch) -> None:
    """Than where noise, in a column before it, counts as much; others stay as they are."""
    noise = np.random.RandomState(0).normal(size=40)
    y = np.column_stack([noise, TARGETS])

    def members() -> list[float]:
        fitted = ranker(n_members=2, max_iter=60, learning_rate=0.003).fit(CELLS, y)
        return [kendall_tau(TARGETS, p) for p in fitted.predict_members(CELLS).T]

    focused = members()
    monkeypatch.setattr(targets, "LEAST", 1.0)
    broad = members()
    assert focused[0] == broad[0]
    assert focused[1] > broad[1] + 0.05


def test_one_column_is_one_target() -> None:
    with pytest.warns(match="column-vector y was passed"):
        fitted = ranker().fit(CELLS, TARGETS[:, None])
    assert_allclose(fitted.predict(CELLS), ranker().fit(CELLS, TARGETS).predict(CELLS))
    assert fitted.predict_anytime(CELLS).shape == (40, 1)


class TestErrors:
    def test_more_columns_than_passes(self) -> None:
        y = np.column_stack([TARGETS] * 3)
        message = "y has 3 columns and TAGATESRanker has T=2: each column is read after a pass"
        with pytest.raises(ValueError, match=re.escape(message)):
            ranker().fit(CELLS, y)
        ranker(anytime=False).fit(CELLS, y)
        ranker(T=3).fit(CELLS, y)

    def test_a_column_without_values(self) -> None:
        y = OPPOSITE.copy()
        y[1:, 1] = np.nan
        with pytest.raises(ValueError, match=r"Column 1 of y has fewer than 2 measured values"):
            ranker().fit(CELLS, y)

    def test_infinite(self) -> None:
        y = OPPOSITE.copy()
        y[3, 0] = np.inf
        with pytest.raises(ValueError, match="Input y contains infinity"):
            ranker().fit(CELLS, y)

    def test_other_columns_later(self) -> None:
        fitted = ranker().fit(CELLS, OPPOSITE)
        with pytest.raises(ValueError, match=r"y has 1 columns; in the first fit it had 2\."):
            fitted.partial_fit(CELLS, TARGETS)
