"""tagates_optimizer: NePS tries the pipelines that a predictor rates highest."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from neps import PipelineSpace, SampledConfig
from neps.optimizers.optimizer import ImportedConfig
from neps.state import Trial

from ..._utils import Floats
from ...search.acquisition import Acquisition
from ..guide import Guide
from .expressions import pipeline_dag
from .pipelines import Config, Pipelines

N_AT_RANDOM = 100
"""How many pipelines to draw for one random choice, which should be new."""


def tagates_optimizer(
    to_dag: Callable[[dict[str, Any]], Any] | None = None,
    predictor: Any = None,
    *,
    n_startup_trials: int = 10,
    acquisition: str | Acquisition = "auto",
    n_candidates: int = 1000,
    n_parents: int = 10,
    seed: int | None = None,
) -> Callable[[PipelineSpace], TAGATESOptimizer]:
    """A NePS optimiser for architectures, guided by a predictor that reads graphs.

    The first pipelines are random. Each later one fits the predictor to the finished
    trials and proposes the most promising new architecture. Architectures that have
    been tried or are running are not proposed again, nor are isomorphic ones, as long
    as there are other candidates.

    Parameters
    ----------
    to_dag : callable, default=None
        ``to_dag(pipeline)`` turns a sampled pipeline into an architecture. The pipeline
        is a dict by the names of the space; its values are strings, numbers and
        ``neps.Operation``. The function returns a networkx DAG, a tuple of them, or
        None for a pipeline that should not be tried. By default the operations make the
        graph, or the strings in a space without operations; see
        :func:`~tagates_sk.integrations.neps.pipeline_dag`.
    predictor : estimator, default=None
        Any regressor over architectures, higher is better; cloned and seeded for each
        proposal. It is fitted to normal scores of the ranks of the objective, so only
        its order matters. None means a Gaussian process on
        :class:`~tagates_sk.features.WalkStatistics`, which fits in a fraction of a
        second.
    n_startup_trials : int, default=10
        How many trials finish before the predictor chooses.
    acquisition : {"auto", "mean", "ucb", "ei", "thompson"} or callable, default="auto"
        What makes a candidate promising, as for
        :class:`~tagates_sk.search.PredictorSearch`; "auto" is the expected improvement
        if the predictor has standard deviations, else the mean.
    n_candidates : int, default=1000
        How many pipelines to score, half of them random and half mutants of the best.
    n_parents : int, default=10
        How many of the best pipelines to mutate.
    seed : int, default=None
        A proposal depends on the seed and on the trials so far. None draws a seed from
        Python's generator, whose state NePS stores with the run.

    Returns
    -------
    callable
        For the argument `optimizer` of ``neps.run``: makes a :class:`TAGATESOptimizer`
        for a space.

    Raises
    ------
    TypeError
        If `to_dag` is not callable.
    ValueError
        If `acquisition` is unknown, or needs standard deviations and the predictor has
        none.

    See Also
    --------
    tagates_sk.integrations.optuna.TAGATESSampler : The same for Optuna.
    tagates_sk.search.PredictorSearch : The search of this library.

    Notes
    -----
    Running trials count as if they had the median value ("constant liar"). Failed
    trials, and those whose objective is not finite, are left out of the fit.

    Parameters outside the architecture, such as a learning rate, are sampled together
    with it; a mutant inherits those of its parent. Fidelities are set to their upper
    bounds. Random pipelines follow the priors of the space.

    Examples
    --------
    >>> import neps
    >>> from tagates_sk.integrations.neps import tagates_optimizer
    >>> class Chain(neps.PipelineSpace):
    ...     _layer = neps.Categorical(("conv3x3", "conv1x1", "max_pool", "skip"))
    ...     net = neps.Operation("Sequential", args=(_layer.resample(),) * 5)
    >>> optimizer = neps.AskAndTell(tagates_optimizer(n_startup_trials=5, seed=0)(Chain()))
    >>> for _ in range(20):
    ...     trial = optimizer.ask()  # a config has the numbers of choices, conv3x3 is 0
    ...     _ = optimizer.tell(trial, float(sum(c != 0 for c in trial.config.values())))
    >>> min(trial.report.objective_to_minimize for trial in optimizer.trials.values())
    0.0
    """
    if to_dag is not None and not callable(to_dag):
        raise TypeError(
            f"to_dag={to_dag!r} is not callable; pass a function that turns a dict of "
            "sampled values into a networkx DAG."
        )
    Guide(predictor, acquisition, n_startup_trials)  # errors are raised here, not during a run
    return partial(
        TAGATESOptimizer,
        to_dag=to_dag,
        predictor=predictor,
        n_startup_trials=n_startup_trials,
        acquisition=acquisition,
        n_candidates=n_candidates,
        n_parents=n_parents,
        seed=seed,
    )


class TAGATESOptimizer:
    """The optimiser that :func:`tagates_optimizer` makes for a space; NePS calls it.

    Parameters
    ----------
    pipeline_space : PipelineSpace
    to_dag, predictor, n_startup_trials, acquisition, n_candidates, n_parents, seed
        As for :func:`tagates_optimizer`.

    Raises
    ------
    TypeError
        If `pipeline_space` is not a PipelineSpace.
    """

    def __init__(
        self,
        pipeline_space: PipelineSpace,
        *,
        to_dag: Callable[[dict[str, Any]], Any] | None,
        predictor: Any,
        n_startup_trials: int,
        acquisition: str | Acquisition,
        n_candidates: int,
        n_parents: int,
        seed: int | None,
    ) -> None:
        if not isinstance(pipeline_space, PipelineSpace):
            raise TypeError(
                f"pipeline_space is a {type(pipeline_space).__name__}; an object of a subclass of "
                "neps.PipelineSpace is expected."
            )
        self._guide = Guide(predictor, acquisition, n_startup_trials)
        self._pipelines = Pipelines(pipeline_space, to_dag or pipeline_dag)
        self._n_candidates = n_candidates
        self._n_parents = n_parents
        self._seed = seed

    def __call__(
        self, trials: Mapping[str, Trial], budget_info: Any = None, n: int | None = None
    ) -> SampledConfig | list[SampledConfig]:
        """Propose pipelines.

        Parameters
        ----------
        trials : dict of str to Trial
            All trials that NePS knows of.
        budget_info : object
            Ignored.
        n : int, default=None
            How many; None means a single one, not in a list.

        Returns
        -------
        SampledConfig, or list of n SampledConfig

        Raises
        ------
        InvalidArchitectureError
            If a pipeline is not an architecture.
        ValueError
            If trials have several objectives, or `to_dag` returned None for every
            pipeline.
        """
        seed = random.getrandbits(31) if self._seed is None else self._seed
        random_state = np.random.RandomState([seed % 2**32, len(trials)])
        now = read_trials(trials)
        read = self._pipelines.keep([*now.configs, *now.others])
        known = {structure for _, structure in read if structure is not None}
        # Trials for which to_dag has no architecture are not learned from.
        rows = [i for i in range(len(now.configs)) if read[i][0] is not None]
        finished = [i for i in rows if i < len(now.values)]
        best = sorted(finished, key=lambda i: -now.values[i])[: self._n_parents]
        count = 1 if n is None else n
        parents = [now.configs[i] for i in best]
        n_drawn = self._n_candidates
        if not self._guide.asks(len(finished)):
            parents, n_drawn = [], min(n_drawn, N_AT_RANDOM * count)
        configs, dags = self._pipelines.sample(max(n_drawn, count), parents, random_state)
        if not dags:
            raise ValueError(
                f"to_dag returned None for each of {n_drawn} pipelines that were drawn. "
                "It should return an architecture for most of them."
            )
        self._pipelines.read(configs[:1], dags[:1])
        begun, values = [read[i][0] for i in rows], now.values[finished]
        choice = self._guide.choose(count, dags, begun, values, known, random_state, seed)
        first = 1 + _highest_id(trials)
        chosen = [
            SampledConfig(id=str(first + i), config=configs[row])
            for i, row in enumerate(choice.rows)
        ]
        return chosen[0] if n is None else chosen

    def import_trials(
        self,
        external_evaluations: Sequence[tuple[Config, Any]],
        trials: Mapping[str, Trial],
    ) -> list[ImportedConfig]:
        """Number pipelines that were evaluated elsewhere, so that the predictor learns from them.

        Parameters
        ----------
        external_evaluations : sequence of (config, result)
        trials : dict of str to Trial

        Returns
        -------
        list of ImportedConfig
        """
        first = 1 + _highest_id(trials)
        return [
            ImportedConfig(id=str(first + i), config=config, result=result)
            for i, (config, result) in enumerate(external_evaluations)
        ]

    def get_trial_artifacts(self, trials: Mapping[str, Trial] | None = None) -> None:
        """There are no artifacts."""


@dataclass(frozen=True)
class Tried:
    """The pipelines of a run."""

    configs: list[Config]
    """Those of finished trials, then those that run or wait for a worker."""
    values: Floats
    """Values of the finished trials; higher is better."""
    others: list[Config]
    """Those of failed trials."""


def read_trials(trials: Mapping[str, Trial]) -> Tried:
    """Sort trials into finished, running and failed.

    Raises
    ------
    ValueError
        If one has several objectives.
    """
    finished: list[tuple[Config, float]] = []
    running: list[Config] = []
    others: list[Config] = []
    for trial in trials.values():
        if trial.report is None:
            lost = trial.metadata.state in (Trial.State.CORRUPTED, Trial.State.UNKNOWN)
            (others if lost else running).append(trial.config)
            continue
        value = trial.report.objective_to_minimize
        if isinstance(value, Sequence):
            raise ValueError(
                f"Trial {trial.id} has {len(value)} objectives; tagates_optimizer minimises one."
            )
        failed = trial.report.reported_as != "success"
        if failed or value is None or not math.isfinite(value):
            others.append(trial.config)
        else:
            finished.append((trial.config, -float(value)))
    return Tried(
        [config for config, _ in finished] + running,
        np.array([value for _, value in finished], dtype=np.float64),
        others,
    )


def _highest_id(trials: Mapping[str, Trial]) -> int:
    """The highest number at the start of an id, as in ``3`` or ``3_1``."""
    starts = [name.split("_")[0] for name in trials]
    return max((int(start) for start in starts if start.isdigit()), default=0)
