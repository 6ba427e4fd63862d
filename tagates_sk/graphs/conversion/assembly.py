"""From recorded operations to a networkx DAG with operations on nodes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ..errors import InvalidArchitectureError
from ..reading import MAX_INPUTS
from .blocks import collapsed
from .dataflow import Dataflow, Value, live


def to_graph(flow: Dataflow, outputs: Iterable[Value], *, modules: bool = False) -> Any:
    """The DAG of all that the outputs depend on.

    Parameters
    ----------
    flow : Dataflow
        What the network computes.
    outputs : iterable of Value
        What it returns.
    modules : bool, default=False
        Draw the operations of each module call together.

    Returns
    -------
    networkx.DiGraph
        Nodes are numbered in the order of computation. Inputs have ``op="input"``, the last
        node is the output and has ``op="output"``.

    Raises
    ------
    InvalidArchitectureError
        If the outputs do not depend on an input, or on too many.
    """
    import networkx as nx

    operations = flow.operations
    ends: frozenset[int] = frozenset().union(*(value.nodes for value in outputs))
    if not ends:
        raise InvalidArchitectureError(
            "The network returns nothing that depends on its inputs, so no path leads from an "
            "input to the output. Return tensors that are computed from the inputs."
        )
    used = live(operations, ends)
    inputs = [i for i, operation in enumerate(operations) if operation.label is None]
    if len(inputs) > MAX_INPUTS:
        raise InvalidArchitectureError(
            f"The network has {len(inputs)} input tensors; at most {MAX_INPUTS} can be told "
            "apart. Stack those that are alike into one tensor."
        )
    kept = sorted(used)
    position = {i: k for k, i in enumerate(kept)}
    marks = [inputs.index(i) if operations[i].label is None else None for i in kept]
    shrunk = [
        replace(operations[i], sources=frozenset(map(position.__getitem__, operations[i].sources)))
        for i in kept
    ]
    last = {position[i] for i in ends}
    if modules:
        shrunk, where = collapsed(shrunk)
        marks = [marks[where.index(k)] for k in range(len(shrunk))]
        last = {where[k] for k in last}

    graph = nx.DiGraph()
    counted: set[int] = set()
    for k, (operation, mark) in enumerate(zip(shrunk, marks, strict=True)):
        if operation.label is None:
            graph.add_node(k, op="input", **({"input": mark} if len(inputs) > 1 else {}))
            continue
        new = {key: size for key, size in operation.parameters.items() if key not in counted}
        counted |= new.keys()
        attributes = operation.label.attributes | {"parameters": sum(new.values())}
        graph.add_node(k, op=operation.label.name, attributes=attributes)
        graph.add_edges_from((source, k) for source in sorted(operation.sources))
    graph.add_node(len(shrunk), op="output")
    graph.add_edges_from((k, len(shrunk)) for k in sorted(last))
    return graph
