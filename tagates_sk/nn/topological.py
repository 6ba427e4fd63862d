"""Index tables of sweeps through a batch of graphs, along the edges and against them.

A sweep computes the nodes of one topological level of all graphs at once. In its
order nodes are sorted by level, and operations by the node that they write, so
that what a level writes is a slice, and each edge is read once.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..graphs.packed import IntArray, PackedGraphs, pointers, ragged_positions

N_PLACES = 8
"""Places between input and output that are told apart."""


class Gather(NamedTuple):
    """Sums over chosen rows.

    Parameters
    ----------
    rows : Tensor of int
        The summands of all sums.
    offsets : Tensor of int or None
        Where the summands of each sum begin; None where each has one.
    """

    rows: Tensor
    offsets: Tensor | None

    def __call__(self, x: Tensor) -> Tensor:
        """The sums, one a row."""
        if self.offsets is None:
            return x.index_select(0, self.rows)
        if len(self.rows) == 0:
            return x.new_zeros(len(self.offsets), x.shape[1])
        return torch.embedding_bag(x, self.rows, self.offsets, False, 0, False)[0]


class Level(NamedTuple):
    """A step of a sweep: nodes of which everything before is known.

    Parameters
    ----------
    nodes, operations : slice
        The nodes, and the operations that write them.
    reads : Gather
        Operations ← nodes of earlier levels.
    arrivals : Gather or None
        Nodes ← operations, counted from the slice's first; None where they are
        one to one.
    written : Tensor of int or None
        The node that each operation writes, counted from the slice's first; None
        where they are one to one.
    """

    nodes: slice
    operations: slice
    reads: Gather
    arrivals: Gather | None
    written: Tensor | None


class SweepTables(NamedTuple):
    """One sweep over a batch.

    Parameters
    ----------
    n_start : int
        How many nodes have nothing before them; they come first.
    levels : list of Level
        The others.
    readers : list of Gather
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
    arrivals : Gather or None
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
    readers: list[Gather]
    operations: Tensor
    place: Tensor
    nodes: Tensor
    node_place: Tensor
    arrivals: Gather | None
    n_arrivals: Tensor
    written: Tensor
    root: Tensor
    location: Tensor


class Sweeps(NamedTuple):
    """Both sweeps over a batch, whose nodes are numbered cell by cell.

    Parameters
    ----------
    forward, backward : SweepTables
        Along the edges, and against them.
    start_code : Tensor of int, shape (forward.n_start,)
        Row in the table of initial states of each node that starts a forward sweep.
    outputs : Tensor of int, shape (n_cells,)
        The output node of each cell.
    inner : Tensor of int
        The nodes that are no inputs.
    inner_in : Tensor of int, shape (n_cells,)
        How many each cell has.
    destination, back_destination : Tensor of int, shape (n_ops,)
        The node that each operation writes, along the edges and against them.
    """

    forward: SweepTables
    backward: SweepTables
    start_code: Tensor
    outputs: Tensor
    inner: Tensor
    inner_in: Tensor
    destination: Tensor
    back_destination: Tensor


