"""The live part of every cell of an architecture, as lists."""

from __future__ import annotations

from typing import NamedTuple

from ..graphs import PackedGraphs


class Operation(NamedTuple):
    """An operation of a cell."""

    position: int
    """Position in ``packed.op_type``."""
    name: str | None
    """None for wires, inputs and the output."""
    sources: list[int]


class CellGraph(NamedTuple):
    """The live part of a cell; node numbers are those of the packed graph."""

    on_node: bool
    inputs: dict[int, int]
    """Input nodes on a path to the output, with their marks."""
    incoming: list[list[Operation]]
    """Operations that lead to each node, dead ones left out; the output is last."""


def cell_graphs(packed: PackedGraphs) -> list[CellGraph]:
    """The cells of an architecture, as lists.

    Parameters
    ----------
    packed : PackedGraphs
        One architecture or more.

    Returns
    -------
    list of CellGraph
    """
    node_ptr, op_ptr, edge_ptr = (
        pointer.tolist() for pointer in (packed.node_ptr, packed.op_ptr, packed.edge_ptr)
    )
    types, dst, src = packed.op_type.tolist(), packed.op_dst.tolist(), packed.edge_src.tolist()
    marks = packed.input_mark.tolist()
    graphs = []
    for row, n_inputs in enumerate(packed.n_inputs.tolist()):
        first, n = node_ptr[row], node_ptr[row + 1] - node_ptr[row]
        incoming: list[list[Operation]] = [[] for _ in range(n)]
        for op in range(op_ptr[row], op_ptr[row + 1]):
            name = packed.operations[types[op]] if types[op] >= 0 else None
            sources = src[edge_ptr[op] : edge_ptr[op + 1]]
            incoming[dst[op]].append(Operation(op, name, sources))
        _drop_dead(incoming, n_inputs)
        used = {u for ops in incoming for _, _, sources in ops for u in sources}
        inputs = {u: marks[first + u] for u in range(n_inputs) if u in used}
        graphs.append(CellGraph(bool(packed.on_node[row]), inputs, incoming))
    return graphs


def _drop_dead(incoming: list[list[Operation]], n_inputs: int) -> None:
    """Drop what is on no path from an input to the output, the last node."""
    n = len(incoming)
    reached = [v < n_inputs for v in range(n)]
    for v in range(n_inputs, n):
        kept = [op._replace(sources=[u for u in op.sources if reached[u]]) for op in incoming[v]]
        incoming[v] = [op for op in kept if op.sources]
        reached[v] = bool(incoming[v])
    alive = [False] * n
    alive[-1] = True
    for v in range(n - 1, -1, -1):
        if v < n_inputs or not alive[v]:
            incoming[v] = []
        for op in incoming[v]:
            for u in op.sources:
                alive[u] = True
