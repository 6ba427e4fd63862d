"""Reading the data files that come with the package."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graphs import ArchitectureSequence
from ..graphs.attach import ZeroCostSequence

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.integer[Any]]


def with_shipped_zero_cost(dags: ArchitectureSequence, name: str) -> ZeroCostSequence:
    """Architectures with the zero-cost vectors that come with the package.

    Parameters
    ----------
    dags : ArchitectureSequence
        The architectures that the vectors were computed for, in that order.
    name : str
        Name of the search space.
    """
    (vectors,) = read_arrays(f"zero_cost_{name}", "vectors")
    return ZeroCostSequence(dags, vectors.astype(np.float32))


def read_arrays(name: str, *keys: str) -> list[NDArray[Any]]:
    """Read some arrays of a data file.

    Parameters
    ----------
    name : str
        Name of the file, without ``.npz``.
    *keys : str
        Names of the arrays.

    Returns
    -------
    list of ndarray
    """
    with (
        (files(__package__) / "data" / f"{name}.npz").open("rb") as stream,
        np.load(stream, allow_pickle=False) as arrays,
    ):
        return [arrays[key] for key in keys]


def chosen_targets(
    target: str | Iterable[str], known: Sequence[str], benchmark: str
) -> tuple[list[str], bool]:
    """Names of the targets that a user asks for, and whether it is one by its name.

    Parameters
    ----------
    target : str or iterable of str
        One name, several, or ``"all"``.
    known : sequence of str
        The names that there are.
    benchmark : str
        What the message calls the data.

    Returns
    -------
    names : list of str
    single : bool

    Raises
    ------
    ValueError
        If a target is unknown, or there is none.
    """
    single = isinstance(target, str) and target != "all"
    names = [str(target)] if single else list(known if target == "all" else target)
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        fault = f"{unknown[0]!r} is not known" if unknown else "it is empty"
        raise ValueError(
            f"target={target!r}: {fault}. The targets of {benchmark} are {', '.join(known)}, or "
            "'all'."
        )
    return names, single
