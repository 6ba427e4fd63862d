"""Architectures as sentences: canonical order, one word for each thing said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .canonical import CanonicalCell, canonical_forms
from .operations import IDENTITY_OPERATIONS
from .packed import IntArray, PackedGraphs


class Sentences(NamedTuple):
    """Words of many architectures.

    Parameters
    ----------
    words : ndarray of int, shape (n, longest + 1)
        Ended and padded by :attr:`Dictionary.end`.
    length : ndarray of int, shape (n,)
        Words before the end.
    """

    words: IntArray
    length: IntArray


@dataclass(frozen=True)
class Dictionary:
    """Which number stands for which word.

    A sentence says, for every cell, that it begins, and for every operation of
    it, in canonical order, the type, the nodes it reads and the node it writes.
    Numbers are: the operations, the end, wire, output and input, then output
    node, input nodes, inner nodes, the cells' beginnings, last the unknown
    operation.

    Parameters
    ----------
    operations : tuple of str
        The vocabulary.
    n_marks : int
        Inputs that are told apart.
    n_inner : int
        Inner nodes that are told apart; all later ones are called as the last.
    n_cells : int
    """

    operations: tuple[str, ...]
    n_marks: int
    n_inner: int
    n_cells: int

    @classmethod
    def of(cls, packed: PackedGraphs) -> Dictionary:
        """The words that are needed for some architectures."""
        inner = np.diff(packed.node_ptr) - packed.n_inputs - 1
        n_marks = int(packed.input_mark.max(initial=0)) + 1
        return cls(packed.operations, n_marks, max(int(inner.max()), 1), packed.n_cells)

    @property
    def end(self) -> int:
        """What stands behind the last word of a sentence."""
        return len(self.operations)

    def __len__(self) -> int:
        return len(self.operations) + 6 + self.n_marks + self.n_inner + self.n_cells

    def sentences(self, packed: PackedGraphs) -> Sentences:
        """Write architectures down.

        Parameters
        ----------
        packed : PackedGraphs
            With the fitted vocabulary.

        Returns
        -------
        Sentences
        """
        known: dict[tuple[CanonicalCell, ...], list[int]] = {}
        lines = []
        for form in canonical_forms(packed):
            if form.cells not in known:
                known[form.cells] = self._write(form.cells)
            lines.append(known[form.cells])
        length = np.array([len(line) for line in lines])
        words = np.full((len(lines), int(length.max()) + 1), self.end, dtype=np.int64)
        words[np.arange(words.shape[1]) < length[:, None]] = np.concatenate(lines)
        return Sentences(words, length)

    def _write(self, cells: tuple[CanonicalCell, ...]) -> list[int]:
        wire, output, in_, output_node = range(self.end + 1, self.end + 5)
        first_inner = output_node + 1 + self.n_marks
        codes = {name: i for i, name in enumerate(self.operations)}
        codes |= dict.fromkeys(IDENTITY_OPERATIONS, wire)
        codes |= {"": wire, "\0input": in_, "\0output": output}
        line: list[int] = []
        for c, cell in enumerate(cells):
            line.append(first_inner + self.n_inner + c)
            node = [output_node + 1 + mark for mark in cell.input_marks]
            n_inner = cell.n_nodes - 1 - len(node)
            node += [first_inner + min(k, self.n_inner - 1) for k in range(n_inner)]
            node.append(output_node)
            for kind, written, read in cell.operations:
                line.append(codes.get(kind, len(self) - 1))
                line += [node[u] for u in read]
                line.append(node[written])
        return line
