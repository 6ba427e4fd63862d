"""Metrics against slow counting, their errors, their scorers."""

import itertools
import math
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import cross_validate

from tagates_sk import metrics
from tagates_sk.metrics import (
    best_rank_at_k,
    get_scorer,
    kendall_tau,
    precision_at_k,
    regret_at_k,
    spearman_rho,
)

AT_K = [precision_at_k, best_rank_at_k, regret_at_k]
ALL = [kendall_tau, spearman_rho, *(lambda t, p, f=f: f(t, p, 1) for f in AT_K)]

# Small whole numbers, so that there are ties.
pairs = st.lists(st.tuples(st.integers(0, 6), st.integers(-3, 3)), min_size=2, max_size=15)


def split(pairs):
    true, pred = zip(*pairs, strict=True)
    return [float(t) for t in true], [float(p) for p in pred]


@given(pairs)
def test_kendall_tau_counts_pairs(pairs):
    concordance = tied_true = tied_pred = 0
    for (t1, p1), (t2, p2) in itertools.combinations(pairs, 2):
        concordance += np.sign(t1 - t2) * np.sign(p1 - p2)
        tied_true += t1 == t2
        tied_pred += p1 == p2
    total = math.comb(len(pairs), 2)
    untied = (total - tied_true) * (total - tied_pred)
    expected = concordance / math.sqrt(untied) if untied else 0.0
    assert kendall_tau(*split(pairs)) == pytest.approx(expected)


@given(pairs)
def test_spearman_rho_correlates_mean_ranks(pairs):
    true, pred = split(pairs)
    expected = 0.0
    if len(set(true)) > 1 and len(set(pred)) > 1:
        expected = np.corrcoef(stats.rankdata(true), stats.rankdata(pred))[0, 1]
    assert spearman_rho(true, pred) == pytest.approx(expected)


@given(pairs, st.data())
def test_at_k_agrees_with_the_worst_way_to_break_ties(pairs, data):
    true, pred = split(pairs)
    n = len(true)
    k = data.draw(st.integers(1, n))
    threshold = sorted(true, reverse=True)[k - 1]
    cut = sorted(pred, reverse=True)[k - 1]
    sure = [i for i in range(n) if pred[i] > cut]
    tied = [i for i in range(n) if pred[i] == cut]
    choices = [
        [true[i] for i in (*sure, *rest)] for rest in itertools.combinations(tied, k - len(sure))
    ]
    assert precision_at_k(true, pred, k) == pytest.approx(
        min(sum(t >= threshold for t in chosen) / k for chosen in choices)
    )
    worst = min(max(chosen) for chosen in choices)
    assert best_rank_at_k(true, pred, k) == 1 + sum(t > worst for t in true)
    assert regret_at_k(true, pred, k) == max(true) - worst


@given(pairs, st.data())
def test_order_of_samples_does_not_matter(pairs, data):
    other = data.draw(st.permutations(pairs))
    k = data.draw(st.integers(1, len(pairs)))
    assert kendall_tau(*split(pairs)) == pytest.approx(kendall_tau(*split(other)))
    for metric in AT_K:
        assert metric(*split(pairs), k) == metric(*split(other), k)


@given(pairs)
def test_only_the_order_of_predictions_matters(pairs):
    true, pred = split(pairs)
    cubed = [p**3 - 100 for p in pred]
    assert kendall_tau(true, pred) == kendall_tau(true, cubed)
    assert spearman_rho(true, pred) == spearman_rho(true, cubed)
    for metric in AT_K:
        assert metric(true, pred, 0.3) == metric(true, cubed, 0.3)


@given(pairs, st.data())
def test_perfect_predictions(pairs, data):
    true, _ = split(pairs)
    k = data.draw(st.integers(1, len(true)))
    assert precision_at_k(true, true, k) == 1
    assert best_rank_at_k(true, true, k) == 1
    assert regret_at_k(true, true, k) == 0
    if len(set(true)) > 1:
        assert kendall_tau(true, true) == pytest.approx(1)
        assert spearman_rho(true, true) == pytest.approx(1)


@pytest.mark.parametrize("metric", [kendall_tau, spearman_rho])
def test_constant_is_zero_not_nan(metric):
    assert metric([1, 2, 3], [5, 5, 5]) == 0.0
    assert metric([5, 5, 5], [1, 2, 3]) == 0.0
    assert metric([0.1, 0.1], [0.1, 0.1]) == 0.0


def test_two_samples():
    assert kendall_tau([0, 1], [3, 4]) == 1
    assert kendall_tau([0, 1], [4, 3]) == -1


@given(st.integers(1, 60), st.integers(1, 100))
def test_share_is_rounded_to_a_number(n, percent):
    true, pred = np.arange(n), -np.arange(n)
    k = max(1, round(Fraction(percent, 100) * n))
    share = percent / 100
    if Fraction(percent, 100) * n % 1 != Fraction(1, 2):
        assert regret_at_k(true, pred, share) == regret_at_k(true, pred, k)


def test_int_one_is_one_and_float_one_is_all():
    true, pred = [1, 2, 3], [3, 2, 1]
    assert precision_at_k(true, pred, 1) == 0
    assert precision_at_k(true, pred, np.int64(1)) == 0
    assert precision_at_k(true, pred, 1.0) == 1


