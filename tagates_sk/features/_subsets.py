"""Features that count operations, and look at sets of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import comb
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .._utils import Floats, Number
from ..graphs import PackedGraphs
from ..graphs.packed import IntArray
from ._common import BaseFeatures

MAX_SUBSETS = 4096
"""Most sets of operations; each has several columns."""

FEW = 6
"""Up to so many operations, all their sets are used by default."""


class BaseSubsetFeatures(BaseFeatures):
    """Has the sets of at most `max_subset_size` operations, and of all.

    Attributes
    ----------
    subsets_ : list of tuple of str
        The sets, known after :meth:`_learn`.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "max_subset_size": [Number(Integral, 1, None, closed="left"), None],
        **BaseFeatures._parameter_constraints,
    }

    def __init__(
        self,
        max_subset_size: int | None = None,
        *,
        operations: str | Sequence[str] = "auto",
        handle_unknown: str = "warn",
    ) -> None:
        self.max_subset_size = max_subset_size
        self.operations = operations
        self.handle_unknown = handle_unknown

    def _learn(self, packed: PackedGraphs) -> None:
        n = len(self.operations_)
        largest = min(self._largest_subset(n), n)
        self.subsets_ = [
            subset for k in range(1, largest + 1) for subset in combinations(self.operations_, k)
        ]
        if largest < n:
            self.subsets_.append(tuple(self.operations_))

    def _largest_subset(self, n: int) -> int:
        if self.max_subset_size is None:
            return n if n <= FEW else 2 if n + comb(n, 2) < MAX_SUBSETS else 1
        largest = min(self.max_subset_size, n)
        n_subsets = sum(comb(n, k) for k in range(1, largest + 1))
        if largest > 1 and n_subsets > MAX_SUBSETS:
            raise ValueError(
                f"max_subset_size={self.max_subset_size} with {n} operations makes {n_subsets} "
                f"sets of operations; at most {MAX_SUBSETS} are allowed. Lower max_subset_size."
            )
        return largest

    def _members(self) -> NDArray[np.bool_]:
        """Which operations are in which set, shape (n_operations, n_sets)."""
        member = [[name in subset for subset in self.subsets_] for name in self.operations_]
        return np.array(member, dtype=bool).reshape(len(self.operations_), len(self.subsets_))

    def _count(
        self, packed: PackedGraphs, row: IntArray, kind: IntArray, weights: Floats | None = None
    ) -> Floats:
        """How often, or with what weight, each operation of the vocabulary occurs in each cell."""
        n = len(self.operations_)
        known = (kind >= 0) & (kind < n)
        counts = np.bincount(
            row[known] * n + kind[known],
            None if weights is None else weights[known],
            len(packed.n_inputs) * n,
        )
        return counts.astype(np.float64).reshape(len(packed.n_inputs), n)
