"""Network-level zero-cost scores that come with the package."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from ..features import FeatureTable, PrecomputedFeatures
from ..graphs import ArchitectureSequence
from .files import read_arrays
from .nasbench101 import load_nasbench101
from .nasbench201 import load_nasbench201

SPACES = ("nasbench101", "nasbench201")


def cells_with_proxies(space: str) -> ArchitectureSequence:
    """The cells whose scores are shipped: all of NAS-Bench-201, the split of NAS-Bench-101.

    Parameters
    ----------
    space : {"nasbench101", "nasbench201"}
    """
    if space == "nasbench201":
        return cast(ArchitectureSequence, load_nasbench201(return_X_y=True)[0])
    bunch: Any = load_nasbench101()
    return cast(
        ArchitectureSequence,
        bunch.dags[np.concatenate([bunch.train_indices, bunch.test_indices])],
    )


def load_zero_cost_proxies(space: str) -> PrecomputedFeatures:
    """Load zero-cost scores of the cells of a benchmark.

    They are FLOPs, NASWOT, expressivity and progressivity as
    :class:`~tagates_sk.zero_cost.ZeroCostProxies` gives them for small networks
    on one batch of random images: of all cells of NAS-Bench-201, and of the
    14,580 cells of the published split of NAS-Bench-101.

    Parameters
    ----------
    space : {"nasbench101", "nasbench201"}

    Returns
    -------
    PrecomputedFeatures
        A transformer from these cells to their scores.

    Raises
    ------
    ValueError
        If the space is another one.

    Examples
    --------
    >>> from tagates_sk.datasets import load_nasbench201, load_zero_cost_proxies
    >>> proxies = load_zero_cost_proxies("nasbench201").fit()
    >>> proxies.transform(load_nasbench201().dags[:2]).shape
    (2, 4)
    """
    if space not in SPACES:
        raise ValueError(f"space={space!r}: scores come with {' and '.join(SPACES)} only.")
    scores, names = read_arrays(f"proxies_{space}", "scores", "names")
    return PrecomputedFeatures(FeatureTable(cells_with_proxies(space), scores, list(names)))
