"""Where in a network tracing stopped."""

from __future__ import annotations

import linecache
from pathlib import Path
from types import TracebackType
from typing import Any

from ..foreign import cut


def place_of(error: BaseException, module: Any) -> str:
    """The module and the line of its code at which an error arose, in words.

    Parameters
    ----------
    error : Exception
        With its traceback.
    module : torch.nn.Module
        The network that was traced.

    Returns
    -------
    str
        For instance ``"module 'gate' (Gate), net.py:12: `if x.sum() > 0:`"``.
    """
    paths = {id(part): path for path, part in module.named_modules()}
    owner, line = module, ""
    traceback = error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        caller = frame.f_locals.get("self")
        if id(caller) in paths:
            owner = caller
        if id(caller) in paths and not _is_foreign(frame.f_code.co_filename):
            line = _line(traceback)
        elif line and not _is_foreign(frame.f_code.co_filename):
            line = _line(traceback)  # a function that a module calls
        traceback = traceback.tb_next
    path = paths[id(owner)]
    named = f"module {path!r} ({type(owner).__name__})" if path else type(owner).__name__
    return f"{named}, {line}" if line else named


def _is_foreign(file: str) -> bool:
    """Whether a file belongs to torch or to this package, or is no file."""
    import torch

    folders = [Path(torch.__file__).parent, Path(__file__).parent]
    return file.startswith("<") or any(folder in Path(file).parents for folder in folders)


def _line(traceback: TracebackType) -> str:
    file, number = traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
    code = cut(linecache.getline(file, number), 50)
    return f"{Path(file).name[-30:]}:{number}: `{code}`" if code else f"{Path(file).name}:{number}"
