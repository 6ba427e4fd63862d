"""How architectures were trained: learning-rate schedule, augmentation, loss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import Floats
from ..graphs.errors import quoted
from ..graphs.foreign import echo
from ..nn.tables import Training
from .targets import check_spread, scales, unit_of

TOLD_APART = 0.9
"""Share of different targets that must stay so: neighbours may be rounded to the same."""


@dataclass(frozen=True)
class TrainingCondition:
    """A training procedure, as the encoder of TA-GATES reads it (section 6 of the paper).

    Parameters
    ----------
    schedule : sequence of float
        Learning rate of every epoch (or of other equal pieces of training). The
        update of operation embeddings at time step t is scaled by the integral
        over the t-th part of training.
    augmentation : str, default="standard"
        Name of the data augmentation; each has an embedding of the input nodes.
    loss : str, default="cross_entropy"
        Name of the loss; each has an embedding that enters FBConvert.

    Raises
    ------
    ValueError
        If the schedule is empty, not finite, negative, or zero everywhere.

    Examples
    --------
    >>> from tagates_sk import TrainingCondition
    >>> TrainingCondition([0.1, 0.1, 0.01], augmentation="cutout").learning(1)
    array([0.21])
    >>> TrainingCondition.cosine(epochs=200, learning_rate=0.1).learning(2).round(2)
    array([8.18, 1.82])
    """

    schedule: Sequence[float]
    augmentation: str = "standard"
    loss: str = "cross_entropy"

    def __post_init__(self) -> None:
        rates = np.asarray(self.schedule, dtype=np.float64)
        fine = rates.ndim == 1 and np.isfinite(rates).all() and (rates >= 0).all() and rates.any()
        if not fine:
            raise ValueError(
                f"schedule={echo(self.schedule)} must list the learning rate of every epoch: "
                "finite "
                "numbers, not negative and not all zero, such as [0.1, 0.1, 0.01]."
            )
        object.__setattr__(self, "schedule", tuple(rates.tolist()))

    @classmethod
    def cosine(cls, epochs: int, learning_rate: float = 0.1, **others: str) -> TrainingCondition:
        """A condition whose learning rate falls to zero along half a cosine.

        Parameters
        ----------
        epochs : int
        learning_rate : float, default=0.1
            At the start.
        **others : str
            `augmentation` and `loss`.
        """
        middles = (np.arange(epochs) + 0.5) / epochs
        return cls((learning_rate * (1 + np.cos(math.pi * middles)) / 2).tolist(), **others)

    def learning(self, n_parts: int) -> Floats:
        """Integrals of the learning rate over equal parts of training, shape (n_parts,)."""
        integral = np.concatenate([[0.0], np.cumsum(self.schedule)])
        at = np.linspace(0, len(self.schedule), n_parts + 1)
        return np.diff(np.interp(at, np.arange(len(integral)), integral))


@dataclass(frozen=True)
class KnownConditions:
    """Conditions that fit saw, and the targets' units under each.

    Units are those of the reference, the condition with most learning: targets
    under others are mapped onto its mean and standard deviation for training.

    Parameters
    ----------
    seen : tuple of TrainingCondition
        The reference first.
    augmentations, losses : tuple of str
        Their names, the reference's first.
    means, stds : ndarray of float, shape (n_seen,)
        Of the targets under each.
    """

    seen: tuple[TrainingCondition, ...]
    augmentations: tuple[str, ...]
    losses: tuple[str, ...]
    means: Floats
    stds: Floats

    @classmethod
    def of(cls, conditions: Sequence[TrainingCondition], y: Floats) -> KnownConditions:
        """Learn the conditions of training architectures and the units of their targets.

        Raises
        ------
        ValueError
            If a condition has fewer than two architectures, or values without
            finite standard deviation.
        """
        seen = sorted(dict.fromkeys(conditions), key=lambda c: -sum(c.schedule))
        index = _indices(conditions, seen)
        few = np.flatnonzero(np.bincount(index) < 2)
        if len(few):
            raise ValueError(
                f"{_named(seen[few[0]])} has one architecture; at least 2 are needed under each "
                "condition. Leave it out, or measure more."
            )
        groups = [y[index == i] for i in range(len(seen))]
        units = [unit_of(group) for group in groups]
        means = np.array([(g / u).mean() * u for g, u in zip(groups, units, strict=True)])
        stds = np.array([(g / u).std() * u for g, u in zip(groups, units, strict=True)])
        check_spread(means, stds, [_named(condition) for condition in seen])
        return cls(
            tuple(seen),
            tuple(dict.fromkeys(c.augmentation for c in seen)),
            tuple(dict.fromkeys(c.loss for c in seen)),
            means,
            scales(means, stds),
        )

    def to_reference(self, y: Floats, conditions: Sequence[TrainingCondition]) -> Floats:
        """Targets in the units that those of the reference have, shape (n,).

        Raises
        ------
        ValueError
            If they are so far apart under a condition that others would be equal.
        """
        group = self.groups(conditions)
        mapped: Floats = (y - self.means[group]) / self.stds[group] * self.stds[0] + self.means[0]
        for i, condition in enumerate(self.seen):
            own = group == i
            if len(np.unique(mapped[own])) < TOLD_APART * len(np.unique(y[own])):
                raise ValueError(
                    f"{_named(condition)} has targets from {y[own].min():g} to {y[own].max():g}, "
                    "so far apart that in the units of the reference others are rounded to the "
                    "same. Leave out what only marks a failure, or let it be a little below the "
                    "rest."
                )
        return mapped

    def from_reference(
        self, values: Floats, conditions: Sequence[TrainingCondition]
    ) -> tuple[Floats, Floats]:
        """Predictions in the targets' units under each condition, and what they were scaled by."""
        i = self.groups(conditions)
        scale = self.stds[i] / self.stds[0]
        return (values - self.means[0]) * scale + self.means[i], scale

    def codes(self, conditions: Sequence[TrainingCondition], T: int) -> Training:
        """What the encoder reads of conditions; see :class:`~tagates_sk.nn.tables.Training`.

        Raises
        ------
        ValueError
            If there is an augmentation or a loss that fit has not seen.
        """
        distinct = list(dict.fromkeys(conditions))
        for condition in distinct:
            for name, known in (("augmentation", self.augmentations), ("loss", self.losses)):
                if getattr(condition, name) not in known:
                    raise ValueError(
                        f"{name}={echo(getattr(condition, name))} of a condition was not seen in "
                        "fit; "
                        f"known are {quoted(known)}."
                    )
        parts = T - 1
        most = sum(self.seen[0].schedule) / max(parts, 1)
        scale = np.array([c.learning(parts) if parts else [] for c in distinct]) / most
        index = _indices(conditions, distinct)
        augmentation = np.array([self.augmentations.index(c.augmentation) for c in distinct])
        loss = np.array([self.losses.index(c.loss) for c in distinct])
        numbers = np.column_stack(
            [
                [self._amount(c) for c in distinct],
                *(augmentation == i for i in range(1, len(self.augmentations))),
                *(loss == i for i in range(1, len(self.losses))),
            ]
        )
        return Training(
            scale.astype(np.float32)[index],
            augmentation[index],
            loss[index],
            numbers.astype(np.float32)[index],
        )

    def reference(self, n: int, T: int) -> Training:
        """The reference's codes for n architectures, as if fit trained on them."""
        return self.codes([self.seen[0]] * n, T)._replace(group=np.zeros(n, dtype=np.int64))

    def _amount(self, condition: TrainingCondition) -> float:
        """Learning on a logarithmic scale from −1 to 1, the least and the most that was seen."""
        amounts = [math.log(sum(c.schedule)) for c in (condition, self.seen[-1], self.seen[0])]
        amount, least, most = amounts
        return 1.0 if most == least else 1 - 2 * (most - amount) / (most - least)

    def groups(self, conditions: Sequence[TrainingCondition]) -> NDArray[np.int64]:
        """Place of each condition among those seen, shape (n,).

        Raises
        ------
        ValueError
            If fit has not seen one.
        """
        unseen = [c for c in dict.fromkeys(conditions) if c not in self.seen]
        if unseen:
            raise ValueError(
                f"{_named(unseen[0])} was not seen in fit, so the unit of its targets is not "
                "known. Fit with architectures trained under it, or use TAGATESRanker, whose "
                "scores have no unit."
            )
        return _indices(conditions, self.seen)


