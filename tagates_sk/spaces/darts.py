"""The DARTS search space, which NAS-Bench-301 covers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .two_cells import TwoCellSpace


class DARTS(TwoCellSpace):
    """The search space of DARTS and NAS-Bench-301.

    An architecture is a normal and a reduction cell. A cell has the inputs 0
    and 1, four intermediate nodes 2 to 5, each the sum of two operations on
    earlier nodes, and an output 6, the concatenation of the four.

    The native form is the published genotype: ``normal`` and ``reduce`` are
    lists of eight pairs (operation, predecessor), two for each of the nodes 2
    to 5; ``normal_concat`` and ``reduce_concat`` are 2 to 5. It is returned as a
    :class:`Genotype`; any sequence of the four is taken.

    The DAG of a cell is a ``networkx.MultiDiGraph``: ``op`` is an attribute of
    the edges, the input nodes carry ``input=0`` and ``input=1``, and a wire (an
    edge without ``op``) leads from each intermediate node to the output. An
    input that no operation takes is left out.

    An edit changes one operation or one predecessor. Sampling draws both evenly.
    Both follow the published space: the two edges of a node come from different
    predecessors, and ``none`` is not drawn. Elsewhere they are accepted, since
    published data have them.

    References
    ----------
    H. Liu, K. Simonyan and Y. Yang, DARTS: Differentiable architecture search,
    ICLR 2019.

    J. Siems et al., NAS-Bench-301 and the case for surrogate benchmarks for
    neural architecture search, 2020.

    Examples
    --------
    >>> from tagates_sk.spaces import DARTS
    >>> space = DARTS()
    >>> genotype = space.sample(1, random_state=0).native()[0]
    >>> genotype.normal[:2], genotype.normal_concat
    ([('sep_conv_5x5', 1), ('dil_conv_3x3', 0)], [2, 3, 4, 5])
    >>> normal, reduce = space.to_dag(genotype)
    >>> normal.number_of_nodes(), normal.number_of_edges()
    (7, 12)
    """

    name = "DARTS"
    operations = (
        "none",
        "max_pool_3x3",
        "avg_pool_3x3",
        "skip_connect",
        "sep_conv_3x3",
        "sep_conv_5x5",
        "dil_conv_3x3",
        "dil_conv_5x5",
    )
    n_intermediate = 4
    _distinct = True
    _rule = "one from each node between inputs and output"

    def _concatenated(self, predecessors: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
        return np.ones(predecessors.shape[:2], dtype=bool)
