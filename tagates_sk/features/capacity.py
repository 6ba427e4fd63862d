"""CapacityStatistics: how much an architecture can learn, told from its graph and operations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .._utils import Floats
from ..graphs import PackedGraphs
from ..graphs.operations import IDENTITY_OPERATIONS, is_parametrized
from ..graphs.packed import IntArray
from ._common import BaseFeatures, by_architecture, owners
from .walks import Walks

CAPACITY = (
    "trainable", "log_size", "size", "walk_trainable", "walk_size", "path_size", "forward_size",
    "longest_trainable", "longest_size", "depth", "log_paths", "merges",
)  # fmt: skip
"""Columns of an architecture, after the counts."""

_SQUARE = re.compile(r"(\d+)\s*x\s*\1")
_NUMBER = r"[_=]?(\d+)(?!\d*x)"
_KERNEL = re.compile("k(?:ernel)?" + _NUMBER, re.IGNORECASE)
_EXPANSION = re.compile(
    "(?:expand|expansion|exp|mbconv|inverted|(?<![a-z])e)" + _NUMBER, re.IGNORECASE
)
_LAYERS = re.compile("(?:layers?|(?<![a-z])l)" + _NUMBER, re.IGNORECASE)
CHANNELS, PARAMETERS = 32.0, 1000.0
"""Of an operation of size 1, where attributes tell them."""

_LIGHT = re.compile("sep|dil|dw|depth|mbconv|inverted", re.IGNORECASE)


class _Sizes(NamedTuple):
    """What the name of an operation says of its size."""

    trainable: bool
    light: bool
    kernel: int
    expansion: int
    layers: int

    @classmethod
    def of(cls, name: str) -> _Sizes:
        def number(*patterns: re.Pattern[str]) -> int:
            for pattern in patterns:
                found = pattern.search(name)
                if found:
                    return min(int(found[1]), 1000)
            return 1

        return cls(
            is_parametrized(name),
            _LIGHT.search(name) is not None,
            number(_SQUARE, _KERNEL),
            number(_EXPANSION),
            number(_LAYERS),
        )


def _size(trainable: Any, light: Any, kernel: Any, expansion: Any, layers: Any) -> Any:
    """Of one operation or many."""
    # A depthwise kernel is small beside the 1x1 convolutions next to it.
    size = np.where(light, 1.0 + kernel**2 / 32.0, kernel**2 / 3.0)
    return np.where(trainable, size * expansion * layers, 0.0)


def operation_size(name: str) -> float:
    """Rough number of weights of an operation, in those of three 1x1 convolutions.

    Parameters
    ----------
    name : str
        Its name. A kernel (``3x3``, ``k5``), an expansion (``e6``, ``mbconv3``)
        and a number of layers (``l2``) in it are understood.

    Returns
    -------
    float
        0 for what has no weights; see
        :func:`~tagates_sk.graphs.operations.is_parametrized`.

    Examples
    --------
    >>> from tagates_sk.features.capacity import operation_size
    >>> operation_size("conv3x3"), operation_size("avg_pool_3x3")
    (3.0, 0.0)
    >>> operation_size("mbconv_e6_k3") > operation_size("mbconv_e3_k3")
    True
    """
    return float(_size(*_Sizes.of(name)))


def sizes_of(packed: PackedGraphs) -> Floats:
    """Sizes of all operations, as :func:`operation_size` has them; attributes stand before names.

    Parameters
    ----------
    packed : PackedGraphs

    Returns
    -------
    ndarray of float, shape (n_ops,)
    """
    # The codes behind the vocabulary are: unknown, output, input, wire.
    nothing = _Sizes(False, False, 1, 1, 1)
    by_type = np.array([*map(_Sizes.of, packed.operations), *[nothing] * 4], dtype=float)
    said = by_type[packed.op_type]
    trainable, light = said[:, 0] > 0, said[:, 1] > 0
    if packed.attributes is None:
        size: Floats = _size(trainable, light, *said[:, 2:].T)
        return size
    kernel, expansion, layers, channels, parameters = packed.attributes.aligned(
        ["kernel", "expansion", "layers", "channels", "parameters"]
    ).T
    given = (
        np.where(np.isnan(own), named, np.maximum(own, 0.0))
        for own, named in zip((kernel, expansion, layers), said[:, 2:].T, strict=True)
    )
    size = _size(trainable, light, *given)
    size = size * np.where(np.isnan(channels), 1.0, np.maximum(channels, 0.0) / CHANNELS)
    return np.where(np.isnan(parameters), size, np.maximum(parameters, 0.0) / PARAMETERS)


class CapacityStatistics(BaseFeatures):
    """Counts of operations, and number and size of trainable ones along the flow.

    Capacity ranks architectures before any is trained: larger and deeper ones are
    usually better. Sizes are read from the names and attributes of operations.

    Parameters
    ----------
    operations : "auto" or list of str, default="auto"
        The vocabulary; "auto" is the operations seen in fit.
    handle_unknown : {"warn", "error", "ignore"}, default="warn"
        What to do with an operation outside the vocabulary: refuse, or leave
        it without a count of its own.

    Attributes
    ----------
    operations_ : list of str
        The vocabulary, sorted.
    n_cells_ : int
        Cells of an architecture.

    See Also
    --------
    WalkStatistics : What the walks meet, operation by operation.

    Notes
    -----
    The columns of a cell are ``count(op)`` for each operation, ``count(wire)``,
    ``operations`` (without identities), ``nodes`` and ``edges``. Those of an
    architecture, sums over its cells, are ``trainable``, the number of trainable
    operations; ``log_size`` and ``size``, log(1 + s) of the sum of their sizes s,
    and the sum of log(1 + s); ``walk_trainable``, ``walk_size``, ``path_size``
    and ``forward_size``, what the three walks of :class:`WalkStatistics` expect
    to meet; ``longest_trainable`` and ``longest_size``, the most on a path;
    ``depth``, edges of the longest path; ``log_paths``; and ``merges``, nodes
    with several edges in.

    Examples
    --------
    >>> import networkx as nx
    >>> from tagates_sk.features import CapacityStatistics
    >>> cell = nx.DiGraph()
    >>> cell.add_edge("in", "mid", op="conv3x3")
    >>> cell.add_edge("mid", "out", op="pool")
    >>> statistics = CapacityStatistics()
    >>> row = statistics.fit_transform([cell])[0]
    >>> dict(zip(statistics.get_feature_names_out(), row))["trainable"].item()
    1.0
    """

    _reads_names = True

    def __init__(
        self, *, operations: str | Sequence[str] = "auto", handle_unknown: str = "warn"
    ) -> None:
        self.operations = operations
        self.handle_unknown = handle_unknown

    def _encode(self, packed: PackedGraphs) -> Floats:
        n, n_rows = len(packed.operations), len(packed.n_inputs)
        walks = Walks(packed, n)
        edges, cell = walks.edges, owners(packed.op_ptr)
        size = sizes_of(packed)
        log_size, trainable = np.log1p(size), (size > 0).astype(float)

        known = len(self.operations_)
        column = {name: i for i, name in enumerate(self.operations_)}
        wires = dict.fromkeys(IDENTITY_OPERATIONS, known)
        columns_of = [column.get(name, wires.get(name, known + 1)) for name in packed.operations]
        kind = np.array([*columns_of, known + 1, -1, -1, known])[packed.op_type]
        real = kind >= 0
        table = np.zeros((n_rows, known + 2))  # known, wire, unknown
        np.add.at(table, (cell[real], kind[real]), 1.0)
        counted = [name not in IDENTITY_OPERATIONS for name in self.operations_]
        counts = np.column_stack(
            [
                table[:, :-1],
                table @ np.array([*counted, False, True]),
                np.diff(packed.node_ptr),
                np.diff(packed.edge_ptr[packed.op_ptr]),
            ]
        )

        best = np.zeros((len(packed.input_mark), 3))
        costs = np.column_stack([trainable, log_size, np.ones(len(size))])
        for chosen, first, v in walks.rounds:
            step = best[edges.src[chosen]] + costs[edges.op[chosen]]
            best[v] = np.maximum.reduceat(step, first, axis=0)
        longest = best[packed.node_ptr[1:] - 1]

        degree = np.bincount(edges.dst, minlength=len(packed.input_mark))
        on_edge = edges.op

        def cells(which: IntArray, values: Floats) -> Floats:
            sums: Floats = np.bincount(which, values, n_rows).astype(np.float64)
            return sums

        columns = [
            cells(cell, trainable),
            cells(cell, size),
            cells(cell, log_size),
            cells(edges.cell, trainable[on_edge] * walks.flows[0]),
            cells(edges.cell, log_size[on_edge] * walks.flows[0]),
            cells(edges.cell, log_size[on_edge] * walks.flows[1]),
            cells(edges.cell, log_size[on_edge] * walks.forward),
            *longest.T,
            walks.log_paths,
            cells(owners(packed.node_ptr), (degree > 1).astype(float)),
        ]
        capacity = np.column_stack([by_architecture(packed, values) for values in columns])
        capacity[:, 1] = np.log1p(capacity[:, 1])
        # The order of sums must leave no trace.
        return np.concatenate([counts.reshape(len(packed), -1), np.round(capacity, 10)], axis=1)

    def _names(self) -> list[str]:
        counts = [*(f"count({op})" for op in self.operations_), "count(wire)"]
        counts += ["operations", "nodes", "edges"]
        names = [self._prefix(cell) + name for cell in range(self.n_cells_) for name in counts]
        return [*names, *CAPACITY]
