"""The DARTS search space, which NAS-Bench-301 covers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graphs import InvalidArchitectureError
from ..graphs.foreign import echo
from ..graphs.operations import NO_OPERATION
from .forms import is_whole
from .two_cells import TwoCellSpace

_OPERATIONS = (
    NO_OPERATION,
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)
_ENCODINGS = ("darts", "naslib")


class DARTS(TwoCellSpace):
    """The search space of DARTS and NAS-Bench-301, and those like it.

    An architecture is a normal and a reduction cell. A cell has the inputs 0
    and 1, intermediate nodes from 2 on, each the sum of two operations on
    earlier nodes, and an output, the concatenation of intermediate nodes.

    The native form is the published genotype: ``normal`` and ``reduce`` are
    lists of pairs (operation, predecessor), two for each intermediate node;
    ``normal_concat`` and ``reduce_concat`` are the nodes that lead to the output,
    all of them in DARTS. It is returned as a :class:`Genotype`. Also accepted
    everywhere: any sequence of the four, a mapping or JSON object of them, the
    text ``"Genotype(normal=[...], ...)"``, which is parsed and never evaluated,
    ``normal`` and ``reduce`` alone, pairs grouped by node, NAS-Bench-301's
    configuration, and, with an `encoding`, NASLib's pairs of numbers
    (predecessor, operation).

    The DAG of a cell is a ``networkx.MultiDiGraph``: ``op`` is an attribute of
    the edges, the input nodes carry ``input=0`` and ``input=1``, and a wire (an
    edge without ``op``) leads from each concatenated node to the output. An
    input that no operation takes is left out.

    An edit changes one operation or one predecessor. Sampling draws both evenly
    and concatenates all intermediate nodes. Both follow the published space: the
    two edges of a node come from different predecessors, and ``none`` is not
    drawn. Elsewhere they are accepted, since published data have them.

    Parameters
    ----------
    n_nodes : int, default=4
        Intermediate nodes of a cell, from 1 to 7; genotypes of NASNet and
        AmoebaNet have 5.
    operations : sequence of str
        Names of the operations; those of DARTS by default.
    encoding : {"darts", "naslib"}, default=None
        What numbers for operations mean, in pairs (predecessor, operation):
        their place in `operations`, where DARTS' 0 is ``none``, or that without
        ``none``, as NASLib counts. None refuses numbers.

    Raises
    ------
    ValueError
        If a parameter is none of these.

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
    >>> space.canonical(str(genotype)) == space.canonical(genotype)
    True
    """

    _distinct = True
    _loose_only = False

    def __init__(
        self,
        n_nodes: int = 4,
        operations: Sequence[str] = _OPERATIONS,
        encoding: str | None = None,
    ) -> None:
        if encoding not in (None, *_ENCODINGS):
            raise ValueError(
                f"encoding={echo(encoding)}; 'darts' or 'naslib' is expected, or None to refuse "
                "numbers."
            )
        super().__init__(n_nodes, operations, "DARTS")
        self.encoding = encoding

    def _numbered(self, edge: list[Any]) -> list[Any] | None:
        if self.encoding is None:
            raise InvalidArchitectureError(
                f"The pair {echo(edge, 30)} numbers its operation, and DARTS and NASLib do so "
                "differently. Say whose numbers these are: DARTS(encoding='darts') or "
                "DARTS(encoding='naslib'), --encoding on the command line; or name the operations."
            )
        names = self.operations
        if self.encoding == "naslib":
            names = tuple(name for name in names if name != NO_OPERATION)
        predecessor, op = edge
        return [names[op] if is_whole(op, len(names)) else op, predecessor]
