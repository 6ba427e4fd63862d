"""Drawings of cells: nothing overlaps, everything is there, and errors say what to do."""

from __future__ import annotations

import sys
from itertools import combinations
from typing import Any

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from matplotlib.colors import to_hex
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from tagates_sk import InvalidArchitectureError
from tagates_sk.graphs import read_architectures
from tagates_sk.inspection import draw_cell, operation_color
from tagates_sk.inspection._layers import layered_layout
from tagates_sk.inspection._picture import (
    FONT_SIZE,
    Curve,
    Picture,
    architecture_pictures,
    text_width,
)
from tagates_sk.spaces import DARTS, ENASMacro, ENASMicro, NASBench101, NASBench201
from tests.small import chain, node_chain
from tests.strategies import cells

SPACES = [NASBench101(), NASBench201(), DARTS(), ENASMicro(), ENASMacro()]
spaces = pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)


def points(curve: Curve) -> np.ndarray:
    """Points along a curve, close to each other."""
    t = np.linspace(0, 1, 30)[:, None]
    (_, (last,)), *others = curve.segments
    out = [np.array([last])]
    for kind, ends in others:
        p = np.array([last, *ends])
        if kind == "L":
            out.append(p[0] + t * (p[1] - p[0]))
        else:
            out.append(
                (1 - t) ** 3 * p[0] + 3 * t * (1 - t) ** 2 * p[1]
                + 3 * t**2 * (1 - t) * p[2] + t**3 * p[3]
            )  # fmt: skip
        last = ends[-1]
    return np.concatenate(out)


def check_readable(picture: Picture) -> None:
    """No shape meets another, no edge enters a shape, and all is inside the picture."""
    centers = np.array([shape.center for shape in picture.shapes])
    sizes = np.array([shape.size for shape in picture.shapes])
    assert (centers - sizes / 2 >= 0).all()
    assert (centers + sizes / 2 <= picture.size).all()
    apart = np.abs(centers[:, None] - centers) - (sizes[:, None] + sizes) / 2
    assert (apart.max(2)[~np.eye(len(centers), dtype=bool)] >= 5).all()
    for curve in picture.curves:
        along = points(curve)
        assert (along >= 0).all()
        assert (along <= picture.size).all()
        inside = np.abs(along[:, None] - centers) < sizes / 2 - 0.01
        assert not inside.all(2).any()
        for end, side in ((along[0], 1), (along[-1], -1)):  # a lower side, and an upper one
            across, height = np.abs(end[0] - centers[:, 0]), centers[:, 1] + side * sizes[:, 1] / 2
            assert ((across <= 0.3 * sizes[:, 0] + 0.01) & np.isclose(end[1], height)).any()


@spaces
def test_nothing_overlaps(space: Any) -> None:
    for dag in space.sample(15, random_state=1):
        for picture in architecture_pictures(dag):
            check_readable(picture)


@given(cells(max_nodes=9))
def test_nothing_overlaps_in_any_cell(cell: Any) -> None:
    (picture,) = architecture_pictures(cell)
    check_readable(picture)
    packed = read_architectures([cell])
    drawn = sorted(s.name for s in picture.shapes if s.kind == "operation" and s.alive)
    assert drawn == sorted(packed.operations[t] for t in packed.op_type if t >= 0)
    written = [d["op"] for *_, d in [*cell.nodes(data=True), *cell.edges(data=True)] if "op" in d]
    n_operations = sum(op not in ("input", "output") for op in written)
    assert sum(shape.kind == "operation" for shape in picture.shapes) == n_operations


@pytest.mark.parametrize("node_names", [False, True])
def test_names_of_nodes(node_names: bool) -> None:
    edges, nodes = chain("conv", "pool"), node_chain("conv", "pool")
    found = architecture_pictures((edges, nodes), node_names=node_names)
    texts = [[shape.text for shape in picture.shapes] for picture in found]
    assert texts == (
        [["0", "1", "2", "conv", "pool"], ["0", "1: conv", "2: pool", "3"]]
        if node_names
        else [["in", "", "out", "conv", "pool"], ["in", "conv", "pool", "out"]]
    )
    for picture in found:
        check_readable(picture)
    gids = [patch.get_gid() for patch in draw_cell(edges, node_names=node_names).patches]
    assert gids.count("text") == (5 if node_names else 4)


@spaces
def test_labels_fit_their_boxes(space: Any) -> None:
    font = FontProperties(family="DejaVu Sans")
    for name in [*space.operations, "Ünïcödé WWW", "mmmmmm@@@", "CamelCaseOperation", "iiillljjj"]:
        box = TextPath((0, 0), name, size=FONT_SIZE, prop=font).get_extents()
        assert box.width <= text_width(name) + 4
        assert box.width >= 0.45 * text_width(name), "the box is much too wide"


def test_vertices_are_ordered_without_crossings() -> None:
    """Two trees given in an order that interleaves them, and a ladder given upside down."""
    trees = [(0, 2), (1, 3), (0, 4), (1, 5), (0, 6), (1, 7)]
    ladder = [(8, 13), (9, 12), (10, 11)]
    layers = [0, 0, *[1] * 6, 0, 0, 0, 1, 1, 1]
    layout = layered_layout(layers, [(20.0, 10.0)] * 14, trees + ladder)
    crossings = [
        (e, f)
        for e, f in combinations(trees + ladder, 2)
        if (layout.x[e[0]] - layout.x[f[0]]) * (layout.x[e[1]] - layout.x[f[1]]) < -1e-6
    ]
    assert crossings == []


