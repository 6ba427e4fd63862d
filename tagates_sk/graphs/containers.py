"""What X may be: sequences of graphs, and what to do about everything else."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np

from .errors import InvalidArchitectureError
from .foreign import echo, reader_of


def is_graph(x: Any) -> bool:
    """Whether it is a networkx graph: whoever made one has imported networkx."""
    networkx = sys.modules.get("networkx")
    return networkx is not None and isinstance(x, networkx.Graph)


def in_order(X: Any) -> Sequence[Any]:
    """Architectures one behind the other.

    Parameters
    ----------
    X : sequence of n architectures
        A list, a tuple, a 1-D array of objects, a sequence of this library, a
        pandas Series, or a DataFrame of one column.

    Returns
    -------
    sequence of n architectures
        X itself unless it comes from pandas.

    Raises
    ------
    InvalidArchitectureError
        If X is empty.
    TypeError
        If X is something else.
    """
    columns = getattr(X, "columns", None)
    if columns is not None and hasattr(X, "iloc"):
        if len(columns) != 1:
            raise TypeError(f"X is a table of {len(columns)} columns; {_choose_column(X)}.")
        X = X.iloc[:, 0]
    if hasattr(X, "iloc"):
        X = list(X)
    if isinstance(X, np.ndarray) and (X.dtype.kind not in "OU" or X.ndim != 1):
        raise TypeError(
            f"X is an array of dtype {X.dtype} and shape {X.shape}, not a sequence of graphs. "
            "numpy.asarray turns a list of equal-sized graphs into an array of their nodes: pass "
            "the list, or fill an object array made by numpy.empty(n, dtype=object)."
        )
    kind = type(X).__name__
    fault = (
        "a single graph; a sequence of architectures is expected. Pass [graph] for one"
        if is_graph(X)
        else f"text; a sequence of networkx graphs is expected{_advice(X)}" if isinstance(X, str)
        else f"a {kind}, whose order says nothing of y; pass a list of the architectures in the "
        "order of y" if isinstance(X, AbstractSet)
        else f"a {kind}; pass list(X.values()), in the order of y" if isinstance(X, Mapping)
        else f"a {kind}; a sequence of networkx graphs is expected. Pass list(X)"
        if hasattr(X, "__next__")
        else f"{article(kind)} {kind}; a sequence of networkx graphs is expected"
        f"{'. Pass list(X)' if hasattr(type(X), '__iter__') else _from_torch(X)}"
        if isinstance(X, type) or not (hasattr(X, "__len__") and hasattr(X, "__getitem__"))
        else None
    )  # fmt: skip
    if fault:
        raise TypeError(f"X is {fault}.")
    if len(X) == 0:
        raise InvalidArchitectureError("X is empty: at least one architecture is needed.")
    architectures: Sequence[Any] = X
    return architectures


def cells_of(architecture: Any, place: str) -> Sequence[Any]:
    """The graphs that make one architecture.

    Parameters
    ----------
    architecture : networkx.DiGraph, or tuple of them
    place : str
        How error messages call it.

    Returns
    -------
    sequence of graphs

    Raises
    ------
    TypeError
        If it is something else; a published form is answered by the name of the
        search space that reads it.
    """
    if is_graph(architecture):
        return (architecture,)
    native = reader_of(architecture)
    if (
        native is None
        and isinstance(architecture, (tuple, list))
        and (not architecture or any(map(is_graph, architecture)))
    ):
        return architecture
    kind = type(architecture).__name__
    raise TypeError(
        f"{place} is {article(kind)} {kind}; a networkx.DiGraph or a tuple of them is "
        f"expected{_advice(architecture)}."
    )


def article(name: str) -> str:
    """The indefinite article before a name."""
    return "an" if name[:1].lower() in "aeiou" else "a"


def with_op(architecture: Any, op_attribute: str) -> Any:
    """An architecture whose operations are named by the attribute ``op``.

    Parameters
    ----------
    architecture : networkx.DiGraph, or tuple of them
    op_attribute : str
        What names them in it.

    Returns
    -------
    networkx.DiGraph, or tuple of them
        A copy, unless there is nothing to change.
    """
    if op_attribute == "op":
        return architecture
    if not is_graph(architecture):
        return tuple(with_op(cell, op_attribute) for cell in architecture)
    copy = architecture.copy()
    for *_, data in (*copy.nodes(data=True), *copy.edges(data=True)):
        data.pop("op", None)
        if op_attribute in data:
            data["op"] = data[op_attribute]
    return copy


def _from_torch(x: Any) -> str:
    """How a torch module is read; nothing for anything else."""
    torch = sys.modules.get("torch")  # whoever made one has imported torch
    if torch is None or not isinstance(x, torch.nn.Module):
        return ""
    return ". tagates_sk.graphs.from_torch(module, example_inputs) makes a graph of a torch module"


def _advice(native: Any) -> str:
    torch = _from_torch(native)
    if torch:
        return torch
    reader = reader_of(native)
    if reader is not None:
        return f". tagates_sk.spaces.{reader}.sequence(X) reads such forms"
    return ". tagates_sk.spaces reads the native forms of search spaces, by space.sequence(X)"


def _choose_column(X: Any) -> str:
    graphs = [column for column in X.columns if len(X) and is_graph(X[column].iloc[0])]
    if graphs:
        return f"select that of the architectures, X[{echo(graphs[0])}]"
    return "select that of the architectures, and make graphs of native forms by space.sequence"
