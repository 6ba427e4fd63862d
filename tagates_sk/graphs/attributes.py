"""Numbers beside the names of operations: kernel sizes, expansions, widths."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import InvalidArchitectureError
from .foreign import cut, echo

Floats = NDArray[np.float64]  # graphs import nothing of the package

CUT_OFF = 5.0
"""Standard deviations at which a number is cut off, so that strange ones do no harm."""

Numbers = tuple[tuple[str, float], ...]
"""Attributes of one operation, by name."""


@dataclass(frozen=True)
class Attributes:
    """Numbers of many operations.

    Parameters
    ----------
    names : tuple of str
        Sorted.
    values : ndarray of float64, shape (n_ops, n_names)
        NaN where an operation does not have one.
    """

    names: tuple[str, ...]
    values: Floats

    def of(self, ops: Any) -> Attributes:
        """Those of some operations."""
        return Attributes(self.names, self.values[ops])

    def numbers(self) -> list[Numbers]:
        """Of every operation its attributes."""
        known: dict[bytes, Numbers] = {}
        rows = self.values + 0.0  # one zero only
        out = []
        for row in rows:
            key = row.tobytes()
            if key not in known:
                known[key] = tuple(
                    (name, value)
                    for name, value in zip(self.names, row.tolist(), strict=True)
                    if value == value
                )
            out.append(known[key])
        return out

    def aligned(self, names: Sequence[str]) -> Floats:
        """Values of the attributes with these names, shape (n_ops, n_names)."""
        values = np.full((len(self.values), len(names)), np.nan)
        for j, name in enumerate(names):
            if name in self.names:
                values[:, j] = self.values[:, self.names.index(name)]
        return values


def pack_attributes(given: Sequence[Any], place: Callable[[int], str]) -> Attributes | None:
    """Check the attributes of operations.

    Parameters
    ----------
    given : sequence of n_ops mappings from str to number, or None
    place : callable
        How error messages call operation i.

    Returns
    -------
    Attributes or None
        None if no operation has any.

    Raises
    ------
    InvalidArchitectureError
        If one of them is no mapping of names to finite numbers.
    """
    found = [
        (i, checked_attributes(attributes, lambda i=i: place(i)))  # type: ignore[misc]
        for i, attributes in enumerate(given)
        if attributes is not None
    ]
    return from_numbers(found, len(given))


def from_numbers(found: Sequence[tuple[int, Mapping[str, float]]], n_ops: int) -> Attributes | None:
    """Attributes of `n_ops` operations from those of some of them, by position."""
    names = tuple(sorted({name for _, attributes in found for name in attributes}))
    if not names:
        return None
    column = {name: j for j, name in enumerate(names)}
    values = np.full((n_ops, len(names)), np.nan)
    for i, attributes in found:
        for name, value in attributes.items():
            values[i, column[name]] = value
    return Attributes(names, values)


def checked_attributes(attributes: Any, place: Callable[[], str]) -> dict[str, float]:
    """The attributes of one operation as floats.

    Parameters
    ----------
    attributes : object
    place : callable
        How error messages call the operation.

    Raises
    ------
    InvalidArchitectureError
        If they are no mapping of names to finite numbers.
    """
    if not isinstance(attributes, Mapping):
        raise InvalidArchitectureError(
            f"{cut(place(), 100)}: attributes={echo(attributes)}; a mapping from names to numbers "
            "is expected, such as {'kernel': 5}."
        )
    numbers: dict[str, float] = {}
    for name, value in attributes.items():
        if not isinstance(name, str):
            raise InvalidArchitectureError(
                f"{cut(place(), 100)}: attributes has the name {echo(name)}, a "
                f"{type(name).__name__}; names of attributes are strings."
            )
        if not isinstance(value, (Real, np.bool_)):
            raise InvalidArchitectureError(
                f"{cut(place(), 100)}: the attribute {cut(repr(name), 40)} is {echo(value)}, a "
                f"{type(value).__name__}; attributes are single numbers. Put anything else into "
                "the name of the operation."
            )
        try:
            number = float(value)
        except OverflowError:
            number = np.inf
        if not np.isfinite(number):
            raise InvalidArchitectureError(
                f"{cut(place(), 100)}: the attribute {cut(repr(name), 40)} is {echo(value)}; "
                "attributes are finite. Leave it out where it is not known."
            )
        numbers[name] = number
    return numbers


def join_attributes(parts: Sequence[Attributes | None], lengths: Sequence[int]) -> Any:
    """Attributes of operations one behind the other; None if no part has any."""
    names = tuple(sorted({name for part in parts if part is not None for name in part.names}))
    if not names:
        return None
    values = [
        np.full((n, len(names)), np.nan) if part is None else part.aligned(names)
        for part, n in zip(parts, lengths, strict=True)
    ]
    return Attributes(names, np.concatenate(values))


@dataclass(frozen=True)
class AttributeScale:
    """Which attributes fit saw, and what is 0 and 1 of each.

    Parameters
    ----------
    names : tuple of str
    mean, std : tuple of float
        Over all operations that have the attribute; 0 is the standard deviation
        of one that does not vary.
    """

    names: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def of(
        cls, attributes: Attributes | None, known: AttributeScale | None = None
    ) -> AttributeScale | None:
        """Learn it; None if there are no attributes.

        Parameters
        ----------
        attributes : Attributes or None
        known : AttributeScale, optional
            Of attributes that keep their scale.
        """
        moments: dict[str, tuple[float, float]] = {}
        if known is not None:
            moments.update(zip(known.names, zip(known.mean, known.std, strict=True), strict=True))
        if attributes is not None:
            for name, values in zip(attributes.names, attributes.values.T, strict=True):
                # Sorted, so that the order of operations leaves no trace.
                present = np.sort(values[~np.isnan(values)])
                if name not in moments and len(present):
                    std = present.std() if present[0] < present[-1] else 0.0
                    moments[name] = float(present.mean()), float(std)
        if not moments:
            return None
        names = tuple(sorted(moments))
        mean, spread = zip(*(moments[name] for name in names), strict=True)
        return cls(names, mean, spread)

    def __len__(self) -> int:
        return len(self.names)

    def standardised(self, attributes: Attributes | None, n_ops: int) -> Floats:
        """Numbers without unit, 0 where an operation lacks the attribute.

        Parameters
        ----------
        attributes : Attributes or None
        n_ops : int

        Returns
        -------
        ndarray of float64, shape (n_ops, n_names)
            Zeros of attributes that do not vary in fit.
        """
        if attributes is None:
            return np.zeros((n_ops, len(self.names)))
        std = np.array(self.std)
        varies = std > 0
        values = (attributes.aligned(self.names) - self.mean) / np.where(varies, std, 1.0)
        known = np.isfinite(values) & varies
        scaled: Floats = np.clip(np.where(known, values, 0.0), -CUT_OFF, CUT_OFF)
        return scaled
