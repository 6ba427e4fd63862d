"""Architectures that are no graphs: which search space reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

_TEXTS = {
    r"\s*\|[^|~]+~\d": "NASBench201()",
    r"\s*\w*Genotype\(": "DARTS()",
    r"\s*\d+-\d+-\d+_\d": "TransNASBench101Micro()",
    r"\s*\d+-\d+-basic": "TransNASBench101Macro()",
    r"\s*\d+(:\d+){4}\s*$": "NATSBenchSize()",
}
_FIELDS = {
    ("normal", "reduce"): "DARTS()",
    ("matrix", "ops"): "NASBench101()",
    ("module_adjacency", "module_operations"): "NASBench101()",
}


def echo(value: Any, width: int = 60) -> str:
    """What was given, cut to a part of a line for a message.

    Parameters
    ----------
    value : object
    width : int, default=60
        Characters at most.

    Returns
    -------
    str
    """
    return cut(repr(value), width)


def cut(text: str, width: int = 60) -> str:
    """Text on one line of limited width.

    Parameters
    ----------
    text : str
    width : int, default=60
        Characters at most.

    Returns
    -------
    str
    """
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 3]}..."


def reader_of(value: Any) -> str | None:
    """Which search space reads an architecture that is no graph.

    Parameters
    ----------
    value : object
        One architecture in whatever form.

    Returns
    -------
    str or None
        How the space is made, as in ``"NASBench201()"``; None if the form is not
        one of those that say themselves what they are.
    """
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if isinstance(value, str):
        return next((space for text, space in _TEXTS.items() if re.match(text, value)), None)
    if isinstance(value, Mapping):
        if any("darts:" in str(key) for key in value):
            return "DARTS()"
        return next((space for keys, space in _FIELDS.items() if {*value} >= {*keys}), None)
    if hasattr(value, "_asdict"):
        return reader_of(value._asdict())
    if isinstance(value, (list, tuple)) and len(value) == 2:
        listed = all(isinstance(part, (list, tuple)) or hasattr(part, "tolist") for part in value)
        if listed and len(value[0]) == len(value[1]) and {*map(type, value[1])} <= {str, np.str_}:
            return "NASBench101()"
    return None
