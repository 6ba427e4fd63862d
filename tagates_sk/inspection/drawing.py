"""Draw cells with matplotlib."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..graphs.foreign import echo
from ._matplotlib import pyplot
from ._palette import operation_color
from ._picture import ARROW, FONT_SIZE, Curve, Picture, Shape, architecture_pictures, is_single

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_APART = 30.0
_TITLE = 22.0
_COLORBAR = 80.0
_INK, _FADED, _TERMINAL = "#333333", "#999999", "#555555"


def draw_cell(
    dag: Any,
    ax: Axes | None = None,
    *,
    importance: Mapping[Hashable, float] | Sequence[Mapping[Hashable, float]] | None = None,
    cell_names: Sequence[str] | None = None,
    node_names: bool = False,
    cmap: Any = "PuOr",
) -> Axes:
    """Draw a cell, or the cells of an architecture side by side, layer by layer.

    Each operation, on an edge or on a node, is a box with its name, in the colour of
    :func:`operation_color`. Information flows from top to bottom. Parts that lie on no
    path from an input to the output are pale, including ``"none"`` operations. A dot is
    a node without operation.

    Parameters
    ----------
    dag : networkx.DiGraph, or tuple of them
        An architecture.
    ax : matplotlib Axes, default=None
        Where to draw; by default a new figure in which the text has 9 points.
        The drawing scales with the axes, including its text.
    importance : mapping or sequence of mappings, default=None
        Numbers by node, or by edge (with the key in a multigraph), to colour by
        instead; one mapping for each cell of a tuple.
    cell_names : sequence of str, default=None
        Titles of the cells of a tuple; ``"cell 0"`` and so on by default.
    node_names : bool, default=False
        Whether to write the names of nodes.
    cmap : str or matplotlib Colormap, default="PuOr"
        Colours of `importance`, symmetric about 0.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    InvalidArchitectureError
        If `dag` cannot be read, or is too large to draw.
    ValueError
        If `importance` names a place without operation, or the number of mappings or
        names differs from that of cells.

    See Also
    --------
    OperationImportanceDisplay : Computes and draws importance.
    export_html : Many architectures on one page.

    Examples
    --------
    >>> from tagates_sk.inspection import draw_cell
    >>> from tagates_sk.spaces import NASBench201
    >>> ax = draw_cell(NASBench201("nasbench201").to_dag((3, 3, 0, 1, 2, 4)))
    >>> ax.figure.savefig("cell.png")  # doctest: +SKIP
    """
    plt = pyplot("draw_cell")
    pictures = architecture_pictures(dag, node_names=node_names)
    single = is_single(dag)
    by_cell = _by_cell(importance, pictures, single)
    titles = _titles(cell_names, len(pictures), single)
    width = sum(picture.size[0] for picture in pictures) + _APART * (len(pictures) - 1)
    height = max(picture.size[1] for picture in pictures) + (_TITLE if titles else 0)
    if ax is None:
        beside = 0 if by_cell is None else _COLORBAR
        _, ax = plt.subplots(figsize=((width + beside) / 72, height / 72), layout="constrained")
    ax.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
    ax.set_axis_off()
    colors = None
    if by_cell is not None:
        colors = _symmetric_colors(plt, [v for cell in by_cell for v in cell.values()], cmap)
    left = 0.0
    for c, picture in enumerate(pictures):
        top = 0.0
        if titles:
            top = _TITLE
            center = (left + picture.size[0] / 2, _TITLE / 2)
            _draw_text(ax, titles[c], center, _INK, weight="bold")
        for curve in picture.curves:
            _draw_curve(ax, curve, (left, top))
        for shape in picture.shapes:
            fill = None
            if by_cell is not None and colors is not None and shape.place in by_cell[c]:
                fill = colors.to_rgba(by_cell[c][shape.place])
            _draw_shape(ax, shape, (left, top), fill, by_cell is not None)
        left += picture.size[0] + _APART
    if colors is not None:
        ax.figure.colorbar(colors, ax=ax, shrink=0.7, label="importance")
    return ax


def _by_cell(
    importance: Any, pictures: list[Picture], single: bool
) -> list[Mapping[Hashable, float]] | None:
    if importance is None:
        return None
    by_cell = [importance] if single else list(importance)
    if len(by_cell) != len(pictures) or not all(isinstance(cell, Mapping) for cell in by_cell):
        raise ValueError(
            f"importance must be a mapping for each of the {len(pictures)} cells of the "
            "architecture, from nodes or edges to numbers."
        )
    for c, (cell, picture) in enumerate(zip(by_cell, pictures, strict=True)):
        places = [shape.place for shape in picture.shapes if shape.kind == "operation"]
        unknown = [place for place in cell if place not in places]
        if unknown:
            raise ValueError(
                f"importance has a value for {echo(unknown[0])}, which is not an operation of cell "
                f"{c}; "
                f"its operations are at {places[:6]}{' and so on' if len(places) > 6 else ''}."
            )
    return by_cell


def _titles(names: Sequence[str] | None, n_cells: int, single: bool) -> list[str]:
    if names is None:
        return [] if single else [f"cell {c}" for c in range(n_cells)]
    if isinstance(names, str) or len(names) != n_cells:
        raise ValueError(
            f"cell_names={echo(names)} must have a name for each of the {n_cells} cells of the "
            "architecture."
        )
    return list(names)


def _symmetric_colors(plt: Any, values: list[float], cmap: Any) -> Any:
    most = max((abs(value) for value in values), default=0.0) or 1.0
    return plt.cm.ScalarMappable(plt.Normalize(-most, most), cmap)


def _draw_curve(ax: Any, curve: Curve, origin: tuple[float, float]) -> None:
    from matplotlib.patches import PathPatch, Polygon
    from matplotlib.path import Path

    codes = {"M": [Path.MOVETO], "L": [Path.LINETO], "C": [Path.CURVE4] * 3}
    points = np.array([p for _, segment in curve.segments for p in segment]) + origin
    tip = points[-1].copy()
    points[-1, 1] -= ARROW * 0.8  # the line ends inside the head
    color = _INK if curve.alive else _FADED
    path = Path(points, [code for kind, _ in curve.segments for code in codes[kind]])
    style = "-" if curve.alive else (0, (3, 2))
    line = PathPatch(path, fill=False, edgecolor=color, linewidth=1.0, linestyle=style, gid="edge")
    ax.add_patch(line)
    head = tip + np.array([(0, 0), (-ARROW * 0.45, -ARROW), (ARROW * 0.45, -ARROW)])
    ax.add_patch(Polygon(head, facecolor=color, edgecolor="none"))


def _draw_shape(
    ax: Any, shape: Shape, origin: tuple[float, float], fill: Any, by_importance: bool
) -> None:
    from matplotlib.patches import Circle, FancyBboxPatch

    (x, y), (width, height) = np.add(shape.center, origin), shape.size
    edge = _INK if shape.alive else _FADED
    if not shape.text:
        ax.add_patch(Circle((x, y), width / 2, facecolor=edge, edgecolor="none", gid="node"))
        return
    text = edge
    if shape.kind in ("input", "output"):
        fill, text = (_TERMINAL, "white") if shape.alive else ("white", _FADED)
    elif fill is not None:
        text = "white" if np.dot(fill[:3], (0.299, 0.587, 0.114)) < 0.5 else _INK
    elif shape.kind == "node" or not shape.alive or by_importance:
        fill = "white"
    else:
        fill = operation_color(shape.name)
    rounding = height / 2 if shape.kind != "operation" else 4.0
    box = FancyBboxPatch(
        (x - width / 2, y - height / 2), width, height,
        boxstyle=f"round,pad=0,rounding_size={rounding}", facecolor=fill, edgecolor=edge,
        linewidth=1.0, linestyle="-" if shape.alive else (0, (3, 2)), gid=shape.kind,
    )  # fmt: skip
    ax.add_patch(box)
    _draw_text(ax, shape.text, (x, y), text)


def _draw_text(
    ax: Any, text: str, center: tuple[float, float], color: str, weight: str = "normal"
) -> None:
    """A text that scales with the axes, unlike matplotlib's Text."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.patches import PathPatch
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    escaped = text.replace("$", r"\$")
    font = FontProperties(family="DejaVu Sans", weight=weight)
    path = TextPath((0, 0), escaped, size=FONT_SIZE, prop=font)
    if not len(path.vertices):
        return
    box = path.get_extents()
    x, y = center
    # The y axis points downwards; all texts share a baseline, whatever their descenders.
    placed = Affine2D().scale(1, -1).translate(x - (box.x0 + box.x1) / 2, y + 0.36 * FONT_SIZE)
    ax.add_patch(PathPatch(placed.transform_path(path), color=color, linewidth=0, gid="text"))
