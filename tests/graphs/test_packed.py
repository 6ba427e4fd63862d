"""Vocabularies and measures of packed graphs."""

import dataclasses

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagates_sk.graphs import read_architectures
from tagates_sk.graphs.packed import pointers, ragged_positions
from tests.graphs.forms import live_part, packed_cells
from tests.graphs.test_reading import flat
from tests.strategies import OPERATIONS, architecture_lists


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
    back = other.with_vocabulary(packed.operations)
    assert back.operations == packed.operations
    np.testing.assert_array_equal(back.op_type, packed.op_type)
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
