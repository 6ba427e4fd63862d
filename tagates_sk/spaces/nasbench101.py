"""NAS-Bench-101: one operation-on-node cell with up to seven vertices and nine edges."""

from __future__ import annotations

from itertools import permutations
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from ..graphs import InvalidArchitectureError, PackedGraphs
from ..graphs.dense import alive_nodes, pack_node_cells
from ..graphs.reading import read_cell
from .base import PARALLEL, SearchSpace, Table, has_parallel_edges

_VERTICES, _EDGES = 7, 9
_INNER = _VERTICES - 2
_TAIL, _HEAD = np.triu_indices(_VERTICES, 1)
_PAIRS = len(_TAIL)
_NO_VERTEX = 3

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

    The native form is an upper triangular adjacency matrix (nested sequences
    or array) and the list of the vertices' labels; it is returned as a
    :class:`NASBench101Cell`. As in the benchmark, vertices on no path from
    input to output are dropped, and limits hold for what is left.

    In the DAG ``op`` is an attribute of the nodes.

    An edit changes an operation, adds or removes an edge, or adds a vertex
    between two others. Sampling draws seven vertices with even odds for every
    edge and operation until the cell is valid, so cells that many matrices
    describe come more often.

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

    # A row is the upper triangle of the 7 x 7 matrix and five inner operations. The output is
    # vertex 6; a cell with fewer vertices has no vertex (code 3) in the places before it.
    name = "NAS-Bench-101"
    operations = ("conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3")
    _width = _PAIRS + _INNER

    def _parse(self, native: Any) -> Table:
        matrix, ops = self._parts(native)
        n = len(ops)
        alive = alive_nodes(matrix[None].astype(bool), 1)[0][0]
        if not alive[0]:
            raise InvalidArchitectureError(
                f"The matrix {matrix.tolist()} has no path from its input (vertex 0) to its output "
                f"(vertex {n - 1})."
            )
        kept = np.flatnonzero(alive)
        matrix = matrix[np.ix_(kept, kept)]
        self._check_size(len(kept), int(matrix.sum()))
        place = np.append(np.arange(len(kept) - 1), _VERTICES - 1)
        adjacency = np.zeros((_VERTICES, _VERTICES), dtype=bool)
        adjacency[np.ix_(place, place)] = matrix
        codes = np.full(_INNER, _NO_VERTEX)
        codes[: len(kept) - 2] = [self.operations.index(ops[i]) for i in kept[1:-1]]
        row: Table = _rows(adjacency[None], codes[None])[0]
        return row

    def _parts(self, native: Any) -> tuple[NDArray[np.integer[Any]], list[str]]:
        """The matrix and the labels, checked one by one and against each other."""
        try:
            given, labels = native
            matrix, ops = np.asarray(given), list(labels)
        except (TypeError, ValueError):
            raise InvalidArchitectureError(
                f"{native!r} is no cell of {self.name}: a pair (matrix, ops) is expected, an "
                "adjacency matrix and a list of labels."
            ) from None
        n = len(ops)
        if matrix.shape != (n, n) or n < 2:
            raise InvalidArchitectureError(
                f"The matrix has shape {matrix.shape} but there are {n} ops; a square matrix with "
                "one row and one label per vertex is expected, and two vertices at least."
            )
        wrong = np.argwhere((matrix != 0) & (matrix != 1))
        if len(wrong):
            i, j = wrong[0]
            raise InvalidArchitectureError(
                f"matrix[{i}][{j}] is {matrix[i, j]}; 0 (no edge) or 1 (edge) is expected."
            )
        matrix = matrix.astype(np.int64)
        wrong = np.argwhere(np.tril(matrix))
        if len(wrong):
            i, j = wrong[0]
            raise InvalidArchitectureError(
                f"matrix[{i}][{j}] is 1, on or below the diagonal; number the vertices so that "
                "every edge goes from a lower to a higher one."
            )
        for i, op in enumerate(ops):
            wanted = ("input",) if i == 0 else ("output",) if i == n - 1 else self.operations
            if op not in wanted:
                raise InvalidArchitectureError(
                    f"ops[{i}] is {op!r}; {' or '.join(map(repr, wanted))} is expected there."
                )
        return matrix, ops

    def _check_size(self, n_vertices: int, n_edges: int) -> None:
        if n_vertices > _VERTICES or n_edges > _EDGES:
            raise InvalidArchitectureError(
                f"The cell has {n_vertices} vertices and {n_edges} edges on paths from input to "
                f"output; {self.name} allows {_VERTICES} vertices and {_EDGES} edges."
            )

    def _format(self, row: Table) -> NASBench101Cell:
        inner = row[_PAIRS:][row[_PAIRS:] != _NO_VERTEX]
        place = np.append(np.arange(len(inner) + 1), _VERTICES - 1)
        matrix = _adjacency(row[None])[0][np.ix_(place, place)].astype(int)
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
            else f"it has an inner node without op or with the operation {unknown[0]!r}" if unknown
            else None
        )  # fmt: skip
        if fault:
            raise InvalidArchitectureError(
                f"The graph is no cell of {self.name}: {fault}. A cell has one input, one output "
                f"and, on its inner nodes, the operations {', '.join(self.operations)}."
            )
        self._check_size(n, sum(len(set(sources)) for sources in cell.src))
        place = np.append(np.arange(n - 1), _VERTICES - 1)
        adjacency = np.zeros((1, _VERTICES, _VERTICES), dtype=bool)
        for head, sources in enumerate(cell.src):
            adjacency[0, place[sources], place[head]] = True
        codes = np.full((1, _INNER), _NO_VERTEX)
        codes[0, : n - 2] = [self.operations.index(str(op)) for op in inner]
        row: Table = self._canonical(_rows(adjacency, codes))[0]
        return row

    def _pack(self, table: Table) -> PackedGraphs:
        code = np.zeros((len(table), _VERTICES), dtype=np.int64)
        code[:, 1:-1] = _CODES[table[:, _PAIRS:]]
        return pack_node_cells(_adjacency(table), code, n_inputs=1, operations=_VOCABULARY)

    def _draw(self, n: int, random: np.random.RandomState) -> Table:
        drawn = np.empty((0, self._width), dtype=np.uint8)
        while len(drawn) < n:
            batch = 2 * (n - len(drawn)) + 16
            edges = random.randint(2, size=(batch, _PAIRS)).astype(bool)
            adjacency = np.zeros((batch, _VERTICES, _VERTICES), dtype=bool)
            adjacency[:, _TAIL, _HEAD] = edges
            codes = random.randint(len(self.operations), size=(batch, _INNER))
            drawn = np.concatenate([drawn, _valid_rows(adjacency, codes)])
        return drawn[:n]

    def _edits(self, row: Table) -> Table:
        """Change an operation, add or remove an edge, or add a vertex between two others."""
        adjacency, codes = _adjacency(row[None])[0], row[_PAIRS:].astype(np.int64)
        n_inner = int((codes != _NO_VERTEX).sum())
        matrices: list[Bools] = []
        labels: list[NDArray[np.int64]] = []
        for vertex in range(n_inner):
            for code in set(range(len(self.operations))) - {int(codes[vertex])}:
                matrices.append(adjacency)
                labels.append(np.where(np.arange(_INNER) == vertex, code, codes))
        places = [*range(n_inner + 1), _VERTICES - 1]
        for i, tail in enumerate(places):
            for head in places[i + 1 :]:
                flipped = adjacency.copy()
                flipped[tail, head] ^= True
                matrices.append(flipped)
                labels.append(codes)
        for tail in range(n_inner + 1) if n_inner < _INNER else ():
            # The new vertex comes right behind `tail`; those after it move up by one.
            moved = [v + (tail < v < _VERTICES - 1) for v in places]
            wider = np.zeros_like(adjacency)
            wider[np.ix_(moved, moved)] = adjacency[np.ix_(places, places)]
            wider[tail, tail + 1] = True
            for head in moved[tail + 1 :]:
                joined = wider.copy()
                joined[tail + 1, head] = True
                for code in range(len(self.operations)):
                    matrices.append(joined)
                    labels.append(np.insert(codes, tail, code)[:_INNER])
        return _valid_rows(np.array(matrices), np.array(labels))

    def _canonical(self, table: Table) -> Table:
        """Of all topological orders, the one with the smallest operations, then edges."""
        order = np.array([(0, *inner, _VERTICES - 1) for inner in permutations(range(1, 6))])
        adjacency = _adjacency(table)[:, order[:, :, None], order[:, None, :]]
        legal = ~(adjacency & np.tri(_VERTICES, dtype=bool)).any(axis=(2, 3))
        edges = adjacency[:, :, _TAIL, _HEAD] @ (1 << np.arange(_PAIRS)[::-1])
        codes = table[:, _PAIRS:][:, order[:, 1:-1] - 1].astype(np.int64)
        key = (codes @ (4 ** np.arange(_INNER)[::-1]) << _PAIRS) + edges
        best = np.where(legal, key, np.iinfo(np.int64).max).argmin(axis=1)
        row = np.arange(len(table))
        return _rows(adjacency[row, best], codes[row, best])


