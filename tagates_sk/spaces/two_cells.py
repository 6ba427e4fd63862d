"""Spaces of a normal and a reduction cell, whose nodes have two operations each."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any, ClassVar

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from ..graphs import InvalidArchitectureError, PackedGraphs
from ..graphs.dense import ABSENT, pack_edge_cells
from ..graphs.foreign import cut, echo
from ..graphs.operations import NO_OPERATION, WIRE
from ..graphs.reading import read_cell
from .base import SearchSpace, Table
from .cell import distinct_names
from .choices import smallest
from .forms import is_whole, whole_parameter
from .genotypes import N_INPUTS, Genotype, flat_pairs, genotype_fields

MAX_NODES = 7
"""More nodes have too many orders to compare."""

_CELLS = ("normal", "reduce")

Bools = NDArray[np.bool_]


class TwoCellSpace(SearchSpace):
    """Base of the spaces with a normal and a reduction cell.

    A cell has two inputs, the nodes 0 and 1, intermediate nodes from 2 on, each
    the sum of two operations on earlier nodes, and an output. What leads to the
    output are at least the *loose ends*: the intermediate nodes that no other
    node takes.
    """

    # A row has, for each cell, an operation and a predecessor of each node's two edges, and then
    # which nodes lead to the output.
    n_cells = 2
    _distinct: ClassVar[bool]
    """Whether the two edges drawn for a node come from different predecessors."""
    _loose_only: ClassVar[bool]
    """Whether loose ends alone lead to the output."""

    def __init__(self, n_nodes: int, operations: Sequence[str], name: str) -> None:
        self.n_nodes = n_nodes = whole_parameter(
            "n_nodes", n_nodes, 1, MAX_NODES, f"a cell has 1 to {MAX_NODES} nodes"
        )
        self.operations = distinct_names(operations)
        self.name = name
        self._drawn = [i for i, op in enumerate(self.operations) if op != NO_OPERATION]
        self._vocabulary = tuple(sorted(self.operations[i] for i in self._drawn))

    @property
    def _width(self) -> int:
        return len(_CELLS) * self.n_nodes * 5

    def _split(self, table: Table) -> tuple[Table, Bools]:
        """Edges (2 rows, nodes, 2, (op, predecessor)) and wires (2 rows, nodes) of cells."""
        cells = table.reshape(len(table) * len(_CELLS), 5 * self.n_nodes)
        edges = cells[:, : 4 * self.n_nodes].reshape(-1, self.n_nodes, 2, 2)
        return edges, cells[:, 4 * self.n_nodes :].astype(bool)

    def _join(self, edges: Table, wired: Bools) -> Table:
        flat = edges.reshape(len(edges), 4 * self.n_nodes)
        cells = np.concatenate([flat, wired], axis=1).astype(np.uint8)
        return cells.reshape(len(edges) // len(_CELLS), self._width)

    def _loose(self, edges: Table) -> Bools:
        inner = np.arange(self.n_nodes) + N_INPUTS
        taken: Bools = (edges[..., 1, None] == inner).any(axis=(1, 2))
        return ~taken

    def _wired(self, edges: Table, wired: Bools) -> Bools:
        """What leads to the output after a change of edges."""
        loose = self._loose(edges)
        return loose if self._loose_only else wired | loose

    def _concat(self, wired: Any) -> list[int]:
        return [int(node) + N_INPUTS for node in np.flatnonzero(wired)]

    def _parse(self, native: Any) -> Table:
        fields = self._genotype(native)
        if fields is None:
            raise self._refusal(
                native,
                "a genotype (normal, normal_concat, reduce, reduce_concat) is expected, as "
                "tuple, mapping or text",
            )
        parsed = [
            self._parse_cell(field, fields[field], fields.get(f"{field}_concat"))
            for field in _CELLS
        ]
        row: Table = self._join(*map(np.stack, zip(*parsed, strict=True)))[0]
        return row

    def _genotype(self, native: Any) -> dict[str, Any] | None:
        """The fields of a genotype in any published form; None if it is no genotype."""
        return genotype_fields(native, self.n_nodes)

    def _numbered(self, edge: list[Any]) -> list[Any] | None:
        """A pair of numbers as (operation, predecessor); an error where no one says how."""
        return None

    def _parse_cell(self, field: str, given: Any, concat: Any) -> tuple[Table, Bools]:
        edges = flat_pairs(given)
        wanted = 2 * self.n_nodes
        if edges is None or len(edges) != wanted:
            raise InvalidArchitectureError(
                f"genotype.{field} is {echo(given)}; {self.name} needs a list of {wanted} pairs "
                f"(operation, predecessor), two for each of {self.n_nodes} nodes."
            )
        cell = np.empty((self.n_nodes, 2, 2), dtype=np.uint8)
        for k, edge in enumerate(edges):
            node = k // 2 + N_INPUTS
            pair = self._pair(edge)
            if pair is None:
                raise InvalidArchitectureError(
                    f"genotype.{field}[{k}] is {echo(edge)}; a pair (operation, predecessor) is "
                    "expected."
                )
            op, predecessor = pair
            if op not in self.operations:
                raise InvalidArchitectureError(
                    f"genotype.{field}[{k}] has the operation {echo(op, 30)}; the operations of "
                    f"{self.name} are {cut(', '.join(self.operations), 140)}."
                )
            if not is_whole(predecessor, node):
                raise InvalidArchitectureError(
                    f"genotype.{field}[{k}] belongs to node {node} and has the predecessor "
                    f"{echo(predecessor, 30)}; it must be a node from 0 to {node - 1}."
                )
            cell[k // 2, k % 2] = self.operations.index(op), predecessor
        loose = self._loose(cell[None])[0]
        if concat is None:
            return cell, loose if self._loose_only else np.ones_like(loose)
        inner = range(N_INPUTS, self.n_nodes + N_INPUTS)
        nodes = concat if isinstance(concat, list) else [concat]
        wired = np.array([node in nodes for node in inner])
        least = self._concat(loose)
        wrong = (wired != loose).any() if self._loose_only else (loose & ~wired).any()
        if wrong or len(nodes) != wired.sum():
            rule = f"it must be {least}" if self._loose_only else (
                f"it must have {least}, which no other node takes, and no node but "
                f"{inner[0]} to {inner[-1]}, each once"
            )  # fmt: skip
            raise InvalidArchitectureError(
                f"genotype.{field}_concat is {echo(concat)}; for this cell of {self.name} {rule}."
            )
        return cell, wired

    def _pair(self, edge: Any) -> list[Any] | None:
        """An edge as (operation, predecessor); None if it is no pair."""
        if not isinstance(edge, list) or len(edge) != 2:
            return None
        op, predecessor = edge
        if isinstance(op, str) and isinstance(predecessor, str):
            # An array of pairs has made text of the predecessors.
            if op.isdecimal() and not predecessor.isdecimal():
                op, predecessor = predecessor, op
            return [op, int(predecessor) if predecessor.isdecimal() else predecessor]
        if isinstance(op, str):
            return edge
        return [predecessor, op] if isinstance(predecessor, str) else self._numbered(edge)

    def _format(self, row: Table) -> Genotype:
        fields: list[Any] = []
        for edges, wired in zip(*self._split(row[None]), strict=True):
            fields.append([(self.operations[op], int(u)) for op, u in edges.reshape(-1, 2)])
            fields.append(self._concat(wired))
        return Genotype(*fields)

    def _build(self, row: Table) -> tuple[nx.MultiDiGraph, ...]:
        return tuple(self._build_cell(*cell) for cell in zip(*self._split(row[None]), strict=True))

    def _build_cell(self, edges: Table, wired: Bools) -> nx.MultiDiGraph:
        dag = nx.MultiDiGraph()
        # An input that no operation takes would be a second node without successors.
        for node in range(N_INPUTS):
            if (edges[:, :, 1] == node).any():
                dag.add_node(node, input=node)
        for node, pairs in enumerate(edges, start=N_INPUTS):
            for op, predecessor in pairs:
                dag.add_edge(int(predecessor), node, op=self.operations[op])
        output = self.n_nodes + N_INPUTS
        dag.add_edges_from((node, output) for node in self._concat(wired))
        return dag

    def _read(self, cells: Any) -> Table:
        read = [
            self._read_cell(dag, f"The {field} cell")
            for dag, field in zip(cells, _CELLS, strict=True)
        ]
        canonical: Table = self._canonical(self._join(*map(np.stack, zip(*read, strict=True))))[0]
        return canonical

    def _read_cell(self, dag: nx.DiGraph, place: str) -> tuple[Table, Bools]:
        read = read_cell(dag, place, prune=False)
        order = list(nx.topological_sort(dag))
        inputs, output = read.names[: len(read.input_marks)], read.names[-1]
        inner = [node for node in order if node not in inputs and node != output]
        number = {dag.nodes[node].get("input", 0): node for node in inputs}
        if len(number) < len(inputs) or max(number) >= N_INPUTS:
            marks = {node: dag.nodes[node].get("input", 0) for node in inputs}
            raise InvalidArchitectureError(
                f"{place} is none of {self.name}: its inputs (nodes without predecessors) and "
                f"their attributes input are {echo(marks)}; up to two inputs are expected, with "
                "input=0 and input=1. Keep edges with op='none'."
            )
        if len(inner) != self.n_nodes:
            raise InvalidArchitectureError(
                f"{place} is none of {self.name}: it has {len(inner)} nodes between inputs and "
                f"output; {self.n_nodes} are expected."
            )
        label = {node: mark for mark, node in number.items()}
        label |= {node: k for k, node in enumerate(inner, start=N_INPUTS)}
        cell = np.empty((self.n_nodes, 2, 2), dtype=np.uint8)
        for k, node in enumerate(inner):
            edges = list(dag.in_edges(node, data="op"))
            unknown = [op for _, _, op in edges if op not in self.operations]
            if len(edges) != 2 or unknown:
                raise InvalidArchitectureError(
                    f"{place} is none of {self.name}: node {echo(node)} has "
                    f"{echo([op for _, _, op in edges])} on its incoming edges; two operations out "
                    f"of {cut(', '.join(self.operations), 120)} are expected."
                )
            cell[k] = [(self.operations.index(op), label[tail]) for tail, _, op in edges]
        wires = [(label[tail], op) for tail, _, op in dag.in_edges(output, data="op")]
        nodes = [node for node, _ in wires]
        wired = np.array([node in nodes for node in range(N_INPUTS, self.n_nodes + N_INPUTS)])
        loose = self._loose(cell[None])[0]
        if (
            any(op is not None for _, op in wires)
            or wired.sum() != len(wires)
            or (self._loose_only and (wired != loose).any())
        ):
            rule = "that no other node takes" if self._loose_only else "between inputs and output"
            raise InvalidArchitectureError(
                f"{place} is none of {self.name}: its output {echo(output)} has {len(wires)} "
                "incoming "
                f"edges; wires (edges without op) are expected, one from each node {rule}."
            )
        return cell, wired

    def _pack(self, table: Table) -> PackedGraphs:
        cells, wired = self._split(table)
        n, inner = len(cells), np.arange(self.n_nodes) + N_INPUTS
        codes = np.array([
            ABSENT if op == NO_OPERATION else self._vocabulary.index(op) for op in self.operations
        ])  # fmt: skip
        output = np.full(len(inner), self.n_nodes + N_INPUTS)
        return pack_edge_cells(
            np.concatenate([cells[..., 1].reshape(n, -1), np.tile(inner, (n, 1))], axis=1),
            np.concatenate([np.repeat(inner, 2), output]),
            np.concatenate(
                [codes[cells[..., 0]].reshape(n, -1), np.where(wired, WIRE, ABSENT)], axis=1
            ),
            n_nodes=self.n_nodes + N_INPUTS + 1,
            n_inputs=N_INPUTS,
            operations=self._vocabulary,
            n_cells=self.n_cells,
        )

    def _draw(self, n: int, random: np.random.RandomState) -> Table:
        cells = np.empty((n * self.n_cells, self.n_nodes, 2, 2), dtype=np.uint8)
        shape = cells.shape[:3]
        cells[..., 0] = np.array(self._drawn)[random.randint(len(self._drawn), size=shape)]
        earlier = np.arange(self.n_nodes) + N_INPUTS
        first = random.randint(earlier, size=shape[:2])
        second = random.randint(earlier - self._distinct, size=shape[:2])
        cells[..., 0, 1] = first
        cells[..., 1, 1] = second + (self._distinct & (second >= first))
        return self._join(cells, self._wired(cells, np.ones(shape[:2], dtype=bool)))

    def _edits(self, row: Table) -> Table:
        """Change one operation or one predecessor."""
        edits = []
        cells, wired = self._split(row[None])
        for cell, k, edge in np.ndindex(*cells.shape[:3]):
            op, predecessor = cells[cell, k, edge]
            other = cells[cell, k, 1 - edge, 1]
            changes = [(new, predecessor) for new in self._drawn if new != op]
            changes += [
                (op, new)
                for new in range(k + N_INPUTS)
                if new != predecessor and not (self._distinct and new == other)
            ]
            for change in changes:
                edited = cells.copy()
                edited[cell, k, edge] = change
                edits.append(edited)
        every = np.concatenate(edits)
        return self._join(every, self._wired(every, np.tile(wired, (len(edits), 1))))

    def _canonical(self, table: Table) -> Table:
        """Of all topological orders of each cell, the one with the smallest edges."""
        order = np.array(list(permutations(range(self.n_nodes))))
        relabel = np.empty((len(order), self.n_nodes + N_INPUTS), dtype=np.uint8)
        relabel[:, :N_INPUTS] = np.arange(N_INPUTS)
        relabel[:, N_INPUTS:] = np.argsort(order, axis=1) + N_INPUTS
        edges, wired = self._split(table)
        cells = edges[:, order]  # (cells, orders, nodes, edges, 2)
        source = relabel[np.arange(len(order))[:, None, None], cells[..., 1]]
        own = np.arange(self.n_nodes)[:, None] + N_INPUTS
        legal: Any = (source < own).all(axis=(2, 3))
        # The edges of a node by predecessor, then by operation.
        pairs = np.stack([source, cells[..., 0]], axis=-1)
        first = source[..., 0].astype(np.int64) * 256 + cells[..., 0, 0]
        second = source[..., 1].astype(np.int64) * 256 + cells[..., 1, 0]
        pairs = np.where((first > second)[..., None, None], pairs[..., ::-1, :], pairs)
        flat = pairs.reshape(*pairs.shape[:2], -1)
        keys = np.concatenate([flat, wired[:, order]], axis=2)
        best = smallest(keys, legal)
        row = np.arange(len(cells))
        return self._join(pairs[row, best][..., ::-1], wired[:, order][row, best])
