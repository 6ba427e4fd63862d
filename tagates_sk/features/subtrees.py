"""WeisfeilerLehman: counts of the neighbourhoods that occur in the graphs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from numbers import Integral
from typing import Any, ClassVar, NamedTuple

import numpy as np

from .._utils import Number
from ..graphs import PackedGraphs
from ..graphs.packed import IntArray, pointers
from ..graphs.reading import MAX_INPUTS
from ..graphs.vertices import Vertices, vertices_of
from ._common import BaseFeatures, count_matrix

LONGEST_NAME = 100
"""Labels whose description is longer are only numbered."""


class Multisets:
    """A dictionary that numbers pairs of a start and a multiset of symbols.

    A multiset is read symbol by symbol in ascending order; every beginning of
    it has a number of its own, found by that of the shorter beginning and the
    last symbol.

    Parameters
    ----------
    n_starts, n_symbols : int
        Starts and symbols are smaller than these; -1 is an unknown one.
    """

    def __init__(self, n_starts: int, n_symbols: int) -> None:
        self.n_starts = n_starts
        self.n_symbols = n_symbols
        self.levels: list[IntArray] = []
        self.complete: IntArray = np.empty(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.complete)

    def number(self, start: IntArray, row: IntArray, symbol: IntArray, learn: bool) -> IntArray:
        """Number of each row's start and symbols, -1 where it was not learned.

        Parameters
        ----------
        start : ndarray of int, shape (n,)
        row, symbol : ndarray of int, shape (n_symbols,)
            In which row there is which symbol, in any order.
        learn : bool
            Whether this is the call that fills the dictionary.

        Returns
        -------
        ndarray of int, shape (n,)
        """
        ptr = pointers(np.bincount(row, minlength=len(start)))
        symbol = np.sort(row * (self.n_symbols + 1) + symbol + 1) % (self.n_symbols + 1) - 1
        state = start.astype(np.int64)
        length = np.diff(ptr)
        active = np.flatnonzero(length > 0)
        offset, depth = self.n_starts, 0
        while len(active):
            next_symbol = symbol[ptr[active] + depth]
            valid = (state[active] >= 0) & (next_symbol >= 0)
            key = state[active] * self.n_symbols + next_symbol
            if learn:
                self.levels.append(np.unique(key[valid]))
            known = self.levels[depth] if depth < len(self.levels) else key[:0]
            state[active] = _find(known, key, valid, offset)
            offset += len(known)
            depth += 1
            active = active[length[active] > depth]
        if learn:
            self.complete = np.unique(state[state >= 0])
        return _find(self.complete, state, state >= 0, 0)

    def contents(self) -> Iterator[tuple[int, list[int]]]:
        """Start and symbols of every number."""
        firsts = self.n_starts + pointers(np.array([len(keys) for keys in self.levels], dtype=int))
        for state in self.complete.tolist():
            symbols: list[int] = []
            while state >= self.n_starts:
                depth = int(np.searchsorted(firsts, state, side="right")) - 1
                state, symbol = divmod(
                    int(self.levels[depth][state - firsts[depth]]), self.n_symbols
                )  # fmt: skip
                symbols.append(symbol)
            yield state, symbols[::-1]


class Iteration(NamedTuple):
    """What one iteration learned.

    Parameters
    ----------
    before, after : Multisets
        Labels of the vertices that lead to a node, and of those that read it;
        `after` is empty where only predecessors are looked at.
    by_sources : Multisets
        A label with what there is at the nodes it reads.
    by_node : Multisets
        That with what there is behind the node it leads to.
    """

    before: Multisets
    after: Multisets
    by_sources: Multisets
    by_node: Multisets


class WeisfeilerLehman(BaseFeatures):
    """Counts of Weisfeiler–Lehman labels.

    Every operation starts with its name as label. An iteration replaces the
    label by the pair of it and the multiset of its predecessors' labels, so
    that after h iterations it stands for all that lies up to h operations
    before. The counts of the labels of all iterations are the feature map of
    the Weisfeiler–Lehman subtree kernel [1]_, with which Gaussian processes
    search architectures well and explain what they found [2]_.

    Parameters
    ----------
    n_iter : int, default=2
        Iterations h; 0 counts operations.
    both_directions : bool, default=False
        Whether labels also look at successors, apart from predecessors.
    operations : "auto" or list of str, default="auto"
        The vocabulary; "auto" is the operations seen in fit.
    handle_unknown : {"warn", "error", "ignore"}, default="warn"
        What to do with an operation outside the vocabulary: refuse, or leave
        out the labels with it. (An unknown identity operation such as
        ``"skip_connect"`` is a wire, as everywhere in this library.)
    sparse_output : bool, default=True
        Whether transform returns a sparse CSR matrix.

    Attributes
    ----------
    operations_ : list of str
        The vocabulary, sorted.
    n_cells_ : int
        Cells of an architecture.
    n_labels_ : list of int, length n_iter + 1
        Different labels after each iteration.
    n_columns_ : list of int, length n_iter + 1
        Columns of each iteration, in the order of the columns: as many, counted
        for each cell by itself.

    See Also
    --------
    PathEncoding : Whole paths and nothing beside them.

    Notes
    -----
    The vertices of the graph are operations, wires, inputs (told apart by their
    number) and the output. An operation on an edge is a vertex as well, with
    the operations into the edge's first node as predecessors; they are
    gathered once for all edges that leave the node, so that dense graphs cost
    no more than their edges. Cells of an architecture have columns of their
    own.

    A column is named by its label and the labels before it: ``pool(conv+input)``
    is a pooling with a convolution and the input as predecessors; with
    `both_directions`, successors stand behind a bar. A label whose description is
    long is named by iteration and number, ``label2.17``. A label that fit never
    saw has no column: what only larger or other graphs have is left out.

    References
    ----------
    .. [1] N. Shervashidze, P. Schweitzer, E. J. van Leeuwen, K. Mehlhorn and
       K. M. Borgwardt, "Weisfeiler-Lehman graph kernels", Journal of Machine
       Learning Research 12, 2011.
    .. [2] B. Ru, X. Wan, X. Dong and M. A. Osborne, "Interpretable neural
       architecture search via Bayesian optimisation with Weisfeiler-Lehman
       kernels", ICLR 2021.

    Examples
    --------
    >>> import networkx as nx
    >>> from tagates_sk.features import WeisfeilerLehman
    >>> cell = nx.DiGraph()
    >>> cell.add_edge("in", "mid", op="conv")
    >>> cell.add_edge("mid", "out", op="conv")
    >>> labels = WeisfeilerLehman(n_iter=1, sparse_output=False).fit([cell])
    >>> for name, count in zip(labels.get_feature_names_out(), labels.transform([cell])[0]):
    ...     print(name, count)
    conv 2.0
    output 1.0
    input 1.0
    input() 1.0
    conv(conv) 1.0
    conv(input) 1.0
    output(conv) 1.0
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_iter": [Number(Integral, 0, None, closed="left")],
        "both_directions": ["boolean"],
        "sparse_output": ["boolean"],
        **BaseFeatures._parameter_constraints,
    }

    def __init__(
        self,
        n_iter: int = 2,
        *,
        both_directions: bool = False,
        operations: str | Sequence[str] = "auto",
        handle_unknown: str = "warn",
        sparse_output: bool = True,
    ) -> None:
        self.n_iter = n_iter
        self.both_directions = both_directions
        self.operations = operations
        self.handle_unknown = handle_unknown
        self.sparse_output = sparse_output

    def _learn(self, packed: PackedGraphs) -> None:
        self._iterations: list[Iteration] = []
        self._columns: list[IntArray] = []
        self.n_labels_: list[int] = []
        graph = vertices_of(packed)
        n_labels = self._n_starts()
        for h, label in enumerate(self._labels(graph, learn=True)):
            if h:
                n_labels = len(self._iterations[-1].by_node)
            valid = label >= 0
            key = (graph.cell[valid] % packed.n_cells) * n_labels + label[valid]
            self._columns.append(np.unique(key))
            self.n_labels_.append(len(np.unique(label[valid])))
        self.n_columns_ = [len(keys) for keys in self._columns]

    def _n_starts(self) -> int:
        return len(self.operations_) + 2 + MAX_INPUTS

    def _labels(self, graph: Vertices, learn: bool) -> Iterator[IntArray]:
        """Labels of the vertices before the first and after each iteration."""
        label: IntArray = graph.label
        n_labels = self._n_starts()
        yield label
        nothing = np.zeros(graph.n_nodes, dtype=np.int64)
        n_iter = self.n_iter if learn else len(self._iterations)
        for h in range(n_iter):
            if learn:
                before, after = Multisets(1, n_labels), Multisets(1, n_labels)
            else:
                before, after, by_sources, by_node = self._iterations[h]
            incoming = before.number(nothing, graph.node, label, learn)
            outgoing: IntArray = nothing
            if self.both_directions:
                outgoing = after.number(nothing, graph.src, label[graph.into], learn)
            if learn:
                by_sources = Multisets(n_labels, len(before))
            label = by_sources.number(label, graph.into, incoming[graph.src], learn)
            if learn:
                by_node = Multisets(len(by_sources), max(len(after), 1))
            vertex = np.arange(len(label))
            label = by_node.number(label, vertex, outgoing[graph.node], learn)
            if learn:
                n_labels = len(by_node)
                self._iterations.append(Iteration(before, after, by_sources, by_node))
            yield label

    def _encode(self, packed: PackedGraphs) -> Any:
        graph = vertices_of(packed)
        rows: list[IntArray] = []
        columns: list[IntArray] = []
        width = 0
        for h, label in enumerate(self._labels(graph, learn=False)):
            n_labels = len(self._iterations[h - 1].by_node) if h else self._n_starts()
            key = (graph.cell % packed.n_cells) * n_labels + label
            column = _find(self._columns[h], key, label >= 0, width)
            rows.append(graph.cell[column >= 0] // packed.n_cells)
            columns.append(column[column >= 0])
            width += len(self._columns[h])
        return count_matrix(
            np.concatenate(rows), np.concatenate(columns), (len(packed), width), self.sparse_output
        )

    def _names(self) -> list[str]:
        names = []
        several = bool((self._columns[0] % self._n_starts() > len(self.operations_) + 2).any())
        own = [*self.operations_, "wire", "output"]
        own += [f"input{m}" if several else "input" for m in range(MAX_INPUTS)]
        described = own
        for h, keys in enumerate(self._columns):
            if h:
                own, described = self._describe(h, own, described)
            for key in keys.tolist():
                cell, label = divmod(key, len(described))
                names.append(self._prefix(cell) + described[label])
        return names

    def _describe(
        self, h: int, own: list[str], described: list[str]
    ) -> tuple[list[str], list[str]]:  # fmt: skip
        """Names of the operations and descriptions of the labels of an iteration."""
        before, after, by_sources, by_node = self._iterations[h - 1]
        incoming, outgoing = (
            [[described[label] for label in labels] for _, labels in side.contents()]
            for side in (before, after)
        )
        sources = list(by_sources.contents())
        names, texts = [], []
        for number, (state, behind) in enumerate(by_node.contents()):
            label, nodes = sources[state]
            names.append(own[label])
            sides = [[incoming[node] for node in nodes]]
            if self.both_directions:
                sides.append([outgoing[node] for node in behind])
            text = f"label{h}.{number}"
            if sum(len(part) for side in sides for part in side) <= LONGEST_NAME:
                full = "|".join("+".join(sorted(chain.from_iterable(side))) for side in sides)
                if len(full) + len(own[label]) + 2 <= LONGEST_NAME:
                    text = f"{own[label]}({full})"
            texts.append(text)
        return names, texts


def _find(keys: IntArray, wanted: IntArray, valid: Any, offset: int) -> IntArray:
    """Position in sorted keys plus the offset; -1 where not valid or not there."""
    if not len(keys):
        return np.full(len(wanted), -1, dtype=np.int64)
    position = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found = valid & (keys[position] == wanted)
    return np.where(found, position + offset, -1)
