"""The features once more, slowly, from networkx graphs alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import networkx as nx


def plain(cell: Any) -> nx.MultiDiGraph:
    """The pruned cell with a vertex for each operation, also for those on edges.

    A vertex has a `label`: an operation's name, None for a wire, and for vertices that are no
    operation "(node)", "(output)" or "(input m)".
    """
    on_edge = any(op is not None for *_, op in cell.edges(data="op"))
    labels = dict(cell.nodes(data="op"))
    inputs = {v for v in cell if labels[v] == "input"} or {v for v in cell if not cell.pred[v]}
    outputs = {v for v in cell if labels[v] == "output"}
    (output,) = outputs or {v for v in cell if not cell.succ[v] and cell.pred[v]}
    inputs.discard(output)
    graph = nx.MultiDiGraph()
    for v in cell:
        if v == output:
            graph.add_node(v, label="(output)")
        elif v in inputs:
            graph.add_node(v, label=f"(input {cell.nodes[v].get('input', 0)})")
        elif on_edge or labels[v] != "none":
            graph.add_node(v, label="(node)" if on_edge else labels[v])
    for i, (u, v, op) in enumerate(cell.edges(data="op")):
        if not on_edge and u in graph and v in graph:
            graph.add_edge(u, v)
        elif on_edge and op != "none":
            graph.add_node(("op", i), label=op)
            graph.add_edges_from([(u, ("op", i)), (("op", i), v)])
    reached = set().union(*(nx.descendants(graph, v) | {v} for v in inputs))
    useful = nx.ancestors(graph, output) & reached
    return graph.subgraph(useful | {output}).copy()


def is_on_edge(cell: Any) -> bool:
    """Whether the operations of a cell are on its edges."""
    return any(op is not None for *_, op in cell.edges(data="op"))


def name_of(label: str | None) -> str | None:
    """Name of the operation, None for wires and for what is no operation."""
    return None if label is None or label.startswith("(") else label


def inputs_of(graph: nx.MultiDiGraph) -> dict[Any, int]:
    """Input vertices and their numbers."""
    labels = graph.nodes(data="label")
    return {v: int(s[7:-1]) for v, s in labels if s is not None and s.startswith("(input")}


def output_of(graph: nx.MultiDiGraph) -> Any:
    """The output vertex."""
    return next(v for v, label in graph.nodes(data="label") if label == "(output)")


def paths(graph: nx.MultiDiGraph) -> Counter[tuple[int, tuple[str, ...]]]:
    """How many paths have each number of the input and each sequence of operations."""
    found: Counter[tuple[int, tuple[str, ...]]] = Counter()
    for source, mark in inputs_of(graph).items():
        for path in nx.all_simple_paths(graph, source, output_of(graph)):
            names = [name_of(graph.nodes[v]["label"]) for v in path]
            found[mark, tuple(name for name in names if name is not None)] += 1
    return found


def statistics(
    graph: nx.MultiDiGraph, subset: Sequence[str], n_marks: int
) -> tuple[int, int, int, list[int]]:
    """Shortest and longest path in a subset, their number, degrees of output and inputs."""
    lengths = []
    for (_, names), count in paths(graph).items():
        if set(names) <= set(subset):
            lengths += [len(names)] * count
    at_output = [name_of(graph.nodes[u]["label"]) for u, _ in graph.in_edges(output_of(graph))]
    degrees = [sum(name in subset for name in at_output), *[0] * n_marks]
    for v, mark in inputs_of(graph).items():
        after = [name_of(graph.nodes[w]["label"]) for _, w in graph.out_edges(v)]
        degrees[1 + mark] += sum(name in subset for name in after)
    return min(lengths, default=-1), max(lengths, default=-1), len(lengths), degrees


def subtree_labels(graph: nx.MultiDiGraph, n_iter: int, both: bool) -> Counter[Any]:
    """How often each label occurs, as nested tuples."""
    graph = graph.copy()
    for v in [v for v, label in graph.nodes(data="label") if label == "(node)"]:
        graph.add_edges_from((u, w) for u, _ in graph.in_edges(v) for _, w in graph.out_edges(v))
        graph.remove_node(v)
    labels = {v: ("wire" if s is None else s,) for v, s in graph.nodes(data="label")}
    found: Counter[Any] = Counter()
    for h in range(n_iter + 1):
        found.update((h, label) for label in labels.values())
        labels = {
            v: (
                labels[v],
                tuple(sorted((labels[u] for u, _ in graph.in_edges(v)), key=repr)),
                tuple(sorted((labels[w] for _, w in graph.out_edges(v)), key=repr)) if both else (),
            )
            for v in graph
        }
    return found


class Walks:
    """The walks of WalkStatistics, by listing all paths with their probabilities.

    Parameters
    ----------
    cell : nx.DiGraph
    identities : set of str
        Operations that are wires.
    """

    def __init__(self, cell: Any, identities: frozenset[str]) -> None:
        graph = plain(cell)
        labels = dict(graph.nodes(data="label"))
        self.on_edge = is_on_edge(cell)
        # A link is an edge of the cell: two edges and the operation between them, or one edge.
        self.links: list[tuple[Any, Any, str | None]] = []
        if self.on_edge:
            for v, label in labels.items():
                if not (isinstance(label, str) and label.startswith("(")):
                    ((u, _),), ((_, w),) = graph.in_edges(v), graph.out_edges(v)
                    self.links.append((u, w, label))
        else:
            self.links = [(u, v, name_of(labels[v])) for u, v in graph.edges()]
        self.links = [(u, v, None if op in identities else op) for u, v, op in self.links]
        self.inputs, self.output = inputs_of(graph), output_of(graph)
        self.counts = Counter(None if name in identities else name for name in labels.values())
        self.nodes = {v for link in self.links for v in link[:2]}

    def into(self, v: Any) -> list[int]:
        """Links into a node."""
        return [i for i, link in enumerate(self.links) if link[1] == v]

    def out_of(self, v: Any) -> list[int]:
        """Links out of a node."""
        return [i for i, link in enumerate(self.links) if link[0] == v]

    def routes(self) -> list[tuple[list[int], float]]:
        """All paths as links from input to output, with the walk's probability."""
        found, stack = [], [(self.output, [], 1.0)]
        while stack:
            v, route, p = stack.pop()
            if v in self.inputs:
                found.append((route, p))
            into = self.into(v)
            stack += [(self.links[i][0], [i, *route], p / len(into)) for i in into]
        return found

    def forward(self) -> list[tuple[list[int], float]]:
        """All paths with the forward walk's probability."""
        found, stack = [], [(v, [], 1 / len(self.inputs)) for v in self.inputs]
        while stack:
            v, route, p = stack.pop()
            if v == self.output:
                found.append((route, p))
            out = self.out_of(v)
            stack += [(self.links[i][1], [*route, i], p / len(out)) for i in out]
        return found

    def names(self, route: list[int]) -> list[str]:
        """The operations on a path."""
        return [op for op in (self.links[i][2] for i in route) if op is not None]
