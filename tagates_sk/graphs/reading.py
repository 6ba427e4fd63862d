"""From networkx graphs to packed operation graphs: the only door."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import Any

import numpy as np

from .containers import cells_of, in_order, is_graph
from .errors import InvalidArchitectureError
from .foreign import cut, echo
from .operations import INPUT, NO_OPERATION, OUTPUT, WIRE
from .ordering import in_own_order
from .packed import PackedGraphs
from .packing import OpGraph, other_number_of_cells, pack_cells

MAX_INPUTS = 64
"""Each input that is told apart has an embedding of its own; more are a mistake."""

_TERMINALS = ("input", "output")


def read_architectures(
    X: Any, *, prune: bool = True, start: int = 0, op_attribute: str = "op"
) -> PackedGraphs:
    """Read a sequence of architectures.

    Parameters
    ----------
    X : sequence of networkx.DiGraph, or of tuples of them
        Each element is an architecture: a cell, or a tuple of cells of fixed
        length. A sequence with a method ``packed()``, such as
        :class:`Architectures`, is asked for its graphs; no networkx object is read.
        PackedGraphs are returned as they are. Beside the name of an operation there
        may be `zero_cost`, a vector, and `attributes`, a mapping from names to
        numbers.
    prune : bool, default=True
        Drop nodes and edges that lie on no path from an input to the output.
    start : int, default=0
        Index of ``X[0]`` in error messages, where X is a part of something longer.
    op_attribute : str, default="op"
        Attribute of edges or nodes that names the operation.

    Returns
    -------
    PackedGraphs
        With the sorted names of the operations of X as vocabulary.

    Raises
    ------
    InvalidArchitectureError
        If X is empty, one of its graphs cannot be read, some have operations on
        nodes and some on edges, or an attribute is not a number.
    TypeError
        If X is not a sequence of graphs.
    """
    if isinstance(X, PackedGraphs):
        return X
    if prune and hasattr(X, "packed"):
        if len(X) == 0:
            in_order(())  # which raises
        packed: PackedGraphs = replace(X.packed(), start=start)
        return packed
    read = pack_cells(*_cells(X, prune, start, op_attribute))
    return in_own_order(read) if prune else read


def _cells(X: Any, prune: bool, start: int, op_attribute: str) -> tuple[list[OpGraph], int, int]:
    X = in_order(X)
    cells: list[OpGraph] = []
    n_cells = 0
    first: dict[tuple[int, bool], int] = {}
    for i, architecture in enumerate(X, start):
        members = cells_of(architecture, f"X[{i}]")
        if i == start:
            n_cells = len(members)
            if n_cells == 0:
                raise InvalidArchitectureError(f"X[{i}] is an empty tuple: it has no cell.")
        elif len(members) != n_cells:
            raise other_number_of_cells(i, len(members), start, n_cells)
        for c, graph in enumerate(members):
            place = f"X[{i}]" if n_cells == 1 else f"X[{i}], cell {c}"
            cell = read_cell(graph, place, prune=prune, op_attribute=op_attribute)
            cells.append(cell)
            # A cell of wires alone goes with either kind.
            if not cell.on_node or any(isinstance(kind, str) for kind in cell.types):
                first.setdefault((c, cell.on_node), i)
                other = first.get((c, not cell.on_node))
                if other is not None:
                    here, there = ("nodes", "edges") if cell.on_node else ("edges", "nodes")
                    raise InvalidArchitectureError(
                        f"{place} has its operations on {here} but X[{other}] on {there}. Write "
                        "all architectures in one of the two ways, the one in which the search "
                        "space is usually written."
                    )
    return cells, n_cells, start


def read_cell(
    graph: Any, place: str = "the graph", *, prune: bool = True, op_attribute: str = "op"
) -> OpGraph:
    """Read one cell.

    Parameters
    ----------
    graph : networkx.DiGraph or networkx.MultiDiGraph
        The cell; `op` is an attribute of its edges or of its nodes, and so are,
        beside it, `attributes`, a mapping from names to numbers.
    place : str
        How error messages call the graph.
    prune : bool, default=True
        Drop what lies on no path from an input to the output.
    op_attribute : str, default="op"
        Attribute of edges or nodes that names the operation.

    Returns
    -------
    OpGraph

    Raises
    ------
    InvalidArchitectureError
        If the graph is no cell: not directed, empty, cyclic, without
        operations, with operations on both nodes and edges, without or with
        several outputs, with an operation that is no string or on a terminal
        node.
    TypeError
        If it is no networkx graph.
    """
    if not is_graph(graph):
        raise TypeError(f"{place} is a {type(graph).__name__}; a networkx.DiGraph is expected.")
    if not graph.is_directed():
        raise InvalidArchitectureError(
            f"{place} is undirected ({type(graph).__name__}): build it as a networkx.DiGraph with "
            "edges that point from the input to the output."
        )
    names: list[Hashable] = []
    node_data: list[dict[str, Any]] = []
    for name, data in graph.nodes(data=True):
        names.append(name)
        node_data.append(data)
    n = len(names)
    if n == 0:
        raise InvalidArchitectureError(f"{place} has no nodes.")
    position = {name: i for i, name in enumerate(names)}
    tails: list[int] = []
    heads: list[int] = []
    edge_data: list[dict[str, Any]] = []
    edge_keys: list[Hashable] | None = [] if graph.is_multigraph() else None
    # A view of edges would stay in the graph and refer back to it: only the garbage collector
    # would free the graphs of a stream.
    for u, neighbours in graph.adjacency():
        for v, found in neighbours.items():
            several = {None: found} if edge_keys is None else found
            for key, data in several.items():
                tails.append(position[u])
                heads.append(position[v])
                edge_data.append(data)
                if edge_keys is not None:
                    edge_keys.append(key)

    node_ops = [data.get(op_attribute) for data in node_data]
    edge_ops = [data.get(op_attribute) for data in edge_data]
    if not any(op is not None for op in (*node_ops, *edge_ops)):
        raise InvalidArchitectureError(_no_operation(graph, place, op_attribute))
    on_node = _kind(place, names, node_ops, edge_ops)

    indegree = [0] * n
    successors: list[list[int]] = [[] for _ in range(n)]
    for t, h in zip(tails, heads, strict=True):
        indegree[h] += 1
        successors[t].append(h)
    sources_only = [d == 0 for d in indegree]
    order = [i for i in range(n) if sources_only[i]]
    for i in order:
        for h in successors[i]:
            indegree[h] -= 1
            if indegree[h] == 0:
                order.append(h)
    if len(order) < n:
        on_cycle = [names[i] for i in range(n) if indegree[i] > 0]
        raise InvalidArchitectureError(
            f"{place} is cyclic: {_some(on_cycle)} lie on or behind a cycle. An architecture is "
            "a directed acyclic graph; networkx.find_cycle shows the cycle."
        )
    is_input, output = _terminals(place, names, node_ops, sources_only, successors)

    present = [True] * n
    if on_node:
        for i, op in enumerate(node_ops):
            terminal = is_input[i] or i == output
            if terminal and op is not None and op not in _TERMINALS:
                what = "an input" if is_input[i] else "the output"
                raise InvalidArchitectureError(
                    f"{place}: node {echo(names[i])} is {what} of the cell and has op={echo(op)}. "
                    "In an "
                    "operation-on-node cell inputs and the output carry no op, or 'input' / "
                    "'output': add a node of its own for each."
                )
            present[i] = op != NO_OPERATION
        kept = [present[t] and present[h] for t, h in zip(tails, heads, strict=True)]
    else:
        kept = [op != NO_OPERATION for op in edge_ops]

    alive = _alive(n, order, tails, heads, kept, is_input, output) if prune else present
    nodes = [i for i in order if alive[i] and is_input[i]]
    marks = {i: _input_mark(node_data[i], place, names[i]) for i in nodes}
    if len(nodes) > 1:
        nodes.sort(key=marks.__getitem__)
    nodes += [i for i in order if alive[i] and not is_input[i] and i != output]
    nodes.append(output)
    local = {i: k for k, i in enumerate(nodes)}

    types: list[str | int] = []
    dst: list[int] = []
    src: list[list[int]] = []
    zero_cost: list[Any] = []
    attributes: list[Any] = []
    keys: list[Any] = []
    if on_node:
        sources: list[list[int]] = [[] for _ in nodes]
        for t, h, keep in zip(tails, heads, kept, strict=True):
            if keep and alive[t] and alive[h]:
                sources[local[h]].append(local[t])
        for k, i in enumerate(nodes):
            op = node_ops[i]
            types.append(
                INPUT if is_input[i] else OUTPUT if i == output else WIRE if op is None else op
            )
            dst.append(k)
            src.append(sources[k])
            zero_cost.append(node_data[i].get("zero_cost"))
            named = isinstance(types[-1], str)
            attributes.append(node_data[i].get("attributes") if named else None)
            keys.append(names[i])
    else:
        for e, (t, h) in enumerate(zip(tails, heads, strict=True)):
            if kept[e] and alive[t] and alive[h]:
                op = edge_ops[e]
                types.append(WIRE if op is None else op)
                dst.append(local[h])
                src.append([local[t]])
                zero_cost.append(edge_data[e].get("zero_cost"))
                attributes.append(None if op is None else edge_data[e].get("attributes"))
                ends = (names[t], names[h])
                keys.append(ends if edge_keys is None else (*ends, edge_keys[e]))
    return OpGraph(
        on_node, len(nodes), [marks[i] for i in nodes if is_input[i]], types, dst, src,
        zero_cost, attributes, keys, [names[i] for i in nodes],
    )  # fmt: skip


def _kind(place: str, names: list[Any], node_ops: list[Any], edge_ops: list[Any]) -> bool:
    """Whether operations are on the nodes; an error if on both."""
    on_node = on_edge = False
    for op in node_ops:
        if op is not None:
            if not _is_name(op):
                raise InvalidArchitectureError(_not_a_name(place, "a node", op))
            on_node = on_node or op not in _TERMINALS
    for op in edge_ops:
        if op is not None:
            if not _is_name(op):
                raise InvalidArchitectureError(_not_a_name(place, "an edge", op))
            on_edge = True
    if on_node and on_edge:
        node = next(
            n for n, op in zip(names, node_ops, strict=True)
            if op is not None and op not in _TERMINALS
        )  # fmt: skip
        raise InvalidArchitectureError(
            f"{place} has op on nodes (for instance {echo(node)}) and on edges; a cell has its "
            "operations on one of the two."
        )
    return not on_edge


def _no_operation(graph: Any, place: str, op_attribute: str) -> str:
    """What to say of a graph without operations, and where they may be."""
    found = [
        key
        for data in (*(data for *_, data in graph.edges(data=True)), *graph.nodes.values())
        for key, value in data.items()
        if isinstance(value, str)
    ]
    said = f"{place} carries no {op_attribute} on any node or edge"
    if found:
        named = ", ".join(map(repr, dict.fromkeys(found)))
        return (
            f"{said}, but the attributes {cut(named, 60)}. If one of them names the operation, "
            f"tagates_sk.graphs.Architectures(X, op_attribute={cut(repr(found[0]), 30)}) reads it."
        )
    hint = "" if type(graph).__module__.startswith("networkx") else (
        f" It is a {type(graph).__name__}, which inherits from networkx but keeps its operations "
        "elsewhere: convert it to a DAG with op attributes first."
    )  # fmt: skip
    return (
        f"{said}, so it says nothing about operations. Set graph.edges[u, v]['{op_attribute}'] or "
        f"graph.nodes[v]['{op_attribute}'] to the operation's name.{hint}"
    )


def _terminals(
    place: str,
    names: list[Any],
    node_ops: list[Any],
    sources_only: list[bool],
    successors: list[list[int]],
) -> tuple[list[bool], int]:
    """Which nodes are inputs, and which one is the output.

    Nodes labelled "input" or "output" decide; without labels, inputs have no
    predecessors and the output has no successors (a node with neither is an
    input that nothing uses).
    """
    is_input = sources_only
    if "input" in node_ops:
        is_input = [op == "input" for op in node_ops]
        for i, (labelled, source) in enumerate(zip(is_input, sources_only, strict=True)):
            if labelled and not source:
                raise InvalidArchitectureError(
                    f"{place}: node {echo(names[i])} has op='input' but also predecessors; nothing "
                    "can flow into an input of the cell."
                )
    if "output" in node_ops:
        outputs = [i for i, op in enumerate(node_ops) if op == "output"]
        for i in outputs:
            if successors[i]:
                raise InvalidArchitectureError(
                    f"{place}: node {echo(names[i])} has op='output' but also successors; nothing "
                    "can "
                    "flow out of the output of the cell."
                )
    else:
        outputs = [i for i, s in enumerate(successors) if not s and not sources_only[i]]
    if not outputs:
        raise InvalidArchitectureError(
            f"{place} has no output: no node has predecessors but no successors. Add an edge to "
            "the output node, with op='none' if nothing is to reach it."
        )
    if len(outputs) > 1:
        raise InvalidArchitectureError(
            f"{place} has {len(outputs)} outputs, the nodes {_some([names[i] for i in outputs])} "
            "without successors; exactly one is needed. Connect the others to it by an edge "
            "without op (a plain wire), or, if they are dead ends, label the output by the node "
            "attribute op='output'."
        )
    output = outputs[0]
    return [flag and i != output for i, flag in enumerate(is_input)], output


def _is_name(op: Any) -> bool:
    # Wires, inputs and outputs have the other names where graphs are written down.
    return isinstance(op, str) and op != "" and op[0] != "\0"


def _not_a_name(place: str, kind: str, op: Any) -> str:
    what = (
        "; the name of an operation is not empty and does not begin with a null character."
        if isinstance(op, str)
        else f" of type {type(op).__name__}; an operation is named by a string."
    )
    return f"{place} has {kind} with op={echo(op)}{what}"


def _alive(
    n: int,
    order: list[int],
    tails: list[int],
    heads: list[int],
    kept: list[bool],
    is_input: list[bool],
    output: int,
) -> list[bool]:
    """Nodes on a path from an input to the output; only the output if there is none."""
    forward: list[list[int]] = [[] for _ in range(n)]
    for t, h, keep in zip(tails, heads, kept, strict=True):
        if keep:
            forward[t].append(h)
    reached = list(is_input)
    for i in order:
        if reached[i]:
            for h in forward[i]:
                reached[h] = True
    alive = [False] * n
    alive[output] = True
    for i in reversed(order):
        if reached[i] and not alive[i]:
            for h in forward[i]:
                if alive[h]:
                    alive[i] = True
                    break
    return alive


def _input_mark(data: dict[str, Any], place: str, name: Any) -> int:
    mark = data.get("input", 0)
    whole = isinstance(mark, (int, np.integer)) and not isinstance(mark, bool)
    if not whole or not 0 <= mark < MAX_INPUTS:
        raise InvalidArchitectureError(
            f"{place}: input node {echo(name)} has input={echo(mark)}; the attribute tells "
            "several inputs "
            f"of a cell apart and must be a whole number from 0 to {MAX_INPUTS - 1}."
        )
    return int(mark)


def _some(items: list[Any], most: int = 5) -> str:
    shown = ", ".join(echo(item, 20) for item in items[:most])
    return shown if len(items) <= most else f"{shown} and {len(items) - most} more"
