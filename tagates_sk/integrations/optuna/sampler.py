"""TAGATESSampler: Optuna proposes the architectures that a predictor thinks best."""

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
"""User attributes with the prediction for a trial."""

MUTATION_DEPTH = 0.5
"""Odds that a mutation of a candidate is its last one."""

ATTEMPTS = 20
"""Times that a worker gives way to another that proposed the same."""


class TAGATESSampler(BaseSampler):
    """A sampler of Optuna for architectures, guided by a predictor that reads graphs.

    The first trials are random. Each later one fits the predictor to the trials
    that have finished and proposes the most promising new architecture. None is
    proposed that has finished, failed, runs or waits, nor one that is isomorphic
    to such a one, as long as there are others.

    Parameters
    ----------
    to_dag : callable
        ``to_dag(params)`` makes the architecture of a dict of parameters: a
        networkx DAG, or a tuple of them. It returns None where parameters make
        no architecture that should be tried.
    predictor : estimator, default=None
        Any regressor over architectures, higher is better; cloned and seeded for
        each trial. It is fitted to normal scores of the values' ranks, so only
        their order matters. None is a Gaussian process on
        :class:`~tagates_sk.features.WalkStatistics`, which is fitted within a
        fraction of a second.
    search_space : dict of str to distribution, default=None
        The parameters that make the architecture, categorical and integer ones.
        None is all such parameters that every finished trial has; then nothing
        is known in the first trial.
    n_startup_trials : int, default=10
        Finished trials before the predictor is asked.
    acquisition : {"auto", "mean", "ucb", "ei", "thompson"} or callable, default="auto"
        What makes a candidate promising, as for
        :class:`~tagates_sk.search.PredictorSearch`; "auto" is the expected
        improvement if the predictor has standard deviations, else its mean.
    n_candidates : int, default=1000
        A space of at most so many architectures is scored as a whole; of a
        larger one so many, half of them random and half mutants of the best.
    n_parents : int, default=10
        Number of the best architectures that are mutated.
    independent_sampler : BaseSampler, default=None
        For parameters that are not of the architecture, such as a learning
        rate. None is Optuna's TPE.
    seed : int, default=None
        What a trial proposes depends on the seed, its number and the study, so
        that a study goes on as if it had not been stopped, and workers with one
        seed propose different architectures.

    Raises
    ------
    TypeError
        If `to_dag` is not callable, or `search_space` has continuous parameters.
    ValueError
        If `acquisition` is unknown, or needs standard deviations that the
        predictor has not.

    See Also
    --------
    tagates_sk.search.PredictorSearch : The search of this library.

    Notes
    -----
    Trials that run count as if they had the median value ("constant liar"). A
    pruned trial counts as its last intermediate value, at most as the median of
    those that were not pruned. Failed trials are left out of the fit.

    Each proposal leaves the user attributes ``tagates_mean`` and, if the
    predictor has standard deviations, ``tagates_std``, in the unit of the
    objective. They need a regressor: scores of a ranker have no unit.

    Once there is no new architecture, known ones are proposed again.

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
                f"to_dag={to_dag!r} is not callable; a function is expected that makes a networkx "
                "DAG of a dict of parameters."
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
        """Parameters that make the architecture.

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
            Its parameters; empty if the search space is, or if the trial was put
            into the queue with parameters of its own.
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
            # Two workers may propose the same at once; who looks last sees it, and gives way.
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
            A value: random for the architecture's parameters, whose proposal
            there is none of yet, else of the independent sampler.
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
        """Refuse what cannot be sampled, and pass the call on to the independent sampler.

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
        """Pass the call on to the independent sampler."""
        if self._independent_sampler is not None:
            self._independent_sampler.after_trial(study, trial, state, values)

    def reseed_rng(self) -> None:
        """Reseed the independent sampler; this one draws by the number of the trial."""
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
        # What a trial evaluated although to_dag has no architecture for it is not learned from.
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
    """What a trial is to evaluate."""

    point: Point
    is_new: bool
    attributes: dict[str, float]
