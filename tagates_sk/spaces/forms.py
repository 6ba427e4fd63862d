"""What people have in hand, in plain values: the first step of reading any native form."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from numbers import Integral
from typing import Any

import numpy as np

from ..graphs import InvalidArchitectureError
from ..graphs.foreign import cut, echo

_PRINTED = re.compile(r"[\[({'\"]|[A-Za-z_][\w.]*\s*\(")
_ASSIGNED = re.compile(r"\A[A-Za-z_]\w*\s*=\s*(?=[A-Za-z_\[({])")
_NUMBER = re.compile(r"-?\d{1,9}")
_NUMBERS = re.compile(r"-?\d{1,9}(?:[\s,]+-?\d{1,9})*,?")
_LONGEST_RANGE = 1000


def plain(native: Any) -> Any:
    """Turn a native form into strings, numbers, lists and dictionaries.

    Parameters
    ----------
    native : object
        Lists, tuples, ranges, mappings, named tuples, arrays and NumPy scalars,
        nested in any way, and text, as bytes, too. Text that is JSON, or that Python
        prints, such as ``"Genotype(normal=[...], ...)"``, is parsed and never
        evaluated; the name that it is assigned to is dropped.

    Returns
    -------
    str, int, float, bool, None, list or dict
        Tuples become lists, named tuples and printed calls dictionaries of their
        fields; strings lose blanks at their ends. Arrays of floats that are all whole,
        as :func:`numpy.loadtxt` reads integers, become integers.

    Raises
    ------
    InvalidArchitectureError
        If there is anything else inside, or the text cannot be parsed.

    Examples
    --------
    >>> from tagates_sk.spaces.forms import plain
    >>> plain("Genotype(normal=[('skip_connect', 0)], normal_concat=range(2, 4))")
    {'normal': [['skip_connect', 0]], 'normal_concat': [2, 3]}
    """
    if isinstance(native, (str, bytes)):
        text = _ASSIGNED.sub("", _text(native), count=1)
        native = _parsed(text) if _PRINTED.match(text) else text
    try:
        return _plain(native)
    except RecursionError:
        raise InvalidArchitectureError("It is nested too deeply to be read.") from None


def _plain(native: Any) -> Any:
    if isinstance(native, (str, bytes)):
        return _text(native)
    if native is None or isinstance(native, (bool, int, float)):
        return native
    if isinstance(native, Mapping):
        return {_key(key): _plain(value) for key, value in native.items()}
    if hasattr(native, "_asdict"):
        return _plain(native._asdict())
    if isinstance(native, (list, tuple, range)):
        return [_plain(item) for item in native]
    if hasattr(native, "tolist"):
        return _plain((native.astype(int) if _are_whole(native) else native).tolist())
    raise InvalidArchitectureError(
        f"{echo(native)} is a {type(native).__name__}; text, numbers, lists and dictionaries are "
        "read."
    )


def _are_whole(native: Any) -> bool:
    """Whether it is an array of floats that are all whole."""
    if not isinstance(native, np.ndarray) or native.ndim == 0 or native.dtype.kind != "f":
        return False
    return bool(np.isfinite(native).all() and (native == np.rint(native)).all())


def _text(native: str | bytes) -> str:
    if isinstance(native, bytes):
        native = native.decode(errors="replace")
    return str(native).strip()


def numbers(value: Any) -> Any:
    """Whole numbers in text, such as ``"0 3 0"``, as a list; anything else as it is.

    A list of texts, each one number, becomes a list of numbers.
    """
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return [int(part) for part in value] if all(map(_NUMBER.fullmatch, value)) else value
    if isinstance(value, str) and _NUMBERS.fullmatch(value):
        return [int(number) for number in re.findall(r"-?\d+", value)]
    return value


def is_whole(value: Any, below: int) -> bool:
    """Whether it is a whole number from 0 to below - 1; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < below


def whole_parameter(name: str, value: Any, least: int, most: int | None, expected: str) -> int:
    """A parameter of a space that is a whole number.

    Parameters
    ----------
    name : str
        Of the parameter, for the message.
    value : object
    least, most : int
        Bounds; None for no upper one.
    expected : str
        How the message goes on.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If it is something else.
    """
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        raise ValueError(f"{name}={echo(value)}; {expected}.")
    return int(value)


def _key(key: Any) -> Any:
    key = _plain(key)
    return tuple(key) if isinstance(key, list) else key


def _parsed(text: str) -> Any:
    if text[0] in "[{":
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass  # Python prints lists and dictionaries differently
    try:
        return _value(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        fault = error.msg if isinstance(error, SyntaxError) else str(error)
        raise InvalidArchitectureError(
            f"{echo(text)} cannot be parsed ({cut(fault, 80)}): JSON, Python's lists, tuples and "
            "dictionaries, and Name(field=...) are read."
        ) from None


def _value(node: ast.expr) -> Any:
    """The value of an expression of literals, without evaluating anything."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return [_value(item) for item in items]
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.Dict(keys=keys, values=values) if None not in keys:
            return {
                _key(_value(key)): _value(value)
                for key, value in zip(keys, values, strict=True)
                if key is not None
            }
        case ast.Call(func=ast.Name(id="range"), args=arguments, keywords=[]):
            drawn = range(*map(_value, arguments))
            if len(drawn) > _LONGEST_RANGE:
                raise ValueError(f"range of {len(drawn)} numbers")
            return list(drawn)
        case ast.Call(func=ast.Name(), args=[_, _, *_] as fields, keywords=[]):
            return [_value(field) for field in fields]
        case ast.Call(args=[], keywords=fields) if fields and all(f.arg for f in fields):
            return {field.arg: _value(field.value) for field in fields}
        case ast.Call(
            func=ast.Name(id="array") | ast.Attribute(value=ast.Name(id="np")), args=[value]
        ):
            return _value(value)  # array([0, 1], dtype=int8), np.int64(1)
    raise ValueError(f"{ast.unparse(node)} is no literal")
