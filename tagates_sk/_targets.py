"""Checks of targets and sample weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array, column_or_1d

Floats = NDArray[np.float64]


def check_targets(
    who: str, n: int, y: ArrayLike, sample_weight: ArrayLike | None
) -> tuple[Floats, Floats | None]:
    """Targets and sample weights of a fit, or an error that says what is wrong.

    Parameters
    ----------
    who : str
        Name of the estimator.
    n : int
        Number of architectures.
    y : array-like of float, shape (n,)
    sample_weight : array-like of float, shape (n,), or None

    Returns
    -------
    y : ndarray of float64, shape (n,)
    sample_weight : ndarray of float64, shape (n,), or None

    Raises
    ------
    ValueError
        If y is missing, of another length or not finite; if there are fewer
        than two architectures; or if weights are negative or all zero.
    """
    if y is None:
        raise ValueError(f"{who} requires y to be passed, but the target y is None.")
    targets = check_array(y, dtype=np.float64, ensure_2d=False, input_name="y")
    targets = column_or_1d(targets, warn=True)
    if len(targets) != n:
        raise ValueError(
            f"X has {n} architectures but y has {len(targets)} targets; one is needed for "
            "each architecture."
        )
    if n < 2:
        raise ValueError(f"n_samples={n}: at least 2 architectures are needed to fit.")
    if sample_weight is None:
        return targets, None
    weights = check_array(
        sample_weight, dtype=np.float64, ensure_2d=False, input_name="sample_weight"
    )
    if weights.shape != (n,):
        raise ValueError(
            f"sample_weight.shape == {weights.shape}, expected ({n},): one weight for each "
            "architecture."
        )
    if (weights < 0).any() or not weights.any():
        raise ValueError(
            "sample_weight must not be negative, nor zero everywhere: its smallest value is "
            f"{weights.min():g} and its sum {weights.sum():g}."
        )
    return targets, weights
