"""Evaluating many architectures: each form once, on as many processes as joblib gives."""

from __future__ import annotations

import hashlib
import pickle
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import joblib
import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils.validation import check_memory
from torch import Tensor

from .._utils import Floats, progress
from .._version import __version__
from ..graphs import PackedGraphs
from ..graphs.canonical import (
    CanonicalCell,
    CanonicalForm,
    operation_names,
    pack_canonical,
)
from ..nn.devices import full_precision, one_thread, single_precision, with_gradients
from ..parallel import run_tasks
from .code_digest import code_digest
from .network import Network, NetworkConfig, network_from_packed
from .operations import Registered, factories_for
from .saliency import Metric, weight_saliencies

Cells = tuple[CanonicalCell, ...]
Data = tuple[NDArray[np.float32], NDArray[np.int64]]

CACHE_SIZE = 200_000
"""Architectures whose results a process remembers: a few hundred bytes each."""


@dataclass(frozen=True)
class Setting:
    """All that a result depends on, beside the architecture.

    Parameters
    ----------
    network : NetworkConfig
    metrics : tuple of (str, Metric)
    image_size, batch_size : int
        Of the random images; not looked at where there are data.
    n_init : int
        Initialisations to average over.
    seed : int
        Initialisation i has the seed ``seed + i``, for every architecture.
    data : str
        Digest of the user's images and labels, or ``""``.
    code : tuple of str
        Digests of the code that the result depends on: what is kept on disk
        outlives it.
    """

    network: NetworkConfig
    metrics: tuple[tuple[str, Metric], ...]
    image_size: int
    batch_size: int
    n_init: int
    seed: int
    data: str = ""
    code: tuple[str, ...] = ()


Function = Callable[[Cells, Setting, Mapping[str, Any], Data | None, str], Floats]


def operation_saliencies(
    cells: Cells, setting: Setting, factories: Mapping[str, Any], data: Data | None, device: str
) -> Floats:
    """Saliencies of every operation, mean over the initialisations.

    Parameters
    ----------
    cells : tuple of CanonicalCell
        The architecture.
    setting : Setting
    factories : mapping of str to Registered
        How its operations are built.
    data : (images, labels), optional
    device : str

    Returns
    -------
    ndarray, shape (n_ops, n_metrics)
        In canonical order; zeros for operations without weights.
    """
    metrics = dict(setting.metrics)
    packed = pack_canonical(cells)
    total = np.zeros((len(packed.op_type), len(metrics)))
    with with_gradients(), full_precision():
        for network, images, labels in networks(packed, setting, factories, data, device):
            owner = {
                id(parameter): m
                for m, modules in enumerate(network.operation_modules)
                for module in modules
                for parameter in module.parameters()
            }
            weights, terms = weight_saliencies(network, images, labels, metrics)
            owned = np.array([owner.get(id(weight), -1) for weight in weights], dtype=np.int64)
            for k, (name, metric) in enumerate(setting.metrics):
                total[:, k] += sums(
                    metric, terms[name][owned >= 0], owned[owned >= 0], len(total), setting.n_init
                )
    return total / setting.n_init


def sums(metric: Metric, terms: Floats, group: NDArray[np.int64], n: int, n_init: int) -> Floats:
    """Saliencies of groups of weights, finite whatever the terms are.

    So is the sum of `n_init` of them, and the difference of two such means.
    """
    largest = float(np.finfo(np.float64).max) / (2 * n_init)
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.zeros(n)
        np.add.at(values, group, terms)
        if metric.finish is not None:
            values = metric.finish(values)
    finite: Floats = np.nan_to_num(values, nan=0.0, posinf=largest, neginf=-largest)
    return finite.clip(-largest, largest)


def networks(
    packed: PackedGraphs,
    setting: Setting,
    factories: Mapping[str, Any],
    data: Data | None,
    device: str,
) -> Iterator[tuple[Network, Tensor, Tensor]]:
    """One network for each initialisation, with a batch for it; on one thread.

    One thread, because the last digits of a sum depend on how many there are;
    processes are joblib's business.
    """
    with one_thread():
        for seed in range(setting.seed, setting.seed + setting.n_init):
            with single_precision():
                network = network_from_packed(packed, setting.network, factories, seed)
                images, labels = _batch(setting, data, seed)
            yield network.to(device), images.to(device), labels.to(device)


def _batch(setting: Setting, data: Data | None, seed: int) -> tuple[Tensor, Tensor]:
    if data is not None:
        return torch.from_numpy(data[0]), torch.from_numpy(data[1])
    generator = torch.Generator().manual_seed(seed)
    n, size = setting.batch_size, setting.image_size
    images = torch.randn(n, setting.network.in_channels, size, size, generator=generator)
    return images, torch.randint(setting.network.n_classes, (n,), generator=generator)


def check_data(images: Any, labels: Any) -> tuple[Data | None, str]:
    """The user's images and labels, and a digest of them.

    Raises
    ------
    ValueError
        If only one of the two is given, or their shapes do not fit.
    """
    if images is None and labels is None:
        return None, ""
    if images is None or labels is None:
        raise ValueError("images and labels go together: give both, or neither for random ones.")
    images, labels = np.ascontiguousarray(images, dtype=np.float32), np.asarray(labels)
    if images.ndim != 4 or labels.shape != (len(images),) or len(images) == 0:
        raise ValueError(
            f"images has shape {images.shape} and labels {labels.shape}; (n, channels, height, "
            "width) and (n,) are expected."
        )
    if labels.dtype.kind not in "iu" or labels.min() < 0:
        raise ValueError("labels must be whole numbers from 0 on, one class each.")
    if not np.isfinite(images).all():
        raise ValueError("images has values that are not finite.")
    labels = labels.astype(np.int64)
    digest = hashlib.sha256(repr((images.shape, images.dtype, labels.dtype)).encode())
    digest.update(images.tobytes() + labels.tobytes())
    return (images, labels), digest.hexdigest()


