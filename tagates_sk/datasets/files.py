"""Reading the data files that come with the package."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.integer[Any]]


def read_arrays(name: str, *keys: str) -> list[IntArray]:
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
