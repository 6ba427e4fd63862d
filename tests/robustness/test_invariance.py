"""Predictions of every kind of pass depend on architectures only: not on names, order, company."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from tagates_sk.estimators import networks
from tagates_sk.estimators.recurrent import RecurrentNetworks
from tests.small import CELLS as CELLS_201
from tests.small import TARGETS, ranker, sample
from tests.spaces.helpers import scrambled

from .strategies import legal_cells, random_cell

CELLS = [random_cell(seed, 4 + seed % 9, bool(seed % 2), seed % 3 == 0, False) for seed in range(8)]
KINDS: list[dict[str, Any]] = [
    {"T": 3},
    {"T": 3, "update": "node", "aggregation": "mixed", "n_members": 2},
    {"propagation": "asynchronous", "T": 1},
    {"propagation": "asynchronous", "T": 3, "readout": "both"},
    {"members": "statistics"},
    {"members": "all", "n_members": 2, "T": 3},
    {"members": "all", "n_members": 1, "few": 3},
]


@pytest.fixture(scope="module", params=KINDS, ids=str)
def fitted(request: pytest.FixtureRequest) -> Any:
    """Of one kind each; `few` labels and more have recurrent networks in the blend."""
    tiny = {"layer_dim": 8, "max_iter": 2, "handle_unknown": "ignore", "device": "cpu"}
    changes = {"few": networks.FEW, **request.param}
    on_edges = [cell for i, cell in enumerate(CELLS) if not i % 2]
    on_nodes = [cell for i, cell in enumerate(CELLS) if i % 2]
    with patch.object(networks, "FEW", changes.pop("few")):
        both = [
            ranker(**{**tiny, **changes}).fit(cells, np.arange(4.0))
            for cells in (on_edges, on_nodes)
        ]
    for one in both:
        kinds = [] if one.composition_ is None else map(type, one.composition_.networks)
        assert (RecurrentNetworks in kinds) == ("few" in request.param)
    return both


@given(st.data())
def test_names_order_and_company(fitted: Any, data: st.DataObject) -> None:
    on_node = data.draw(st.booleans())
    of_a_kind = legal_cells(max_nodes=20, on_node=on_node)
    X = data.draw(st.lists(of_a_kind, min_size=2, max_size=5))
    estimator, random = fitted[on_node], np.random.RandomState(data.draw(st.integers(0, 2**31)))
    expected = estimator.predict(X)
    order = random.permutation(len(X))
    renamed = [scrambled(X[i], random) for i in order]
    close = {"rtol": 1e-4, "atol": 1e-5}
    assert_allclose(estimator.predict(renamed), expected[order], **close)
    alone = [estimator.predict([cell])[0] for cell in X]
    assert_allclose(alone, expected, **close)


def test_statistical_members_say_the_same_to_the_last_bit_in_any_company() -> None:
    X = sample(131, seed=1)
    fitted = ranker(members="statistics").fit(CELLS_201, TARGETS)
    expected = fitted.predict(X)
    for size in (1, 33, 65):
        parts = [fitted.predict(X[start : start + size]) for start in range(0, len(X), size)]
        assert_array_equal(np.concatenate(parts), expected)


def test_a_wire_in_series_is_a_node_more() -> None:
    """As docs/search_spaces.md says: whoever wants it to be nothing leaves it out."""
    cell = nx.DiGraph([(0, 1, {"op": "conv"}), (1, 2, {"op": "pool"}), (0, 2, {"op": "conv"})])
    longer = nx.DiGraph(cell)
    longer.remove_edge(1, 2)
    longer.add_edge(1, "wired")
    longer.add_edge("wired", 2, op="pool")
    estimator = ranker(n_layers=3).fit([cell, longer], [0.0, 1.0])
    assert estimator.predict([cell])[0] != estimator.predict([longer])[0]
