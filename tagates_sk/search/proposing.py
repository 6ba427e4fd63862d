"""Propose what to measure next."""

from __future__ import annotations

import inspect
from collections.abc import Sequence, Set
from typing import Any

import numpy as np

from .._utils import Floats, last_step, reseeded, tolerate_unknown_operations
from ..graphs import Architectures
from ..graphs.architectures import join
from ..graphs.foreign import echo
from .acquisition import Acquisition
from .candidates import Source, Structure, select
from .fitting import whole_fit

N_GENERATIONS = 2
"""How often to mutate the most promising candidates; each time adds a quarter of all."""


class Proposer:
    """Fits a predictor, scores candidates and picks new ones.

    Parameters
    ----------
    source : Source
        Where candidates come from.
    predictor : estimator
        Cloned for every fit.
    acquisition : Acquisition
        Scores candidates.
    n_candidates, n_parents : int
        Candidates per round; how many of the best to mutate.
    seed : int
        Seeds the predictor, together with the number of results, so that a search that
        was saved and loaded gives the same fit.

    Attributes
    ----------
    predictor_ : estimator or None
        The last fitted one; it is not pickled.
    """

    def __init__(
        self,
        source: Source,
        predictor: Any,
        acquisition: Acquisition,
        n_candidates: int,
        n_parents: int,
        seed: int,
    ) -> None:
        self.source = source
        self.predictor = predictor
        self.acquisition = acquisition
        self.n_candidates = n_candidates
        self.n_parents = n_parents
        self.seed = seed
        self.predictor_: Any = None
        self._n_fitted = 0

    def propose(
        self,
        n: int,
        architectures: Architectures,
        values: Floats,
        known: Set[Structure],
        random_state: np.random.RandomState,
    ) -> tuple[Sequence[Any], Floats]:
        """Pick architectures to measure next.

        Parameters
        ----------
        n : int
            How many.
        architectures : Architectures, of m
            The measured architectures.
        values : ndarray of float, shape (m,)
            Their performance; higher is better.
        known : set of structures
            Structures that must not be proposed.
        random_state : RandomState
            Source of randomness.

        Returns
        -------
        chosen : sequence of up to n architectures
        predicted : ndarray of float, shape (len(chosen),)
        """
        best = np.argsort(-values, kind="stable")[: self.n_parents]
        state = random_state.get_state()
        n_candidates = max(n, self.n_candidates)
        n_first = n_candidates - (N_GENERATIONS * n_candidates // 4 if self.source.breeds else 0)
        candidates = self.source.candidates(n_first, architectures[best], known, random_state)
        if len(candidates) == 0:
            return candidates, np.empty(0)
        try:
            self._fit(architectures, values, candidates)
        except BaseException:
            random_state.set_state(state)  # the next try draws the same candidates
            raise
        scores = self._scores(candidates, architectures, n, random_state)
        for _ in range(N_GENERATIONS if self.source.breeds else 0):
            promising = np.argsort(-scores.mean(axis=0), kind="stable")
            parents = select(candidates, [promising], self.n_parents, set())
            more = self.source.mutants_of(candidates[parents], n_candidates // 4, random_state)
            if len(more) == 0:
                break
            candidates = join([candidates, more])
            scores = self._scores(candidates, architectures, n, random_state)
        ties = random_state.permutation(len(candidates))
        rankings = [ties[np.argsort(-row[ties], kind="stable")] for row in scores]
        rows = select(candidates, rankings, n, known)
        chosen = self.source.fill(candidates[rows], n, known, random_state)
        return chosen, self.predictor_.predict(chosen) if len(chosen) else np.empty(0)

    def _scores(
        self,
        candidates: Sequence[Any],
        measured: Architectures,
        n: int,
        random_state: np.random.RandomState,
    ) -> Floats:
        """Scores of m candidates, shape (k, m)."""
        scores = self.acquisition(self.predictor_, candidates, measured, n, random_state)
        scores = np.atleast_2d(np.asarray(scores, dtype=np.float64))
        m = len(candidates)
        if scores.ndim != 2 or scores.shape[1] != m:
            raise ValueError(
                f"The acquisition {echo(self.acquisition)} returned scores of shape {scores.shape} "
                f"for {m} candidates; ({m},) or (k, {m}) is expected."
            )
        return scores

    def _fit(self, architectures: Architectures, values: Floats, pool: Sequence[Any]) -> None:
        n = len(architectures)
        if self.predictor_ is None or self._n_fitted != n:
            random_state = np.random.RandomState([self.seed, n])
            model = tolerate_unknown_operations(reseeded(self.predictor, random_state, keep=True))
            with whole_fit():
                unlabeled = {"X_unlabeled": pool} if _reads_unlabeled(model) else {}
                model = model.fit(architectures, values, **unlabeled)
            self.predictor_ = model
            self._n_fitted = n

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "predictor_": None}


def _reads_unlabeled(model: Any) -> bool:
    """Whether it has proxies, which need no labels, and no earlier step changes X."""
    return (
        last_step(model) is model
        and getattr(model, "proxies", None) is not None
        and "X_unlabeled" in inspect.signature(model.fit).parameters
    )
