"""The shapes and curves of a cell's picture, for any backend."""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..graphs.errors import InvalidArchitectureError
from ..graphs.operations import INPUT, NO_OPERATION, OUTPUT, WIRE
from ..graphs.packing import OpGraph
from ..graphs.reading import read_cell
from ._layers import Edge, Point, Segment, layered_layout

FONT_SIZE = 9.0
"""All lengths of a picture are in points, for this font size."""
MOST = 1000
"""Most shapes and bends of edges in a picture; a larger one would be unreadable."""
ARROW = 5.0
"""Length of an arrowhead."""

_LONGEST = 24
_HEIGHT, _PADDING, _DOT = 20.0, 16.0, 11.0
_MARGIN = 6.0


@dataclass(frozen=True)
class Shape:
    """An operation, an input, the output, or a node without operation (a dot if unnamed)."""

    kind: str
    """``"operation"``, ``"input"``, ``"output"`` or ``"node"``."""
    text: str
    """The text as drawn, shortened."""
    name: str
    """The full name."""
    place: Hashable
    """The node or edge of the graph (with the key in a multigraph)."""
    alive: bool
    """Whether it lies on a path from an input to the output."""
    size: Point
    center: Point = (0.0, 0.0)


@dataclass(frozen=True)
class Curve:
    """A connection; its end is the tip of its arrow."""

    segments: tuple[Segment, ...]
    alive: bool


@dataclass(frozen=True)
class Picture:
    """Shapes and curves of a cell, y growing downwards, within (0, 0) and `size`."""

    shapes: tuple[Shape, ...]
    curves: tuple[Curve, ...]
    size: Point


def architecture_pictures(
    architecture: Any, place: str = "dag", *, node_names: bool = False
) -> list[Picture]:
    """Pictures of the cells of an architecture.

    Parameters
    ----------
    architecture : networkx.DiGraph, or tuple of them
    place : str
        Its name in error messages.
    node_names : bool
        Whether to write the names of nodes.

    Returns
    -------
    list of Picture

    Raises
    ------
    InvalidArchitectureError
        If it cannot be read or is too large.
    """
    if is_single(architecture):
        return [cell_picture(architecture, place, node_names)]
    if not architecture:
        raise InvalidArchitectureError(f"{place} is an empty tuple: there is no cell to draw.")
    return [
        cell_picture(cell, f"{place}, cell {c}", node_names) for c, cell in enumerate(architecture)
    ]


def is_single(architecture: Any) -> bool:
    """Whether an architecture is one cell rather than a tuple of cells."""
    return not isinstance(architecture, (tuple, list))


def cells_of(architecture: Any) -> tuple[Any, ...]:
    """The cells of an architecture."""
    return (architecture,) if is_single(architecture) else tuple(architecture)


def on_nodes(cell: Any) -> bool:
    """Whether the operations of a cell are on its nodes."""
    return all(op is None for *_, op in cell.edges(data="op"))


def attributes_at(cell: Any, place: Any) -> dict[str, Any]:
    """Attributes of a node, or of an edge where operations are on edges."""
    attributes: dict[str, Any] = (cell.nodes if on_nodes(cell) else cell.edges)[place]
    return attributes


def cell_picture(cell: Any, place: str, node_names: bool = False) -> Picture:
    """Lay out one cell, including its dead parts."""
    alive = read_cell(cell, place)
    whole = read_cell(_without_none(cell), place, prune=False)
    shapes, layers, edges = (_node_cell if whole.on_node else _edge_cell)(whole, alive)
    if node_names:
        shapes = [_with_node_name(shape, whole.on_node) for shape in shapes]
    bends = sum(layers[b] - layers[a] - 1 for a, b in edges)
    if len(shapes) + bends > MOST:
        raise InvalidArchitectureError(
            f"{place} is too large to draw: {len(shapes)} operations and nodes and {bends} bends "
            f"of edges around them; at most {MOST} together can be laid out."
        )
    x, y, routes = layered_layout(layers, [shape.size for shape in shapes], edges)
    widths, heights = zip(*(shape.size for shape in shapes), strict=True)
    route_points = [point for route in routes for _, points in route for point in points]
    left = min(*(x - [w / 2 for w in widths]), *(p[0] for p in route_points), x[0])
    right = max(*(x + [w / 2 for w in widths]), *(p[0] for p in route_points), x[0])
    top, bottom = min(y - [h / 2 for h in heights]), max(y + [h / 2 for h in heights])
    dx, dy = _MARGIN - left, _MARGIN - top
    placed = tuple(
        replace(shape, center=(float(a + dx), float(b + dy)))
        for shape, a, b in zip(shapes, x, y, strict=True)
    )
    curves = tuple(
        Curve(
            tuple((kind, tuple((p + dx, q + dy) for p, q in points)) for kind, points in route),
            shapes[a].alive and shapes[b].alive,
        )
        for route, (a, b) in zip(routes, edges, strict=True)
    )
    size = (float(right + dx) + _MARGIN, float(bottom + dy) + _MARGIN)
    return Picture(placed, curves, size)


