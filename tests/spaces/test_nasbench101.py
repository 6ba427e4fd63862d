import json
import re

import networkx as nx
import numpy as np
import pytest
from hypothesis import given

from tagates_sk.graphs import InvalidArchitectureError
from tagates_sk.spaces import NASBench101, NASBench101Cell

from .helpers import nasbench101_matrices, refusal, seeds

SPACE = NASBench101()
CONV3, CONV1, POOL = SPACE.operations
CHAIN = NASBench101Cell(((0, 1, 0), (0, 0, 1), (0, 0, 0)), ("input", CONV3, "output"))


def pruned(matrix, ops):
    """The cell as networkx sees it, and without the vertices on no path."""
    dag = nx.DiGraph()
    for vertex, op in enumerate(ops):
        dag.add_node(vertex, op=op)
    dag.add_edges_from(np.argwhere(matrix).tolist())
    last = len(ops) - 1
    kept = (nx.descendants(dag, 0) | {0}) & (nx.ancestors(dag, last) | {last})
    return dag.subgraph(kept).copy()


@given(native=nasbench101_matrices())
def test_validity_and_pruning_as_networkx_has_them(native):
    dag = pruned(*native)
    connected = 0 in dag
    if connected and len(dag) <= 7 and dag.number_of_edges() <= 9:
        mine = SPACE.to_dag(native)
        assert nx.is_isomorphic(dag, mine, node_match=lambda a, b: a == b)
        assert SPACE.from_dag(dag) == SPACE.from_dag(mine) == SPACE.canonical(native)
    else:
        message = "NAS-Bench-101 allows 7 vertices and 9 edges" if connected else "has no path"
        with pytest.raises(InvalidArchitectureError, match=message):
            SPACE.validate(native)


@given(seed=seeds)
def test_isomorphic_cells_have_one_canonical_form(seed):
    random = np.random.RandomState(seed)
    (cell,) = SPACE.sample(1, random).native()
    dag = SPACE.to_dag(cell)
    orders = list(nx.all_topological_sorts(dag))
    order = orders[random.randint(len(orders))]
    matrix = nx.to_numpy_array(dag, nodelist=order, dtype=int)
    assert SPACE.canonical((matrix, [dag.nodes[v]["op"] for v in order])) == SPACE.canonical(cell)


def test_array_and_tuple_are_one_cell():
    native = np.array(CHAIN.matrix), list(CHAIN.ops)
    assert SPACE.sequence([native, CHAIN]).native() == [CHAIN, CHAIN]


SHORT = [op.removesuffix("-bn-relu") for op in CHAIN.ops]


@pytest.mark.parametrize(
    "native",
    [
        {"matrix": CHAIN.matrix, "ops": CHAIN.ops},
        {"module_adjacency": np.array(CHAIN.matrix), "module_operations": list(CHAIN.ops)},
        [CHAIN.matrix, SHORT],
        str(CHAIN) + "\n",
        json.dumps(CHAIN),
        json.dumps({"module_adjacency": CHAIN.matrix, "module_operations": SHORT}),
        ([[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0] * 4], ["input", CONV3, "none", "output"]),
        (np.array(CHAIN.matrix), np.array(SHORT)),
    ],
)
def test_published_forms(native):
    assert SPACE.canonical(native) == CHAIN


def test_other_limits():
    line = np.eye(9, k=1, dtype=int), ["input", *["gelu"] * 7, "output"]
    space = NASBench101(max_vertices=9, max_edges=12, operations=["gelu", "conv"])
    assert len(space.to_dag(line)) == 9
    assert len(space.sample(20, 0)) == 20
    with pytest.raises(InvalidArchitectureError, match="allows 3 vertices and 1 edges"):
        NASBench101(3, 1).validate(CHAIN)
    for wrong in ({"max_vertices": 10}, {"max_edges": 0}, {"max_vertices": 1}):
        with pytest.raises(ValueError, match=r"=(10|0|1); (2 to 9|1 or more) are expected"):
            NASBench101(**wrong)
    for operations in (["conv", None], ["conv", "conv"], [], "conv3x3 "[:0]):
        with pytest.raises(ValueError, match="1 to 250 different names are expected"):
            NASBench101(operations=operations)


def test_names_that_mean_something_else():
    for name in ("input", "output", "none"):
        with pytest.raises(ValueError, match=f"operations contains '{name}'; .* another name"):
            NASBench101(operations=["conv", name])


def test_a_short_name_that_is_another_operation():
    space = NASBench101(operations=["conv3x3", "conv3x3-bn-relu"])
    assert space.canonical((CHAIN.matrix, ("input", "conv3x3", "output"))).ops[1] == "conv3x3"


