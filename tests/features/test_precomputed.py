"""PrecomputedFeatures: known numbers, found again for whatever is the same architecture."""

from __future__ import annotations

import pickle
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from tagates_sk import TAGATESRanker
from tagates_sk.datasets import load_zero_cost_proxies
from tagates_sk.estimators import ProxyRanks
from tagates_sk.features import FeatureTable, PrecomputedFeatures
from tagates_sk.graphs import InvalidArchitectureError
from tagates_sk.graphs.architectures import forms_of
from tests.small import CELLS, chain

_FORMS = [form.cells for form in forms_of(CELLS)]
NUMBER = np.array([_FORMS.index(form) for form in _FORMS], dtype=float)
"""The same for isomorphic cells."""
VALUES = np.column_stack([NUMBER, NUMBER**2])


def precomputed(*arguments: Any) -> PrecomputedFeatures:
    """Of a table of these."""
    return PrecomputedFeatures(FeatureTable(*arguments))


@given(seed=st.integers(0, 2**31 - 1))
def test_isomorphic_cells_have_the_same_features(seed: int) -> None:
    rng = np.random.RandomState(seed)
    i = rng.randint(len(CELLS))
    nodes = list(CELLS[i])
    names = dict(zip(nodes, rng.permutation(1000)[: len(nodes)].tolist(), strict=True))
    relabelled = nx.relabel_nodes(CELLS[i], names)
    known = precomputed(CELLS, NUMBER[:, None]).fit()
    assert_array_equal(known.transform([relabelled]), known.transform([CELLS[i]]))
    assert len(np.unique(known.transform(CELLS))) > len(CELLS) / 2


def test_dead_parts_do_not_matter() -> None:
    cell = chain("a", "b")
    dead = cell.copy()
    dead.add_edge(0, 2, op="none")
    assert_array_equal(precomputed([cell], [[3.0]]).fit().transform([dead]), [[3.0]])


def test_equal_architectures_have_equal_features() -> None:
    dags = [chain("a"), chain("b"), chain("a")]
    known = precomputed(dags, [[1.0], [2.0], [1.0]]).fit()
    assert_array_equal(known.transform([chain("b"), chain("a")]), [[2.0], [1.0]])
    known = precomputed(dags, [[0.0, 1.0], [0.0, 2.0], [0.0, 3.0]], ["size", "worth"]).fit()
    for _ in range(2):
        with pytest.raises(ValueError, match=r"^dags\[0\] and dags\[2\] .* worth is 1 in") as told:
            known.transform(dags)
    assert len(str(told.value)) <= 300


def test_at_home_in_scikit_learn() -> None:
    known = precomputed(CELLS, VALUES, ["number", "worth"])
    assert clone(known).table is known.table
    assert list(known.fit().get_feature_names_out()) == ["number", "worth"]
    assert list(precomputed(CELLS, VALUES).fit().get_feature_names_out()) == [
        "feature0",
        "feature1",
    ]
    frame = known.set_output(transform="pandas").transform(CELLS[:3])
    assert list(frame.columns) == ["number", "worth"]
    worth = frame["worth"].to_numpy()
    model = make_pipeline(precomputed(CELLS, VALUES), Ridge(1e-6)).fit(CELLS[:3], worth)
    assert model.score(CELLS[:3], worth) > 0.999
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict(CELLS), model.predict(CELLS))


def test_what_is_not_known() -> None:
    known = precomputed([chain("a")], [[1.0]]).fit()
    with pytest.raises(
        InvalidArchitectureError, match=r"Nothing is known of X\[1\]: none of the 1"
    ):
        known.transform([chain("a"), chain("b")])
    with pytest.raises(InvalidArchitectureError, match=r"X\[0\] and 1 more"):
        known.transform([chain("b"), chain("c")])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([chain("a")], [[1.0], [2.0]]), "values has 2 rows for 1 architectures in dags"),
        (([chain("a")], [[1.0]], ["x", "y"]), "names has 2 names for 1 columns of values"),
        (([chain("a")], [[np.nan]]), "Input values contains NaN"),
    ],
)
def test_what_does_not_fit(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FeatureTable(*arguments)


def test_no_table() -> None:
    with pytest.raises(ValueError, match="The 'table' parameter of PrecomputedFeatures must be"):
        PrecomputedFeatures(VALUES).fit()


def test_no_representation_prints_an_array() -> None:
    """As text and as HTML, alone and as a parameter, before and after fit."""
    proxies = load_zero_cost_proxies("nasbench201")
    fitted = clone(proxies).fit()
    for estimator in (proxies, fitted, TAGATESRanker(proxies=proxies), ProxyRanks(proxies)):
        assert "<FeatureTable: flops, naswot, expressivity, progressivity of 1" in repr(estimator)
        assert len(repr(estimator)) < 250
        assert len(estimator._repr_html_()) < 100_000
        assert "array(" not in estimator._repr_html_()


def test_a_table_does_not_change_with_what_it_was_made_of() -> None:
    values = np.arange(2.0)[:, None]
    table = FeatureTable([chain("a"), chain("b")], values)
    values[:] = 7.0
    assert_array_equal(PrecomputedFeatures(table).fit().transform([chain("b")]), [[1.0]])
    assert len(table) == 2
