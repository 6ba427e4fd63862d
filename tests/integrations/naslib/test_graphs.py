"""Architectures of NASLib become the DAGs of the same architectures."""

from typing import Any

import networkx as nx
import numpy as np
import pytest

from tagates_sk.graphs import InvalidArchitectureError, read_architectures
from tagates_sk.graphs.canonical import canonical_forms
from tagates_sk.integrations.naslib import to_dag
from tagates_sk.spaces import DARTS, NASBench101, NASBench201
from tests.integrations.naslib.standins import (
    ASR,
    CELL_ASR,
    CELL_NLP,
    DARTS_301,
    MATRIX_101,
    NB101,
    NB201,
    NB301,
    NLP,
    ONE_OF_EACH,
    OPS_101,
    PADDED_101,
    Graph,
    Macro,
    Micro,
    padded,
)

EACH = pytest.mark.parametrize("graph", ONE_OF_EACH, ids=lambda graph: graph.get_type())

# Edges and operations as NASLib numbers them, written out by hand.
EDGES_201 = [(1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4)]
OPS_201 = ["skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3"]


def same(a: Any, b: Any) -> bool:
    """Whether both compute the same."""
    one, other = canonical_forms(read_architectures([a, b]))
    return one.cells == other.cells


@EACH
def test_dags_can_be_read(graph: Graph) -> None:
    packed = read_architectures([to_dag(graph, graph.get_type())])
    assert packed.operations


@EACH
def test_hash_says_the_same(graph: Graph) -> None:
    """Also as read from a file of hashes, with lists for tuples and NumPy integers inside."""
    ss_type = graph.get_type()
    assert same(to_dag(graph, ss_type), to_dag(graph.get_hash(), ss_type))


def test_nasbench201_is_the_space_of_the_library() -> None:
    generator = np.random.RandomState(0)
    for _ in range(50):
        indices = generator.randint(5, size=6)
        by_hand = nx.DiGraph()
        for (tail, head), op in zip(EDGES_201, indices, strict=True):
            by_hand.add_edge(tail, head, op=OPS_201[op])
        dag = to_dag(NB201(indices), "nasbench201")
        names = [
            f"{OPS_201[indices[EDGES_201.index((tail, head))]]}~{tail - 1}"
            for head in (2, 3, 4)
            for tail in range(1, head)
        ]
        native = f"|{names[0]}|+|{names[1]}|{names[2]}|+|{names[3]}|{names[4]}|{names[5]}|"
        assert NASBench201().from_dag(dag) == native
        assert nx.utils.graphs_equal(dag, NASBench201().to_dag(native))
        assert same(dag, by_hand)


@pytest.mark.parametrize(
    "graph",
    [NB201([2, 0, 4, 2, 1, 3]), Micro([3, 0, 1, 2, 1, 3]), Macro(np.array([1, 4, 2, 3, 0, 0]))],
    ids=Graph.get_type,
)
def test_encodings(graph: NB201) -> None:
    ss_type = graph.get_type()
    for encoding in (graph.encode(), np.array(graph.encode(), dtype=float)):
        assert nx.utils.graphs_equal(to_dag(encoding, ss_type), to_dag(graph, ss_type))


def test_both_encodings_of_micro() -> None:
    graph = Micro([3, 0, 1, 2, 1, 3])
    assert (len(graph.encode()), len(graph.encode_spec())) == (30, 24)
    for encoding in (graph.encode(), graph.encode_spec()):
        same_cell = to_dag(encoding, "transbench101_micro")
        assert nx.utils.graphs_equal(same_cell, to_dag(graph, "transbench101_micro"))


def test_nasbench101_is_pruned() -> None:
    wanted = NASBench101().to_dag((MATRIX_101, OPS_101))
    small = NB101(MATRIX_101, OPS_101)
    for form in (PADDED_101, PADDED_101.get_hash(), PADDED_101.encode(), small, small.get_hash()):
        assert nx.utils.graphs_equal(to_dag(form, "nasbench101"), wanted)


