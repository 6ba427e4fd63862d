"""Write ranked cells to one self-contained HTML page."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping, Sequence
from html import escape
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_array, column_or_1d

from .._utils import replacing
from ..graphs import read_architectures
from ._page import SCRIPT, STYLE
from ._picture import Picture, architecture_pictures
from ._svg import svg

LARGEST = 64 * 2**20
"""Most bytes of a page: browsers take too long to open larger ones."""


def export_html(
    architectures: Any,
    scores: ArrayLike,
    path: str | os.PathLike[str],
    *,
    names: Sequence[str] | None = None,
    columns: Mapping[str, Sequence[Any]] | None = None,
    top: int | None = 500,
    title: str = "Ranked architectures",
) -> Path:
    """Write a page to browse architectures by their scores.

    The page works offline and needs no other file. You can sort its columns, search
    names and operations, and enlarge drawings, by mouse or keyboard. It follows the
    reader's light or dark setting.

    Parameters
    ----------
    architectures : sequence of n networkx.DiGraph, or of tuples of them
    scores : array-like of float, shape (n,)
        Higher is better; rank 1 is the highest.
    path : str or path-like
        The file to write. An existing one is kept if writing fails.
    names : sequence of n str, default=None
        Names of the architectures; by default their indices.
    columns : mapping of str to sequence of n values, default=None
        More columns, such as measured accuracies. Numbers are sorted as numbers, with
        NaN last.
    top : int, default=500
        How many of the best to write; None for all. A page has at most 64 MB: 10,000
        cells of NAS-Bench-201 take 42 MB and over a minute, pairs of DARTS cells three
        times as much.
    title : str, default="Ranked architectures"
        Heading of the page.

    Returns
    -------
    pathlib.Path
        The path of the page.

    Raises
    ------
    InvalidArchitectureError
        If an architecture cannot be read, or is too large to draw.
    ValueError
        If lengths differ, a score is not finite, `top` is not positive, or the page
        would be larger than 64 MB.
    OSError
        If the file cannot be written, or `path` is a folder, pipe or device.

    See Also
    --------
    draw_cell : Draws a single architecture with matplotlib.

    Examples
    --------
    >>> from tagates_sk.inspection import export_html
    >>> from tagates_sk.spaces import NASBench201
    >>> cells = NASBench201().sample(3, random_state=0)
    >>> export_html(cells, [0.3, 0.9, 0.5], "cells.html").name  # doctest: +SKIP
    'cells.html'
    """
    read_architectures(architectures)
    n = len(architectures)
    values = column_or_1d(
        check_array(scores, ensure_2d=False, dtype=np.float64, input_name="scores")
    )
    labels = [str(i) for i in range(n)] if names is None else list(map(str, names))
    extra = {str(name): list(column) for name, column in (columns or {}).items()}
    for what, given in [("scores", values), ("names", labels), *extra.items()]:
        if len(given) != n:
            raise ValueError(f"{what} has {len(given)} elements for {n} architectures.")
    if top is not None and top < 1:
        raise ValueError(f"top={top} must be at least 1, or None for all architectures.")
    order = np.argsort(-values, kind="stable")[:top]
    kinds = {name: _is_numeric(column) for name, column in extra.items()}
    rows: list[str] = []
    size = 0
    for rank, i in enumerate(order, start=1):
        pictures = architecture_pictures(architectures[int(i)], f"architectures[{i}]")
        more = [(column[i], kinds[name]) for name, column in extra.items()]
        rows.append(_row(rank, labels[i], values[i], more, pictures))
        size += len(rows[-1])
        if size > LARGEST:
            raise ValueError(
                f"The page would be larger than {LARGEST // 2**20} MB: {rank - 1:,} of "
                f"{len(order):,} architectures fit. Set top={max(rank - 1, 1)}, or write several "
                "pages."
            )
    page = _page(title, n, kinds, rows)
    with replacing(path) as file:
        # Half of a surrogate pair is legal in a name but cannot be encoded.
        file.write(page.encode(errors="backslashreplace"))
    return Path(path)


def _is_numeric(column: list[Any]) -> bool:
    return all(isinstance(v, (int, float, np.number)) and not isinstance(v, bool) for v in column)


def _row(
    rank: int, name: str, score: float, more: list[tuple[Any, bool]], pictures: list[Picture]
) -> str:
    operations = [
        [s.name for s in picture.shapes if s.kind == "operation" and s.alive]
        for picture in pictures
    ]
    listed = [_counted(cell) for cell in operations]
    drawings = "".join(
        svg(picture, f"Cell {c}: {ops}" if len(pictures) > 1 else ops)
        for c, (picture, ops) in enumerate(zip(pictures, listed, strict=True))
    )
    text = " ".join([name, *chain(*operations), *(str(v) for v, number in more if not number)])
    title = f"{name}: rank {rank}, score {_shown(score)}"
    return (
        f'<tr data-rank="{rank}" data-text="{escape(text.lower())}" data-title="{escape(title)}">'
        f"{_cell(rank, True)}"
        f'<th scope="row" data-value="{escape(name)}">{escape(name)}</th>'
        f"{_cell(score, True)}{''.join(_cell(value, number) for value, number in more)}"
        f'<td class="operations">{"<br>".join(map(escape, listed))}</td>'
        f'<td><button type="button" class="draw" aria-haspopup="dialog" '
        f'aria-label="Enlarge {escape(name)}">{drawings}</button></td></tr>\n'
    )


def _counted(operations: list[str]) -> str:
    counts = {op: operations.count(op) for op in sorted(operations)}
    return ", ".join(op if n == 1 else f"{n} {op}" for op, n in counts.items()) or "no operation"


def _cell(value: Any, number: bool) -> str:
    if not number:
        return f'<td data-value="{escape(str(value))}">{escape(str(value))}</td>'
    if not np.isfinite(value):
        return '<td class="number" data-value="">–</td>'
    return f'<td class="number" data-value="{value}">{_shown(value)}</td>'


def _shown(value: Any) -> str:
    return f"{value:,}" if isinstance(value, (int, np.integer)) else f"{value:.4g}"


def _heading(name: str, number: bool, order: str = "none", first: str = "descending") -> str:
    kind = ' class="number"' if number else ""
    return (
        f'<th scope="col"{kind} aria-sort="{order}" data-first="{first}">'
        f'<button type="button" class="sort">{escape(name)}</button></th>'
    )


def _page(title: str, n: int, kinds: Mapping[str, bool], rows: list[str]) -> str:
    headings = [
        _heading("Rank", True, "ascending", "ascending"),
        _heading("Name", False, first="ascending"),
        _heading("Score", True),
        *(_heading(k, number, first="descending" if number else "ascending")
          for k, number in kinds.items()),
        '<th scope="col" class="operations">Operations</th><th scope="col">Drawing</th>',
    ]  # fmt: skip
    number = f"{n:,} architectures" if n == len(rows) else f"The best {len(rows):,} of {n:,}"
    # Only this script can run, whatever the names on the page.
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
<p>{number}, the highest score first. Pale parts of a drawing lie on no path from an input to
the output.</p>
<div class="tools">
<label>Search in names and operations
<input type="search" id="search" autocomplete="off" aria-controls="rows"></label>
<output id="shown" for="search">{len(rows)} of {len(rows)} shown</output>
</div>
<div class="table" role="region" aria-label="Architectures" tabindex="0">
<table>
<thead><tr>{"".join(headings)}</tr></thead>
<tbody id="rows">
{"".join(rows)}</tbody>
</table>
</div>
</main>
<dialog aria-labelledby="enlarged">
<h2 id="enlarged"></h2>
<nav aria-label="Architectures">
<button type="button" data-step="-1">Previous</button>
<button type="button" data-step="1">Next</button>
<button type="button" value="close">Close</button>
</nav>
<div class="cells"></div>
</dialog>
<script>{SCRIPT}</script>
</body>
</html>
"""