def test_types_of_results():
    assert type(kendall_tau([1, 2], [1, 2])) is float
    assert type(precision_at_k([1, 2], [1, 2], 1)) is float
    assert type(best_rank_at_k([1, 2], [1, 2], 1)) is int
    assert type(regret_at_k([1, 2], [1, 2], 1)) is float


@pytest.mark.parametrize("metric", ALL)
def test_lengths_differ(metric):
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[3, 2\]"):
        metric([1, 2, 3], [1, 2])


@pytest.mark.parametrize("metric", ALL)
@pytest.mark.parametrize(("bad", "what"), [(np.nan, "NaN"), (np.inf, "infinity")])
def test_not_finite(metric, bad, what):
    with pytest.raises(ValueError, match=f"Input y_true contains {what}"):
        metric([1, bad, 3], [1, 2, 3])
    with pytest.raises(ValueError, match=f"Input y_pred contains {what}"):
        metric([1, 2, 3], [1, bad, 3])


@pytest.mark.parametrize("metric", ALL)
def test_two_columns(metric):
    with pytest.raises(ValueError, match=r"should be a 1d array, got an array of shape \(2, 2\)"):
        metric([[1, 2], [3, 4]], [1, 2])


@pytest.mark.parametrize("metric", ALL)
def test_no_numbers(metric):
    with pytest.raises(ValueError, match="could not convert string to float"):
        metric(["good", "bad"], [1, 2])


@pytest.mark.parametrize("metric", [kendall_tau, spearman_rho])
def test_one_sample_has_no_order(metric):
    with pytest.raises(ValueError, match=r"1 sample.*minimum of 2 is required"):
        metric([1], [1])


@pytest.mark.parametrize("metric", AT_K)
@pytest.mark.parametrize("k", [0, -1, 4])
def test_k_out_of_range(metric, k):
    with pytest.raises(ValueError, match=f"k={k} must be from 1 to the number of samples, 3"):
        metric([1, 2, 3], [1, 2, 3], k)


@pytest.mark.parametrize("metric", AT_K)
@pytest.mark.parametrize("k", [0.0, -0.5, 1.5, math.nan])
def test_share_out_of_range(metric, k):
    with pytest.raises(ValueError, match=rf"k={k} as a float .* must be in \(0, 1\].*pass an int"):
        metric([1, 2, 3], [1, 2, 3], k)


@pytest.mark.parametrize("metric", AT_K)
@pytest.mark.parametrize("k", ["1", None, True])
def test_k_no_number(metric, k):
    with pytest.raises(TypeError, match=f"k={k!r} is a {type(k).__name__}; a whole number"):
        metric([1, 2, 3], [1, 2, 3], k)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kendall_tau", 2 / 3),
        ("spearman_rho", 0.8),
        ("precision_at_2", 1.0),
        ("precision_at_25%", 0.0),
        ("neg_best_rank_at_1", -2),
        ("neg_regret_at_1", -0.5),
    ],
)
def test_scorers_by_name(name, expected):
    X = np.array([[0.0], [2.0], [3.0], [1.0]])
    model = LinearRegression().fit(X, X.ravel())
    scorer = pickle.loads(pickle.dumps(get_scorer(name)))
    assert scorer(model, X, [0.0, 3.0, 2.5, 1.0]) == pytest.approx(expected)
    more = np.vstack([X, [[9.0]]])
    columns = [[5, 0], [np.nan, 3], [5, 2.5], [1, 1], [0, np.nan]]
    assert scorer(model, more, columns) == pytest.approx(expected)
    with pytest.raises(ValueError, match=r"The last column of y has no measured value"):
        scorer(model, X, [[1, np.nan]] * 4)


def test_scorers_in_cross_validation():
    X, y = np.arange(20.0)[:, None], np.arange(20.0)
    scoring = {
        "tau": metrics.kendall_tau_scorer,
        "rho": metrics.spearman_rho_scorer,
        "precision": metrics.precision_at_k_scorer(0.5),
        "rank": metrics.neg_best_rank_at_k_scorer(3),
        "regret": metrics.neg_regret_at_k_scorer(3),
    }
    right = cross_validate(LinearRegression(), X, y, scoring=scoring, error_score="raise")
    constant = cross_validate(DummyRegressor(), X, y, scoring=scoring, error_score="raise")
    for name, best in {"tau": 1, "rho": 1, "precision": 1, "rank": -1, "regret": 0}.items():
        np.testing.assert_allclose(right[f"test_{name}"], best, atol=1e-12)
        assert (constant[f"test_{name}"] < best).all()


@pytest.mark.parametrize(
    "name", ["kendall", "precision", "precision_at_0", "precision_at_1.5", "regret_at_1",
             "precision_at_0%", "precision_at_101%", "precision_at_1.2.3%"],
)  # fmt: skip
def test_unknown_scorer(name):
    with pytest.raises(ValueError, match=f"no scorer '{name}'.*'precision_at_K'"):
        get_scorer(name)


def test_all_names_exist():
    assert all(hasattr(metrics, name) for name in metrics.__all__)
