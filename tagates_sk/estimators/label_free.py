"""What is known without labels: graphs and zero-cost scores."""

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
"""Most unlabelled architectures to use; from more, a sample of this size is drawn."""

PROXIES = ("flops", "naswot", "expressivity", "progressivity")
"""Complementary scores that share a single forward pass."""


@dataclass
class LabelFree:
    """Unlabelled architectures, then labelled ones, and their proxy scores.

    Parameters
    ----------
    unlabeled : ArchitectureSequence of m architectures, or None
    packed : PackedGraphs
        All m + n architectures.
    ranks : ProxyRanks or None
        Fitted to the unlabelled ones, if there are any.
    scores : ndarray of float, shape (m + n, n_scores), or None
        The output of `ranks` for all; the last column is the consensus.
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
        """Read architectures and their scores.

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
        """The scores of the labelled architectures."""
        return None if self.scores is None else self.scores[len(self.scores) - self.n :]


def proxy_transformer(proxies: Any, rng: np.random.RandomState) -> Any:
    """The transformer for the parameter `proxies`, with its own seed."""
    if not isinstance(proxies, str):
        return reseeded(proxies, rng, keep=True)
    from ..zero_cost import ZeroCostProxies  # builds networks, which few fits need

    return ZeroCostProxies(
        PROXIES, stem_channels=16, cells_per_stage=2, batch_size=16, random_state=draw_seed(rng)
    )
