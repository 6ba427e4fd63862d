"""DARTS and ENAS micro."""

import json
import re

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagates_sk.graphs import InvalidArchitectureError, read_architectures
from tagates_sk.spaces import DARTS, ENASMicro, Genotype

from .helpers import as_graphs, genotypes, refusal, same_graph, scrambled, seeds

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
NASLIB = [(0, 3), (1, 0), (0, 6), (2, 4), (1, 1), (0, 2), (3, 5), (4, 3)]
NAMED = [
    ("sep_conv_3x3", 0), ("max_pool_3x3", 1), ("dil_conv_5x5", 0), ("sep_conv_5x5", 2),
    ("avg_pool_3x3", 1), ("skip_connect", 0), ("dil_conv_3x3", 3), ("sep_conv_3x3", 4),
]  # fmt: skip
KEY = "NetworkSelectorDatasetInfo:darts:"
CONFIGURATION = {
    f"{KEY}{key.format(cell)}": value
    for cell in ("normal", "reduce")
    for key, value in {
        "edge_{}_0": "sep_conv_3x3", "edge_{}_1": "max_pool_3x3", "inputs_node_{}_3": "0_2",
        "edge_{}_2": "dil_conv_5x5", "edge_{}_4": "sep_conv_5x5", "inputs_node_{}_4": "0_1",
        "edge_{}_5": "skip_connect", "edge_{}_6": "avg_pool_3x3", "inputs_node_{}_5": "3_4",
        "edge_{}_12": "dil_conv_3x3", "edge_{}_13": "sep_conv_3x3",
    }.items()
}  # fmt: skip
"""Of NAS-Bench-301: edges by node, 2 from 0 and 1, 3 from 0 to 2, and so on."""
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


def _grouped(edges):
    return [edges[k : k + 2] for k in range(0, 8, 2)]


@pytest.mark.parametrize(
    "native",
    [
        tuple(DARTS_V2),
        str(DARTS_V2),
        f"\n  {DARTS_V2._replace(normal_concat=range(2, 6))}\n",
        DARTS_V2._asdict(),
        json.dumps(DARTS_V2._asdict()),
        json.dumps(DARTS_V2),
        (DARTS_V2.normal, DARTS_V2.reduce),
        (_grouped(DARTS_V2.normal), _grouped(DARTS_V2.reduce)),
        DARTS_V2._replace(normal=_grouped(DARTS_V2.normal), normal_concat=np.arange(2, 6)),
        {"normal": DARTS_V2.normal, "reduce": np.array(DARTS_V2.reduce, dtype=object), "id": 3},
        DARTS_V2._replace(normal=[(node, op) for op, node in DARTS_V2.normal]),
        DARTS_V2._replace(normal=np.array(DARTS_V2.normal), reduce=np.array(DARTS_V2.reduce)),
        f"DARTS_V2 = {DARTS_V2}",
        f"Genotype{tuple(DARTS_V2)}",
    ],
    ids=range(14),
)
def test_published_forms(native):
    assert DARTS().sequence([native]).native() == [DARTS_V2]


@pytest.mark.parametrize(
    ("space", "native"),
    [
        (DARTS(encoding="naslib"), (NASLIB, NASLIB)),
        (DARTS(encoding="naslib"), str((tuple(NASLIB), tuple(NASLIB)))),
        (DARTS(encoding="darts"), [[(u, op + 1) for u, op in NASLIB]] * 2),
        (DARTS(), CONFIGURATION),
        (DARTS(), {key.removeprefix(KEY): value for key, value in CONFIGURATION.items()}),
    ],
    ids=["naslib", "naslib text", "darts", "NAS-Bench-301", "without prefix"],
)
def test_numbers_and_configurations(space, native):
    genotype = space.canonical(native)
    named = Genotype(NAMED, [2, 3, 4, 5], NAMED, [2, 3, 4, 5])
    assert genotype == DARTS().canonical(named)


def test_an_unknown_encoding():
    with pytest.raises(ValueError, match="encoding='nb301'; 'darts' or 'naslib' is expected"):
        DARTS(encoding="nb301")
    said = refusal(DARTS(encoding="naslib"), ([(0, 7), *NASLIB[1:]], NASLIB))
    assert "genotype.normal[0] has the operation 7; the operations of DARTS are none, max" in said


AMOEBANET = Genotype(
    normal=[
        ("avg_pool_3x3", 0), ("max_pool_3x3", 1), ("sep_conv_3x3", 0), ("sep_conv_5x5", 2),
        ("sep_conv_3x3", 0), ("avg_pool_3x3", 3), ("sep_conv_3x3", 1), ("skip_connect", 1),
        ("skip_connect", 0), ("avg_pool_3x3", 1),
    ],
    normal_concat=[4, 5, 6],
    reduce=[
        ("avg_pool_3x3", 0), ("sep_conv_3x3", 1), ("max_pool_3x3", 0), ("sep_conv_7x7", 2),
        ("sep_conv_7x7", 0), ("avg_pool_3x3", 1), ("max_pool_3x3", 0), ("max_pool_3x3", 1),
        ("conv_7x1_1x7", 0), ("sep_conv_3x3", 5),
    ],
    reduce_concat=[3, 4, 6],
)  # fmt: skip


