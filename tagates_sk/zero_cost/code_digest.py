"""What a function does, as a digest: it changes when the function is edited."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import partial
from types import CodeType, FunctionType, MethodType
from typing import Any

import joblib

_PLAIN = (str, bytes, int, float, complex, bool, type(None), type(...))
_INSTALLED = frozenset({"builtins", "numpy", "torch", "typing"})
"""Packages whose classes change with their release only."""


def code_digest(thing: Any) -> str:
    """Digest of the code of a callable.

    It covers what runs, not what is in a file by now: byte code and constants
    of a function, of the methods of a class, of what they name in their own
    module, and the arguments of a partial. It is the same in every process of
    one release of Python.

    Parameters
    ----------
    thing : callable or None

    Returns
    -------
    str
    """
    return hashlib.sha256("\n".join(_parts(thing, set())).encode()).hexdigest()


def _parts(thing: Any, seen: set[int]) -> Iterator[str]:
    if isinstance(thing, _PLAIN):
        yield repr(thing)
    elif isinstance(thing, (tuple, list)):
        yield f"sequence of {len(thing)}"
        for item in thing:
            yield from _parts(item, seen)
    elif isinstance(thing, dict):
        for name in sorted(thing, key=repr):
            yield repr(name)
            yield from _parts(thing[name], seen)
    elif isinstance(thing, frozenset):
        yield from sorted(map(repr, thing))  # the order is another one in every process
    elif isinstance(thing, CodeType):
        yield thing.co_code.hex()
        yield from thing.co_names
        yield from _parts(thing.co_consts, seen)
    elif isinstance(thing, partial):
        yield from _parts((thing.func, thing.args, thing.keywords), seen)
    elif id(thing) in seen:
        yield "again"
    elif isinstance(thing, FunctionType):
        seen.add(id(thing))
        yield thing.__qualname__
        yield from _parts((thing.__code__, thing.__defaults__, thing.__kwdefaults__), seen)
        yield from _parts(getattr(thing, "__wrapped__", None), seen)
        for name in sorted(_names(thing.__code__)):
            value = thing.__globals__.get(name)
            if isinstance(value, _PLAIN) or getattr(value, "__module__", "") == thing.__module__:
                yield name
                yield from _parts(value, seen)
    elif isinstance(thing, type):
        seen.add(id(thing))
        yield f"{thing.__module__}.{thing.__qualname__}"
        for base in thing.__mro__:
            if base.__module__.partition(".")[0] not in _INSTALLED:
                yield from _parts({k: _function(v) for k, v in vars(base).items()}, seen)
    elif isinstance(thing, MethodType):
        yield from _parts((thing.__func__, type(thing.__self__)), seen)
    else:
        yield from _parts(type(thing), seen)
        yield _value(thing)


def _function(attribute: Any) -> Any:
    """The function of a method or property; None for what is no code."""
    if isinstance(attribute, property):
        attribute = attribute.fget
    function = getattr(attribute, "__func__", attribute)
    return function if isinstance(function, (FunctionType, *_PLAIN)) else None


def _names(code: CodeType) -> set[str]:
    nested = (_names(part) for part in code.co_consts if isinstance(part, CodeType))
    return set(code.co_names).union(*nested)


def _value(thing: Any) -> str:
    try:
        return str(joblib.hash(thing))
    except Exception:  # what cannot be pickled cannot be told apart
        return ""
