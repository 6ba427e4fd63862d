"""A lazy sequence of architectures: graphs are built when somebody looks at them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np

from .packed import PackedGraphs


class ArchitectureSequence(Sequence[Any], ABC):
    """Base of sequences that keep architectures in a compact table.

    An integer index gives a DAG; a slice, a list or array of integers, or a
    boolean mask gives a sequence of the same kind that shares the table.
    Everything that reads architectures takes the operation graphs from
    :meth:`packed` and never builds the DAGs.

    Parameters
    ----------
    rows : ndarray of int, shape (n,)
        Rows of the table.
    """

    def __init__(self, rows: np.ndarray[Any, Any]) -> None:
        self._rows = rows

    @abstractmethod
    def packed(self) -> PackedGraphs:
        """Operation graphs of all architectures of the sequence."""

    @abstractmethod
    def _dag(self, row: int) -> Any:
        """The architecture in one row of the table, as DAG or tuple of DAGs."""

    @abstractmethod
    def _with_rows(self, rows: np.ndarray[Any, Any]) -> ArchitectureSequence:
        """A sequence of the same kind over other rows of the same table."""

    @property
    def rows(self) -> np.ndarray[Any, Any]:
        """Rows of the table, in the order of the sequence."""
        return self._rows

    @property
    def shape(self) -> tuple[int]:
        """``(n,)``: lets scikit-learn index the sequence as it does arrays."""
        return (len(self._rows),)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> ArchitectureSequence: ...
    @overload
    def __getitem__(self, index: Any) -> Any: ...
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, tuple) and len(index) == 2 and index[1] is Ellipsis:
            index = index[0]  # scikit-learn writes X[indices, ...]
        if isinstance(index, (int, np.integer)):
            return self._dag(int(self._rows[index]))
        if not isinstance(index, slice):
            index = np.asarray(index)
            if index.size == 0:
                index = index.astype(np.int64)
            if index.ndim != 1 or index.dtype.kind not in "iub":
                raise IndexError(
                    "architectures are indexed by an integer, a slice, integers or a boolean "
                    f"mask, not by an array of dtype {index.dtype} and shape {index.shape}"
                )
        return self._with_rows(self._rows[index])

    def __iter__(self) -> Iterator[Any]:
        return (self._dag(int(row)) for row in self._rows)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} architectures>"