def test_five_nodes_and_other_operations():
    """AmoebaNet's genotype, which concatenates loose ends only."""
    operations = ["skip_connect", "max_pool_3x3", "avg_pool_3x3", "sep_conv_3x3", "sep_conv_5x5"]
    space = DARTS(n_nodes=5, operations=[*operations, "sep_conv_7x7", "conv_7x1_1x7"])
    normal, reduce = space.to_dag(str(AMOEBANET))
    assert sorted(normal.predecessors(7)) == [4, 5, 6]
    assert sorted(reduce.predecessors(7)) == [3, 4, 6]
    assert sorted(reduce.in_edges(6, data="op")) == [
        (0, 6, "conv_7x1_1x7"), (5, 6, "sep_conv_3x3"),
    ]  # fmt: skip
    assert space.sequence([AMOEBANET]).native() == [AMOEBANET]
    assert space.from_dag((normal, reduce)) == space.canonical(AMOEBANET)
    said = refusal(DARTS(n_nodes=5), AMOEBANET)
    assert "genotype.reduce[3] has the operation 'sep_conv_7x7'" in said
    said = refusal(DARTS(), AMOEBANET)
    assert "needs a list of 8 pairs (operation, predecessor), two for each of 4 nodes" in said
    with pytest.raises(ValueError, match="n_nodes=8; a cell has 1 to 7 nodes"):
        DARTS(n_nodes=8)


ENAS_NUMBERS = [0, 2, 0, 0, 0, 4, 0, 1, 0, 4, 1, 1, 1, 0, 0, 1, 0, 2, 1, 1]


@pytest.mark.parametrize(
    "native",
    [
        (ENAS_NUMBERS, ENAS_NUMBERS),
        np.array([ENAS_NUMBERS, ENAS_NUMBERS]),
        ENAS_NUMBERS * 2,
        np.array(ENAS_NUMBERS * 2, dtype=float),
        " ".join(map(str, ENAS_NUMBERS * 2)) + "\n",
        [" ".join(map(str, ENAS_NUMBERS))] * 2,
        [number + (7 if k % 2 else 1) for k, number in enumerate(ENAS_NUMBERS * 2)],
    ],
    ids=["lists", "array", "list", "floats", "text", "texts", "NAO"],
)
def test_numbers_of_enas_and_nao(native):
    """Each predecessor is followed by its operation; 2 and 3 are average and maximum pooling."""
    genotype = ENASMicro().sequence([native]).native()[0]
    assert genotype.normal == genotype.reduce
    assert genotype.normal[:4] == [
        ("avg_pool_3x3", 0), ("sep_conv_3x3", 0), ("skip_connect", 0), ("sep_conv_5x5", 0),
    ]  # fmt: skip
    assert genotype.normal_concat == [2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("native", "message"),
    [
        (ENAS_NUMBERS, "is no architecture of ENAS micro: a genotype"),
        ([*ENAS_NUMBERS, *ENAS_NUMBERS[:-1], 5], r"reduce\[9\] has the operation '5'"),
        ([5, *ENAS_NUMBERS[1:], *ENAS_NUMBERS], r"normal\[0\] belongs to node 2 .* predecessor 5"),
        ((NASLIB, NASLIB), "genotype.normal is .* needs a list of 10 pairs"),
    ],
)
def test_numbers_that_are_none_of_enas(native, message):
    assert re.search(message, refusal(ENASMicro(), native))


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
    cells, _ = ENASMicro()._split(ENASMicro().sample(2000, 0).table)
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
        (
            _changed(normal_concat=[2, 3, 4]),
            r"normal_concat is \[2, 3, 4\]; .* must have \[3, 4, 5\]",
        ),
        (_changed(normal_concat=[2, 3, 4, 5, 6]), "no node but 2 to 5, each once"),
        (_changed(reduce_concat=[2, 3, 4, 5, 5]), "no node but 2 to 5, each once"),
        ({"normal": DARTS_V2.normal}, "is no architecture of DARTS: a genotype"),
        ("Genotype(normal=[('none', 0)], reduce=[])", "genotype.normal is .* list of 8 pairs"),
        ("Genotype(normal=__import__('os'))", "cannot be parsed .*Name.field=.... are read"),
        ("Genotype(normal=[", "cannot be parsed .*was never closed"),
        ((DARTS_V2.normal, DARTS_V2.reduce[:4]), "genotype.reduce is .* list of 8 pairs"),
        ((NASLIB, NASLIB), "encoding='darts'.*encoding='naslib'"),
        (
            {**CONFIGURATION, f"{KEY}inputs_node_normal_3": "0_9"},
            r"no edge_normal_11, which inputs_node_normal_3='0_9' asks for; keep the keys",
        ),
        (
            {**CONFIGURATION, f"{KEY}inputs_node_reduce_4": "0_1_2"},
            "inputs_node_reduce_4 of the configuration is '0_1_2'; two nodes such as '0_1' are",
        ),
        ("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|", r"NASBench201\(\) reads such"),
    ],
)
def test_invalid_genotypes(native, message):
    assert re.search(message, refusal(DARTS(), native))


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


def _two_wires(cell):
    cell.add_edge(2, 6)


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
        (_operation_to_output, "output 6 has 4 incoming edges; wires .* between inputs and output"),
        (_two_wires, "output 6 has 5 incoming edges; wires"),
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
