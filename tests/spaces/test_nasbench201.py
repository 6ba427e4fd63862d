import json
import re

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagates_sk.datasets import load_nasbench201
from tagates_sk.graphs import InvalidArchitectureError, read_architectures
from tagates_sk.graphs.canonical import canonical_forms
from tagates_sk.spaces import NASBench201

from .helpers import refusal

SPACE = NASBench201("nasbench201")
STRING = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|nor_conv_3x3~2|"
DIGITS = (3, 0, 1, 4, 2, 3)

NAMES = [SPACE.operations[digit] for digit in DIGITS]
ENDS = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]
EDGES = dict(zip(ENDS, NAMES, strict=True))
MATRIX = [[0, 0, 0, 0], [3, 0, 0, 0], [0, 1, 0, 0], [4, 2, 3, 0]]
EXPECTED = "no architecture of NAS-Bench-201: text such as '.avg_pool_3x3~0.+....', 6 operations"
NNI = {"nor_conv_1x1": "conv_1x1", "nor_conv_3x3": "conv_3x3"}


@pytest.mark.parametrize(
    "native",
    [
        f"  {STRING}\n",
        STRING.encode(),
        json.dumps(STRING),
        {f"cell__{tail}_{head}": op for (tail, head), op in EDGES.items()},
        np.array(MATRIX, dtype=float),
        np.str_(STRING),
        NAMES,
        np.array(NAMES),
        np.array(NAMES, dtype=object),
        EDGES,
        str(EDGES),
        json.dumps(NAMES),
        {f"{tail}_{head}": op for (tail, head), op in EDGES.items()},
        {f"{head}<-{tail}": op for (tail, head), op in EDGES.items()},
        {f"{tail + 1}->{head + 1}": op for (tail, head), op in EDGES.items()},
        json.dumps({f"cell/{t}_{h}": NNI.get(op, op) for (t, h), op in EDGES.items()}),
        MATRIX,
        np.array(MATRIX),
        np.array(MATRIX, dtype=float).astype(np.int8),
        [
            [(NAMES[0], 0)],
            [(NAMES[1], 0), (NAMES[2], 1)],
            [(NAMES[3 + k], k) for k in range(3)],
        ],
    ],
)
def test_published_forms(native):
    assert NASBench201().canonical(native) == STRING


@pytest.mark.parametrize(
    "digits",
    [DIGITS, list(DIGITS), np.array(DIGITS), str(DIGITS), "301423",
     "3 0 1 4 2 3", "3,0,1,4,2,3", list("301423"), np.array(DIGITS, dtype=float), "3_01_423"],
)  # fmt: skip
def test_digits_are_refused_unless_somebody_says_whose(digits):
    said = refusal(NASBench201(), digits)
    assert "NASBench201(encoding='nasbench201')" in said
    assert "NASBench201(encoding='naslib')" in said
    assert NASBench201(encoding="nasbench201").canonical(digits) == STRING


def test_digits_of_naslib():
    """Other digits for the operations, and edges by their tails."""
    space = NASBench201(encoding="naslib")
    theirs = (2, 1, 4, 0, 3, 2)
    assert space.canonical(theirs) == STRING
    assert space.to_digits(theirs) == DIGITS
    assert space.to_digits(STRING, "naslib") == theirs
    assert space != NASBench201()
    with pytest.raises(ValueError, match="encoding='NASLib'; 'nasbench201' or 'naslib' is"):
        NASBench201("NASLib")


def test_naslib_digits_rank_as_the_benchmark():
    """Read in the wrong numbering they would tell little of the accuracies."""
    data = load_nasbench201()
    chosen = np.arange(0, 15625, 40)
    ours = NASBench201()
    theirs = [ours.to_digits(cell, "naslib") for cell in data.dags[chosen].native()]
    again = NASBench201("naslib").sequence(theirs)
    assert again.native() == data.dags[chosen].native()


cells = st.tuples(*[st.integers(0, 4)] * 6)


def test_digits_and_string():
    assert NASBench201().to_digits(STRING) == DIGITS
    assert NASBench201().canonical(STRING) == STRING
    assert SPACE.canonical(DIGITS) == STRING


def test_dag():
    dag = SPACE.to_dag(DIGITS)
    ops = {edge: dag.edges[edge]["op"] for edge in dag.edges}
    assert ops == {
        (0, 1): "nor_conv_3x3",
        (0, 2): "none",
        (1, 2): "skip_connect",
        (0, 3): "avg_pool_3x3",
        (1, 3): "nor_conv_1x1",
        (2, 3): "nor_conv_3x3",
    }


@given(digits=cells)
def test_strings_round_trip(digits):
    assert SPACE.to_digits(SPACE.canonical(digits)) == digits
    assert SPACE.from_dag(SPACE.to_dag(digits)) == SPACE.canonical(digits)


@given(digits=cells)
def test_the_24_neighbors_have_it_for_neighbor(digits):
    near = SPACE.neighbors(digits)
    assert len(near) == 24
    assert SPACE.canonical(digits) in SPACE.neighbors(near.native()[7]).native()


def test_missing_edges_are_none():
    dag = SPACE.to_dag((1, 2, 3, 4, 1, 2))
    dag.remove_edge(0, 3)
    assert SPACE.to_digits(SPACE.from_dag(dag)) == (1, 2, 3, 0, 1, 2)


def test_open_order_is_chosen_consistently():
    one, other = SPACE.to_dag((3, 1, 0, 0, 1, 2)), SPACE.to_dag((1, 3, 0, 0, 2, 1))
    for dag in (one, other):
        dag.remove_edge(1, 2)
    assert SPACE.to_digits(SPACE.from_dag(one)) == (1, 3, 0, 0, 2, 1)
    assert SPACE.from_dag(one) == SPACE.from_dag(other)


