"""Effective resistances, against networkx."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given

from tagates_sk.features import ResistanceStatistics
from tagates_sk.features.capacity import operation_size
from tagates_sk.features.resistance import LIGHT, WITHOUT_PATH
from tests.small import chain, node_chain
from tests.strategies import architecture_lists

from .slow import inputs_of, is_on_edge, name_of, output_of, plain


def circuit(cell: Any) -> tuple[nx.MultiDiGraph, Any]:
    """The resistors of a cell, with its inputs as node "in", and its output."""
    graph, joined = plain(cell), nx.MultiDiGraph()
    inputs, output = inputs_of(graph), output_of(graph)
    merged = {v: "in" if v in inputs else v for v in graph}
    joined.add_nodes_from(["in", output])
    label = graph.nodes(data="label")
    for v in graph:
        if is_on_edge(cell):
            if isinstance(v, tuple) and v[0] == "op":
                ((u, _),), ((_, w),) = graph.in_edges(v), graph.out_edges(v)
                joined.add_edge(merged[u], merged[w], op=name_of(label[v]))
        else:
            for u, _ in graph.in_edges(v):
                joined.add_edge(merged[u], v, op=name_of(label[v]))
    return joined, output


def expected(cell: Any) -> list[float]:
    """The columns of a cell, one by one."""
    joined, output = circuit(cell)
    if not joined.number_of_edges():
        return [WITHOUT_PATH, WITHOUT_PATH]
    for *_, data in joined.edges(data=True):
        data["light"] = 1.0 if data["op"] and operation_size(data["op"]) > 0 else LIGHT
    undirected = nx.MultiGraph(joined)
    return [
        nx.resistance_distance(undirected, "in", output, weight, invert_weight=True)
        for weight in (None, "light")
    ]


@given(architecture_lists(min_size=1))
def test_against_networkx(X: list[Any]) -> None:
    rows = ResistanceStatistics().fit_transform(X)
    for architecture, row in zip(X, rows, strict=True):
        cells = architecture if isinstance(architecture, tuple) else (architecture,)
        wanted = [value for cell in cells for value in expected(cell)]
        np.testing.assert_allclose(row, wanted, rtol=1e-6)


def test_a_skip_connection_lowers_the_resistance() -> None:
    cell = node_chain(*["conv3x3"] * 4)
    with_skip = cell.copy()
    with_skip.add_edge(min(cell), max(cell))
    rows = ResistanceStatistics().fit_transform([cell, with_skip])
    assert rows[0].tolist() == pytest.approx([5, 4 + LIGHT])
    assert rows[1].tolist() == pytest.approx([5 / 6, 1 / (1 / (4 + LIGHT) + 1 / LIGHT)])


def test_no_path() -> None:
    cell = nx.DiGraph()
    cell.add_edge("in", "out", op="none")
    rows = ResistanceStatistics().fit_transform([cell, chain("conv")])
    assert rows.tolist() == [[WITHOUT_PATH, WITHOUT_PATH], [1.0, 1.0]]


def test_the_name_of_a_new_operation_tells_whether_it_has_weights() -> None:
    statistics = ResistanceStatistics(handle_unknown="ignore").fit([chain("conv")])
    rows = statistics.transform([chain("conv5x5"), chain("max_pool")])
    assert rows[:, 1].tolist() == [1.0, LIGHT]


def test_deep_graphs_in_linear_time() -> None:
    """A dense solver would need gigabytes."""
    cell = nx.path_graph(20_000, nx.DiGraph)
    nx.set_edge_attributes(cell, "conv3x3", "op")
    row = ResistanceStatistics().fit_transform([cell])[0]
    assert row.tolist() == pytest.approx([19_999, 19_999])
