"""Networks as members of a blend, judged by labels that they leave out until the end."""

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
"""With fewer labels than this, networks see all of them."""

EPOCHS, EPOCHS_OF_FEW, FEWEST_EPOCHS = 100, 60, 30
"""Epochs as a rule, of a blend on few labels, which needs no more, and on very many."""

WORK = 750_000
"""Operations that networks read in all epochs over deep graphs: about a minute on two cores."""

FEWEST_OF_DEEP = 20
"""Fewest epochs of these, however large the graphs are."""

FEW, MANY = 100, 1000
"""Labels up to which a blend needs fewer epochs, and no recurrent networks; and from which on
fewer epochs do, since each has more steps."""

ASYNCHRONOUS: dict[str, Any] = {
    "T": 2, "n_members": 2, "propagation": "asynchronous", "readout": "both",
    "symmetry_breaking": "none", "features": None, "bootstrap": False, "early_stopping": False,
    "handle_unknown": "ignore",
}  # fmt: skip
"""Parameters of the second kind, with asynchronous passes: its errors differ from the first's."""

RECURRENT: dict[str, Any] = {
    "n_members": 4, "margin": 0.03, "features": None, "bootstrap": False, "early_stopping": False,
    "handle_unknown": "ignore",
}  # fmt: skip
"""Parameters of the third kind, DAGNNs, which only pay off with more than :data:`FEW` labels."""

LAST_SHARE = 0.3
"""Share of the epochs, at the end, in which networks see the labels they left out."""

LAST_RATE = 0.4
"""Factor for the learning rate in these."""


NETWORKS = ("encoders", "asynchronous encoders", "recurrent networks")
"""Kinds of networks; if one is missing, so are those after it."""


class Kind(NamedTuple):
    """A kind of network: its name, class, parameters and initial weights."""

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
    """The kinds of networks to train on some architectures.

    On deep graphs a sweep takes as many steps as the longest path has operations. If
    the encoders' own passes are asynchronous, they train for fewer epochs, and other
    kinds would take twice the time for about the same result.

    Parameters
    ----------
    parameters : mapping
        Parameters of the estimator and its variant.
    source : EncoderState or None
        The weights that the first kind starts from.
    packed : PackedGraphs
        The architectures with labels.
    unlabeled : PackedGraphs or None
        Those without.
    learns_scores : bool
        Whether networks first learn from scores of these.
    """
    config = None if source is None else source.config
    own = propagation_of(packed, parameters["propagation"], parameters["n_layers"], config)
    swept = own == "asynchronous" and is_deep(packed)
    epochs = epochs_of(
        parameters["max_iter"],
        None if learns_scores else len(packed),
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


def epochs_of(max_iter: int | str, n: int | None = None, n_swept: int | None = None) -> int:
    """Number of epochs, where `max_iter` may be "auto".

    Parameters
    ----------
    max_iter : int or "auto"
    n : int, optional
        Labels of a blend.
    n_swept : int, optional
        Operations of all architectures, if they are deep and swept.
    """
    if not isinstance(max_iter, str):
        return max_iter
    epochs = EPOCHS
    if n is not None and n <= FEW:
        epochs = EPOCHS_OF_FEW
    elif n is not None and n > MANY:
        epochs = max(round(EPOCHS * math.sqrt(MANY / n)), FEWEST_EPOCHS)
    return epochs if n_swept is None else min(epochs, max(FEWEST_OF_DEEP, WORK // n_swept))


def with_all_at_last(parameters: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Options for training on some of the labels, and then on all.

    Parameters
    ----------
    parameters : mapping
        Has `max_iter`, the epochs of both together, and `learning_rate`.

    Returns
    -------
    some, all : dict
        The second is None if there are too few epochs.
    """
    epochs = parameters["max_iter"]
    last = round(LAST_SHARE * epochs)
    rate = LAST_RATE * parameters["learning_rate"]
    if last == 0:
        return {"max_iter": epochs}, None
    return {"max_iter": epochs - last}, {"max_iter": last, "learning_rate": rate}


def draws_by_fold(n: int, n_members: int, first: int, rng: np.random.RandomState) -> Floats | None:
    """How often each network sees each architecture: 0 for those of its own fold.

    Parameters
    ----------
    n, n_members : int
    first : int
        Fold of the first network; the others take the next ones.
    rng : numpy RandomState

    Returns
    -------
    ndarray of float, shape (n, n_members), or None
        None if there are so few architectures that every network sees all.
    """
    if n < FEWEST:
        return None
    fold = rng.permutation(n) % N_FOLDS
    own = (first + np.arange(n_members)) % N_FOLDS
    draws: Floats = (fold[:, None] != own).astype(np.float64)
    return draws


@dataclass
class MemberScale:
    """Combines the scores of networks of one kind into one member.

    Parameters
    ----------
    mean, std : ndarray of float, shape (n_members,)
        Mean and deviation of each network's scores on the architectures of fit.
    """

    mean: Floats
    std: Floats

    @classmethod
    def of(cls, scores: Floats) -> MemberScale:
        """Learn the scale from scores, shape (n, n_members)."""
        std = scores.std(0)
        return cls(scores.mean(0), np.where(std > 0, std, 1.0))

    @classmethod
    def alike(cls, scores: Floats, wanted: Floats) -> MemberScale:
        """The scale that gives mean scores, from shape (n, n_members), the moments of `wanted`."""
        own = cls.of(scores)
        spread = own.standardised(scores).mean(1).std() / max(float(wanted.std()), 1e-9)
        return cls(own.mean - own.std * spread * wanted.mean(), own.std * spread)

    def standardised(self, scores: Floats) -> Floats:
        """The scores of all networks on one scale."""
        return (scores - self.mean) / self.std

    def unseen(self, scores: Floats, draws: Floats | None) -> Floats:
        """Mean over the networks that have not seen an architecture; NaN if all have."""
        if draws is None:
            return np.full(len(scores), np.nan)
        left_out = draws == 0
        total = left_out.sum(1)
        sums = np.where(left_out, self.standardised(scores), 0.0).sum(1)
        return np.where(total > 0, sums / np.maximum(total, 1), np.nan)
