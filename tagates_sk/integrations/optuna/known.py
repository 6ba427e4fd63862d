"""What a study knows of architectures."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from optuna.trial import FrozenTrial, TrialState

from ...search.candidates import Structure
from ..guide import checked_structures
from .grid import Grid, Point

PROPOSED = "tagates:point"
"""System attribute: the parameters that a trial will evaluate, set before it asks for them."""

FIXED = "fixed_params"
"""System attribute of Optuna: the parameters of an enqueued trial."""


class Architectures:
    """Architectures of points, and their structures.

    Parameters
    ----------
    to_dag : callable
        Turns parameters into an architecture, or returns None.
    grid : Grid
    """

    def __init__(self, to_dag: Callable[[dict[str, Any]], Any], grid: Grid) -> None:
        self.to_dag = to_dag
        self.grid = grid
        self._kept: dict[Point, tuple[Any, Structure | None]] = {}

    def make(self, points: Sequence[Point]) -> tuple[list[Point], list[Any]]:
        """The points that have an architecture, and these architectures."""
        made = [(point, self.to_dag(self.grid.params(point))) for point in points]
        return (
            [point for point, dag in made if dag is not None],
            [dag for _, dag in made if dag is not None],
        )

    def keep(self, points: Sequence[Point]) -> list[tuple[Any, Structure | None]]:
        """Architecture and structure of each point, made once; (None, None) if it has none."""
        new = [point for point in dict.fromkeys(points) if point not in self._kept]
        found, dags = self.make(new)
        self._kept.update(dict.fromkeys(new, (None, None)))
        for point, dag, structure in zip(found, dags, self.read(found, dags), strict=True):
            self._kept[point] = (dag, structure)
        return [self._kept[point] for point in points]

    def read(self, points: Sequence[Point], dags: Sequence[Any]) -> list[Structure]:
        """Structures of architectures.

        Raises
        ------
        InvalidArchitectureError
            If one is not an architecture; the message names its parameters.
        """
        return checked_structures(dags, lambda i: f"to_dag({self.grid.params(points[i])})")


@dataclass(frozen=True)
class Known:
    """Architectures of a study."""

    points: list[Point]
    """Those of finished trials, then those of running ones."""
    values: np.ndarray[Any, np.dtype[np.float64]]
    """Values of the finished trials; higher is better."""
    others: list[Point]
    """Those of failed and waiting trials."""


def known(trials: Sequence[FrozenTrial], grid: Grid, sign: float, number: int) -> Known:
    """Read the trials of a study, other than the one with a number.

    A pruned trial counts as its last intermediate value, or as the median of the trials
    that were not pruned if that is worse. Infinite values count as failures.
    """
    complete: dict[TrialState, list[tuple[Point, float]]] = {
        TrialState.COMPLETE: [], TrialState.PRUNED: [],
    }  # fmt: skip
    running, others = [], []
    for trial in trials:
        point = None if trial.number == number else point_of(trial, grid)
        if point is None:
            continue
        if trial.state in complete and math.isfinite(value := sign * _value(trial)):
            complete[trial.state].append((point, value))
        elif trial.state == TrialState.PRUNED and not trial.intermediate_values:
            complete[trial.state].append((point, math.inf))
        elif trial.state == TrialState.RUNNING:
            running.append(point)
        else:
            others.append(point)
    measured, pruned = complete[TrialState.COMPLETE], complete[TrialState.PRUNED]
    middle = float(np.median([value for _, value in measured])) if measured else math.inf
    finished = measured + [
        (point, min(value, middle)) for point, value in pruned if min(value, middle) < math.inf
    ]
    others += [point for point, value in pruned if min(value, middle) == math.inf]
    return Known(
        [point for point, _ in finished] + running,
        np.array([value for _, value in finished], dtype=np.float64),
        others,
    )


def _value(trial: FrozenTrial) -> float:
    if trial.state == TrialState.PRUNED:
        step = trial.last_step
        return math.nan if step is None else trial.intermediate_values[step]
    return math.nan if trial.values is None else trial.values[0]


def point_of(trial: FrozenTrial, grid: Grid) -> Point | None:
    """The point that a trial evaluates, or will; None if that is not known."""
    if (point := grid.point(trial.params)) is not None:
        return point
    proposed = trial.system_attrs.get(PROPOSED)
    if proposed is not None and len(proposed) == len(grid.names):
        return tuple(proposed)
    return grid.point(trial.system_attrs.get(FIXED, {}))
