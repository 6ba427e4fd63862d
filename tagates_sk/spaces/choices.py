"""Architectures that are a choice for each of some places, drawn and edited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .base import Table


def draw_choices(sizes: Sequence[int], n: int, random: np.random.RandomState) -> Table:
    """Draw a choice for each place, evenly and independently.

    Parameters
    ----------
    sizes : sequence of int
        How many choices each place has.
    n : int
        Rows to draw.
    random : RandomState

    Returns
    -------
    ndarray of uint8, shape (n, len(sizes))
    """
    high = sizes[0] if len(set(sizes)) == 1 else np.asarray(sizes)  # one bound draws faster
    return random.randint(high, size=(n, len(sizes))).astype(np.uint8)


def other_choices(sizes: Sequence[int], row: Table) -> Table:
    """All rows that make another choice in one place.

    Parameters
    ----------
    sizes : sequence of int
        How many choices each place has.
    row : ndarray of uint8, shape (len(sizes),)

    Returns
    -------
    ndarray of uint8, shape (sum of sizes - len(sizes), len(sizes))
    """
    others = np.asarray(sizes) - 1
    place = np.repeat(np.arange(len(others)), others)
    shift = np.concatenate([np.arange(1, k + 1) for k in others])
    edits = np.repeat(row[None], len(place), axis=0)
    edits[np.arange(len(place)), place] = (row[place] + shift) % np.asarray(sizes)[place]
    return edits


def smallest(keys: Table, legal: NDArray[np.bool_]) -> NDArray[np.integer[Any]]:
    """For each row, which of its legal keys comes first in lexicographic order.

    Parameters
    ----------
    keys : ndarray of uint8, shape (rows, K, length)
    legal : ndarray of bool, shape (rows, K)
        At least one in each row.

    Returns
    -------
    ndarray of int, shape (rows,)
    """
    left = legal.copy()
    none = np.iinfo(np.int64).max
    for start in range(0, keys.shape[2], 7):  # seven digits of eight bits make one number
        digits = keys[:, :, start : start + 7]
        number = digits @ (256 ** np.arange(digits.shape[2])[::-1])
        least = np.where(left, number, none).min(axis=1, keepdims=True)
        left &= number == least
    first: NDArray[np.integer[Any]] = left.argmax(axis=1)
    return first