def check_conditions(conditions: Any, n: int) -> list[TrainingCondition]:
    """One condition for each of n architectures.

    Parameters
    ----------
    conditions : TrainingCondition, or sequence of n of them
    n : int

    Raises
    ------
    ValueError
        If there are more or fewer than n.
    TypeError
        If something else is among them.
    """
    if isinstance(conditions, TrainingCondition):
        return [conditions] * n
    listed: list[Any] = list(conditions)
    if len(listed) != n:
        raise ValueError(
            f"X has {n} architectures but conditions has {len(listed)} elements; give one for "
            "each architecture, or a single TrainingCondition for all."
        )
    for i, condition in enumerate(listed):
        if not isinstance(condition, TrainingCondition):
            raise TypeError(
                f"conditions[{i}] is a {type(condition).__name__}, {echo(condition)}; a "
                "tagates_sk.TrainingCondition is expected."
            )
    return listed


def check_single_target(y: ArrayLike) -> None:
    """Refuse several columns: a condition says which training a target is of."""
    if np.ndim(y) > 1:
        raise ValueError(
            f"y has shape {np.shape(y)} and conditions are given; with conditions y has one value "
            "an architecture. Repeat an architecture for each condition it was trained under."
        )


def _indices(conditions: Sequence[TrainingCondition], seen: Sequence[Any]) -> NDArray[np.int64]:
    index = {condition: i for i, condition in enumerate(seen)}
    return np.array([index[condition] for condition in conditions], dtype=np.int64)


def _named(condition: TrainingCondition) -> str:
    return (
        f"The condition of {len(condition.schedule)} epochs, "
        f"augmentation={echo(condition.augmentation)}, loss={echo(condition.loss)}"
    )