def test_nasbench101_encoding_of_random_cells() -> None:
    for matrix, ops in NASBench101().sample(50, random_state=0).native():
        graph = padded(matrix, ops)
        wanted = NASBench101().to_dag((matrix, ops))
        assert same(to_dag(graph, "nasbench101"), wanted)
        assert same(to_dag(graph.encode(), "nasbench101"), wanted)


def test_nasbench301_is_the_space_of_the_library() -> None:
    genotype = DARTS().from_dag(to_dag(DARTS_301, "nasbench301"))
    normal = {frozenset(genotype.normal[k : k + 2]) for k in range(0, 8, 2)}
    assert frozenset({("sep_conv_3x3", 0), ("max_pool_3x3", 1)}) in normal
    assert frozenset({("skip_connect", 2), ("sep_conv_5x5", 0)}) in normal
    assert genotype.normal_concat == [2, 3, 4, 5]
    reduce_cell = to_dag(DARTS_301, "nasbench301")[1]
    assert sorted(reduce_cell.in_edges(5, data="op")) == [
        (2, 5, "dil_conv_3x3"), (3, 5, "avg_pool_3x3"),
    ]  # fmt: skip


def test_micro() -> None:
    dag = to_dag(Micro([3, 0, 1, 2, 1, 3]), "transbench101_micro")
    assert sorted(dag.edges(data="op")) == [
        (0, 1, "nor_conv_3x3"), (0, 2, "none"), (0, 3, "nor_conv_1x1"), (1, 2, "skip_connect"),
        (1, 3, "skip_connect"), (2, 3, "nor_conv_3x3"),
    ]  # fmt: skip


def test_micro_with_a_cell_of_its_own() -> None:
    """NASLib numbers that cell as its NAS-Bench-201: other operations, edges by their tail."""
    dag = to_dag(Micro([2, 0, 2, 0, 1, 3], create_graph=True), "transbench101_micro")
    assert sorted(dag.edges(data="op")) == [
        (0, 1, "nor_conv_3x3"), (0, 2, "skip_connect"), (0, 3, "nor_conv_3x3"),
        (1, 2, "skip_connect"), (1, 3, "none"), (2, 3, "nor_conv_1x1"),
    ]  # fmt: skip
    generator = np.random.RandomState(0)
    for _ in range(20):
        indices = generator.randint(4, size=6)
        own = to_dag(Micro(indices, create_graph=True), "transbench101_micro")
        assert nx.utils.graphs_equal(own, to_dag(NB201(indices), "nasbench201"))
        plain = to_dag(Micro(indices), "transbench101_micro")
        assert NASBench201().from_dag(plain) == NASBench201().from_dag(
            NASBench201(encoding="nasbench201").to_dag(indices.tolist())
        )


@pytest.mark.parametrize("graph", [NB201(), Micro(), NB301(None), NB101.__new__(NB101)])
def test_a_graph_without_an_architecture(graph: Graph) -> None:
    with pytest.raises(
        InvalidArchitectureError, match=r"no architecture of .* yet .*Call its samp"
    ):
        to_dag(graph, graph.get_type())


def test_macro_is_a_chain() -> None:
    dag = to_dag(Macro(np.array([1, 4, 2, 3, 0, 0])), "transbench101_macro")
    assert list(dag.edges(data="op")) == [
        (0, 1, "conv_block"), (1, 2, "conv_block_wide_down"), (2, 3, "conv_block_wide"),
        (3, 4, "conv_block_down"),
    ]  # fmt: skip
    assert same(dag, to_dag((1, 4, 2, 3), "transbench101_macro"))


def test_asr() -> None:
    dag = to_dag(CELL_ASR, "asr")
    assert sorted(dag.edges(data="op")) == [
        (0, 1, "linear"), (0, 1, "skip_connect"), (0, 3, "skip_connect"), (1, 2, "none"),
        (1, 2, "skip_connect"), (2, 3, "conv7"),
    ]  # fmt: skip


