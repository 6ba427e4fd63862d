"""Accel-NASBench: networks of the MnasNet space, trained on ImageNet."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from sklearn.utils import Bunch

from ..spaces import MnasNet, SpaceSequence
from .files import FloatArray, chosen_targets, read_arrays

_PARTS_OF_PERCENT = 1_000_000
_TARGETS = (
    "accuracy",
    "macs",
    "parameters",
    "latency-zcu102",
    "latency-vck190",
    "throughput-a100",
    "throughput-3090",
    "throughput-tpuv2",
    "throughput-tpuv3",
    "throughput-zcu102",
    "throughput-vck190",
)

_DESCR = """\
Accel-NASBench
==============
2,569 networks of the MnasNet space (2,567 different ones): every second one of the source, in its
order. An architecture's native form has the numbers of its seven blocks: expansion (e), kernel
(k), layers (l), and whether there is squeeze-and-excitation (se).

Targets:

accuracy
    Top-1 validation accuracy on ImageNet in percent, measured, not predicted: one training with
    a shortened schedule.
macs, parameters
    Number of multiply-accumulate operations, and of trainable parameters.
latency-zcu102, latency-vck190
    Latency on two FPGAs in milliseconds.
throughput-a100, throughput-3090, throughput-tpuv2, throughput-tpuv3, throughput-zcu102,
throughput-vck190
    Images in a second on two GPUs, two TPUs and the two FPGAs. Of 3090, tpuv2 and tpuv3 2, 19 and
    23 are missing: NaN.

Higher is better for accuracy and throughput; lower for latency, macs and parameters. Predictors
and searches take larger values for better ones unless they are told otherwise: negate those
where lower is better, or search with direction="minimize".

There is no split here.

Source: Accel-NASBench, A. Ahmad et al., DAC 2024 (Apache-2.0). The README in the folder of the
data files names the commit.
"""


def load_accel_nasbench(
    target: str | Iterable[str] = "accuracy", *, return_X_y: bool = False
) -> Bunch | tuple[SpaceSequence, FloatArray]:
    """Load networks of the MnasNet space with their accuracy on ImageNet.

    Parameters
    ----------
    target : str or iterable of str, default="accuracy"
        The measurements to load. ``"accuracy"`` is top-1 validation accuracy on
        ImageNet in percent, of one training with a shortened schedule.
        ``"throughput-a100"``, ``"throughput-3090"``, ``"throughput-tpuv2"``,
        ``"throughput-tpuv3"``, ``"throughput-zcu102"`` and
        ``"throughput-vck190"`` are images per second, NaN for a few networks.
        Higher is better for these. Lower is better for ``"latency-zcu102"`` and
        ``"latency-vck190"`` in milliseconds, ``"macs"`` (multiply-accumulate
        operations) and ``"parameters"``. ``"all"`` loads every one.
    return_X_y : bool, default=False
        Return ``(dags, target)`` instead of a Bunch.

    Returns
    -------
    Bunch
        ``dags`` : SpaceSequence of 2,569 networks. Their native forms,
        ``dags.native()``, have expansion, kernel, layers and
        squeeze-and-excitation of each block as numbers.
        ``target`` : ndarray, shape (2569,) or, for several targets,
        (2569, n_targets).
        ``target_names`` : list of str.
        ``DESCR`` : str, what the data are, their source and licence.
        There is no split.

    Raises
    ------
    ValueError
        If a target is unknown.

    References
    ----------
    A. Ahmad et al., Accel-NASBench: Sustainable benchmarking for
    accelerator-aware NAS, DAC 2024.

    Examples
    --------
    >>> from tagates_sk.datasets import load_accel_nasbench
    >>> data = load_accel_nasbench()
    >>> data.dags
    <SpaceSequence of 2569 architectures of MnasNet (Accel-NASBench)>
    >>> float(data.target[0]), data.dags[:1].native()[0]["block0_e"]
    (59.368, 6)
    """
    names, single = chosen_targets(target, _TARGETS, "Accel-NASBench")
    cells, *columns = read_arrays("accel_nasbench", "cells", *names)
    values = np.stack(columns, axis=1).astype(np.float64)
    values[:, [name == "accuracy" for name in names]] /= _PARTS_OF_PERCENT
    y = values[:, 0].copy() if single else values
    dags = SpaceSequence(MnasNet(), cells)
    if return_X_y:
        return dags, y
    return Bunch(dags=dags, target=y, target_names=names, DESCR=_DESCR)
