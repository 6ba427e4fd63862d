"""Packing tables of cells equals reading the same cells from networkx."""

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tagates_sk.graphs import read_architectures
from tagates_sk.graphs.dense import ABSENT, pack_edge_cells, pack_node_cells
from tagates_sk.graphs.operations import WIRE
from tests.graphs.forms import packed_cells, same_up_to_numbering
from tests.strategies import OPERATIONS

CODES = [ABSENT, ABSENT, WIRE, *range(len(OPERATIONS))]


def op_of(code):
    return {} if code == WIRE else {"op": OPERATIONS[code]}


def blank(n_nodes, n_inputs):
    """A graph of inputs, inner nodes and an output, the terminals labelled."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(n_nodes))
    for v in range(n_inputs):
        graph.nodes[v].update(op="input", input=v)
    graph.nodes[n_nodes - 1]["op"] = "output"
    return graph


def paired(cells, n_cells):
    return cells if n_cells == 1 else [tuple(cells[:n_cells]), tuple(cells[n_cells:])]


@st.composite
def sizes(draw):
    n_nodes = draw(st.integers(2, 6))
    return n_nodes, draw(st.integers(1, min(2, n_nodes - 1))), draw(st.integers(1, 2))


@given(sizes(), st.booleans(), st.data())
def test_edge_cells(sizes, fixed_edges, data):
    n_nodes, n_inputs, n_cells = sizes
    pairs = [(u, v) for v in range(n_inputs, n_nodes) for u in range(v)]
    n_edges = data.draw(st.integers(1, 8))
    rows = 2 * n_cells

    def edges():
        return data.draw(st.lists(st.sampled_from(pairs), min_size=n_edges, max_size=n_edges))

    ends = np.array([edges()] * rows if fixed_edges else [edges() for _ in range(rows)])
    codes = st.lists(st.sampled_from(CODES), min_size=n_edges, max_size=n_edges)
    code = np.array([data.draw(codes) for _ in range(rows)])

    cells = []
    for row in range(rows):
        graph = blank(n_nodes, n_inputs)
        for (u, v), c in zip(ends[row].tolist(), code[row].tolist(), strict=True):
            if c != ABSENT:
                graph.add_edge(u, v, **op_of(c))
        if not any(op for *_, op in graph.edges(data="op")):
            graph.add_edge(0, n_nodes - 1, op="none")  # so that the cell is one of edges
        cells.append(graph)
    slow = read_architectures(paired(cells, n_cells)).with_vocabulary(OPERATIONS)
    fast = pack_edge_cells(
        *((ends[0, :, 0], ends[0, :, 1]) if fixed_edges else (ends[..., 0], ends[..., 1])),
        code,
        n_nodes=n_nodes,
        n_inputs=n_inputs,
        operations=OPERATIONS,
        n_cells=n_cells,
    )
    assert len(fast) == len(slow) == 2
    assert same_up_to_numbering(fast, slow)
    assert_pointers_fit(fast)


@given(sizes(), st.data())
def test_node_cells(sizes, data):
    n_nodes, n_inputs, n_cells = sizes
    rows = 2 * n_cells
    adjacency = np.zeros((rows, n_nodes, n_nodes), dtype=bool)
    code = np.full((rows, n_nodes), 99)
    cells = []
    for row in range(rows):
        graph = blank(n_nodes, n_inputs)
        for v in range(n_inputs, n_nodes):
            for u in data.draw(st.sets(st.integers(0, v - 1))):
                adjacency[row, u, v] = True
                graph.add_edge(u, v)
        for v in range(n_inputs, n_nodes - 1):
            code[row, v] = data.draw(st.sampled_from(CODES[2:]))
            graph.nodes[v].update(op_of(code[row, v]))
        cells.append(graph)
    given_code = code.copy()
    slow = read_architectures(paired(cells, n_cells)).with_vocabulary(OPERATIONS)
    fast = pack_node_cells(
        adjacency, code, n_inputs=n_inputs, operations=OPERATIONS, n_cells=n_cells
    )
    np.testing.assert_array_equal(code, given_code)
    assert len(fast) == len(slow) == 2
    assert same_up_to_numbering(fast, slow)
    assert_pointers_fit(fast)
    for cell in packed_cells(fast):
        assert [op["dst"] for op in cell["operations"]] == list(range(cell["n_nodes"]))


def assert_pointers_fit(packed):
    assert packed.node_ptr[-1] == len(packed.input_mark)
    assert packed.op_ptr[-1] == len(packed.op_type) == len(packed.op_dst)
    assert packed.edge_ptr[-1] == len(packed.edge_src)
    assert len(packed.edge_ptr) == len(packed.op_type) + 1
    for cell in packed_cells(packed):
        assert all(u < op["dst"] for op in cell["operations"] for u in op["src"])


def test_smaller_cells_leave_the_last_rows_empty():
    # input → conv → output among room for two inner nodes
    adjacency = np.zeros((1, 4, 4), dtype=bool)
    adjacency[0, 0, 1] = adjacency[0, 1, 3] = True
    packed = pack_node_cells(adjacency, np.full((1, 4), 1), n_inputs=1, operations=OPERATIONS)
    (cell,) = packed_cells(packed)
    assert [(op["op"], op["src"]) for op in cell["operations"]] == [
        ("input", []),
        ("conv_1x1", [0]),
        ("output", [1]),
    ]


def test_no_rows():
    packed = pack_edge_cells(
        np.array([0]), np.array([1]), np.empty((0, 1), dtype=int), n_nodes=2, n_inputs=1,
        operations=OPERATIONS,
    )  # fmt: skip
    assert len(packed) == 0
