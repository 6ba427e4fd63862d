"""ProxyRanks: logarithms of ranks among known architectures, and their sum."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from tagates_sk.datasets import load_nasbench201, load_zero_cost_proxies
from tagates_sk.estimators import ProxyRanks
from tagates_sk.features import FeatureTable, PrecomputedFeatures
from tagates_sk.graphs.architectures import forms_of
from tagates_sk.metrics import kendall_tau
from tests.small import CELLS, TARGETS, chain, ranker

LETTERS = [chain(name) for name in "abcdefgh"]


def known(*columns: Any) -> PrecomputedFeatures:
    """Scores of the first letters."""
    return PrecomputedFeatures(FeatureTable(LETTERS[: len(columns[0])], np.column_stack(columns)))


def test_logarithms_of_relative_ranks() -> None:
    ranks = ProxyRanks(known([5.0, 7.0, 6.0, 6.0], [0.0, 3.0, 2.0, 1.0])).fit(LETTERS[:4])
    transformed = ranks.transform(LETTERS[:4])
    expected = np.log(np.array([[1, 1], [4, 4], [2.5, 3], [2.5, 2]]) / 4)
    assert_allclose(transformed[:, :2], expected)
    assert_array_equal(np.argsort(transformed[:, 2]), [0, 3, 2, 1])


def test_the_worst_by_one_score_is_not_saved_by_another() -> None:
    ranks = ProxyRanks(known([0.0, 3.0, 2.0, 1.0], [3.0, 0.0, 2.0, 1.0])).fit(LETTERS[:4])
    assert np.argmax(ranks.transform(LETTERS[:4])[:, 2]) == 2


def test_beyond_what_fit_saw_is_the_outermost_rank() -> None:
    scores = known([0.0, 1.0, 2.0, -9.0, 9.0])
    ranks = ProxyRanks(scores).fit(LETTERS[:3])
    assert_allclose(ranks.transform(LETTERS[3:5])[:, 0], np.log([1 / 3, 1]))


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=8), st.integers(0, 1000))
def test_only_the_order_of_scores_matters(values: list[int], seed: int) -> None:
    scores, letters = np.array(values, dtype=float), LETTERS[: len(values)]
    one = ProxyRanks(known(scores)).fit(letters)
    order = np.random.RandomState(seed).permutation(len(letters))
    other = ProxyRanks(known(scores**3 + 5 * scores)).fit([letters[i] for i in order])
    assert_allclose(one.transform(letters), other.transform(letters))


def test_the_consensus_of_real_scores_ranks_better_than_each() -> None:
    nb201 = load_nasbench201()
    cells, truth = nb201.dags[nb201.train_indices], nb201.target[nb201.train_indices]
    ranks = ProxyRanks(load_zero_cost_proxies("nasbench201")).fit(cells).transform(cells)
    *single, consensus = (kendall_tau(truth, column) for column in ranks.T)
    assert consensus > max(single) + 0.05


def test_at_home_in_scikit_learn() -> None:
    forms = [form.cells for form in forms_of(CELLS)]
    known = dict(zip(forms, TARGETS, strict=True))
    table = FeatureTable(CELLS, [[known[form]] for form in forms], ["worth"])
    ranks = ProxyRanks(PrecomputedFeatures(table)).fit(CELLS)
    assert list(ranks.get_feature_names_out()) == ["rank_worth", "consensus"]
    assert list(ranks.set_output(transform="pandas").transform(CELLS[:2]).columns) == [
        "rank_worth",
        "consensus",
    ]
    ranks.set_output(transform="default")
    assert_array_equal(pickle.loads(pickle.dumps(ranks)).transform(CELLS), ranks.transform(CELLS))
    model = make_pipeline(clone(ranks), LinearRegression()).fit(CELLS, TARGETS)
    assert model.score(CELLS, TARGETS) > 0.5
    head = ranker(features=FrozenEstimator(ranks)).fit(CELLS[:9], TARGETS[:9])
    assert head.head_features_.n_features == 2


def test_scores_without_names() -> None:
    class Depth:
        """As short as a transformer can be."""

        def fit(self, X: Any, y: Any = None) -> Any:
            return self

        def transform(self, X: Any) -> Any:
            return [[len(cell)] for cell in X]

        def get_params(self, deep: bool = True) -> dict[str, Any]:
            return {}

    cells = [chain("a"), chain("a", "b")]
    ranks = ProxyRanks(Depth()).fit(cells)
    assert list(ranks.get_feature_names_out()) == ["rank_0", "consensus"]
    assert_allclose(ranks.transform(cells)[:, 0], np.log([0.5, 1]))


def test_scores_that_are_no_numbers() -> None:
    class Nothing(PrecomputedFeatures):
        def transform(self, X: Any) -> Any:
            return np.full((len(X), 1), np.nan)

    with pytest.raises(
        ValueError, match=r"proxies=Nothing\(\.\.\.\) gives nan in column 0 for arc"
    ):
        ProxyRanks(Nothing(FeatureTable([chain("a")], [[1.0]]))).fit([chain("a")])


def test_no_transformer() -> None:
    with pytest.raises(ValueError, match="'proxies' parameter of ProxyRanks must be"):
        ProxyRanks("flops").fit(CELLS)


def test_scores_are_computed_once_for_what_is_ranked() -> None:
    asked: list[int] = []

    class Counted(PrecomputedFeatures):
        def transform(self, X: Any) -> Any:
            asked.append(len(X))
            return super().transform(X)

    scores = Counted(FeatureTable(LETTERS, np.arange(8.0)[:, None]))
    one = ProxyRanks(scores).fit_transform(LETTERS)
    assert asked == [8]
    assert_array_equal(ProxyRanks(scores).fit(LETTERS).transform(LETTERS), one)
