"""The blend of members, and the way to the target's units."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagates_sk.estimators.blend import Blend
from tagates_sk.estimators.score_map import ScoreMap
from tagates_sk.metrics import kendall_tau


def members(n: int, errors: list[float], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """What members with these errors say, and targets."""
    rng = np.random.RandomState(seed)
    t = rng.randn(n)
    return np.column_stack([t + e * rng.randn(n) for e in errors]), t


def test_good_members_count_more() -> None:
    unseen, t = members(400, [0.2, 2.0])
    assert Blend().fit(unseen, t).weights_[0] > 0.8


def test_few_labels_leave_equal_weights() -> None:
    unseen, t = members(4, [0.2, 2.0])
    assert Blend().fit(unseen, t).weights_ == pytest.approx([0.5, 0.5], abs=0.15)


def test_a_blend_is_better_than_its_members() -> None:
    unseen, t = members(300, [0.7, 0.7, 0.7])
    blend = Blend().fit(unseen, t)
    errors = [kendall_tau(t, column) for column in unseen.T]
    assert kendall_tau(t, blend.unseen_) > max(errors)


def test_members_come_to_one_scale() -> None:
    unseen, t = members(200, [0.5, 0.5])
    blend = Blend().fit(unseen, t)
    moved = Blend().fit(unseen * [1.0, 1000.0] + [0.0, 5.0], t)
    np.testing.assert_allclose(
        blend.predict(unseen), moved.predict(unseen * [1.0, 1000.0] + [0.0, 5.0]), atol=1e-6
    )


def test_a_member_that_has_seen_everything_has_a_say() -> None:
    unseen, t = members(200, [0.5, 0.5, 0.5])
    unseen[:, 2] = np.nan
    blend = Blend().fit(unseen, t, seen=np.column_stack([t, t, 7.0 * t]))
    assert 0.0 < blend.weights_[2] < 0.4
    assert blend.slope_[2] == pytest.approx(1 / 7)
    assert np.isfinite(blend.unseen_).all()


def test_before_any_label() -> None:
    unseen, t = members(60, [0.2, 1.0, 2.0])
    weights = Blend(1e9).fit(unseen, t).weights_
    np.testing.assert_allclose(weights, 1 / 3, atol=1e-3)


def test_better_by_chance_is_not_better_in_all_bootstraps() -> None:
    """Weights of equal members with few labels vary less than those of one solution."""
    spread = []
    for n_bootstraps in (1, 50):
        with mock.patch("tagates_sk.estimators.blend.N_BOOTSTRAPS", n_bootstraps):
            found = [Blend().fit(*members(30, [1.0, 1.0, 1.0, 1.0], i)).weights_ for i in range(20)]
        spread.append(np.std(found))
    assert spread[1] < 0.85 * spread[0]


def test_one_seed_one_blend() -> None:
    unseen, t = members(60, [0.2, 1.0, 2.0])
    a, b, c = (Blend().fit(unseen, t, random_state=i).weights_ for i in (0, 0, 1))
    assert (a == b).all()
    assert (a != c).any()


def test_unseen_by_some_members_only() -> None:
    unseen, t = members(50, [0.3, 0.3])
    unseen[:10] = np.nan
    unseen[20:30, 1] = np.nan
    blend = Blend().fit(unseen, t)
    assert np.isnan(blend.unseen_[:10]).all()
    assert np.isfinite(blend.unseen_[10:]).all()


def test_weightless_architectures_say_nothing() -> None:
    unseen, t = members(100, [0.2, 2.0])
    spoilt = t.copy()
    spoilt[50:] = 1e6
    weight = np.r_[np.ones(50), np.zeros(50)]
    blend, plain = Blend().fit(unseen, spoilt, weight), Blend().fit(unseen[:50], t[:50])
    np.testing.assert_allclose(blend.weights_, plain.weights_)
    assert blend.error_ == pytest.approx(plain.error_)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(2, 12),
    st.integers(1, 4),
    st.integers(0, 2**16),
    st.sampled_from([0.0, 1e-9, 1.0, 1e9]),
)
def test_always_weights_and_finite_scores(n: int, k: int, seed: int, size: float) -> None:
    rng = np.random.RandomState(seed)
    unseen = size * np.round(rng.randn(n, k), 1)
    unseen[rng.rand(n, k) < 0.3] = np.nan
    blend = Blend().fit(unseen, rng.randn(n), seen=rng.randn(n, k))
    assert blend.weights_.sum() == pytest.approx(1.0)
    assert (blend.weights_ >= 0).all()
    assert np.isfinite(blend.predict(rng.randn(3, k))).all()


@pytest.mark.parametrize("n", [39, 400])
def test_intervals_hold_what_they_say(n: int) -> None:
    covered = []
    for seed in range(10):
        scores, t = members(n + 1000, [0.4], seed)
        values = -np.exp(-2 * t)
        fitted = ScoreMap().fit(scores[:n, 0], values[:n])
        low, high = (fitted.quantile(scores[n:, 0], None, q) for q in (0.1, 0.9))
        covered.append(np.mean((low <= values[n:]) & (values[n:] <= high)))
    assert 0.74 < np.mean(covered) < 0.86


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 30), st.integers(0, 2**16), st.sampled_from([1.0, 1e12, 1e-12]))
def test_values_rank_as_scores(n: int, seed: int, unit: float) -> None:
    rng = np.random.RandomState(seed)
    fitted = ScoreMap().fit(rng.randn(n), unit * np.round(rng.randn(n), 1))
    scores = np.sort(np.round(rng.randn(20), 3))
    assert (np.diff(fitted.predict(scores)) >= 0).all()
    assert (fitted.std(scores) >= 0).all()


def test_values_between_labels_far_apart_are_near_one_of_them() -> None:
    """As where some networks do not learn at all."""
    values = np.array([10.0, 90.0, 90.5, 91.0, 91.5, 92.0])
    fitted = ScoreMap().fit(np.linspace(-1.5, 1.5, 6), values)
    found = fitted.predict(np.linspace(-2, 2, 401))
    assert (np.diff(found) > 0).all()
    assert np.mean((found > 20) & (found < 80)) < 0.1
    assert found[-1] < 95


def test_few_labels_far_away_do_not_decide_other_values() -> None:
    """More failures among the labels than elsewhere shift quantiles, and cost little."""
    rng = np.random.RandomState(0)
    t = rng.randn(1000)
    values = np.where(t < -2, 10.0, 90 + t)
    chosen = np.r_[np.flatnonzero(t < -2)[:4], np.flatnonzero(t >= -2)[:36]]
    scores = t + 0.1 * rng.randn(1000)
    fitted = ScoreMap().fit(scores[chosen], values[chosen])
    error, plain = (
        np.abs(found - values).mean()
        for found in (fitted.predict(scores), fitted.quantile(scores, None, 0.5))
    )
    assert error < 0.5 * plain


def test_a_failure_that_was_seen_is_predicted_as_one() -> None:
    """Out of sample its score is like others', in sample it is not: both count."""
    values = np.r_[10.0, 85 + np.arange(39) / 4]
    t = ScoreMap().fit(np.zeros(40), values)._scores.transform(values[:, None])[:, 0]
    unseen = np.r_[-0.8, t[1:] + 0.05]
    fitted = ScoreMap().fit(unseen, values, seen=np.r_[-2.2, t[1:]])
    assert fitted.predict(np.array([-2.2]))[0] < 15
    assert np.abs(fitted.predict(t[1:]) - values[1:]).max() < 2


def test_map_without_unseen_scores() -> None:
    fitted = ScoreMap().fit(np.full(3, np.nan), np.array([1.0, 2.0, 3.0]))
    assert fitted.predict(np.zeros(1))[0] == pytest.approx(2.0)
    assert fitted.predict(np.zeros(0)).shape == (0,)
