"""Architectures and values as files have them: JSON lines, a JSON array, CSV, GraphML, GML."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import networkx as nx

from ..graphs.foreign import cut, echo
from .errors import UserError
from .names import Keys

GRAPH = '{"directed": true, "nodes": [{"id": 0}, ...], "edges": [{"source": 0, ...}, ...]}'
"""What a graph looks like, in messages."""

_GRAPH_FILES = (".graphml", ".gml")


class Record(NamedTuple):
    """One architecture of a file."""

    number: int
    """Its line, or its place where it has no line, from 1."""
    place: str
    """How messages call it."""
    form: Any
    """A graph as JSON, or a native form."""
    value: float
    """NaN where there is none."""
    named: bool = True
    """Whether the form was under its key; else it is the whole record without the value."""


def read_records(path: str, keys: Keys, native: bool) -> list[Record]:
    """Read a file of architectures.

    Parameters
    ----------
    path : str
        The file, or a folder of GraphML and GML files; ``"-"`` is standard input.
    keys : Keys
    native : bool
        Whether a record without the key of the architecture may be a native
        form itself.

    Returns
    -------
    list of Record

    Raises
    ------
    UserError
        If there is no such file, or something in it is not what is expected.
    """
    name = "standard input" if path == "-" else path
    if path != "-" and (Path(path).is_dir() or path.endswith(_GRAPH_FILES)):
        return list(_graph_files(Path(path), keys))
    text = _text(path, name)
    first = next((line for line in text.split("\n") if line.strip()), "")
    if path.endswith(".csv") or keys.architecture in next(csv.reader([first]), ()):
        return list(_table(text, name, keys, native))
    array = _array(text, path, keys)
    if array is not None:
        places = ((n, f"{name}, architecture {n}") for n in range(1, len(array) + 1))
        return [
            Record(number, place, *_parts(record, place, keys, native))
            for (number, place), record in zip(places, array, strict=True)
        ]
    return list(_lines(text, name, keys, native))


def _text(path: str, name: str) -> str:
    try:
        if path == "-":
            return sys.stdin.read()
        return Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"{cut(name, 200)}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UserError(
            f"{name}: it is not text; JSON lines, a JSON array or CSV in UTF-8 are expected."
        ) from None
    except ValueError as error:  # a null character in the name
        raise UserError(f"{echo(path)}: it is no name of a file ({error}).") from None


def _array(text: str, path: str, keys: Keys) -> list[Any] | None:
    """The records of a JSON array; None if the text is something else.

    One line of JSON lines may be a list, too: the cells of an architecture, or
    its native form. What tells an array are records with keys, or the file's name.
    """
    if not text.lstrip().startswith("["):
        return None
    try:
        array = json.loads(text)
    except (ValueError, RecursionError):
        return None
    records = all(isinstance(record, dict) and {*keys} & record.keys() for record in array)
    return array if path.endswith(".json") or (records and array) else None


def _lines(text: str, name: str, keys: Keys, native: bool) -> Iterator[Record]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{name}:{number}"
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            fault = str(error)
            if isinstance(error, json.JSONDecodeError):
                fault = f"{error.msg}, column {error.colno}"
            raise UserError(
                f"{place}: this is not JSON ({fault}); expected one architecture such as "
                f'{{"{keys.architecture}": ..., "{keys.value}": 94.1}}.'
            ) from None
        yield Record(number, place, *_parts(record, place, keys, native))


def _parts(record: Any, place: str, keys: Keys, native: bool) -> tuple[Any, float, bool]:
    """Architecture and value of a JSON record, and whether the former was under its key."""
    if not isinstance(record, dict):
        return record, math.nan, True
    named = keys.architecture in record
    if not named and "nodes" not in record and not native:
        raise unnamed(place, record, keys)
    value = record.get(keys.value)
    if value is None:
        value = math.nan
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UserError(f"{place}: {keys.value} is {_short(value)}; expected a number.")
    elif abs(value) > sys.float_info.max:
        raise UserError(f"{place}: {keys.value} is {_short(value)}; expected a finite number.")
    rest = {key: part for key, part in record.items() if key != keys.value}
    return record.get(keys.architecture, rest), float(value), named or "nodes" in record


def unnamed(place: str, record: Iterable[Any], keys: Keys) -> UserError:
    """What to raise where the key of the architecture is missing."""
    found = cut(", ".join(map(repr, record)), 80) or "of nothing"
    return UserError(
        f"{place}: found the keys {found}; expected {keys.architecture!r}, or a graph: {GRAPH}. "
        "--architecture-key names another key."
    )


def _table(text: str, name: str, keys: Keys, native: bool) -> Iterator[Record]:
    """Rows of CSV; a field is a native form, or a graph as JSON."""
    reader = csv.reader(io.StringIO(text, newline=""))
    columns: list[str] | None = None
    try:
        for row in reader:
            place = f"{name}:{reader.line_num}"
            if not row:
                continue
            if columns is None:
                columns = row
                if keys.architecture not in columns and not native:
                    raise unnamed(place, columns, keys)
                continue
            if len(row) != len(columns):
                raise UserError(
                    f"{place}: {len(row)} fields; expected {len(columns)}, as in the first line."
                )
            record = dict(zip(columns, row, strict=True))
            value = _number(record.pop(keys.value, ""), place, keys.value)
            named = keys.architecture in record
            form = _form(record[keys.architecture], native) if named else dict(_numbers(record))
            yield Record(reader.line_num, place, form, value, named)
    except csv.Error as error:
        raise UserError(f"{name}:{reader.line_num}: this is not CSV ({error}).") from None


def _number(field: str, place: str, key: str) -> float:
    if not field.strip():
        return math.nan
    try:
        value = float(field)
    except ValueError:
        raise UserError(f"{place}: {key} is {echo(field)}; expected a number.") from None
    if math.isinf(value):
        raise UserError(f"{place}: {key} is {echo(field)}; expected a finite number.")
    return value


def _numbers(record: dict[str, str]) -> Iterator[tuple[str, Any]]:
    """Fields as numbers where they are numbers."""
    for column, field in record.items():
        try:
            yield column, float(field)
        except ValueError:
            yield column, field


def _form(field: str, native: bool) -> Any:
    """A native form as it is written, or a graph out of JSON."""
    try:
        return field if native else json.loads(field)
    except (ValueError, RecursionError):
        return field  # no graph: refused with what is expected


def _graph_files(path: Path, keys: Keys) -> Iterator[Record]:
    """Graphs of GraphML and GML files; the value is an attribute of the graph."""
    files = [path]
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix in _GRAPH_FILES)
    number = 0
    for file in files:
        graphs = _graphs(file)
        for k, graph in enumerate(graphs, start=1):
            number += 1
            place = f"{file}, graph {k}" if len(graphs) > 1 else str(file)
            value = _number(str(graph.graph.get(keys.value, "")), place, keys.value)
            yield Record(number, place, _node_link(graph), value)


def _graphs(file: Path) -> list[nx.Graph]:
    try:
        if file.suffix == ".gml":
            return [nx.read_gml(file, label="id")]
        return list(nx.readwrite.graphml.GraphMLReader(node_type=str)(path=str(file)))
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}.") from None
    except Exception as error:  # damaged files raise anything
        raise UserError(
            f"{file}: it cannot be read ({type(error).__name__}: {cut(str(error), 80)}); expected "
            f"a graph as networkx.write_{file.suffix[1:]} writes it."
        ) from None


def _node_link(graph: nx.Graph) -> dict[str, Any]:
    ends = graph.edges(keys=True, data=True) if graph.is_multigraph() else graph.edges(data=True)
    return {
        "directed": graph.is_directed(),
        "multigraph": graph.is_multigraph(),
        "nodes": [{**data, "id": node} for node, data in graph.nodes(data=True)],
        "edges": [
            {**data, "source": u, "target": v} | ({"key": key[0]} if key else {})
            for u, v, *key, data in ends
        ],
    }


def _short(value: Any) -> str:
    return cut(json.dumps(value))
