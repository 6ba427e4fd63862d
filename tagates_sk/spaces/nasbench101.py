"""NAS-Bench-101: one operation-on-node cell with up to seven vertices and nine edges."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from ..graphs import InvalidArchitectureError, PackedGraphs
from ..graphs.dense import alive_nodes, pack_node_cells
from ..graphs.foreign import cut, echo
from ..graphs.operations import NO_OPERATION
from ..graphs.reading import read_cell
from .base import PARALLEL, SearchSpace, Table, has_parallel_edges
from .cell import distinct_names
from .choices import smallest
from .forms import whole_parameter

MAX_VERTICES = 9
"""More vertices have too many orders to compare."""

_OPERATIONS = ("conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3")
_SUFFIX = "-bn-relu"
_FIELDS = (("matrix", "ops"), ("module_adjacency", "module_operations"))

Bools = NDArray[np.bool_]


class NASBench101Cell(NamedTuple):
    """A cell as NAS-Bench-101 publishes it."""

    matrix: tuple[tuple[int, ...], ...]
    """Upper triangular adjacency matrix of 0 and 1; ``matrix[i][j]`` is i → j."""
    ops: tuple[str, ...]
    """Labels of the vertices, from ``"input"`` to ``"output"``."""


class NASBench101(SearchSpace):
    """The search space of NAS-Bench-101.

    A cell has at most seven vertices, the input and the output among them, at
    most nine edges, and one of three operations on each inner vertex.

    The native form is an upper triangular adjacency matrix and the list of the
    vertices' labels; it is returned as a :class:`NASBench101Cell`. Any pair of them is
    accepted, and a mapping with the keys ``matrix`` and ``ops`` or
    ``module_adjacency`` and ``module_operations``. Labels may be short
    (``conv3x3``); a vertex labelled ``none`` is the same as no vertex. As in the
    benchmark, vertices on no path from input to output are dropped, and limits
    hold for what is left.

    In the DAG ``op`` is an attribute of the nodes.

    An edit changes an operation, adds or removes an edge, or adds a vertex
    between two others. Sampling draws seven vertices, and every edge and operation with
    equal probability, until the cell is valid. So cells that many matrices describe
    come more often.

    Parameters
    ----------
    max_vertices : int, default=7
        Vertices of a cell at most, input and output among them; from 2 to 9.
    max_edges : int, default=9
        Edges of a cell at most.
    operations : sequence of str
        Names of the operations; those of the benchmark by default.

    Raises
    ------
    ValueError
        If a parameter is out of bounds.

    References
    ----------
    C. Ying, A. Klein, E. Real, E. Christiansen, K. Murphy and F. Hutter,
    NAS-Bench-101: Towards reproducible neural architecture search, ICML 2019.

    Examples
    --------
    >>> from tagates_sk.spaces import NASBench101
    >>> space = NASBench101()
    >>> matrix = [[0, 1, 1], [0, 0, 1], [0, 0, 0]]
    >>> dag = space.to_dag((matrix, ["input", "conv3x3-bn-relu", "output"]))
    >>> dag.nodes(data="op")
    NodeDataView({0: 'input', 1: 'conv3x3-bn-relu', 2: 'output'}, data='op')
    >>> space.from_dag(dag)
    NASBench101Cell(matrix=((0, 1, 1), (0, 0, 1), (0, 0, 0)), ops=('input', 'conv3x3-bn-relu', 'output'))
    """  # noqa: E501

    # A row is the upper triangle of the matrix and the inner operations. The output is the last
    # vertex; a cell with fewer vertices has no vertex (a code of its own) in the places before it.
    name = "NAS-Bench-101"

    def __init__(
        self, max_vertices: int = 7, max_edges: int = 9, operations: Sequence[str] = _OPERATIONS
    ) -> None:
        self.max_vertices = max_vertices = whole_parameter(
            "max_vertices", max_vertices, 2, MAX_VERTICES, f"2 to {MAX_VERTICES} are expected"
        )
        self.max_edges = whole_parameter("max_edges", max_edges, 1, None, "1 or more are expected")
        self.operations = distinct_names(operations)
        reserved = {"input", "output", NO_OPERATION} & {*self.operations}
        if reserved:
            raise ValueError(
                f"operations contains {sorted(reserved)[0]!r}; 'input' and 'output' are the ends "
                "of a cell, and 'none' is no vertex. Leave it out, or give it another name."
            )
        self._tail, self._head = np.triu_indices(max_vertices, 1)
        self._pairs, self._inner = len(self._tail), max_vertices - 2
        self._no_vertex = len(self.operations)
        self._vocabulary = tuple(sorted(self.operations))
        self._codes = np.array([*map(self._vocabulary.index, self.operations), 0])
        self._aliases = {op.removesuffix(_SUFFIX): op for op in self.operations}
        self._aliases |= {op: op for op in self.operations}

    @property
    def _width(self) -> int:
        return self._pairs + self._inner

    def _parse(self, native: Any) -> Table:
        matrix, ops = self._parts(native)
        n = len(ops)
        there = np.array([op != NO_OPERATION for op in ops])
        matrix *= there[:, None] & there
        alive = alive_nodes(matrix[None].astype(bool), 1)[0][0]
        if not alive[0]:
            raise InvalidArchitectureError(
                f"The matrix {echo(matrix.tolist())} has no path from its input (vertex 0) to its "
                f"output (vertex {n - 1})."
            )
        kept = np.flatnonzero(alive)
        matrix = matrix[np.ix_(kept, kept)]
        self._check_size(len(kept), int(matrix.sum()))
        place = np.append(np.arange(len(kept) - 1), self.max_vertices - 1)
        adjacency = np.zeros((self.max_vertices, self.max_vertices), dtype=bool)
        adjacency[np.ix_(place, place)] = matrix
        codes = np.full(self._inner, self._no_vertex)
        codes[: len(kept) - 2] = [self.operations.index(ops[i]) for i in kept[1:-1]]
        row: Table = self._rows(adjacency[None], codes[None])[0]
        return row

    def _parts(self, native: Any) -> tuple[NDArray[np.integer[Any]], list[str]]:
        """The matrix and the labels, checked one by one and against each other."""
        parts = native
        if isinstance(native, dict):
            parts = next(([native[a], native[b]] for a, b in _FIELDS if {a, b} <= {*native}), None)
        if (
            not isinstance(parts, list)
            or len(parts) != 2
            or not all(isinstance(part, list) for part in parts)
            or not all(isinstance(row, list) for row in parts[0])
        ):
            raise self._refusal(
                native,
                "a pair (matrix, ops) is expected, an adjacency matrix and a list of labels, or a "
                "mapping of them",
            )
        given, ops = parts
        n = len(ops)
        if n < 2 or len(given) != n or any(len(row) != n for row in given):
            columns = sorted({len(row) for row in given})
            raise InvalidArchitectureError(
                f"The matrix has {len(given)} rows of {echo(columns, 20)} entries but there are "
                f"{n} ops; a square matrix with one row and one label per vertex is expected, and "
                "two vertices at least."
            )
        for i, j in np.ndindex(n, n):
            if given[i][j] not in (0, 1):
                raise InvalidArchitectureError(
                    f"matrix[{i}][{j}] is {echo(given[i][j])}; 0 (no edge) or 1 (edge) is expected."
                )
        matrix = np.array(given, dtype=np.int64)
        wrong = np.argwhere(np.tril(matrix))
        if len(wrong):
            i, j = wrong[0]
            raise InvalidArchitectureError(
                f"matrix[{i}][{j}] is 1, on or below the diagonal; number the vertices so that "
                "every edge goes from a lower to a higher one."
            )
        inner = (*self.operations, NO_OPERATION)
        ops = [self._aliases.get(op, op) if isinstance(op, str) else op for op in ops]
        for i, op in enumerate(ops):
            wanted = ("input",) if i == 0 else ("output",) if i == n - 1 else inner
            if op not in wanted:
                raise InvalidArchitectureError(
                    f"ops[{i}] is {echo(op)}; {cut(' or '.join(map(repr, wanted)), 160)} is "
                    "expected there."
                )
        return matrix, ops

    def _check_size(self, n_vertices: int, n_edges: int) -> None:
        if n_vertices > self.max_vertices or n_edges > self.max_edges:
            raise InvalidArchitectureError(
                f"The cell has {n_vertices} vertices and {n_edges} edges on paths from input to "
                f"output; {self.name} allows {self.max_vertices} vertices and {self.max_edges} "
                "edges."
            )

    def _format(self, row: Table) -> NASBench101Cell:
        inner = row[self._pairs :][row[self._pairs :] != self._no_vertex]
        place = np.append(np.arange(len(inner) + 1), self.max_vertices - 1)
        matrix = self._adjacency(row[None])[0][np.ix_(place, place)].astype(int)
        ops = ("input", *(self.operations[code] for code in inner), "output")
        return NASBench101Cell(tuple(map(tuple, matrix.tolist())), ops)

    def _build(self, row: Table) -> nx.DiGraph:
        matrix, ops = self._format(row)
        dag = nx.DiGraph()
        for vertex, op in enumerate(ops):
            dag.add_node(vertex, op=op)
        dag.add_edges_from(np.argwhere(matrix).tolist())
        return dag

    def _read(self, cells: Any) -> Table:
        cell = read_cell(cells[0])
        n = cell.n_nodes
        inner = cell.types[1:-1]
        unknown = [op for op in inner if op not in self.operations]
        fault = (
            "its operations are on the edges" if not cell.on_node
            else "it has no path from an input to the output" if n < 2
            else f"it has {len(cell.input_marks)} inputs (nodes without predecessors)"
            if len(cell.input_marks) > 1
            else PARALLEL if has_parallel_edges(cells[0])
            else f"it has an inner node without op or with the operation {echo(unknown[0])}"
            if unknown
            else None
        )  # fmt: skip
        if fault:
            raise InvalidArchitectureError(
                f"The graph is no cell of {self.name}: {fault}. A cell has one input, one output "
                f"and, on its inner nodes, the operations {', '.join(self.operations)}."
            )
        self._check_size(n, sum(len(set(sources)) for sources in cell.src))
        place = np.append(np.arange(n - 1), self.max_vertices - 1)
        adjacency = np.zeros((1, self.max_vertices, self.max_vertices), dtype=bool)
        for head, sources in enumerate(cell.src):
            adjacency[0, place[sources], place[head]] = True
        codes = np.full((1, self._inner), self._no_vertex)
        codes[0, : n - 2] = [self.operations.index(str(op)) for op in inner]
        row: Table = self._canonical(self._rows(adjacency, codes))[0]
        return row

    def _pack(self, table: Table) -> PackedGraphs:
        code = np.zeros((len(table), self.max_vertices), dtype=np.int64)
        code[:, 1:-1] = self._codes[table[:, self._pairs :]]
        return pack_node_cells(
            self._adjacency(table), code, n_inputs=1, operations=self._vocabulary
        )

    def _draw(self, n: int, random: np.random.RandomState) -> Table:
        drawn = np.empty((0, self._width), dtype=np.uint8)
        while len(drawn) < n:
            batch = 2 * (n - len(drawn)) + 16
            edges = random.randint(2, size=(batch, self._pairs)).astype(bool)
            adjacency = np.zeros((batch, self.max_vertices, self.max_vertices), dtype=bool)
            adjacency[:, self._tail, self._head] = edges
            codes = random.randint(len(self.operations), size=(batch, self._inner))
            drawn = np.concatenate([drawn, self._valid_rows(adjacency, codes)])
        return drawn[:n]

    def _edits(self, row: Table) -> Table:
        """Change an operation, add or remove an edge, or add a vertex between two others."""
        adjacency, codes = self._adjacency(row[None])[0], row[self._pairs :].astype(np.int64)
        n_inner = int((codes != self._no_vertex).sum())
        matrices: list[Bools] = []
        labels: list[NDArray[np.int64]] = []
        for vertex in range(n_inner):
            for code in set(range(len(self.operations))) - {int(codes[vertex])}:
                matrices.append(adjacency)
                labels.append(np.where(np.arange(self._inner) == vertex, code, codes))
        places = [*range(n_inner + 1), self.max_vertices - 1]
        for i, tail in enumerate(places):
            for head in places[i + 1 :]:
                flipped = adjacency.copy()
                flipped[tail, head] ^= True
                matrices.append(flipped)
                labels.append(codes)
        for tail in range(n_inner + 1) if n_inner < self._inner else ():
            # The new vertex comes right behind `tail`; those after it move up by one.
            moved = [v + (tail < v < self.max_vertices - 1) for v in places]
            wider = np.zeros_like(adjacency)
            wider[np.ix_(moved, moved)] = adjacency[np.ix_(places, places)]
            wider[tail, tail + 1] = True
            for head in moved[tail + 1 :]:
                joined = wider.copy()
                joined[tail + 1, head] = True
                for code in range(len(self.operations)):
                    matrices.append(joined)
                    labels.append(np.insert(codes, tail, code)[: self._inner])
        return self._valid_rows(np.array(matrices), np.array(labels))

    def _canonical(self, table: Table) -> Table:
        """Of all topological orders, the one with the smallest operations, then edges."""
        last = self.max_vertices - 1
        order = np.array([(0, *inner, last) for inner in permutations(range(1, last))])
        adjacency = self._adjacency(table)[:, order[:, :, None], order[:, None, :]]
        legal = ~(adjacency & np.tri(self.max_vertices, dtype=bool)).any(axis=(2, 3))
        codes = table[:, self._pairs :][:, order[:, 1:-1] - 1]
        edges = adjacency[:, :, self._tail, self._head]
        best = smallest(np.concatenate([codes, edges], axis=2), legal)
        row = np.arange(len(table))
        return self._rows(adjacency[row, best], codes[row, best])

    def _adjacency(self, table: Table) -> Bools:
        adjacency = np.zeros((len(table), self.max_vertices, self.max_vertices), dtype=bool)
        adjacency[:, self._tail, self._head] = table[:, : self._pairs]
        return adjacency

    def _rows(self, adjacency: Bools, codes: NDArray[np.integer[Any]]) -> Table:
        edges = adjacency[:, self._tail, self._head]
        return np.concatenate([edges, codes], axis=1).astype(np.uint8)

    def _valid_rows(self, adjacency: Bools, codes: NDArray[np.integer[Any]]) -> Table:
        """Rows of those graphs that are cells, with vertices off every path dropped."""
        alive, _ = alive_nodes(adjacency, 1)
        adjacency = adjacency & alive[:, :, None] & alive[:, None, :]
        fine = alive[:, 0] & (adjacency.sum(axis=(1, 2)) <= self.max_edges)
        alive, adjacency, codes = alive[fine], adjacency[fine], codes[fine]
        inner = alive[:, 1:-1]
        order = np.argsort(~inner, axis=1, kind="stable")
        codes = np.take_along_axis(np.where(inner, codes, self._no_vertex), order, axis=1)
        vertices = np.zeros((len(order), self.max_vertices), dtype=np.int64)
        vertices[:, 1:-1] = order + 1
        vertices[:, -1] = self.max_vertices - 1
        row = np.arange(len(order))[:, None, None]
        return self._rows(adjacency[row, vertices[:, :, None], vertices[:, None, :]], codes)
