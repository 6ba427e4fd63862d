"""State that survives a kill: a file is the old state or the new one, never half of one."""

from __future__ import annotations

import os
import pickle
from typing import TypeVar

from .._atomic import replacing

Self = TypeVar("Self", bound="Saved")


class Saved:
    """Something that can be saved, and saves itself where it has a path."""

    path: str | os.PathLike[str] | None

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save the state to a file, which is replaced at once or not at all.

        Parameters
        ----------
        path : path-like
            The file. It is a pickle: load only what you trust.
        """
        with replacing(path) as file:
            pickle.dump(self, file, protocol=pickle.HIGHEST_PROTOCOL)

    @classmethod
    def load(cls: type[Self], path: str | os.PathLike[str]) -> Self:
        """Load what was saved, which goes on as if it had not been stopped.

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
            If the file holds something else.
        """
        with open(path, "rb") as file:
            try:
                state = pickle.load(file)
            except (pickle.UnpicklingError, EOFError, IndexError, UnicodeDecodeError) as error:
                raise ValueError(
                    f"{os.fspath(path)!r} is no file written by {cls.__name__}.save: {error}"
                ) from None
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
