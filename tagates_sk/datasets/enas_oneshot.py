"""ENAS macro space: 20,020 networks with their accuracy under shared weights."""

from __future__ import annotations

import numpy as np
from sklearn.utils import Bunch

from ..spaces import ENASMacro, SpaceSequence
from .files import FloatArray, read_arrays

_DESCR = """\
ENAS macro, one-shot accuracies
===============================
20,020 networks of six layers (20,015 different ones), in the order of the source.

target : shared-weight-accuracy
    Accuracy on CIFAR-10 in percent, measured with the shared weights of a pre-trained ENAS
    supernet. It is not the accuracy of the network trained on its own.

Split: that of D-VAE (Zhang et al., NeurIPS 2019). The first 1,000 networks, made while the
controller warmed up, are in neither part; 17,118 are for training, 1,902 for testing.

Source: D-VAE, M. Zhang et al., NeurIPS 2019, `data/final_structures6.txt` (MIT licence). The
README in the folder of the data files names the commit and carries the licence.
"""


def load_enas_oneshot(*, return_X_y: bool = False) -> Bunch | tuple[SpaceSequence, FloatArray]:
    """Load networks of the ENAS macro space with their shared-weight accuracy.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(dags, target)`` instead of a Bunch.

    Returns
    -------
    Bunch
        ``dags`` : SpaceSequence of 20,020 networks.
        ``target`` : ndarray, shape (20020,), accuracy on CIFAR-10 with shared
        weights, in percent.
        ``target_names`` : list of str.
        ``train_indices``, ``test_indices`` : ndarray of int, the published
        split into 17,118 and 1,902 networks.
        ``DESCR`` : str, what the data are, their source and licence.

    References
    ----------
    M. Zhang, S. Jiang, Z. Cui, R. Garnett and Y. Chen, D-VAE: A variational
    autoencoder for directed acyclic graphs, NeurIPS 2019.

    Examples
    --------
    >>> from tagates_sk.datasets import load_enas_oneshot
    >>> data = load_enas_oneshot()
    >>> data.dags
    <SpaceSequence of 20020 architectures of ENAS macro>
    >>> float(data.target.max())
    75.02
    """
    cells, accuracy, train, test = read_arrays("enas_oneshot", "cells", "accuracy", "train", "test")
    dags = SpaceSequence(ENASMacro(), cells.astype(np.uint8, copy=False))
    target = accuracy / 100
    if return_X_y:
        return dags, target
    return Bunch(
        dags=dags,
        target=target,
        target_names=["shared-weight-accuracy"],
        train_indices=train.astype(np.int64),
        test_indices=test.astype(np.int64),
        DESCR=_DESCR,
    )
