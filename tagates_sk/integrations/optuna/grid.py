"""The combinations of values that categorical and integer parameters can have."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution

Point = tuple[int, ...]
"""For each parameter, the index of its value."""


class Grid:
    """All combinations of values, as tuples of indices.

    Parameters
    ----------
    space : dict of str to CategoricalDistribution or IntDistribution
        At least one.
    """

    def __init__(self, space: Mapping[str, BaseDistribution]) -> None:
        self.space = dict(space)
        self.names = sorted(space)
        self.values = [_values(space[name]) for name in self.names]
        self._log = [getattr(space[name], "log", False) for name in self.names]
        self.size = math.prod(len(values) for values in self.values)

    def params(self, point: Point) -> dict[str, Any]:
        """The parameters of a point, by name."""
        return {
            name: values[i] for name, values, i in zip(self.names, self.values, point, strict=True)
        }

    def point(self, params: Mapping[str, Any]) -> Point | None:
        """The point of some parameters; None if one is missing or has another value."""
        try:
            return tuple(
                _index(values, params[name])
                for name, values in zip(self.names, self.values, strict=True)
            )
        except (KeyError, ValueError):
            return None

    def everything(self) -> list[Point]:
        """All points."""
        return list(itertools.product(*(range(len(values)) for values in self.values)))

    def sample(self, n: int, random_state: np.random.RandomState) -> list[Point]:
        """Up to n different points at random."""
        columns = range(len(self.names))
        drawn = [tuple(self._draw(k, random_state) for k in columns) for _ in range(n)]
        return list(dict.fromkeys(drawn))

    def mutate(self, point: Point, random_state: np.random.RandomState) -> Point:
        """Change one parameter."""
        k = random_state.choice([k for k, values in enumerate(self.values) if len(values) > 1])
        value, changed = point[k], point[k]
        while changed == value:
            changed = self._draw(k, random_state)
        return (*point[:k], changed, *point[k + 1 :])

    def _draw(self, k: int, random_state: np.random.RandomState) -> int:
        n = len(self.values[k])
        if not self._log[k]:
            return int(random_state.randint(n))
        low, high = int(self.values[k][0]), int(self.values[k][-1])
        drawn = math.exp(random_state.uniform(math.log(low - 0.5), math.log(high + 0.5)))
        return min(max(round(drawn) - low, 0), n - 1)


def is_discrete(distribution: BaseDistribution) -> bool:
    """Whether a distribution has finitely many values."""
    return isinstance(distribution, (CategoricalDistribution, IntDistribution))


def _values(distribution: BaseDistribution) -> Sequence[Any]:
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices
    assert isinstance(distribution, IntDistribution)
    return range(distribution.low, distribution.high + 1, distribution.step)


def _index(values: Sequence[Any], value: Any) -> int:
    # True == 1 == 1.0, which are different choices.
    if isinstance(values, range):
        return int(values.index(value))
    for i, choice in enumerate(values):
        if choice == value and type(choice) is type(value):
            return i
    raise ValueError(value)
