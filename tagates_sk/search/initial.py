"""The first architectures: random ones of large capacity that are far apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

SURPLUS = 5
"""How many random architectures to draw for each one chosen."""

SHARE = 0.5
"""Share of these that remain where large architectures are preferred."""


def spread(
    architectures: Sequence[Any], n: int, known: Sequence[Any], *, prefer_large: bool
) -> list[int]:
    """Rows of up to n architectures, each as far as possible from known and earlier ones.

    Distances are between the graph statistics that the statistical members of
    :class:`~tagates_sk.TAGATESRanker` read. The farthest-first traversal [1]_ begins
    with the first architecture that is not left out if none is known.

    Parameters
    ----------
    architectures : sequence of m architectures
    n : int
    known : sequence of architectures
        May be empty.
    prefer_large : bool
        Whether to leave out the half with the least capacity, as long as n remain.

    Returns
    -------
    list of int

    References
    ----------
    .. [1] T. F. Gonzalez, "Clustering to minimize the maximum intercluster
       distance", Theoretical Computer Science 38, 1985.
    """
    if len(architectures) <= n:
        return list(range(len(architectures)))
    from ..estimators.statistics import KINDS, GraphStatistics  # imports torch

    statistics = GraphStatistics().fit(architectures)
    read = statistics.transform(architectures)
    place = _places(read, KINDS)
    distance = np.full(len(place), np.inf)
    for other in _places(statistics.transform(known), KINDS) if len(known) else ():
        distance = np.minimum(distance, ((place - other) ** 2).sum(axis=1))
    excluded: list[int] = []
    if prefer_large:
        n_kept = max(n, round(SHARE * len(place)))
        excluded = np.argsort(-read.prior, kind="stable")[n_kept:].tolist()
    rows: list[int] = []
    for _ in range(n):
        distance[excluded + rows] = -1.0
        rows.append(int(distance.argmax()))
        distance = np.minimum(distance, ((place - place[rows[-1]]) ** 2).sum(axis=1))
    return rows


def _places(statistics: Any, kinds: Sequence[str]) -> Any:
    # Where all architectures are alike, no column is left.
    return np.concatenate([np.zeros((len(statistics), 0)), *statistics.joined(kinds)], axis=1)