def with_digest(
    function: Function,
    cells: Cells,
    setting: Setting,
    factories: Mapping[str, Any],
    data: Data | None,
    device: str,
) -> tuple[Floats, str]:
    """What a function gives, and a digest of it: what is read from a disk may have changed."""
    result = function(cells, setting, factories, data, device)
    return result, _digest(result)


def _digest(result: Floats) -> str:
    content = hashlib.sha256(repr((result.shape, result.dtype.str)).encode())
    content.update(result.tobytes())
    return content.hexdigest()


def _intact(call: Any, *arguments: Any) -> tuple[Floats, bool]:
    """The result of a cached call, computed again if the entry is corrupt; whether it was not."""
    for was_intact in (True, False):
        match call(*arguments):
            case (np.ndarray() as result, str(digest)) if _digest(result) == digest:
                return result, was_intact
        call.call_and_shelve(*arguments).clear()
    return call.func(*arguments)[0], False  # a disk that cannot be mended, or is read-only


class _Cache:
    """What this process has computed, the least recently used forgotten first."""

    def __init__(self) -> None:
        self._results: OrderedDict[Any, Floats] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Any) -> Floats | None:
        with self._lock:
            if key not in self._results:
                return None
            self._results.move_to_end(key)
            return self._results[key]

    def put(self, key: Any, result: Floats) -> None:
        with self._lock:
            self._results[key] = result
            while len(self._results) > CACHE_SIZE:
                self._results.popitem(last=False)


_cache = _Cache()


def evaluate(
    function: Function,
    packed: PackedGraphs,
    forms: Sequence[CanonicalForm],
    setting: Setting,
    data: Data | None,
    *,
    device: str = "cpu",
    n_jobs: int | None = None,
    memory: Any = None,
    verbose: int = 0,
) -> list[Floats]:
    """Apply a function to every architecture, once for all that are isomorphic.

    Parameters
    ----------
    function : callable
        Such as :func:`operation_saliencies`; must be importable by workers.
    packed : PackedGraphs
    forms : sequence of n CanonicalForm
        Of these graphs.
    setting : Setting
    data : (images, labels) or None
    device : str
    n_jobs : int or None
        As everywhere in scikit-learn; the backend is the one that
        :func:`joblib.parallel_config` sets.
    memory : None, str or joblib.Memory
        Where results are kept on disk.
    verbose : int
        Whether to show a progress bar.

    Returns
    -------
    list of n ndarray
        The same object for isomorphic architectures.

    Warns
    -----
    UserWarning
        If results on disk were changed after they had been written, or if new ones
        cannot be written.

    Raises
    ------
    OSError
        If `memory` is a new folder that cannot be made.
    """
    factories = factories_for(packed.used_operations(), packed=packed)
    keys = [
        (
            function,
            cells,
            setting,
            device,
            tuple((name, factories[name]) for name in operation_names(cells)),
        )
        for cells in (form.cells for form in forms)
    ]
    found = {key: _cache.get(key) for key in keys}
    todo = [key for key, result in found.items() if result is None]
    try:
        call = check_memory(memory).cache(with_digest, ignore=["data", "device"], verbose=0)
    except OSError as error:
        message = (
            f"memory= cannot be used ({error.strerror}): expected a folder that you may write to, "
            "or None"
        )
        raise OSError(error.errno, message, error.filename) from None
    digest = cache(code_digest)

    def told_apart(built: Iterable[tuple[str, Registered]]) -> Setting:
        """The setting, with the code on which what is kept on disk depends."""
        if memory is None:
            return setting
        parts: list[Any] = [function, *(entry.factory for _, entry in built)]
        parts += [part for _, metric in setting.metrics for part in (metric.term, metric.finish)]
        return replace(setting, code=(__version__, *map(digest, parts)))

    jobs = (
        joblib.delayed(_intact)(call, function, cells, told_apart(built), dict(built), data, device)
        for _, cells, _, _, built in todo
    )
    advice = "Try again with fewer n_jobs" + (
        "; set memory= to a folder, and a next run keeps what this one did."
        if memory is None
        else ": what was computed is in memory= and is not computed again."
    )
    results = run_tasks(jobs, n_jobs, advice) if todo else []
    # What is all known needs no bar: a transform after a fit would show an empty one.
    shown = progress(results, verbose and todo, total=len(todo), desc="zero-cost", unit="net")
    n_corrupt = 0
    try:
        for key, (result, was_intact) in zip(todo, shown, strict=True):
            found[key] = result
            _cache.put(key, result)
            n_corrupt += not was_intact
    except pickle.PicklingError as error:
        raise ValueError(
            "A metric or an operation is a function that cannot be pickled, so its results cannot "
            "be kept in memory=: define it at the top of a module, or set memory=None "
            f"({error.args[0]})."
        ) from None
    if n_corrupt:
        warnings.warn(
            f"{n_corrupt} of {len(todo)} results in memory= were not what had been written, and "
            "were computed again. Check the disk.",
            stacklevel=2,
        )
    return [found[key] for key in keys]  # type: ignore[misc]