@pytest.mark.parametrize(
    ("edges", "digits"),
    [([(0, 1, "skip_connect")], (0, 0, 0, 1, 0, 0)),
     ([(0, 1, "nor_conv_3x3"), (1, 2, "avg_pool_3x3")], (0, 3, 0, 0, 0, 4))],
)  # fmt: skip
def test_fewer_nodes(edges, digits):
    dag = nx.DiGraph()
    for tail, head, op in edges:
        dag.add_edge(tail, head, op=op)
    assert SPACE.to_digits(SPACE.from_dag(dag)) == digits


def test_a_wire_is_a_skip_connection():
    dag = SPACE.to_dag((3, 3, 3, 3, 3, 3))
    del dag.edges[0, 3]["op"]
    assert SPACE.to_digits(SPACE.from_dag(dag)) == (3, 3, 3, 1, 3, 3)


@pytest.mark.parametrize(
    ("native", "message"),
    [
        (7, f"^7 is {EXPECTED}"),
        (301423, "Digits read as a number lose leading zeros: read them as text"),
        ("30_1_423", f"is {EXPECTED}"),
        ([*NAMES[:5], None], "the edge 2 → 3 has the operation None; the operations are none"),
        ({**EDGES, "0_1": "none"}, "has two operations for the edge 0 → 1; one is expected"),
        ((0, 1, 2), f"^.0, 1, 2. is {EXPECTED}"),
        (((0, 1), 2), f"is {EXPECTED}"),
        (
            (0.0,) * 6,
            "the edge 0 → 1 has the operation 0.0; digits go from 0 to 4, for none, skip",
        ),
        ((0, 0, 5, 0, 0, 0), "the edge 1 → 2 has the operation 5; digits go from 0 to 4, for"),
        ("|none~0|+|none~0|none~1|", f"is {EXPECTED}"),
        ("|none~0|+|none~0|+|none~0|none~1|none~2|", "node 2 has 1 edges; one from each of the 2"),
        ("|none~0|+|none~0|none~1|+|none~0|none~1|none~2", f"is {EXPECTED}"),
        (STRING[1:], f"is {EXPECTED}"),
        (
            STRING.replace("none~0", "none~1"),
            "edge 0 of node 2 is .'none', '1'.; an .* as in 'op~0'",
        ),
        (STRING.replace("none~0", "zero~0"), "the edge 0 → 2 has the operation 'zero'; the oper"),
        (
            [*NAMES[:5], "pool"],
            "the edge 2 → 3 has the operation 'pool'; the operations are none,",
        ),
        (NAMES[:5], f"is {EXPECTED}"),
        ({"0_1": "none", "0_2": "none"}, "the edges 0_1, 0_2, 1_2, 0_3, 1_3, 2_3 are expected"),
        ({**EDGES, "a": "none"}, f"is {EXPECTED}"),
        (np.array(MATRIX).T, "row 0, column 1 is 3; the row is the node.* Transpose the matrix"),
        (np.array(MATRIX)[:3], "node 1 has 4 edges; one from each"),
        ("64-41414-1_02_333", r"spaces.TransNASBench101Micro\(\) reads such a form"),
        ("Genotype(normal=[], reduce=[])", r"spaces.DARTS\(\) reads such a form"),
        ({"matrix": [], "ops": []}, r"spaces.NASBench101\(\) reads such a form"),
        ([nx.DiGraph(), 1], "is a DiGraph; text, numbers, lists and dictionaries are read"),
    ],
)
def test_invalid_native_forms(native, message):
    assert re.search(message, refusal(SPACE, native))


def _dag(*edges, on_nodes=False, kind=nx.DiGraph):
    dag = kind()
    for tail, head, op in edges:
        dag.add_edge(tail, head, **({} if on_nodes else {"op": op}))
        if on_nodes:
            dag.nodes[head]["op"] = op
    return dag


@pytest.mark.parametrize(
    ("dag", "message"),
    [
        (_dag((0, 1, "none"), (1, 2, "output"), on_nodes=True), "operations are on the nodes"),
        (_dag(*((i, i + 1, "none") for i in range(4))), "it has 5 nodes"),
        (_dag((0, 2, "none"), (1, 2, "none")), "it has 2 inputs"),
        (_dag((0, 1, "none"), (0, 1, "none"), kind=nx.MultiDiGraph), "it has parallel edges"),
        (_dag((0, 1, "conv")), "the operation 'conv' is not of this space"),
    ],
)
def test_invalid_dags(dag, message):
    with pytest.raises(InvalidArchitectureError, match=message):
        SPACE.from_dag(dag)


@pytest.mark.parametrize(
    ("label", "edges"),
    [
        # A dead end beside the output, and an operation that nothing reaches beside the input.
        ({"o": "output"}, [("i", "a", 4), ("i", "b", 1), ("i", "o", 2), ("b", "o", 3)]),
        ({"i": "input"}, [("x", "o", 2), ("i", "b", 4), ("b", "o", 1)]),
    ],
)
def test_labels_decide_what_input_and_output_are(label, edges):
    dag = nx.DiGraph()
    for node, op in label.items():
        dag.add_node(node, op=op)
    for tail, head, digit in edges:
        dag.add_edge(tail, head, op=SPACE.operations[digit])
    again = SPACE.to_dag(SPACE.from_dag(dag))
    ours, theirs = canonical_forms(read_architectures([dag, again]))
    assert ours.cells == theirs.cells
