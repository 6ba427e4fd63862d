"""Architectures that were read once: equal to reading again, however they are indexed."""

import copy
import pickle

import joblib
import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split
from sklearn.utils import _safe_indexing, shuffle

from tagates_sk.graphs import (
    Architectures,
    InvalidArchitectureError,
    PackedGraphs,
    as_architectures,
    read_architectures,
)
from tagates_sk.graphs.architectures import forms_of, join
from tagates_sk.graphs.canonical import canonical_forms
from tagates_sk.inspection._picture import architecture_pictures
from tagates_sk.spaces import DARTS, NASBench201
from tagates_sk.zero_cost import ZeroCostSaliency, build_network
from tests.graphs.forms import packed_cells
from tests.strategies import architecture_lists

DAGS = list(NASBench201().sample(12, random_state=0))
SPACE = NASBench201()


def chain(*operations, zero_cost=None):
    graph = nx.DiGraph()
    for i, op in enumerate(operations):
        graph.add_edge(i, i + 1, op=op)
        if zero_cost is not None:
            graph.edges[i, i + 1]["zero_cost"] = np.full(zero_cost, i + 1.0, dtype=np.float32)
    return graph


def same(packed: PackedGraphs, expected: PackedGraphs) -> bool:
    """Equal arrays and keys, but for zeros beside operations none of which needs a vector."""
    if packed.zero_cost is not None and expected.zero_cost is None:
        assert not packed.zero_cost.any()
        packed = copy.copy(packed)
        object.__setattr__(packed, "zero_cost", None)
    return packed_cells(packed) == packed_cells(expected)


@given(st.data(), architecture_lists() | architecture_lists(zero_cost=2))
def test_taking_rows_is_reading_them(data, X):
    rows = data.draw(st.lists(st.integers(0, len(X) - 1), min_size=1, max_size=8))
    packed = read_architectures(X).take(np.array(rows))
    assert same(packed, read_architectures([X[i] for i in rows]))
    assert packed.start == 0


@given(st.data(), architecture_lists() | architecture_lists(zero_cost=2))
def test_joining_parts_is_reading_all(data, X):
    cut = data.draw(st.integers(0, len(X)))
    together = join([Architectures(part) if part else part for part in (X[:cut], X[cut:])])
    assert same(together.packed(), read_architectures(X))
    assert list(together) == X


@given(st.data(), architecture_lists() | architecture_lists(zero_cost=2))
def test_forms_are_those_of_reading(data, X):
    read = Architectures(X)
    rows = data.draw(st.lists(st.integers(0, len(X) - 1), max_size=5))
    for _ in range(2):
        if rows:
            expected = forms_of([X[i] for i in rows])
            for form, other in zip(read[rows].canonical_forms(), expected, strict=True):
                assert form.cells == other.cells
                assert form.order.tolist() == other.order.tolist()
        rows = range(len(X))
    assert [f.cells for f in forms_of(read)] == [f.cells for f in forms_of(X)]


class TestIndexing:
    cells = Architectures(DAGS)

    @pytest.mark.parametrize(
        ("index", "rows"),
        [
            (slice(2, 8, 3), [2, 5]),
            (slice(None, None, -5), [11, 6, 1]),
            ([1, 1, -1], [1, 1, 11]),
            (np.array([0, 3], dtype=np.uint8), [0, 3]),
            (np.arange(12) > 9, [10, 11]),
        ],
    )
    def test_many_give_architectures(self, index, rows):
        part = self.cells[index]
        assert isinstance(part, Architectures)
        assert part.shape == (len(rows),)
        assert part.rows.tolist() == rows
        assert all(dag is DAGS[i] for dag, i in zip(part, rows, strict=True))
        assert same(part.packed(), read_architectures([DAGS[i] for i in rows]))
        assert same(part[:1].packed(), read_architectures([DAGS[rows[0]]]))

    def test_one_gives_the_graph(self):
        assert self.cells[-2] is DAGS[10]
        assert self.cells[3:][np.int64(0)] is DAGS[3]

    def test_none(self):
        assert len(self.cells[[]]) == 0
        with pytest.raises(InvalidArchitectureError, match="X is empty"):
            read_architectures(self.cells[:0])

    def test_scikit_learn_indexes_it(self):
        train, test = train_test_split(self.cells, random_state=0)
        assert sorted([*train.rows, *test.rows]) == list(range(12))
        mixed = shuffle(self.cells, random_state=0)
        for part in (mixed, _safe_indexing(self.cells, [True] + [False] * 11), train, test):
            assert isinstance(part, Architectures)


def test_what_was_read_is_handed_on():
    cells = Architectures(DAGS)
    assert as_architectures(cells) is cells
    assert cells.packed() is cells.packed()
    lazy = NASBench201().sample(5, random_state=0)
    assert as_architectures(lazy) is lazy
    assert isinstance(as_architectures(DAGS), Architectures)
    array = np.empty(len(DAGS), dtype=object)
    array[:] = DAGS
    assert list(as_architectures(array)) == DAGS


def test_a_list_may_change_afterwards():
    given = list(DAGS)
    cells = Architectures(given)
    given.clear()
    assert cells[0] is DAGS[0]


def test_of_a_lazy_sequence():
    lazy = DARTS().sample(4, random_state=0)
    cells = Architectures(lazy)
    assert same(cells[1:3].packed(), lazy[1:3].packed())
    assert len(cells[2]) == 2


def test_unpruned_reading_goes_through_graphs():
    dead = nx.DiGraph([(0, 1, {"op": "conv"}), (0, 2, {"op": "none"}), (2, 1, {"op": "conv"})])
    assert len(read_architectures(Architectures([dead]), prune=False).op_type) == 2
    assert len(read_architectures(Architectures([dead])).op_type) == 1


