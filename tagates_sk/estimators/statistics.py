"""GraphStatistics: the blocks of numbers and the prior that statistical members read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._utils import Floats
from ..features import (
    AdjacencyOneHot,
    CapacityStatistics,
    OperationStatistics,
    ResistanceStatistics,
    WalkStatistics,
)
from ..graphs import PackedGraphs, read_architectures
from ..graphs.attributes import AttributeScale

KINDS = ("walks", "operations", "wires", "edges", "places", "capacity", "resistance")
"""What columns tell of: "wires" which nodes are joined, "edges" which operation is where."""

NUMBERS = {name: f"{name}: numbers" for name in ("walks", "edges", "places")}
"""Blocks of the numbers beside operations, where there are any, by the kind that they join."""

_FAMILY = re.compile(r"(walk|path|forward)_")
"""Of columns of walks; others tell of the graph's shape."""

_NUMBER = re.compile(r"(?:^|_)attribute(?:_sum)?[([]")
"""Marks the names of their columns."""

_NAMED = ("walks", "operations", "edges", "places")
"""Kinds that tell operations apart by name."""

FEW_KINDS = 64
"""Operations that differ in name or attributes get their own columns, up to this many."""

N_PLACES = 6
MANY = 12
"""With more operations than this, statistics use single operations instead of sets."""

MOST_CELLS = 4
"""Architectures of more cells have no blocks of single cells, which would be too many."""

LIMIT = 4.0
"""Columns are clipped at this many standard deviations, so that outliers do no harm."""

PRIOR = ("size", "path_size", "longest_size")
"""The columns of capacity whose mean is the prior."""


