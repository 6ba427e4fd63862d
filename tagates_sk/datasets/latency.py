"""Latencies of whole networks on many devices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from sklearn.utils import Bunch

from ..spaces import FBNet, NASBench201, SpaceSequence
from .files import FloatArray, chosen_targets, read_arrays

_GPUS = ("1080ti", "2080ti", "titan_rtx", "titanx", "titanxp")
_PHONES = ("essential_ph_1", "samsung_a50", "samsung_s7", "pixel3")


class _Space(NamedTuple):
    title: str
    networks: str
    batches: tuple[int, ...]
    """Batch sizes on GPUs."""
    others: tuple[str, ...]
    """Devices that are neither GPU nor phone."""
    origin: str = ""

    @property
    def devices(self) -> tuple[str, ...]:
        gpus = [f"{gpu}_{batch}" for gpu in _GPUS for batch in self.batches]
        return (*gpus, *_PHONES, *self.others)


_SPACES = {
    "nasbench201": _Space(
        "NAS-Bench-201",
        "All 15,625 cells of NAS-Bench-201, in the order of the benchmark's own index.",
        (1, 32, 256),
        ("silver_4114", "silver_4210r", "gold_6240", "fpga"),
        "Those of pixel3 and fpga are from HW-NAS-Bench, C. Li et al., ICLR 2021 (MIT licence).\n",
    ),
    "fbnet": _Space(
        "FBNet",
        "5,000 networks of the FBNet space, all different, in the order of the source.",
        (1, 32, 64),
        ("silver_4114", "silver_4210r", "gold_6226", "gold_6240"),
    ),
}

_DESCR = """\
{title}
{line}
{networks}

Targets: latency of the whole network in milliseconds, one for each device.

{gpus}
    GPUs, with the batch size at the end of the name.
{others}
    Server CPUs{fpga}.
{phones}
    Phones; the first three in whole milliseconds.

Lower is better. Predictors and searches take larger values for better ones unless they are told
otherwise: negate the latency, or search with direction="minimize".

There is no published split of the architectures.

Source: HELP, H. Lee et al., NeurIPS 2021 (MIT licence), of which some devices are left out here.
{origin}The README in the folder of the data files names the commit and carries the licences.
"""


def load_latency(
    space: str, target: str | Iterable[str] = "pixel3", *, return_X_y: bool = False
) -> Bunch | tuple[SpaceSequence, FloatArray]:
    """Load architectures with their latency on devices.

    **Lower is better.** Predictors and searches prefer high values, so negate the
    latency, or search with ``direction="minimize"``.

    Parameters
    ----------
    space : {"nasbench201", "fbnet"}
        All cells of NAS-Bench-201, or 5,000 networks of the FBNet space.
    target : str or iterable of str, default="pixel3"
        The devices, by the names that the source gives them. In both spaces
        these are ``"silver_4114"``, ``"silver_4210r"`` and ``"gold_6240"``
        (CPUs), ``"essential_ph_1"``, ``"samsung_a50"``, ``"samsung_s7"`` and
        ``"pixel3"`` (phones), and ``"1080ti"``, ``"2080ti"``, ``"titan_rtx"``,
        ``"titanx"`` and ``"titanxp"`` (GPUs) with the batch size appended:
        ``"_1"``, ``"_32"``, and ``"_256"`` (NAS-Bench-201) or ``"_64"`` (FBNet).
        NAS-Bench-201 alone has ``"fpga"``, FBNet alone the CPU ``"gold_6226"``.
        ``"all"`` loads every one.
    return_X_y : bool, default=False
        Return ``(dags, target)`` instead of a Bunch.

    Returns
    -------
    Bunch
        ``dags`` : SpaceSequence of 15,625 cells, in the order of
        :func:`load_nasbench201`, or of 5,000 networks.
        ``target`` : ndarray, shape (n,) or, for several devices,
        (n, n_devices); latency in milliseconds.
        ``target_names`` : list of str, the devices.
        ``DESCR`` : str, what the data are, their source and licence.
        There is no published split.

    Raises
    ------
    ValueError
        If the space or a device is unknown.

    References
    ----------
    H. Lee, S. Lee, S. Chong and S. J. Hwang, HELP: Hardware-adaptive efficient
    latency prediction for NAS via meta-learning, NeurIPS 2021.

    C. Li et al., HW-NAS-Bench: Hardware-aware neural architecture search
    benchmark, ICLR 2021.

    Examples
    --------
    >>> from tagates_sk.datasets import load_latency
    >>> data = load_latency("fbnet", ["pixel3", "1080ti_64"])
    >>> data.dags
    <SpaceSequence of 5000 architectures of FBNet>
    >>> data.target.shape
    (5000, 2)
    >>> print(f"{data.target[:, 0].min():.2f} ms")
    8.32 ms
    """
    if space not in _SPACES:
        raise ValueError(
            f"space={space!r}: latencies come with {' and '.join(map(repr, _SPACES))} only."
        )
    known = _SPACES[space]
    names, single = chosen_targets(target, known.devices, f"the latencies of {known.title}")
    columns = read_arrays(f"latency_{space}", *names)
    latencies = np.stack(columns, axis=1).astype(np.float64)
    y = latencies[:, 0].copy() if single else latencies
    dags = _architectures(space)
    if return_X_y:
        return dags, y
    return Bunch(dags=dags, target=y, target_names=names, DESCR=_description(known))


def _architectures(space: str) -> SpaceSequence:
    if space == "nasbench201":
        (cells,) = read_arrays("nasbench201", "cells")
        return SpaceSequence(NASBench201(), cells.astype(np.uint8, copy=False))
    (cells,) = read_arrays("latency_fbnet", "cells")
    return SpaceSequence(FBNet(), cells)


def _description(space: _Space) -> str:
    title = f"Latency of {space.title}"
    batches = ", ".join(f"_{batch}" for batch in space.batches)
    return _DESCR.format(
        title=title,
        line="=" * len(title),
        networks=space.networks,
        gpus=f"{', '.join(_GPUS)}, each with {batches}",
        others=", ".join(space.others),
        fpga="; fpga is an FPGA" if "fpga" in space.others else "",
        phones=", ".join(_PHONES),
        origin=space.origin,
    )
