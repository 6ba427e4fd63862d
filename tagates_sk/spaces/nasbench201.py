"""NAS-Bench-201: one operation-on-edge cell with four nodes and six edges."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np

from ..graphs import InvalidArchitectureError, PackedGraphs
from ..graphs.dense import ABSENT, pack_edge_cells
from ..graphs.operations import WIRE
from ..graphs.reading import read_cell
from .base import PARALLEL, SearchSpace, Table, has_parallel_edges

_EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))


class NASBench201(SearchSpace):
    """The search space of NAS-Bench-201 (NATS-Bench's topology space).

    A cell has an input node 0, two nodes 1 and 2, an output node 3, and one of
    five operations on each of the six edges i → j, i < j.

    The native form is the benchmark's string: for node 1, 2 and 3 its incoming
    edges, each as ``operation~predecessor``. The six index digits of the edges
    0→1, 0→2, 1→2, 0→3, 1→3, 2→3 are taken for it everywhere; 0 is ``none``, 1
    ``skip_connect``, 2 ``nor_conv_1x1``, 3 ``nor_conv_3x3`` and 4
    ``avg_pool_3x3``.

    In the DAG ``op`` is an attribute of the edges, ``"none"`` included. In a
    DAG given by the user a missing edge counts as ``none``, and a plain wire (an
    edge without ``op``) as ``skip_connect``.

    An edit changes the operation of one edge. Sampling is uniform.

    References
    ----------
    X. Dong and Y. Yang, NAS-Bench-201: Extending the scope of reproducible
    neural architecture search, ICLR 2020.

    Examples
    --------
    >>> from tagates_sk.spaces import NASBench201
    >>> space = NASBench201()
    >>> cell = space.to_string((3, 3, 3, 1, 3, 2))
    >>> cell
    '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|'
    >>> dag = space.to_dag(cell)
    >>> dag.edges[0, 3]["op"]
    'skip_connect'
    >>> space.from_dag(dag) == cell
    True
    >>> len(space.neighbors(cell))
    24
    """

    name = "NAS-Bench-201"
    operations = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
    _width = len(_EDGES)

    def to_digits(self, native: Any) -> tuple[int, ...]:
        """Give the six index digits of a cell.

        Parameters
        ----------
        native : str or sequence of int
            The benchmark's string, or digits.

        Returns
        -------
        tuple of int

        Raises
        ------
        InvalidArchitectureError
            If it is no cell of the space.
        """
        return tuple(int(digit) for digit in self._parse(native))

    def to_string(self, native: Any) -> str:
        """Give the benchmark's string of a cell.

        Parameters
        ----------
        native : str or sequence of int
            The benchmark's string, or digits.

        Returns
        -------
        str

        Raises
        ------
        InvalidArchitectureError
            If it is no cell of the space.
        """
        return self._format(self._parse(native))

    def _parse(self, native: Any) -> Table:
        if isinstance(native, str):
            return self._parse_string(native)
        try:
            digits = np.asarray(native)
        except ValueError:
            digits = np.empty(0)
        if digits.shape != (6,) or digits.dtype.kind not in "iu":
            raise InvalidArchitectureError(
                f"{native!r} is no cell of {self.name}: a string such as "
                "'|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|skip_connect~2|' or six digits "
                "from 0 to 4 are expected."
            )
        wrong = np.flatnonzero((digits < 0) | (digits > 4))
        if len(wrong):
            raise InvalidArchitectureError(
                f"{native!r}: digit {wrong[0]} is {digits[wrong[0]]}; digits go from 0 to 4, for "
                f"{', '.join(self.operations)}."
            )
        return digits.astype(np.uint8)

    def _parse_string(self, native: str) -> Table:
        digits: list[int] = []
        nodes = native.split("+")
        for head, node in enumerate(nodes, start=1):
            edges = node.split("|")[1:-1]
            if len(nodes) != 3 or len(edges) != head or node != f"|{'|'.join(edges)}|":
                raise InvalidArchitectureError(
                    f"{native!r} is no cell of {self.name}: three nodes joined by '+' are "
                    "expected, with one, two and three edges 'operation~predecessor', each "
                    "between two '|'."
                )
            for tail, edge in enumerate(edges):
                op, _, predecessor = edge.partition("~")
                if predecessor != str(tail):
                    raise InvalidArchitectureError(
                        f"{native!r}: edge {tail} of node {head} is {edge!r}; its predecessor "
                        f"must be {tail}, as in '{op}~{tail}'."
                    )
                if op not in self.operations:
                    raise InvalidArchitectureError(
                        f"{native!r}: edge {tail} of node {head} has the operation {op!r}; the "
                        f"operations are {', '.join(self.operations)}."
                    )
                digits.append(self.operations.index(op))
        return np.array(digits, dtype=np.uint8)

    def _format(self, row: Table) -> str:
        edges = [
            f"{self.operations[digit]}~{tail}" for digit, (tail, _) in zip(row, _EDGES, strict=True)
        ]
        nodes = (edges[:1], edges[1:3], edges[3:])
        return "+".join(f"|{'|'.join(node)}|" for node in nodes)

    def _build(self, row: Table) -> nx.DiGraph:
        dag = nx.DiGraph()
        for (tail, head), digit in zip(_EDGES, row, strict=True):
            dag.add_edge(tail, head, op=self.operations[digit])
        return dag

    def _read(self, cells: Any) -> Table:
        (dag,) = cells
        cell = read_cell(dag, prune=False)
        unknown = [op for op in cell.types if op not in self.operations and op != WIRE]
        fault = (
            "its operations are on the nodes" if cell.on_node
            else f"it has {len(dag)} nodes" if len(dag) > 4
            else f"it has {len(cell.input_marks)} inputs (nodes without predecessors)"
            if len(cell.input_marks) > 1
            else PARALLEL if has_parallel_edges(dag)
            else f"the operation {unknown[0]!r} is not of this space" if unknown
            else None
        )  # fmt: skip
        if fault:
            raise InvalidArchitectureError(
                f"The graph is no cell of {self.name}: {fault}. A cell has one input, up to two "
                f"inner nodes, one output and operations on its edges ({', '.join(self.operations)}"
                "); keep edges with op='none' rather than leave a node without predecessors."
            )
        ops = {
            (tail, head): self.operations.index(op or "skip_connect")
            for tail, head, op in dag.edges(data="op")
        }
        # With an edge missing, the order of nodes 1 and 2 can be open, or a node be absent.
        candidates = []
        for order in nx.all_topological_sorts(dag):
            if (order[0], order[-1]) != (cell.names[0], cell.names[-1]):
                continue  # a dead end, or a dead beginning, in the place of a terminal
            middle = order[1:-1]
            absent = [None] * (2 - len(middle))
            for inner in ([*middle, *absent], [*absent, *middle]):
                label = [order[0], *inner, order[-1]]
                candidates.append([ops.get((label[i], label[j]), 0) for i, j in _EDGES])
        return np.array(min(candidates), dtype=np.uint8)

    def _pack(self, table: Table) -> PackedGraphs:
        tails, heads = np.array(_EDGES).T
        code = _CODES[table]
        return pack_edge_cells(tails, heads, code, n_nodes=4, n_inputs=1, operations=_VOCABULARY)

    def _draw(self, n: int, random: np.random.RandomState) -> Table:
        return random.randint(5, size=(n, 6)).astype(np.uint8)

    def _edits(self, row: Table) -> Table:
        edits = np.repeat(row[None], 24, axis=0)
        edge = np.repeat(np.arange(6), 4)
        edits[np.arange(24), edge] = (row[edge] + np.tile(np.arange(1, 5), 6)) % 5
        return edits


_VOCABULARY = tuple(sorted(NASBench201.operations[1:]))
_CODES = np.array([ABSENT, *map(_VOCABULARY.index, NASBench201.operations[1:])])
