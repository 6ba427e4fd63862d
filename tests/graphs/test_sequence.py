"""Lazy sequences: indexing, and that reading builds no graph."""

import networkx as nx
import numpy as np
import pytest
from sklearn.model_selection import train_test_split
from sklearn.utils import _safe_indexing

from tagates_sk.graphs import ArchitectureSequence, InvalidArchitectureError, read_architectures
from tagates_sk.graphs.dense import pack_edge_cells
from tests.graphs.forms import same_up_to_numbering
from tests.strategies import OPERATIONS


class Chains(ArchitectureSequence):
    """Row r is a chain of two edges with operations r and r + 1."""

    built = 0

    def packed(self):
        code = np.stack([self.rows, self.rows + 1], axis=1) % len(OPERATIONS)
        return pack_edge_cells(
            np.array([0, 1]), np.array([1, 2]), code, n_nodes=3, n_inputs=1, operations=OPERATIONS
        )

    def _dag(self, row):
        Chains.built += 1
        graph = nx.DiGraph()
        for i in (0, 1):
            graph.add_edge(i, i + 1, op=OPERATIONS[(row + i) % len(OPERATIONS)])
        return graph

    def _with_rows(self, rows):
        return Chains(rows)


@pytest.fixture
def chains():
    return Chains(np.arange(10))


def test_is_a_sequence(chains):
    assert len(chains) == 10
    assert chains.shape == (10,)
    assert repr(chains) == "<Chains of 10 architectures>"
    assert [g.edges[0, 1]["op"] for g in chains] == [OPERATIONS[i % 4] for i in range(10)]


@pytest.mark.parametrize("index", [3, -7, np.int64(3)])
def test_integer_gives_a_graph(chains, index):
    assert chains[index].edges[0, 1]["op"] == OPERATIONS[3]


@pytest.mark.parametrize("index", [10, -11])
def test_out_of_range(chains, index):
    with pytest.raises(IndexError):
        chains[index]


@pytest.mark.parametrize(
    ("index", "rows"),
    [
        (slice(2, 8, 3), [2, 5]),
        (slice(None, None, -5), [9, 4]),
        ([1, 1, -1], [1, 1, 9]),
        ((4, 2), [4, 2]),
        (np.array([0, 3], dtype=np.uint8), [0, 3]),
        (np.arange(10) > 7, [8, 9]),
        ([], []),
    ],
)
def test_many_give_a_sequence(chains, index, rows):
    part = chains[index]
    assert isinstance(part, Chains)
    assert part.rows.tolist() == rows
    assert part[:1].rows.tolist() == rows[:1]


@pytest.mark.parametrize("index", ["a", 1.5, [0.5], np.zeros((2, 2), dtype=int)])
def test_bad_index(chains, index):
    with pytest.raises(IndexError, match="indexed by an integer, a slice, integers or a boolean"):
        chains[index]


def test_reading_builds_no_graph(chains):
    built = Chains.built
    fast = read_architectures(chains)
    assert Chains.built == built
    assert same_up_to_numbering(fast, read_architectures(list(chains)))


def test_unpruned_reading_goes_through_graphs(chains):
    assert len(read_architectures(chains, prune=False)) == 10


def test_empty(chains):
    with pytest.raises(InvalidArchitectureError, match="X is empty"):
        read_architectures(chains[:0])


def test_scikit_learn_indexes_it(chains):
    train, test = train_test_split(chains, random_state=0)
    assert isinstance(train, Chains)
    assert sorted([*train.rows, *test.rows]) == list(range(10))
    assert _safe_indexing(chains, np.arange(3)).rows.tolist() == [0, 1, 2]
    assert _safe_indexing(chains, [True] + [False] * 9).rows.tolist() == [0]
