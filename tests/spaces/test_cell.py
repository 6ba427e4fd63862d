"""Cells of the user's own, and those of TransNAS-Bench-101."""

import networkx as nx
import pytest

from tagates_sk.graphs import InvalidArchitectureError
from tagates_sk.spaces import CellSpace, TransNASBench101Micro

from .helpers import refusal

SPACE = CellSpace(3, ["conv", "none", "skip", "pool"], name="mine")
TEXT = "|conv~0|+|none~0|pool~1|"


@pytest.mark.parametrize(
    "native",
    [TEXT, ["conv", "none", "pool"], [0, 1, 3], "013", {(0, 1): "conv", (0, 2): 1, (1, 2): "pool"},
     {"1_2": "conv", "1_3": "none", "2_3": "pool"},
     [[0, 0, 0], ["conv", 0, 0], ["none", "pool", 0]], [[("conv", 0)], [("none", 0), ("pool", 1)]]],
)  # fmt: skip
def test_own_cell(native):
    dag = SPACE.to_dag(native)
    assert list(dag.edges(data="op")) == [(0, 1, "conv"), (0, 2, "none"), (1, 2, "pool")]
    assert SPACE.from_dag(dag) == TEXT


@pytest.mark.parametrize(
    ("native", "message"),
    [
        ([0, 1, 4], "the edge 1 → 2 has the operation 4; digits go from 0 to 3, for"),
        ("0134", "'0134' is no architecture of mine: text such as '|pool~0|+|...', 3 operations"),
        ({(0, 1): "conv"}, "the edges 0_1, 0_2, 1_2 are expected, one operation for each"),
        ([0, 1, [3]], "is no architecture of mine"),
        (None, "None is no architecture of mine"),
    ],
)
def test_wrong_cells(native, message):
    assert message in refusal(SPACE, native)


def test_a_wire_is_the_identity_that_there_is():
    dag = nx.DiGraph([(0, 1), (0, 2)])
    dag.add_edge(1, 2, op="conv")
    assert SPACE.from_dag(dag) == "|skip~0|+|skip~0|conv~1|"
    with pytest.raises(InvalidArchitectureError, match="it has an edge without op"):
        CellSpace(3, ["conv", "none"]).from_dag(dag)


def test_without_none_every_edge_is_there():
    space = CellSpace(3, ["conv", "pool"])
    dag = space.to_dag([0, 1, 0])
    dag.remove_edge(0, 2)
    with pytest.raises(InvalidArchitectureError, match="an edge is missing"):
        space.from_dag(dag)


@pytest.mark.parametrize("arguments", [(1, ["a"]), (8, ["a"]), (3, []), (3, ["a", "a"])])
def test_parameters_are_checked(arguments):
    with pytest.raises(ValueError, match=r"a cell has 2 to 7 nodes|different names are expected"):
        CellSpace(*arguments)


def test_parameters_are_part_of_a_space():
    assert CellSpace(3, ("conv", "none", "skip", "pool"), "mine") == SPACE
    assert (
        len({SPACE, CellSpace(3, ["conv", "none", "skip", "pool"], "mine"), CellSpace(3, "a")}) == 2
    )
    assert repr(SPACE) == (
        "CellSpace(n_nodes=3, operations=('conv', 'none', 'skip', 'pool'), name='mine')"
    )


@pytest.mark.parametrize(
    "native", ["64-41414-1_02_333", "1_02_333\n", "102333", [1, 0, 2, 3, 3, 3], list("102333")]
)
def test_transnas_micro(native):
    space = TransNASBench101Micro()
    assert space.canonical(native) == "64-41414-1_02_333"
    dag = space.to_dag(native)
    assert [dag.edges[edge]["op"] for edge in [(0, 1), (0, 2), (1, 2), (0, 3)]] == [
        "skip_connect", "none", "nor_conv_1x1", "nor_conv_3x3",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("native", "message"),
    [
        ("64-41414-1_02_334", "the edge 2 → 3 has the operation 4; digits go from 0 to 3"),
        ("64-41414-1_02_33", "text such as '64-41414-1_02_333', 6 operations"),
        ("64-41414-10_2_333", "text such as '64-41414-1_02_333', 6 operations"),
        ("64-1234-basic", "TransNASBench101Macro() reads such a form"),
        ("|avg_pool_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|", "operation 'avg_pool_3x3'"),
    ],
)
def test_transnas_micro_refuses(native, message):
    assert message in refusal(TransNASBench101Micro(), native)
