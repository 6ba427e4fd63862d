"""Index tables of sweeps through a batch of graphs, along the edges and against them.

A sweep computes the nodes of one topological level of all graphs at once. In its
order nodes are sorted by level, and operations by the node that they write, so
that what a level writes is a slice, and each edge is read once.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray
from torch import Tensor

from ..graphs.packed import IntArray, pointers, ragged_positions
from .sparse import Device, RowSums, as_tensor

Flow = tuple[IntArray, IntArray, IntArray]
"""What each operation reads and writes: reader, src and dst."""

N_PLACES = 8
"""Places between input and output that are told apart."""


class Level(NamedTuple):
    """A step of a sweep: nodes of which everything before is known.

    Parameters
    ----------
    nodes, operations : slice
        The nodes, and the operations that write them.
    reads : RowSums
        Operations ← nodes of earlier levels.
    arrivals : RowSums or None
        Nodes ← operations, counted from the slice's first; None where they are
        one to one.
    written : Tensor of int or None
        The node that each operation writes, counted from the slice's first; None
        where they are one to one.
    """

    nodes: slice
    operations: slice
    reads: RowSums
    arrivals: RowSums | None
    written: Tensor | None


class SweepTables(NamedTuple):
    """One sweep over a batch.

    Parameters
    ----------
    n_start : int
        How many nodes have nothing before them; they come first.
    levels : list of Level
        The others.
    readers : list of RowSums
        Of the nodes that start, and of each level's: nodes ← operations that
        read them.
    operations : Tensor of int
        The sweep's operations, in its order, as numbers in the batch.
    place : Tensor of int, shape (n_ops,)
        The inverse; ``len(operations)`` for those that read nothing.
    nodes : Tensor of int, shape (n_nodes,)
        Nodes in the sweep's order, as numbers in the batch.
    node_place : Tensor of int, shape (n_nodes,)
        The inverse.
    arrivals : RowSums or None
        Nodes that do not start ← operations; None where they are one to one.
    n_arrivals : Tensor of int, shape (n_nodes - n_start,)
        How many operations write each.
    written : Tensor of int, shape (len(operations),)
        The node that each operation writes, counted from the first that does not start.
    root : Tensor, shape (len(operations), 1)
        One over the root of the number of supports that arrive where each
        operation writes.
    location : Tensor, shape (n_ops, N_PLACES)
        Where on the way from input to output the node is that each operation
        writes: weights of the two nearest of evenly spaced places.
    """

    n_start: int
    levels: list[Level]
    readers: list[RowSums]
    operations: Tensor
    place: Tensor
    nodes: Tensor
    node_place: Tensor
    arrivals: RowSums | None
    n_arrivals: Tensor
    written: Tensor
    root: Tensor
    location: Tensor


class Sweeps(NamedTuple):
    """Both sweeps over a batch.

    Parameters
    ----------
    forward, backward : SweepTables
        Along the edges, and against them.
    start_code : Tensor of int, shape (forward.n_start,)
        Row in the table of initial states of each node that starts a forward sweep.
    """

    forward: SweepTables
    backward: SweepTables
    start_code: Tensor

    @classmethod
    def of(
        cls,
        ahead: IntArray,
        behind: IntArray,
        code: IntArray,
        forward: Flow,
        backward: Flow,
        device: Device,
        dtype: DTypeLike,
    ) -> Sweeps:
        """Tables of both sweeps.

        Parameters
        ----------
        ahead, behind : ndarray of int, shape (n_nodes,)
            Edges on the longest path from an input to each node, and from there
            to the output.
        code : ndarray of int, shape (n_nodes,)
            Row of each node in the table of initial states.
        forward, backward : tuple of three ndarrays of int
            Operation `reader[i]` reads the node `src[i]`, and operation m writes
            the node `dst[m]`.
        device : str or torch.device
        dtype : numpy dtype
            Of whatever is no index.
        """
        location = _between(ahead, behind).astype(dtype)
        there = _sweep(ahead, *forward, location, device)
        starts = np.argsort(ahead, kind="stable")[: there.n_start]
        back = _sweep(behind, *backward, location, device)
        return cls(there, back, as_tensor(code[starts], device))


def _between(ahead: IntArray, behind: IntArray) -> NDArray[np.float64]:
    """Weights of the two places nearest to each node, by the longest paths to and from it."""
    place = ahead / np.maximum(ahead + behind, 1) * (N_PLACES - 1)
    weights: NDArray[np.float64] = np.maximum(0, 1 - abs(place[:, None] - np.arange(N_PLACES)))
    return weights


def _sweep(
    level: IntArray,
    reader: IntArray,
    src: IntArray,
    dst: IntArray,
    location: NDArray[Any],
    device: Device,
) -> SweepTables:
    """Tables of a sweep in which operation `reader[i]` reads `src[i]`, and m writes `dst[m]`."""
    n = len(level)
    nodes = np.argsort(level, kind="stable")
    node_place = _inverse(nodes, n)
    node_bounds = pointers(np.bincount(level))
    takes_part = np.flatnonzero(level[dst] > 0)
    operations = takes_part[np.argsort(node_place[dst[takes_part]], kind="stable")]
    k = len(operations)
    place = _inverse(operations, len(dst), absent=k)
    written = node_place[dst[operations]]
    writers = pointers(np.bincount(written, minlength=n))
    op_bounds = writers[node_bounds]
    reads, read = place[reader], node_place[src]
    assert (reads < k).all()

    def since(bounds: IntArray) -> IntArray:
        """Where the level of each operation begins."""
        return np.repeat(bounds[:-1], np.diff(op_bounds))

    by_operation = _row_sums(reads, read, op_bounds, device)
    readers = _row_sums(read, reads, node_bounds, device)
    arrivals = _row_sums(written, np.arange(k) - since(op_bounds), node_bounds, device)
    local = as_tensor(written - since(node_bounds), device)
    levels = [
        Level(
            slice(int(node_bounds[i]), int(node_bounds[i + 1])),
            slice(int(op_bounds[i]), int(op_bounds[i + 1])),
            by_operation[i],
            None if arrivals[i].ptr is None else arrivals[i],
            None if arrivals[i].ptr is None else local[op_bounds[i] : op_bounds[i + 1]],
        )
        for i in range(1, len(node_bounds) - 1)
    ]
    n_start = int(node_bounds[1])
    ends = np.array([n_start, n])
    everything = _row_sums(written, np.arange(k), ends, device)[0]
    arriving = np.bincount(written[reads], minlength=n)[written]
    return SweepTables(
        n_start,
        levels,
        readers,
        as_tensor(operations, device),
        as_tensor(place, device),
        as_tensor(nodes, device),
        as_tensor(node_place, device),
        None if everything.ptr is None else everything,
        as_tensor(np.diff(writers)[n_start:], device),
        as_tensor(written - n_start, device),
        as_tensor((1 / np.sqrt(arriving)[:, None]).astype(location.dtype), device),
        as_tensor(location[dst], device),
    )


def _inverse(order: IntArray, n: int, absent: int = 0) -> IntArray:
    """Place of each of n numbers in `order`."""
    place = np.full(n, absent, dtype=np.int64)
    place[order] = np.arange(len(order))
    return place


def _row_sums(key: IntArray, value: IntArray, bounds: IntArray, device: Device) -> list[RowSums]:
    """For each slice between `bounds` the sums, for each key in it, over rows `value`."""
    order = np.argsort(key, kind="stable")
    count: NDArray[np.integer[Any]] = np.bincount(key, minlength=int(bounds[-1]))
    ptr, keys_in = pointers(count), np.diff(bounds)
    starts = ptr[bounds]
    inside = ptr[ragged_positions(bounds[:-1], keys_in + 1)] - np.repeat(starts[:-1], keys_in + 1)
    col, local = as_tensor(value[order], device), as_tensor(inside, device)
    out = []
    for i, (a, b) in enumerate(pairwise(bounds.tolist())):
        low, high = starts[i : i + 2].tolist()
        single = high - low == b - a and bool((count[a:b] == 1).all())
        first = a - int(bounds[0]) + i
        out.append(RowSums(col[low:high], None if single else local[first : first + b - a + 1]))
    return out
