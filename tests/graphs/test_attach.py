"""Zero-cost vectors on graphs and on lazy sequences."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import networkx as nx
import numpy as np
import pytest

from tagates_sk.graphs import read_architectures
from tagates_sk.graphs.attach import ZeroCostSequence, with_zero_cost
from tagates_sk.graphs.ordering import in_own_order
from tagates_sk.spaces import DARTS, ENASMacro, ENASMicro, NASBench101, NASBench201

SPACES = [NASBench201(), NASBench101(), DARTS(), ENASMicro(), ENASMacro()]


def numbered(packed: Any, k: int = 2) -> np.ndarray:
    """A vector of its own for every operation."""
    n = len(packed.op_type)
    return np.arange(1, n * k + 1, dtype=np.float32).reshape(n, k)


def test_every_operation_gets_its_vector_and_the_input_stays() -> None:
    cell = nx.DiGraph()
    cell.add_edge(0, 1, op="conv_3x3")
    cell.add_edge(1, 3, op="avg_pool_3x3")
    cell.add_edge(0, 3, op="none")
    cell.add_edge(0, 2, op="conv_3x3")  # a dead end
    cell.add_edge(2, 3, op="none")
    cell.add_edge(1, 4, op="conv_3x3")
    cell.add_edge(4, 3)
    packed = read_architectures([cell])
    vectors = numbered(packed)
    (copy,) = with_zero_cost([cell], packed, vectors)
    assert packed.keys is not None
    for key, vector in zip(packed.keys, vectors, strict=True):
        if "op" in cell.edges[key]:
            assert np.array_equal(copy.edges[key]["zero_cost"], vector)
    assert np.array_equal(copy.edges[0, 2]["zero_cost"], [0, 0])
    assert "zero_cost" not in copy.edges[0, 3]
    assert "zero_cost" not in copy.edges[4, 3]
    assert not any("zero_cost" in data for *_, data in cell.edges(data=True))


@pytest.mark.parametrize("space", SPACES, ids=repr)
class TestSequence:
    def sequence(self, space: Any) -> ZeroCostSequence:
        lazy = space.sample(12, random_state=0)
        return ZeroCostSequence(lazy, numbered(lazy.packed()))

    def test_built_graphs_carry_the_packed_vectors(self, space: Any) -> None:
        """Both in one order, which the vectors decide where the operations do not."""
        sequence = self.sequence(space)
        packed, built = sequence.packed(), read_architectures(list(sequence))
        assert packed.zero_cost is not None
        # Graphs have no place for the vectors of wires and terminals.
        given = np.where(packed.op_type[:, None] >= 0, packed.zero_cost, 0)
        packed = in_own_order(replace(packed, zero_cost=given))
        built = built.with_vocabulary(packed.operations)
        for name in ("op_type", "op_dst", "edge_src", "zero_cost"):
            assert np.array_equal(getattr(packed, name), getattr(built, name)), name

    def test_slices_keep_vectors_with_their_architectures(self, space: Any) -> None:
        sequence = self.sequence(space)
        part = sequence[[7, 3]][::-1]
        whole, some = sequence.packed(), part.packed()
        ptr = whole.op_ptr[:: whole.n_cells]
        assert whole.zero_cost is not None
        expected = np.concatenate([whole.zero_cost[ptr[i] : ptr[i + 1]] for i in (3, 7)])
        assert np.array_equal(some.zero_cost, expected)
        assert part.base.native() == sequence.base[[3, 7]].native()
        assert np.array_equal(part.vectors, expected)


def test_repr() -> None:
    lazy = NASBench201().sample(3, random_state=0)
    sequence = ZeroCostSequence(lazy, numbered(lazy.packed()))
    assert repr(sequence) == "<ZeroCostSequence of 3 architectures, 2 numbers an operation>"
