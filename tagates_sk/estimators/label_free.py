"""What is known of architectures without a label: their graphs, and zero-cost scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._utils import Floats, draw_seed, reseeded
from ..graphs import ArchitectureSequence, PackedGraphs
from ..graphs.packing import join_packed
from .encoder import Labelled
from .proxy_ranks import ProxyRanks

N_REFERENCE = 16384
"""Most unlabelled architectures that are looked at; of more, as many are drawn."""

PROXIES = ("flops", "naswot", "expressivity", "progressivity")
"""Scores that say different things and need one forward pass together."""


@dataclass
class LabelFree:
    """Unlabelled architectures, followed by the labelled ones, and what proxies say of them.

    Parameters
    ----------
    unlabeled : ArchitectureSequence of m architectures, or None
    packed : PackedGraphs
        Of m + n architectures.
    ranks : ProxyRanks or None
        Fitted to the unlabelled ones where there are any.
    scores : ndarray of float, shape (m + n, n_scores), or None
        What `ranks` gives of all; the last column is their consensus.
    n : int
    """

    unlabeled: ArchitectureSequence | None
    packed: PackedGraphs
    ranks: ProxyRanks | None
    scores: Floats | None
    n: int

    @classmethod
    def of(
        cls,
        labelled: Labelled,
        unlabeled: ArchitectureSequence | None,
        proxies: Any,
        rng: np.random.RandomState,
    ) -> LabelFree:
        """Look at architectures.

        Parameters
        ----------
        labelled : Labelled, of n architectures
        unlabeled : ArchitectureSequence or None
        proxies : transformer, "auto" or None
        rng : numpy RandomState
        """
        packed = labelled.packed
        if unlabeled is not None:
            if len(unlabeled) > N_REFERENCE:
                unlabeled = unlabeled[rng.permutation(len(unlabeled))[:N_REFERENCE]]
            packed = join_packed([unlabeled.packed(), packed])
        ranks, scores = None, None
        if proxies is not None:
            ranks = ProxyRanks(proxy_transformer(proxies, rng)).set_output(transform="default")
            if unlabeled is None:
                scores = ranks.fit_transform(labelled.X)
            else:
                of_unlabeled = ranks.fit_transform(unlabeled)
                scores = np.vstack([of_unlabeled, ranks.transform(labelled.X)])
        return cls(unlabeled, packed, ranks, scores, len(labelled.y))

    @property
    def of_labelled(self) -> Floats | None:
        """Scores of the labelled architectures."""
        return None if self.scores is None else self.scores[len(self.scores) - self.n :]


def proxy_transformer(proxies: Any, rng: np.random.RandomState) -> Any:
    """The transformer that the parameter `proxies` stands for, with a seed of its own."""
    if not isinstance(proxies, str):
        return reseeded(proxies, rng, keep=True)
    from ..zero_cost import ZeroCostProxies  # builds networks, which few fits need

    return ZeroCostProxies(
        PROXIES, stem_channels=16, cells_per_stage=2, batch_size=16, random_state=draw_seed(rng)
    )
