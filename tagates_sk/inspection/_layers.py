"""Layered layout of a graph: the order in each layer, coordinates, routes around vertices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

Point = tuple[float, float]
Edge = tuple[int, int]
Segment = tuple[str, tuple[Point, ...]]
"""A letter of SVG paths (M, L or C) and its points: one, one or three."""

_SIDE = 14.0
"""Distance of neighbours within a layer."""
_BETWEEN = 18.0
"""Smallest distance of layers."""
_SLOPE = 0.14
"""How much the distance of two layers grows with the widest edge between them."""
_PORTS = 12.0
"""Largest distance of edges that end at one side of a vertex."""
_SWEEPS = 12


class Layout(NamedTuple):
    """Positions of vertices and routes of edges; y grows downwards, x is symmetric about 0."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    routes: list[list[Segment]]
    """One for each edge."""


def layered_layout(layers: Sequence[int], sizes: Sequence[Point], edges: Sequence[Edge]) -> Layout:
    """Lay out a graph whose vertices have layers, by Sugiyama's method.

    An edge across several layers bends in each layer between, where it has a place of
    its own. So no edge touches a vertex other than its ends.

    Parameters
    ----------
    layers : sequence of n int
        Layer of each vertex, 0 on top.
    sizes : sequence of n (width, height)
        Sizes of the vertices, centred at their coordinates.
    edges : sequence of (int, int)
        Pairs of vertices, each from a layer to a lower one (a larger number).

    Returns
    -------
    Layout

    References
    ----------
    K. Sugiyama, S. Tagawa and M. Toda, Methods for visual understanding of
    hierarchical system structures, IEEE Transactions on Systems, Man, and
    Cybernetics 11(2), 1981.
    """
    chains, layer_of = _chains(layers, edges)
    links = [link for chain in chains for link in pairwise(chain)]
    rows = _ordered(layer_of, links)
    widths = np.zeros(len(layer_of))
    heights = np.zeros(len(layer_of))
    widths[: len(sizes)], heights[: len(sizes)] = np.reshape(sizes, (-1, 2)).T
    x = _abscissae(rows, widths, links, len(layers))
    tops, bottoms = _bands(rows, heights, links, x)
    y = (tops + bottoms)[layer_of] / 2
    ends = _ports(links, x, widths)
    routes = []
    for chain in chains:
        route: list[Segment] = []
        for a, b in pairwise(chain):
            (x_a, x_b), (low, high) = ends[a, b].pop(0), (bottoms[layer_of[a]], tops[layer_of[b]])
            start = (x_a, y[a] + heights[a] / 2 if a < len(layers) else tops[layer_of[a]])
            stop = (x_b, y[b] - heights[b] / 2 if b < len(layers) else tops[layer_of[b]])
            middle = (low + high) / 2
            route += [
                ("L" if route else "M", (start,)),
                ("L", ((x_a, low),)),
                ("C", ((x_a, middle), (x_b, middle), (x_b, high))),
                ("L", (stop,)),
            ]
        routes.append(route)
    n = len(layers)
    return Layout(x[:n], y[:n], routes)


def _chains(layers: Sequence[int], edges: Sequence[Edge]) -> tuple[list[list[int]], NDArray[Any]]:
    """The vertices along each edge, with bends numbered after vertices; and all layers."""
    layer_of = list(layers)
    chains = []
    for a, b in edges:
        chain = [a]
        for layer in range(layers[a] + 1, layers[b]):
            chain.append(len(layer_of))
            layer_of.append(layer)
        chains.append([*chain, b])
    return chains, np.array(layer_of, dtype=int)


def _ordered(layer_of: NDArray[Any], links: Sequence[Edge]) -> list[list[int]]:
    """The vertices of each layer, ordered for few crossings."""
    rows: list[list[int]] = [[] for _ in range(layer_of.max() + 1)]
    for v, layer in enumerate(layer_of):
        rows[layer].append(v)
    above, below = defaultdict(list), defaultdict(list)
    for a, b in links:
        above[b].append(a)
        below[a].append(b)
    best, fewest = rows, _crossings(rows, below)
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        neighbours = above if downwards else below
        rows = [list(row) for row in rows]
        order = range(1, len(rows)) if downwards else range(len(rows) - 2, -1, -1)
        for i in order:
            place = {v: k for k, v in enumerate(rows[i - 1 if downwards else i + 1])}
            own = {v: k for k, v in enumerate(rows[i])}
            near = {
                v: np.mean([place[u] for u in neighbours[v]]) if neighbours[v] else own[v]
                for v in rows[i]
            }
            rows[i].sort(key=lambda v, near=near: near[v])  # type: ignore[misc]
        _swap_neighbours(rows, above, below)
        found = _crossings(rows, below)
        if found < fewest:
            best, fewest = rows, found
    return best


