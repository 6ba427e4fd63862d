"""Sparse 0/1 matrices as sums over rows: all the structure a batch of graphs has."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .packed import IntArray, pointers


class RowSums(NamedTuple):
    """``out[i] = sum(x[col[ptr[i]:ptr[i + 1]]])``.

    Parameters
    ----------
    single : ndarray of int or None
        The one summand of each row, where every row has exactly one.
    col, ptr : ndarray of int
        Summands of all rows, and where each row's begin.
    """

    single: IntArray | None
    col: IntArray
    ptr: IntArray


class Incidence(NamedTuple):
    """A 0/1 matrix (repeated entries add up), by its rows and by its columns.

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


def incidence(out: IntArray, into: IntArray, n_out: int, n_in: int) -> Incidence:
    """Incidence matrix with an entry at each ``(out[i], into[i])``."""
    return Incidence(n_out, n_in, _row_sums(out, into, n_out), _row_sums(into, out, n_in))


def _row_sums(key: IntArray, value: IntArray, n: int) -> RowSums:
    col = value[np.argsort(key, kind="stable")]
    count = np.bincount(key, minlength=n)
    single = len(key) == n and bool((count == 1).all())
    return RowSums(col if single else None, col, pointers(count))
