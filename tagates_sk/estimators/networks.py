"""Networks as members of a blend: judged by labels that they left out, which they learn at last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._utils import Floats
from ..graphs import PackedGraphs
from ..nn.configuring import is_deep, propagation_of
from ..nn.transfer import EncoderState

N_FOLDS = 5
"""Parts of the labels, of which each network leaves out one."""

FEWEST = 20
"""Labels below which networks see all of them."""

ASYNCHRONOUS: dict[str, Any] = {
    "T": 2, "n_members": 2, "propagation": "asynchronous", "readout": "both",
    "symmetry_breaking": "none", "features": None, "bootstrap": False, "early_stopping": False,
    "handle_unknown": "ignore",
}  # fmt: skip
"""Parameters of the second kind of network, asynchronous passes: it errs where the first does
not."""

WORK = 750_000
"""Operations that networks over deep graphs read in all epochs, about: a minute on two cores."""

FEWEST_EPOCHS = 20
"""Epochs that these have, however large the graphs are."""

LAST_SHARE = 0.3
"""Share of the epochs, the last ones, in which networks see what they had left out."""

LAST_RATE = 0.4
"""What the learning rate is multiplied by in these."""


def affordable(
    parameters: Mapping[str, Any], packed: PackedGraphs, source: EncoderState | None
) -> tuple[Mapping[str, Any], bool]:
    """How networks are trained on these architectures, and whether on one kind of passes only.

    Of deep graphs a sweep takes as many steps as paths have operations. If the
    encoders' own passes are asynchronous then, they are trained for fewer epochs,
    and a second kind would do the same for twice the time.

    Parameters
    ----------
    parameters : mapping
        Of the estimator and its variant.
    packed : PackedGraphs
    source : EncoderState or None
        Whose weights the encoders start from.

    Returns
    -------
    parameters : mapping
    one_kind : bool
    """
    config = None if source is None else source.config
    own = propagation_of(packed, parameters["propagation"], parameters["n_layers"], config)
    if own == "synchronous" or not is_deep(packed):
        return parameters, False
    epochs = max(FEWEST_EPOCHS, WORK // len(packed.op_type))
    return {**parameters, "max_iter": min(parameters["max_iter"], epochs)}, True


def with_all_at_last(parameters: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Options of training on some of the labels, and afterwards on all.

    Parameters
    ----------
    parameters : mapping
        `max_iter`, the epochs of both, and `learning_rate`.

    Returns
    -------
    some, all : dict
        The second is None where there are too few epochs.
    """
    epochs = parameters["max_iter"]
    last = round(LAST_SHARE * epochs)
    rate = LAST_RATE * parameters["learning_rate"]
    if last == 0:
        return {"max_iter": epochs}, None
    return {"max_iter": epochs - last}, {"max_iter": last, "learning_rate": rate}


def draws_by_fold(n: int, n_members: int, first: int, rng: np.random.RandomState) -> Floats | None:
    """How often each network sees each architecture: not at all those of its own fold.

    Parameters
    ----------
    n, n_members : int
    first : int
        Fold of the first network; the others have those that follow.
    rng : numpy RandomState

    Returns
    -------
    ndarray of float, shape (n, n_members), or None
        None where there are so few architectures that all see all.
    """
    if n < FEWEST:
        return None
    fold = rng.permutation(n) % N_FOLDS
    own = (first + np.arange(n_members)) % N_FOLDS
    draws: Floats = (fold[:, None] != own).astype(np.float64)
    return draws


@dataclass
class MemberScale:
    """Scores of networks side by side as one member.

    Parameters
    ----------
    mean, std : ndarray of float, shape (n_members,)
        Of each network's scores of the architectures of fit.
    """

    mean: Floats
    std: Floats

    @classmethod
    def of(cls, scores: Floats) -> MemberScale:
        """Learn them from scores, shape (n, n_members)."""
        std = scores.std(0)
        return cls(scores.mean(0), np.where(std > 0, std, 1.0))

    @classmethod
    def alike(cls, scores: Floats, wanted: Floats) -> MemberScale:
        """Those by which the mean of scores, shape (n, n_members), has the moments of `wanted`."""
        own = cls.of(scores)
        spread = own.standardised(scores).mean(1).std() / max(float(wanted.std()), 1e-9)
        return cls(own.mean - own.std * spread * wanted.mean(), own.std * spread)

    def standardised(self, scores: Floats) -> Floats:
        """Scores of every network on one scale."""
        return (scores - self.mean) / self.std

    def unseen(self, scores: Floats, draws: Floats | None) -> Floats:
        """Mean over the networks that have not seen an architecture; NaN where all have."""
        if draws is None:
            return np.full(len(scores), np.nan)
        left_out = draws == 0
        total = left_out.sum(1)
        sums = np.where(left_out, self.standardised(scores), 0.0).sum(1)
        return np.where(total > 0, sums / np.maximum(total, 1), np.nan)
