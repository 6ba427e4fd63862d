"""From cells that were read to flat arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .errors import InvalidArchitectureError
from .operations import IDENTITY_OPERATIONS, INPUT, OUTPUT, WIRE
from .packed import PackedGraphs


class OpGraph(NamedTuple):
    """One cell: nodes in topological order and operations between them."""

    on_node: bool
    n_nodes: int
    input_marks: list[int]
    types: list[str | int]
    """Name of each operation, or one of the codes WIRE, INPUT, OUTPUT."""
    dst: list[int]
    src: list[list[int]]
    zero_cost: list[Any]
    keys: list[Any]
    names: list[Any]
    """Of the nodes in the graph that was read: inputs first, the output last."""


def pack_cells(cells: list[OpGraph], n_cells: int, start: int = 0) -> PackedGraphs:
    """Join cells into flat arrays, with the sorted names of their operations.

    Parameters
    ----------
    cells : list of OpGraph
        Consecutive `n_cells` make one architecture.
    n_cells : int
        Cells per architecture.
    start : int, default=0
        Index in X of the first architecture, for error messages.

    Returns
    -------
    PackedGraphs

    Raises
    ------
    InvalidArchitectureError
        If zero-cost vectors are not finite, of different length, or missing
        for some operations.
    """
    names = sorted({t for cell in cells for t in cell.types if isinstance(t, str)})
    codes: dict[str | int, int] = {name: i for i, name in enumerate(names)}
    codes.update({WIRE: WIRE, INPUT: INPUT, OUTPUT: OUTPUT})
    node_ptr, op_ptr, edge_ptr = [0], [0], [0]
    marks: list[int] = []
    op_type: list[int] = []
    op_dst: list[int] = []
    edge_src: list[int] = []
    keys: list[Any] = []
    for cell in cells:
        node_ptr.append(node_ptr[-1] + cell.n_nodes)
        marks += cell.input_marks
        marks += [-1] * (cell.n_nodes - len(cell.input_marks))
        op_ptr.append(op_ptr[-1] + len(cell.types))
        op_type += [codes[t] for t in cell.types]
        op_dst += cell.dst
        keys += cell.keys
        for sources in cell.src:
            edge_src += sources
            edge_ptr.append(edge_ptr[-1] + len(sources))
    return PackedGraphs(
        operations=tuple(names),
        n_cells=n_cells,
        on_node=np.array([cell.on_node for cell in cells], dtype=bool),
        node_ptr=np.array(node_ptr),
        n_inputs=np.array([len(cell.input_marks) for cell in cells]),
        input_mark=np.array(marks),
        op_ptr=np.array(op_ptr),
        op_type=np.array(op_type, dtype=np.int64),
        op_dst=np.array(op_dst, dtype=np.int64),
        edge_ptr=np.array(edge_ptr),
        edge_src=np.array(edge_src, dtype=np.int64),
        zero_cost=_pack_zero_cost(cells, n_cells, start),
        keys=keys,
        start=start,
    )


@np.errstate(over="ignore")  # the message says it better
def _pack_zero_cost(cells: list[OpGraph], n_cells: int, start: int) -> Any:
    """Saliency vectors (n_ops, k), or None if no operation carries one."""
    if not any(z is not None for cell in cells for z in cell.zero_cost):
        return None
    rows: list[Any] = []
    length: int | None = None
    missing = False
    where = ""
    for r, cell in enumerate(cells):
        place = f"X[{start + r // n_cells}]" + (f", cell {r % n_cells}" if n_cells > 1 else "")
        for t, key, z in zip(cell.types, cell.keys, cell.zero_cost, strict=True):
            needed = isinstance(t, str) and t not in IDENTITY_OPERATIONS
            here = f"{place}, {'node' if cell.on_node else 'edge'} {key!r}"
            if z is None:
                if needed and not missing:
                    missing, where = True, here
                rows.append(None)
                continue
            try:
                numbers = np.asarray(z)
            except (TypeError, ValueError, RuntimeError):  # the last from tensors with a gradient
                numbers = np.empty((0, 0))
            if numbers.ndim != 1 or len(numbers) == 0 or numbers.dtype.kind not in "fiub":
                raise InvalidArchitectureError(
                    f"{here}: zero_cost must be a 1-D array of floats, got {z!r}."
                )
            vector = numbers.astype(np.float32, copy=False)
            if not np.isfinite(vector).all():
                raise InvalidArchitectureError(
                    f"{here}: zero_cost has non-finite values: {vector}. Clip or scale the "
                    "saliencies before they go onto the graph."
                )
            if length is None:
                length, first = len(vector), here
            elif len(vector) != length:
                raise InvalidArchitectureError(
                    f"{here}: zero_cost has length {len(vector)} but {first} has {length}; one "
                    "length is needed for all operations of X."
                )
            rows.append(vector)
    if missing:
        raise InvalidArchitectureError(
            f"{where} carries no zero_cost although other operations of X do, the first of them "
            f"{first}. Give it to every operation or to none."
        )
    zeros = np.zeros(length or 0, dtype=np.float32)
    return np.stack([zeros if row is None else row for row in rows])
