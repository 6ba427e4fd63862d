"""Progress bars, where they are wanted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

Item = TypeVar("Item")


def progress(items: Iterable[Item], verbose: Any, **bar: Any) -> Iterable[Item]:
    """Items, with a progress bar if `verbose` says so.

    Parameters
    ----------
    items : iterable
    verbose : int or bool
    **bar : object
        Parameters of tqdm.
    """
    if not verbose:
        # Even a bar that is not shown starts a thread, and a process forked while
        # that thread holds its lock would wait for it forever.
        return items
    from tqdm.auto import tqdm

    shown: Iterable[Item] = tqdm(items, **bar)
    return shown