class Statistics(NamedTuple):
    """The statistics of some architectures, for statistical members.

    Parameters
    ----------
    blocks : dict of str to ndarray of float, shape (n, n_columns)
        Standardised columns, divided by the root of their number: squared
        distances of rows are about 2. A name such as "walks/0/path" is a kind (in
        KINDS, or "proxies"), a cell, and a part of it.
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

    def joined(self, kinds: Sequence[str]) -> list[Floats]:
        """Blocks for a kernel, on the same scale, but for those without columns.

        Parameters
        ----------
        kinds : sequence of str
            "walks" joins all columns of walks, "walks/*" those of a cell, and
            "walks/*/*" those of a part of a cell. Numbers beside operations follow
            the kind that they join.

        Returns
        -------
        list of ndarray of float, shape (n, n_columns)
        """
        groups: dict[tuple[str, ...], list[Floats]] = {}
        for wanted in kinds:
            kind, *levels = wanted.split("/")
            for name, block in self.blocks.items():
                path = name.split("/")
                if not block.shape[1]:
                    continue
                if path[0] == kind:
                    groups.setdefault((wanted, *path[: 1 + len(levels)]), []).append(block)
                elif name == NUMBERS.get(kind):  # once, however often the kind is there
                    groups[name,] = [block]
        return [_side_by_side(group) for group in groups.values()]

    def columns(self) -> NDArray[np.float32]:
        """All columns side by side, for trees."""
        blocks = list(self.blocks.values())
        if self.kinds is not None:
            blocks = [
                self.kinds,
                *(b for name, b in self.blocks.items() if _kind(name) not in _NAMED),
            ]
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
    """Of the columns of walks, operations and edges; None without numbers beside operations."""
    _parts: list[list[str]] | None = None
    """Kind, cell and part of the columns of each transformer; None is one part of each kind."""
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
            ResistanceStatistics(handle_unknown="ignore"),
        ]
        for transformer in self.transformers_:
            transformer.set_output(transform="default").fit(packed)
        names = [t.get_feature_names_out() for t in self.transformers_]
        self._is_place = np.array(["walk_place" in name for name in names[0]])
        self._parts = [_parts(t, of) for t, of in zip(self.transformers_, names, strict=True)]
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
        vars(self).pop("_places", None)  # of an earlier fit
        raw, capacity = self._raw(packed)
        self._scales = {name: Scale(block) for name, block in raw.items()}
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
        raw, capacity = self._raw(packed)
        blocks = {name: self._scales[name](block) for name, block in raw.items()}
        kinds = None
        if self._by_numbers is not None:
            named = {name: block for name, block in blocks.items() if _kind(name) in _NAMED}
            kinds = np.concatenate(list(named.values()), axis=1)
            finer = self._by_numbers.transform(packed.with_numbers_in_names()).blocks
            blocks = {name: block for name, block in blocks.items() if name not in named}
            blocks = {name: b for name, b in finer.items() if _kind(name) in _NAMED} | blocks
        mean = self._capacity_scale(capacity).sum(axis=1)[:, None]
        if scores is not None:
            walks = _side_by_side([b for name, b in blocks.items() if _kind(name) == "walks"])
            pair = [walks, self._scales["proxies"](scores)]
            blocks["proxies"] = np.concatenate(pair, axis=1) / np.sqrt(2.0)
            mean = scores[:, -1:]
        return Statistics(blocks, self._prior_scale(mean).sum(axis=1), kinds)

    def _raw(self, packed: PackedGraphs) -> tuple[dict[str, Floats], Floats]:
        """Columns by block, and those of the prior."""
        matrices = [transformer.transform(packed) for transformer in self.transformers_]
        blocks = {
            name: np.concatenate([matrices[i][:, columns] for i, columns in places], axis=1)
            for name, places in self._places.items()
        }
        return blocks, matrices[3][:, self._prior_columns]

    @cached_property
    def _places(self) -> dict[str, list[tuple[int, NDArray[np.intp]]]]:
        """Transformers and columns of each block, in the order of the blocks."""
        places: dict[str, list[tuple[int, NDArray[np.intp]]]] = {}
        for i, names in enumerate(self._block_names()):
            for name in dict.fromkeys(names.tolist()):
                places.setdefault(name, []).append((i, np.flatnonzero(names == name)))
        order = [*KINDS, *NUMBERS.values()]
        return dict(sorted(places.items(), key=lambda item: order.index(_kind(item[0]))))

    def _block_names(self) -> list[NDArray[np.str_]]:
        """The block of each column, for each transformer."""
        if self._parts is None:
            n_columns = [len(t.get_feature_names_out()) for t in self.transformers_]
            whole = np.where(self._is_place, "places", "walks")
            others = ("operations", "edges", "capacity")
            rest = [np.full(n, kind) for n, kind in zip(n_columns[1:], others, strict=True)]
            names = [whole, *rest]
        else:
            names = [np.array(parts, dtype=str) for parts in self._parts]
        if self._is_number is not None:
            on_walks = np.where(self._is_place, NUMBERS["places"], NUMBERS["walks"])
            numbers: tuple[Any, ...] = (on_walks, NUMBERS["walks"], NUMBERS["edges"])
            for i, (is_number, name) in enumerate(zip(self._is_number, numbers, strict=True)):
                names[i] = np.where(is_number, name, names[i])
        return names


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


def _parts(transformer: Any, names: NDArray[np.object_]) -> list[str]:
    """Kind, cell and part of columns."""
    several, parts = transformer.n_cells_ > 1, []
    for name in names:
        cell = "0"
        if several and (found := re.match(r"cell(\d+)_", name)):
            cell = found[1] if transformer.n_cells_ <= MOST_CELLS else cell
            name = name[found.end() :]
        match transformer:
            case WalkStatistics() if name.startswith("walk_place"):
                part = f"places/{cell}"
            case WalkStatistics():
                family = _FAMILY.match(name)
                part = f"walks/{cell}/{family[1] if family else 'shape'}"
            case OperationStatistics():
                part = f"operations/{cell}"
            case AdjacencyOneHot():
                what, _, where = name.rpartition("(")
                is_wire = what == "edge" and "-" in where
                part = f"wires/{cell}" if is_wire else f"edges/{cell}"
            case CapacityStatistics():
                part = f"capacity/{cell}"
            case _:
                part = f"resistance/{cell}"
        parts.append(part)
    return parts


def _kind(name: str) -> str:
    return name.split("/")[0]


def _side_by_side(blocks: Sequence[Floats]) -> Floats:
    """Blocks as one, divided by the root of the number of all columns."""
    widths = np.array([block.shape[1] for block in blocks])
    total = max(widths.sum(), 1)
    scaled = [b * np.sqrt(width / total) for b, width in zip(blocks, widths, strict=True)]
    joined: Floats = np.concatenate(scaled, axis=1)
    return joined