@pytest.mark.parametrize("rows", [range(12), [4, 4, 1], range(3, 9), []])
def test_pickles_hold_the_part_at_hand(rows):
    cells = Architectures(DAGS)[list(rows)]
    for again in (pickle.loads(pickle.dumps(cells)), copy.deepcopy(cells)):
        assert again.rows.tolist() == list(rows)
        assert [dag.edges for dag in again] == [dag.edges for dag in cells]
        assert same(again.packed(), cells.packed())
        assert same(again[1:].packed(), cells[1:].packed())
        assert again[:2].rows.tolist() == list(rows)[:2]
    assert len(pickle.dumps(Architectures(DAGS)[:1])) < len(pickle.dumps(Architectures(DAGS))) / 4


def test_hash_does_not_depend_on_what_was_asked_before():
    fresh, used = Architectures(DAGS), Architectures(DAGS)
    used.canonical_forms()
    used[3:5].packed()
    assert joblib.hash(fresh) == joblib.hash(used)
    assert joblib.hash(fresh[2:]) == joblib.hash(used[2:])


class TestAddition:
    def test_graphs_of_both(self):
        both = Architectures(DAGS[:5]) + DAGS[5:]
        assert list(both) == DAGS
        assert same(both.packed(), read_architectures(DAGS))
        assert both.rows.tolist() == list(range(12))

    def test_lazy_sequences_are_built(self):
        lazy = SPACE.sample(3, random_state=1)
        both = Architectures(DAGS) + lazy
        assert same(both.packed(), read_architectures([*DAGS, *lazy]))
        assert list(both)[:12] == DAGS

    def test_known_forms_are_kept(self, monkeypatch):
        parts = [Architectures(DAGS)[4:8], Architectures(DAGS[:2])]
        for part in parts:
            part.canonical_forms()
        both = join(parts)
        monkeypatch.setattr("tagates_sk.graphs.architectures.canonical_forms", None)
        expected = canonical_forms(read_architectures(DAGS[4:8] + DAGS[:2]))
        assert [f.cells for f in both.canonical_forms()] == [f.cells for f in expected]

    @pytest.mark.parametrize(
        "parts",
        [
            ([chain("conv")], [(chain("conv"), chain("conv"))]),
            ([chain("conv", zero_cost=2)], [chain("conv", zero_cost=3)]),
            ([chain("conv", zero_cost=2)], [chain("skip_connect"), chain("conv")]),
            ([chain("skip_connect", "conv")], [chain("conv", zero_cost=2)]),
            ([], []),
        ],
    )
    def test_what_does_not_go_together_is_refused_as_in_one_list(self, parts):
        with pytest.raises(InvalidArchitectureError) as expected:
            read_architectures(parts[0] + parts[1])
        with pytest.raises(InvalidArchitectureError) as found:
            join(Architectures(part) if part else part for part in parts)
        assert str(found.value) == str(expected.value)

    def test_what_needs_no_vector_gets_zeros(self):
        parts = [chain("conv", zero_cost=2)], [chain("skip_connect")]
        expected = read_architectures(parts[0] + parts[1])
        assert same(join(map(Architectures, parts)).packed(), expected)


class TestErrors:
    def test_index_is_that_of_what_was_given(self):
        cells = Architectures([*DAGS, chain("new")])
        for X, i in [(cells, 12), (cells[10:], 2), (cells[[12, 1]], 0), (list(cells[11:]), 1)]:
            packed = read_architectures(X)
            with pytest.raises(ValueError, match=rf"X\[{i}\], edge \(0, 1\): unknown operation"):
                packed.with_vocabulary(["nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3", "none"])
        packed = read_architectures(cells[10:], start=10)
        with pytest.raises(ValueError, match=r"X\[12\], edge"):
            packed.with_vocabulary(["nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3", "none"])

    @pytest.mark.parametrize("bad", [chain("conv"), 3, ["a"], [], None])
    def test_are_those_of_reading(self, bad):
        with pytest.raises((TypeError, InvalidArchitectureError)) as expected:
            read_architectures(bad)
        with pytest.raises((TypeError, InvalidArchitectureError)) as found:
            as_architectures(bad)
        assert str(found.value) == str(expected.value)


def test_another_attribute_names_operations_everywhere() -> None:
    """In single graphs, in parts and unions, in pictures, in networks and beside saliencies."""
    cells = [chain("nor_conv_3x3", "skip_connect"), chain("nor_conv_1x1")]
    named = [
        nx.DiGraph([(u, v, {"label": op, "op": 3}) for u, v, op in cell.edges(data="op")])
        for cell in cells
    ]
    read = Architectures(named, op_attribute="label")
    for architectures in (
        read,
        read[::-1][::-1],
        pickle.loads(pickle.dumps(read)),
        read[:1] + cells[1:],
    ):
        for own, cell in zip(architectures, cells, strict=True):
            assert list(own.edges(data="op")) == list(cell.edges(data="op"))
    assert named[0].edges[0, 1] == {"label": "nor_conv_3x3", "op": 3}
    (picture,) = architecture_pictures(read[0])
    assert [s.name for s in picture.shapes if s.kind == "operation"] == [
        "nor_conv_3x3", "skip_connect",
    ]  # fmt: skip
    assert build_network(read[1]).operation_modules
    with_saliencies = ZeroCostSaliency(metrics=["plain"]).fit_transform(read)
    assert all(len(cell.edges[0, 1]["zero_cost"]) == 1 for cell in with_saliencies)
    (two,) = Architectures([tuple(named)], op_attribute="label")
    assert two[1].edges[0, 1]["op"] == "nor_conv_1x1"
