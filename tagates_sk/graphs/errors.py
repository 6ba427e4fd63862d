"""Errors at the door: what was found, where in X, and what to do."""

from __future__ import annotations


class InvalidArchitectureError(ValueError):
    """An architecture of X cannot be read; the message says where and why."""


class UnknownOperationError(InvalidArchitectureError):
    """An architecture has an operation that no architecture seen in fit had."""
