"""Tables of cells to packed operation graphs, without a Python loop over cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .operations import INPUT, OUTPUT
from .ordering import in_own_order
from .packed import IntArray, PackedGraphs, pointers

ABSENT = -9
"""Code of an edge or node that is not there (or has the operation "none")."""

Bools = NDArray[np.bool_]


def alive_nodes(adjacency: Bools, n_inputs: int) -> tuple[Bools, IntArray]:
    """Nodes on a path from an input to the last node, and their new numbers."""
    rows, V, _ = adjacency.shape
    reached = np.zeros((rows, V), dtype=bool)
    reached[:, :n_inputs] = True
    for v in range(n_inputs, V):
        reached[:, v] = (adjacency[:, :, v] & reached).any(axis=1)
    alive = np.zeros((rows, V), dtype=bool)
    alive[:, -1] = True
    for v in range(V - 2, -1, -1):
        alive[:, v] = reached[:, v] & (adjacency[:, v, :] & alive).any(axis=1)
    return alive, np.cumsum(alive, axis=1) - 1


def _marks(alive: Bools, n_inputs: int) -> IntArray:
    marks = np.full(alive.shape, -1)
    marks[:, :n_inputs] = np.arange(n_inputs)
    return marks[alive]


def pack_edge_cells(
    src: IntArray,
    dst: IntArray,
    code: IntArray,
    *,
    n_nodes: int,
    n_inputs: int,
    operations: Sequence[str],
    n_cells: int = 1,
) -> PackedGraphs:
    """Pack operation-on-edge cells given as tables of edges, pruned.

    Parameters
    ----------
    src, dst : ndarray of int, shape (rows, E) or (E,)
        End points of the edges. Nodes are numbered in topological order: the
        inputs first, the output last (``n_nodes - 1``).
    code : ndarray of int, shape (rows, E)
        Index in `operations`, ``WIRE``, or ``ABSENT``.
    n_nodes, n_inputs : int
        Number of nodes and of input nodes of every cell.
    operations : sequence of str
        The vocabulary, sorted.
    n_cells : int, default=1
        Consecutive rows that make one architecture.

    Returns
    -------
    PackedGraphs
    """
    rows = len(code)
    src = np.broadcast_to(src, code.shape)
    dst = np.broadcast_to(dst, code.shape)
    present = code != ABSENT
    row, column = np.nonzero(present)
    adjacency = np.zeros((rows, n_nodes, n_nodes), dtype=bool)
    adjacency[row, src[row, column], dst[row, column]] = True
    alive, number = alive_nodes(adjacency, n_inputs)
    kept = alive[row, src[row, column]] & alive[row, dst[row, column]]
    row, column = row[kept], column[kept]
    n_ops = np.bincount(row, minlength=rows)
    packed = PackedGraphs(
        operations=tuple(operations),
        n_cells=n_cells,
        on_node=np.zeros(rows, dtype=bool),
        node_ptr=pointers(alive.sum(axis=1)),
        n_inputs=alive[:, :n_inputs].sum(axis=1),
        input_mark=_marks(alive, n_inputs),
        op_ptr=pointers(n_ops),
        op_type=code[row, column].astype(np.int64),
        op_dst=number[row, dst[row, column]],
        edge_ptr=np.arange(len(row) + 1),
        edge_src=number[row, src[row, column]],
    )
    return in_own_order(packed)


def pack_node_cells(
    adjacency: Bools,
    code: IntArray,
    *,
    n_inputs: int,
    operations: Sequence[str],
    n_cells: int = 1,
) -> PackedGraphs:
    """Pack operation-on-node cells given as adjacency matrices, pruned.

    Parameters
    ----------
    adjacency : ndarray of bool, shape (rows, V, V)
        ``adjacency[r, i, j]`` says that cell r has the edge i → j. Nodes are in
        topological order: the inputs first, the output last. A cell with fewer
        nodes leaves rows and columns before the last one empty.
    code : ndarray of int, shape (rows, V)
        Index in `operations` or ``WIRE`` for inner nodes; what it says of
        inputs and output is not looked at.
    n_inputs : int
        Number of input nodes.
    operations : sequence of str
        The vocabulary, sorted.
    n_cells : int, default=1
        Consecutive rows that make one architecture.

    Returns
    -------
    PackedGraphs
    """
    rows = len(adjacency)
    alive, number = alive_nodes(adjacency, n_inputs)
    code = code.astype(np.int64)
    code[:, :n_inputs] = INPUT
    code[:, -1] = OUTPUT
    live = adjacency & alive[:, :, None] & alive[:, None, :]
    row, _, source = np.nonzero(live.transpose(0, 2, 1))
    packed = PackedGraphs(
        operations=tuple(operations),
        n_cells=n_cells,
        on_node=np.ones(rows, dtype=bool),
        node_ptr=pointers(alive.sum(axis=1)),
        n_inputs=alive[:, :n_inputs].sum(axis=1),
        input_mark=_marks(alive, n_inputs),
        op_ptr=pointers(alive.sum(axis=1)),
        op_type=code[alive],
        op_dst=number[alive],
        edge_ptr=pointers(live.sum(axis=1)[alive]),
        edge_src=number[row, source],
    )
    return in_own_order(packed)
