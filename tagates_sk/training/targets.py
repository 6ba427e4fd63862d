"""Targets and sample weights: checked, scaled, and as columns of a loss."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array, column_or_1d

from .._utils import Floats, check_finite
from .losses import LOSSES

Features = NDArray[np.float32]
Rows = NDArray[np.integer[Any]]


LARGEST = 1e300
"""Targets beyond it have differences that are not finite."""

LARGEST_SPREAD = 1e150
"""Squares of what is beyond it are not finite."""

LEAST = 0.05
"""What an earlier column counts for a focused member where it adds no architecture."""


def check_targets(
    who: str, n: int, y: ArrayLike, sample_weight: ArrayLike | None, max_targets: int | None = 1
) -> tuple[Floats, Floats | None]:
    """Targets and sample weights of a fit, or an error that says what is wrong.

    Parameters
    ----------
    who : str
        Name of the estimator.
    n : int
        Number of architectures.
    y : array-like of float, shape (n,), or (n, k) with k > 1
        Two-dimensional targets may be NaN where they were not measured.
    sample_weight : array-like of float, shape (n,), or None
    max_targets : int or None, default=1
        Most targets k an architecture may have; None for any number.

    Returns
    -------
    y : ndarray of float64, shape (n, k)
    sample_weight : ndarray of float64, shape (n,), or None

    Raises
    ------
    ValueError
        If y is missing, of another length, not finite or too large; if it has too many
        columns, or one with fewer than two values; if there are fewer than two
        architectures; or if weights are negative or all zero.

    Warns
    -----
    UserWarning
        If the (final) targets are all the same.
    """
    if y is None:
        raise ValueError(f"{who} requires y to be passed, but the target y is None.")
    with np.errstate(invalid="ignore"):  # scikit-learn takes their sum first
        targets = _checked(who, y, max_targets)
    if len(targets) != n:
        raise ValueError(
            f"X has {n} architectures but y has {len(targets)} targets; one is needed for "
            "each architecture."
        )
    if n < 2:
        raise ValueError(f"n_samples={n}: at least 2 architectures are needed to fit.")
    beyond = np.argwhere(abs(targets) > LARGEST)
    if len(beyond):
        row = int(beyond[0, 0])
        raise ValueError(
            f"y[{row}] is {targets[tuple(beyond[0])]:g}, and targets are at most {LARGEST:g} in "
            "magnitude. Divide y by a constant, or leave out what only marks a failure."
        )
    few = np.flatnonzero(np.isfinite(targets).sum(0) < 2)
    if len(few):
        raise ValueError(
            f"Column {few[0]} of y has fewer than 2 measured values; leave it out, or measure more."
        )
    final = targets[np.isfinite(targets[:, -1]), -1]
    if (final == final[0]).all():
        warnings.warn(
            f"y is {final[0]:g} for all {len(final)} architectures: there is nothing to rank, and "
            "predictions will say nothing of which is better.",
            stacklevel=2,
        )
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
    unit = float(unit_of(weights))
    if not 1e-100 < unit < 1e100:  # sums and products of them are not finite, or zero
        weights = weights / unit
    return targets, weights


def _checked(who: str, y: ArrayLike, max_targets: int | None) -> Floats:
    shape = np.shape(y)
    if max_targets == 1 or len(shape) < 2 or shape[1] == 1:
        targets = check_array(
            y, dtype=np.float64, ensure_2d=False, ensure_all_finite=False, input_name="y"
        )
        column = np.asarray(column_or_1d(targets, warn=True), dtype=np.float64)
        check_finite(column, "y")
        return column[:, None]
    targets = check_array(y, dtype=np.float64, ensure_all_finite=False, input_name="y")
    check_finite(targets, "y", allow_nan=True)
    if max_targets is not None and targets.shape[1] > max_targets:
        raise ValueError(
            f"y has {targets.shape[1]} columns and {who} has T={max_targets}: each column is read "
            "after a pass of its own. Set T to as many at least, or anytime=False."
        )
    return np.asarray(targets, dtype=np.float64)


@dataclass(frozen=True)
class TargetScaler:
    """Mean and standard deviation of each column of y, and what losses read instead of y.

    Parameters
    ----------
    mean, std : ndarray of float, shape (k,)
    """

    mean: Floats
    std: Floats

    @classmethod
    def of(cls, y: Floats, weights: Floats | None) -> TargetScaler:
        """Learn them from the measured targets, shape (n, k), of each column."""
        w = np.isfinite(y) * (1.0 if weights is None else weights[:, None])
        w = np.where(w.sum(0) > 0, w, np.isfinite(y))
        filled = np.nan_to_num(y)
        unit = unit_of(filled)
        mean = np.average(filled / unit, weights=w, axis=0)
        variance = np.average((filled / unit - mean) ** 2, weights=w, axis=0)
        mean, std = mean * unit, np.sqrt(variance) * unit
        return cls(mean, scales(mean, std))

    def standardised(self, y: Floats) -> Floats:
        """The first columns of y in units of their standard deviations, shape (n, j)."""
        k = y.shape[1]
        return (y - self.mean[:k]) / self.std[:k]

    def in_units(self, scores: Floats) -> Floats:
        """The inverse, for scores of shape (n, k, n_members)."""
        return scores * self.std[:, None] + self.mean[:, None]


def unit_of(values: Floats) -> Floats:
    """A power of two near the largest magnitude of each column.

    Squares of values in this unit are neither zero nor infinite, and no digit
    changes where they were not.

    Parameters
    ----------
    values : ndarray of float, shape (n, ...)
        NaN does not count.

    Examples
    --------
    >>> import numpy as np
    >>> from tagates_sk.training.targets import unit_of
    >>> unit_of(np.array([[3.0, 0.0], [-5.0, 0.0]]))
    array([8., 1.])
    """
    _, exponent = np.frexp(np.nan_to_num(np.abs(values)).max(axis=0, initial=0.0))
    unit: Floats = np.ldexp(1.0, np.clip(exponent, -1000, 1000))
    return unit


def spread_over_members(predictions: Floats) -> Floats:
    """Standard deviation of what members say, shape (n,), from (n, n_members)."""
    unit = float(unit_of(predictions.ravel()))
    spread: Floats = (predictions / unit).std(1, ddof=1) * unit
    return spread


def scales(mean: Floats, std: Floats) -> Floats:
    """Standard deviations to divide by: 1 for what is constant but for rounding."""
    return np.where(std > 1e-9 * abs(mean), std, 1.0)


def check_spread(mean: Floats, std: Floats, names: Sequence[str]) -> None:
    """Refuse targets whose mean or standard deviation has a square beyond all numbers.

    Parameters
    ----------
    mean, std : ndarray of float, shape (k,)
    names : sequence of k str
        What they are of, for the message.

    Raises
    ------
    ValueError
        If one is too large.
    """
    beyond = np.flatnonzero(~(np.maximum(abs(mean), std) < LARGEST_SPREAD))
    if len(beyond):
        j = beyond[0]
        raise ValueError(
            f"{names[j]} has the mean {mean[j]:g} and the standard deviation {std[j]:g}: its "
            "values are too large to be standardised. Divide y by a constant, or leave out what "
            "only marks a failure."
        )


def ranks(y: Floats, mean: Floats) -> Floats:
    """Place of each target among the distinct ones of its column, shape (n, k).

    Parameters
    ----------
    y : ndarray of float, shape (n, k)
        NaN where not measured, which stays.
    mean : ndarray of float, shape (k,)
        What gets 0, as if targets were standardised.
    """
    out = np.full(y.shape, np.nan)
    for column, values, middle in zip(out.T, y.T, mean, strict=True):
        measured = np.isfinite(values)
        distinct = np.unique(np.append(values[measured], middle))
        places = np.searchsorted(distinct, values[measured])
        column[measured] = places - np.searchsorted(distinct, middle)
    return out


def loss_columns(
    y: Floats, weights: Floats | None, draws: Floats | None, n_members: int
) -> tuple[Floats, Floats | None]:
    """Targets and weights as a loss reads them: columns by target, then by member.

    Parameters
    ----------
    y : ndarray of float, shape (n, k)
        Standardised; NaN where not measured.
    weights : ndarray of float, shape (n,), or None
        Sample weights.
    draws : ndarray of float, shape (n, n_members), or None
        How often each member sees each architecture; None for once.
    n_members : int

    Returns
    -------
    y : ndarray of float, shape (n, 1) or (n, k * n_members)
    weights : ndarray of float of a shape that fits, or None
    """
    measured = np.isfinite(y)
    if weights is None and draws is None and measured.all() and (y == y[:, :1]).all():
        return y[:, :1], None
    w = measured * (1.0 if weights is None else weights[:, None] / weights.mean())
    if draws is None:
        draws = np.ones((len(y), n_members))
    y = np.repeat(np.nan_to_num(y), n_members, axis=1)
    return y, np.repeat(w, n_members, axis=1) * np.tile(draws, measured.shape[1])


def column_weights(y: Floats, weights: Floats | None, n_members: int, focused: int) -> Floats:
    """How much each column of y counts for each member, shape (k, n_members).

    For focused members, the last ones, an earlier column counts as much as it
    adds to the final one: by the share of its architectures whose final target
    was not measured.

    Parameters
    ----------
    y : ndarray of float, shape (n, k)
        NaN where not measured.
    weights : ndarray of float, shape (n,), or None
        Sample weights.
    n_members : int
    focused : int
        How many of them.
    """
    measured = np.isfinite(y) * (1.0 if weights is None else weights[:, None])
    adding = measured[np.isnan(y[:, -1])].sum(0)
    share = adding / np.maximum(measured.sum(0), np.finfo(float).tiny)
    out = np.ones((y.shape[1], n_members))
    out[:-1, n_members - focused :] = np.maximum(share, LEAST)[:-1, None]
    return out


def bootstrap_draws(n: int, k: int, rng: np.random.RandomState) -> Floats:
    """How often each of n architectures is in k samples with replacement, shape (n, k)."""
    seen = [np.bincount(rng.randint(n, size=n), minlength=n) for _ in range(k)]
    return np.column_stack(seen).astype(np.float64)


def mean_over_members(predictions: Floats) -> Floats:
    """Of the final target, shape (n,), from (n, n_targets, n_members)."""
    mean: Floats = predictions[:, -1].mean(1)
    return mean


def hold_out(
    y: Floats, weights: Floats | None, fraction: float, rng: np.random.RandomState
) -> tuple[Rows, Rows]:
    """Rows to train on, and rows with weight and a measured final target to watch.

    Parameters
    ----------
    y : ndarray of float, shape (n, k)
    weights : ndarray of float, shape (n,), or None
    fraction : float
        Share of the latter.
    rng : numpy RandomState

    Raises
    ------
    ValueError
        If a side would have fewer than two rows.
    """
    counts = np.isfinite(y[:, -1])
    measured = np.flatnonzero(counts if weights is None else counts & (weights > 0))
    n_held_out = int(np.ceil(fraction * len(measured)))
    if n_held_out < 2 or len(measured) - n_held_out < 2:
        raise ValueError(
            f"early_stopping with validation_fraction={fraction:g} holds out {n_held_out} of "
            f"{len(measured)} architectures; at least 2 are needed on both sides. Those without "
            "a final value, or of weight 0, do not count."
        )
    from sklearn.model_selection import train_test_split  # slow to import, seldom needed

    kept, held_out = train_test_split(measured, test_size=n_held_out, random_state=rng)
    if len(measured) < len(y):
        kept = np.concatenate([kept, np.setdiff1d(np.arange(len(y)), measured)])
    return kept, held_out


def loss_targets(y: Floats, scaler: TargetScaler, loss: str) -> Floats:
    """Targets as a loss reads them, shape (n, k)."""
    # One extreme target would tie all others where they are standardised.
    return ranks(y, scaler.mean) if LOSSES[loss].reads_order else scaler.standardised(y)
