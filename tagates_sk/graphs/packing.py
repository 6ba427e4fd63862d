"""From cells that were read to flat arrays, and from several such arrays to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from .attributes import join_attributes, pack_attributes
from .errors import InvalidArchitectureError
from .foreign import echo
from .operations import IDENTITY_OPERATIONS, INPUT, OUTPUT, WIRE
from .packed import PackedGraphs, pointers


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
    attributes: list[Any]
    """Of each operation a mapping from names to numbers, or None."""
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
        for some operations; if attributes are no finite numbers.
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
    packed = PackedGraphs(
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
    given = [attributes for cell in cells for attributes in cell.attributes]
    if not any(attributes is not None for attributes in given):
        return packed
    return replace(packed, attributes=pack_attributes(given, packed.place))


def join_packed(parts: Sequence[PackedGraphs]) -> PackedGraphs:
    """Join packed graphs one behind the other.

    Parameters
    ----------
    parts : sequence of PackedGraphs
        At least one, as they were read.

    Returns
    -------
    PackedGraphs
        Of all architectures, with the operations of all parts as vocabulary.

    Raises
    ------
    InvalidArchitectureError
        If numbers of cells differ, or zero-cost vectors are of different
        length or missing in some parts.
    """
    n = 0
    for part in parts:
        if part.n_cells != parts[0].n_cells:
            raise other_number_of_cells(n, part.n_cells, 0, parts[0].n_cells)
        n += len(part)
    names = tuple(sorted({name for part in parts for name in part.operations}))
    known = [part.with_vocabulary(names) for part in parts]

    def all_of(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in known])

    def pointers_of(name: str) -> Any:
        return pointers(np.concatenate([np.diff(getattr(part, name)) for part in known]))

    keys: list[Any] | None = []
    for part in parts:
        keys = None if keys is None or part.keys is None else keys + part.keys
    joined = PackedGraphs(
        operations=names,
        n_cells=parts[0].n_cells,
        on_node=all_of("on_node"),
        node_ptr=pointers_of("node_ptr"),
        n_inputs=all_of("n_inputs"),
        input_mark=all_of("input_mark"),
        op_ptr=pointers_of("op_ptr"),
        op_type=all_of("op_type"),
        op_dst=all_of("op_dst"),
        edge_ptr=pointers_of("edge_ptr"),
        edge_src=all_of("edge_src"),
        attributes=join_attributes(
            [part.attributes for part in parts], [len(part.op_type) for part in parts]
        ),
        keys=keys,
    )
    return replace(
        joined,
        zero_cost=_join_zero_cost(
            joined, [part.zero_cost for part in parts], [len(part.op_type) for part in parts]
        ),
    )


def other_number_of_cells(i: int, n: int, first: int, expected: int) -> InvalidArchitectureError:
    """The error for an architecture with fewer or more cells than the first one."""
    return InvalidArchitectureError(
        f"X[{i}] has {n} cells but X[{first}] has {expected}. All architectures must have the same "
        "number of cells."
    )


def _join_zero_cost(joined: PackedGraphs, parts: list[Any], lengths: list[int]) -> Any:
    """Vectors of all parts, zeros in those that have none and need none."""
    firsts = np.cumsum([0, *lengths])
    given = [i for i, vectors in enumerate(parts) if vectors is not None]
    if not given:
        return None
    first, k = int(firsts[given[0]]), parts[given[0]].shape[1]
    named = np.array([name not in IDENTITY_OPERATIONS for name in joined.operations] + [False] * 3)
    needed = named[joined.op_type]  # negative codes index the three at the end
    vectors = np.zeros((len(joined.op_type), k), dtype=np.float32)
    for part, a, b in zip(parts, firsts, firsts[1:], strict=False):
        if part is None:
            if needed[a:b].any():
                missing = int(a + needed[a:b].argmax())
                raise _missing(joined.place(missing), joined.place(first))
        elif part.shape[1] != k:
            raise _other_length(joined.place(int(a)), part.shape[1], joined.place(first), k)
        else:
            vectors[a:b] = part
    return vectors


def _missing(where: str, first: str) -> InvalidArchitectureError:
    return InvalidArchitectureError(
        f"{where} carries no zero_cost although other operations of X do, the first of them "
        f"{first}. Give it to every operation or to none."
    )


def _other_length(here: str, length: int, first: str, expected: int) -> InvalidArchitectureError:
    return InvalidArchitectureError(
        f"{here}: zero_cost has length {length} but {first} has {expected}; one length is needed "
        "for all operations of X."
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
            here = f"{place}, {'node' if cell.on_node else 'edge'} {echo(key)}"
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
                    f"{here}: zero_cost must be a 1-D array of floats, got {echo(z)}."
                )
            vector = numbers.astype(np.float32, copy=False)
            if not np.isfinite(vector).all():
                raise InvalidArchitectureError(
                    f"{here}: zero_cost has non-finite values: {echo(vector)}. Clip or scale the "
                    "saliencies before they go onto the graph."
                )
            if length is None:
                length, first = len(vector), here
            elif len(vector) != length:
                raise _other_length(here, len(vector), first, length)
            rows.append(vector)
    if missing:
        raise _missing(where, first)
    zeros = np.zeros(length or 0, dtype=np.float32)
    return np.stack([zeros if row is None else row for row in rows])
