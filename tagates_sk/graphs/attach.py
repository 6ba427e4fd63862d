"""Zero-cost vectors beside the operations of graphs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .architectures import Architectures
from .canonical import canonical_forms
from .operations import NO_OPERATION
from .packed import PackedGraphs, ragged_positions
from .reading import read_architectures
from .sequence import ArchitectureSequence

Vectors = NDArray[np.float32]


def with_zero_cost(X: Sequence[Any], packed: PackedGraphs, vectors: Vectors) -> list[Any]:
    """Copies of architectures whose operations carry zero-cost vectors.

    Parameters
    ----------
    X : sequence of networkx.DiGraph, or of tuples of them
    packed : PackedGraphs
        The architectures as they were read, with keys.
    vectors : ndarray of float32, shape (n_ops, k)
        Of the packed operations. Parts that were pruned get zeros.

    Returns
    -------
    list
        Graphs of the same types; X is not changed.
    """
    assert packed.keys is not None
    copies = []
    for a, architecture in enumerate(X):
        single = not isinstance(architecture, (tuple, list))
        cells = []
        for c, graph in enumerate((architecture,) if single else architecture):
            row = a * packed.n_cells + c
            ops = range(packed.op_ptr[row], packed.op_ptr[row + 1])
            cell = graph.copy()
            on_node = bool(packed.on_node[row])
            view = cell.nodes if on_node else cell.edges
            found = {packed.keys[m]: vectors[m] for m in ops}
            zero = np.zeros(vectors.shape[1], dtype=np.float32)
            for key in view:
                op = view[key].get("op")
                if op is not None and op not in (NO_OPERATION, "input", "output"):
                    view[key]["zero_cost"] = found.get(key, zero)
            cells.append(cell)
        copies.append(cells[0] if single else tuple(cells))
    return copies


def attached(X: ArchitectureSequence, vectors: Vectors) -> ArchitectureSequence:
    """Architectures with zero-cost vectors, which are not read again.

    Parameters
    ----------
    X : ArchitectureSequence of n architectures
    vectors : ndarray of float32, shape (n_ops, k)
        Of the operations of ``X.packed()``.

    Returns
    -------
    ArchitectureSequence
        `Architectures` with copies of the graphs where X is one that was read
        from graphs, else :class:`ZeroCostSequence`.
    """
    packed = X.packed()
    if not isinstance(X, Architectures) or packed.keys is None:
        return ZeroCostSequence(X, vectors)
    # As reading has it, where the graph has no place for a vector.
    beside = np.where(packed.op_type[:, None] >= 0, vectors, 0).astype(np.float32)
    copies = with_zero_cost(X, packed, vectors)
    return Architectures.from_packed(copies, replace(packed, zero_cost=beside))


class ZeroCostSequence(ArchitectureSequence):
    """Architectures of another lazy sequence, with zero-cost vectors.

    Parameters
    ----------
    base : ArchitectureSequence
        The architectures.
    vectors : ndarray of float32, shape (n_ops, k)
        Of the operations of ``base.packed()``, in its order.
    rows : ndarray of int, shape (n,), default=None
        Which rows of `base`, in which order; all of them by default.
    """

    def __init__(
        self,
        base: ArchitectureSequence,
        vectors: Vectors,
        rows: NDArray[np.integer[Any]] | None = None,
        *,
        op_ptr: NDArray[np.integer[Any]] | None = None,
    ) -> None:
        super().__init__(np.arange(len(base)) if rows is None else rows)
        self._base, self._vectors = base, vectors
        if op_ptr is None:
            packed = base.packed()
            op_ptr = packed.op_ptr[:: packed.n_cells]
        self._op_ptr = op_ptr

    @property
    def base(self) -> ArchitectureSequence:
        """The architectures without the vectors."""
        sequence: ArchitectureSequence = self._base[self._rows]
        return sequence

    @property
    def vectors(self) -> Vectors:
        """Vectors of the operations of :meth:`packed`, shape (n_ops, k)."""
        starts = self._op_ptr[self._rows]
        return self._vectors[ragged_positions(starts, self._op_ptr[self._rows + 1] - starts)]

    def packed(self) -> PackedGraphs:
        """Operation graphs of all architectures of the sequence."""
        return replace(self.base.packed(), zero_cost=self.vectors)

    def _dag(self, row: int) -> Any:
        dag = self._base[row]
        read = read_architectures([dag])
        (there,) = canonical_forms(read)
        (here,) = canonical_forms(self._base[[row]].packed())
        vectors = np.empty((len(there.order), self._vectors.shape[1]), dtype=np.float32)
        first = self._op_ptr[row]
        vectors[there.order] = self._vectors[first + here.order]
        return with_zero_cost([dag], read, vectors)[0]

    def _with_rows(self, rows: NDArray[np.integer[Any]]) -> ZeroCostSequence:
        return ZeroCostSequence(self._base, self._vectors, rows, op_ptr=self._op_ptr)

    def __repr__(self) -> str:
        k = self._vectors.shape[1]
        return f"<{type(self).__name__} of {len(self)} architectures, {k} numbers an operation>"