def _adjacency(table: Table) -> Bools:
    adjacency = np.zeros((len(table), _VERTICES, _VERTICES), dtype=bool)
    adjacency[:, _TAIL, _HEAD] = table[:, :_PAIRS]
    return adjacency


def _rows(adjacency: Bools, codes: NDArray[np.integer[Any]]) -> Table:
    return np.concatenate([adjacency[:, _TAIL, _HEAD], codes], axis=1).astype(np.uint8)


def _valid_rows(adjacency: Bools, codes: NDArray[np.integer[Any]]) -> Table:
    """Rows of those graphs that are cells, with vertices off every path dropped."""
    alive, _ = alive_nodes(adjacency, 1)
    adjacency = adjacency & alive[:, :, None] & alive[:, None, :]
    fine = alive[:, 0] & (adjacency.sum(axis=(1, 2)) <= _EDGES)
    alive, adjacency, codes = alive[fine], adjacency[fine], codes[fine]
    inner = alive[:, 1:-1]
    order = np.argsort(~inner, axis=1, kind="stable")
    codes = np.take_along_axis(np.where(inner, codes, _NO_VERTEX), order, axis=1)
    vertices = np.zeros((len(order), _VERTICES), dtype=np.int64)
    vertices[:, 1:-1] = order + 1
    vertices[:, -1] = _VERTICES - 1
    row = np.arange(len(order))[:, None, None]
    return _rows(adjacency[row, vertices[:, :, None], vertices[:, None, :]], codes)


_VOCABULARY = tuple(sorted(NASBench101.operations))
_CODES = np.array([*map(_VOCABULARY.index, NASBench101.operations), 0])
