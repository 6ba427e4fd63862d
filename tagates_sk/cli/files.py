"""Files of architectures: what they say, and where results go."""

from __future__ import annotations

import csv
import inspect
import math
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import networkx as nx
import numpy as np

from .._utils import Floats, replacing
from ..graphs import Architectures, InvalidArchitectureError
from ..graphs.foreign import cut, echo, reader_of
from ..spaces import SearchSpace
from .errors import UserError, discard, explained
from .names import SPACES, Keys
from .records import GRAPH, Record, read_records, unnamed

# networkx 3.4 has renamed the parameter.
_EDGES_KEY = "edges" if "edges" in inspect.signature(nx.node_link_graph).parameters else "link"


@dataclass(frozen=True)
class ArchitectureFile:
    """What a file says.

    Parameters
    ----------
    name : str
        Of the file, in messages.
    lines : list of int
        Line of each architecture, from 1; its place where it has no line.
    places : list of str
        How messages call the architectures.
    forms : list
        The architectures as JSON.
    architectures : sequence of n architectures
        The architectures as the estimators read them.
    values : ndarray of float, shape (n,)
        NaN where there is none.
    """

    name: str
    lines: list[int]
    places: list[str]
    forms: list[Any]
    architectures: Sequence[Any]
    values: Floats


def read_file(path: str, space: SearchSpace | None, keys: Keys) -> ArchitectureFile:
    """Read a file of architectures.

    Parameters
    ----------
    path : str
        The file; ``"-"`` is standard input.
    space : SearchSpace or None
        Whose native forms the architectures are in; None for graphs.
    keys : Keys
        Under which keys architectures and values are.

    Returns
    -------
    ArchitectureFile

    Raises
    ------
    UserError
        If there is no such file, or something in it is not what is expected.
    """
    records = read_records(path, keys, native=space is not None)
    if space is None:
        graphs = [_architecture(record) for record in records]
        with explained([record.place for record in records]):
            architectures: Sequence[Any] = Architectures(graphs) if graphs else []
    else:
        architectures = _natives(space, records, keys)
    return ArchitectureFile(
        name="standard input" if path == "-" else path,
        lines=[record.number for record in records],
        places=[record.place for record in records],
        forms=[record.form for record in records],
        architectures=architectures,
        values=np.array([record.value for record in records], dtype=np.float64),
    )


def require_values(file: ArchitectureFile, keys: Keys) -> None:
    """Refuse a file with an architecture whose value is missing.

    Raises
    ------
    UserError
        With its line.
    """
    for place, value in zip(file.places, file.values, strict=True):
        if math.isnan(value):
            raise UserError(
                f"{place}: there is no value under the key {keys.value!r}; expected a number such "
                f'as {{"{keys.architecture}": ..., "{keys.value}": 94.1}}. --value-key names '
                "another key."
            )


def require_some(file: ArchitectureFile) -> None:
    """Refuse a file without architectures.

    Raises
    ------
    UserError
        If there is none.
    """
    if not file.lines:
        raise UserError(f"{file.name}: there are no architectures in it.")


def _architecture(record: Record) -> Any:
    """A graph, or a tuple of graphs, out of node-link form."""
    form, place = record.form, record.place
    if isinstance(form, list) and form and all(isinstance(cell, dict) for cell in form):
        return tuple(_graph(cell, place) for cell in form)
    if isinstance(form, dict):
        return _graph(form, place)
    reader = (reader_of(form) or "").partition("(")[0]
    known = [name for name, space in SPACES.items() if space == reader]
    hint = f"Say --space {known[0]}" if known else "If it is a native form, --space names its space"
    raise UserError(
        f"{place}: the architecture is {echo(form)}; expected a graph, {GRAPH}, or a list of "
        f"them. {hint}."
    )


def _graph(form: dict[str, Any], place: str) -> Any:
    data = dict(form)
    if "links" in data:  # as networkx wrote it before 3.4
        data["edges"] = data.pop("links")
    data = {"directed": True, "multigraph": False} | data | {"graph": {}}
    for key in ("directed", "multigraph"):
        if not isinstance(data[key], bool):
            raise UserError(f"{place}: {key!r} is {echo(data[key])}; expected true or false.")
    try:
        graph: Any = nx.node_link_graph(data, **{_EDGES_KEY: "edges"})
        listed = [_name(node.get("id", k)) for k, node in enumerate(data["nodes"])]
        count = Counter(listed)
    except (KeyError, TypeError, ValueError, AttributeError, nx.NetworkXError) as error:
        raise UserError(
            f"{place}: this is no graph in node-link form ({type(error).__name__}: "
            f"{cut(str(error), 80)}); expected {GRAPH}, as networkx.node_link_data writes it."
        ) from None
    twice, more = [name for name in count if count[name] > 1], [*(graph.nodes - count.keys())]
    if twice:
        raise UserError(
            f"{place}: {count[twice[0]]} nodes have the id {echo(twice[0])}; expected one."
        )
    if more:
        raise UserError(
            f"{place}: an edge leads from or to {echo(more[0])}, which is no node; expected the id "
            "of one of the nodes."
        )
    return graph


