"""Graphs in forms that can be compared, and strategies that make architectures."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import strategies as st

from tagates_sk.graphs import InvalidArchitectureError
from tagates_sk.spaces import (
    DARTS,
    CellSpace,
    ChainSpace,
    ENASMacro,
    ENASMicro,
    FBNet,
    Genotype,
    MnasNet,
    NASBench101,
    NASBench201,
    NATSBenchSize,
    TransNASBench101Macro,
    TransNASBench101Micro,
)
from tests.graphs.forms import packed_cells

SPACES = [
    NASBench201(),
    NASBench101(),
    NASBench101(6, 7, ("conv", "pool")),
    DARTS(),
    DARTS(n_nodes=3, operations=("skip_connect", "none", "conv", "pool")),
    ENASMicro(),
    ENASMacro(),
    ENASMacro(n_layers=4),
    CellSpace(3, ("conv", "none", "pool", "skip_connect")),
    CellSpace(4, ("conv", "pool")),
    ChainSpace([("a", "b"), ("c", "none", "a"), ("none", "a", "c")]),
    FBNet(),
    FBNet(attributes=False),
    MnasNet(),
    MnasNet(attributes=False),
    NATSBenchSize(),
    TransNASBench101Macro(),
    TransNASBench101Micro(),
]

seeds = st.integers(0, 2**32 - 1)


def refusal(space, native):
    """What the space says of a form that it does not take: short enough to be read."""
    with pytest.raises(InvalidArchitectureError) as refused:
        space.to_dag(native)
    said = str(refused.value)
    assert len(said) <= 300, said
    assert said[-1] == "."
    with pytest.raises(InvalidArchitectureError) as in_sequence:
        space.sequence([native])
    assert str(in_sequence.value) == f"Architecture 0: {said}"
    return said


def as_graphs(packed):
    """Every cell as a labelled graph of its nodes and operations."""
    graphs = []
    for cell in packed_cells(packed):
        graph = nx.DiGraph()
        for v in range(cell["n_nodes"]):
            mark = cell["marks"][v] if v < len(cell["marks"]) else None
            graph.add_node(v, label=("node", mark, v == cell["n_nodes"] - 1))
        for j, op in enumerate(cell["operations"]):
            graph.add_node(f"op{j}", label=(op["op"], op["attributes"], len(op["src"])))
            graph.add_edge(f"op{j}", op["dst"])
            graph.add_edges_from((u, f"op{j}") for u in op["src"])
        graphs.append(graph)
    return graphs


def same_graph(a, b):
    return nx.is_isomorphic(a, b, node_match=lambda x, y: x["label"] == y["label"])


def scrambled(dag, random):
    """The same architecture with other node names and another order of insertion."""
    if isinstance(dag, tuple):
        return tuple(scrambled(cell, random) for cell in dag)
    nodes, edges = list(dag.nodes(data=True)), list(dag.edges(data=True))
    name = {node: f"n{k}" for node, k in zip(dag, random.permutation(len(dag)), strict=True)}
    out = type(dag)()
    for k in random.permutation(len(nodes)):
        out.add_node(name[nodes[k][0]], **nodes[k][1])
    for k in random.permutation(len(edges)):
        tail, head, data = edges[k]
        out.add_edge(name[tail], name[head], **data)
    return out


@st.composite
def nasbench101_matrices(draw):
    """Any matrix with labels, connected or not, too large or not."""
    n = draw(st.integers(2, 8))
    matrix = np.zeros((n, n), dtype=int)
    matrix[np.triu_indices(n, 1)] = draw(
        st.lists(st.integers(0, 1), min_size=n * (n - 1) // 2, max_size=n * (n - 1) // 2)
    )
    inner = draw(
        st.lists(st.sampled_from(NASBench101().operations), min_size=n - 2, max_size=n - 2)
    )
    return matrix, ["input", *inner, "output"]


@st.composite
def genotypes(draw, space):
    """Any genotype, with equal predecessors and `none` where the space has it."""
    fields = []
    for _ in range(2):
        edges = [
            (draw(st.sampled_from(space.operations)), draw(st.integers(0, k // 2 + 1)))
            for k in range(2 * space.n_nodes)
        ]
        nodes = range(2, space.n_nodes + 2)
        taken = {node for _, node in edges} if isinstance(space, ENASMicro) else set()
        fields += [edges, [node for node in nodes if node not in taken]]
    return Genotype(*fields)
