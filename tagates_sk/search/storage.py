"""State that survives a kill: a file is the old state or the new one, never half of one."""

from __future__ import annotations

import hashlib
import os
import pickle
from typing import TypeVar

from .._utils import replacing

Self = TypeVar("Self", bound="Saved")

_MAGIC = b"tagates_sk state\n"
"""What a file begins with; the SHA-256 of the rest and the rest, a pickle, follow."""


class Saved:
    """Something that can be saved, and saves itself where it has a path."""

    path: str | os.PathLike[str] | None

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save the state to a file, which is replaced at once or not at all.

        Parameters
        ----------
        path : path-like
            The file. It holds a pickle: load only what you trust.
        """
        content = pickle.dumps(self, protocol=pickle.HIGHEST_PROTOCOL)
        with replacing(path) as file:
            file.write(_MAGIC + hashlib.sha256(content).digest())
            file.write(content)

    @classmethod
    def load(cls: type[Self], path: str | os.PathLike[str]) -> Self:
        """Load what was saved, which goes on as if it had not been stopped.

        Bare pickles, as earlier releases wrote them, can be loaded too.

        Parameters
        ----------
        path : path-like
            The file. What saved itself to its `path` does so to this one from
            now on.

        Returns
        -------
        object of this class

        Raises
        ------
        ValueError
            If the file holds something else, is damaged, or needs a module that
            cannot be imported.
        """
        with open(path, "rb") as file:
            content = file.read()
        digest, whole = b"", content.startswith(_MAGIC)
        if whole:
            start = len(_MAGIC) + hashlib.sha256().digest_size
            digest, content = content[len(_MAGIC) : start], content[start:]
            if hashlib.sha256(content).digest() != digest:
                raise ValueError(
                    f"{os.fspath(path)!r} is damaged: its content is not what {cls.__name__}.save "
                    "has written. Go on from a copy of it, or start anew."
                )
        try:
            state = pickle.loads(content)
        except Exception as error:  # damaged pickles raise anything
            found = (
                "cannot be loaded here" if whole else f"is no file written by {cls.__name__}.save"
            )
            raise ValueError(
                f"{os.fspath(path)!r} {found}: {type(error).__name__}: {error}"
            ) from error
        if not isinstance(state, cls):
            raise ValueError(
                f"{os.fspath(path)!r} holds a {type(state).__name__}; a file written by "
                f"{cls.__name__}.save is expected."
            )
        if state.path is not None:
            state.path = path
        return state

    def _autosave(self) -> None:
        if self.path is not None:
            self.save(self.path)
