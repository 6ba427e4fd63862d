"""Nodes and operations numbered by what they are, not by when they were added."""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from .operations import INPUT, OUTPUT, WIRE
from .packed import IntArray, PackedGraphs, pointers, ragged_positions

Words = NDArray[np.uint64]
"""Hashes; arithmetic is modulo 2⁶⁴."""

_HASH_BITS = 32
"""How much of a hash a sort looks at, at least."""


def in_own_order(packed: PackedGraphs) -> PackedGraphs:
    """The same graphs, numbered so that isomorphic ones have the same arrays.

    A sum of floating-point numbers depends on the order of its terms. With one
    order for all isomorphic graphs, whatever is computed of them is equal to the
    last bit.

    Nodes are told apart by hashes of their surroundings, refined until no more
    of them differ (Weisfeiler and Leman). Of nodes that stay alike one is
    singled out, and so on. All graphs are treated together, which takes far
    less time than reading them. (Nodes that are alike to the refinement, but
    not interchangeable, may still be numbered as they were added; so may
    they be in graphs with many such parts.)

    Parameters
    ----------
    packed : PackedGraphs
        Pruned.

    Returns
    -------
    PackedGraphs

    See Also
    --------
    tagates_sk.graphs.canonical.canonical_forms : Forms that can be compared.
    """
    refined = _Refinement(packed, _levels(packed))
    local = refined.ranked()
    order = np.empty_like(local)
    order[packed.node_ptr[refined.cell] + local] = np.arange(len(local))
    src = local[refined.src]
    dst, n_sources, starts = local[refined.dst], np.diff(packed.edge_ptr), packed.edge_ptr[:-1]
    if (n_sources > 1).any():
        src = src[_argsort((refined.op, src))]
    first = np.append(src, 0)[starts]  # of what reads no node, whatever comes next
    first[n_sources == 0] = 0
    ops = _argsort((refined.cell[refined.dst], dst, first), refined.label)
    keys = packed.keys
    return replace(
        packed,
        input_mark=packed.input_mark[order],
        op_type=packed.op_type[ops],
        op_dst=dst[ops],
        edge_ptr=pointers(n_sources[ops]),
        edge_src=src[ragged_positions(starts[ops], n_sources[ops])],
        zero_cost=None if packed.zero_cost is None else packed.zero_cost[ops],
        attributes=None if packed.attributes is None else packed.attributes.of(ops),
        keys=None if keys is None else [keys[op] for op in ops.tolist()],
    )


