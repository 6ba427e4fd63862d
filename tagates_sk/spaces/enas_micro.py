"""The micro (cell) search space of ENAS."""

from __future__ import annotations

from itertools import chain
from typing import Any

from .forms import numbers
from .two_cells import TwoCellSpace

_NODES = 5
_NUMBERED = ("sep_conv_3x3", "sep_conv_5x5", "avg_pool_3x3", "max_pool_3x3", "skip_connect")
_FIRST_TOKEN = _NODES + 2


class ENASMicro(TwoCellSpace):
    """The micro search space of ENAS.

    An architecture is a normal and a reduction cell. A cell has the inputs 0
    and 1, five intermediate nodes 2 to 6, each the sum of two operations on
    earlier nodes, possibly both on the same one, and an output 7, the
    concatenation of the *loose ends*: the intermediate nodes that no other node
    takes as its predecessor.

    The native form is a :class:`Genotype` as in :class:`DARTS`: ``normal`` and
    ``reduce`` are lists of ten pairs (operation, predecessor), ``normal_concat``
    and ``reduce_concat`` the loose ends. Also accepted everywhere: the forms of
    :class:`DARTS` with names, and ENAS' 40 numbers, 20 for each cell, in which a
    predecessor is followed by an operation; 0 is ``sep_conv_3x3``, 1
    ``sep_conv_5x5``, 2 ``avg_pool_3x3``, 3 ``max_pool_3x3`` and 4 ``skip_connect``.
    The numbers may be two lists, one list or text. So may NAO's tokens for them:
    predecessors plus 1, operations plus 7.

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

    _distinct = False
    _loose_only = True

    def __init__(self) -> None:
        operations = (
            "sep_conv_3x3", "sep_conv_5x5", "max_pool_3x3", "avg_pool_3x3", "skip_connect",
        )  # fmt: skip
        super().__init__(_NODES, operations, "ENAS micro")

    def _genotype(self, native: Any) -> dict[str, Any] | None:
        cells = numbers(native)
        if isinstance(cells, list) and len(cells) == 2:
            cells = [numbers(cell) for cell in cells]
            if all(isinstance(cell, list) and len(cell) == 4 * _NODES for cell in cells):
                cells = list(chain(*cells))
        if (
            isinstance(cells, list)
            and len(cells) == 8 * _NODES
            and all(isinstance(number, int) for number in cells)
        ):
            return self._from_numbers(cells)
        return super()._genotype(native)

    def _from_numbers(self, given: list[int]) -> dict[str, Any]:
        tails, ops = given[::2], given[1::2]
        # Operations of ENAS are below 5, tokens of NAO from 7 on.
        if min(ops) >= _FIRST_TOKEN:
            tails, ops = [tail - 1 for tail in tails], [op - _FIRST_TOKEN for op in ops]
        pairs = [
            [_NUMBERED[op] if op in range(len(_NUMBERED)) else str(op), tail]
            for op, tail in zip(ops, tails, strict=True)
        ]
        return {"normal": pairs[: 2 * _NODES], "reduce": pairs[2 * _NODES :]}
