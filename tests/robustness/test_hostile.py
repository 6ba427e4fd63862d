"""Graphs that are legal and too much: each is done, or refused, within seconds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import networkx as nx
import numpy as np
import pytest
from sklearn.base import clone

from tagates_sk.features import (
    AdjacencyOneHot,
    OperationStatistics,
    PathEncoding,
    WalkStatistics,
    WeisfeilerLehman,
)
from tagates_sk.graphs import InvalidArchitectureError, read_architectures
from tagates_sk.graphs.architectures import join
from tagates_sk.graphs.canonical import canonical_forms
from tests.features.transformers import dense
from tests.small import chain, node_chain, ranker

SECONDS = 20.0
"""Of CPU time; a few are needed, and what explodes would take days."""

FEW_LAYERS: dict[str, Any] = {"n_layers": 3, "handle_unknown": "ignore", "max_iter": 1}


def ladder(rungs: int, on_node: bool) -> Any:
    """Two ways at each of so many steps: 2 ** rungs paths."""
    graph = nx.DiGraph()
    for i in range(rungs):
        for way in "ab":
            side = (i, way)
            if on_node:
                graph.add_node(side, op=way)
                graph.add_edge(i, side)
                graph.add_edge(side, i + 1)
            else:
                graph.add_edge(i, side, op=way)
                graph.add_edge(side, i + 1, op=way)
    return graph


def parallel_edges(n: int) -> Any:
    """So many operations between two nodes."""
    return nx.MultiDiGraph([(0, 1, {"op": "ab"[i % 2]}) for i in range(n)])


def fan(n: int) -> Any:
    """So many nodes between input and output."""
    graph = nx.DiGraph()
    for i in range(n):
        graph.add_node(i, op="ab"[i % 2])
        graph.add_edges_from([("in", i), (i, "out")])
    return graph


def parallel_chains(n: int) -> Any:
    """So many chains that nothing but their names tells apart."""
    graph = nx.DiGraph()
    for i in range(n):
        nx.add_path(graph, ["in", (i, 0), (i, 1), "out"], op="a")
    return graph


HOSTILE: dict[str, Callable[[], Any]] = {
    "ladder": lambda: ladder(400, on_node=False),
    "ladder of nodes": lambda: ladder(400, on_node=True),
    "chain": lambda: chain(*"ab" * 2000),
    "chain of nodes": lambda: node_chain(*"ab" * 2000),
    "wires": lambda: nx.DiGraph([(i, i + 1, {} if i else {"op": "a"}) for i in range(2000)]),
    "dead chain": lambda: chain("none", *"ab" * 2000),
    "parallel edges": lambda: parallel_edges(4000),
    "fan": lambda: fan(1500),
    "parallel chains": lambda: parallel_chains(30),
}


@pytest.fixture(params=list(HOSTILE))
def hostile(request: pytest.FixtureRequest) -> Any:
    return HOSTILE[request.param]()


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    """Each test, within the limit."""
    start = time.process_time()
    yield
    taken = time.process_time() - start
    assert taken < SECONDS, f"{taken:.0f} s"


def test_reading(hostile: Any) -> None:
    packed = read_architectures([hostile])
    assert len(packed) == 1
    assert np.isin(np.diff(packed.node_ptr), [1, 2, 62, 1201, 1502, 2001, 4001, 4002]).all()


def test_canonical_form(hostile: Any) -> None:
    (form,) = canonical_forms(read_architectures([hostile]))
    assert len(form.order) == len(read_architectures([hostile]).op_type)


def test_predicting(hostile: Any) -> None:
    kinds = join([[chain("a", "b")], [node_chain("b", "a")]])
    fitted = ranker(**FEW_LAYERS).fit(kinds, [0.0, 1.0])
    assert np.isfinite(fitted.predict([hostile])).all()


def test_fitting(hostile: Any) -> None:
    fitted = ranker(**FEW_LAYERS).fit(join([[chain("a", "b")], [hostile]]), [0.0, 1.0])
    assert np.isfinite(fitted.predict([hostile])).all()


@pytest.mark.filterwarnings("ignore:.*too many paths")
@pytest.mark.parametrize(
    "transformer",
    [
        OperationStatistics(),
        WalkStatistics(),
        WeisfeilerLehman(both_directions=True),
        PathEncoding(max_length=4, binary=False),
    ],
    ids=repr,
)
def test_encoding(transformer: Any, hostile: Any) -> None:
    learned = clone(transformer).fit(join([[chain("a", "b")], [node_chain("b", "a")], [hostile]]))
    rows = dense(learned.transform([hostile]))
    assert np.isfinite(rows).all()
    assert rows.shape == (1, len(learned.get_feature_names_out()))


def test_numbers_of_paths() -> None:
    rows = OperationStatistics().fit_transform(join([[ladder(1000, False)], [ladder(1000, True)]]))
    names = OperationStatistics().fit([ladder(2, False)]).get_feature_names_out().tolist()
    assert rows[:, names.index("log_paths(a+b)")] == pytest.approx(1000 * math.log(2))


def test_all_paths_of_a_ladder() -> None:
    with pytest.warns(UserWarning, match="1 cells have too many paths to list"):
        encoding = PathEncoding(sparse_output=False).fit([ladder(70, False)])
    assert encoding.transform([ladder(70, False)]).shape == (1, len(encoding.paths_))


def test_all_paths_of_a_chain() -> None:
    encoding = PathEncoding(sparse_output=False).fit([chain(*"ab" * 500)])
    assert encoding.transform([chain(*"ab" * 500), chain("a")]).tolist() == [[1.0], [0.0]]


@pytest.mark.parametrize("canonical", [True, False])
def test_adjacency(canonical: bool) -> None:
    """A matrix of all pairs of nodes, which is little as long as it is sparse."""
    encoder = AdjacencyOneHot(canonical=canonical, sparse_output=True)
    rows = encoder.fit_transform([chain(*"ab" * 250)])
    assert rows.sum() == 500
    assert encoder.fit_transform([parallel_edges(5000)]).sum() == 5000
    with pytest.raises(InvalidArchitectureError, match=r"X\[0\]"):
        encoder.transform([chain(*"ab" * 250)])
