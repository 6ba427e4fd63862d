"""save_model and load_model."""

from __future__ import annotations

import json
import math
import os
from typing import Any, cast

from sklearn.utils.validation import check_is_fitted

from .._version import __version__
from ..graphs.foreign import cut, echo
from ..nn.devices import Device, resolve_device, with_gradients
from ..training.estimator import NetworkEstimator
from ..training.network import FittedNetwork
from .document import Reader, Writer, says_no_more
from .fields import ESTIMATORS
from .kinds import LARGEST
from .layout import Contents, ModelFileError, read, write

_FAULTS = (
    ArithmeticError, AttributeError, AssertionError, LookupError, RecursionError, RuntimeError,
    TypeError, ValueError,
)  # fmt: skip
"""What is raised where a file describes no estimator."""

_ESTIMATOR_NAMES = {cls.__name__ for cls in ESTIMATORS}


def save_model(estimator: NetworkEstimator, path: str | os.PathLike[str]) -> None:
    """Save a fitted estimator to a file without pickles.

    The file holds JSON and arrays in the layout of safetensors [1]_. It replaces an
    older one at once: a process that is killed while it saves leaves the old file.

    Parameters
    ----------
    estimator : TAGATESRanker, TAGATESRegressor or neural baseline
        Fitted. Its `features`, if any, are one of the transformers in
        :mod:`tagates_sk.features`.
    path : path-like
        The file; ``.safetensors`` is the usual suffix.

    Raises
    ------
    NotFittedError
        If it is not fitted.
    ModelFileError
        If it is another estimator, has `proxies` or a list of `members`, or has a
        parameter that cannot be saved, such as a RandomState; the message says which.

    See Also
    --------
    load_model : Loads it.

    References
    ----------
    .. [1] https://huggingface.co/docs/safetensors

    Examples
    --------
    >>> import os, tempfile
    >>> from tagates_sk import TAGATESRanker
    >>> from tagates_sk.datasets import load_nasbench201
    >>> from tagates_sk.model_files import load_model, save_model
    >>> X, y = load_nasbench201(return_X_y=True)
    >>> ranker = TAGATESRanker(max_iter=2, random_state=0).fit(X[:20], y[:20])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model(ranker, os.path.join(folder, "ranker.safetensors"))
    ...     loaded = load_model(os.path.join(folder, "ranker.safetensors"))
    >>> bool((loaded.predict(X[:9]) == ranker.predict(X[:9])).all())
    True
    """
    if type(estimator) not in ESTIMATORS:
        raise ModelFileError(
            f"A {type(estimator).__name__} has no model file; one of "
            f"{', '.join(sorted(_ESTIMATOR_NAMES))} is expected. Of a Pipeline or a search save "
            "the fitted estimator itself (pipeline[-1], search.best_estimator_). joblib.dump saves "
            "any estimator, see docs/model_files.md for what that means."
        )
    if getattr(estimator, "proxies", None) is not None:
        raise ModelFileError(
            f"proxies={estimator.proxies!r:.100} are computed from architectures when the model "
            "predicts, and a model file has no form for that. Use joblib.dump, see "
            "docs/model_files.md for what that means."
        )
    if not isinstance(getattr(estimator, "members", ""), str):
        raise ModelFileError(
            f"members={cut(repr(estimator.members), 100)} may have regressors of other libraries, "
            "and a model file has no form for these. Use joblib.dump, see docs/model_files.md for "
            "what that means."
        )
    check_is_fitted(estimator)
    writer = Writer()
    document = writer.object(estimator, "")
    metadata = {
        "library_version": __version__,
        "class": type(estimator).__name__,
        "document": json.dumps(document, allow_nan=False),
    }
    try:
        _restored(metadata, Reader(dict(writer.arrays)))
    except _FAULTS as error:
        raise ModelFileError(
            f"This {type(estimator).__name__} could not be loaded again: {cut(str(error), 120)}. "
            "Were parameters set anew after fit? Set them as they were, or fit it again."
        ) from error
    write(path, Contents(metadata, writer.arrays))


@with_gradients()
def load_model(path: str | os.PathLike[str], device: str | Device = "auto") -> NetworkEstimator:
    """Load an estimator that :func:`save_model` saved.

    Nothing in the file is executed: it holds numbers and text, and the classes
    that may be built of them are in a fixed table.

    Parameters
    ----------
    path : path-like
        The file.
    device : str or torch.device, default="auto"
        Where the model predicts. "auto" is the first GPU if there is one, else the CPU.
        The parameter `device`, which the next fit reads, is unchanged.

    Returns
    -------
    estimator
        It predicts what the saved one did, and its `partial_fit` goes on.

    Raises
    ------
    ModelFileError
        If the file is no model file, truncated, changed after it was saved, or
        of a newer format.
    FileNotFoundError
        If there is none.
    ValueError
        If this machine does not have the device.

    See Also
    --------
    save_model : Saves it; with an example.

    Notes
    -----
    The checksum detects accidental damage. Somebody who changes a file on purpose can
    write a new checksum and cause wrong predictions, but cannot run code.
    """
    chosen = resolve_device(device)
    metadata, arrays = read(path)
    reader = Reader(dict(arrays))
    try:
        estimator = _restored(metadata, reader)
    except _FAULTS as error:
        writer = cut(metadata.get("library_version", "an unknown one"), 20)
        raise ModelFileError(
            f"{os.fspath(path)!r} does not describe a model that this release of tagates_sk "
            f"({__version__}) can build; it was written by {writer}. "
            f"{type(error).__name__}: {cut(str(error), 100)}"
        ) from error
    for network in reader.networks:
        network.to(chosen)
    return estimator


def _whole(digits: str) -> int:
    """A whole number that fits into an array."""
    number = int(digits) if len(digits) < 21 else LARGEST
    if abs(number) >= LARGEST:
        raise ValueError(f"the number {cut(digits)} is too large")
    return number


def _finite(digits: str) -> float:
    """A float; those that JSON lacks are written in another way."""
    number = float(digits) if len(digits) < 400 else math.inf
    if not math.isfinite(number):
        raise ValueError(f"{cut(digits)} is no number of JSON")
    return number


def _restored(metadata: Any, reader: Reader) -> NetworkEstimator:
    """The estimator that a file describes.

    Raises
    ------
    Exception
        One of `_FAULTS`, if it describes none.
    """
    document = json.loads(
        metadata["document"], parse_int=_whole, parse_float=_finite, parse_constant=_finite
    )
    if document["class"] not in _ESTIMATOR_NAMES:
        raise ValueError(f"{echo(document['class'])} is no estimator that is saved in files")
    estimator = cast(NetworkEstimator, reader.object(document))
    network = getattr(estimator, "network_", None)
    if not isinstance(network, FittedNetwork) and not getattr(estimator, "composition_", None):
        raise ValueError(f"the network of the {document['class']} is none")
    writer = Writer()
    same = says_no_more(document, writer.object(estimator, ""))
    if not same or set(writer.arrays) != set(reader.arrays):
        raise ValueError("it says what its estimator would not be written as")
    return estimator
