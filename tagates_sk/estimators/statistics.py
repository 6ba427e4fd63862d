"""GraphStatistics: the blocks of numbers and the prior that statistical members read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._utils import Floats
from ..features import AdjacencyOneHot, CapacityStatistics, OperationStatistics, WalkStatistics
from ..graphs import PackedGraphs, read_architectures
from ..graphs.attributes import AttributeScale

BLOCKS = ("walks", "operations", "edges", "places", "capacity")
"""The blocks, each about one aspect of a graph."""

NUMBERS = {name: f"{name}: numbers" for name in ("walks", "edges", "places")}
"""Blocks of operation attributes, if there are any, by the block they go with."""

_NUMBER = re.compile(r"(?:^|_)attribute(?:_sum)?[([]")
"""Marks the names of their columns."""

_NAMED = ("walks", "operations", "edges", "places")
"""Blocks that distinguish operations by name."""

FEW_KINDS = 64
"""Operations that differ in name or attributes get their own columns, up to this many."""

N_PLACES = 6
MANY = 12
"""With more operations than this, statistics use single operations instead of sets."""

LIMIT = 4.0
"""Columns are clipped at this many standard deviations, so that outliers do no harm."""

PRIOR = ("size", "path_size", "longest_size")
"""The columns of capacity whose mean is the prior."""


class Statistics(NamedTuple):
    """The statistics of some architectures, for statistical members.

    Parameters
    ----------
    blocks : dict of str to ndarray of float, shape (n, n_columns)
        Standardised columns, by the names in BLOCKS and perhaps "proxies". They are
        divided by the square root of their number, so that squared distances of rows
        are about 2.
    prior : ndarray of float, shape (n,)
        Standardised capacity, or consensus of proxies; zeros if it is the same for all
        architectures of fit.
    kinds : ndarray of float, shape (n, n_columns), or None
        With operation attributes: the columns for trees, instead of the blocks that
        treat operations with different attributes as different.
    """

    blocks: dict[str, Floats]
    prior: Floats
    kinds: Floats | None = None

    def __len__(self) -> int:
        return len(self.prior)

    def names(self, blocks: Sequence[str]) -> list[str]:
        """The blocks with these names, and the blocks of attributes that go with them."""
        joined = [name for block in blocks for name in (block, NUMBERS.get(block, ""))]
        return [name for name in joined if name in self.blocks or name in blocks]

    def columns(self) -> NDArray[np.float32]:
        """All columns side by side, for trees."""
        blocks = list(self.blocks.values())
        if self.kinds is not None:
            blocks = [self.kinds, *(b for name, b in self.blocks.items() if name not in _NAMED)]
        return np.concatenate(blocks, axis=1).astype(np.float32)

    def of(self, rows: Any) -> Statistics:
        """The statistics of some of the architectures."""
        return Statistics(
            {name: b[rows] for name, b in self.blocks.items()},
            self.prior[rows],
            None if self.kinds is None else self.kinds[rows],
        )


class GraphStatistics:
    """Computes the :class:`Statistics` of architectures.

    Operations that were not in fit are left out, and so are nodes beyond the largest
    cell of fit. Attributes of operations make their own blocks. If few operations
    differ in name or attributes, the other blocks distinguish them, too.

    Attributes
    ----------
    transformers_ : list of transformer
        Transformers of :mod:`tagates_sk.features`.
    operations_ : list of str
        The operations in fit, sorted.

    Examples
    --------
    >>> from tagates_sk.datasets import load_nasbench201
    >>> from tagates_sk.estimators.statistics import GraphStatistics
    >>> dags = load_nasbench201().dags
    >>> statistics = GraphStatistics().fit(dags[:20])
    >>> len(statistics.transform(dags[20:25]))
    5
    """

    _is_number: list[NDArray[np.bool_]] | None = None
    """For the columns of walks, operations and edges; None without attributes."""
    _by_numbers: GraphStatistics | None = None
    """For the same architectures, with attributes in the names of operations."""

    @property
    def attributes_(self) -> tuple[str, ...]:
        """Names of the operation attributes in fit."""
        scale: AttributeScale | None = self.transformers_[0]._attributes
        return () if scale is None else scale.names

    def fit(self, X: Any, scores: Floats | None = None) -> GraphStatistics:
        """Learn the vocabulary, the columns and their scale.

        Parameters
        ----------
        X : PackedGraphs or sequence of n architectures
        scores : ndarray of float, shape (n, n_scores), default=None
            Other scores of the architectures. Together with walks they make another
            block, "proxies", since the meaning of a score depends on the graph. The
            last column replaces capacity as the prior.

        Returns
        -------
        self
        """
        packed = read_architectures(X)
        self.operations_ = packed.used_operations()
        size = 1 if len(packed.used_operations()) > MANY else None
        self.transformers_ = [
            WalkStatistics(size, n_places=N_PLACES, handle_unknown="ignore"),
            OperationStatistics(size, handle_unknown="ignore"),
            AdjacencyOneHot(canonical=False, handle_unknown="ignore", handle_larger="ignore"),
            CapacityStatistics(handle_unknown="ignore"),
        ]
        for transformer in self.transformers_:
            transformer.set_output(transform="default").fit(packed)
        names = [t.get_feature_names_out() for t in self.transformers_]
        self._is_place = np.array(["walk_place" in name for name in names[0]])
        self._prior_columns = [list(names[3]).index(name) for name in PRIOR]
        self._is_number = self._by_numbers = None
        if self.attributes_:
            self._is_number = [
                np.array([_NUMBER.search(name) is not None for name in of], dtype=bool)
                for of in names[:3]
            ]
            finer = packed.with_numbers_in_names()
            if len(finer.used_operations()) <= FEW_KINDS:
                self._by_numbers = GraphStatistics().fit(finer)
        raw = self._raw(packed)
        self._scales = {name: Scale(block) for name, block in raw.items()}
        capacity = raw["capacity"][:, self._prior_columns]
        self._capacity_scale = Scale(capacity)
        mean = self._capacity_scale(capacity).sum(axis=1)[:, None]
        if scores is not None:
            self._scales["proxies"] = Scale(scores)
            mean = scores[:, -1:]
        self._prior_scale = Scale(mean)
        return self

    def transform(self, X: Any, scores: Floats | None = None) -> Statistics:
        """Compute the statistics of architectures.

        Parameters
        ----------
        X : PackedGraphs or sequence of n architectures
        scores : ndarray of float, shape (n, n_scores), default=None
            As in :meth:`fit`.

        Returns
        -------
        Statistics
        """
        packed = read_architectures(X)
        raw = self._raw(packed)
        blocks = {name: self._scales[name](block) for name, block in raw.items()}
        kinds = None
        if self._by_numbers is not None:
            kinds = np.concatenate([blocks[name] for name in _NAMED], axis=1)
            finer = self._by_numbers.transform(packed.with_numbers_in_names())
            blocks.update({name: finer.blocks[name] for name in _NAMED})
        capacity = raw["capacity"][:, self._prior_columns]
        mean = self._capacity_scale(capacity).sum(axis=1)[:, None]
        if scores is not None:
            pair = [blocks["walks"], self._scales["proxies"](scores)]
            blocks["proxies"] = np.concatenate(pair, axis=1) / np.sqrt(2.0)
            mean = scores[:, -1:]
        return Statistics(blocks, self._prior_scale(mean).sum(axis=1), kinds)

    def _raw(self, packed: PackedGraphs) -> dict[str, Floats]:
        walks, operations, edges, capacity = (t.transform(packed) for t in self.transformers_)
        place, numbers = self._is_place, {}
        if self._is_number is not None:
            on_walks, on_operations, on_edges = self._is_number
            numbers = {
                NUMBERS["walks"]: np.concatenate(
                    [walks[:, on_walks & ~place], operations[:, on_operations]], axis=1
                ),
                NUMBERS["edges"]: edges[:, on_edges],
                NUMBERS["places"]: walks[:, on_walks & place],
            }
            place, walks = place[~on_walks], walks[:, ~on_walks]
            operations, edges = operations[:, ~on_operations], edges[:, ~on_edges]
        blocks = (walks[:, ~place], operations, edges, walks[:, place], capacity)
        return dict(zip(BLOCKS, blocks, strict=True)) | numbers


class Scale:
    """Standardises columns, leaves out constant ones, and divides by the root of the number."""

    def __init__(self, matrix: Floats) -> None:
        std = matrix.std(axis=0)
        # Rounding leaves constant columns a tiny spread.
        self.varies = std > 1e-9 * np.maximum(np.abs(matrix).max(axis=0, initial=0.0), 1.0)
        self.mean, self.std = matrix.mean(axis=0)[self.varies], std[self.varies]

    def __call__(self, matrix: Floats) -> Floats:
        """The columns of a matrix on this scale."""
        columns = (matrix[:, self.varies] - self.mean) / self.std
        scaled: Floats = np.clip(columns, -LIMIT, LIMIT) / np.sqrt(max(len(self.mean), 1))
        return scaled
