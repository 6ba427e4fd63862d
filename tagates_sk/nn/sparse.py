"""Sums over chosen rows, as products with sparse matrices."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..graphs.packed import IntArray, pointers
from .devices import on_device

Device = str | torch.device
Weights = NDArray[np.floating[Any]] | None


def as_tensor(array: Any, device: Device) -> Tensor:
    """A numpy array as tensor on `device`."""
    return on_device(torch.from_numpy(np.ascontiguousarray(array)), device)


class RowSums(NamedTuple):
    """``out[i] = sum(x[col[ptr[i]:ptr[i + 1]]])``, every summand times its weight.

    Parameters
    ----------
    col : Tensor of int or None
        Summands of all rows; None where the sums are x itself.
    ptr : Tensor of int or None
        Where each row's summands begin; None where every row has one, of weight 1.
    weight : Tensor or None
        Of the summands; None is 1 each.
    """

    col: Tensor | None = None
    ptr: Tensor | None = None
    weight: Tensor | None = None

    @classmethod
    def of(cls, key: IntArray, value: IntArray, n: int, device: Device, weight: Weights) -> RowSums:
        """Sums over ``x[value[i]]`` of the i with the same key, for n keys."""
        order = np.argsort(key, kind="stable")
        col, count = as_tensor(value[order], device), np.bincount(key, minlength=n)
        if weight is not None:
            return cls(col, as_tensor(pointers(count), device), as_tensor(weight[order], device))
        single = len(key) == n and bool((count == 1).all())
        return cls(col, None if single else as_tensor(pointers(count), device))

    def __call__(self, x: Tensor) -> Tensor:
        """The sums, shape (n, d); x itself where the matrix is the identity."""
        if self.col is None:
            return x
        if self.ptr is None:
            return x.index_select(0, self.col)
        if len(self.col) == 0:
            return x.new_zeros((len(self.ptr) - 1, x.shape[1]))
        # On CPU and GPU alike this is the fastest gather-and-add torch has, it
        # adds in a fixed order, and unlike index_add it runs on all threads.
        return torch.embedding_bag(x, self.col, self.ptr, False, 0, False, self.weight, True)[0]


class SparseSum(NamedTuple):
    """Product with a matrix of few entries, and with its transpose.

    Parameters
    ----------
    sums, transposed : RowSums
        The matrix by its rows, and by its columns.
    """

    sums: RowSums
    transposed: RowSums

    @classmethod
    def of(
        cls,
        out: IntArray,
        into: IntArray,
        n_out: int,
        n_in: int,
        device: Device,
        weight: Weights = None,
    ) -> SparseSum:
        """The matrix, shape (n_out, n_in), with an entry at each ``(out[i], into[i])``.

        Entries are 1, or ``weight[i]``; those at one place add up.
        """
        square = weight is None and n_out == n_in == len(out)
        if square and np.array_equal(out, into) and (np.bincount(out) == 1).all():
            return cls(RowSums(), RowSums())  # the identity
        rows = RowSums.of(out, into, n_out, device, weight)
        return cls(rows, RowSums.of(into, out, n_in, device, weight))

    def __call__(self, x: Tensor) -> Tensor:
        """The product, differentiable in `x`; shape (n_out, d) from (n_in, d)."""
        out: Tensor = _SparseProduct.apply(x, self)  # type: ignore[no-untyped-call]
        return out


class _SparseProduct(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, matrix: SparseSum) -> Tensor:
        ctx.matrix = matrix
        out = matrix.sums(x)
        return x.view_as(x) if out is x else out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        return ctx.matrix.transposed(grads[0].contiguous()), None