class _Refinement:
    """Classes of nodes that are alike, in many cells.

    Parameters
    ----------
    packed : PackedGraphs
    level : ndarray of int, shape (n_nodes,)
        What sorts the nodes of a cell to begin with.

    Attributes
    ----------
    rank : ndarray of int, shape (n_nodes,)
        How many nodes of its cell are in classes before a node's own. It does
        not depend on what other cells there are.
    """

    def __init__(self, packed: PackedGraphs, level: IntArray) -> None:
        self.packed = packed
        n = len(packed.input_mark)
        self.cell = np.repeat(np.arange(len(packed.n_inputs)), np.diff(packed.node_ptr))
        first = packed.node_ptr[:-1]
        cell_of_op = np.repeat(np.arange(len(first)), np.diff(packed.op_ptr))
        self.op = np.repeat(np.arange(len(packed.op_type)), np.diff(packed.edge_ptr))
        self.dst = packed.op_dst + first[cell_of_op]
        self.src = packed.edge_src + first[cell_of_op[self.op]]
        self.label = _labels(packed)
        self._into, self._into_ptr = _grouped(self.dst, n)
        self._out, self._out_ptr = _grouped(self.src, n)
        self.rank = level
        self._split(np.zeros(n, dtype=np.uint64))

    def ranked(self) -> IntArray:
        """Places of the nodes in their cells, all different."""
        self._refine()
        while len(self._alike):
            rows = np.unique(self.cell[self._alike] // self.packed.n_cells)
            if len(rows) < len(self.packed):  # few graphs: go on with those alone
                ends = self.packed.node_ptr[:: self.packed.n_cells]
                nodes = ragged_positions(ends[rows], np.diff(ends)[rows])
                self.rank[nodes] = _Refinement(self.packed.take(rows), self.rank[nodes]).ranked()
                break
            self._single_out()
            self._refine()
        return self.rank

    def _split(self, words: Words) -> None:
        """Part the nodes of each class by hashes."""
        self._order = order = _argsort((self.cell, self.rank), words)
        cell, rank, word = self.cell[order], self.rank[order], words[order]
        alike = (word[1:] == word[:-1]) & (rank[1:] == rank[:-1]) & (cell[1:] == cell[:-1])
        self._start = np.flatnonzero(np.concatenate([[True], ~alike])[: len(order)])
        self._size = np.diff(self._start, append=len(order))
        first = np.repeat(self._start, self._size)
        self.rank = np.empty_like(order)
        self.rank[order] = first - self.packed.node_ptr[cell]
        self._alike = order[1:][alike]

    def _refine(self) -> None:
        """Part classes by what is around their nodes until none can be parted."""
        n = 0
        while n < len(self._start) and len(self._alike):
            n = len(self._start)
            self._split(self._surroundings(self.rank))

    def _surroundings(self, name: IntArray) -> Words:
        """A hash a node of the operations around it and of the names of their other ends."""
        color = _mixed(name.astype(np.uint64) + np.uint64(1))  # 0 would count for nothing
        sources = _sums(_mixed(color)[self.src], self.packed.edge_ptr)
        into = _mixed(self.label * _K[0] + sources * _K[1])[self._into]
        out = _mixed(self.label * _K[2] + color[self.dst] * _K[3])[self.op][self._out]
        found: Words = _mixed(_sums(into, self._into_ptr)) * _K[4] + _sums(out, self._out_ptr)
        return found

    def _single_out(self) -> None:
        """Part all classes of nodes with the very same neighbours, else the first of each cell."""
        order, start, size = self._order, self._start, self._size
        group = np.repeat(np.arange(len(start)), size)
        around = self._surroundings(np.arange(len(order)))[order]
        other = around != around[start[group]]
        twins = (np.bincount(group, other, len(start)) == 0) & (size > 1)
        cell = self.cell[order[start]]
        with_twins = np.zeros(len(self.packed.n_inputs), dtype=bool)
        with_twins[cell[twins]] = True
        open_ = np.flatnonzero((size > 1) & ~with_twins[cell])
        parted = open_[np.unique(cell[open_], return_index=True)[1]]
        place = np.where(twins[group], np.arange(len(order)) - start[group], 0)
        behind = np.isin(group, parted) & (np.arange(len(order)) > start[group])
        self.rank[order] += place + behind
        self._split(np.zeros(len(order), dtype=np.uint64))


def _levels(packed: PackedGraphs) -> IntArray:
    """What sorts the nodes of a cell: inputs by their marks, others by their depth, the output."""
    level = np.where(packed.input_mark >= 0, packed.input_mark, 0)
    first_inner = int(level.max(initial=0)) + 1
    level = np.where(packed.input_mark >= 0, level, first_inner + packed.path_lengths())
    level[packed.node_ptr[1:] - 1] = level.max(initial=0) + 1
    return level


def _argsort(numbers: tuple[IntArray, ...], words: Words | None = None) -> IntArray:
    """Sort by numbers from 0 on, the first of them first, and then by hashes."""
    bits = [int(column.max(initial=0)).bit_length() for column in numbers]
    if sum(bits) > 64 - (0 if words is None else _HASH_BITS):
        return np.lexsort((*(() if words is None else (words,)), *reversed(numbers)))
    key = np.zeros(len(numbers[0]), dtype=np.uint64)
    for column, width in zip(numbers, bits, strict=True):
        key = (key << np.uint64(width)) | column.astype(np.uint64)
    if words is not None and sum(bits) < 64:  # one sort of single numbers is faster than several
        key = (key << np.uint64(64 - sum(bits))) | (words >> np.uint64(sum(bits)))
    return np.argsort(key, kind="stable")


def _labels(packed: PackedGraphs) -> Words:
    """A hash an operation: its name, its attributes and its zero-cost vector."""
    names = [_of_text(name) for name in (*packed.operations, "\0unknown")]
    negative = {WIRE: "", INPUT: "\0input", OUTPUT: "\0output"}
    names += [_of_text(negative[code]) for code in sorted(negative)]  # negative codes index the end
    label: Words = np.array(names, dtype=np.uint64)[packed.op_type]
    if packed.attributes is not None:
        values = packed.attributes.values + 0.0  # −0 is 0
        names = [_of_text(name) for name in packed.attributes.names]
        own = _mixed(values.view(np.uint64) + np.array(names, dtype=np.uint64))
        label = label + np.where(np.isnan(values), 0, own).sum(axis=1, dtype=np.uint64)
    if packed.zero_cost is not None:
        bits = (packed.zero_cost + np.float32(0)).view(np.uint32)  # −0 is 0
        column: Words = np.arange(bits.shape[1], dtype=np.uint64)
        words: Words = _mixed(bits.astype(np.uint64)) + column
        label = label + _mixed(words).sum(axis=1, dtype=np.uint64)
    return label


def _of_text(text: str) -> int:
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def _grouped(index: IntArray, n: int) -> tuple[IntArray, IntArray]:
    """Positions by what they point to, and row pointers into them."""
    return np.argsort(index, kind="stable"), pointers(np.bincount(index, minlength=n))


def _sums(values: Words, ptr: IntArray) -> Words:
    """Sum of each row."""
    total = np.zeros(len(values) + 1, dtype=np.uint64)
    np.cumsum(values, out=total[1:])
    return total[ptr[1:]] - total[ptr[:-1]]


def _mixed(x: Words) -> Words:
    """Scramble words (SplitMix64)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Words = x ^ (x >> np.uint64(31))
    return mixed


_K = _mixed(np.arange(1, 8, dtype=np.uint64)) | np.uint64(1)
"""Odd numbers to multiply by."""
