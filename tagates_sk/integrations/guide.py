"""What optimisers of other libraries share: a predictor chooses what they try next."""

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
        Cloned and seeded for each choice. None is a Gaussian process on
        :class:`~tagates_sk.features.WalkStatistics`.
    acquisition : {"auto", "mean", "ucb", "ei", "thompson"} or callable
        "auto" is the expected improvement if the predictor has standard
        deviations, else its mean.
    n_startup : int
        Measured architectures before the predictor is asked.

    Raises
    ------
    ValueError
        If `acquisition` is unknown, or needs standard deviations that the
        predictor has not.
    """

    def __init__(self, predictor: Any, acquisition: str | Acquisition, n_startup: int) -> None:
        self.predictor = _default_predictor() if predictor is None else predictor
        if acquisition == "auto":
            acquisition = "ei" if predicts_std(self.predictor) else "mean"
        if isinstance(acquisition, str) and acquisition not in ACQUISITIONS:
            raise ValueError(
                f"acquisition={acquisition!r} is none of {['auto', *ACQUISITIONS]} and no callable."
            )
        self.acquire = ACQUISITIONS[acquisition]() if isinstance(acquisition, str) else acquisition
        if hasattr(self.acquire, "check"):
            self.acquire.check(self.predictor)
        self.n_startup = n_startup

    def asks(self, n_measured: int) -> bool:
        """Whether the predictor is asked when so many architectures have been measured.

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
        """Choose n of the candidates, those that are not new only where no others are left.

        Parameters
        ----------
        n : int
        candidates : sequence of architectures
            At least one.
        begun : sequence of m architectures
            What was measured, then what runs.
        values : ndarray of float, shape (k,) with k <= m
            Of the measured ones, higher is better.
        known : set of structures
            What is not new.
        random_state : RandomState
        seed : int
            Of the predictor.

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
        told = np.zeros(len(begun))  # what runs is taken for the median, whose score is 0
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
        Which ones.
    n_new : int
        The first so many of them are new.
    predictor : estimator or None
        Who chose them; None where chance did.
    scores : NormalScores or None
        From the predictor's unit to the one of the values.
    """

    rows: list[int]
    n_new: int
    predictor: Any = None
    scores: NormalScores | None = None

    def predicted(self, candidate: Any) -> tuple[float, float | None] | None:
        """What the predictor says of a candidate, in the unit of the values.

        Parameters
        ----------
        candidate : architecture

        Returns
        -------
        mean : float
        std : float or None
            None of a predictor without standard deviations. Instead of both, None
            where chance chose.
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
    """The first n, from the beginning again where they are fewer."""
    return list(islice(cycle(rows), n))


def checked_structures(dags: Sequence[Any], name: Callable[[int], str]) -> list[Structure]:
    """Structures of architectures that a user's function made.

    Parameters
    ----------
    dags : sequence of architectures
    name : callable
        What the message calls the i-th one.

    Returns
    -------
    list of structures

    Raises
    ------
    InvalidArchitectureError
        If one is no architecture.
    """
    try:
        return structures(dags)
    except InvalidArchitectureError as error:
        for i, dag in enumerate(dags):
            try:
                structures([dag])
            except InvalidArchitectureError as single:
                raise InvalidArchitectureError(f"{name(i)} is no architecture: {single}") from error
        raise


def _default_predictor() -> Any:
    features = WalkStatistics(handle_unknown="ignore")
    # Rows of some 60 standardised columns that hang together are about 8 apart.
    return make_pipeline(features, StandardScaler(), smooth_process(8.0))