def test_nlp() -> None:
    dag = to_dag(CELL_NLP, "nlp")
    assert dict(dag.nodes(data="op")) == {
        "input": "input", 0: "word", 1: "hidden_0", 2: "hidden_1", 3: "hidden_2", 4: "linear",
        5: "activation_tanh", 6: "elementwise_prod", 7: "elementwise_sum", "output": "output",
    }  # fmt: skip
    assert set(dag.predecessors(6)) == {5, 2}
    assert set(dag.predecessors("output")) == {6, 7}
    assert same(dag, to_dag(CELL_NLP.compact, "nlp"))
    read = read_architectures([dag])
    assert "hidden_2" not in read.used_operations()  # nothing reads it


def test_nlp_after_mutation() -> None:
    """NASLib's mutants are lists inside, which cannot be hashed."""
    mutant = NLP(([[0, 4], [1, 4], [4, 5]], [0, 0, 0, 0, 6, 1], [5]))
    native = (((0, 4), (1, 4), (4, 5)), (0, 0, 0, 0, 6, 1), (5,))
    assert same(to_dag(mutant, "nlp"), to_dag(native, "nlp"))


def test_dags_belong_to_the_caller() -> None:
    graph = NB201([2, 0, 4, 2, 1, 3])
    to_dag(graph, "nasbench201").clear()
    assert len(to_dag(graph, "nasbench201")) == 4


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (NB201([2, 0, 4, 2, 1, 5]), "six operations from 0 to 4 are expected"),
        (NB201([2, 0, 4, 2, 1]), "six operations from 0 to 4 are expected"),
        (Micro([4, 0, 1, 2, 1, 3]), "six operations from 0 to 3 are expected"),
        (Macro([0, 0, 0, 0, 0, 0]), "modules from 1 to 4 are expected"),
        (Macro([1, 5, 0, 0, 0, 0]), "modules from 1 to 4 are expected"),
        (Micro([4, 0, 1, 2, 1, 3], create_graph=True), "six operations from 0 to 3 are expected"),
        (NB301((DARTS_301.compact[0],)), "two cells of eight pairs"),
        (NB301((DARTS_301.compact[0], [(0, 7)] * 8)), "two cells of eight pairs"),
        (NB301(([(5, 0)] * 8, [(0, 0)] * 8)), "it must be a node from 0 to 1"),
        (NB101([[0, 1], [0, 0]], ["input", "conv"]), r"ops\[1\] is 'conv'"),
        (ASR(((0, 1), (5, 0, 1))), "three nodes are expected"),
        (ASR(((6, 1), (5, 0, 1), (3, 1, 0, 0))), "three nodes are expected"),
        (NLP(((), (0, 0, 0, 0, 6), ())), r"\(edges, ops, hiddens\) is expected"),
        (NLP((((5, 4),), (0, 0, 0, 0, 6, 6), (4,))), r"\(edges, ops, hiddens\) is expected"),
        (NLP((((0, 4),), (0, 0, 0, 0, 8), (4,))), r"\(edges, ops, hiddens\) is expected"),
        (NLP((1, 2)), r"\(edges, ops, hiddens\) is expected"),
    ],
)
def test_wrong_graphs(graph: Graph, message: str) -> None:
    with pytest.raises(InvalidArchitectureError, match=message):
        to_dag(graph, graph.get_type())


@pytest.mark.parametrize(
    ("form", "ss_type", "message"),
    [
        ([1, 1, 0, 0, 0] * 6, "nasbench201", "one of 5 operations is 1"),
        ([0] * 24, "transbench101_micro", "one of 4 operations is 1"),
        ([0] * 36, "nasbench101", "one of 3 operations is 1"),
        ([0] * 35, "nasbench101", "36 is expected, 35 were found"),
        ([0, 1, 0, 0, 0, 7], "nasbench101", "36 is expected, 6 were found"),
        ("200413", "nasbench201", "'200413' is not an architecture of nasbench201: a NASLib graph"),
        ([{"ops": []}], "nasbench201", "neither a NASLib graph nor made of lists"),
    ],
)
def test_wrong_encodings(form: Any, ss_type: str, message: str) -> None:
    with pytest.raises(InvalidArchitectureError, match=message):
        to_dag(form, ss_type)


def test_unknown_space() -> None:
    with pytest.raises(ValueError, match="ss_type='darts' is none of the search spaces nasbench10"):
        to_dag(NB201([0] * 6), "darts")
