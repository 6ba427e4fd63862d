"""DARTS and ENAS micro."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagates_sk.graphs import InvalidArchitectureError, read_architectures
from tagates_sk.spaces import DARTS, ENASMicro, Genotype

from .helpers import as_graphs, genotypes, same_graph, scrambled, seeds

DARTS_V2 = Genotype(
    normal=[
        ("sep_conv_3x3", 0), ("sep_conv_3x3", 1), ("sep_conv_3x3", 0), ("sep_conv_3x3", 1),
        ("sep_conv_3x3", 1), ("skip_connect", 0), ("skip_connect", 0), ("dil_conv_3x3", 2),
    ],
    normal_concat=[2, 3, 4, 5],
    reduce=[
        ("max_pool_3x3", 0), ("max_pool_3x3", 1), ("skip_connect", 2), ("max_pool_3x3", 1),
        ("max_pool_3x3", 0), ("skip_connect", 2), ("skip_connect", 2), ("max_pool_3x3", 1),
    ],
    reduce_concat=[2, 3, 4, 5],
)  # fmt: skip
two_spaces = pytest.mark.parametrize("space", [DARTS(), ENASMicro()], ids=["darts", "enas"])


@two_spaces
@given(data=st.data(), seed=seeds)
def test_any_genotype_round_trips(space, data, seed):
    genotype = data.draw(genotypes(space))
    random = np.random.RandomState(seed)
    dag = space.to_dag(genotype)
    canonical = space.canonical(genotype)
    assert space.from_dag(scrambled(dag, random)) == canonical
    rebuilt = space.to_dag(canonical)
    for cell, again in zip(dag, rebuilt, strict=True):
        assert nx.is_isomorphic(
            cell, again, node_match=lambda a, b: a == b, edge_match=nx.isomorphism
            .categorical_multiedge_match("op", None),
        )  # fmt: skip


@two_spaces
@given(data=st.data())
def test_any_genotype_packs_as_its_dags_read(space, data):
    sequence = space.sequence([data.draw(genotypes(space))])
    fast, slow = sequence.packed(), read_architectures(list(sequence))
    pairs = zip(as_graphs(fast), as_graphs(slow), strict=True)
    assert all(same_graph(a, b) for a, b in pairs)


def test_published_genotype():
    normal, reduce = DARTS().to_dag(DARTS_V2)
    assert sorted(normal.in_edges(5, data="op")) == [(0, 5, "skip_connect"), (2, 5, "dil_conv_3x3")]
    assert sorted(reduce.in_edges(6, data="op")) == [(node, 6, None) for node in range(2, 6)]
    assert [normal.nodes[i]["input"] for i in (0, 1)] == [0, 1]
    published = DARTS_V2._replace(normal_concat=range(2, 6), reduce_concat=range(2, 6))
    assert DARTS().canonical(published) == DARTS().from_dag((normal, reduce))


def test_sampled_darts_cells_are_of_the_published_space():
    for genotype in DARTS().sample(100, 0).native():
        for edges in (genotype.normal, genotype.reduce):
            assert "none" not in {op for op, _ in edges}
            assert all(edges[k][1] != edges[k + 1][1] for k in range(0, 8, 2))


def test_mutation_stays_in_the_published_space():
    space, random = DARTS(), np.random.RandomState(0)
    genotype = DARTS_V2
    for _ in range(30):
        genotype = space.mutate(genotype, random)
        for edges in (genotype.normal, genotype.reduce):
            assert all(edges[k][1] != edges[k + 1][1] for k in range(0, 8, 2))


def test_draws_reach_every_operation_and_predecessor():
    cells = ENASMicro().sample(2000, 0).table.reshape(-1, 5, 2, 2)
    assert set(cells[..., 0].ravel()) == set(range(5))
    for node in range(5):
        assert set(cells[:, node, 0, 1]) == set(cells[:, node, 1, 1]) == set(range(node + 2))


def test_an_unused_input_is_left_out():
    edges = [("sep_conv_3x3", 0)] * 8
    genotype = Genotype(edges, [2, 3, 4, 5], edges, [2, 3, 4, 5])
    normal, _ = DARTS().to_dag(genotype)
    assert 1 not in normal
    assert DARTS().from_dag(DARTS().to_dag(genotype)) == genotype


def _changed(**fields):
    return DARTS_V2._replace(**fields)


def _normal(k, edge):
    return _changed(normal=[edge if i == k else e for i, e in enumerate(DARTS_V2.normal)])


@pytest.mark.parametrize(
    ("native", "message"),
    [
        (3, r"3 is no architecture of DARTS: a genotype \(normal"),
        (_changed(reduce=DARTS_V2.reduce[:6]), "genotype.reduce is .* needs a list of 8 pairs"),
        (_normal(1, "skip_connect"), r"genotype.normal\[1\] is 'skip_connect'; a pair"),
        (_normal(2, ("conv", 0)), r"genotype.normal\[2\] has the operation 'conv'"),
        (_normal(4, ("none", 4)), r"genotype.normal\[4\] belongs to node 4 .* predecessor 4; .* 3"),
        (_normal(0, ("none", -1)), "must be a node from 0 to 1"),
        (_changed(normal_concat=[3, 4, 5]), r"normal_concat is \[3, 4, 5\]; .* be \[2, 3, 4, 5\]"),
        (_changed(reduce_concat=None), "reduce_concat is None"),
    ],
)
def test_invalid_genotypes(native, message):
    with pytest.raises(InvalidArchitectureError, match=message):
        DARTS().validate(native)


def test_enas_concatenates_the_loose_ends():
    genotype = ENASMicro().sample(1, 0).native()[0]
    with pytest.raises(InvalidArchitectureError, match=r"for this cell of ENAS micro it must be"):
        ENASMicro().validate(genotype._replace(normal_concat=[2, 3, 4, 5, 6]))


def _more_inputs(cell):
    cell.add_edge("third", 4, op="none")


def _other_mark(cell):
    cell.nodes[1]["input"] = 2


def _same_mark(cell):
    del cell.nodes[1]["input"]


def _more_nodes(cell):
    cell.add_edge(0, "extra", op="none")
    cell.add_edge("extra", 6)


def _three_edges(cell):
    cell.add_edge(0, 3, op="none")


def _unknown(cell):
    cell.edges[0, 3, 0]["op"] = "conv"


def _no_wire(cell):
    cell.remove_edge(2, 6)


def _operation_to_output(cell):
    cell.edges[2, 6, 0]["op"] = "skip_connect"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_more_inputs, "The reduce cell is none of DARTS: its inputs .*'third': 0"),
        (_other_mark, r"attributes input are \{0: 0, 1: 2\}"),
        (_same_mark, r"attributes input are \{0: 0, 1: 0\}"),
        (_more_nodes, "it has 5 nodes between inputs and output; 4 are expected"),
        (_three_edges, "node 3 has .* on its incoming edges; two operations"),
        (_unknown, r"node 3 has \['conv'"),
        (_no_wire, "output 6 has 3 incoming edges; 4 wires"),
        (_operation_to_output, "output 6 has 4 incoming edges; 4 wires"),
    ],
)
def test_invalid_dags(change, message):
    genotype = DARTS_V2._replace(reduce=DARTS_V2.normal)
    normal, reduce = DARTS().to_dag(genotype)
    change(reduce)
    with pytest.raises(InvalidArchitectureError, match=message):
        DARTS().from_dag((normal, reduce))


def test_an_input_that_is_not_labelled_beside_one_that_is():
    normal, reduce = DARTS().to_dag(DARTS_V2)
    normal.nodes[0]["op"] = "input"
    with pytest.raises(InvalidArchitectureError, match="The normal cell is none of DARTS"):
        DARTS().from_dag((normal, reduce))
    normal.nodes[1]["op"] = "input"
    assert DARTS().from_dag((normal, reduce)) == DARTS().canonical(DARTS_V2)
