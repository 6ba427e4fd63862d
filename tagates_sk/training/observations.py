"""Performance observed at some points of training of architectures to predict."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_array

from .._utils import Floats


def check_partial(partial: ArrayLike, n: int, n_targets: int) -> Floats:
    """Observations of all columns of y but the last, shape (n, n_targets - 1).

    Parameters
    ----------
    partial : array-like of float, shape (n, j) with 0 < j <= n_targets
        Columns as those of y, the first j; NaN where nothing was observed.
    n : int
        Number of architectures.
    n_targets : int
        Columns of y in fit.

    Raises
    ------
    ValueError
        If y had one column, the shape does not fit, a value is infinite, or a
        final value is among them.
    """
    if n_targets < 2:
        raise ValueError(
            "partial holds performance at earlier points of training, and y had one column in "
            "fit. Fit with a column for each point, the final one last."
        )
    values = check_array(
        partial, dtype=np.float64, ensure_all_finite="allow-nan", input_name="partial"
    )
    if len(values) != n or values.shape[1] > n_targets:
        raise ValueError(
            f"partial has shape {values.shape} for {n} architectures and {n_targets} columns of y "
            f"in fit; shape ({n}, j) with j up to {n_targets} is expected, NaN for what was not "
            "observed."
        )
    final = np.flatnonzero(np.isfinite(values[:, n_targets - 1 :]).any(1))
    if len(final):
        raise ValueError(
            f"partial has the final value {values[final[0], -1]:g} in row {final[0]}: what is "
            "measured to the end needs no prediction. Leave the row out, or write NaN."
        )
    missing = n_targets - 1 - values.shape[1]
    if missing > 0:
        values = np.pad(values, ((0, 0), (0, missing)), constant_values=np.nan)
    observed: Floats = values[:, : n_targets - 1]
    return observed
