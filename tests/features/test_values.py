"""Every number against a slow computation of it."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagates_sk.features import (
    AdjacencyOneHot,
    OperationStatistics,
    PathEncoding,
    WeisfeilerLehman,
)
from tests.small import chain, node_chain
from tests.strategies import architecture_lists, ooe_cells, oon_cells

from . import slow
from .transformers import dense

HOMOGENEOUS = st.booleans().flatmap(
    lambda multi: st.one_of(
        st.lists(ooe_cells(multi=multi), min_size=1, max_size=5),
        st.lists(oon_cells(multi=multi), min_size=1, max_size=5),
    )
)


def members(architecture: Any) -> tuple[Any, ...]:
    return architecture if isinstance(architecture, tuple) else (architecture,)


@given(architecture_lists(), st.one_of(st.none(), st.integers(0, 3)))
def test_paths(X: list[Any], max_length: int | None) -> None:
    expected = []
    for architecture in X:
        row: Counter[Any] = Counter()
        for c, cell in enumerate(members(architecture)):
            for (mark, names), count in slow.paths(slow.plain(cell)).items():
                if max_length is None or len(names) <= max_length:
                    row[c, mark, names] = count
        expected.append(row)
    encoding = PathEncoding(max_length=max_length, binary=False).fit(X)
    assert encoding.paths_ == sorted(
        set().union(*expected), key=lambda path: (path[0], len(path[2]), path)
    )
    counts = [[row[path] for path in encoding.paths_] for row in expected]
    matrix = dense(encoding.transform(X))
    assert np.array_equal(matrix, np.reshape(counts, matrix.shape))
    binary = PathEncoding(max_length=max_length, sparse_output=False).fit_transform(X)
    assert np.array_equal(binary, matrix > 0)


def test_most_frequent_then_shortest_paths() -> None:
    X = [chain("b", "b"), chain("b", "b"), chain("a", "a", "a"), chain("c"), chain("a", "a")]
    kept = [PathEncoding(max_paths=n).fit(X).paths_ for n in (1, 2, 3)]
    assert [{"".join(names) for *_, names in paths} for paths in kept] == [
        {"bb"}, {"bb", "c"}, {"bb", "c", "aa"},
    ]  # fmt: skip


def test_unseen_paths_are_dropped() -> None:
    encoding = PathEncoding(sparse_output=False).fit([chain("a", "b"), chain("b")])
    rows = encoding.transform([chain("b", "a"), chain("a", "b", "b"), chain("b")])
    assert rows.tolist() == [[0, 0], [0, 0], [1, 0]]


@given(architecture_lists(), st.one_of(st.none(), st.integers(1, 2)))
def test_statistics(X: list[Any], size: int | None) -> None:
    transformer = OperationStatistics(size)
    matrix = transformer.fit_transform(X)
    table = dict(zip(transformer.get_feature_names_out(), matrix.T, strict=True))
    n_columns = 0
    for i, architecture in enumerate(X):
        for c, cell in enumerate(members(architecture)):
            prefix = f"cell{c}_" if len(members(architecture)) > 1 else ""
            graph = slow.plain(cell)
            labels = Counter(label for _, label in graph.nodes(data="label"))
            n_columns += len(transformer.operations_)
            for op in transformer.operations_:
                assert table[f"{prefix}count({op})"][i] == labels[op]
            for subset in transformer.subsets_:
                of = f"({'+'.join(subset)})"
                plain_names = [f"{prefix}input_degree{of}"]
                numbered = [f"{prefix}input{m}_degree{of}" for m in range(2)]
                degrees = plain_names if plain_names[0] in table else numbered
                names = ["shortest_path", "longest_path", "log_paths", "output_degree"]
                columns = [*(f"{prefix}{name}{of}" for name in names), *degrees]
                shortest, longest, count, around = slow.statistics(graph, subset, len(degrees))
                found = [table[name][i] for name in columns]
                assert found[:2] == [shortest, longest]
                assert found[2] == pytest.approx(np.log1p(count), rel=1e-14)
                assert found[3:] == around
                n_columns += len(columns)
    assert n_columns == matrix.size


def test_subsets() -> None:
    X = [chain(*"abc"), chain("d")]
    assert len(OperationStatistics().fit(X).subsets_) == 15
    assert OperationStatistics(1).fit(X).subsets_ == [*map(tuple, "abcd"), tuple("abcd")]
    many = [chain(*"abcdefgh")]
    subsets = OperationStatistics().fit(many).subsets_
    assert Counter(map(len, subsets)) == {1: 8, 2: 28, 8: 1}
    enough = OperationStatistics().fit([chain(*map(str, range(100)))])
    assert Counter(map(len, enough.subsets_)) == {1: 100, 100: 1}


@given(HOMOGENEOUS, st.integers(0, 3), st.booleans())
def test_labels(X: list[Any], n_iter: int, both: bool) -> None:
    expected = [slow.subtree_labels(slow.plain(cell), n_iter, both) for cell in X]
    columns = [tuple(row[label] for row in expected) for label in set().union(*expected)]
    transformer = WeisfeilerLehman(n_iter, both_directions=both)
    matrix = dense(transformer.fit_transform(X))
    assert Counter(columns) == Counter(tuple(column) for column in matrix.T.tolist())
    names = transformer.get_feature_names_out()
    assert len(set(names)) == len(names)
    # Half of them learned, the others only looked up.
    known = set().union(*expected[::2])
    columns = [tuple(row[label] for row in expected) for label in known]
    transformer.set_params(operations=["avg_pool_3x3", "conv_1x1", "conv_3x3", "skip_connect"])
    matrix = dense(transformer.fit(X[::2]).transform(X))
    assert Counter(columns) == Counter(tuple(column) for column in matrix.T.tolist())


def test_names_of_labels() -> None:
    transformer = WeisfeilerLehman(both_directions=True).fit([node_chain("a", "b")])
    assert set(transformer.get_feature_names_out()) == {
        "a", "b", "output", "input",
        "a(input|b)", "b(a|output)", "output(b|)", "input(|a)",
        "a(input(|a)|b(a|output))", "b(a(input|b)|output(b|))", "output(b(a|output)|)",
        "input(|a(input|b))",
    }  # fmt: skip
    long = WeisfeilerLehman(1).fit([node_chain("a" * 60, "b" * 60)])
    assert sum(name.startswith("label1.") for name in long.get_feature_names_out()) == 1


def decoded(names: list[str], row: np.ndarray, output_only: bool) -> nx.MultiDiGraph:
    """The graph that a row of AdjacencyOneHot tells of, in the form of slow.plain."""
    graph = nx.MultiDiGraph()
    labels: dict[str, str | None] = {"output": "(output)"}
    on_edge = not any(name.startswith("edge(") for name in names)
    for name, value in zip(names, row, strict=True):
        label, u, v = re.fullmatch(r"(\w+)\((\w+(?:\.\d+)?)(?:-(\w+))?\)", name).groups()
        if v is None:
            if value:
                labels[u] = label
            continue
        for k in range(int(value)):
            for node in (u, v):
                mark = re.fullmatch(r"input(\d*)(\.\d+)?", node)
                if mark:
                    labels[node] = f"(input {mark[1] or 0})"
                else:
                    labels.setdefault(node, "(node)" if on_edge else None)
            if on_edge:
                labels[name + str(k)] = None if label == "wire" else label
                graph.add_edges_from([(u, name + str(k)), (name + str(k), v)])
            else:
                graph.add_edge(u, v)
    graph.add_node("output")
    nx.set_node_attributes(graph, labels, "label")
    return graph


@pytest.mark.parametrize("canonical", [False, True])
@given(HOMOGENEOUS)
def test_adjacency_tells_the_whole_graph(canonical: bool, X: list[Any]) -> None:
    transformer = AdjacencyOneHot(canonical=canonical)
    matrix = transformer.fit_transform(X)
    names = list(transformer.get_feature_names_out())
    for cell, row in zip(X, matrix, strict=True):
        graph = decoded(names, row, slow.is_on_edge(cell))
        same = nx.is_isomorphic(graph, slow.plain(cell), lambda a, b: a["label"] == b["label"])
        assert same


@given(st.lists(st.tuples(ooe_cells(), oon_cells()), min_size=1, max_size=4))
def test_cells_have_their_own_columns(X: list[Any]) -> None:
    for transformer in (AdjacencyOneHot(), OperationStatistics(), PathEncoding(binary=False)):
        transformer.set_params(operations=["avg_pool_3x3", "conv_1x1", "conv_3x3", "skip_connect"])
        both = dense(transformer.fit_transform(X))
        alone = [dense(transformer.fit_transform([pair[c] for pair in X])) for c in range(2)]
        assert np.array_equal(both, np.concatenate(alone, axis=1))


def test_small_cells_keep_the_slots() -> None:
    small, large = node_chain("a"), node_chain("a", "b", "a")
    transformer = AdjacencyOneHot(n_inner_nodes=4).fit([large])
    names = transformer.get_feature_names_out()
    assert set(names[transformer.transform([small])[0] > 0]) == {
        "edge(input-1)", "edge(1-output)", "a(1)",
    }  # fmt: skip
    assert "edge(4-output)" in names


def test_left_out_operations() -> None:
    X = [node_chain("a", "b"), node_chain("a", "b"), node_chain("a")]
    options: dict[str, Any] = {"operations": ["a"], "handle_unknown": "ignore"}
    assert PathEncoding(**options).fit(X).paths_ == [(0, 0, ("a",))]
    labels = WeisfeilerLehman(1, **options).fit(X).get_feature_names_out()
    assert not any("b" in name for name in labels)
    statistics = OperationStatistics(**options)
    rows = statistics.fit_transform(X)
    assert rows[:, 0].tolist() == [1, 1, 1]
    assert rows[:, 1].tolist() == [-1, -1, 1]
    names = AdjacencyOneHot(**options).fit(X[:1]).get_feature_names_out()
    row = AdjacencyOneHot(**options).fit_transform(X[:1])[0]
    assert dict(zip(names, row, strict=True))["a(2)"] == 0
    assert dict(zip(names, row, strict=True))["edge(2-output)"] == 1


def test_unknown_identity_is_a_wire() -> None:
    X = [chain("a"), chain("skip_connect", "a")]
    for transformer in (PathEncoding(), OperationStatistics()):
        rows = dense(transformer.fit(X[:1]).transform(X))
        assert np.array_equal(rows[0], rows[1]) == isinstance(transformer, PathEncoding)
