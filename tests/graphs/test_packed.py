"""Choosing from, joining and measuring packed graphs."""

import dataclasses

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagates_sk.graphs import PackedGraphs, concatenate, read_architectures
from tagates_sk.graphs.packed import pointers, ragged_positions
from tests.graphs.forms import live_part, packed_cells
from tests.graphs.test_reading import flat
from tests.strategies import OPERATIONS, architecture_lists


def assert_same(a, b):
    """Equality of all fields, dtypes of numbers aside."""
    for field in dataclasses.fields(PackedGraphs):
        x, y = getattr(a, field.name), getattr(b, field.name)
        if isinstance(x, np.ndarray):
            np.testing.assert_array_equal(x, y, err_msg=field.name)
            assert x.dtype.kind == y.dtype.kind
        else:
            assert x == y, field.name


@given(architecture_lists(), st.data())
def test_take_is_reading_the_choice(X, data):
    rows = data.draw(st.lists(st.integers(0, len(X) - 1), min_size=1, max_size=6))
    taken = read_architectures(X).with_vocabulary(OPERATIONS).take(np.array(rows))
    assert_same(taken, read_architectures([X[i] for i in rows]).with_vocabulary(OPERATIONS))


@given(architecture_lists(zero_cost=2, none=False), st.data())
def test_take_keeps_zero_cost(X, data):
    rows = data.draw(st.lists(st.integers(0, len(X) - 1), max_size=6))
    packed = read_architectures(X)
    taken = packed.take(np.array(rows, dtype=int))
    assert len(taken) == len(rows)
    assert taken.zero_cost.shape == (len(taken.op_type), 2)
    cells, n = packed_cells(packed), packed.n_cells
    assert packed_cells(taken) == [cell for i in rows for cell in cells[i * n : i * n + n]]


@given(architecture_lists(min_size=2), st.data())
def test_concatenate_is_reading_all(X, data):
    cuts = sorted(data.draw(st.sets(st.integers(1, len(X) - 1))))
    pieces = [X[a:b] for a, b in zip([0, *cuts], [*cuts, len(X)], strict=True)]
    parts = [read_architectures(piece).with_vocabulary(OPERATIONS) for piece in pieces]
    assert_same(concatenate(parts), read_architectures(X).with_vocabulary(OPERATIONS))


@given(architecture_lists(min_size=2, max_size=4, max_cells=1, zero_cost=2, none=False))
def test_concatenate_joins_zero_cost(X):
    parts = [read_architectures([cell]).with_vocabulary(OPERATIONS) for cell in X]
    if all(p.zero_cost is not None for p in parts):
        np.testing.assert_array_equal(concatenate(parts).zero_cost, read_architectures(X).zero_cost)


@given(architecture_lists())
def test_longest_path_is_that_of_networkx(X):
    longest = max(nx.dag_longest_path_length(nx.DiGraph(live_part(c).edges())) for c in flat(X))
    assert read_architectures(X).longest_path() == longest


@given(st.integers(1, 40))
def test_longest_path_of_a_chain(n):
    cell = nx.path_graph(n + 1, create_using=nx.DiGraph)
    nx.set_edge_attributes(cell, "conv_3x3", "op")
    assert read_architectures([cell]).longest_path() == n


@given(architecture_lists())
def test_vocabulary_changes_codes_not_names(X):
    packed = read_architectures(X)
    other = packed.with_vocabulary(("aaa", *OPERATIONS, "zzz"))
    assert packed_cells(other) == packed_cells(packed)
    assert_same(other.with_vocabulary(packed.operations), packed)
    assert packed.with_vocabulary(packed.operations) is packed


def test_positions_and_pointers():
    starts, lengths = np.array([7, 0, 3]), np.array([2, 0, 3])
    assert ragged_positions(starts, lengths).tolist() == [7, 8, 3, 4, 5]
    assert ragged_positions(starts[:0], lengths[:0]).tolist() == []
    assert pointers(lengths).tolist() == [0, 2, 2, 5]


def test_cells_of():
    cell = nx.DiGraph()
    cell.add_edge(0, 1, op="conv_3x3")
    packed = read_architectures([(cell, cell)] * 4)
    assert packed.cells_of(np.array([3, 1])).tolist() == [6, 7, 2, 3]
    assert packed.cells_of([0]).tolist() == [0, 1]


def test_is_immutable():
    cell = nx.DiGraph()
    cell.add_edge(0, 1, op="conv_3x3")
    with pytest.raises(dataclasses.FrozenInstanceError):
        read_architectures([cell]).n_cells = 2
