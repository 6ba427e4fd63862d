"""Isomorphic architectures are read to the same arrays, and get the same scores."""

from __future__ import annotations

import time
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from tagates_sk.datasets import load_nasbench101, load_nasbench201
from tagates_sk.graphs import PackedGraphs, read_architectures
from tagates_sk.graphs.ordering import in_own_order
from tests.small import BOTH, CELLS, TARGETS
from tests.spaces.helpers import scrambled
from tests.strategies import architecture_lists

ARRAYS = ("input_mark", "node_ptr", "op_ptr", "op_type", "op_dst", "edge_ptr", "edge_src")


def assert_same(one: PackedGraphs, other: PackedGraphs) -> None:
    assert one.operations == other.operations
    for name in ARRAYS:
        assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    if one.zero_cost is not None:
        assert_array_equal(one.zero_cost, other.zero_cost)


@given(architecture_lists(max_nodes=8), st.integers(0, 2**31))
def test_order_of_insertion_changes_nothing(architectures: list[Any], seed: int) -> None:
    random = np.random.RandomState(seed)
    others = [scrambled(architecture, random) for architecture in architectures]
    assert_same(read_architectures(architectures), read_architectures(others))


@given(architecture_lists(max_nodes=8))
def test_what_is_in_order_stays(architectures: list[Any]) -> None:
    packed = read_architectures(architectures)
    assert_same(packed, in_own_order(packed))


@given(architecture_lists(max_nodes=8))
def test_what_else_is_read_changes_nothing(architectures: list[Any]) -> None:
    packed = read_architectures(architectures)
    for i, architecture in enumerate(architectures):
        alone = read_architectures([architecture])
        assert_same(packed.take(np.array([i])), alone.with_vocabulary(packed.operations))
        assert packed.take(np.array([i])).keys == alone.keys


def test_cells_of_a_benchmark() -> None:
    random = np.random.RandomState(0)
    cells = list(load_nasbench101().dags[:40000:20])
    others = [scrambled(cell, random) for cell in cells]
    assert_same(read_architectures(cells), read_architectures(others))


def branches(*kinds: str) -> nx.DiGraph:
    """Branches of two operations between an input and an output, with crossings nowhere."""
    dag = nx.DiGraph()
    for i, kind in enumerate(kinds):
        dag.add_edge("in", f"a{i}", op=kind)
        dag.add_edge(f"a{i}", f"b{i}", op="conv")
        dag.add_edge(f"b{i}", "out", op="pool")
    return dag


def test_interchangeable_branches() -> None:
    """Their nodes are alike, and are no twins: a choice for one decides for another."""
    dag = branches("x", "x", "x", "y", "y")
    random = np.random.RandomState(0)
    assert_same(*(read_architectures([scrambled(dag, random)] * 2) for _ in range(2)))
    many = branches(*["x"] * 40)
    assert_same(*(read_architectures([scrambled(many, random), CELLS[0]]) for _ in range(2)))


def test_attributes_tell_branches_apart() -> None:
    dag = branches("x", "x", "x")
    for i, kernel in enumerate((3, 5, 3)):
        dag.edges["in", f"a{i}"]["attributes"] = {"kernel": kernel}
    random = np.random.RandomState(0)
    one, other = (read_architectures([scrambled(dag, random)]) for _ in range(2))
    assert_same(one, other)
    assert one.attributes is not None
    assert other.attributes is not None
    assert_array_equal(one.attributes.values, other.attributes.values)


def test_lazy_sequences_have_the_order_of_graphs() -> None:
    for load in (load_nasbench101, load_nasbench201):
        cells = load().dags[:4000:9]
        lazy, read = cells.packed(), read_architectures(list(cells))
        assert_same(lazy.with_vocabulary(read.operations), read)


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize("members", ["encoder", "all"])
def test_isomorphic_architectures_get_one_score(make: Any, members: str) -> None:
    random = np.random.RandomState(0)
    others = [scrambled(cell, random) for cell in CELLS]
    fitted = make(members=members, max_iter=2).fit(CELLS, TARGETS)
    assert_array_equal(fitted.predict(CELLS), fitted.predict(others))
    again = make(members=members, max_iter=2).fit(others, TARGETS)
    assert_array_equal(fitted.predict(CELLS), again.predict(CELLS))


@pytest.mark.slow
@pytest.mark.parametrize(("load", "n"), [(load_nasbench201, 15625), (load_nasbench101, 7290)])
def test_ordering_takes_a_tenth_of_reading(load: Any, n: int) -> None:
    cells = list(load().dags[:n])

    def seconds(function: Any) -> float:
        times = []
        for _ in range(5):
            start = time.process_time()
            function()
            times.append(time.process_time() - start)
        return min(times)

    packed = read_architectures(cells)
    ordering, reading = (
        seconds(lambda: in_own_order(packed)), seconds(lambda: read_architectures(cells))
    )  # fmt: skip
    print(f"{n} cells: {ordering:.3f} of {reading:.3f} s")
    assert ordering < 0.1 * (reading - ordering)
