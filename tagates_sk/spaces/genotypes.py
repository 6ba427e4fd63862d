"""The forms in which genotypes of a normal and a reduction cell are published."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ..graphs import InvalidArchitectureError
from ..graphs.foreign import echo

N_INPUTS = 2
"""Nodes 0 and 1 are the inputs of a cell; the intermediate nodes follow."""

_CONFIGURATION = "NetworkSelectorDatasetInfo:darts:"
_CHOICE = re.compile(rf"(?:{_CONFIGURATION})?(?:edge|inputs_node)_(?:normal|reduce)_\d+")


class Genotype(NamedTuple):
    """A normal and a reduction cell, as DARTS publishes them."""

    normal: list[tuple[str, int]]
    """Pairs (operation, predecessor) of the normal cell, two for each node from 2 on."""
    normal_concat: list[int]
    """Nodes whose states make the output of the normal cell."""
    reduce: list[tuple[str, int]]
    """As `normal`, for the reduction cell."""
    reduce_concat: list[int]
    """As `normal_concat`, for the reduction cell."""


def genotype_fields(native: Any, n_nodes: int) -> dict[str, Any] | None:
    """Name the parts of a genotype.

    Parameters
    ----------
    native : plain value
        The four fields as list or dict, two cells as list, or NAS-Bench-301's
        configuration, with or without the prefix of its keys.
    n_nodes : int
        Intermediate nodes of a cell.

    Returns
    -------
    dict or None
        ``normal``, ``reduce`` and, where they are given, ``normal_concat`` and
        ``reduce_concat``; None if it is no genotype.

    Raises
    ------
    InvalidArchitectureError
        If a configuration lacks a choice.
    """
    if isinstance(native, list) and all(isinstance(part, list) for part in native):
        if len(native) == len(Genotype._fields):
            return dict(zip(Genotype._fields, native, strict=True))
        if len(native) == 2:
            return {"normal": native[0], "reduce": native[1]}
    if isinstance(native, dict):
        if any(_CHOICE.match(str(key)) for key in native):
            return _from_configuration(native, n_nodes)
        if {"normal", "reduce"} <= native.keys():
            return native
    return None


def flat_pairs(edges: Any) -> list[Any] | None:
    """The edges of a cell as a list of pairs, also if they are grouped by node."""
    if not isinstance(edges, list):
        return None
    grouped = edges and all(
        isinstance(node, list) and node and all(isinstance(pair, list) for pair in node)
        for node in edges
    )
    return [pair for node in edges for pair in node] if grouped else edges


def _from_configuration(native: dict[Any, Any], n_nodes: int) -> dict[str, Any]:
    """NAS-Bench-301's configuration: edges are numbered by node, then by predecessor."""
    given = {str(key).removeprefix(_CONFIGURATION): value for key, value in native.items()}
    fields: dict[str, Any] = {}
    for field in ("normal", "reduce"):
        fields[field] = pairs = []
        first = 0
        for node in range(N_INPUTS, n_nodes + N_INPUTS):
            inputs = f"inputs_node_{field}_{node}"
            tails = given.get(inputs, "0_1" if node == N_INPUTS else None)
            pair = re.fullmatch(r"(\d)_(\d)", str(tails))
            if pair is None:
                raise InvalidArchitectureError(
                    f"{inputs} of the configuration is {echo(tails)}; two nodes such as '0_1' are "
                    "expected."
                )
            for tail in map(int, pair.groups()):
                edge = f"edge_{field}_{first + tail}"
                if edge not in given:
                    raise InvalidArchitectureError(
                        f"The configuration has no {edge}, which {inputs}={tails!r} asks for; keep "
                        "the keys of the edges that are taken."
                    )
                pairs.append([given[edge], tail])
            first += node
    return fields
