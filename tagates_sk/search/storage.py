"""Files that are either the old state or the new one, whenever the process dies."""

from __future__ import annotations

import os
import pickle
import tempfile
from pathlib import Path
from typing import Any


def write(path: str | os.PathLike[str], state: Any) -> None:
    """Pickle something to a file, which is replaced at once or not at all.

    Parameters
    ----------
    path : path-like
        The file.
    state : object
        What to pickle.
    """
    path = Path(path)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            pickle.dump(state, file, protocol=pickle.HIGHEST_PROTOCOL)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def read(path: str | os.PathLike[str], kind: type) -> Any:
    """Unpickle an object of one class.

    Parameters
    ----------
    path : path-like
        The file.
    kind : type
        Class of what it must hold.

    Returns
    -------
    object of that class

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
                f"{os.fspath(path)!r} is no file written by {kind.__name__}.save: {error}"
            ) from None
    if not isinstance(state, kind):
        raise ValueError(
            f"{os.fspath(path)!r} holds a {type(state).__name__}; a file written by "
            f"{kind.__name__}.save is expected."
        )
    return state
