"""Nested NePS operations as graphs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from numbers import Real
from typing import Any

import networkx as nx
from neps import Operation

from ...graphs.foreign import cut

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_IN_ORDER = "sequential"
"""Name of the operator that applies its operands one after the other."""


def pipeline_dag(pipeline: Mapping[str, Any]) -> nx.DiGraph:
    """The graph of a sampled pipeline.

    Parameters
    ----------
    pipeline : dict
        The sampled values, by name. Its operations make the graph; if it has none, its
        strings do.

    Returns
    -------
    networkx.DiGraph
        It has operations on nodes. An operator reads the input and the outputs of its
        operands, each through a node named after the argument; operands of "Sequential"
        follow each other. Operands are operations, strings, modules and functions;
        numbers become attributes of the operator.

    Raises
    ------
    ValueError
        If there are neither operations nor strings.
    """
    parts = {name: value for name, value in pipeline.items() if isinstance(value, Operation)}
    parts = parts or {name: value for name, value in pipeline.items() if isinstance(value, str)}
    if not parts:
        raise ValueError(
            f"The pipeline has no Operation and no string, only {cut(str(sorted(pipeline)), 100)}. "
            "Pass to_dag, a function that turns a dict of sampled values into a networkx DAG."
        )
    single = next(iter(parts.values())) if len(parts) == 1 else None
    graph = _Graph()
    whole = single if isinstance(single, Operation) else Operation("pipeline", kwargs=parts)
    last = graph.add(whole, graph.node("input"))
    graph.dag.add_edge(last, graph.node("output"))
    return graph.dag


class _Graph:
    """A graph under construction."""

    def __init__(self) -> None:
        self.dag = nx.DiGraph()

    def node(self, op: str, *sources: int, **numbers: float) -> int:
        node = len(self.dag)
        self.dag.add_node(node, op=op, **({"attributes": numbers} if numbers else {}))
        self.dag.add_edges_from((source, node) for source in sources)
        return node

    def add(self, value: Any, source: int) -> int:
        """The node that holds the result of an operand."""
        if not isinstance(value, Operation):
            return self.node(_name(value), source)
        name, numbers, operands = _name(value.operator), {}, {}
        for key, argument in _arguments(value):
            if isinstance(argument, (bool, type(None))):
                name += f" {key}={argument}"
            elif isinstance(argument, Real):
                numbers[key] = float(argument)
            else:
                operands[key] = argument
        if name.lower() == _IN_ORDER and not numbers:
            for operand in operands.values():
                source = self.add(operand, source)
            return source
        ends = [
            self.node(f"{name}[{key}]", self.add(operand, source))
            for key, operand in operands.items()
        ]
        return self.node(name, source, *ends, **numbers)


def _arguments(operation: Operation) -> Iterator[tuple[str, Any]]:
    """The arguments of an operation by name; sequences and mappings are split into their items."""
    keyed = [*enumerate(operation.args), *operation.kwargs.items()]
    while keyed:
        key, value = keyed.pop(0)
        if isinstance(value, (tuple, list)):
            keyed[:0] = [(f"{key}.{i}", item) for i, item in enumerate(value)]
        elif isinstance(value, Mapping):
            keyed[:0] = [(f"{key}.{name}", item) for name, item in value.items()]
        else:
            yield str(key), value


def _name(value: Any) -> str:
    if isinstance(value, str):
        return value
    name = getattr(value, "__name__", None)
    return str(name) if name else " ".join(_ADDRESS.sub("", repr(value)).split())
