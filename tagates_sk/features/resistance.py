"""ResistanceStatistics: how directly an architecture joins its inputs to its output."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csc_matrix
from scipy.sparse.linalg import splu

from .._utils import Floats
from ..graphs import PackedGraphs
from ._common import BaseFeatures, Edges, edges_of
from .capacity import sizes_of

RESISTANCE = ("resistance", "trainable_resistance")
"""Columns of a cell."""

LIGHT = 0.25
"""The second resistance of what has no weights, beside 1 for what has some."""

WITHOUT_PATH = 30.0
"""Resistance of a cell whose output no input reaches."""


class ResistanceStatistics(BaseFeatures):
    r"""How directly an architecture joins its inputs to its output.

    Skip connections let signals and gradients pass by operations. The shorter the
    ways and the more of them there are, the smaller the effective resistance of the
    cell as an electrical network [1]_. Unlike what happens at single places, it
    often means the same in graphs unlike those of fit. The processes of
    :class:`~tagates_sk.TAGATESRanker` have a linear trend in these columns.

    Parameters
    ----------
    operations : "auto" or list of str, default="auto"
        The vocabulary; "auto" is the operations seen in fit.
    handle_unknown : {"warn", "error", "ignore"}, default="warn"
        What to do with an operation outside the vocabulary: refuse, or read it
        all the same, since its name tells whether it has weights.

    Attributes
    ----------
    operations_ : list of str
        The vocabulary, sorted.
    n_cells_ : int
        Cells of an architecture.

    See Also
    --------
    CapacityStatistics : How much an architecture can learn.

    Notes
    -----
    Every edge is a resistor between its two nodes, and all inputs are one node. With
    the Laplacian L of the other nodes, in which an edge of resistance r counts 1/r,
    the column ``resistance`` is

    .. math:: R = (L^{-1})_{\mathrm{output},\,\mathrm{output}}

    for r = 1, and ``trainable_resistance`` the same for r = 1 if the edge's operation
    has weights and 0.25 if it has none. Both are 30 where no input reaches the
    output.

    References
    ----------
    .. [1] D. J. Klein and M. Randić. "Resistance distance". Journal of Mathematical
       Chemistry 12, 1993.

    Examples
    --------
    >>> import networkx as nx
    >>> from tagates_sk.features import ResistanceStatistics
    >>> cell = nx.DiGraph()
    >>> cell.add_edge("in", "mid", op="conv3x3")
    >>> cell.add_edge("mid", "out", op="conv3x3")
    >>> statistics = ResistanceStatistics().fit([cell])
    >>> print(statistics.transform([cell]))
    [[2. 2.]]
    >>> cell.add_edge("in", "out", op="skip_connect")
    >>> print(statistics.transform([cell]).round(3))
    [[0.667 0.222]]
    """

    _reads_names = True

    def __init__(
        self, *, operations: str | Sequence[str] = "auto", handle_unknown: str = "warn"
    ) -> None:
        self.operations = operations
        self.handle_unknown = handle_unknown

    def _encode(self, packed: PackedGraphs) -> Floats:
        edges = edges_of(packed)
        trainable = sizes_of(packed)[edges.op] > 0
        resistances = np.ones(len(trainable)), np.where(trainable, 1.0, LIGHT)
        columns = np.column_stack([_resistance(packed, edges, r) for r in resistances])
        # Rounded, since the order of nodes must leave no trace.
        return columns.astype(np.float32).astype(np.float64).reshape(len(packed), -1)

    def _names(self) -> list[str]:
        return [self._prefix(cell) + name for cell in range(self.n_cells_) for name in RESISTANCE]


def _resistance(packed: PackedGraphs, edges: Edges, resistance: Floats) -> Floats:
    """Between the inputs and the output of each cell, shape (n_rows,)."""
    n_nodes, output = len(packed.input_mark), packed.node_ptr[1:] - 1
    conductance = 1.0 / resistance
    degree = np.bincount(edges.src, conductance, n_nodes)
    degree += np.bincount(edges.dst, conductance, n_nodes)
    alone = degree == 0
    # Inputs are grounded: they have a 1 on the diagonal and nothing beside it.
    grounded = packed.input_mark >= 0
    inner = ~grounded[edges.src]
    src, dst, between = edges.src[inner], edges.dst[inner], -conductance[inner]
    every = np.arange(n_nodes)
    laplacian = csc_matrix(
        (
            np.concatenate([np.where(grounded | alone, 1.0, degree), between, between]),
            (np.concatenate([every, src, dst]), np.concatenate([every, dst, src])),
        ),
        shape=(n_nodes, n_nodes),
    )
    current = np.zeros(n_nodes)
    current[output] = 1.0
    # One factorisation for all cells; nodes in topological order fill in little.
    factors = splu(laplacian, permc_spec="NATURAL", options={"SymmetricMode": True})
    found: Floats = factors.solve(current)[output]
    return np.where(alone[output], WITHOUT_PATH, found)
