"""What makes a candidate worth measuring next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy.stats import norm

from .._utils import Floats, last_step, predicts_std
from ..graphs.foreign import echo

PART = 8192
"""Candidates to predict at once: bounds the memory of estimators that read all of X."""

MAX_JOINT = 1000
"""Most candidates that a Gaussian process draws jointly: the cost is cubic."""


class Acquisition(Protocol):
    """Scores candidates; those with the highest scores are measured next.

    A plain function works, too. A `check` method, if there is one, is called with the
    unfitted predictor when the search is created, and raises an error if that predictor
    is unsuitable.
    """

    def __call__(
        self,
        predictor: Any,
        candidates: Sequence[Any],
        measured: Sequence[Any],
        n: int,
        random_state: np.random.RandomState,
    ) -> Floats:
        """Score candidates.

        Parameters
        ----------
        predictor : estimator
            Fitted to all results so far.
        candidates : sequence of m architectures
            The architectures to score.
        measured : sequence of architectures
            The architectures that `predictor` was fitted to.
        n : int
            How many will be picked.
        random_state : RandomState
            Source of randomness.

        Returns
        -------
        ndarray of float, shape (m,) or (k, m)
            Higher is better. With k rows the picks take turns: the best of the first
            row, then the best remaining one of the second, and so on.
        """


@dataclass(frozen=True)
class PredictedMean:
    """The predicted values; any estimator with `predict` works."""

    def __call__(
        self,
        predictor: Any,
        candidates: Sequence[Any],
        measured: Sequence[Any],
        n: int,
        random_state: np.random.RandomState,
    ) -> Floats:
        """Score candidates, shape (m,); see :class:`Acquisition`."""
        return _predict(predictor, candidates)


@dataclass(frozen=True)
class UpperConfidenceBound:
    """The mean plus a multiple of the standard deviation.

    Parameters
    ----------
    beta : float, default=1.0
        Number of standard deviations to add.
    """

    beta: float = 1.0

    def check(self, predictor: Any) -> None:
        """Raise ValueError if the predictor has no standard deviations."""
        _check_std(predictor, "ucb")

    def __call__(
        self,
        predictor: Any,
        candidates: Sequence[Any],
        measured: Sequence[Any],
        n: int,
        random_state: np.random.RandomState,
    ) -> Floats:
        """Score candidates, shape (m,); see :class:`Acquisition`."""
        mean, std = _predict_std(predictor, candidates)
        return mean + self.beta * std


@dataclass(frozen=True)
class ExpectedImprovement:
    """Expected improvement over the best predicted mean among measured architectures.

    The incumbent is a prediction, not a measurement. So unitless scores of rankers
    work, and noise in the best measurement does no harm.

    Parameters
    ----------
    xi : float, default=0.0
        Margin subtracted from improvements, in units of the predictions.
    """

    xi: float = 0.0

    def check(self, predictor: Any) -> None:
        """Raise ValueError if the predictor has no standard deviations."""
        _check_std(predictor, "ei")

    def __call__(
        self,
        predictor: Any,
        candidates: Sequence[Any],
        measured: Sequence[Any],
        n: int,
        random_state: np.random.RandomState,
    ) -> Floats:
        """Score candidates, shape (m,); see :class:`Acquisition`."""
        mean, std = _predict_std(predictor, candidates)
        gain = mean - _predict(predictor, measured).max() - self.xi
        with np.errstate(divide="ignore", invalid="ignore"):
            z = gain / std
            expected: Floats = gain * norm.cdf(z) + std * norm.pdf(z)
        return np.where(std > 0, expected, np.maximum(gain, 0.0))


@dataclass(frozen=True)
class ThompsonSampling:
    """For each pick, draw a function from the predictor and take its best architecture.

    With an ensemble (`predict_members`) each pick uses one member. A Gaussian process
    (`sample_y`, perhaps at the end of a pipeline) draws jointly for up to 1,000
    candidates. For more candidates, and for any other estimator with standard
    deviations, each candidate is drawn independently, as in the "independent Thompson
    sampling" of BANANAS [1]_.

    References
    ----------
    .. [1] C. White, W. Neiswanger and Y. Savani, "BANANAS: Bayesian optimization
       with neural architectures for neural architecture search", AAAI 2021.
    """

    def check(self, predictor: Any) -> None:
        """Raise ValueError if the predictor cannot draw."""
        _check_std(predictor, "thompson")

    def __call__(
        self,
        predictor: Any,
        candidates: Sequence[Any],
        measured: Sequence[Any],
        n: int,
        random_state: np.random.RandomState,
    ) -> Floats:
        """Draw for candidates, shape (n, m); see :class:`Acquisition`."""
        final = last_step(predictor)
        if hasattr(final, "predict_members"):
            found = [final.predict_members(_before(predictor, p)) for p in _parts(candidates)]
            members = np.concatenate(found).T
            chosen: Floats = members[np.resize(random_state.permutation(len(members)), n)]
            return chosen
        if hasattr(final, "sample_y") and len(candidates) <= MAX_JOINT:
            X = _before(predictor, candidates)
            drawn: Floats = final.sample_y(X, n, random_state=random_state).T
            return drawn
        mean, std = _predict_std(predictor, candidates)
        return mean + std * random_state.standard_normal((n, len(mean)))


ACQUISITIONS: dict[str, Callable[[], Acquisition]] = {
    "mean": PredictedMean,
    "ucb": UpperConfidenceBound,
    "ei": ExpectedImprovement,
    "thompson": ThompsonSampling,
}
"""Acquisitions by name."""

AUTO = "ei"
"""The one that "auto" uses if the predictor has standard deviations."""


def _parts(X: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (X[start : start + PART] for start in range(0, len(X), PART))


def _predict(predictor: Any, X: Sequence[Any]) -> Floats:
    return np.concatenate([predictor.predict(part) for part in _parts(X)])


def _predict_std(predictor: Any, X: Sequence[Any]) -> tuple[Floats, Floats]:
    found = [predictor.predict(part, return_std=True) for part in _parts(X)]
    mean, std = (np.concatenate(values) for values in zip(*found, strict=True))
    return mean, std


def _before(predictor: Any, X: Sequence[Any]) -> Any:
    """X as the last step of a pipeline sees it."""
    return predictor[:-1].transform(X) if last_step(predictor) is not predictor else X


def has_std(predictor: Any) -> bool:
    """Whether the unfitted predictor will have standard deviations."""
    final = last_step(predictor)
    return predicts_std(predictor) and not (_is_ensemble(final) and _is_alone(final))


def _is_ensemble(final: Any) -> bool:
    return hasattr(final, "predict_members")


def _is_alone(final: Any) -> bool:
    """Whether an ensemble has a single member."""
    others = getattr(final, "members", "encoder") != "encoder"
    return getattr(final, "n_members", None) == 1 and not others


def _check_std(predictor: Any, name: str) -> None:
    final = last_step(predictor)
    kind = type(final).__name__
    if _is_ensemble(final):
        if _is_alone(final):
            raise ValueError(
                f"acquisition={echo(name)} needs an ensemble, and this {kind} has one member. "
                "Give it "
                "more, n_members=5 for instance, or use acquisition='mean'."
            )
    elif not predicts_std(predictor):
        raise ValueError(
            f"acquisition={echo(name)} needs predictions with a standard deviation, and "
            f"{kind}.predict "
            "has no parameter return_std. Use acquisition='mean', or a predictor that has it, such "
            "as TAGATESRanker(), tagates_sk.baselines.WLKernelGP or a pipeline that ends in one."
        )
