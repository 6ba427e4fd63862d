"""Seeds of estimators that are made of others."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone


def draw_seed(rng: np.random.RandomState) -> int:
    """A seed for something else."""
    return int(rng.randint(np.iinfo(np.int32).max))


def seeded(estimator: Any, rng: np.random.RandomState, *, keep: bool = False) -> Any:
    """A clone with seeds of its own, also for the estimators in it.

    Parameters
    ----------
    estimator : estimator
        Not changed.
    rng : numpy RandomState
        Draws them, in the order of the parameters' names.
    keep : bool, default=False
        Whether those stay that are set.

    Returns
    -------
    estimator
    """
    own = clone(estimator)
    for name, value in sorted(own.get_params().items()):
        if name.split("__")[-1] == "random_state" and not (keep and value is not None):
            own.set_params(**{name: draw_seed(rng)})
    return own
