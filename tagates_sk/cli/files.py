"""Files of architectures, one a line."""

from __future__ import annotations

import csv
import inspect
import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import networkx as nx
import numpy as np

from .._utils import Floats, replacing
from ..graphs import Architectures, InvalidArchitectureError
from ..spaces import DARTS, ENASMacro, ENASMicro, NASBench101, NASBench201, SearchSpace
from .errors import UserError, explained

SPACES: dict[str, SearchSpace] = {
    "nasbench101": NASBench101(),
    "nasbench201": NASBench201(),
    "darts": DARTS(),
    "enas_micro": ENASMicro(),
    "enas_macro": ENASMacro(),
}
"""Search spaces whose native forms can be read."""

GRAPH = '{"directed": true, "nodes": [{"id": 0}, ...], "edges": [{"source": 0, ...}, ...]}'
"""What a graph looks like, in messages."""

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
        Line of each architecture, from 1.
    forms : list
        The architectures as JSON.
    architectures : sequence of n architectures
        The architectures as the estimators read them.
    values : ndarray of float, shape (n,)
        NaN where there is none.
    """

    name: str
    lines: list[int]
    forms: list[Any]
    architectures: Sequence[Any]
    values: Floats

    @property
    def places(self) -> list[str]:
        """How messages call the architectures."""
        return [f"{self.name}:{line}" for line in self.lines]


def read_file(path: str, space: str | None, value_key: str) -> ArchitectureFile:
    """Read a file of architectures.

    Parameters
    ----------
    path : str
        The file; ``"-"`` is standard input.
    space : str or None
        A key of `SPACES` if architectures are in its native form.
    value_key : str
        Under which key values are; they may be missing.

    Returns
    -------
    ArchitectureFile

    Raises
    ------
    UserError
        If there is no such file, or a line is not what is expected.
    """
    name = "standard input" if path == "-" else path
    lines: list[int] = []
    forms: list[Any] = []
    values: list[float] = []
    for number, text in enumerate(_text(path, name).split("\n"), start=1):
        if text.strip():
            form, value = _record(text, f"{name}:{number}", value_key)
            lines.append(number)
            forms.append(form)
            values.append(value)
    places = [f"{name}:{number}" for number in lines]
    if space is None:
        graphs = [_architecture(form, place) for form, place in zip(forms, places, strict=True)]
        with explained(places):
            architectures: Sequence[Any] = Architectures(graphs) if graphs else []
    else:
        architectures = _natives(SPACES[space], forms, places)
    return ArchitectureFile(name, lines, forms, architectures, np.array(values, dtype=np.float64))


def require_values(file: ArchitectureFile, value_key: str) -> None:
    """Refuse a file with an architecture whose value is missing.

    Raises
    ------
    UserError
        With its line.
    """
    for place, value in zip(file.places, file.values, strict=True):
        if math.isnan(value):
            raise UserError(
                f"{place}: there is no value under the key {value_key!r}; expected a number such "
                f'as {{"architecture": ..., "{value_key}": 94.1}}. --value-key names another key.'
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


def _text(path: str, name: str) -> str:
    try:
        if path == "-":
            return sys.stdin.read()
        return Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"{name}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UserError(f"{name}: it is not text; JSON lines in UTF-8 are expected.") from None


def _record(text: str, place: str, value_key: str) -> tuple[Any, float]:
    """Architecture and value of a line."""
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        fault = str(error)
        if isinstance(error, json.JSONDecodeError):
            fault = f"{error.msg}, column {error.colno}"
        raise UserError(
            f"{place}: this is not JSON ({fault}); expected one "
            f'architecture such as {{"architecture": ..., "{value_key}": 94.1}}.'
        ) from None
    if not isinstance(record, dict):
        return record, math.nan
    if "architecture" not in record and "nodes" not in record:
        raise UserError(
            f"{place}: found the keys {', '.join(map(repr, record)) or 'of nothing'}; expected "
            f"'architecture', or a graph: {GRAPH}."
        )
    value = record.get(value_key)
    if value is None:
        value = math.nan
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UserError(f"{place}: {value_key} is {_short(value)}; expected a number.")
    elif abs(value) > sys.float_info.max:
        raise UserError(f"{place}: {value_key} is {_short(value)}; expected a finite number.")
    graph = {key: part for key, part in record.items() if key != value_key}
    return record.get("architecture", graph), float(value)


def _architecture(form: Any, place: str) -> Any:
    """A graph, or a tuple of graphs, out of node-link form."""
    if isinstance(form, list) and form and all(isinstance(cell, dict) for cell in form):
        return tuple(_graph(cell, place) for cell in form)
    if isinstance(form, dict):
        return _graph(form, place)
    raise UserError(
        f"{place}: the architecture is {_short(form)}; expected a graph, {GRAPH}, or a list of "
        f"them. If it is the native form of a search space, say --space {{{','.join(SPACES)}}}."
    )


def _graph(form: dict[str, Any], place: str) -> Any:
    data = dict(form)
    if "links" in data:  # as networkx wrote it before 3.4
        data["edges"] = data.pop("links")
    data = {"directed": True, "multigraph": False, "graph": {}} | data
    try:
        return nx.node_link_graph(data, **{_EDGES_KEY: "edges"})
    except (KeyError, TypeError, ValueError, AttributeError, nx.NetworkXError) as error:
        raise UserError(
            f"{place}: this is no graph in node-link form ({type(error).__name__}: {error}); "
            f"expected {GRAPH}, as networkx.node_link_data writes it."
        ) from None


def _natives(space: SearchSpace, forms: list[Any], places: list[str]) -> Sequence[Any]:
    try:
        return space.sequence(forms)
    except InvalidArchitectureError:
        for form, place in zip(forms, places, strict=True):
            try:
                space.validate(form)
            except InvalidArchitectureError as error:
                raise UserError(f"{place}: {error}") from None
        raise


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


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
            discard_output()
        name = "standard output" if path == "-" else path
        raise UserError(f"{name}: {error.strerror or error}.") from None


def discard_output() -> None:
    """Throw away what standard output cannot take, lest the flush at exit fails."""
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115


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
