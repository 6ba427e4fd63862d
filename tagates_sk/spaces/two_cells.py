"""Spaces of a normal and a reduction cell, whose nodes have two operations each."""

from __future__ import annotations

from abc import abstractmethod
from itertools import permutations
from typing import Any, ClassVar, NamedTuple

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from ..graphs import InvalidArchitectureError, PackedGraphs
from ..graphs.dense import ABSENT, pack_edge_cells
from ..graphs.operations import NO_OPERATION, WIRE
from ..graphs.reading import read_cell
from .base import SearchSpace, Table

_CELLS = ("normal", "reduce")
_N_INPUTS = 2

IntArray = NDArray[np.int64]


class Genotype(NamedTuple):
    """A normal and a reduction cell, as DARTS publishes them."""

    normal: list[tuple[str, int]]
    """Pairs (operation, predecessor) of the normal cell, two for each node from 2 on."""
    normal_concat: list[int]
    """Nodes whose states make the output of the normal cell."""
    reduce: list[tuple[str, int]]
    """As `normal`, for the reduction cell."""
    reduce_concat: list[int]
    """As `normal_concat`, for the reduction cell."""


class TwoCellSpace(SearchSpace):
    """Base of the spaces with a normal and a reduction cell.

    A cell has two inputs, the nodes 0 and 1, intermediate nodes from 2 on, each
    the sum of two operations on earlier nodes, and an output.
    """

    # A row has, for each cell, node and edge in turn, an operation and a predecessor.
    n_cells = 2
    n_intermediate: ClassVar[int]
    """Number of intermediate nodes of a cell."""
    _distinct: ClassVar[bool]
    """Whether the two edges drawn for a node come from different predecessors."""
    _rule: ClassVar[str]
    """Which nodes are wired to the output, in words."""

    @abstractmethod
    def _concatenated(self, predecessors: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
        """Which intermediate nodes go to the output: (rows, nodes, 2) to (rows, nodes)."""

    @property
    def _width(self) -> int:
        return len(_CELLS) * self.n_intermediate * 4

    @property
    def _drawn(self) -> list[int]:
        """Operations that sampling and mutation choose from."""
        return [i for i, op in enumerate(self.operations) if op != NO_OPERATION]

    @property
    def _vocabulary(self) -> tuple[str, ...]:
        return tuple(sorted(self.operations[i] for i in self._drawn))

    def _cells(self, table: Table) -> Table:
        """Rows of cells: (2 rows, nodes, 2 edges, (operation, predecessor))."""
        return table.reshape(-1, self.n_intermediate, 2, 2)

    def _concat(self, cell: Table) -> list[int]:
        (wired,) = self._concatenated(cell[None, :, :, 1])
        return [int(node) + _N_INPUTS for node in np.flatnonzero(wired)]

    def _parse(self, native: Any) -> Table:
        try:
            normal, normal_concat, reduce, reduce_concat = native
        except (TypeError, ValueError):
            raise InvalidArchitectureError(
                f"{native!r} is no architecture of {self.name}: a genotype (normal, "
                "normal_concat, reduce, reduce_concat) is expected."
            ) from None
        return np.concatenate([
            self._parse_cell("normal", normal, normal_concat),
            self._parse_cell("reduce", reduce, reduce_concat),
        ])  # fmt: skip

    def _parse_cell(self, field: str, edges: Any, concat: Any) -> Table:
        wanted = 2 * self.n_intermediate
        if not isinstance(edges, (list, tuple)) or len(edges) != wanted:
            raise InvalidArchitectureError(
                f"genotype.{field} is {edges!r}; {self.name} needs a list of {wanted} pairs "
                f"(operation, predecessor), two for each of {self.n_intermediate} nodes."
            )
        cell = np.empty((wanted, 2), dtype=np.uint8)
        for k, edge in enumerate(edges):
            if not isinstance(edge, (list, tuple)) or len(edge) != 2:
                raise InvalidArchitectureError(
                    f"genotype.{field}[{k}] is {edge!r}; a pair (operation, predecessor) is "
                    "expected."
                )
            op, predecessor = edge
            node = k // 2 + _N_INPUTS
            if op not in self.operations:
                raise InvalidArchitectureError(
                    f"genotype.{field}[{k}] has the operation {op!r}; the operations of "
                    f"{self.name} are {', '.join(self.operations)}."
                )
            if not isinstance(predecessor, (int, np.integer)) or not 0 <= predecessor < node:
                raise InvalidArchitectureError(
                    f"genotype.{field}[{k}] belongs to node {node} and has the predecessor "
                    f"{predecessor!r}; it must be a node from 0 to {node - 1}."
                )
            cell[k] = self.operations.index(op), predecessor
        expected = self._concat(cell.reshape(-1, 2, 2))
        given = concat if isinstance(concat, (list, tuple, range)) else [concat]
        if sorted(given, key=str) != expected:
            raise InvalidArchitectureError(
                f"genotype.{field}_concat is {concat}; for this cell of {self.name} it must "
                f"be {expected}."
            )
        return cell.ravel()

    def _format(self, row: Table) -> Genotype:
        fields: list[Any] = []
        for cell in self._cells(row):
            fields.append([(self.operations[op], int(u)) for op, u in cell.reshape(-1, 2)])
            fields.append(self._concat(cell))
        return Genotype(*fields)

    def _build(self, row: Table) -> tuple[nx.MultiDiGraph, ...]:
        return tuple(self._build_cell(cell) for cell in self._cells(row))

    def _build_cell(self, cell: Table) -> nx.MultiDiGraph:
        dag = nx.MultiDiGraph()
        # An input that no operation takes would be a second node without successors.
        for node in range(_N_INPUTS):
            if (cell[:, :, 1] == node).any():
                dag.add_node(node, input=node)
        for node, edges in enumerate(cell, start=_N_INPUTS):
            for op, predecessor in edges:
                dag.add_edge(int(predecessor), node, op=self.operations[op])
        output = self.n_intermediate + _N_INPUTS
        dag.add_edges_from((node, output) for node in self._concat(cell))
        return dag

    def _read(self, cells: Any) -> Table:
        row = np.concatenate([
            self._read_cell(dag, f"The {field} cell")
            for dag, field in zip(cells, _CELLS, strict=True)
        ])  # fmt: skip
        canonical: Table = self._canonical(row[None])[0]
        return canonical

    def _read_cell(self, dag: nx.DiGraph, place: str) -> Table:
        read = read_cell(dag, place, prune=False)
        order = list(nx.topological_sort(dag))
        inputs, output = read.names[: len(read.input_marks)], read.names[-1]
        inner = [node for node in order if node not in inputs and node != output]
        number = {dag.nodes[node].get("input", 0): node for node in inputs}
        if len(number) < len(inputs) or max(number) >= _N_INPUTS:
            marks = {node: dag.nodes[node].get("input", 0) for node in inputs}
            raise InvalidArchitectureError(
                f"{place} is none of {self.name}: its inputs (nodes without predecessors) and "
                f"their attributes input are {marks}; up to two inputs are expected, with "
                "input=0 and input=1. Keep edges with op='none'."
            )
        if len(inner) != self.n_intermediate:
            raise InvalidArchitectureError(
                f"{place} is none of {self.name}: it has {len(inner)} nodes between inputs and "
                f"output; {self.n_intermediate} are expected."
            )
        label = {node: mark for mark, node in number.items()}
        label |= {node: k for k, node in enumerate(inner, start=_N_INPUTS)}
        cell = np.empty((self.n_intermediate, 2, 2), dtype=np.uint8)
        for k, node in enumerate(inner):
            edges = list(dag.in_edges(node, data="op"))
            unknown = [op for _, _, op in edges if op not in self.operations]
            if len(edges) != 2 or unknown:
                raise InvalidArchitectureError(
                    f"{place} is none of {self.name}: node {node!r} has "
                    f"{[op for _, _, op in edges]} on its incoming edges; two operations out of "
                    f"{', '.join(self.operations)} are expected."
                )
            cell[k] = [(self.operations.index(op), label[tail]) for tail, _, op in edges]
        wires = [(label[tail], op) for tail, _, op in dag.in_edges(output, data="op")]
        expected = [(node, None) for node in self._concat(cell)]
        if sorted(wires, key=lambda wire: wire[0]) != expected:
            raise InvalidArchitectureError(
                f"{place} is none of {self.name}: its output {output!r} has {len(wires)} incoming "
                f"edges; {len(expected)} wires (edges without op) are expected, {self._rule}."
            )
        return cell.ravel()

    def _pack(self, table: Table) -> PackedGraphs:
        cells = self._cells(table)
        n, inner = len(cells), np.arange(self.n_intermediate) + _N_INPUTS
        vocabulary = self._vocabulary
        codes = np.array(
            [ABSENT if op == NO_OPERATION else vocabulary.index(op) for op in self.operations]
        )
        wires = np.where(self._concatenated(cells[:, :, :, 1]), WIRE, ABSENT)
        output = np.full(len(inner), self.n_intermediate + _N_INPUTS)
        return pack_edge_cells(
            np.concatenate([cells[..., 1].reshape(n, -1), np.tile(inner, (n, 1))], axis=1),
            np.concatenate([np.repeat(inner, 2), output]),
            np.concatenate([codes[cells[..., 0]].reshape(n, -1), wires], axis=1),
            n_nodes=self.n_intermediate + _N_INPUTS + 1,
            n_inputs=_N_INPUTS,
            operations=vocabulary,
            n_cells=self.n_cells,
        )

    def _draw(self, n: int, random: np.random.RandomState) -> Table:
        cells = np.empty((n * self.n_cells, self.n_intermediate, 2, 2), dtype=np.uint8)
        shape = cells.shape[:3]
        cells[..., 0] = np.array(self._drawn)[random.randint(len(self._drawn), size=shape)]
        earlier = np.arange(self.n_intermediate) + _N_INPUTS
        first = random.randint(earlier, size=shape[:2])
        second = random.randint(earlier - self._distinct, size=shape[:2])
        cells[..., 0, 1] = first
        cells[..., 1, 1] = second + (self._distinct & (second >= first))
        return cells.reshape(n, self._width)

    def _edits(self, row: Table) -> Table:
        """Change one operation or one predecessor."""
        edits = []
        cells = self._cells(row)
        for cell, k, edge in np.ndindex(*cells.shape[:3]):
            op, predecessor = cells[cell, k, edge]
            other = cells[cell, k, 1 - edge, 1]
            changes = [(new, predecessor) for new in self._drawn if new != op]
            changes += [
                (op, new)
                for new in range(k + _N_INPUTS)
                if new != predecessor and not (self._distinct and new == other)
            ]
            for change in changes:
                edited = cells.copy()
                edited[cell, k, edge] = change
                edits.append(edited.ravel())
        return np.array(edits)

    def _canonical(self, table: Table) -> Table:
        """Of all topological orders of each cell, the one with the smallest edges."""
        order = np.array(list(permutations(range(self.n_intermediate))))
        relabel = np.empty((len(order), self.n_intermediate + _N_INPUTS), dtype=np.int64)
        relabel[:, :_N_INPUTS] = np.arange(_N_INPUTS)
        relabel[:, _N_INPUTS:] = np.argsort(order, axis=1) + _N_INPUTS
        cells = self._cells(table)[:, order]  # (cells, orders, nodes, edges, 2)
        op = cells[..., 0].astype(np.int64)
        source = relabel[np.arange(len(order))[:, None, None], cells[..., 1]]
        own = np.arange(self.n_intermediate)[:, None] + _N_INPUTS
        legal = (source < own).all(axis=(2, 3))
        edges = np.sort(source * 8 + op, axis=3)  # at most 10 edges of 6 bits
        flat = edges.reshape(*edges.shape[:2], -1)
        key = flat @ (64 ** np.arange(flat.shape[2])[::-1])
        best = np.where(legal, key, np.iinfo(np.int64).max).argmin(axis=1)
        chosen = edges[np.arange(len(edges)), best]
        rows: IntArray = np.stack([chosen % 8, chosen // 8], axis=-1)
        return rows.reshape(len(table), self._width).astype(np.uint8)
