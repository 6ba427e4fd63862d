"""The command in this process, and files for it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from tagates_sk.cli import main
from tagates_sk.datasets import load_nasbench201
from tests.small import SIZES, SMALL

_VALUES = {**{f"variant__{name}": value for name, value in SIZES.items()}, **SMALL}
SETTINGS = [part for name, value in _VALUES.items() for part in ("--set", f"{name}={value}")]
"""Options for a ranker that is fitted in a moment."""
DATA = load_nasbench201()
CELLS, VALUES = DATA.dags[:4000:100], DATA.target[:4000:100].tolist()


def write(path: Path, records: Iterable[Any]) -> str:
    """A file of JSON lines; its name."""
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return str(path)


def natives(path: Path, values: list[float] | None = VALUES) -> str:
    """A file with cells in their native form."""
    return write(
        path,
        (
            {"architecture": cell} | ({"value": values[i]} if values else {})
            for i, cell in enumerate(CELLS.native())
        ),
    )


def node_link(graph: nx.DiGraph, key: str = "edges") -> dict[str, Any]:
    """A graph as networkx writes it, with either name of its edges."""
    return {
        "directed": True,
        "multigraph": graph.is_multigraph(),
        "graph": {},
        "nodes": [{"id": node, **data} for node, data in graph.nodes(data=True)],
        key: [
            {"source": u, "target": v, **data} | ({"key": k[0]} if k else {})
            for u, v, *k, data in graph.edges(
                data=True, **{"keys": True} if graph.is_multigraph() else {}
            )
        ],
    }


def graphs(path: Path, values: list[float] | None = VALUES) -> str:
    """A file with cells as graphs."""
    return write(
        path,
        (
            {"architecture": node_link(cell)} | ({"value": values[i]} if values else {})
            for i, cell in enumerate(CELLS)
        ),
    )


def run(*arguments: str) -> None:
    """The command, which must succeed."""
    assert main(list(arguments)) == 0


def table(text: str) -> list[dict[str, str]]:
    """Rows of a CSV."""
    return list(csv.DictReader(io.StringIO(text)))


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What the command says when it refuses."""
    capsys.readouterr()
    assert main(list(arguments)) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"tagates {arguments[0]}: ")
    message = re.sub(r"\S*/", "", captured.err)  # without folders of the test
    assert len(message) <= 300, message
    return captured.err
