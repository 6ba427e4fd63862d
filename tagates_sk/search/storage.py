"""State that survives a kill: a file holds the old or the new state, never half of one."""

from __future__ import annotations

import hashlib
import os
import pickle
from typing import Any

from .._utils import replacing

_MAGIC = b"tagates_sk state\n"
"""The start of a file; the SHA-256 of the rest follows, then the rest, a pickle."""


def save_state(state: Any, path: str | os.PathLike[str]) -> None:
    """Write an object to a file, which is replaced completely or not at all."""
    content = pickle.dumps(state, protocol=pickle.HIGHEST_PROTOCOL)
    with replacing(path) as file:
        file.write(_MAGIC + hashlib.sha256(content).digest())
        file.write(content)


def load_state(path: str | os.PathLike[str], cls: type[Any]) -> Any:
    """Read an object written by :func:`save_state`.

    Parameters
    ----------
    path : path-like
    cls : type
        The expected class.

    Raises
    ------
    ValueError
        If the file holds something else, is damaged, or needs a module that
        cannot be imported.
    """
    with open(path, "rb") as file:
        content = file.read()
    name = repr(os.fspath(path))
    if not content.startswith(_MAGIC):
        raise ValueError(f"{name} was not written by {cls.__name__}.save.")
    start = len(_MAGIC) + hashlib.sha256().digest_size
    digest, content = content[len(_MAGIC) : start], content[start:]
    if hashlib.sha256(content).digest() != digest:
        raise ValueError(
            f"{name} is damaged: its content is not what {cls.__name__}.save wrote. Use a "
            "copy of the file, or start a new search."
        )
    try:
        state = pickle.loads(content)
    except Exception as error:  # pickles of missing modules raise anything
        raise ValueError(
            f"{name} cannot be loaded here: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(state, cls):
        raise ValueError(
            f"{name} holds a {type(state).__name__}; a file written by {cls.__name__}.save is "
            "expected."
        )
    return state
