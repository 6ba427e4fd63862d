"""Hypothesis strategies for random cells and architectures, valid by construction."""

from typing import Any

import networkx as nx
import numpy as np
from hypothesis import strategies as st

OPERATIONS = ("avg_pool_3x3", "conv_1x1", "conv_3x3", "skip_connect")
"""What an operation is drawn from, besides "none" and plain wires."""


@st.composite
def skeletons(
    draw: st.DrawFn, /, min_nodes: int = 2, max_nodes: int = 6, max_inputs: int = 2
) -> tuple[int, int, list[tuple[int, int]]]:
    """Numbers of nodes and inputs, and edges of a DAG whose one output is its last node."""
    n = draw(st.integers(min_nodes, max_nodes))
    n_inputs = draw(st.integers(1, min(max_inputs, n - 1)))
    edges = set()
    for v in range(n_inputs, n):
        sources = draw(st.sets(st.integers(0, v - 1), min_size=1, max_size=3))
        edges |= {(u, v) for u in sources}
    for u in range(n - 1):
        if not any(t == u for t, _ in edges):
            edges.add((u, draw(st.integers(max(u + 1, n_inputs), n - 1))))
    return n, n_inputs, draw(st.permutations(sorted(edges)))


def _names(operations: tuple[str, ...], none: bool) -> st.SearchStrategy[str | None]:
    """Names of operations, "none" if wanted, None for wires."""
    return st.sampled_from([*operations, *(["none"] if none else []), None])


def saliencies(k: int) -> st.SearchStrategy[np.ndarray]:
    """Vectors of k finite floats."""
    values = st.floats(-100, 100, width=32)
    return st.lists(values, min_size=k, max_size=k).map(lambda z: np.array(z, dtype=np.float32))


@st.composite
def ooe_cells(
    draw: st.DrawFn,
    /,
    *,
    operations: tuple[str, ...] = OPERATIONS,
    none: bool = True,
    multi: bool = False,
    zero_cost: int = 0,
    **sizes: int,
) -> Any:
    """Cells with operations on edges.

    Parameters
    ----------
    operations : tuple of str
        Names to draw from.
    none : bool
        Whether there are "none" edges, and so dead parts and cells without a path.
    multi : bool
        MultiDiGraphs with parallel edges instead of DiGraphs.
    zero_cost : int
        Length of the saliencies of every operation; 0 for none.
    **sizes
        min_nodes, max_nodes, max_inputs.
    """
    n, n_inputs, edges = draw(skeletons(**sizes))
    if multi:
        edges = [e for e in edges for _ in range(draw(st.integers(1, 3)))]
    names = _names(operations, none)
    ops = draw(st.lists(names, min_size=len(edges), max_size=len(edges)))
    if all(op is None for op in ops):
        ops[0] = operations[0]
    graph = nx.MultiDiGraph() if multi else nx.DiGraph()
    _add_nodes(draw, graph, n, n_inputs)
    for (u, v), op in zip(edges, ops, strict=True):
        graph.add_edge(u, v, **_attributes(draw, op, zero_cost))
    return graph


@st.composite
def oon_cells(
    draw: st.DrawFn,
    /,
    *,
    operations: tuple[str, ...] = OPERATIONS,
    none: bool = True,
    multi: bool = False,
    zero_cost: int = 0,
    **sizes: int,
) -> Any:
    """Cells with operations on nodes; parameters as those of `ooe_cells`."""
    n, n_inputs, edges = draw(skeletons(**{"min_nodes": 3, **sizes}))
    if multi:
        edges = [e for e in edges for _ in range(draw(st.integers(1, 3)))]
    graph = nx.MultiDiGraph() if multi else nx.DiGraph()
    _add_nodes(draw, graph, n, n_inputs)
    if draw(st.booleans()) or n_inputs == n - 1:
        for v in range(n_inputs):
            graph.nodes[v]["op"] = "input"
        graph.nodes[n - 1]["op"] = "output"
    for v in range(n_inputs, n - 1):
        op = draw(_names(operations, none)) if v > n_inputs else draw(st.sampled_from(operations))
        graph.nodes[v].update(_attributes(draw, op, zero_cost))
    graph.add_edges_from(edges)
    return graph


def cells(**options: Any) -> st.SearchStrategy[Any]:
    """Cells of both kinds, with and without parallel edges."""
    return st.one_of(
        ooe_cells(**options),
        oon_cells(**options),
        ooe_cells(multi=True, **options),
        oon_cells(multi=True, **options),
    )


@st.composite
def architecture_lists(
    draw: st.DrawFn, /, *, min_size: int = 1, max_size: int = 5, max_cells: int = 3, **options: Any
) -> list[Any]:
    """Lists of architectures: of cells, or of tuples of as many cells each.

    Operations are on edges or on nodes, the same way in all architectures.
    """
    n_cells = draw(st.integers(1, max_cells))
    kinds = [draw(st.sampled_from([ooe_cells, oon_cells])) for _ in range(n_cells)]
    places: list[Any] = [st.one_of(kind(**options), kind(multi=True, **options)) for kind in kinds]
    one = places[0] if n_cells == 1 else st.tuples(*places)
    return draw(st.lists(one, min_size=min_size, max_size=max_size))


def _add_nodes(draw: st.DrawFn, graph: Any, n: int, n_inputs: int) -> None:
    graph.add_nodes_from(draw(st.permutations(range(n))))
    if draw(st.booleans()):
        for v, mark in enumerate(draw(st.permutations(range(n_inputs)))):
            graph.nodes[v]["input"] = mark


def _attributes(draw: st.DrawFn, op: str | None, zero_cost: int) -> dict[str, Any]:
    if op is None:
        return {}
    if not zero_cost:
        return {"op": op}
    return {"op": op, "zero_cost": draw(saliencies(zero_cost))}
