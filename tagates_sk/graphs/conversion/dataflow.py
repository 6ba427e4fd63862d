"""What a network computes from what, recorded in the order of its computation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Label:
    """The name of an operation, and the numbers that belong to it."""

    name: str
    attributes: dict[str, float] = field(default_factory=dict)


@dataclass
class Value:
    """What a tensor holds; views of one tensor are one value, so that writing changes them all.

    Attributes
    ----------
    nodes : frozenset of int
        Inputs and operations that it comes from; none if it is the same for all inputs.
    parameters : mapping of int to int
        Trained tensors behind a value without nodes, and their sizes.
    """

    nodes: frozenset[int] = frozenset()
    parameters: Mapping[int, int] = field(default_factory=dict)

    def become(self, other: Value) -> None:
        """Hold something else from now on, in all views."""
        self.nodes = other.nodes
        self.parameters = other.parameters


def joined(values: Iterable[Value]) -> Value:
    """A value that carries several others side by side."""
    values = list(values)
    return Value(
        frozenset().union(*(value.nodes for value in values)),
        {key: size for value in values for key, size in value.parameters.items()},
    )


@dataclass(frozen=True)
class Operation:
    """A node of the DAG to be.

    Attributes
    ----------
    label : Label or None
        What it does; None is an input.
    sources : frozenset of int
        Positions of the operations and inputs that it reads.
    parameters : mapping of int to int
        Trained tensors that it reads, and their sizes.
    block : tuple of str or None
        Key and class name of the module call that it is a part of.
    """

    label: Label | None
    sources: frozenset[int] = frozenset()
    parameters: Mapping[int, int] = field(default_factory=dict)
    block: tuple[str, str] | None = None


class Dataflow:
    """Inputs and operations of a network in the order of its computation.

    An operation whose sources are all constant is constant: it is no part of the DAG, and the
    operation that reads it takes over its parameters.
    """

    def __init__(self) -> None:
        self.operations: list[Operation] = []

    def input(self) -> Value:
        """An input of the network."""
        return self._node(Operation(None))

    def operation(
        self,
        label: Label,
        sources: Iterable[Value],
        *,
        parameters: Mapping[int, int] | None = None,
        block: tuple[str, str] | None = None,
    ) -> Value:
        """The result of an operation on earlier values, constants included."""
        read = joined([*sources, Value(parameters=parameters or {})])
        if not read.nodes:
            return read
        return self._node(Operation(label, read.nodes, read.parameters, block))

    def _node(self, operation: Operation) -> Value:
        self.operations.append(operation)
        return Value(frozenset({len(self.operations) - 1}))


def live(operations: list[Operation], ends: frozenset[int]) -> set[int]:
    """Positions of the operations that the ends depend on, and of all inputs among them."""
    used = set(ends)
    for i in range(len(operations) - 1, -1, -1):
        if i in used:
            used |= operations[i].sources
    return used


def plain(attributes: Mapping[str, Any]) -> dict[str, float]:
    """The attributes that are known, as numbers."""
    return {key: value for key, value in attributes.items() if value is not None}
