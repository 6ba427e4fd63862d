import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagates_sk.graphs import InvalidArchitectureError, read_architectures
from tagates_sk.graphs.canonical import canonical_forms
from tagates_sk.spaces import NASBench201

SPACE = NASBench201("nasbench201")
STRING = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|nor_conv_3x3~2|"
DIGITS = (3, 0, 1, 4, 2, 3)

cells = st.tuples(*[st.integers(0, 4)] * 6)


def test_digits_and_string():
    assert SPACE.to_digits(STRING) == DIGITS
    assert SPACE.canonical(DIGITS) == STRING
    assert SPACE.canonical(STRING) == STRING
    assert SPACE.canonical(list(DIGITS)) == STRING


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
        (17, "17 is no cell of NAS-Bench-201: a string such as"),
        ((0, 1, 2), "is no cell of NAS-Bench-201: a string such as"),
        (((0, 1), 2), "is no cell of NAS-Bench-201: a string such as"),
        ((0.0,) * 6, "is no cell of NAS-Bench-201: a string such as"),
        ((0, 0, 5, 0, 0, 0), "digit 2 is 5; digits go from 0 to 4"),
        ("|none~0|+|none~0|none~1|", "three nodes joined by"),
        ("|none~0|+|none~0|+|none~0|none~1|none~2|", "three nodes joined by"),
        (STRING[1:], "three nodes joined by"),
        (STRING.replace("none~0", "none~1"), "edge 0 of node 2 is 'none~1'.*as in 'none~0'"),
        (STRING.replace("none~0", "zero~0"), "edge 0 of node 2 has the operation 'zero'"),
    ],
)
def test_invalid_native_forms(native, message):
    with pytest.raises(InvalidArchitectureError, match=message):
        SPACE.validate(native)


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
