"""The micro (cell) search space of ENAS."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .two_cells import TwoCellSpace


class ENASMicro(TwoCellSpace):
    """The micro search space of ENAS.

    An architecture is a normal and a reduction cell. A cell has the inputs 0
    and 1, five intermediate nodes 2 to 6, each the sum of two operations on
    earlier nodes, possibly both on the same one, and an output 7, the
    concatenation of the *loose ends*: the intermediate nodes that no other node
    takes as its predecessor.

    The native form is a :class:`Genotype` as in :class:`DARTS`: ``normal`` and
    ``reduce`` are lists of ten pairs (operation, predecessor), ``normal_concat``
    and ``reduce_concat`` the loose ends.

    The DAG of a cell is a ``networkx.MultiDiGraph``: ``op`` is an attribute of
    the edges, the input nodes carry ``input=0`` and ``input=1``, and a wire (an
    edge without ``op``) leads from each loose end to the output. An input that
    no operation takes is left out.

    An edit changes one operation or one predecessor. Sampling draws both evenly.

    References
    ----------
    H. Pham, M. Guan, B. Zoph, Q. Le and J. Dean, Efficient neural architecture
    search via parameter sharing, ICML 2018.

    Examples
    --------
    >>> from tagates_sk.spaces import ENASMicro
    >>> space = ENASMicro()
    >>> genotype = space.sample(6, random_state=0).native()[4]
    >>> genotype.normal[2:4], genotype.normal_concat
    ([('sep_conv_5x5', 1), ('avg_pool_3x3', 1)], [2, 4, 5, 6])
    >>> normal, reduce = space.to_dag(genotype)
    >>> normal.number_of_edges(1, 3)
    2
    """

    name = "ENAS micro"
    operations = ("sep_conv_3x3", "sep_conv_5x5", "max_pool_3x3", "avg_pool_3x3", "skip_connect")
    n_intermediate = 5
    _distinct = False
    _rule = "one from each node that no other node takes"

    def _concatenated(self, predecessors: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
        inner = np.arange(self.n_intermediate) + 2
        taken: NDArray[np.bool_] = (predecessors[:, :, :, None] == inner).any(axis=(1, 2))
        return ~taken
