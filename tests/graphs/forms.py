"""Packed graphs and networkx graphs in forms that can be compared."""

from collections import Counter

import networkx as nx

from tagates_sk.graphs.operations import INPUT, OUTPUT, WIRE

_CODES = {WIRE: "wire", INPUT: "input", OUTPUT: "output"}


def packed_cells(packed):
    """For each cell a dict of its parts, with node numbers and operation names."""
    out = []
    none = [()] * len(packed.op_type)
    numbers = none if packed.attributes is None else packed.attributes.numbers()
    for c in range(len(packed.n_inputs)):
        nodes = range(packed.node_ptr[c], packed.node_ptr[c + 1])
        operations = []
        for j in range(packed.op_ptr[c], packed.op_ptr[c + 1]):
            code = int(packed.op_type[j])
            operations.append(
                {
                    "op": _CODES[code] if code < 0 else packed.operations[code],
                    "dst": int(packed.op_dst[j]),
                    "src": packed.edge_src[packed.edge_ptr[j] : packed.edge_ptr[j + 1]].tolist(),
                    "key": None if packed.keys is None else packed.keys[j],
                    "zero_cost": None
                    if packed.zero_cost is None
                    else tuple(packed.zero_cost[j].tolist()),
                    "attributes": numbers[j],
                }
            )
        out.append(
            {
                "on_node": bool(packed.on_node[c]),
                "n_nodes": len(nodes),
                "marks": [int(packed.input_mark[i]) for i in nodes][: packed.n_inputs[c]],
                "operations": operations,
            }
        )
    return out


def by_name(packed):
    """For each cell its operations, with the names of the user's nodes for numbers."""
    out = []
    for cell in packed_cells(packed):
        names = {}
        for op in cell["operations"]:
            if cell["on_node"]:
                names[op["dst"]] = op["key"]
            else:
                names[op["src"][0]], names[op["dst"]] = op["key"][:2]
        operations = Counter(
            (op["key"], op["op"], names[op["dst"]], _bag(names[u] for u in op["src"]),
             op["zero_cost"])
            for op in cell["operations"]
        )  # fmt: skip
        inputs = {names[i]: mark for i, mark in enumerate(cell["marks"])}
        out.append((cell["on_node"], cell["n_nodes"], inputs, operations))
    return out


def slowly_by_name(graph, n_zero_cost=0):
    """What `by_name` should give for a cell, by networkx's own functions."""
    on_node = not any("op" in data for *_, data in graph.edges(data=True))
    inputs, output = terminals(graph)
    live = live_part(graph)

    def saliency(data):
        if n_zero_cost == 0:
            return None
        return tuple(data.get("zero_cost", [0.0] * n_zero_cost))

    operations = Counter()
    if on_node:
        for v, data in live.nodes(data=True):
            name = "input" if v in inputs else "output" if v == output else data.get("op", "wire")
            sources = _bag(u for u, _ in live.in_edges(v))
            operations[v, name, v, sources, saliency(data)] += 1
    elif live.is_multigraph():
        for u, v, k, data in live.edges(keys=True, data=True):
            operations[(u, v, k), data.get("op", "wire"), v, _bag([u]), saliency(data)] += 1
    else:
        for u, v, data in live.edges(data=True):
            operations[(u, v), data.get("op", "wire"), v, _bag([u]), saliency(data)] += 1
    marks = {v: graph.nodes[v].get("input", 0) for v in inputs if v in live}
    return on_node, len(live), marks, operations


def terminals(graph):
    """Inputs and output of a cell: those labelled so, else sources and the sink."""
    labels = dict(graph.nodes(data="op"))
    if "output" in labels.values():
        (output,) = (v for v in graph if labels[v] == "output")
    else:
        (output,) = (v for v in graph if graph.out_degree(v) == 0 and graph.in_degree(v) > 0)
    if "input" in labels.values():
        return [v for v in graph if labels[v] == "input"], output
    return [v for v in graph if graph.in_degree(v) == 0 and v != output], output


def live_part(graph):
    """The cell without "none" and without what is on no path from an input to the output."""
    inputs, output = terminals(graph)
    live = graph.copy()
    live.remove_nodes_from([v for v, op in graph.nodes(data="op") if op == "none"])
    if live.is_multigraph():
        none = [(u, v, k) for u, v, k, op in live.edges(keys=True, data="op") if op == "none"]
    else:
        none = [(u, v) for u, v, op in live.edges(data="op") if op == "none"]
    live.remove_edges_from(none)
    reached = set(inputs).union(*(nx.descendants(live, v) for v in inputs))
    alive = (reached & nx.ancestors(live, output)) | {output}
    live.remove_nodes_from(set(live) - alive)
    return live


def as_digraphs(packed):
    """For each cell a graph with nodes for its nodes and for its operations."""
    out = []
    for cell in packed_cells(packed):
        graph = nx.DiGraph(on_node=cell["on_node"])
        for i in range(cell["n_nodes"]):
            last = i == cell["n_nodes"] - 1
            label = cell["marks"][i] if i < len(cell["marks"]) else "last" if last else "inner"
            graph.add_node(i, label=label)
        for j, op in enumerate(cell["operations"]):
            graph.add_node(("op", j), label=("op", op["op"], op["zero_cost"]))
            graph.add_edge(("op", j), op["dst"], n=1)
            for u, n in Counter(op["src"]).items():
                graph.add_edge(u, ("op", j), n=n)
        out.append(graph)
    return out


def same_up_to_numbering(a, b):
    """Whether all cells of two packed graphs are isomorphic, labels included."""
    first, second = as_digraphs(a), as_digraphs(b)
    return len(first) == len(second) and all(
        g.graph == h.graph
        and nx.is_isomorphic(
            g,
            h,
            node_match=lambda x, y: x["label"] == y["label"],
            edge_match=lambda x, y: x["n"] == y["n"],
        )
        for g, h in zip(first, second, strict=True)
    )


def _bag(items):
    return frozenset(Counter(items).items())
