"""Errors at the door: what was found, where in X, and what to do."""

from __future__ import annotations

from collections.abc import Sequence


class InvalidArchitectureError(ValueError):
    """An architecture of X cannot be read; the message says where and why."""


class UnknownOperationError(InvalidArchitectureError):
    """An architecture has an operation that no architecture seen in fit had."""


class UnknownOperationWarning(UserWarning):
    """An architecture has an operation that no architecture seen in fit had."""


def quoted(names: Sequence[str], most: int = 120) -> str:
    """Names for a message, as many as fit into so many characters."""
    text = ", ".join(map(repr, names))
    return f"[{text}]" if len(text) <= most else f"{text[:most].rsplit(', ', 1)[0]} and others"
