"""NAS-Bench-101: 423,624 cells with their accuracy on CIFAR-10."""

from __future__ import annotations

import numpy as np
from sklearn.utils import Bunch

from ..graphs import ArchitectureSequence
from ..spaces import NASBench101, SpaceSequence
from ..spaces.base import Table
from .files import FloatArray, IntArray, read_arrays, with_shipped_zero_cost

_TEST_IMAGES, _VALIDATION_IMAGES, _RUNS = 9984, 9984, 3

_DESCR = """\
NAS-Bench-101
=============
All 423,624 cells of the search space, in ascending order of the benchmark's graph hash (the
order of its `hash_iterator`). Of isomorphic cells one is given, not always the one that the
benchmark's file has.

target : test-accuracy
    Final test accuracy on CIFAR-10 after 108 epochs, in percent, mean of three runs.
parameters
    Number of trainable parameters.
multi_fidelity
    For 30,001 of the cells (`index`, positions in `dags`): final validation accuracy in percent
    of one run at each of four budgets (`epochs`: 4, 12, 36, 108; separate trainings, each with
    a schedule of its own, not one curve), and seconds of training at 108 epochs.

Split: 7,290 cells for training and 7,290 for testing, the split of TA-GATES (Ning et al.,
NeurIPS 2022). All of them have seven vertices; the two halves differ in mean accuracy.

Source: NAS-Bench-101, C. Ying et al., ICML 2019 (Apache-2.0), through public repositories:
FreeREA (accuracy, parameters; MIT), nasbench-vis (multi-fidelity; ISC) and flan_nas (the
split, a list of indices). The README in the folder of the data files names their commits and
carries the licences.
"""


def load_nasbench101(
    *, zero_cost: bool = False, return_X_y: bool = False
) -> Bunch | tuple[ArchitectureSequence, FloatArray]:
    """Load all cells of NAS-Bench-101 with their accuracy.

    Parameters
    ----------
    zero_cost : bool, default=False
        Load the 14,580 cells of the published split only, the training half
        first, with zero-cost vectors on their operations: grad_norm, snip,
        synflow, fisher and l2_norm (see
        :class:`~tagates_sk.zero_cost.ZeroCostSaliency`) of small networks on
        one batch of digits, standardised over all operations with weights.
    return_X_y : bool, default=False
        Return ``(dags, target)`` instead of a Bunch.

    Returns
    -------
    Bunch
        ``dags`` : SpaceSequence of 423,624 cells, in ascending order of their
        published hash; with `zero_cost`, a ZeroCostSequence of 14,580, and the other
        entries are about these.
        ``target`` : ndarray, shape (423624,), mean final test accuracy of three
        runs of 108 epochs, in percent.
        ``target_names`` : list of str.
        ``parameters`` : ndarray of int, shape (423624,).
        ``multi_fidelity`` : Bunch of ``index`` (30001,), ``epochs`` (4,),
        ``validation_accuracy`` (30001, 4) in percent and ``train_time``
        (30001,) in seconds at 108 epochs.
        ``train_indices``, ``test_indices`` : ndarray of int, shape (7290,), the
        published split.
        ``DESCR`` : str, what the data are, their source and licence.

    References
    ----------
    C. Ying, A. Klein, E. Real, E. Christiansen, K. Murphy and F. Hutter,
    NAS-Bench-101: Towards reproducible neural architecture search, ICML 2019.

    Examples
    --------
    >>> from tagates_sk.datasets import load_nasbench101
    >>> data = load_nasbench101()
    >>> data.dags
    <SpaceSequence of 423624 architectures of NAS-Bench-101>
    >>> print(f"{data.target.max():.3f}")
    94.318
    """
    cells, accuracy, parameters = read_arrays("nasbench101", "cells", "accuracy", "parameters")
    dags: ArchitectureSequence = SpaceSequence(NASBench101(), _table(cells))
    target = 100.0 * accuracy / (_TEST_IMAGES * _RUNS)
    train, test = read_arrays("nasbench101_split", "train", "test")
    kept = np.concatenate([train, test]) if zero_cost else np.arange(len(cells))
    if zero_cost:
        dags = with_shipped_zero_cost(dags[kept], "nasbench101")
        target, parameters = target[kept], parameters[kept]
    if return_X_y:
        return dags, target
    place = np.full(len(cells), -1)
    place[kept] = np.arange(len(kept))
    index, epochs, validation, train_time = read_arrays(
        "nasbench101_multifidelity", "index", "epochs", "accuracy", "train_time"
    )
    known = place[index] >= 0
    return Bunch(
        dags=dags,
        target=target,
        target_names=["test-accuracy"],
        parameters=parameters.astype(np.int64),
        multi_fidelity=Bunch(
            index=place[index[known]],
            epochs=epochs.astype(np.int64),
            validation_accuracy=100.0 * validation[known] / _VALIDATION_IMAGES,
            train_time=train_time[known].astype(np.float64),
        ),
        train_indices=place[train],
        test_indices=place[test],
        DESCR=_DESCR,
    )


def _table(cells: IntArray) -> Table:
    """Cells of 21 bits for the edges and two for each of five operations, as rows."""
    table = np.empty((len(cells), 26), dtype=np.uint8)
    for edge in range(21):
        table[:, edge] = cells >> edge & 1
    for vertex in range(5):
        table[:, 21 + vertex] = cells >> (21 + 2 * vertex) & 3
    return table
