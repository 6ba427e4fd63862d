"""How the operations of a cell lie to each other: before, behind, or beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .operations import IDENTITY_OPERATIONS
from .packed import IntArray, PackedGraphs, pointers, ragged_positions
from .vertices import Vertices, vertices_of

APART, SELF, BEFORE, EARLIER, BEHIND, LATER = range(6)
"""No path between them; the same; source; further up; reader; further down."""
N_RELATIONS = 6


class DenseCells(NamedTuple):
    """Cells of a batch as matrices, padded to the largest of them.

    Parameters
    ----------
    label : ndarray of int, shape (n_cells, M)
        Labels of the vertices, as in :class:`~tagates_sk.graphs.vertices.Vertices`.
    relation : ndarray of int8, shape (n_cells, M, M)
        What vertex j is to vertex i; padding is related to itself only.
    present : ndarray of bool, shape (n_cells, M)
        Whether there is a vertex.
    """

    label: IntArray
    relation: NDArray[np.int8]
    present: NDArray[np.bool_]


@dataclass(frozen=True)
class Relations:
    """Relations between the vertices of many cells, without padding.

    Parameters
    ----------
    size : ndarray of int, shape (n_rows,)
        Vertices of each cell.
    label : ndarray of int, shape (size.sum(),)
        Labels of the vertices; identity operations are wires.
    relation : ndarray of int8, shape ((size ** 2).sum(),)
        A square matrix a cell, one after the other.
    """

    size: IntArray
    label: IntArray
    relation: NDArray[np.int8]

    @classmethod
    def of(cls, packed: PackedGraphs) -> Relations:
        """Relations in all cells.

        Parameters
        ----------
        packed : PackedGraphs
            With the fitted vocabulary.

        Returns
        -------
        Relations
        """
        graph = vertices_of(packed)
        size = np.bincount(graph.cell, minlength=len(packed.n_inputs))
        ptr = pointers(size)
        order = np.argsort(graph.cell, kind="stable")
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order)) - ptr[graph.cell[order]]
        label = graph.label[order]
        wires = [i for i, name in enumerate(packed.operations) if name in IDENTITY_OPERATIONS]
        label[np.isin(label, wires)] = len(packed.operations)

        source, reader = _arcs(graph)
        cell_of_arc = graph.cell[reader]
        start = pointers(size**2)
        relation = np.zeros(start[-1], dtype=np.int8)
        row = np.zeros(len(size), dtype=np.int64)
        for m in np.unique(size):
            cells = np.flatnonzero(size == m)
            row[cells] = np.arange(len(cells))
            here = size[cell_of_arc] == m
            direct = np.zeros((len(cells), m, m), dtype=bool)
            direct[row[cell_of_arc[here]], place[reader[here]], place[source[here]]] = True
            index = ragged_positions(start[cells], np.full(len(cells), m * m))
            relation[index] = _codes(direct).ravel()
        return cls(size, label, relation)

    def dense(self, rows: IntArray) -> DenseCells:
        """Some cells as padded matrices.

        Parameters
        ----------
        rows : ndarray of int, shape (n_cells,)

        Returns
        -------
        DenseCells
        """
        size = self.size[rows]
        n, m = len(rows), int(size.max())
        starts, squares = pointers(self.size)[rows], pointers(self.size**2)[rows]
        present = np.arange(m) < size[:, None]
        label = np.zeros((n, m), dtype=np.int64)
        label[present] = self.label[ragged_positions(starts, size)]
        relation = np.zeros((n, m, m), dtype=np.int8)
        relation[:, np.arange(m), np.arange(m)] = SELF
        both = present[:, :, None] & present[:, None, :]
        relation[both] = self.relation[ragged_positions(squares, size**2)]
        return DenseCells(label, relation, present)


def _arcs(graph: Vertices) -> tuple[IntArray, IntArray]:
    """Pairs of a vertex that leads to a node and one that reads it."""
    by_node = np.argsort(graph.node, kind="stable")
    leading = np.bincount(graph.node, minlength=graph.n_nodes)
    ptr = pointers(leading)
    n = leading[graph.src]
    return by_node[ragged_positions(ptr[graph.src], n)], np.repeat(graph.into, n)


def _codes(direct: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Relations from the arcs of cells with as many vertices each, shape (n, m, m)."""
    m = direct.shape[1]
    path = direct.copy()
    for v in range(m):
        path |= path[:, :, v, None] & path[:, None, v, :]
    codes = np.full(direct.shape, APART, dtype=np.int8)
    for arcs, paths, near, far in (
        (direct, path, BEFORE, EARLIER),
        (direct.transpose(0, 2, 1), path.transpose(0, 2, 1), BEHIND, LATER),
    ):
        codes[paths] = far
        codes[arcs] = near
    codes[:, np.arange(m), np.arange(m)] = SELF
    return codes
