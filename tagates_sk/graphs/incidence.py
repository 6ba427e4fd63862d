"""Sparse matrices as sums over rows: all the structure a batch of graphs has."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .packed import IntArray, pointers


class RowSums(NamedTuple):
    """``out[i] = sum(x[col[ptr[i]:ptr[i + 1]]])``, every summand times its weight.

    Parameters
    ----------
    single : ndarray of int or None
        The one summand of each row, where every row has exactly one, of weight 1.
    col, ptr : ndarray of int
        Summands of all rows, and where each row's begin.
    weight : ndarray of float64 or None
        Of the summands; None is 1 each.
    """

    single: IntArray | None
    col: IntArray
    ptr: IntArray
    weight: NDArray[np.float64] | None = None


class Incidence(NamedTuple):
    """A matrix of few entries (repeated ones add up), by its rows and by its columns.

    Parameters
    ----------
    n_out, n_in : int
        Its shape.
    rows : RowSums
        Its product with x, shape (n_in, d).
    columns : RowSums
        The product of its transpose with x, shape (n_out, d).
    """

    n_out: int
    n_in: int
    rows: RowSums
    columns: RowSums

    @property
    def is_identity(self) -> bool:
        """Whether the product is the operand itself."""
        single = self.rows.single
        return (
            single is not None
            and self.n_out == self.n_in
            and np.array_equal(single, np.arange(self.n_out))
        )

    def transposed(self) -> Incidence:
        """The transposed matrix."""
        return Incidence(self.n_in, self.n_out, self.columns, self.rows)


def incidence(
    out: IntArray,
    into: IntArray,
    n_out: int,
    n_in: int,
    weight: NDArray[np.float64] | None = None,
) -> Incidence:
    """Matrix with an entry at each ``(out[i], into[i])``: 1, or ``weight[i]``."""
    rows = _row_sums(out, into, n_out, weight)
    return Incidence(n_out, n_in, rows, _row_sums(into, out, n_in, weight))


def _row_sums(
    key: IntArray, value: IntArray, n: int, weight: NDArray[np.float64] | None
) -> RowSums:
    order = np.argsort(key, kind="stable")
    col = value[order]
    count = np.bincount(key, minlength=n)
    if weight is not None:
        return RowSums(None, col, pointers(count), weight[order])
    single = len(key) == n and bool((count == 1).all())
    return RowSums(col if single else None, col, pointers(count))