def test_parents_are_centred_above_their_children() -> None:
    layers, edges = [0, 1, 1, 2, 3], [(0, 1), (0, 2), (1, 3), (2, 3), (3, 4)]
    layout = layered_layout(layers, [(20.0, 10.0)] * 5, edges)
    assert layout.x[0] == pytest.approx(layout.x[[1, 2]].mean(), abs=0.1)
    assert layout.x[3] == pytest.approx(layout.x[4], abs=0.1)
    assert (np.diff(layout.y[[0, 1, 3, 4]]) > 10).all()


def test_edges_that_skip_layers_go_around_what_is_between() -> None:
    cell = node_chain("a", "b", "c")
    cell.add_edge(0, 4)
    (picture,) = architecture_pictures(cell)
    long = max(picture.curves, key=lambda curve: len(curve.segments))
    along = points(long)
    for shape in picture.shapes:
        if shape.kind == "operation":
            (x, y), (width, height) = shape.center, shape.size
            beside = along[np.abs(along[:, 1] - y) < height / 2]
            assert (np.abs(beside[:, 0] - x) > width / 2).all()


def test_drawing_has_every_part() -> None:
    cell = nx.MultiDiGraph()
    cell.add_edge("x", "y", op="conv3x3")
    cell.add_edge("x", "y", op="conv3x3")
    cell.add_edge("z", "y", op="none")
    cell.add_edge("y", "out")
    ax = draw_cell(cell)
    gids = [patch.get_gid() for patch in ax.patches]
    assert {gid: gids.count(gid) for gid in set(gids) - {None}} == {
        "input": 2, "output": 1, "node": 1, "operation": 3, "edge": 7, "text": 6,
    }  # fmt: skip
    (_, _, none) = (patch for patch in ax.patches if patch.get_gid() == "operation")
    assert to_hex(none.get_facecolor()) == "#ffffff"


def test_draws_where_it_is_told() -> None:
    _, (left, right) = plt.subplots(1, 2)
    assert draw_cell(chain("conv"), ax=right) is right
    assert right.patches
    assert not left.patches


def test_two_cells_stand_side_by_side() -> None:
    one = draw_cell(chain("conv"))
    two = draw_cell((chain("conv"), chain("pool")), cell_names=["normal", "reduce"])
    assert two.get_xlim()[1] > 2 * one.get_xlim()[1]
    boxes = [patch for patch in two.patches if patch.get_gid() == "operation"]
    assert boxes[0].get_y() == boxes[1].get_y()
    assert boxes[0].get_x() + boxes[0].get_width() < boxes[1].get_x()


def test_colors_are_stable_and_tell_the_operations_of_a_space_apart() -> None:
    for space in SPACES:
        names = [op for op in space.operations if op != "none"]
        assert len({operation_color(name) for name in names}) == len(names)
    assert operation_color("my operation") == operation_color("my operation")
    assert len({operation_color(f"operation {i}") for i in range(50)}) > 4


def test_importance_decides_the_color() -> None:
    cell = chain("conv", "pool", "conv")
    ax = draw_cell(cell, importance={(0, 1): 1.0, (1, 2): -1.0})
    first, second, third = (
        to_hex(patch.get_facecolor()) for patch in ax.patches if patch.get_gid() == "operation"
    )
    cmap = plt.colormaps["PuOr"]
    assert (first, second, third) == (to_hex(cmap(1.0)), to_hex(cmap(0.0)), "#ffffff")


def test_names_are_drawn_as_they_are() -> None:
    """No mathtext, no line breaks, no endless boxes."""
    cell = chain("$\\frac$", "two\nlines", "x" * 300)
    ax = draw_cell(cell)
    ax.figure.canvas.draw()
    (picture,) = architecture_pictures(cell)
    texts = [shape.text for shape in picture.shapes if shape.kind == "operation"]
    assert texts == ["$\\frac$", "two\N{REPLACEMENT CHARACTER}lines", f"{'x' * 12}…{'x' * 11}"]
    assert picture.size[0] < 250


def test_a_cell_without_a_path_can_be_drawn() -> None:
    (picture,) = architecture_pictures(chain("none", "none"))
    assert [shape.alive for shape in picture.shapes if shape.kind == "operation"] == [False] * 2


def test_wrong_graphs() -> None:
    with pytest.raises(InvalidArchitectureError, match="dag is too large to draw: 2001 operations"):
        draw_cell(chain(*["conv"] * 1000))
    cyclic = nx.DiGraph([(0, 1), (1, 0)])
    with pytest.raises(InvalidArchitectureError, match=r"dag, cell 1 carries no op"):
        draw_cell((chain("conv"), cyclic))
    with pytest.raises(InvalidArchitectureError, match="empty tuple: there is no cell to draw"):
        draw_cell(())
    with pytest.raises(TypeError, match=r"dag is a str; a networkx\.DiGraph is"):
        draw_cell("cell")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"importance": {(5, 6): 1.0}},
            r"value for \(5, 6\), which is not an operation of cell 0; its",
        ),
        ({"importance": [{}, {}, {}]}, "a mapping for each of the 2 cells"),
        ({"importance": {(0, 1): 1.0}}, "a mapping for each of the 2 cells"),
        ({"cell_names": ["normal"]}, r"\['normal'\] must have a name for each of the 2 cells"),
        ({"cell_names": "ab"}, "cell_names='ab' must have a name for each of the 2 cells"),
    ],
    ids=str,
)
def test_wrong_options(options: dict[str, Any], message: str) -> None:
    dag: Any = (chain("conv"), chain("conv"))
    if (5, 6) in options.get("importance", ()):
        dag = chain("conv")
    with pytest.raises(ValueError, match=message):
        draw_cell(dag, **options)


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r'^draw_cell needs matplotlib.*"tagates_sk\[plot\]"'):
        draw_cell(chain("conv"))
