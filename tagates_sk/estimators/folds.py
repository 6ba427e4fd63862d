"""Folds of architectures; equal ones share a fold."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

N_FOLDS = 5
"""Parts of the labels; each network, and each model of trees or regressors, leaves one out."""


def folds_of(columns: NDArray[Any], rng: np.random.RandomState) -> tuple[NDArray[np.intp], int]:
    """The fold of each row, and the number of folds.

    Parameters
    ----------
    columns : ndarray, shape (n, n_columns)
        Equal rows share a fold, so that none is predicted from itself.
    rng : numpy RandomState

    Returns
    -------
    fold : ndarray of int, shape (n,)
    n_folds : int
        5, or the number of different rows if that is smaller.

    Examples
    --------
    >>> import numpy as np
    >>> from tagates_sk.estimators.folds import folds_of
    >>> fold, n_folds = folds_of(np.array([[0], [1], [0]]), np.random.RandomState(0))
    >>> bool(fold[0] == fold[2]), n_folds
    (True, 2)
    """
    which = np.unique(columns, axis=0, return_inverse=True)[1].ravel()
    n_groups = int(which.max()) + 1
    n_folds = max(min(N_FOLDS, n_groups), 1)
    return (rng.permutation(n_groups) % n_folds)[which], n_folds
