"""Pictures of cells as SVG; their colours follow those of the page."""

from __future__ import annotations

from html import escape

from ._palette import operation_color
from ._picture import ARROW, FONT_SIZE, Curve, Picture, Shape

STYLE = """\
.cell { font: 9px "DejaVu Sans", Verdana, Arial, sans-serif; text-anchor: middle; }
.cell path { fill: none; stroke: currentColor; }
.cell polygon, .cell circle { fill: currentColor; }
.cell rect { stroke: currentColor; }
.cell .operation text { fill: #222; }
.cell .input rect, .cell .output rect { fill: var(--terminal); }
.cell .input text, .cell .output text { fill: var(--page); }
.cell .dead { opacity: 0.55; }
.cell .dead path, .cell .dead rect { stroke-dasharray: 3 2; }
.cell .dead rect { fill: none; }
.cell .dead text { fill: currentColor; }
"""
"""CSS of the drawings; the page sets `--terminal` and `--page`."""


def svg(picture: Picture, title: str) -> str:
    """Write a picture as an ``<svg>`` element for an HTML page.

    Parameters
    ----------
    picture : Picture
    title : str
        A description, for people who cannot see it.

    Returns
    -------
    str
        All names in it are escaped.
    """
    width, height = (f"{length:.0f}" for length in picture.size)
    inside = "".join(map(_curve, picture.curves)) + "".join(map(_shape, picture.shapes))
    return (
        f'<svg class="cell" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(title)}">{inside}</svg>'
    )


def _group(kind: str, alive: bool, inside: str) -> str:
    return f'<g class="{kind}{"" if alive else " dead"}">{inside}</g>'


def _curve(curve: Curve) -> str:
    *before, (_, ((x, y),)) = curve.segments
    # The line ends inside the arrowhead.
    segments = [*before, ("L", ((x, y - 0.8 * ARROW),))]
    d = "".join(kind + " ".join(f"{a:.1f},{b:.1f}" for a, b in points) for kind, points in segments)
    left, right, top = x - 0.45 * ARROW, x + 0.45 * ARROW, y - ARROW
    head = f"{x:.1f},{y:.1f} {left:.1f},{top:.1f} {right:.1f},{top:.1f}"
    return _group("edge", curve.alive, f'<path d="{d}"/><polygon points="{head}"/>')


def _shape(shape: Shape) -> str:
    (x, y), (width, height) = shape.center, shape.size
    if shape.kind == "node":
        return _group(
            "node", shape.alive, f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{width / 2:.1f}"/>'
        )
    operation = shape.kind == "operation"
    fill = f' fill="{operation_color(shape.name)}"' if operation and shape.alive else ""
    rounding = 4 if operation else height / 2
    full = f"<title>{escape(shape.name)}</title>" if shape.text != shape.name else ""
    return _group(
        shape.kind,
        shape.alive,
        f'{full}<rect x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}" rx="{rounding:.0f}"{fill}/>'
        f'<text x="{x:.1f}" y="{y + 0.36 * FONT_SIZE:.1f}">{escape(shape.text)}</text>',
    )