def _swap_neighbours(rows: list[list[int]], above: Any, below: Any) -> None:
    """Swap neighbours as long as that removes crossings."""
    place = {v: k for row in rows for k, v in enumerate(row)}

    def crossed(left: int, right: int) -> int:
        return sum(
            place[a] > place[b]
            for side in (above, below)
            for a in side[left]
            for b in side[right]
        )  # fmt: skip

    improved = True
    while improved:
        improved = False
        for row in rows:
            for k in range(len(row) - 1):
                left, right = row[k], row[k + 1]
                if crossed(left, right) > crossed(right, left):
                    row[k], row[k + 1] = right, left
                    place[left], place[right] = k + 1, k
                    improved = True


def _crossings(rows: list[list[int]], below: Any) -> int:
    place = {v: k for row in rows for k, v in enumerate(row)}
    total = 0
    for row in rows:
        ends = [place[b] for a in row for b in sorted(below[a], key=place.__getitem__)]
        total += sum(e > f for i, e in enumerate(ends) for f in ends[i + 1 :])
    return total


def _abscissae(
    rows: list[list[int]], widths: NDArray[np.float64], links: Sequence[Edge], n_vertices: int
) -> NDArray[np.float64]:
    """Coordinates in the given order, with short edges and straight long ones.

    A least-squares problem in the first coordinate of each layer and the gaps
    to the right of it, which have a lower bound.
    """
    n = len(widths)
    to_x = np.zeros((n, n))
    lower = np.full(n, -np.inf)
    for row in rows:
        for k, v in enumerate(row):
            to_x[v, row[: k + 1]] = 1
            if k:
                lower[v] = (widths[row[k - 1]] + widths[v]) / 2 + _SIDE
    differences = np.zeros((len(links) + n, n))
    for e, (a, b) in enumerate(links):
        weight = (1.0, 2.0, 20.0)[(a >= n_vertices) + (b >= n_vertices)]
        differences[e, a], differences[e, b] = weight, -weight
    differences[len(links) :] = 0.03 * np.eye(n)  # parts without edges stay near the middle
    found = lsq_linear(differences @ to_x, np.zeros(len(links) + n), (lower, np.inf))
    x = to_x @ found.x
    left, right = (x - widths / 2).min(), (x + widths / 2).max()
    centred: NDArray[np.float64] = x - (left + right) / 2
    return centred


def _bands(
    rows: list[list[int]],
    heights: NDArray[np.float64],
    links: Sequence[Edge],
    x: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Top and bottom of each layer."""
    layer_of = {v: i for i, row in enumerate(rows) for v in row}
    widest = np.zeros(len(rows))
    for a, b in links:
        widest[layer_of[b]] = max(widest[layer_of[b]], abs(x[a] - x[b]))
    height = np.array([heights[row].max(initial=0.0) for row in rows])
    gap = _BETWEEN + _SLOPE * widest
    gap[0] = 0
    bottoms = np.cumsum(gap + height)
    return bottoms - height, bottoms


def _ports(
    links: Sequence[Edge], x: NDArray[np.float64], widths: NDArray[np.float64]
) -> dict[Edge, list[Point]]:
    """The x at which each link leaves and arrives; parallel links are spread out."""
    ends = [[x[a], x[b]] for a, b in links]
    for side in (0, 1):
        at = defaultdict(list)
        for e, link in enumerate(links):
            at[link[side]].append(e)
        for v, those in at.items():
            those.sort(key=lambda e: x[links[e][1 - side]])
            step = min(_PORTS, 0.6 * widths[v] / max(1, len(those) - 1))
            for k, e in enumerate(those):
                ends[e][side] += step * (k - (len(those) - 1) / 2)
    out = defaultdict(list)
    for link, (start, stop) in zip(links, ends, strict=True):
        out[link].append((start, stop))
    return out
