"""Pipelines of a space: random ones, mutants, and their architectures."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from neps import PipelineSpace
from neps.space.neps_spaces.neps_space import NepsCompatConverter, resolve
from neps.space.neps_spaces.sampling import (
    OnlyPredefinedValuesSampler,
    PriorOrFallbackSampler,
    RandomSampler,
)

from ...search.candidates import Structure
from ..guide import checked_structures

Config = Mapping[str, Any]
"""The sampled values by their paths, as NePS stores them."""

MUTATION_DEPTH = 0.5
"""Probability that no further mutation follows."""

DRAWS = 10
"""How often to draw until a value differs."""


class Pipelines:
    """Pipelines of a space.

    Parameters
    ----------
    space : PipelineSpace
        Fidelities are set to their upper bounds.
    to_dag : callable
        Turns a dict of sampled values into an architecture, or returns None.
    """

    def __init__(self, space: PipelineSpace, to_dag: Callable[[dict[str, Any]], Any]) -> None:
        self.space = space
        self.to_dag = to_dag
        self._environment = {name: f.upper for name, f in space.fidelity_attrs.items()}
        self._kept: dict[Any, tuple[Any, Structure | None]] = {}

    def sample(
        self, n: int, parents: Sequence[Config], random_state: np.random.RandomState
    ) -> tuple[list[Config], list[Any]]:
        """About n different pipelines, with their architectures.

        Parameters
        ----------
        n : int
        parents : sequence of configs
            Half of the pipelines are their mutants, if there are any; the others are
            drawn from the priors of the space.
        random_state : RandomState

        Returns
        -------
        configs : list of dict
        dags : list of architectures
        """
        found: dict[Any, tuple[Config, Any]] = {}
        at_random = PriorOrFallbackSampler(RandomSampler({}))
        with _seeded(random_state):
            for i in range(n):
                near = len(parents) > 0 and i % 2 == 1
                draw: Any = self._mutating(parents, random_state) if near else at_random
                resolved, context = resolve(self.space, draw, self._environment)
                config = NepsCompatConverter.to_neps_config(context)
                found.setdefault(_key(config), (config, resolved))
        made = [(config, self._dag(resolved)) for config, resolved in found.values()]
        return (
            [config for config, dag in made if dag is not None],
            [dag for _, dag in made if dag is not None],
        )

    def keep(self, configs: Sequence[Config]) -> list[tuple[Any, Structure | None]]:
        """Architecture and structure of each config, made once; (None, None) if it has none."""
        new = {key: c for c in configs if (key := _key(c)) not in self._kept}
        self._kept.update(dict.fromkeys(new, (None, None)))
        made = [(key, config, self._dag(self._resolved(config))) for key, config in new.items()]
        made = [entry for entry in made if entry[2] is not None]
        dags = [dag for _, _, dag in made]
        names = [config for _, config, _ in made]
        for (key, _, dag), structure in zip(made, self.read(names, dags), strict=True):
            self._kept[key] = (dag, structure)
        return [self._kept[_key(config)] for config in configs]

    def read(self, configs: Sequence[Config], dags: Sequence[Any]) -> list[Structure]:
        """Structures of the architectures of configs.

        Raises
        ------
        InvalidArchitectureError
            If one is not an architecture; the message says what was sampled.
        """

        def name(i: int) -> str:
            values = NepsCompatConverter.from_neps_config(configs[i]).predefined_samplings
            return f"The result of to_dag for {list(values.values())}"

        return checked_structures(dags, name)

    def _dag(self, resolved: Any) -> Any:
        return self.to_dag(dict(resolved.get_attrs()))

    def _resolved(self, config: Config) -> Any:
        known = NepsCompatConverter.from_neps_config(config)
        sampler = OnlyPredefinedValuesSampler(known.predefined_samplings)
        environment = {**self._environment, **known.environment_values}
        return resolve(self.space, sampler, environment)[0]

    @staticmethod
    def _mutating(
        parents: Sequence[Config], random_state: np.random.RandomState
    ) -> Callable[..., Any]:
        """Draws the values of a parent, except for a few."""
        parent = parents[random_state.randint(len(parents))]
        values = dict(NepsCompatConverter.from_neps_config(parent).predefined_samplings)
        names, depth = list(values), random_state.geometric(MUTATION_DEPTH)
        changed = {names[i] for i in random_state.permutation(len(names))[:depth]}

        def draw(*, domain_obj: Any, current_path: str) -> Any:
            if current_path in values and current_path not in changed:
                return values[current_path]
            for _ in range(DRAWS):
                value = domain_obj.sample()
                if value != values.get(current_path):
                    break
            return value

        return draw


def _key(config: Config) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(config.items()))


@contextmanager
def _seeded(random_state: np.random.RandomState) -> Iterator[None]:
    """Seed the global generators that NePS draws from, and restore them."""
    before, numpys = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        random.seed(int(random_state.randint(2**31 - 1)))
        np.random.seed(random_state.randint(2**31 - 1))  # noqa: NPY002
        yield
    finally:
        random.setstate(before)
        np.random.set_state(numpys)  # noqa: NPY002
