"""Canonical forms: equal for isomorphic architectures, different for all others."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tagates_sk.graphs import read_architectures
from tagates_sk.graphs.canonical import CanonicalForm, canonical_forms, operation_names
from tagates_sk.spaces import DARTS, ENASMacro, NASBench101, NASBench201
from tests.spaces.helpers import scrambled
from tests.strategies import architecture_lists


def form(architecture: Any) -> CanonicalForm:
    (only,) = canonical_forms(read_architectures([architecture]))
    return only


@given(architecture_lists(max_nodes=8), st.integers(0, 2**31))
def test_relabelling_changes_nothing(architectures: list[Any], seed: int) -> None:
    random = np.random.RandomState(seed)
    for architecture in architectures:
        other = scrambled(architecture, random)
        assert form(architecture).cells == form(other).cells


@given(architecture_lists(max_nodes=8))
def test_forms_are_forms_of_themselves(architectures: list[Any]) -> None:
    for first in canonical_forms(read_architectures(architectures)):
        (again,) = canonical_forms(first.packed())
        assert again.cells == first.cells


@given(architecture_lists(max_nodes=8))
def test_order_says_which_operation_is_which(architectures: list[Any]) -> None:
    packed = read_architectures(architectures)
    for i, canonical in enumerate(canonical_forms(packed)):
        first, last = packed.op_ptr[i * packed.n_cells], packed.op_ptr[(i + 1) * packed.n_cells]
        assert sorted(canonical.order) == list(range(last - first))
        theirs = canonical.packed()
        names = [theirs.operations[t] if t >= 0 else t for t in theirs.op_type]
        ours = packed.op_type[first:last][canonical.order]
        assert names == [packed.operations[t] if t >= 0 else t for t in ours]
        edges = np.diff(packed.edge_ptr)[first:last][canonical.order]
        assert np.array_equal(np.diff(theirs.edge_ptr), edges)


def labelled(row: list[tuple[str, str, str]]) -> nx.DiGraph:
    graph = nx.MultiDiGraph()
    graph.add_edges_from((u, v, {"op": op}) for u, v, op in row)
    return graph


def test_what_colours_cannot_tell_apart() -> None:
    # Every inner node of the second layer reads two of the first: around all four, or in two rings.
    names = [f"a{i}" for i in range(4)], [f"b{i}" for i in range(4)]
    around = [(a, names[1][(i + k) % 4]) for i, a in enumerate(names[0]) for k in (0, 1)]
    pairs = [(a, b) for half in ((0, 2), (2, 4)) for a in names[0][slice(*half)]
             for b in names[1][slice(*half)]]  # fmt: skip

    def whole(middle: list[tuple[str, str]]) -> nx.DiGraph:
        rows = [("in", a, "conv") for a in names[0]] + [(b, "out", "conv") for b in names[1]]
        return labelled(rows + [(u, v, "conv") for u, v in middle])

    one, two = whole(around), whole(pairs)
    assert form(one).cells != form(two).cells
    random = np.random.RandomState(0)
    for graph in (one, two):
        forms = {form(scrambled(graph, random)).cells for _ in range(10)}
        assert len(forms) == 1


def test_agrees_with_networkx() -> None:
    for space in (NASBench201(), NASBench101()):
        dags = list(space.sample(40, random_state=0))
        if isinstance(space, NASBench201):  # dead parts count for networkx, not here
            dags = [dag for dag in dags if "none" not in {op for *_, op in dag.edges(data="op")}]
        forms = [form(dag).cells for dag in dags]
        matcher: dict[str, Any] = {
            "node_match": nx.algorithms.isomorphism.categorical_node_match("op", None),
            "edge_match": nx.algorithms.isomorphism.categorical_edge_match("op", None),
        }
        for i, a in enumerate(dags):
            for j in range(i):
                same = nx.is_isomorphic(a, dags[j], **matcher)
                assert same == (forms[i] == forms[j])


def test_lazy_and_built_architectures_have_one_form() -> None:
    for space in (NASBench201(), NASBench101(), DARTS(), ENASMacro()):
        lazy = space.sample(20, random_state=1)
        for one, other in zip(
            canonical_forms(lazy.packed()),
            canonical_forms(read_architectures(list(lazy))),
            strict=True,
        ):
            assert one.cells == other.cells


def test_names() -> None:
    cell = nx.MultiDiGraph()
    cell.add_edges_from([(0, 1, {"op": "pool"}), (0, 1, {"op": "conv"}), (0, 1)])
    assert operation_names(form(cell).cells) == ["conv", "pool"]


def test_many_interchangeable_parts_end() -> None:
    # 300 parallel edges, then 40 equal paths: 40! numberings, one of which is enough.
    rows = [("in", "m", "conv")] * 300
    rows += [row for i in range(40) for row in (("m", f"p{i}", "conv"), (f"p{i}", "out", "pool"))]
    assert len(form(labelled(rows)).order) == 380
    # Eight interchangeable chains of two are no twins, node by node: 8! numberings at most.
    chains = []
    for i in range(8):
        a, b = f"a{i}", f"b{i}"
        chains += [("in", a, "conv"), (a, b, "conv"), (b, "out", "conv")]
    assert len(form(labelled(chains)).order) == 24


def test_thousands_of_twins() -> None:
    """Nodes with the very same neighbours are numbered at once, not one by one."""
    fan = nx.DiGraph()
    for i in np.random.RandomState(0).permutation(2000).tolist():
        fan.add_node(i, op="ab"[i % 2])
        fan.add_edges_from([("in", i), (i, "out")])
    (found,) = form(fan).cells
    assert [kind for kind, *_ in found.operations[1:-1]] == ["a"] * 1000 + ["b"] * 1000
