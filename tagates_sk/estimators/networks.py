"""Networks as members of a blend: judged by labels that they left out, which they learn at last."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from .._utils import Floats
from ..graphs import PackedGraphs
from ..nn.configuring import is_deep, propagation_of
from ..nn.transfer import EncoderState
from .encoder import Encoders
from .folds import N_FOLDS
from .recurrent import RecurrentNetworks, are_small

Networks = Encoders | RecurrentNetworks

FEWEST = 20
"""Labels below which networks see all of them."""

EPOCHS, FEWEST_EPOCHS = 100, 30
"""Of training on few labels, and on very many."""

WORK = 750_000
"""Operations that networks over deep graphs read in all epochs: about a minute on two cores."""

FEWEST_OF_DEEP = 20
"""Epochs that these have, however large the graphs are."""

FEW = 100
"""Labels above which fewer epochs do, each of which has more steps."""

ASYNCHRONOUS: dict[str, Any] = {
    "T": 2, "n_members": 2, "propagation": "asynchronous", "readout": "both",
    "symmetry_breaking": "none", "features": None, "bootstrap": False, "early_stopping": False,
    "handle_unknown": "ignore",
}  # fmt: skip
"""Parameters of the second kind of network, asynchronous passes: it errs where the first does
not."""

RECURRENT: dict[str, Any] = {
    "n_members": 4, "margin": 0.03, "features": None, "bootstrap": False, "early_stopping": False,
    "handle_unknown": "ignore",
}  # fmt: skip
"""Parameters of the third kind, DAGNNs, which learn from more than :data:`FEW` labels: with fewer
they cost more than they bring."""

LAST_SHARE = 0.3
"""Share of the epochs, the last ones, in which networks see what they had left out."""

LAST_RATE = 0.4
"""What the learning rate is multiplied by in these."""


NETWORKS = ("encoders", "asynchronous encoders", "recurrent networks")
"""Kinds of networks; where one is missing, so are those that follow."""


class Kind(NamedTuple):
    """A kind of network: a name, its class, parameters, and whose weights it starts from."""

    name: str
    networks: type[Networks]
    parameters: Mapping[str, Any]
    source: EncoderState | None


def kinds_of(
    parameters: Mapping[str, Any],
    source: EncoderState | None,
    packed: PackedGraphs,
    unlabeled: PackedGraphs | None,
    *,
    learns_scores: bool,
) -> list[Kind]:
    """Kinds of networks that learn from some architectures.

    Of deep graphs a sweep takes as many steps as paths have operations. If the
    encoders' own passes are asynchronous then, they are trained for fewer epochs,
    and more kinds would do about the same for twice the time.

    Parameters
    ----------
    parameters : mapping
        Of the estimator and its variant.
    source : EncoderState or None
        Whose weights those of the first kind start from.
    packed : PackedGraphs
        Those with labels.
    unlabeled : PackedGraphs or None
        The others.
    learns_scores : bool
        Whether networks learn from scores of these first.
    """
    config = None if source is None else source.config
    own = propagation_of(packed, parameters["propagation"], parameters["n_layers"], config)
    swept = own == "asynchronous" and is_deep(packed)
    epochs = epochs_of(
        parameters["max_iter"],
        1 if learns_scores else len(packed),
        len(packed.op_type) if swept else None,
    )
    parameters = {**parameters, "max_iter": epochs}
    kinds = [Kind(NETWORKS[0], Encoders, parameters, source)]
    if swept:
        return kinds
    kinds.append(Kind(NETWORKS[1], Encoders, {**parameters, **ASYNCHRONOUS}, None))
    if len(packed) > FEW and all(are_small(p).all() for p in (packed, unlabeled) if p is not None):
        kinds.append(Kind(NETWORKS[2], RecurrentNetworks, {**parameters, **RECURRENT}, None))
    return kinds


def epochs_of(max_iter: int | str, n: int = 1, n_swept: int | None = None) -> int:
    """Epochs of a training, where `max_iter` may be "auto".

    Parameters
    ----------
    max_iter : int or "auto"
    n : int
        Labels.
    n_swept : int, optional
        Operations of all architectures, if these are deep and swept.
    """
    if not isinstance(max_iter, str):
        return max_iter
    epochs = max(round(EPOCHS * min(1.0, math.sqrt(FEW / n))), FEWEST_EPOCHS)
    return epochs if n_swept is None else min(epochs, max(FEWEST_OF_DEEP, WORK // n_swept))


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
