"""One form for all isomorphic architectures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .attributes import Numbers
from .operations import INPUT, OUTPUT, WIRE
from .packed import IntArray, PackedGraphs
from .packing import OpGraph, pack_cells

MAX_LEAVES = 2000
"""Numberings compared at most for one cell; more need dozens of interchangeable subgraphs."""

MAX_VISITS = 1_000_000
"""Nodes looked at, at most, before the numberings compared so far must do: some seconds."""

Operation = tuple[str, int, tuple[int, ...]]
"""Type, destination, sources."""

_CODES = {"": WIRE, "\0input": INPUT, "\0output": OUTPUT}
_UNKNOWN = "\0unknown"
_NAMES = {code: name for name, code in _CODES.items()}


class CanonicalCell(NamedTuple):
    """A cell whose nodes and operations are numbered by structure alone; hashable."""

    on_node: bool
    n_nodes: int
    input_marks: tuple[int, ...]
    operations: tuple[Operation, ...]
    attributes: tuple[Numbers, ...] = ()
    """Of each operation; empty where none has any."""


class CanonicalForm(NamedTuple):
    """An architecture in canonical numbering.

    Parameters
    ----------
    cells : tuple of CanonicalCell
        Equal for isomorphic architectures. (A cell with so many symmetric parts
        that more than `MAX_LEAVES` numberings would have to be compared, or more
        than `MAX_VISITS` nodes looked at, may have several forms; it is never
        confused with another cell.)
    order : ndarray of int, shape (n_ops,)
        Operation i of the canonical form, counted over all cells, is operation
        ``order[i]`` of the architecture.
    """

    cells: tuple[CanonicalCell, ...]
    order: IntArray

    def packed(self) -> PackedGraphs:
        """The one architecture as packed operation graphs."""
        return pack_canonical(self.cells)


def pack_canonical(cells: tuple[CanonicalCell, ...]) -> PackedGraphs:
    """Pack one architecture given by its canonical cells.

    Parameters
    ----------
    cells : tuple of CanonicalCell

    Returns
    -------
    PackedGraphs
        Of one architecture.
    """
    graphs = [
        OpGraph(
            cell.on_node,
            cell.n_nodes,
            list(cell.input_marks),
            [_CODES.get(kind, kind) for kind, _, _ in cell.operations],
            [dst for _, dst, _ in cell.operations],
            [list(sources) for _, _, sources in cell.operations],
            [None] * len(cell.operations),
            [dict(numbers) or None for numbers in cell.attributes] or [None] * len(cell.operations),
            list(range(len(cell.operations))),
            list(range(cell.n_nodes)),
        )
        for cell in cells
    ]
    return pack_cells(graphs, len(graphs))


def operation_names(cells: tuple[CanonicalCell, ...]) -> list[str]:
    """Names of the operations of an architecture, sorted; wires and terminals have none."""
    kinds = {kind for cell in cells for kind, _, _ in cell.operations}
    return sorted(kinds.difference(_CODES))


def canonical_forms(packed: PackedGraphs) -> Iterator[CanonicalForm]:
    """Canonical forms of architectures, one after the other.

    Parameters
    ----------
    packed : PackedGraphs
        Pruned.

    Yields
    ------
    CanonicalForm
    """
    names = [*packed.operations, _UNKNOWN]
    kinds = [names[t] if t >= 0 else _NAMES[t] for t in packed.op_type.tolist()]
    dst, op_ptr = packed.op_dst.tolist(), packed.op_ptr.tolist()
    edge_ptr, edge_src = packed.edge_ptr.tolist(), packed.edge_src.tolist()
    node_ptr, n_inputs = packed.node_ptr.tolist(), packed.n_inputs.tolist()
    mark, on_node = packed.input_mark.tolist(), packed.on_node.tolist()
    numbers = [] if packed.attributes is None else packed.attributes.numbers()
    known: dict[Any, tuple[CanonicalCell, list[int]]] = {}
    for first in range(0, len(n_inputs), packed.n_cells):
        cells: list[CanonicalCell] = []
        order: list[int] = []
        for row in range(first, first + packed.n_cells):
            operations = tuple(
                (kinds[m], dst[m], tuple(edge_src[edge_ptr[m] : edge_ptr[m + 1]]))
                for m in range(op_ptr[row], op_ptr[row + 1])
            )
            a = node_ptr[row]
            marks = tuple(mark[a : a + n_inputs[row]])
            own = tuple(numbers[op_ptr[row] : op_ptr[row + 1]])
            given = CanonicalCell(
                on_node[row], node_ptr[row + 1] - a, marks, operations, own if any(own) else ()
            )
            if given not in known:
                known[given] = _Search(given).best()
            cell, positions = known[given]
            cells.append(cell)
            shift = op_ptr[row] - op_ptr[first]
            order += [shift + m for m in positions]
        yield CanonicalForm(tuple(cells), np.array(order, dtype=np.int64))


class _Search:
    """Colour refinement, and a choice among what it cannot tell apart."""

    def __init__(self, cell: CanonicalCell) -> None:
        self.cell = cell
        n = cell.n_nodes
        self.operations: list[tuple[Any, int, tuple[int, ...]]] = list(cell.operations)
        if cell.attributes:
            self.operations = [
                ((kind, numbers), dst, sources)
                for (kind, dst, sources), numbers in zip(
                    cell.operations, cell.attributes, strict=True
                )
            ]
        self.into: list[list[tuple[Any, tuple[int, ...]]]] = [[] for _ in range(n)]
        self.out: list[list[tuple[Any, int]]] = [[] for _ in range(n)]
        for kind, dst, sources in self.operations:
            self.into[dst].append((kind, sources))
            for source in sources:
                self.out[source].append((kind, dst))
        self.neighbours = [(sorted(self.into[v]), sorted(self.out[v])) for v in range(n)]
        depth = [0] * n
        for v in range(n):  # nodes come in topological order
            depth[v] = 1 + max(
                (depth[u] for _, sources in self.into[v] for u in sources), default=0
            )
        # Inputs first, the output last, between them by depth: any order by colour is topological.
        marks = cell.input_marks
        self.start = [(0, mark) for mark in marks]
        self.start += [(1, depth[v]) for v in range(len(marks), n - 1)]
        self.start += [(2, 0)] * (n > len(marks))
        self.leaves = self.visits = 0
        self.found: tuple[tuple[Any, ...], list[int], list[int]] | None = None

    def best(self) -> tuple[CanonicalCell, list[int]]:
        color = self._part_twins(self._refine(_ranks(self.start)))
        # A stack of its own: nodes to choose can be more than calls may be nested.
        stack = [iter([color])]
        while stack and not self._enough():
            chosen = next(stack[-1], None)
            if chosen is None:
                stack.pop()
            else:
                stack.append(self._choices(chosen))
        assert self.found is not None
        operations, positions, color = self.found
        marks = self.cell.input_marks
        ordered = sorted(range(len(marks)), key=color.__getitem__)
        named = tuple(marks[v] for v in ordered)
        numbers: tuple[Numbers, ...] = ()
        if self.cell.attributes:
            numbers = tuple(kind[1] for kind, _, _ in operations)
            operations = tuple((kind[0], dst, sources) for kind, dst, sources in operations)
        found = self.cell._replace(operations=operations, input_marks=named, attributes=numbers)
        return found, positions

    def _enough(self) -> bool:
        spent = self.leaves >= MAX_LEAVES or self.visits >= MAX_VISITS
        return spent and self.found is not None

    def _refine(self, color: list[int]) -> list[int]:
        n_classes = len(set(color))
        while n_classes < len(color):
            self.visits += len(color)
            color = _ranks([
                (
                    color[v],
                    sorted((kind, sorted(color[u] for u in us)) for kind, us in self.into[v]),
                    sorted((kind, color[w]) for kind, w in self.out[v]),
                )
                for v in range(len(color))
            ])  # fmt: skip
            before, n_classes = n_classes, len(set(color))
            if n_classes == before:
                break
        return color

    def _part_twins(self, color: list[int]) -> list[int]:
        """Number nodes of one colour that all have the very same neighbours: any order will do."""
        place = [0] * len(color)
        for nodes in _classes(color).values():
            first = self.neighbours[nodes[0]]
            if all(self.neighbours[v] == first for v in nodes[1:]):
                for i, v in enumerate(nodes):
                    place[v] = i
        return _ranks(list(zip(color, place, strict=True)))

    def _choices(self, color: list[int]) -> Iterator[list[int]]:
        """Colours with one more node told apart; a leaf has none."""
        classes = _classes(color)
        ties = [c for c in sorted(classes) if len(classes[c]) > 1]
        if not ties:
            self._leaf(color)
            return
        # Of nodes with the very same neighbours any one will do.
        different = {repr(self.neighbours[v]): v for v in reversed(classes[ties[0]])}
        for v in different.values():
            chosen = [2 * c + 1 for c in color]
            chosen[v] -= 1
            yield self._refine(_ranks(chosen))

    def _leaf(self, color: list[int]) -> None:
        self.leaves += 1
        named = [
            ((kind, color[dst], tuple(sorted(color[u] for u in sources))), m)
            for m, (kind, dst, sources) in enumerate(self.operations)
        ]
        named.sort(key=lambda item: (item[0][1], item[0][0], item[0][2], item[1]))
        operations = tuple(operation for operation, _ in named)
        if self.found is None or operations < self.found[0]:
            self.found = operations, [m for _, m in named], color


def _classes(color: list[int]) -> dict[int, list[int]]:
    """Nodes of each colour."""
    classes: dict[int, list[int]] = {}
    for v, c in enumerate(color):
        classes.setdefault(c, []).append(v)
    return classes


def _ranks(signatures: list[Any]) -> list[int]:
    """Place of each signature in the sorted order of the different ones."""
    order = sorted(range(len(signatures)), key=signatures.__getitem__)
    rank = [0] * len(signatures)
    current = -1
    for i, v in enumerate(order):
        if i == 0 or signatures[v] != signatures[order[i - 1]]:
            current += 1
        rank[v] = current
    return rank
