"""NAS-Bench-201: one operation-on-edge cell with four nodes and six edges."""

from __future__ import annotations

from typing import Any

from ..graphs import InvalidArchitectureError
from ..graphs.foreign import echo
from .cell import CellSpace, Numbering

_NUMBERINGS = {
    "nasbench201": Numbering(
        ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"), by_tail=False
    ),
    "naslib": Numbering(
        ("skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3"), by_tail=True
    ),
}


class NASBench201(CellSpace):
    """The search space of NAS-Bench-201 (NATS-Bench's topology space).

    A cell has an input node 0, two nodes 1 and 2, an output node 3, and one of
    five operations on each of the six edges i → j, i < j.

    The native form is the benchmark's string: for node 1, 2 and 3 its incoming
    edges, each as ``operation~predecessor``. Also accepted everywhere: the
    benchmark's nested lists of pairs (operation, predecessor); six names of
    operations, for the edges 0→1, 0→2, 1→2, 0→3, 1→3, 2→3; a mapping from the
    edges to names, as NNI exports it; the lower triangular matrix of digits that
    the benchmark's ``str2matrix`` gives; and, with an `encoding`, six digits.

    In the DAG ``op`` is an attribute of the edges, ``"none"`` included. In a
    DAG given by the user a missing edge counts as ``none``, and a plain wire (an
    edge without ``op``) as ``skip_connect``.

    An edit changes the operation of one edge. Sampling is uniform.

    Parameters
    ----------
    encoding : {"nasbench201", "naslib"}, default=None
        What digits mean. ``"nasbench201"``: 0 is ``none``, 1 ``skip_connect``, 2
        ``nor_conv_1x1``, 3 ``nor_conv_3x3`` and 4 ``avg_pool_3x3``, for the edges
        0→1, 0→2, 1→2, 0→3, 1→3, 2→3. ``"naslib"``: 0 is ``skip_connect``, 1
        ``none``, 2 ``nor_conv_3x3``, 3 ``nor_conv_1x1`` and 4 ``avg_pool_3x3``,
        for the edges 0→1, 0→2, 0→3, 1→2, 1→3, 2→3. None refuses six digits.

    Raises
    ------
    ValueError
        If `encoding` is none of these.

    References
    ----------
    X. Dong and Y. Yang, NAS-Bench-201: Extending the scope of reproducible
    neural architecture search, ICLR 2020.

    Examples
    --------
    >>> from tagates_sk.spaces import NASBench201
    >>> space = NASBench201()
    >>> cell = NASBench201("nasbench201").canonical((3, 3, 3, 1, 3, 2))
    >>> cell
    '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|'
    >>> dag = space.to_dag(cell)
    >>> dag.edges[0, 3]["op"]
    'skip_connect'
    >>> space.from_dag(dag) == cell
    True
    >>> len(space.neighbors(cell))
    24
    """

    def __init__(self, encoding: str | None = None) -> None:
        if encoding not in (None, *_NUMBERINGS):
            raise ValueError(
                f"encoding={echo(encoding)}; 'nasbench201' or 'naslib' is expected, or None to "
                "refuse "
                "digits."
            )
        super().__init__(4, _NUMBERINGS["nasbench201"].operations, "NAS-Bench-201")
        self.encoding = encoding

    def to_digits(self, native: Any, encoding: str = "nasbench201") -> tuple[int, ...]:
        """Give the six index digits of a cell.

        Parameters
        ----------
        native : native form or DAG
            As the class describes it.
        encoding : {"nasbench201", "naslib"}, default="nasbench201"
            What the digits mean.

        Returns
        -------
        tuple of int

        Raises
        ------
        InvalidArchitectureError
            If it is no cell of the space.

        Examples
        --------
        >>> from tagates_sk.spaces import NASBench201
        >>> space = NASBench201(encoding="nasbench201")
        >>> space.to_digits((3, 3, 3, 1, 3, 2), "naslib")
        (2, 2, 0, 2, 2, 3)
        """
        numbering = NASBench201(encoding)._numbering(native)
        ops = [self.operations[choice] for choice in self._any_row(native)]
        edges = list(zip(self._edges, ops, strict=True))
        if numbering.by_tail:
            edges.sort()
        return tuple(numbering.operations.index(op) for _, op in edges)

    def _numbering(self, native: Any) -> Numbering:
        matrix = isinstance(native, list) and len(native) == self.n_nodes
        encoding = self.encoding or ("nasbench201" if matrix else None)
        if encoding is None:
            raise InvalidArchitectureError(
                f"{echo(native, 30)}: NAS-Bench-201 and NASLib number operations and edges "
                "differently. Say whose digits these are: NASBench201(encoding='nasbench201') or "
                "NASBench201(encoding='naslib'), --encoding on the command line. Or give strings."
            )
        return _NUMBERINGS[encoding]
