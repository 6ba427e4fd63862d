"""Training conditions as inputs: schedules, augmentations, losses."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import cross_val_score

from tagates_sk import TrainingCondition
from tagates_sk.metrics import kendall_tau
from tagates_sk.model_files import load_model, save_model
from tagates_sk.training.conditions import KnownConditions
from tests.small import BOTH, CELLS, TARGETS, as_array, ranker, regressor

both = pytest.mark.parametrize("make", BOTH)
LONG = TrainingCondition.cosine(epochs=200)
OTHERS = [
    TrainingCondition.cosine(epochs=12),
    TrainingCondition.cosine(epochs=200, augmentation="cutout"),
    TrainingCondition.cosine(epochs=200, loss="distillation"),
]
TWICE = [*CELLS, *CELLS]
OPPOSITE = np.concatenate([100 - TARGETS, TARGETS])


def conditions(other: TrainingCondition) -> list[TrainingCondition]:
    return [other] * 40 + [LONG] * 40


class TestCondition:
    def test_one_form_of_one_schedule(self) -> None:
        assert TrainingCondition(np.array([1, 0.5])) == TrainingCondition([1, 0.5])
        assert len({TrainingCondition([1]), TrainingCondition((1.0,))}) == 1

    @given(
        st.lists(st.floats(1e-3, 10), min_size=1, max_size=30),
        st.integers(1, 7),
    )
    def test_parts_sum_to_the_whole(self, schedule: list[float], parts: int) -> None:
        learning = TrainingCondition(schedule).learning(parts)
        assert learning.shape == (parts,)
        assert (learning > 0).all()
        assert learning.sum() == pytest.approx(sum(schedule))

    def test_cosine_learns_half_of_a_constant_rate(self) -> None:
        condition = TrainingCondition.cosine(epochs=100, learning_rate=0.2)
        assert condition.learning(1)[0] == pytest.approx(10)
        assert condition.schedule[0] > condition.schedule[50] > condition.schedule[-1] > 0

    @pytest.mark.parametrize("schedule", [[], [0.0], [-0.1, 1], [np.nan], [[0.1]]])
    def test_what_is_no_schedule(self, schedule: Any) -> None:
        with pytest.raises(ValueError, match=r"must list the learning rate of every epoch"):
            TrainingCondition(schedule)


@pytest.mark.parametrize(
    ("make", "n_members", "other"),
    [(ranker, 1, OTHERS[0]), (regressor, 2, OTHERS[1]), (regressor, 2, OTHERS[2])],
    ids=["schedule", "augmentation", "loss"],
)
def test_each_condition_is_learned(make: Any, n_members: int, other: TrainingCondition) -> None:
    """Each of the three ways in lets one model learn two opposite orders."""
    fitted = make(max_iter=60, learning_rate=0.02, n_members=n_members, dropout=0.0)
    fitted.fit(TWICE, OPPOSITE, conditions=conditions(other))
    assert kendall_tau(-TARGETS, fitted.predict(CELLS, conditions=other)) > 0.5
    assert kendall_tau(TARGETS, fitted.predict(CELLS, conditions=LONG)) > 0.5


def test_units_of_each_condition() -> None:
    fitted = regressor(max_iter=40, learning_rate=0.02, n_members=2)
    fitted.fit(TWICE, OPPOSITE, conditions=conditions(OTHERS[0]))
    short, std = fitted.predict(CELLS, return_std=True, conditions=OTHERS[0])
    assert abs(short.mean() - (100 - TARGETS).mean()) < 3
    assert (std > 0).all()
    assert abs(fitted.predict(CELLS).mean() - TARGETS.mean()) < 3


@both
def test_reference_is_what_most_was_learned_under(make: Any) -> None:
    fitted = make().fit(TWICE, OPPOSITE, conditions=conditions(OTHERS[0]))
    assert fitted.conditions_.seen[0] == LONG
    plain = fitted.predict(CELLS)
    assert_allclose(fitted.predict(CELLS, conditions=LONG), plain, rtol=1e-6)
    assert (fitted.predict(CELLS, conditions=OTHERS[0]) != plain).all()
    assert fitted.transform(CELLS).shape == (40, 16)
    assert np.isfinite(fitted.score(CELLS, TARGETS))


@both
def test_mixed_conditions_in_any_order(make: Any) -> None:
    given = conditions(OTHERS[1])
    fitted = make().fit(TWICE, OPPOSITE, conditions=given)
    together = fitted.predict(TWICE, conditions=given)
    order = np.random.RandomState(0).permutation(80)
    permuted = fitted.predict([TWICE[i] for i in order], conditions=[given[i] for i in order])
    assert_allclose(permuted, together[order], rtol=1e-4, atol=1e-5)


@both
def test_a_series_is_read_by_position(make: Any) -> None:
    pandas = pytest.importorskip("pandas")
    given = conditions(OTHERS[0])
    expected = make().fit(TWICE, OPPOSITE, conditions=given)
    series = pandas.Series(as_array(TWICE), index=np.random.RandomState(0).permutation(80))
    fitted = make().fit(series, OPPOSITE, conditions=given)
    predicted = fitted.predict(series, conditions=given)
    assert_array_equal(predicted, expected.predict(TWICE, conditions=given))


class TestWhatIsFittedStays:
    def test_after_parameters_change(self) -> None:
        given = conditions(OTHERS[0])
        fitted = ranker(T=3, s=1.0).fit(TWICE, OPPOSITE, conditions=given)
        methods = (fitted.predict, lambda X: fitted.predict(X, conditions=OTHERS[0]))
        before = [method(CELLS) for method in methods]
        for T in (1, 2, 4):
            fitted.set_params(T=T)
            for method, expected in zip(methods, before, strict=True):
                assert_array_equal(method(CELLS), expected)
        assert fitted.partial_fit(TWICE, OPPOSITE, conditions=given).n_iter_ == 4

    @pytest.mark.parametrize("given", [None, conditions(OTHERS[1])])
    @pytest.mark.parametrize(
        ("changes", "params"),
        [
            ({"sample_weight": -np.ones(80)}, {}),
            ({"y": OPPOSITE[1:]}, {}),
            ({"X": [*TWICE[1:], 3]}, {}),
            ({}, {"symmetry_breaking": "add"}),
        ],
        ids=["weights", "y", "X", "no zero-cost vectors"],
    )
    def test_after_a_refused_fit(self, given: Any, changes: Any, params: Any) -> None:
        fitted = regressor(T=3).fit(TWICE, OPPOSITE, conditions=conditions(OTHERS[0]))
        before = fitted.predict(CELLS, conditions=OTHERS[0])
        with pytest.raises((ValueError, TypeError)):
            fitted.set_params(**params).fit(
                **{"X": TWICE, "y": OPPOSITE, "conditions": given, **changes}
            )
        assert_array_equal(fitted.predict(CELLS, conditions=OTHERS[0]), before)


def test_a_condition_with_equal_results_has_no_unit() -> None:
    """Rounding is not taken for a spread: the standard deviation of these is 1e-17."""
    known = KnownConditions.of([LONG] * 3 + [OTHERS[0]] * 3, np.array([1, 2, 3, 0.1, 0.1, 0.1]))
    assert known.stds[1] == 1


def test_a_ranker_takes_new_schedules() -> None:
    fitted = ranker().fit(TWICE, OPPOSITE, conditions=conditions(OTHERS[0]))
    between = fitted.predict(CELLS, conditions=TrainingCondition.cosine(epochs=50))
    assert (between != fitted.predict(CELLS)).all()


@both
def test_without_conditions_nothing_changes(make: Any) -> None:
    """One condition for all, with a constant schedule, is none."""
    same = make().fit(CELLS, TARGETS, conditions=TrainingCondition([0.1] * 4))
    assert_allclose(same.predict(CELLS), make().fit(CELLS, TARGETS).predict(CELLS), rtol=1e-4)


@both
def test_partial_fit_goes_on(make: Any) -> None:
    given = conditions(OTHERS[0])
    fitted = make().partial_fit(TWICE, OPPOSITE, conditions=given)
    fitted.partial_fit(CELLS, TARGETS).partial_fit(CELLS, 100 - TARGETS, conditions=OTHERS[0])
    assert fitted.n_iter_ == 3
    fitted.fit(CELLS, TARGETS)
    assert fitted.conditions_ is None


def test_cross_validation_indexes_conditions() -> None:
    params = {"conditions": conditions(OTHERS[0])}
    scores = cross_val_score(ranker(), TWICE, OPPOSITE, cv=2, params=params)
    assert np.isfinite(scores).all()


@both
@pytest.mark.parametrize("other", OTHERS, ids=["schedule", "augmentation", "loss"])
def test_saved_and_loaded(make: Any, other: TrainingCondition, tmp_path: Path) -> None:
    fitted = make(n_members=2).fit(TWICE, OPPOSITE, conditions=conditions(other))
    expected = fitted.predict(CELLS, conditions=other)
    save_model(fitted, tmp_path / "model")
    for again in (load_model(tmp_path / "model", device="cpu"), pickle.loads(pickle.dumps(fitted))):
        assert_array_equal(again.predict(CELLS, conditions=other), expected)


class TestErrors:
    def refused(self, message: str, error: type[Exception] = ValueError) -> Any:
        return pytest.raises(error, match=re.escape(message))

    def test_length(self) -> None:
        with self.refused("X has 40 architectures but conditions has 3 elements"):
            ranker().fit(CELLS, TARGETS, conditions=[LONG] * 3)

    def test_type(self) -> None:
        with self.refused("conditions[1] is a str, 'long'; a tagates_sk.Train", TypeError):
            ranker().fit(CELLS, TARGETS, conditions=[LONG, "long", *[LONG] * 38])

    def test_several_targets(self) -> None:
        with self.refused("y has shape (40, 2) and conditions are given"):
            ranker().fit(CELLS, np.column_stack([TARGETS] * 2), conditions=LONG)

    def test_no_update(self) -> None:
        with self.refused("conditions act on the updates between time steps, and T=1 has none"):
            ranker(T=1).fit(CELLS, TARGETS, conditions=LONG)

    def test_lonely(self) -> None:
        with self.refused("The condition of 12 epochs, augmentation='standard', loss='cross_entro"):
            ranker().fit(CELLS, TARGETS, conditions=[OTHERS[0], *[LONG] * 39])

    def test_no_spread(self) -> None:
        y = np.where(np.arange(80) == 3, 1e300, OPPOSITE)
        with self.refused("The condition of 12 epochs, augmentation='standard', loss='cross_entro"):
            ranker().fit(TWICE, y, conditions=conditions(OTHERS[0]))

    @pytest.mark.parametrize("make", BOTH)
    def test_far_apart(self, make: Any) -> None:
        """Such as the mark of a training that failed, beside which all others are the same."""
        y = np.where(np.arange(80) == 3, -1e30, OPPOSITE)
        with self.refused("loss='cross_entropy' has targets from -1e+30 to 100, so far apart"):
            make().fit(TWICE, y, conditions=conditions(OTHERS[0]))
        make().fit(TWICE, np.maximum(y, -1e6), conditions=conditions(OTHERS[0]))

    def test_fitted_without(self) -> None:
        fitted = ranker().fit(CELLS, TARGETS)
        for method in (fitted.predict, lambda X, **given: fitted.partial_fit(X, TARGETS, **given)):
            with self.refused("conditions are given, and the first fit had none"):
                method(CELLS, conditions=LONG)

    @pytest.mark.parametrize("name", ["augmentation", "loss"])
    def test_unseen(self, name: str) -> None:
        fitted = ranker().fit(CELLS, TARGETS, conditions=LONG)
        with self.refused(f"{name}='new' of a condition was not seen in fit; known are ["):
            fitted.predict(CELLS, conditions=TrainingCondition.cosine(9, **{name: "new"}))

    def test_unit_of_an_unseen_schedule(self) -> None:
        fitted = regressor().fit(CELLS, TARGETS, conditions=LONG)
        with self.refused("The condition of 12 epochs, augmentation='standard', loss='cross"):
            fitted.predict(CELLS, conditions=OTHERS[0])
