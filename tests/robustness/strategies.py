"""Architectures of up to 60 nodes and everything that can be wrong with one.

A seed decides on a graph: drawing hundreds of edges one by one would take
hypothesis longer than all that is tested.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
from hypothesis import strategies as st

OPERATIONS = ["avg_pool_3x3", "conv_1x1", "conv_3x3", "skip_connect", "none", None]
ZERO_COST = 3


def random_cell(seed: int, n_nodes: int, on_node: bool, multi: bool, zero_cost: bool) -> Any:
    """A legal cell: a chain from the first to the last node, and edges that skip."""
    rng = np.random.RandomState(seed)
    graph = nx.MultiDiGraph() if multi else nx.DiGraph()
    graph.add_nodes_from(rng.permutation(n_nodes).tolist())
    edges = [(v, v + 1) for v in range(n_nodes - 1)]
    n_more = rng.randint(3 * n_nodes) if n_nodes > 2 else 0
    for _ in range(n_more):
        u, v = sorted(rng.choice(n_nodes, 2, replace=False).tolist())
        edges.append((u, v))
    if multi:
        edges += edges[: rng.randint(len(edges)) + 1]
    graph.add_edges_from(edges)
    places = list(graph.nodes.values()) if on_node else list(graph.edges.values())
    if on_node:
        places = [graph.nodes[v] for v in range(1, n_nodes - 1)]
    weights = [0.25, 0.25, 0.2, 0.15, 0.05, 0.1]
    for i, data in enumerate(places):
        op = OPERATIONS[rng.choice(len(OPERATIONS), p=weights)] if i else "conv_3x3"
        if op is not None:
            data["op"] = op
            if zero_cost:
                data["zero_cost"] = rng.randn(ZERO_COST).astype(np.float32)
    return graph


def _some_data(graph: Any, rng: Any) -> dict[str, Any]:
    """Attributes of one of the operations."""
    places = [*graph.nodes.values(), *graph.edges.values()]
    places = [data for data in places if "op" in data]
    return places[rng.randint(len(places))]


def _nodes(graph: Any, indegree: bool) -> list[Any]:
    """Inputs, or outputs."""
    degree = graph.in_degree if indegree else graph.out_degree
    return [v for v in graph if degree(v) == 0]


def cycle(graph: Any, rng: Any) -> Any:
    graph.add_edge(*_nodes(graph, False), *_nodes(graph, True))
    return graph


def self_loop(graph: Any, rng: Any) -> Any:
    v = list(graph)[rng.randint(len(graph))]
    graph.add_edge(v, v)
    return graph


def several_outputs(graph: Any, rng: Any) -> Any:
    graph.add_edge(*_nodes(graph, True), "another output")
    return graph


def labelled_terminals(graph: Any, rng: Any) -> Any:
    """Labels that are one too many, or contradict the edges."""
    v = list(graph)[rng.randint(len(graph))]
    graph.nodes[v]["op"] = ["input", "output"][rng.randint(2)]
    return graph


def odd_operation(graph: Any, rng: Any) -> Any:
    odd: list[Any] = [
        1, 2.5, float("nan"), b"conv", ["conv"], {}, True, ("a", "b"), np.zeros(2), ["c"] * 2000,
        10**3000,
    ]  # fmt: skip
    _some_data(graph, rng)["op"] = odd[rng.randint(len(odd))]
    return graph


def odd_name(graph: Any, rng: Any) -> Any:
    """Operations whose names are text, but strange."""
    odd = ["", " ", "\0", "\0input", "\0output", "x" * 10_000, "{}", "%s", "\udcff", "Ⅻ\n"]
    _some_data(graph, rng)["op"] = odd[rng.randint(len(odd))]
    return graph


def on_both(graph: Any, rng: Any) -> Any:
    u, v = list(graph.edges)[rng.randint(len(graph.edges))][:2]
    graph.nodes[v]["op"] = "conv_3x3"
    for data in graph.get_edge_data(u, v).values() if graph.is_multigraph() else [graph[u][v]]:
        data["op"] = "conv_3x3"
    return graph


def odd_zero_cost(graph: Any, rng: Any) -> Any:
    odd = [
        np.full(ZERO_COST, np.nan), [np.inf] * ZERO_COST, np.zeros(1), np.zeros(0), 1.0, "abc",
        None, np.zeros((ZERO_COST, 1)), [1, "a", None], object(), {}, np.zeros(ZERO_COST, complex),
        np.full(ZERO_COST, 1e300), [[1], [1, 2], 3], float("nan"), np.zeros(ZERO_COST, bool),
        np.full(500, np.nan), [0.0] * 3000, "z" * 3000,
        [10**400] * ZERO_COST, np.array(["1", "2", "3"]),
    ]  # fmt: skip
    _some_data(graph, rng)["zero_cost"] = odd[rng.randint(len(odd))]
    return graph


def odd_input(graph: Any, rng: Any) -> Any:
    odd: list[Any] = [
        -1,
        64,
        10**30,
        1.5,
        "0",
        None,
        True,
        float("nan"),
        [0],
        np.int8(3),
        np.zeros(1),
    ]
    for v in _nodes(graph, True):
        graph.nodes[v]["input"] = odd[rng.randint(len(odd))]
    return graph


def no_operations(graph: Any, rng: Any) -> Any:
    for data in [*graph.nodes.values(), *graph.edges.values()]:
        data.pop("op", None)
    return graph


def nothing_but_none(graph: Any, rng: Any) -> Any:
    for data in [*graph.nodes.values(), *graph.edges.values()]:
        if "op" in data:
            data["op"] = "none"
    return graph


def isolated_nodes(graph: Any, rng: Any) -> Any:
    graph.add_nodes_from(["alone", ("alone", 2), frozenset("alone")])
    return graph


def odd_node_names(graph: Any, rng: Any) -> Any:
    odd = [
        "n" * 5000, float("nan"), -1, "\udcff{}", (), frozenset({1}), 1e300, b"x", object(),
        tuple(range(3000)),
    ]  # fmt: skip
    odd = [odd[i] for i in rng.permutation(len(odd))]
    nodes = list(graph)
    return nx.relabel_nodes(graph, dict(zip(nodes, odd, strict=False)))


def no_edges(graph: Any, rng: Any) -> Any:
    graph.remove_edges_from(list(graph.edges))
    return graph


def empty(graph: Any, rng: Any) -> Any:
    graph.clear()
    return graph


def undirected(graph: Any, rng: Any) -> Any:
    return graph.to_undirected()


def backwards(graph: Any, rng: Any) -> Any:
    return graph.reverse()


def frozen(graph: Any, rng: Any) -> Any:
    return nx.freeze(graph)


def view(graph: Any, rng: Any) -> Any:
    return graph.subgraph(list(graph)[: rng.randint(len(graph)) + 1])


def no_graph(graph: Any, rng: Any) -> Any:
    things: list[Any] = [
        None, 3, "graph", b"graph", graph.edges, {0: graph}, {graph}, np.zeros((3, 3)), nx.DiGraph,
        object(), iter([graph]), nx.to_numpy_array(graph),
    ]  # fmt: skip
    return things[rng.randint(len(things))]


def tuples(graph: Any, rng: Any) -> Any:
    return [(), (graph,), (graph, graph), [graph, graph], ((graph,),), (graph, None)][
        rng.randint(6)
    ]


def other_kind(graph: Any, rng: Any) -> Any:
    """Operations on nodes among those on edges, which is legal."""
    return random_cell(rng.randint(2**31), 9, bool(rng.randint(2)), bool(rng.randint(2)), False)


Corruption = Callable[[Any, Any], Any]

CORRUPTIONS: list[Corruption] = [
    cycle, self_loop, several_outputs, labelled_terminals, odd_operation, odd_name, on_both,
    odd_zero_cost, odd_input, no_operations, nothing_but_none, isolated_nodes, odd_node_names,
    no_edges, empty, undirected, backwards, frozen, view, no_graph, tuples, other_kind,
]  # fmt: skip

NEVER_LEGAL: list[Corruption] = [
    cycle, self_loop, several_outputs, odd_operation, on_both, no_operations, empty,
    undirected, no_graph,
]  # fmt: skip


@st.composite
def legal_cells(
    draw: st.DrawFn, /, max_nodes: int = 60, zero_cost: bool = False, on_node: bool | None = None
) -> Any:
    """Cells of both kinds or of one, with and without parallel edges."""
    return random_cell(
        draw(st.integers(0, 2**31 - 1)), draw(st.integers(3, max_nodes)),
        draw(st.booleans()) if on_node is None else on_node, draw(st.booleans()), zero_cost,
    )  # fmt: skip


@st.composite
def corrupted_lists(
    draw: st.DrawFn, /, max_nodes: int = 60, zero_cost: bool = False
) -> tuple[list[Any], int]:
    """Legal cells and, at the place that is returned, one with something odd, or two things."""
    of_one_kind = legal_cells(max_nodes, zero_cost, draw(st.booleans()))
    X = [draw(of_one_kind) for _ in range(draw(st.integers(1, 3)))]
    place = draw(st.integers(0, len(X)))
    cell = draw(of_one_kind)
    rng = np.random.RandomState(draw(st.integers(0, 2**31 - 1)))
    for corruption in draw(st.lists(st.sampled_from(CORRUPTIONS), min_size=1, max_size=2)):
        if isinstance(cell, nx.DiGraph) and len(cell) > 1 and not nx.is_frozen(cell):
            try:
                cell = corruption(cell, rng)
            except (ValueError, TypeError):  # the first corruption left nothing for the second
                continue
    return [*X[:place], cell, *X[place:]], place
