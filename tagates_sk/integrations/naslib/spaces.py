"""How each search space of NASLib describes architectures, and their DAGs.

A *native form* is how a NASLib graph describes itself, as nested tuples of plain
numbers and strings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np

from ...graphs import InvalidArchitectureError
from ...spaces import (
    DARTS,
    NASBench101,
    NASBench201,
    TransNASBench101Macro,
    TransNASBench101Micro,
)

Native = tuple[Any, ...]


def frozen(value: Any) -> Any:
    """Turn lists, arrays and NumPy scalars into nested tuples of plain numbers and strings.

    Raises
    ------
    InvalidArchitectureError
        If it contains anything else.
    """
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return tuple(frozen(item) for item in value)
    if not isinstance(value, (int, float, str)):
        raise InvalidArchitectureError(
            f"{value!r} is neither a NASLib graph nor made of lists, numbers and strings."
        )
    return value


@dataclass(frozen=True)
class NASLibSpace:
    """How to read one search space of NASLib."""

    describe: Callable[[Any], Any]
    """The native form of a NASLib graph."""
    build: Callable[[Native], Any]
    """The DAG of a native form, checked."""
    decode: Callable[[Native], Native] = lambda form: form
    """The native form of a hash or an encoding."""


def _refuse(form: Any, ss_type: str, wanted: str) -> InvalidArchitectureError:
    return InvalidArchitectureError(f"{form!r} is not an architecture of {ss_type}: {wanted}.")


def _is_index(value: Any, n: int) -> bool:
    return isinstance(value, int) and 0 <= value < n


def _length(value: Any) -> int:
    """Length of a tuple; -1 for anything else."""
    return len(value) if isinstance(value, tuple) else -1


def _check_indices(form: Native, ss_type: str, n_operations: int) -> None:
    if len(form) != 6 or not all(_is_index(op, n_operations) for op in form):
        raise _refuse(form, ss_type, f"six operations from 0 to {n_operations - 1} are expected")


def _one_hot(form: Native, width: int, ss_type: str) -> list[int]:
    """The position of the 1 in each group of `width` places."""
    groups = [form[start : start + width] for start in range(0, len(form), width)]
    if any((group.count(1), group.count(0)) != (1, width - 1) for group in groups):
        raise _refuse(
            form, ss_type, f"in an adjacency one-hot encoding one of {width} operations is 1"
        )
    return [group.index(1) for group in groups]


# ------------------------------------------------------------- NAS-Bench-101

_101_HASHED = ("input", "output", "maxpool3x3", "conv1x1-bn-relu", "conv3x3-bn-relu")
_101_ENCODED = ("maxpool3x3", "conv3x3-bn-relu", "conv1x1-bn-relu")
_101_VERTICES = 7
_101_PAIRS = _101_VERTICES * (_101_VERTICES - 1) // 2
_101_ENCODING = _101_PAIRS + len(_101_ENCODED) * (_101_VERTICES - 2)


def _describe_101(graph: Any) -> Native:
    spec = graph.get_spec()
    return spec["matrix"], spec["ops"]


def _decode_101(form: Native) -> Native:
    if len(form) == 2:
        return form
    if len(form) == _101_ENCODING:
        matrix = np.zeros((_101_VERTICES, _101_VERTICES), dtype=object)
        matrix[np.triu_indices(_101_VERTICES, 1)] = form[:_101_PAIRS]
        chosen = _one_hot(form[_101_PAIRS:], len(_101_ENCODED), "nasbench101")
        inner = [_101_ENCODED[op] for op in chosen]
        return frozen(matrix), ("input", *inner, "output")
    n = int(np.sqrt(len(form)))  # n² entries of the matrix, then n operations
    ids = form[n * n :]
    if len(form) != n * n + n or not all(_is_index(op, len(_101_HASHED)) for op in ids):
        raise _refuse(
            form,
            "nasbench101",
            f"a hash of n * n + n numbers or an encoding of {_101_ENCODING} is expected, "
            f"{len(form)} were found",
        )
    matrix = np.array(form[: n * n], dtype=object).reshape(n, n)
    return frozen(matrix), tuple(_101_HASHED[op] for op in ids)


# ------------------------------------ NAS-Bench-201, TransNAS-Bench-101 micro

_201_OPERATIONS = 5
_MICRO_OPERATIONS = 4
# NASLib's operation to the micro space's digit: skip, none, 3x3, 1x1.
_MICRO_DIGIT = (1, 0, 3, 2)
# The benchmark orders edges by their heads, NASLib by their tails.
_MICRO_EDGE = (0, 1, 3, 2, 4, 5)


def _decode_edges(form: Native, widths: Sequence[int], ss_type: str) -> Native:
    """Six operations, perhaps one-hot with one of these widths."""
    for width in widths:
        if len(form) == 6 * width:
            return tuple(_one_hot(form, width, ss_type))
    return form


def _decode_201(form: Native) -> Native:
    return _decode_edges(form, [_201_OPERATIONS], "nasbench201")


def _build_201(form: Native) -> nx.DiGraph:
    _check_indices(form, "nasbench201", _201_OPERATIONS)
    return NASBench201("naslib").to_dag(form)


def _describe_micro(graph: Any) -> Any:
    if not getattr(graph, "create_graph", False):
        return graph.get_op_indices()
    # NASLib's own cell has the operations and edges of its NAS-Bench-201.
    indices = frozen(graph.get_op_indices())
    _check_indices(indices, "transbench101_micro", _MICRO_OPERATIONS)
    return tuple(_MICRO_DIGIT[indices[edge]] for edge in _MICRO_EDGE)


def _decode_micro(form: Native) -> Native:
    # NASLib's encode_spec and encode use different numbers of places per operation.
    widths = (_MICRO_OPERATIONS, _201_OPERATIONS)
    return _decode_edges(form, widths, "transbench101_micro")


def _build_micro(form: Native) -> nx.DiGraph:
    _check_indices(form, "transbench101_micro", _MICRO_OPERATIONS)
    return TransNASBench101Micro().to_dag(form)


# ---------------------------------------------------- TransNAS-Bench-101 macro

# NASLib also has modules that the benchmark does not train, so this is not in the space.
_MODULES = TransNASBench101Macro().operations


def _decode_macro(form: Native) -> Native:
    return _decode_edges(form, [len(_MODULES)], "transbench101_macro")


def _build_macro(form: Native) -> nx.DiGraph:
    modules = [op for op in form if op != 0]
    if not modules or not all(_is_index(op, len(_MODULES)) for op in form):
        raise _refuse(
            form,
            "transbench101_macro",
            "modules from 1 to 4 are expected, and 0 for absent ones",
        )
    dag = nx.DiGraph()
    for place, op in enumerate(modules):
        dag.add_edge(place, place + 1, op=_MODULES[op])
    return dag


# ------------------------------------------------------------- NAS-Bench-301

_301_OPERATIONS = 7


def _build_301(form: Native) -> Any:
    if [_length(cell) for cell in form] != [8, 8] or not all(
        _length(pair) == 2 and _is_index(pair[1], _301_OPERATIONS) for cell in form for pair in cell
    ):
        raise _refuse(
            form,
            "nasbench301",
            "two cells of eight pairs (predecessor, operation from 0 to 6) are expected",
        )
    return DARTS(encoding="naslib").to_dag(form)


# ------------------------------------------------------------- NAS-Bench-ASR

_ASR_OPERATIONS = ("linear", "conv5", "conv5d2", "conv7", "conv7d2", "none")


def _build_asr(form: Native) -> nx.MultiDiGraph:
    if [_length(node) for node in form] != [2, 3, 4] or not all(
        _is_index(node[0], len(_ASR_OPERATIONS)) and all(_is_index(bit, 2) for bit in node[1:])
        for node in form
    ):
        raise _refuse(
            form,
            "asr",
            "three nodes are expected, each an operation from 0 to 5 followed by a 0 or 1 for "
            "each earlier node",
        )
    dag = nx.MultiDiGraph()
    for head, (op, *skips) in enumerate(form, start=1):
        dag.add_edge(head - 1, head, op=_ASR_OPERATIONS[op])
        dag.add_edges_from(
            [(tail, head) for tail, skip in enumerate(skips) if skip], op="skip_connect"
        )
    return dag


# ------------------------------------------------------------- NAS-Bench-NLP

# Operations behind one input, not numbered inputs: fit need not see all of them.
_NLP_INPUTS = ("word", "hidden_0", "hidden_1", "hidden_2")
_NLP_OPERATIONS = (
    "in",
    "activation_sigm",
    "activation_tanh",
    "activation_leaky_relu",
    "elementwise_sum",
    "elementwise_prod",
    "linear",
    "blend",
)


def _build_nlp(form: Native) -> nx.DiGraph:
    if not _is_nlp(form):
        raise _refuse(
            form,
            "nlp",
            "(edges, ops, hiddens) is expected: pairs (tail, head) of nodes with tail < head; four "
            "inputs with operation 0 and nodes with operations from 1 to 7; the nodes that are "
            "new hidden states",
        )
    edges, ops, hiddens = form
    names = [*_NLP_INPUTS, *(_NLP_OPERATIONS[op] for op in ops[len(_NLP_INPUTS) :])]
    dag = nx.DiGraph()
    dag.add_node("input", op="input")
    dag.add_node("output", op="output")
    dag.add_nodes_from((node, {"op": name}) for node, name in enumerate(names))
    dag.add_edges_from(("input", node) for node in range(len(_NLP_INPUTS)))
    dag.add_edges_from(edges)
    dag.add_edges_from((node, "output") for node in hiddens)
    return dag


def _is_nlp(form: Native) -> bool:
    if len(form) != 3 or not all(isinstance(part, tuple) for part in form):
        return False
    edges, ops, hiddens = form
    inputs = len(_NLP_INPUTS)
    return (
        len(ops) > inputs
        and all(_length(edge) == 2 for edge in edges)
        and all(_is_index(head, len(ops)) and _is_index(tail, head) for tail, head in edges)
        and all(op == 0 for op in ops[:inputs])
        and all(_is_index(op, len(_NLP_OPERATIONS)) and op > 0 for op in ops[inputs:])
        and len(hiddens) > 0
        and all(_is_index(node, len(ops)) and node >= inputs for node in hiddens)
    )


def _op_indices(graph: Any) -> Sequence[int]:
    indices: Sequence[int] = graph.get_op_indices()
    return indices


def _compact(graph: Any) -> Sequence[Any]:
    compact: Sequence[Any] = graph.get_compact()
    return compact


SPACES: dict[str, NASLibSpace] = {
    "nasbench101": NASLibSpace(_describe_101, NASBench101().to_dag, _decode_101),
    "nasbench201": NASLibSpace(_op_indices, _build_201, _decode_201),
    "nasbench301": NASLibSpace(_compact, _build_301),
    "nlp": NASLibSpace(_compact, _build_nlp),
    "asr": NASLibSpace(_compact, _build_asr),
    "transbench101_micro": NASLibSpace(_describe_micro, _build_micro, _decode_micro),
    "transbench101_macro": NASLibSpace(_op_indices, _build_macro, _decode_macro),
}
"""How to read each of NASLib's search spaces, by the result of its ``get_type()``."""
