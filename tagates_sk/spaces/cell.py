"""Cells with an operation on each edge between ordered nodes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import combinations, permutations
from typing import Any, NamedTuple

import networkx as nx
import numpy as np

from ..graphs import InvalidArchitectureError, PackedGraphs
from ..graphs.dense import ABSENT, pack_edge_cells
from ..graphs.foreign import cut, echo
from ..graphs.operations import IDENTITY_OPERATIONS, NO_OPERATION
from ..graphs.reading import read_cell
from .base import PARALLEL, SearchSpace, Table, has_parallel_edges
from .choices import draw_choices, other_choices
from .forms import is_whole, numbers, whole_parameter

MAX_NODES = 7
"""More nodes have too many orders to compare when a graph is read."""

_EDGE_NAME = re.compile(r"(?:.*(?:/|__))?(\d+)\s*(_|-|->|<-|,|~)\s*(\d+)")
_NNI = {"conv_1x1": "nor_conv_1x1", "conv_3x3": "nor_conv_3x3"}


class Numbering(NamedTuple):
    """How a library numbers operations and edges."""

    operations: tuple[str, ...]
    """Names in the order of their digits."""
    by_tail: bool
    """Whether digits go through the edges by tail, 0→1, 0→2, 0→3, 1→2, rather than by head."""


class CellSpace(SearchSpace):
    """A space of cells with an operation on each edge.

    A cell has `n_nodes` nodes, the input first and the output last, and one of
    the operations on each edge i → j, i < j. The operation ``"none"``, where it
    is one of them, removes an edge.

    The native form is a string as NAS-Bench-201 writes it: for each node from 1
    on its incoming edges, each as ``operation~predecessor``. Also accepted are nested
    lists of pairs (operation, predecessor) for each node; one operation for each
    edge, in the order of the string; a mapping from edges, such as ``(0, 1)``,
    ``"0_1"``, ``"cell/0_1"`` or ``"1<-0"``, nodes counted from 0 or from 1; and
    a square matrix whose row is the node and whose column its predecessor.
    Operations are names, or numbers from 0 on in the order of `operations`.

    In the DAG ``op`` is an attribute of the edges, ``"none"`` included. In a
    DAG given by the user a missing edge counts as ``"none"``, and a plain wire (an
    edge without ``op``) as the first operation that passes information unchanged.

    An edit changes the operation of one edge. Sampling is uniform.

    Parameters
    ----------
    n_nodes : int
        Nodes of a cell, input and output among them; from 2 to 7.
    operations : sequence of str
        Names of the operations.
    name : str, default="the cell space"
        What messages call the space.

    Raises
    ------
    ValueError
        If there are too many nodes, or names of operations are not different
        strings.

    See Also
    --------
    NASBench201, TransNASBench101Micro : Published spaces of this kind.
    ChainSpace : Blocks in a row.

    Examples
    --------
    >>> from tagates_sk.spaces import CellSpace
    >>> space = CellSpace(3, ["none", "conv", "pool"])
    >>> space.to_dag("|conv~0|+|none~0|pool~1|").edges(data="op")
    OutEdgeDataView([(0, 1, 'conv'), (0, 2, 'none'), (1, 2, 'pool')])
    >>> space.canonical({(0, 1): "conv", (0, 2): "none", (1, 2): "pool"})
    '|conv~0|+|none~0|pool~1|'
    """

    _prefix = ""
    """What the native form begins with, where it is digits rather than names."""

    def __init__(
        self, n_nodes: int, operations: Sequence[str], name: str = "the cell space"
    ) -> None:
        self.n_nodes = n_nodes = whole_parameter(
            "n_nodes", n_nodes, 2, MAX_NODES, f"a cell has 2 to {MAX_NODES} nodes"
        )
        self.operations = distinct_names(operations)
        self.name = name
        self._edges = tuple((tail, head) for head in range(n_nodes) for tail in range(head))
        self._sizes = (len(self.operations),) * len(self._edges)
        self._vocabulary = tuple(sorted(op for op in self.operations if op != NO_OPERATION))
        self._codes = np.array([
            ABSENT if op == NO_OPERATION else self._vocabulary.index(op) for op in self.operations
        ])  # fmt: skip

    @property
    def _width(self) -> int:
        return len(self._edges)

    def _numbering(self, native: Any) -> Numbering:
        """What digits mean; an error that echoes them where nobody has said so."""
        return Numbering(self.operations, by_tail=False)

    def _parse(self, native: Any) -> Table:
        if isinstance(native, str):
            return self._parse_text(native)
        if isinstance(native, dict):
            return self._parse_edges(native)
        native = numbers(native)
        if not isinstance(native, list):
            raise self._refusal(native, self._wanted())
        n = self.n_nodes
        if len(native) == n and all(isinstance(row, list) and len(row) == n for row in native):
            return self._parse_matrix(native)
        if len(native) == n - 1 and all(isinstance(node, list) for node in native):
            return self._parse_nodes(native)
        if len(native) != self._width or any(isinstance(op, (list, dict)) for op in native):
            raise self._refusal(native, self._wanted())
        edges: Sequence[tuple[int, int]] = self._edges
        if any(map(_is_number, native)) and self._numbering(native).by_tail:
            edges = sorted(edges)
        return self._row_of(native, dict(zip(edges, native, strict=True)))

    def _wanted(self) -> str:
        text = f"'{self._prefix}1_02_333'" if self._prefix else (
            f"'|{self.operations[-1]}~0|+|...'"
        )  # fmt: skip
        return (
            f"text such as {text}, {self._width} operations, a mapping from edges or a "
            f"{self.n_nodes} x {self.n_nodes} matrix is expected"
        )

    def _row_of(self, native: Any, ops: dict[tuple[int, int], Any]) -> Table:
        """A row out of an operation for each edge."""
        row = np.empty(self._width, dtype=np.uint8)
        for k, (tail, head) in enumerate(self._edges):
            op = ops[tail, head]
            place = f"{echo(native)}: the edge {tail} → {head} has the operation {echo(op, 20)}"
            if _is_number(op):
                names = self._numbering(native).operations
                if not is_whole(op, len(names)):
                    raise InvalidArchitectureError(
                        f"{place}; digits go from 0 to {len(names) - 1}, for "
                        f"{cut(', '.join(names), 90)}."
                    )
                op = names[op]
            if isinstance(op, str) and op not in self.operations:
                op = _NNI.get(op, op)
            if op not in self.operations:
                raise InvalidArchitectureError(
                    f"{place}; the operations are {cut(', '.join(self.operations), 120)}."
                )
            row[k] = self.operations.index(op)
        return row

    def _parse_text(self, native: str) -> Table:
        if native.startswith("|"):
            nodes = []
            for node in native.split("+"):
                edges = node.strip().split("|")
                if len(edges) < 3 or edges[0] or edges[-1]:
                    raise self._refusal(native, self._wanted())
                nodes.append([list(edge.strip().rpartition("~")[::2]) for edge in edges[1:-1]])
            return self._parse_nodes(nodes, native)
        given = native.removeprefix(self._prefix)
        digits = re.sub(r"[\s,_]", "", given)
        grouped = "_" not in given or list(map(len, given.split("_"))) == [*range(1, self.n_nodes)]
        if not (grouped and re.fullmatch(f"[0-9]{{{self._width}}}", digits)):
            raise self._refusal(native, self._wanted())
        return self._parse([int(digit) for digit in digits])

    def _parse_nodes(self, nodes: list[Any], native: Any = None) -> Table:
        """Incoming edges (operation, predecessor) of each node."""
        native = nodes if native is None else native
        if len(nodes) != self.n_nodes - 1:
            raise self._refusal(native, self._wanted())
        ops = {}
        for head, edges in enumerate(nodes, start=1):
            if not isinstance(edges, list) or len(edges) != head:
                raise InvalidArchitectureError(
                    f"{echo(native)}: node {head} has {len(edges)} edges; one from each of the "
                    f"{head} nodes before it is expected."
                )
            for tail, edge in enumerate(edges):
                if not isinstance(edge, list) or len(edge) != 2 or str(edge[1]) != str(tail):
                    raise InvalidArchitectureError(
                        f"{echo(native)}: edge {tail} of node {head} is {echo(edge, 30)}; an "
                        f"operation and its predecessor {tail} are expected, as in 'op~{tail}'."
                    )
                ops[tail, head] = edge[0]
        return self._row_of(native, ops)

    def _parse_edges(self, native: dict[Any, Any]) -> Table:
        ops = {}
        for key, op in native.items():
            match = _EDGE_NAME.fullmatch(key) if isinstance(key, str) else None
            if match:
                one, sign, other = match.groups()
                ends = (int(other), int(one)) if sign == "<-" else (int(one), int(other))
            elif isinstance(key, tuple) and len(key) == 2:
                ends = key
            else:
                raise self._refusal(native, self._wanted())
            if ends in ops:
                raise InvalidArchitectureError(
                    f"{echo(native)} has two operations for the edge {ends[0]} → {ends[1]}; one is "
                    "expected."
                )
            ops[ends] = op
        if ops.keys() == {(tail + 1, head + 1) for tail, head in self._edges}:
            ops = {(tail - 1, head - 1): op for (tail, head), op in ops.items()}
        if ops.keys() != {*self._edges}:
            raise self._refusal(
                native,
                f"the edges {', '.join(f'{tail}_{head}' for tail, head in self._edges)} are "
                "expected, one operation for each",
            )
        return self._row_of(native, ops)

    def _parse_matrix(self, native: list[list[Any]]) -> Table:
        for row, ops in enumerate(native):
            for column in range(row, self.n_nodes):
                if ops[column] not in (0, "none", None, ""):
                    raise InvalidArchitectureError(
                        f"{echo(native)}: row {row}, column {column} is {echo(ops[column], 20)}; "
                        "the row is the node, the column an earlier node that it takes its input "
                        "from. Transpose the matrix if it is the other way round."
                    )
        ops_of = {(tail, head): native[head][tail] for tail, head in self._edges}
        return self._row_of(native, ops_of)

    def _format(self, row: Table) -> str:
        names = [str(digit) if self._prefix else self.operations[digit] for digit in row]
        nodes: list[list[str]] = [[] for _ in range(self.n_nodes)]
        for name, (tail, head) in zip(names, self._edges, strict=True):
            nodes[head].append(name if self._prefix else f"{name}~{tail}")
        if self._prefix:
            return self._prefix + "_".join("".join(node) for node in nodes[1:])
        return "+".join(f"|{'|'.join(node)}|" for node in nodes[1:])

    def _build(self, row: Table) -> nx.DiGraph:
        dag = nx.DiGraph()
        for (tail, head), digit in zip(self._edges, row, strict=True):
            dag.add_edge(tail, head, op=self.operations[digit])
        return dag

    def _read(self, cells: Any) -> Table:
        (dag,) = cells
        cell = read_cell(dag, prune=False)
        identity = next((op for op in self.operations if op in IDENTITY_OPERATIONS), None)
        ops = {
            (tail, head): identity if op is None else op
            for tail, head, op in dag.edges(data="op")
        }  # fmt: skip
        unknown = [op for op in ops.values() if op not in (*self.operations, NO_OPERATION)]
        complete = NO_OPERATION in self.operations
        fault = (
            "its operations are on the nodes" if cell.on_node
            else f"it has {len(dag)} nodes" if len(dag) > self.n_nodes
            else f"it has {len(cell.input_marks)} inputs (nodes without predecessors)"
            if len(cell.input_marks) > 1
            else PARALLEL if has_parallel_edges(dag)
            else "it has an edge without op" if None in unknown
            else f"the operation {echo(unknown[0])} is not of this space" if unknown
            else "an edge is missing" if not complete and len(ops) < self._width
            else None
        )  # fmt: skip
        if fault:
            raise InvalidArchitectureError(
                f"The graph is no cell of {self.name}: {fault}. A cell has one input, up to "
                f"{self.n_nodes - 2} inner nodes, one output and operations on its edges "
                f"({cut(', '.join(self.operations), 70)})"
                + (
                    "; keep edges with op='none' rather than leave a node without predecessors."
                    if complete
                    else "."
                )
            )
        none = NO_OPERATION if complete else None
        first, last = cell.names[0], cell.names[-1]
        inner = [node for node in dag if node not in (first, last)]
        # With an edge missing, the order of inner nodes can be open, or a node be absent.
        candidates = []
        for chosen in combinations(range(1, self.n_nodes - 1), len(inner)):
            for order in permutations(chosen):
                place = {first: 0, last: self.n_nodes - 1, **dict(zip(inner, order, strict=True))}
                placed = {(place[tail], place[head]): op for (tail, head), op in ops.items()}
                if all(tail < head for tail, head in placed):
                    candidates.append([
                        self.operations.index(placed.get(edge, none)) for edge in self._edges
                    ])  # fmt: skip
        return np.array(min(candidates), dtype=np.uint8)

    def _pack(self, table: Table) -> PackedGraphs:
        tails, heads = np.array(self._edges).T
        return pack_edge_cells(
            tails,
            heads,
            self._codes[table],
            n_nodes=self.n_nodes,
            n_inputs=1,
            operations=self._vocabulary,
        )

    def _draw(self, n: int, random: np.random.RandomState) -> Table:
        return draw_choices(self._sizes, n, random)

    def _edits(self, row: Table) -> Table:
        return other_choices(self._sizes, row)


def _is_number(op: Any) -> bool:
    return isinstance(op, (int, float)) and not isinstance(op, bool)


def distinct_names(operations: Sequence[str]) -> tuple[str, ...]:
    """Names of operations as a tuple, checked.

    Raises
    ------
    ValueError
        If they are not 1 to 250 different strings.
    """
    names: tuple[Any, ...] = (operations,)
    if isinstance(operations, Iterable) and not isinstance(operations, str):
        names = tuple(operations)
    wrong = [name for name in names if not isinstance(name, str) or not name]
    if wrong or len(set(names)) < len(names) or not 1 <= len(names) <= 250:
        raise ValueError(
            f"operations={echo(names, 120)}; 1 to 250 different names are expected, each text."
        )
    return names
