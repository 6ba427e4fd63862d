"""The forms in which genotypes of a normal and a reduction cell are published."""

from __future__ import annotations

from typing import Any, NamedTuple

N_INPUTS = 2
"""Nodes 0 and 1 are the inputs of a cell; the intermediate nodes follow."""

_CONFIGURATION = "NetworkSelectorDatasetInfo:darts:"


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
        configuration.
    n_nodes : int
        Intermediate nodes of a cell.

    Returns
    -------
    dict or None
        ``normal``, ``reduce`` and, where they are given, ``normal_concat`` and
        ``reduce_concat``; None if it is no genotype.
    """
    if isinstance(native, list) and all(isinstance(part, list) for part in native):
        if len(native) == len(Genotype._fields):
            return dict(zip(Genotype._fields, native, strict=True))
        if len(native) == 2:
            return {"normal": native[0], "reduce": native[1]}
    if isinstance(native, dict):
        if any(str(key).startswith(_CONFIGURATION) for key in native):
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
            inputs = str(given.get(f"inputs_node_{field}_{node}", "0_1" if node == 2 else ""))
            for tail in inputs.split("_"):
                place = int(tail) if tail.isdecimal() else None
                edge = f"edge_{field}_{first + (place or 0)}"
                pairs.append([given.get(edge, f"{edge} is missing"), place])
            first += node
    return fields
