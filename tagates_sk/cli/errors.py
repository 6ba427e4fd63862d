"""What the user got wrong: a message, and no traceback."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO


class UserError(Exception):
    """The command or a file is wrong; the message says where and what is expected."""


def say(text: str) -> None:
    """Write a line to standard error, unless nobody reads it, as in ``... 2>&1 | head -1``."""
    try:
        print(text, file=sys.stderr)
    except BrokenPipeError:
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Throw away what a standard stream cannot take, lest the flush at exit fails."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


@contextmanager
def explained(places: Sequence[str]) -> Iterator[None]:
    """Turn errors that the library raises for its input into messages for the user.

    Parameters
    ----------
    places : sequence of str
        Where each element of X comes from.

    Raises
    ------
    UserError
        For a ValueError or a loss that is not finite; what the message calls
        ``X[3]`` is called by its place.
    """
    from ..training.trainer import NonFiniteLossError  # slow to import

    try:
        yield
    except (ValueError, NonFiniteLossError) as error:

        def place(match: re.Match[str]) -> str:
            i = int(match[1])
            return places[i] if i < len(places) else match[0]

        raise UserError(re.sub(r"\bX\[(\d+)\]", place, str(error))) from error
