import re

import networkx as nx
import numpy as np
import pytest

from tagates_sk.graphs import InvalidArchitectureError
from tagates_sk.spaces import ENASMacro

from .helpers import refusal

SPACE = ENASMacro()
NATIVE = ((0,), (1, 1), (2, 0, 0), (3, 0, 1, 0), (4, 0, 0, 0, 1), (5, 1, 0, 0, 0, 0))


def test_dag():
    dag = SPACE.to_dag(NATIVE)
    assert [dag.nodes[k]["op"] for k in range(8)] == ["input", *SPACE.operations, "output"]
    skips = set(dag.edges) - {(k, k + 1) for k in range(7)}
    assert skips == {(0, 2), (1, 4), (3, 5), (0, 6)}


def test_lists_are_taken():
    assert SPACE.canonical([list(layer) for layer in NATIVE]) == NATIVE


FLAT = [number for layer in NATIVE for number in layer]


@pytest.mark.parametrize(
    "native",
    [
        FLAT,
        np.array(FLAT),
        " ".join(map(str, FLAT)) + "\n",
        ", ".join(map(str, FLAT)),
        str(NATIVE),
        np.array(FLAT, dtype=float),
        [" ".join(map(str, layer)) for layer in NATIVE],
    ],
)
def test_numbers_in_a_row(native):
    assert SPACE.canonical(native) == NATIVE


def test_other_numbers_of_layers():
    rows = [(k % 6, *([1] * k)) for k in range(12)]
    flat = [number for row in rows for number in row]
    space = ENASMacro(n_layers=12)
    assert space.canonical(flat) == tuple(rows)
    assert len(space.to_dag(" ".join(map(str, flat)))) == 14
    with pytest.raises(ValueError, match="n_layers=0; a network has 1 to 50"):
        ENASMacro(0)


def test_neighbors_are_45_and_mutual():
    near = SPACE.neighbors(NATIVE).native()
    assert len(near) == 6 * 5 + 15
    assert all(NATIVE in SPACE.neighbors(other).native() for other in near[::9])


def _layer(k, layer):
    return tuple(layer if i == k else old for i, old in enumerate(NATIVE))


@pytest.mark.parametrize(
    ("native", "message"),
    [
        ("0 1 1", r"of ENAS macro: 6 lists.* their 21 numbers.* ENASMacro\(n_layers=2\) reads"),
        (NATIVE[:5], r"of ENAS macro: 6 lists.* ENASMacro\(n_layers=5\) reads 5 layers"),
        ("0 1 1 1", "'0 1 1 1' is no architecture of ENAS macro: 6 lists.* in a row.$"),
        ((NATIVE, 0.75), "6 lists.* in a row.$"),
        ("010200301040000500000", "6 lists.* in a row.$"),
        ("ENAS", "'ENAS' is no architecture of ENAS macro"),
        ([], r"^\[\] is no architecture of ENAS macro"),
        (_layer(2, (2, 0)), r"Layer 3 is \[2, 0\]; an operation followed by 2 bits"),
        (_layer(0, (6,)), "Layer 1 has the operation 6; operations go from 0 to 5"),
        (_layer(3, (3, 0, 2, 0)), "Layer 4 has 2 for the skip link from node 1"),
    ],
)
def test_invalid_native_forms(native, message):
    assert re.search(message, refusal(SPACE, native))


def _no_chain(dag):
    dag.remove_edge(2, 3)


def _skip_to_output(dag):
    dag.add_edge(3, 7)


def _unknown(dag):
    dag.nodes[3]["op"] = "conv"


def _no_op(dag):
    del dag.nodes[3]["op"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_no_chain, "its layers are no chain"),
        (_skip_to_output, "its output has a skip link"),
        (_unknown, "a layer has no op or the operation 'conv'"),
        (_no_op, "a layer has no op"),
    ],
)
def test_invalid_dags(change, message):
    dag = SPACE.to_dag([[0], [0, 0], [0, 1, 1], [0, 0, 1, 0], [0] * 5, [0] * 6])
    change(dag)
    with pytest.raises(InvalidArchitectureError, match=message):
        SPACE.from_dag(dag)


def test_another_length_or_kind_of_dag():
    dag = nx.DiGraph([(0, 1), (1, 2)])
    dag.nodes[1]["op"] = "conv3x3"
    with pytest.raises(InvalidArchitectureError, match="it has 3 nodes"):
        SPACE.from_dag(dag)
    with pytest.raises(InvalidArchitectureError, match="its operations are on the edges"):
        SPACE.from_dag(nx.DiGraph([(0, 1, {"op": "conv3x3"})]))


def test_parallel_edges():
    dag = nx.MultiDiGraph(SPACE.to_dag([[0], [0, 0], [0, 1, 1], [0, 0, 1, 0], [0] * 5, [0] * 6]))
    dag.add_edge(0, 1)
    with pytest.raises(InvalidArchitectureError, match="it has parallel edges"):
        SPACE.from_dag(dag)
