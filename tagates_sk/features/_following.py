"""Paths from inputs to the output, followed through many cells at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._utils import Floats
from ..graphs import PackedGraphs
from ..graphs.packed import IntArray
from ._common import Edges, by_architecture, edges_of, parts

STATES = 2**20
"""Numbers that a part of a long sequence of architectures may take while paths are followed."""


class PathStatistics(NamedTuple):
    """Of the paths from inputs to the output of each cell, for each set of operations.

    Parameters
    ----------
    shortest, longest : ndarray of float, shape (n_rows, n_sets)
        Fewest and most operations on a path, -1 where there is no path.
    log_count : ndarray of float, shape (n_rows, n_sets)
        log(1 + number of paths).
    """

    shortest: Floats
    longest: Floats
    log_count: Floats


FAR = 2**29
"""Length of a path that there is not; twice it still fits into 32 bits."""


def path_statistics(packed: PackedGraphs, member: NDArray[np.bool_]) -> PathStatistics:
    """Follow the paths that use only some operations; wires are free for all and have length 0.

    Parameters
    ----------
    packed : PackedGraphs
    member : ndarray of bool, shape (n_operations, n_sets)
        Which operations are in which set.

    Returns
    -------
    PathStatistics
        A row for each cell.
    """
    nodes = by_architecture(packed, np.diff(packed.node_ptr).astype(float))
    chunks = [_follow(part, member) for part in parts(packed, nodes * member.shape[1], STATES)]
    return PathStatistics(*(np.concatenate(columns) for columns in zip(*chunks, strict=True)))


def _follow(packed: PackedGraphs, member: NDArray[np.bool_]) -> PathStatistics:
    n_sets = member.shape[1]
    unknown, unnamed = np.zeros((1, n_sets), dtype=bool), np.ones((3, n_sets), dtype=bool)
    allowed = np.concatenate([member, unknown, unnamed])  # negative codes index the last three
    length = np.concatenate([np.ones(len(member) + 1, dtype=np.int32), np.zeros(3, dtype=np.int32)])
    cost = np.where(allowed, length[:, None], FAR).astype(np.int32)

    n_nodes = len(packed.input_mark)
    shortest = np.full((n_nodes, n_sets), FAR, dtype=np.int32)
    longest = -shortest
    mantissa = np.zeros((n_nodes, n_sets))
    exponent = np.zeros((n_nodes, n_sets), dtype=np.int32)
    inputs = packed.input_mark >= 0
    shortest[inputs] = longest[inputs] = 0
    mantissa[inputs], exponent[inputs] = 0.5, 1

    edges = edges_of(packed)
    for chosen, first, v in by_destination(packed, edges):
        u, k = edges.src[chosen], edges.kind[chosen]
        nearest = np.minimum.reduceat(shortest[u] + cost[k], first, axis=0)
        shortest[v] = np.minimum(nearest, FAR)
        step = np.where(allowed[k], cost[k], -FAR)
        longest[v] = np.maximum(np.maximum.reduceat(longest[u] + step, first, axis=0), -FAR)
        add_up(mantissa, exponent, u, first, v, allowed[k])

    output = packed.node_ptr[1:] - 1
    near, far = shortest[output], longest[output]
    return PathStatistics(
        np.where(near < FAR, near, -1).astype(np.float64),
        np.where(far >= 0, far, -1).astype(np.float64),
        log_of_number(mantissa[output], exponent[output]),
    )


def by_destination(
    packed: PackedGraphs, edges: Edges
) -> Iterator[tuple[IntArray, IntArray, IntArray]]:
    """Edges into the second node of all cells, those into the third, and so on.

    Nodes are numbered in topological order, so all sources of a node are
    settled before it.

    Yields
    ------
    chosen : ndarray of int, shape (m,)
        Positions of the edges, those of a node side by side.
    first : ndarray of int, shape (n_nodes,)
        Where the edges of each node begin among these.
    v : ndarray of int, shape (n_nodes,)
        The nodes.
    """
    number = edges.dst - packed.node_ptr[edges.cell]
    order = np.argsort(number, kind="stable")
    bounds = run_starts(number[order])
    for a, b in pairwise([*bounds.tolist(), len(order)]):
        chosen = order[a:b]
        dst = edges.dst[chosen]
        first = run_starts(dst)
        yield chosen, first, dst[first]


def run_starts(values: IntArray) -> IntArray:
    """Where runs of equal values begin; np.diff takes several times as long for one graph."""
    begins = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=begins[1:])
    return np.flatnonzero(begins)


def run_lengths(starts: IntArray, n: int) -> IntArray:
    """Lengths of runs with these starts, the last of which ends at n."""
    lengths: IntArray = np.concatenate([starts[1:], [n]]) - starts
    return lengths


def add_up(
    mantissa: Floats,
    exponent: IntArray,
    u: IntArray,
    first: IntArray,
    v: IntArray,
    allowed: NDArray[np.bool_],
) -> Floats:
    """Numbers of paths to nodes v, from those to the sources u of their edges.

    A number is mantissa · 2^exponent: exact up to 2^53, and without overflow.
    The parts that edges contribute to their nodes' numbers are returned; those
    of a node are on one scale.
    """
    scale = np.maximum.reduceat(exponent[u], first, axis=0)
    per_edge = np.repeat(scale, run_lengths(first, len(u)), axis=0)
    terms: Floats = np.ldexp(mantissa[u], exponent[u] - per_edge) * allowed
    mantissa[v], more = np.frexp(np.add.reduceat(terms, first, axis=0))
    exponent[v] = np.where(mantissa[v] > 0, scale + more, 0)
    return terms


def log_of_number(mantissa: Floats, exponent: IntArray) -> Floats:
    """log(1 + number)."""
    exact = np.log1p(np.ldexp(mantissa, np.minimum(exponent, 1000)))
    huge = np.log(np.where(mantissa > 0, mantissa, 1.0)) + exponent * np.log(2.0)
    return np.where(exponent <= 1000, exact, huge)
