"""TAGATESSampler: Optuna tries the architectures that a predictor rates highest."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, TPESampler
from optuna.search_space import IntersectionSearchSpace
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from ...search.acquisition import Acquisition
from ..guide import Guide
from .grid import Grid, Point, is_discrete
from .known import FIXED, PROPOSED, Architectures, Known, known

MEAN, STD = "tagates_mean", "tagates_std"
"""User attributes that hold the prediction for a trial."""

MUTATION_DEPTH = 0.5
"""Probability that no further mutation follows."""

ATTEMPTS = 20
"""How often a worker gives way to another that proposed the same architecture."""


class TAGATESSampler(BaseSampler):
    """An Optuna sampler for architectures, guided by a predictor that reads graphs.

    The first trials are random. Each later one fits the predictor to the finished
    trials and proposes the most promising new architecture. Architectures that have
    been tried, are running or are queued are not proposed again, nor are isomorphic
    ones, as long as there are others.

    Parameters
    ----------
    to_dag : callable
        ``to_dag(params)`` turns a dict of parameters into an architecture: a networkx
        DAG, or a tuple of them. It returns None for parameters that should not be
        tried.
    predictor : estimator, default=None
        Any regressor over architectures, higher is better; cloned and seeded for each
        trial. It is fitted to normal scores of the values' ranks, so only their order
        matters. None means a Gaussian process on
        :class:`~tagates_sk.features.WalkStatistics`, which fits in a fraction of a
        second.
    search_space : dict of str to distribution, default=None
        The categorical and integer parameters that define the architecture. None means
        all such parameters that every finished trial has; the first trial then has none
        to go by.
    n_startup_trials : int, default=10
        How many trials finish before the predictor chooses.
    acquisition : {"auto", "mean", "ucb", "ei", "thompson"} or callable, default="auto"
        What makes a candidate promising, as for
        :class:`~tagates_sk.search.PredictorSearch`; "auto" is the expected improvement
        if the predictor has standard deviations, else the mean.
    n_candidates : int, default=1000
        How many architectures to score. A space with no more than that is scored as a
        whole; in a larger one, half of the candidates are random and half are mutants
        of the best.
    n_parents : int, default=10
        How many of the best architectures to mutate.
    independent_sampler : BaseSampler, default=None
        Samples parameters that do not belong to the architecture, such as a learning
        rate. None means Optuna's TPE.
    seed : int, default=None
        A proposal depends on the seed, the number of the trial and the study. So a
        study resumes as if it had never stopped, and workers that share a seed propose
        different architectures.

    Raises
    ------
    TypeError
        If `to_dag` is not callable, or `search_space` has continuous parameters.
    ValueError
        If `acquisition` is unknown, or needs standard deviations and the predictor has
        none.

    See Also
    --------
    tagates_sk.search.PredictorSearch : The search of this library.

    Notes
    -----
    Running trials count as if they had the median value ("constant liar"). A pruned
    trial counts as its last intermediate value, or as the median of the trials that
    were not pruned if that is worse. Failed trials are left out of the fit.

    Each proposal sets the user attributes ``tagates_mean`` and, if the
    predictor has standard deviations, ``tagates_std``, in the unit of the
    objective. They need a regressor: scores of a ranker have no unit.

    When no new architecture is left, known ones are proposed again.

    Examples
    --------
    >>> import optuna
    >>> from tagates_sk.integrations.optuna import TAGATESSampler
    >>> from tagates_sk.spaces import NASBench201
    >>> optuna.logging.set_verbosity(optuna.logging.WARNING)
    >>> space = NASBench201(encoding="nasbench201")
    >>> def to_dag(params):
    ...     return space.to_dag([params[f"edge{i}"] for i in range(6)])
    >>> def objective(trial):  # stands for a training: counts 3 × 3 convolutions
    ...     return sum(trial.suggest_int(f"edge{i}", 0, 4) == 3 for i in range(6))
    >>> sampler = TAGATESSampler(to_dag, n_startup_trials=5, seed=0)
    >>> study = optuna.create_study(sampler=sampler, direction="maximize")
    >>> study.optimize(objective, n_trials=25)
    >>> study.best_value
    6.0
    """

    def __init__(
        self,
        to_dag: Callable[[dict[str, Any]], Any],
        predictor: Any = None,
        *,
        search_space: Mapping[str, BaseDistribution] | None = None,
        n_startup_trials: int = 10,
        acquisition: str | Acquisition = "auto",
        n_candidates: int = 1000,
        n_parents: int = 10,
        independent_sampler: BaseSampler | None = None,
        seed: int | None = None,
    ) -> None:
        if not callable(to_dag):
            raise TypeError(
                f"to_dag={to_dag!r} is not callable; pass a function that turns a dict of "
                "parameters into a networkx DAG."
            )
        for name, distribution in (search_space or {}).items():
            if not is_discrete(distribution):
                raise TypeError(
                    f"search_space[{name!r}] is {distribution!r}; architectures are made of "
                    "CategoricalDistribution and IntDistribution. Leave other parameters out: "
                    "independent_sampler draws them."
                )
        self._guide = Guide(predictor, acquisition, n_startup_trials)
        self._to_dag = to_dag
        self._search_space = None if search_space is None else dict(search_space)
        self._n_candidates = n_candidates
        self._n_parents = n_parents
        self._independent_sampler = independent_sampler
        self._seed = int(np.random.RandomState(seed).randint(2**31 - 1))
        self._architectures: Architectures | None = None
        self._intersection = IntersectionSearchSpace(include_pruned=True)

    # ------------------------------------------------------- what Optuna calls

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Parameters that define the architecture.

        Returns
        -------
        dict of str to distribution
        """
        if self._search_space is not None:
            return self._search_space
        shared = self._intersection.calculate(study)
        return {name: found for name, found in shared.items() if is_discrete(found)}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Propose an architecture.

        Returns
        -------
        dict
            Its parameters. Empty if the search space is empty, or if the trial was
            enqueued with its own parameters.
        """
        if not search_space or set(search_space) & set(trial.system_attrs.get(FIXED, {})):
            return {}
        if self._architectures is None or self._architectures.grid.space != search_space:
            self._architectures = Architectures(self._to_dag, Grid(search_space))
        random_state = self._random_state(trial)
        proposal = self._propose(study, trial, random_state)
        if proposal is None:
            return {}
        storage, key = study._storage, trial._trial_id
        for _ in range(ATTEMPTS):
            storage.set_trial_system_attr(key, PROPOSED, list(proposal.point))
            # Two workers may propose the same at once; the one that looks last gives way.
            if not (proposal.is_new and self._is_known(study, trial, proposal.point)):
                break
            proposal = self._propose(study, trial, random_state) or proposal
        for name, value in proposal.attributes.items():
            storage.set_trial_user_attr(key, name, value)
        return self._architectures.grid.params(proposal.point)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Draw one parameter.

        Returns
        -------
        object
            A random value for a parameter of the architecture that was not proposed;
            otherwise the choice of the independent sampler.
        """
        seed = zlib.crc32(param_name.encode())
        own = self._search_space is None or param_name in self._search_space
        if own and is_discrete(param_distribution) and self._independent_sampler is None:
            grid = Grid({param_name: param_distribution})
            return grid.params(grid.sample(1, self._random_state(trial, seed))[0])[param_name]
        return self._independent(trial, seed).sample_independent(
            study, trial, param_name, param_distribution
        )

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Refuse studies with several objectives, then call the independent sampler.

        Raises
        ------
        ValueError
            If the study has several objectives.
        """
        self._raise_error_if_multi_objective(study)
        if self._independent_sampler is not None:
            self._independent_sampler.before_trial(study, trial)

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Call the independent sampler."""
        if self._independent_sampler is not None:
            self._independent_sampler.after_trial(study, trial, state, values)

    def reseed_rng(self) -> None:
        """Reseed the independent sampler; this one is seeded by the number of the trial."""
        if self._independent_sampler is not None:
            self._independent_sampler.reseed_rng()

    # ----------------------------------------------------------------- inside

    def _random_state(self, trial: FrozenTrial, *more: int) -> np.random.RandomState:
        return np.random.RandomState([self._seed, trial.number, *more])

    def _independent(self, trial: FrozenTrial, seed: int) -> BaseSampler:
        if self._independent_sampler is not None:
            return self._independent_sampler
        return TPESampler(seed=int(self._random_state(trial, seed).randint(2**31 - 1)))

    def _known(self, study: Study, trial: FrozenTrial, architectures: Architectures) -> Known:
        sign = -1.0 if study.direction == StudyDirection.MINIMIZE else 1.0
        trials = study.get_trials(deepcopy=False)
        return known(trials, architectures.grid, sign, trial.number)

    def _is_known(self, study: Study, trial: FrozenTrial, point: Point) -> bool:
        assert self._architectures is not None
        now = self._known(study, trial, self._architectures)
        (_, structure), *others = self._architectures.keep([point, *now.points, *now.others])
        return structure in {other for _, other in others}

    def _propose(
        self, study: Study, trial: FrozenTrial, random_state: np.random.RandomState
    ) -> Proposal | None:
        architectures = self._architectures
        assert architectures is not None
        grid = architectures.grid
        now = self._known(study, trial, architectures)
        read = architectures.keep([*now.points, *now.others])
        structures = {structure for _, structure in read if structure is not None}
        # Trials for which to_dag has no architecture are not learned from.
        n_finished = len(now.values)
        rows = [i for i, (dag, _) in enumerate(read[: len(now.points)]) if dag is not None]
        finished = [i for i in rows if i < n_finished]
        order = sorted(finished, key=lambda i: -now.values[i])
        parents = [now.points[i] for i in order[: self._n_parents]]
        points, dags = architectures.make(self._candidates(grid, parents, random_state))
        if not dags:
            return None
        architectures.read(points[:1], dags[:1])
        choice = self._guide.choose(
            1,
            dags,
            [read[i][0] for i in rows],
            now.values[finished],
            structures,
            random_state,
            self._seed,
        )
        row = choice.rows[0]
        sign = -1.0 if study.direction == StudyDirection.MINIMIZE else 1.0
        attributes = {}
        if (predicted := choice.predicted(dags[row])) is not None:
            attributes[MEAN] = sign * predicted[0]
            if predicted[1] is not None:
                attributes[STD] = predicted[1]
        return Proposal(points[row], choice.n_new > 0, attributes)

    def _candidates(
        self, grid: Grid, parents: Sequence[Point], random_state: np.random.RandomState
    ) -> list[Point]:
        n = self._n_candidates
        if grid.size <= n:
            return grid.everything()
        mutants = []
        for _ in range(n // 2 if parents else 0):
            mutant = parents[random_state.randint(len(parents))]
            for _ in range(random_state.geometric(MUTATION_DEPTH)):
                mutant = grid.mutate(mutant, random_state)
            mutants.append(mutant)
        return list(dict.fromkeys([*mutants, *grid.sample(n - len(mutants), random_state)]))


@dataclass(frozen=True)
class Proposal:
    """The parameters that a trial will evaluate."""

    point: Point
    is_new: bool
    attributes: dict[str, float]