_Parts = tuple[list[Shape], list[int], list[Edge]]
"""The shapes, their layers and their connections."""

_DRAWN_NONE = "none, drawn"
"""Replaces "none" while a whole cell is read, so that no edge is left out."""


def _without_none(cell: Any) -> Any:
    whole = cell.copy()
    for *_, data in [*whole.nodes(data=True), *whole.edges(data=True)]:
        if data.get("op") == NO_OPERATION:
            data["op"] = _DRAWN_NONE
    return whole


def _node_cell(whole: OpGraph, alive: OpGraph) -> _Parts:
    """For operations on nodes: every node is a shape."""
    living = set(alive.keys)
    marks = iter(whole.input_marks)
    shapes = []
    for place, op in zip(whole.keys, whole.types, strict=True):
        if op == INPUT:
            shape = _input(next(marks), len(whole.input_marks), place, place in living)
        elif op == OUTPUT:
            shape = _pill("output", "out", place, True)
        else:
            shape = _operation(op, place, place in living)
        shapes.append(shape)
    edges = [(s, k) for k, sources in enumerate(whole.src) for s in sources]
    return shapes, _depths(len(shapes), [(a, b, 1) for a, b in edges]), edges


def _edge_cell(whole: OpGraph, alive: OpGraph) -> _Parts:
    """For operations on edges: nodes are dots, operations are shapes above their ends."""
    living = {key[side] for key in alive.keys for side in (0, 1)}
    names: dict[int, Hashable] = {}
    spans: list[tuple[int, int, int]] = []
    for key, op, b, (a,) in zip(whole.keys, whole.types, whole.dst, whole.src, strict=True):
        names[a], names[b] = key[:2]
        spans.append((a, b, 1 if op == WIRE else 2))
    n, n_inputs = whole.n_nodes, len(whole.input_marks)
    shapes = []
    for k in range(n):
        place, living_node = names.get(k), k in names and names[k] in living
        if k < n_inputs:
            shapes.append(_input(whole.input_marks[k], n_inputs, place, living_node))
        elif k == n - 1:
            shapes.append(_pill("output", "out", place, True))
        else:
            shapes.append(Shape("node", "", "", place, living_node, (_DOT, _DOT)))
    layers = _depths(n, spans)
    edges: list[Edge] = []
    kept = set(alive.keys)
    for key, op, (a, b, span) in zip(whole.keys, whole.types, spans, strict=True):
        if span == 1:
            edges.append((a, b))
            continue
        edges += [(a, len(shapes)), (len(shapes), b)]
        layers.append(layers[b] - 1)
        shapes.append(_operation(op, key, key in kept))
    return shapes, layers, edges


def _depths(n: int, spans: Sequence[tuple[int, int, int]]) -> list[int]:
    """The longest distance of each node, in topological order, from a node without predecessors."""
    depths = [0] * n
    for a, b, span in sorted(spans):
        depths[b] = max(depths[b], depths[a] + span)
    return depths


def _input(mark: int, n_inputs: int, place: Hashable, alive: bool) -> Shape:
    return _pill("input", "in" if n_inputs == 1 else f"in {mark}", place, alive)


def _pill(kind: str, text: str, place: Hashable, alive: bool) -> Shape:
    return Shape(kind, text, text, place, alive, (text_width(text) + _PADDING, _HEIGHT))


def _operation(op: str | int, place: Hashable, alive: bool) -> Shape:
    if not isinstance(op, str):
        return Shape("node", "", "", place, alive, (_DOT, _DOT))
    name = NO_OPERATION if op == _DRAWN_NONE else op
    text = shortened(name)
    return Shape("operation", text, name, place, alive, (text_width(text) + _PADDING, _HEIGHT))


def _with_node_name(shape: Shape, on_node: bool) -> Shape:
    """Add a node's name to its shape; shapes of operations on edges stay as they are."""
    if shape.kind == "operation":
        name = f"{shape.place}: {shape.name}" if on_node else shape.name
    else:
        name = shape.text if shape.place is None else str(shape.place)
    text = shortened(name)
    return replace(shape, text=text, size=(text_width(text) + _PADDING, _HEIGHT))


def shortened(name: str) -> str:
    """A name as drawn: on one line, without the middle of a long one."""
    name = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    if len(name) <= _LONGEST:
        return name
    half = (_LONGEST - 1) // 2
    return f"{name[: _LONGEST - 1 - half]}…{name[-half:]}"


def text_width(text: str) -> float:
    """An upper bound of the width of a text in common sans-serif fonts."""
    return FONT_SIZE * sum(map(_advance, text))


def _advance(character: str) -> float:
    if character in "ijl.,:;|!'()[]-_ ftrI1/":
        return 0.52
    if character in "mwMW%@…—" or unicodedata.east_asian_width(character) in "WF":
        return 1.05
    return 0.8 if character.isupper() else 0.66