def test_dead_vertices_are_dropped():
    matrix = np.zeros((5, 5), dtype=int)
    matrix[0, 1] = matrix[1, 4] = matrix[0, 2] = matrix[3, 4] = 1
    dead = matrix, ["input", CONV3, POOL, CONV1, "output"]
    assert SPACE.canonical(dead) == CHAIN
    assert len(SPACE.to_dag(dead)) == 3


def test_neighbors_of_the_chain():
    near = dict.fromkeys(SPACE.neighbors(CHAIN).native())
    sizes = sorted(len(cell.ops) for cell in near)
    # Two other operations, the edge from input to output, and for each of three pairs of
    # vertices a new vertex with each of three operations.
    assert sizes == [3] * 3 + [4] * 9


def test_an_added_vertex_can_be_taken_away():
    larger = [cell for cell in SPACE.neighbors(CHAIN).native() if len(cell.ops) == 4]
    for cell in larger:
        back = [SPACE.canonical(near) for near in SPACE.neighbors(cell).native()]
        assert CHAIN in back


def test_the_smallest_and_a_full_cell_have_neighbors():
    smallest = NASBench101Cell(((0, 1), (0, 0)), ("input", "output"))
    assert len(SPACE.neighbors(smallest)) == 3
    full = np.eye(7, k=1, dtype=int)
    full[0, 2:5] = 1
    cell = full, ["input", CONV3, CONV3, CONV3, CONV3, CONV3, "output"]
    for near in SPACE.neighbors(cell).native():
        assert len(near.ops) <= 7
        assert np.sum(near.matrix) <= 9


def test_sampled_cells_keep_the_limits():
    for matrix, ops in SPACE.sample(300, 0).native():
        assert len(ops) <= 7
        assert np.sum(matrix) <= 9


OPS = ["input", CONV3, "output"]


@pytest.mark.parametrize(
    ("native", "message"),
    [
        (5, r"5 is no architecture of NAS-Bench-101: a pair \(matrix, ops\)"),
        (([[0, 1], [0]], OPS), r"2 rows of \[1, 2\] entries but there are 3 ops"),
        (([[0, 1], [0, 0]], OPS), r"2 rows of \[2\] entries but there are 3 ops"),
        (([[0]], ["input"]), r"1 rows of \[1\] entries but there are 1 ops"),
        ((OPS, CHAIN.matrix), r"a pair \(matrix, ops\)"),
        ({"matrix": CHAIN.matrix}, r"or a mapping of them"),
        ({"normal": [], "reduce": []}, r"tagates_sk.spaces.DARTS\(\) reads such a form"),
        (([[0, 2, 0], [0, 0, 1], [0, 0, 0]], OPS), r"matrix\[0\]\[1\] is 2; 0 \(no edge\)"),
        (([[0, 1, 0], [1, 0, 1], [0, 0, 0]], OPS), r"matrix\[1\]\[0\] is 1, on or below"),
        ((CHAIN.matrix, ["in", CONV3, "output"]), r"ops\[0\] is 'in'; 'input' is expected"),
        ((CHAIN.matrix, ["input", CONV3, POOL]), r"ops\[2\] is 'maxpool3x3'; 'output' is"),
        ((CHAIN.matrix, ["input", "conv", "output"]), r"ops\[1\] is 'conv'; 'conv3x3-bn-relu' or"),
        (([[0, 1, 0], [0, 0, 0], [0, 0, 0]], OPS), "no path from its input"),
    ],
)
def test_invalid_native_forms(native, message):
    assert re.search(message, refusal(SPACE, native))


def test_too_many_edges():
    matrix = np.triu(np.ones((6, 6), dtype=int), 1)
    with pytest.raises(InvalidArchitectureError, match="6 vertices and 15 edges on paths"):
        SPACE.validate((matrix, ["input", *[CONV3] * 4, "output"]))


def _dag(ops, edges, kind=nx.DiGraph):
    dag = kind(edges)
    nx.set_node_attributes(dag, ops, "op")
    return dag


@pytest.mark.parametrize(
    ("dag", "message"),
    [
        (nx.DiGraph([(0, 1, {"op": CONV3})]), "its operations are on the edges"),
        (_dag({1: "none"}, [(0, 1), (1, 2)]), "it has no path from an input"),
        (_dag({2: CONV3}, [(0, 2), (1, 2), (2, 3)]), "it has 2 inputs"),
        (_dag({1: "conv"}, [(0, 1), (1, 2)]), "with the operation 'conv'"),
        (_dag({1: CONV3}, [(0, 1), (1, 2), (2, 3)]), "an inner node without op"),
        (_dag({1: CONV3}, [(0, 1), (0, 1), (1, 2)], nx.MultiDiGraph), "it has parallel edges"),
        (_dag(dict.fromkeys(range(1, 7), POOL), [(i, i + 1) for i in range(7)]), "8 vertices"),
    ],
)
def test_invalid_dags(dag, message):
    with pytest.raises(InvalidArchitectureError, match=message):
        SPACE.from_dag(dag)
