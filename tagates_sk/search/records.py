"""The proposals and results of a search."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .._utils import Floats
from ..graphs import Architectures
from ..graphs.architectures import join, own
from .candidates import Structure, structures


class _Asked(NamedTuple):
    """A proposed architecture and its origin."""

    architecture: Any
    read: Sequence[Any] | None
    origin: str
    round: int
    predicted: float


class Records:
    """The reported values in order, and the architectures still awaiting one.

    Parameters
    ----------
    direction : {"maximize", "minimize"}
        Whether high or low values are best.

    Attributes
    ----------
    history : list of dict
        As :class:`~tagates_sk.search.PredictorSearch` documents it.
    known : set of structures
        Those of all proposed or reported architectures.
    """

    def __init__(self, direction: str) -> None:
        self.direction = direction
        self.history: list[dict[str, Any]] = []
        self.known: set[Structure] = set()
        self._pending: dict[Structure, _Asked] = {}
        self._measured: list[Architectures] = []

    @property
    def pending(self) -> list[Any]:
        """Architectures awaiting results."""
        return [asked.architecture for asked in self._pending.values()]

    def outstanding(self) -> Sequence[Any]:
        """The same architectures, already read."""
        asked = self._pending.values()
        return join(a.read or Architectures([a.architecture]) for a in asked) if asked else []

    @property
    def best_value(self) -> float:
        """The best reported value; NaN before the first one."""
        return float(self.history[-1]["best"]) if self.history else math.nan

    @property
    def best_architecture(self) -> Any:
        """The architecture with the best value; None before the first one."""
        best = self.best_value
        return next((row["architecture"] for row in self.history if row["value"] == best), None)

    @property
    def values(self) -> Floats:
        """The values of evaluations that did not fail."""
        return np.array([row["value"] for row in self.history if not row["failed"]])

    def upwards(self, values: Floats) -> Floats:
        """Values with the sign that makes higher better; applied twice, it restores them."""
        return -values if self.direction == "minimize" else values

    def measured(self) -> Architectures:
        """The architectures of these values."""
        self._measured = [join(self._measured)]
        return self._measured[0]

    def ask(
        self, architectures: Sequence[Any], origin: str, number: int, predicted: Floats
    ) -> None:
        """Record proposals."""
        for i, structure in enumerate(structures(architectures)):
            self.known.add(structure)
            read = architectures[i : i + 1] if isinstance(architectures, Architectures) else None
            self._pending[structure] = _Asked(
                architectures[i], read, origin, number, float(predicted[i])
            )

    def tell(
        self, architectures: Sequence[Any], values: Sequence[float], errors: Sequence[str]
    ) -> list[str]:
        """Record results; values that are not finite have failed, for the reason in `errors`.

        Returns the warnings about failures.
        """
        if len(architectures) == 0:
            return []
        failures = []
        better = np.fmin if self.direction == "minimize" else np.fmax
        read = own(architectures)
        for i, (structure, value) in enumerate(zip(structures(read), values, strict=True)):
            asked = self._pending.pop(structure, _Asked(None, None, "given", 0, math.nan))
            failed = not math.isfinite(value)
            value = math.nan if failed else value
            self.known.add(structure)
            self.history.append(
                {
                    "architecture": read[i],
                    "value": value,
                    "failed": failed,
                    "error": errors[i] if failed else "",
                    "best": float(better(self.best_value, value)),
                    "origin": asked.origin,
                    "round": asked.round,
                    "predicted": asked.predicted,
                }
            )
            if failed:
                failures.append(
                    f"Evaluation {len(self.history) - 1} failed ({errors[i]}). The search goes on "
                    "without this architecture."
                )
        finite = np.isfinite(values)
        if finite.any():
            self._measured.append(read[finite])
        return failures
