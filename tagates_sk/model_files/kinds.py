"""Whether a value is what a field holds, told by the type hints that annotations use, too."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from typing import Any, Union, get_args, get_origin

import numpy as np

LARGEST = 2**63
"""Whole numbers in a file are smaller; so are those of every array."""

MOST = 2**32
"""What is counted is not more than this; neither are seeds."""

_NUMBERS: dict[Any, tuple[type[Any], ...]] = {
    bool: (bool, np.bool_),
    int: (int, np.integer),
    float: (float, np.floating, int, np.integer),
    str: (str,),
}


def holds(value: Any, hint: Any) -> bool:
    """Whether a value is of the kind that a hint says.

    Parameters
    ----------
    value : object
    hint : type hint
        Of plain types, containers, unions and ``NDArray[...]``. An int is a
        number from 0 on, since fields count and number things.

    Examples
    --------
    >>> from tagates_sk.model_files.kinds import holds
    >>> holds({"a": [1, 2]}, dict[str, list[int]]), holds({"a": [1, -2]}, dict[str, list[int]])
    (True, False)
    """
    if hint is Any:
        return True
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(holds(value, option) for option in inner)
    if origin is np.ndarray:
        scalar = get_args(inner[1])[0]
        scalar = get_origin(scalar) or scalar
        return isinstance(value, np.ndarray) and issubclass(value.dtype.type, scalar)
    if hint in _NUMBERS:
        if not isinstance(value, _NUMBERS[hint]) or (isinstance(value, bool) and hint is not bool):
            return False
        return hint is not int or 0 <= int(value) <= MOST
    if origin is tuple and inner[-1] is not Ellipsis:
        return (
            isinstance(value, tuple) and len(value) == len(inner) and all(map(holds, value, inner))
        )
    if origin in (list, tuple, Sequence):
        kind = (list, tuple) if origin is Sequence else origin
        return isinstance(value, kind) and all(holds(item, inner[0]) for item in value)
    if origin in (dict, Mapping):
        return isinstance(value, dict) and all(
            holds(key, inner[0]) and holds(item, inner[1]) for key, item in value.items()
        )
    return isinstance(value, hint)
