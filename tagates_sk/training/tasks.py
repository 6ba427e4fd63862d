"""What it means to rank and what to regress, for any estimator over architectures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._utils import Floats
from ..metrics import kendall_tau
from .losses import LossNames
from .targets import unit_of


@dataclass(frozen=True)
class Task:
    """What an estimator's scores are trained for, and what they are judged by.

    Parameters
    ----------
    loss : str
        What ``loss="auto"`` is.
    metric : callable
        ``metric(y, predictions, sample_weight)``, higher is better.
    in_units : bool
        Whether predictions have the unit of the target.
    """

    loss: str
    metric: Callable[[Any, Floats, Any], float]
    in_units: bool

    @property
    def losses(self) -> dict[str, list[Any]]:
        """The constraint of the parameter `loss`."""
        return {"loss": [LossNames(in_units=self.in_units)]}


def _tau(y: Any, predictions: Floats, sample_weight: Any) -> float:
    return kendall_tau(y, predictions)


def _r2(y: Any, predictions: Floats, sample_weight: Any) -> float:
    from sklearn.metrics import r2_score  # slow to import, seldom needed

    unit = unit_of(np.asarray(y))
    return float(r2_score(y / unit, predictions / unit, sample_weight=sample_weight))


RANKING = Task("hinge", _tau, in_units=False)
"""Kendall's tau of scores whose order is trained; weights of architectures are left out."""

REGRESSION = Task("mse", _r2, in_units=True)
"""R² of predictions in the unit of the target."""
