"""WalkStatistics: what random paths from input to output meet."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .._utils import Floats, Number
from ..graphs import PackedGraphs
from ..graphs.operations import IDENTITY_OPERATIONS, WIRE
from . import _following
from ._common import (
    Edges,
    by_architecture,
    edges_of,
    owners,
    parts,
    weighted_sums,
)
from ._following import add_up, by_destination, log_of_number, run_lengths
from ._subsets import BaseSubsetFeatures

GRAIN = 2.0**40
"""Expectations are whole multiples of its inverse, so that the order of sums leaves no trace."""


class WalkStatistics(BaseSubsetFeatures):
    """What a random path from input to output meets.

    An operation matters more if more of the output has passed through it. Three
    random walks measure this. The operations that they meet on average, the lengths
    of the shortest and the longest path, and some degrees make a few dozen numbers. A
    Gaussian process predicts performance well from them, also for graphs unlike those
    of fit. The statistical members of :class:`~tagates_sk.TAGATESRanker` read them.

    Parameters
    ----------
    max_subset_size : int, default=None
        Sets of at most so many operations; the set of all operations is always
        one of them. None is all sets for up to 6 operations, else 1 and 2 (1,
        where these were more than 4,096 sets).
    n_places : int, default=0
        Places on the way from input to output, evenly spaced, at which columns
        tell which operations and identities the walk meets. With as many as a
        chain has operations, they are its one-hot encoding.
    operations : "auto" or list of str, default="auto"
        The vocabulary; "auto" is the operations seen in fit, but for identity
        operations such as ``"skip_connect"``: outside of a vocabulary, as
        everywhere in this library, they are wires.
    handle_unknown : {"warn", "error", "ignore"}, default="warn"
        What to do with another operation outside the vocabulary: refuse, or
        count it for lengths and degrees only.

    Attributes
    ----------
    operations_ : list of str
        The vocabulary, sorted.
    n_cells_ : int
        Cells of an architecture.
    subsets_ : list of tuple of str
        The sets of operations.
    pairs_ : list of tuple (str, str)
        The pairs of operations of which one followed the other in fit.

    See Also
    --------
    OperationStatistics : Of paths that use some operations only.
    PathEncoding : The paths themselves.

    Notes
    -----
    The columns of a cell are

    - ``count(op)``, number of edges or nodes with the operation;
    - ``fewest``, ``most`` for each set of operations, written ``op+op+…``: of
      them on a path from any input to the output, whatever else is on it;
      -1 if there is no path;
    - for a ``walk`` that starts at the output and goes back through any of the
      edges into a node with equal probability, and for a ``path`` drawn from all
      paths with equal probability: the expected number of operations
      (``walk_length``) and of each (``walk_count(op)``), of each first and last
      on the way from input to output (``walk_first(op)``, ``walk_last(op)``),
      and of pairs of which one follows the other with nothing but wires between
      (``walk_pair(op->op)``);
    - for a walk that starts at any input and goes forward through any of the
      edges out of a node: ``forward_length``, ``forward_count(op)``;
    - for each input where fit saw several told apart: the probability that the
      walk, and the path, begins there (``walk_input0``), that it does and meets
      an operation first (``walk_input0(op)``), or a wire (``walk_input0_wires``);
      and how many edges leave it (``input0_degree``, …). Inputs with a larger
      number than any seen in fit count for the other columns only;
    - ``log_paths``, log(1 + number of paths), parallel edges making different
      paths; ``mean_in_degree`` and ``max_in_degree`` of nodes other than inputs,
      ``merges``, how many of them have several edges in; ``output_degree``,
      edges into the output; ``input_degree``, edges out of inputs; ``direct``,
      wires from an input to the output;
    - for each of `n_places` places p, how often the walk back meets each
      operation there (``walk_place0(op)``) and an identity
      (``walk_place0_identity``). An operation stands where the longest path
      through it has it; between two places it counts for both, in parts;
    - for each attribute, the expected sum of its standardised numbers on the
      three walks (``walk_attribute(kernel)``, ``path_attribute(kernel)``,
      ``forward_attribute(kernel)``) and at each place
      (``walk_place0_attribute(kernel)``).

    Wires are no operations but edges like others, so a skip connection halves
    what a walk expects of the operations that it goes round. Where a node adds
    or concatenates what comes in, the walk back weighs its inputs equally, as
    the node does. Expectations are rounded to multiples of 2⁻⁴⁰.

    Examples
    --------
    >>> import networkx as nx
    >>> from tagates_sk.features import WalkStatistics
    >>> cell = nx.DiGraph()
    >>> cell.add_edge("in", "mid", op="conv")
    >>> cell.add_edge("mid", "out", op="pool")
    >>> cell.add_edge("in", "out", op="pool")
    >>> statistics = WalkStatistics(max_subset_size=1)
    >>> row = statistics.fit_transform([cell])[0]
    >>> for name, value in zip(statistics.get_feature_names_out(), row):
    ...     if name.startswith("walk"):
    ...         print(name, value)
    walk_length 1.5
    walk_count(conv) 0.5
    walk_count(pool) 1.0
    walk_first(conv) 0.5
    walk_first(pool) 0.5
    walk_last(conv) 0.0
    walk_last(pool) 1.0
    walk_pair(conv->pool) 0.5
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_places": [Number(Integral, 0, None, closed="left")],
        **BaseSubsetFeatures._parameter_constraints,
    }
    _reads_attributes = True

    def __init__(
        self,
        max_subset_size: int | None = None,
        *,
        n_places: int = 0,
        operations: str | Sequence[str] = "auto",
        handle_unknown: str = "warn",
    ) -> None:
        self.max_subset_size = max_subset_size
        self.n_places = n_places
        self.operations = operations
        self.handle_unknown = handle_unknown

    def _seen(self, packed: PackedGraphs) -> list[str]:
        return [name for name in super()._seen(packed) if name not in IDENTITY_OPERATIONS]

    def _learn(self, packed: PackedGraphs) -> None:
        super()._learn(packed)
        n = len(self.operations_)
        n_inputs = 1 + int(packed.input_mark.max(initial=0))
        self._inputs = list(range(n_inputs)) if n_inputs > 1 else []
        self._pairs = np.arange(n * n)
        met = np.zeros(n * n, dtype=bool)
        for part in self._parts(packed):
            walks = Walks(part, n)
            for walk in range(2):
                met |= self._pair_counts(part, walks, walk).any(axis=0)
        self._pairs = np.flatnonzero(met)
        self.pairs_ = [
            (self.operations_[pair // n], self.operations_[pair % n])
            for pair in self._pairs.tolist()
        ]

    def _parts(self, packed: PackedGraphs) -> list[PackedGraphs]:
        """As many architectures at a time as fit into memory."""
        n = len(self.operations_)
        nodes = by_architecture(packed, np.diff(packed.node_ptr).astype(float))
        edges = by_architecture(packed, np.diff(packed.edge_ptr[packed.op_ptr]).astype(float))
        costs = (nodes + edges) * (2 * len(self.subsets_) + 4 * n + 8) + 2 * n * n
        return list(parts(packed, costs, _following.STATES))

    def _encode(self, packed: PackedGraphs) -> Floats:
        blocks = [self._encode_part(part) for part in self._parts(packed)]
        return np.concatenate(blocks) if blocks else np.zeros((0, len(self._names())))

    def _encode_part(self, packed: PackedGraphs) -> Floats:
        walks = Walks(packed, len(self.operations_))
        edges = walks.edges
        values = self._standardised(packed)[edges.op]
        columns = [
            self._count(packed, owners(packed.op_ptr), packed.op_type),
            *_extremes(packed, walks, self._members()),
        ]
        for walk in range(2):
            flow = walks.flows[walk]
            columns += [
                _sums(packed, edges, np.where(edges.kind < 0, 0.0, flow)),
                self._count(packed, edges.cell, edges.kind, flow),
                walks.first[walk],
                walks.last[walk],
                self._pair_counts(packed, walks, walk),
            ]
        columns += [
            _sums(packed, edges, np.where(edges.kind < 0, 0.0, walks.forward)),
            self._count(packed, edges.cell, edges.kind, walks.forward),
            *self._by_input(packed, walks),
            walks.log_paths[:, None],
            _degrees(packed, edges),
            *self._by_place(packed, walks, values),
            *(
                weighted_sums(edges.cell, flow[:, None] * values, len(packed.n_inputs))
                for flow in (*walks.flows, walks.forward)
            ),
        ]
        rounded: Floats = np.rint(np.concatenate(columns, axis=1) * GRAIN) / GRAIN
        return rounded.reshape(len(packed), -1)

    def _by_input(self, packed: PackedGraphs, walks: Walks) -> list[Floats]:
        """How often each input is left, by edges and by the two walks."""
        columns = []
        edges = walks.edges
        mark = packed.input_mark[edges.src]
        for m in self._inputs:
            for flow in (np.ones(len(mark)), *walks.flows):
                leaving = np.where(mark == m, flow, 0.0)
                wires = np.where(edges.kind < 0, leaving, 0.0)
                columns += [
                    _sums(packed, edges, leaving),
                    _sums(packed, edges, wires),
                    self._count(packed, edges.cell, edges.kind, leaving),
                ]
        return columns

    def _by_place(
        self, packed: PackedGraphs, walks: Walks, values: Floats
    ) -> tuple[Floats, Floats]:
        """What the walk back meets at each place: operations and identities, and attributes.

        Shapes are (n_rows, n_places * (n + 1)) and (n_rows, n_places * n_attributes).
        """
        n, n_rows, edges = len(self.operations_), len(packed.n_inputs), walks.edges
        k = values.shape[1]
        table = np.zeros((n_rows, self.n_places * (n + 1)))
        sums = np.zeros((n_rows, self.n_places * k))
        if not self.n_places:
            return table, sums
        before, after = _levels(packed, walks)
        kind = np.where(edges.kind == WIRE, n + 1, edges.kind)
        met = np.flatnonzero(kind >= 0)
        above, below = before[edges.dst[met]], after[edges.dst[met]]
        # An edge into the output of an OON cell has no operation.
        steps = above + below - 1 - packed.on_node[edges.cell[met]]
        position = np.where(steps > 0, (above - 1) / np.maximum(steps, 1), 0.5)
        position = position * (self.n_places - 1)
        left = np.floor(position).astype(np.int64)
        right = np.minimum(left + 1, self.n_places - 1)
        named = kind[met] != n  # an unknown operation has no column
        column = np.minimum(kind[met], n)  # identities have the last one
        row = edges.cell[met]
        for place, share in ((left, 1.0 - position + left), (right, position - left)):
            met_there = share * walks.flows[0, met]
            np.add.at(
                table, (row[named], (place * (n + 1) + column)[named]), met_there[named]
            )  # fmt: skip
            for j in range(k):
                np.add.at(sums, (row, place * k + j), met_there * values[met, j])
        return table, sums

    def _pair_counts(self, packed: PackedGraphs, walks: Walks, walk: int) -> Floats:
        """Expected number of each pair, shape (n_rows, n_pairs)."""
        n = len(self.operations_)
        before = walks.before[walk][walks.edges.src] * walks.flows[walk][:, None]
        edges = walks.edges
        counts = [self._count(packed, edges.cell, edges.kind, before[:, op]) for op in range(n)]
        stacked = np.stack([np.zeros((len(packed.n_inputs), n)), *counts], axis=1)[:, 1:]
        return stacked.reshape(len(stacked), n * n)[:, self._pairs]

    def _names(self) -> list[str]:
        sets = ["+".join(subset) for subset in self.subsets_]
        names = [
            *(f"count({op})" for op in self.operations_),
            *(f"{name}({subset})" for name in ("fewest", "most") for subset in sets),
        ]
        for walk in ("walk", "path"):
            names.append(f"{walk}_length")
            names += [
                f"{walk}_{name}({op})"
                for name in ("count", "first", "last")
                for op in self.operations_
            ]
            names += [f"{walk}_pair({first}->{then})" for first, then in self.pairs_]
        names += ["forward_length", *(f"forward_count({op})" for op in self.operations_)]
        for m in self._inputs:
            for of in (f"input{m}_degree", f"walk_input{m}", f"path_input{m}"):
                names += [of, f"{of}_wires", *(f"{of}({op})" for op in self.operations_)]
        names += [
            "log_paths", "mean_in_degree", "max_in_degree", "merges", "output_degree",
            "input_degree", "direct",
        ]  # fmt: skip
        for p in range(self.n_places):
            names += [f"walk_place{p}({op})" for op in self.operations_]
            names.append(f"walk_place{p}_identity")
        attributes = self._attribute_names
        for p in range(self.n_places):
            names += [f"walk_place{p}_attribute({name})" for name in attributes]
        for walk in ("walk", "path", "forward"):
            names += [f"{walk}_attribute({name})" for name in attributes]
        return [self._prefix(cell) + name for cell in range(self.n_cells_) for name in names]


class Walks:
    """Walks back from the output of every cell: one chooses edges, one whole paths; one forward.

    Parameters
    ----------
    packed : PackedGraphs
    n : int
        Number of operations.

    Attributes
    ----------
    edges : Edges
    rounds : list of (chosen, first, v)
        From :func:`by_destination`.
    flows : ndarray of float, shape (2, n_edges)
        Probability that each of the two walks takes an edge.
    forward : ndarray of float, shape (n_edges,)
        The same of the walk forward.
    before : ndarray of float, shape (2, n_nodes, n)
        Probability of the operation that a walk meets next from a node.
    first, last : ndarray of float, shape (2, n_rows, n)
        Probability of the operation next to the input, and to the output.
    log_paths : ndarray of float, shape (n_rows,)
        log(1 + number of paths).
    """

    def __init__(self, packed: PackedGraphs, n: int) -> None:
        self.edges = edges = edges_of(packed)
        src, dst, kind = edges.src, edges.dst, edges.kind
        n_nodes, output = len(packed.input_mark), packed.node_ptr[1:] - 1
        inputs = np.flatnonzero(packed.input_mark >= 0)
        known = np.flatnonzero((kind >= 0) & (kind < n))
        operation = np.zeros((len(kind), n))
        operation[known, kind[known]] = 1.0
        wire = (kind < 0)[:, None]

        mantissa, exponent = np.zeros(n_nodes), np.zeros(n_nodes, dtype=np.int32)
        mantissa[inputs], exponent[inputs] = 0.5, 1
        share = np.empty((2, len(src), 1))
        share[0, :, 0] = 1.0 / np.bincount(dst, minlength=n_nodes)[dst]
        self.before, first = np.zeros((2, n_nodes, n)), np.zeros((2, n_nodes, n))
        nothing = np.zeros((2, n_nodes, 1))  # probability that no operation is met any more
        nothing[:, inputs] = 1.0
        cell = owners(packed.node_ptr)[inputs]
        there = np.zeros(n_nodes)
        there[inputs] = 1.0 / np.bincount(cell, minlength=len(output))[cell]
        leave = 1.0 / np.maximum(np.bincount(src, minlength=n_nodes), 1)
        self.rounds = list(by_destination(packed, edges))
        for chosen, begin, v in self.rounds:
            u, x, is_wire = src[chosen], operation[chosen], wire[chosen]
            terms = add_up(mantissa, exponent, u, begin, v, np.ones(len(u), dtype=bool))
            total = np.repeat(np.add.reduceat(terms, begin), run_lengths(begin, len(u)))
            share[1, chosen, 0] = terms / total
            p = share[:, chosen]
            met = np.where(is_wire, self.before[:, u], x)
            self.before[:, v] = np.add.reduceat(p * met, begin, axis=1)
            met = first[:, u] + nothing[:, u] * x
            first[:, v] = np.add.reduceat(p * met, begin, axis=1)
            nothing[:, v] = np.add.reduceat(p * nothing[:, u] * is_wire, begin, axis=1)
            there[v] = np.add.reduceat(there[u] * leave[u], begin)
        visits = np.zeros((2, n_nodes))
        visits[:, output] = 1.0
        self.flows = np.zeros((2, len(src)))
        for chosen, _, _ in reversed(self.rounds):
            self.flows[:, chosen] = visits[:, dst[chosen]] * share[:, chosen, 0]
            for walk in range(2):
                np.add.at(visits[walk], src[chosen], self.flows[walk, chosen])
        self.forward = there[src] * leave[src]
        self.first, self.last = first[:, output], self.before[:, output]
        self.log_paths = log_of_number(mantissa[output], exponent[output])


def _extremes(
    packed: PackedGraphs, walks: Walks, member: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Fewest and most operations of each set on a path, shape (n_rows, n_sets)."""
    others = np.zeros((4, member.shape[1]))  # unknown, and the three negative codes
    counted = np.concatenate([member, others])
    fewest = np.full((len(packed.input_mark), member.shape[1]), np.inf)
    fewest[packed.input_mark >= 0] = 0.0
    most = -fewest
    for chosen, first, v in walks.rounds:
        u, cost = walks.edges.src[chosen], counted[walks.edges.kind[chosen]]
        fewest[v] = np.minimum.reduceat(fewest[u] + cost, first, axis=0)
        most[v] = np.maximum.reduceat(most[u] + cost, first, axis=0)
    output = packed.node_ptr[1:] - 1
    found = np.isfinite(fewest[output])
    return np.where(found, fewest[output], -1.0), np.where(found, most[output], -1.0)


def _levels(packed: PackedGraphs, walks: Walks) -> tuple[Floats, Floats]:
    """Edges of the longest paths from the inputs to each node, and from it to the output."""
    before, after = np.zeros(len(packed.input_mark)), np.zeros(len(packed.input_mark))
    src, dst = walks.edges.src, walks.edges.dst
    for chosen, first, v in walks.rounds:
        before[v] = np.maximum.reduceat(before[src[chosen]] + 1.0, first)
    for chosen, _, _ in reversed(walks.rounds):
        np.maximum.at(after, src[chosen], after[dst[chosen]] + 1.0)
    return before, after


def _sums(packed: PackedGraphs, edges: Edges, values: Floats) -> Floats:
    """Of values of edges, over those of each cell, shape (n_rows, 1)."""
    sums = np.bincount(edges.cell, values, len(packed.n_inputs))
    return sums.astype(np.float64)[:, None]  # of no edges at all they are whole numbers


def _degrees(packed: PackedGraphs, edges: Edges) -> Floats:
    """The six last columns of every cell."""
    n_rows, n_nodes = len(packed.n_inputs), len(packed.input_mark)
    inner, cell = packed.input_mark < 0, owners(packed.node_ptr)
    degree = np.bincount(edges.dst, minlength=n_nodes)
    largest = np.zeros(n_rows)
    np.maximum.at(largest, cell, degree)
    n_inner = np.bincount(cell[inner], minlength=n_rows)
    output = packed.node_ptr[1:] - 1
    leaving = packed.input_mark[edges.src] >= 0
    direct = leaving & (edges.dst == output[edges.cell]) & (edges.kind < 0)
    return np.column_stack(
        [
            np.diff(packed.edge_ptr[packed.op_ptr]) / np.maximum(n_inner, 1),
            largest,
            np.bincount(cell[degree > 1], minlength=n_rows),
            degree[output],
            np.bincount(edges.cell[leaving], minlength=n_rows),
            np.bincount(edges.cell[direct], minlength=n_rows),
        ]
    )