class TopologicalOrder:
    """Tables of any choice of some architectures, whose levels are found once.

    Parameters
    ----------
    packed : PackedGraphs
        With the fitted vocabulary.
    """

    def __init__(self, packed: PackedGraphs) -> None:
        self.packed = packed
        n_ops = np.diff(packed.op_ptr)
        self._cell_of_op = np.repeat(np.arange(len(n_ops)), n_ops)
        n_edges = np.diff(packed.edge_ptr)
        local = np.repeat(packed.op_dst, n_edges)
        base = np.repeat(packed.node_ptr[self._cell_of_op], n_edges)
        src, dst = packed.edge_src + base, local + base
        n = len(packed.input_mark)
        # Within a cell nodes are numbered in topological order.
        self._ahead = _longest(src, dst, local, n)
        self._behind = _longest(dst, src, -packed.edge_src, n)

    def tables(
        self,
        rows: IntArray,
        position: IntArray,
        n_marks: int,
        device: str | torch.device = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> Sweeps:
        """Tables of both sweeps over some architectures.

        Parameters
        ----------
        rows : ndarray of int
            The architectures, each once.
        position : ndarray of int, shape (n_ops,)
            Where the operations of the batch stand in the packed arrays, in the
            order of the batch.
        n_marks : int
            Number of inputs that are told apart.
        device : str or torch.device
        dtype : torch.dtype
            Of whatever is no index.

        Returns
        -------
        Sweeps
        """
        packed, device = self.packed, torch.device(device)
        cells = packed.cells_of(rows)
        first = packed.node_ptr[cells]
        nodes_in = packed.node_ptr[cells + 1] - first
        base = pointers(nodes_in)
        n = int(base[-1])
        nodes = ragged_positions(first, nodes_in)
        owner = np.repeat(np.arange(len(cells)), nodes_in)
        place = np.zeros(len(packed.n_inputs), dtype=np.int64)
        place[cells] = np.arange(len(cells))
        cell_of_op = place[self._cell_of_op[position]]

        dst = base[cell_of_op] + packed.op_dst[position]
        edges_in = packed.edge_ptr[position + 1] - packed.edge_ptr[position]
        reader = np.repeat(np.arange(len(position)), edges_in)
        sources = packed.edge_src[ragged_positions(packed.edge_ptr[position], edges_in)]
        src = base[cell_of_op[reader]] + sources
        # Backward, an operation on an edge reads its destination and writes its
        # source; one on a node reads the node's successors and writes the node.
        on_node = packed.on_node[cells][cell_of_op]
        at = np.zeros(n, dtype=np.int64)
        at[dst[on_node]] = np.flatnonzero(on_node)
        back_reader = np.where(on_node[reader], at[src], reader)
        on_edge = ~on_node[reader]
        back_dst = dst.copy()
        back_dst[reader[on_edge]] = src[on_edge]

        ahead, behind = self._ahead[nodes], self._behind[nodes]
        location = _between(ahead, behind)
        forward = _sweep(ahead, reader, src, dst, location, device, dtype)
        marks = packed.input_mark[nodes]
        kind = np.arange(len(cells)) % packed.n_cells
        augmentation = None if packed.training is None else packed.training.augmentation
        if augmentation is not None:
            kind += np.repeat(augmentation[rows], packed.n_cells) * packed.n_cells
        code = kind[owner] * (n_marks + 1) + np.where(marks < 0, n_marks, marks)
        starts = np.argsort(ahead, kind="stable")[: forward.n_start]
        return Sweeps(
            forward,
            _sweep(behind, back_reader, dst[reader], back_dst, location, device, dtype),
            _tensor(code[starts], device),
            _tensor(base[1:] - 1, device),
            _tensor(np.flatnonzero(marks < 0), device),
            _tensor(nodes_in - packed.n_inputs[cells], device),
            _tensor(dst, device),
            _tensor(back_dst, device),
        )


def _longest(src: IntArray, dst: IntArray, rank: IntArray, n_nodes: int) -> IntArray:
    """Edges on the longest path to each node; `rank` sorts edges by their destination."""
    level = np.zeros(n_nodes, dtype=np.int64)
    order = np.argsort(rank, kind="stable")
    for edges in np.split(order, np.flatnonzero(np.diff(rank[order])) + 1):
        np.maximum.at(level, dst[edges], level[src[edges]] + 1)
    return level


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
    location: NDArray[np.float64],
    device: torch.device,
    dtype: torch.dtype,
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

    by_operation = _gathers(reads, read, op_bounds, device)
    readers = _gathers(read, reads, node_bounds, device)
    arrivals = _gathers(written, np.arange(k) - since(op_bounds), node_bounds, device)
    local = _tensor(written - since(node_bounds), device)
    levels = [
        Level(
            slice(int(node_bounds[i]), int(node_bounds[i + 1])),
            slice(int(op_bounds[i]), int(op_bounds[i + 1])),
            by_operation[i],
            None if arrivals[i].offsets is None else arrivals[i],
            None if arrivals[i].offsets is None else local[op_bounds[i] : op_bounds[i + 1]],
        )
        for i in range(1, len(node_bounds) - 1)
    ]
    n_start = int(node_bounds[1])
    ends = np.array([n_start, n])
    everything = _gathers(written, np.arange(k), ends, device)[0]
    arriving = np.bincount(written[reads], minlength=n)[written]
    return SweepTables(
        n_start,
        levels,
        readers,
        _tensor(operations, device),
        _tensor(place, device),
        _tensor(nodes, device),
        _tensor(node_place, device),
        None if everything.offsets is None else everything,
        _tensor(np.diff(writers)[n_start:], device),
        _tensor(written - n_start, device),
        _tensor(1 / np.sqrt(arriving)[:, None], device).to(dtype),
        _tensor(location[dst], device).to(dtype),
    )


def _tensor(array: NDArray[Any], device: torch.device) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array)).to(device, non_blocking=True)


def _inverse(order: IntArray, n: int, absent: int = 0) -> IntArray:
    """Place of each of n numbers in `order`."""
    place = np.full(n, absent, dtype=np.int64)
    place[order] = np.arange(len(order))
    return place


def _gathers(
    key: IntArray, value: IntArray, bounds: IntArray, device: torch.device
) -> list[Gather]:
    """For each slice between `bounds` the sums, for each key in it, over rows `value`."""
    order = np.argsort(key, kind="stable")
    count: NDArray[np.integer] = np.bincount(key, minlength=int(bounds[-1]))
    ptr = pointers(count)
    starts = ptr[bounds]
    local = ptr[bounds[0] : bounds[-1]] - np.repeat(starts[:-1], np.diff(bounds))
    summands, offsets = _tensor(value[order], device), _tensor(local, device)
    out = []
    for a, b, low, high in zip(bounds[:-1], bounds[1:], starts[:-1], starts[1:], strict=True):
        single = high - low == b - a and bool((count[a:b] == 1).all())
        inside = offsets[a - bounds[0] : b - bounds[0]]
        out.append(Gather(summands[low:high], None if single else inside))
    return out
