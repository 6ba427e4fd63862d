"""OperationStatistics: how many operations of each kind, and the paths and degrees they make."""

from __future__ import annotations

import numpy as np

from .._utils import Floats
from ..graphs import PackedGraphs
from ._common import edges_of, owners, weighted_sums
from ._following import path_statistics
from ._subsets import BaseSubsetFeatures


class OperationStatistics(BaseSubsetFeatures):
    """Counts of operations, and paths and degrees in sets of operations.

    Small graph features from which tree models predict performance well [1]_.
    For every cell: how often each operation occurs; and, for every set of
    operations, five numbers that tell how input and output are connected by operations
    of the set alone.

    Parameters
    ----------
    max_subset_size : int, default=None
        Sets of at most so many operations; the set of all operations is always
        one of them. None is all sets for up to 6 operations, else 1 and 2 (1,
        where these were more than 4,096 sets).
    operations : "auto" or list of str, default="auto"
        The vocabulary; "auto" is the operations seen in fit.
    handle_unknown : {"warn", "error", "ignore"}, default="warn"
        What to do with an operation outside the vocabulary: refuse, or leave it
        out: it is in no set. (An unknown identity operation such as
        ``"skip_connect"`` is a wire, as everywhere in this library.)

    Attributes
    ----------
    operations_ : list of str
        The vocabulary, sorted.
    n_cells_ : int
        Cells of an architecture.
    subsets_ : list of tuple of str
        The sets of operations.

    See Also
    --------
    WeisfeilerLehman : Counts of larger parts of the graph.
    PathEncoding : The paths themselves.

    Notes
    -----
    The columns of a cell are

    - ``count(op)``, number of edges or nodes with the operation;
    - ``attribute_sum(name)`` for each attribute, the sum of its standardised
      numbers;

    and for each set of operations, written ``op+op+…``,

    - ``shortest_path``, ``longest_path``: fewest and most operations on a path
      from any input to the output that uses only operations of the set; -1 if
      there is none;
    - ``log_paths``: log(1 + number of such paths), parallel edges making
      different paths;
    - ``output_degree``: edges into the output that have (OOE) or come from
      (OON) an operation of the set;
    - ``input_degree``: edges out of the input that have (OOE) or lead to (OON)
      an operation of the set; a column ``input0_degree``, ``input1_degree``, …
      for each input where fit saw several told apart. Inputs with a larger
      number than any seen in fit count for the paths only.

    Wires are free: they may be on the paths of all sets, add nothing to their
    length, and count for no degree. So is an edge from input to output in an
    OON cell: its path has length 0.

    References
    ----------
    .. [1] G. Kadlecová, J. Lukasik, M. Pilát, P. Vidnerová, M. Safari,
       R. Neruda and F. Hutter, "Surprisingly strong performance prediction with
       neural graph features", ICML 2024.

    Examples
    --------
    >>> import networkx as nx
    >>> from tagates_sk.features import OperationStatistics
    >>> cell = nx.DiGraph()
    >>> cell.add_edge("in", "mid", op="conv")
    >>> cell.add_edge("mid", "out", op="pool")
    >>> cell.add_edge("in", "out", op="pool")
    >>> statistics = OperationStatistics(max_subset_size=1)
    >>> row = statistics.fit_transform([cell])[0]
    >>> names = statistics.get_feature_names_out()
    >>> for name, value in zip(names[:5], row):
    ...     print(name, value)
    count(conv) 1.0
    count(pool) 2.0
    shortest_path(conv) -1.0
    longest_path(conv) -1.0
    log_paths(conv) 0.0
    """

    _reads_attributes = True

    def _learn(self, packed: PackedGraphs) -> None:
        super()._learn(packed)
        marks = np.zeros(packed.n_cells, dtype=np.int64)
        cell = owners(packed.node_ptr) % packed.n_cells
        np.maximum.at(marks, cell, packed.input_mark)
        self._n_marks = [int(mark) + 1 for mark in marks]

    def _encode(self, packed: PackedGraphs) -> Floats:
        member = self._members()
        weights = member.astype(np.float64)
        paths = path_statistics(packed, member)
        edges = edges_of(packed)
        output = packed.node_ptr[1:] - 1
        # What an OON cell's output is fed by are nodes, whose operations have their numbers.
        source = edges.src - packed.node_ptr[edges.cell] + packed.op_ptr[edges.cell]
        on_node = packed.on_node[edges.cell]
        feeding = np.where(on_node, packed.op_type[np.where(on_node, source, 0)], edges.kind)
        into_output = edges.dst == output[edges.cell]
        mark = packed.input_mark[edges.src]
        counts = self._count(packed, owners(packed.op_ptr), packed.op_type)
        degree = self._count(packed, edges.cell[into_output], feeding[into_output]) @ weights
        values = self._standardised(packed)
        # The order of sums must leave no trace.
        sums = np.round(weighted_sums(owners(packed.op_ptr), values, len(packed.n_inputs)), 10)
        blocks = []
        for cell, n_marks in enumerate(self._n_marks):
            rows = slice(cell, None, packed.n_cells)
            columns = [*(values[rows] for values in paths), degree[rows]]
            for m in range(n_marks):
                out = mark == m
                leaving = self._count(packed, edges.cell[out], edges.kind[out]) @ weights
                columns.append(leaving[rows])
            width = len(columns) * len(self.subsets_)
            blocks += [counts[rows], sums[rows]]
            blocks.append(np.stack(columns, axis=2).reshape(len(packed), width))
        return np.concatenate(blocks, axis=1)

    def _names(self) -> list[str]:
        names = []
        for cell, n_marks in enumerate(self._n_marks):
            prefix = self._prefix(cell)
            inputs = ["input"] if n_marks == 1 else [f"input{m}" for m in range(n_marks)]
            statistics = [
                "shortest_path", "longest_path", "log_paths", "output_degree",
                *(f"{name}_degree" for name in inputs),
            ]  # fmt: skip
            names += [f"{prefix}count({op})" for op in self.operations_]
            names += [f"{prefix}attribute_sum({name})" for name in self._attribute_names]
            names += [
                f"{prefix}{name}({'+'.join(subset)})"
                for subset in self.subsets_
                for name in statistics
            ]
        return names