def _name(node: Any) -> Any:
    """The name of a node; JSON writes tuples as lists."""
    return tuple(map(_name, node)) if isinstance(node, list) else node


def _has_nodes(form: Any) -> bool:
    """Whether it is a graph, or a list of graphs, in node-link form."""
    cells = form if isinstance(form, list) and form else [form]
    return all(isinstance(cell, dict) and "nodes" in cell for cell in cells)


def _natives(space: SearchSpace, records: Sequence[Record], keys: Keys) -> Sequence[Any]:
    forms = [
        _architecture(record) if _has_nodes(record.form) else record.form for record in records
    ]
    try:
        return space.sequence(forms)
    except InvalidArchitectureError:
        for form, record in zip(forms, records, strict=True):
            try:
                space.validate(form)
            except InvalidArchitectureError as error:
                if not record.named:
                    raise unnamed(record.place, record.form, keys) from None
                raise UserError(f"{record.place}: {error}") from None
        raise


def check_output(path: str, *inputs: str | None) -> None:
    """Refuse to write to a place, before the work is done.

    Parameters
    ----------
    path : str
        What will be written.
    *inputs : str or None
        Files that must not be overwritten; None for one that is not there.

    Raises
    ------
    UserError
        If `path` is a folder, is in a folder that does not exist, may not be
        written, or is one of the inputs.
    """
    if path == "-":
        return
    target, folder = Path(path), Path(path).parent
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError) as error:  # too long, or with a null character
        fault = getattr(error, "strerror", None) or error
        raise UserError(f"{echo(path)}: it cannot be the name of a file ({fault}).") from None
    if not path:
        raise UserError("--out '': expected the name of a file.")
    if target.is_dir() or path.endswith("/"):
        raise UserError(f"{path}: it is a folder; expected the name of a file.")
    if not folder.is_dir():
        raise UserError(f"{path}: cannot be written, there is no folder {str(folder)!r}.")
    if not os.access(target if target.exists() else folder, os.W_OK):
        what = "it" if target.exists() else f"the folder {str(folder)!r}"
        raise UserError(f"{path}: cannot be written, {what} is read-only for you.")
    for name in inputs:
        if name in (None, "-") or not (target.exists() and Path(name).exists()):
            continue
        if os.path.samefile(path, name):
            raise UserError(f"{path}: it is read, and writing would replace it; expected another.")


def check_replaced(path: str, *inputs: str | None) -> None:
    """The same for a file that :func:`replace_file` will write.

    Raises
    ------
    UserError
        Also if `path` is standard output or a device, or its folder may not be
        written.
    """
    if path == "-":
        raise UserError("--out -: a model is no text for standard output; expected a file's name.")
    check_output(path, *inputs)
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise UserError(f"{path}: it is a device or pipe; expected the name of a file.")
    if not os.access(target.parent, os.W_OK):
        raise UserError(
            f"{path}: cannot be written, the folder {str(target.parent)!r} is read-only for you."
        )


@contextmanager
def writer(path: str) -> Iterator[TextIO]:
    """A text file to write to; ``"-"`` is standard output.

    Raises
    ------
    UserError
        If it cannot be opened or written.
    """
    try:
        if path == "-":
            yield sys.stdout
            sys.stdout.flush()
        else:
            with open(path, "w", encoding="utf-8", newline="") as file:
                yield file
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.filename not in (None, path):  # of another file, while this one was open
            raise
        if path == "-":
            discard(sys.stdout)
        name = "standard output" if path == "-" else path
        raise UserError(f"{name}: {error.strerror or error}.") from None


def table(file: TextIO, *columns: str) -> Any:
    """A CSV writer that has written the names of the columns."""
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(columns)
    return rows


def replace_file(path: str, write: Callable[[BinaryIO], object]) -> None:
    """Write a file that is replaced at once or not at all.

    Parameters
    ----------
    path : str
        The file.
    write : callable
        Called with a binary file to write to.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    try:
        with replacing(path) as file:
            write(file)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}.") from None
