"""Plug-ins for other optimisers share this: a predictor chooses what to try next."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .._utils import Floats, predicts_std
from ..baselines.bounded_process import smooth_process
from ..features import WalkStatistics
from ..graphs import InvalidArchitectureError
from ..graphs.architectures import own
from ..search.acquisition import ACQUISITIONS, Acquisition
from ..search.candidates import Collection, Structure, select, structures
from ..search.proposing import Proposer
from ..training.normal_scores import NormalScores


class Guide:
    """Chooses among candidates: at random at first, then by a predictor.

    Parameters
    ----------
    predictor : estimator or None
        Cloned and seeded for each choice. None means a Gaussian process on
        :class:`~tagates_sk.features.WalkStatistics`.
    acquisition : {"auto", "mean", "ucb", "ei", "thompson"} or callable
        "auto" is the expected improvement if the predictor has standard deviations,
        else the mean.
    n_startup : int
        How many architectures to measure before the predictor chooses.

    Raises
    ------
    ValueError
        If `acquisition` is unknown, or needs standard deviations and the predictor has
        none.
    """

    def __init__(self, predictor: Any, acquisition: str | Acquisition, n_startup: int) -> None:
        self.predictor = _default_predictor() if predictor is None else predictor
        if acquisition == "auto":
            acquisition = "ei" if predicts_std(self.predictor) else "mean"
        if isinstance(acquisition, str) and acquisition not in ACQUISITIONS:
            raise ValueError(
                f"acquisition={acquisition!r} is neither a callable nor one "
                f"of {['auto', *ACQUISITIONS]}."
            )
        self.acquire = ACQUISITIONS[acquisition]() if isinstance(acquisition, str) else acquisition
        if hasattr(self.acquire, "check"):
            self.acquire.check(self.predictor)
        self.n_startup = n_startup

    def asks(self, n_measured: int) -> bool:
        """Whether the predictor chooses once this many architectures are measured.

        Parameters
        ----------
        n_measured : int
        """
        return n_measured >= max(self.n_startup, 2)

    def choose(
        self,
        n: int,
        candidates: Sequence[Any],
        begun: Sequence[Any],
        values: Floats,
        known: Set[Structure],
        random_state: np.random.RandomState,
        seed: int,
    ) -> Choice:
        """Choose n candidates; known ones only when no new ones are left.

        Parameters
        ----------
        n : int
        candidates : sequence of architectures
            At least one.
        begun : sequence of m architectures
            The measured architectures, then those being measured.
        values : ndarray of float, shape (k,) with k <= m
            Values of the measured ones; higher is better.
        known : set of structures
            Structures that do not count as new.
        random_state : RandomState
        seed : int
            Seed of the predictor.

        Returns
        -------
        Choice
        """
        if not self.asks(len(values)):
            order = random_state.permutation(len(candidates))
            new = select(candidates, [order], n, known)
            others = [int(row) for row in order if row not in new]
            return Choice(_n_of(n, [*new, *others]), len(new))
        scores = NormalScores()
        told = np.zeros(len(begun))  # running ones count as the median, whose score is 0
        told[: len(values)] = scores.fit_transform(values[:, None]).ravel()
        proposer = Proposer(
            Collection(candidates, whole=True),
            self.predictor,
            self.acquire,
            len(candidates),
            1,
            seed,
        )
        places = {id(candidate): row for row, candidate in enumerate(candidates)}
        measured = own(begun)

        def best(n: int, avoided: Set[Structure]) -> list[int]:
            found, _ = proposer.propose(n, measured, told, avoided, random_state)
            return [places[id(found[i])] for i in range(len(found))]

        rows = best(n, known)
        n_new = len(rows)
        if n_new < n:
            rows += best(n - n_new, set(structures([candidates[row] for row in rows])))
        return Choice(_n_of(n, rows), n_new, proposer.predictor_, scores)


@dataclass(frozen=True)
class Choice:
    """Candidates that were chosen.

    Parameters
    ----------
    rows : list of int
        Their indices among the candidates.
    n_new : int
        How many are new; these come first.
    predictor : estimator or None
        The predictor that chose them; None for a random choice.
    scores : NormalScores or None
        Maps predictions back to the unit of the values.
    """

    rows: list[int]
    n_new: int
    predictor: Any = None
    scores: NormalScores | None = None

    def predicted(self, candidate: Any) -> tuple[float, float | None] | None:
        """Predict the value of a candidate.

        Parameters
        ----------
        candidate : architecture

        Returns
        -------
        mean : float
        std : float or None
            None if the predictor has no standard deviations. After a random choice the
            whole result is None.
        """
        if self.predictor is None:
            return None
        if not predicts_std(self.predictor):
            return self._value(self.predictor.predict([candidate])), None
        mean, std = self.predictor.predict([candidate], return_std=True)
        return self._value(mean), abs(self._value(mean + std) - self._value(mean - std)) / 2

    def _value(self, score: Floats) -> float:
        assert self.scores is not None
        return float(self.scores.inverse_transform(score[:1, None])[0, 0])


def _n_of(n: int, rows: list[int]) -> list[int]:
    """The first n rows, repeated from the start if there are fewer."""
    return list(islice(cycle(rows), n))


def checked_structures(dags: Sequence[Any], name: Callable[[int], str]) -> list[Structure]:
    """Structures of architectures that a user's function made.

    Parameters
    ----------
    dags : sequence of architectures
    name : callable
        Describes the i-th one in error messages.

    Returns
    -------
    list of structures

    Raises
    ------
    InvalidArchitectureError
        If one is not an architecture.
    """
    try:
        return structures(dags)
    except InvalidArchitectureError as error:
        for i, dag in enumerate(dags):
            try:
                structures([dag])
            except InvalidArchitectureError as single:
                message = f"{name(i)} is not an architecture: {single}"
                raise InvalidArchitectureError(message) from error
        raise


def _default_predictor() -> Any:
    features = WalkStatistics(handle_unknown="ignore")
    # Rows of about 60 correlated, standardised columns are about 8 apart.
    return make_pipeline(features, StandardScaler(), smooth_process(8.0))
