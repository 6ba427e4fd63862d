"""Files of named arrays and a few strings, in the layout of safetensors.

Eight bytes with the length of the header, the header as JSON, the arrays as
they lie in memory. The strings are in the header's ``__metadata__``; one of
them is a checksum of everything else.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._utils import replacing
from ..graphs.foreign import cut, echo

FORMAT = "tagates_sk model"
FORMAT_VERSION = 2
"""Goes up when older releases cannot read what is written."""

DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2",
    "I8": "|i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1",
}  # fmt: skip
"""Names of types in safetensors, and in NumPy."""

_NAMES = {np.dtype(code): name for name, code in DTYPES.items()}
_LONGEST = 2**48
"""Arrays have fewer numbers."""
_MOST_AXES = 8
_METADATA = "__metadata__"
_CHECKSUM = "sha256"


class ModelFileError(ValueError):
    """A model file cannot be written or read; the message says why, and what to do."""


class Contents(NamedTuple):
    """What is in a file.

    Parameters
    ----------
    metadata : dict of str
        Strings by their names.
    arrays : dict of ndarray
        Arrays by their names.
    """

    metadata: Mapping[str, str]
    arrays: Mapping[str, NDArray[Any]]


def storable(dtype: np.dtype[Any]) -> bool:
    """Whether arrays of a type can be written."""
    return dtype.newbyteorder("<") in _NAMES


def write(path: str | os.PathLike[str], contents: Contents) -> None:
    """Write a file, which is replaced at once or not at all.

    Parameters
    ----------
    path : path-like
    contents : Contents
        With arrays of the types in :data:`DTYPES`.
    """
    little = {
        name: np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")
        for name, array in contents.arrays.items()
    }
    # Large items first: then each array begins at a multiple of its items' size.
    order = sorted(little, key=lambda name: -little[name].dtype.itemsize)
    metadata = {"format": FORMAT, "format_version": str(FORMAT_VERSION), **contents.metadata}
    header: dict[str, Any] = {_METADATA: metadata}
    end = 0
    for name in order:
        array = little[name]
        start, end = end, end + array.nbytes
        header[name] = {
            "dtype": _NAMES[array.dtype], "shape": list(array.shape), "data_offsets": [start, end],
        }  # fmt: skip
    data = b"".join(little[name].tobytes() for name in order)
    metadata[_CHECKSUM] = _checksum(header, data)
    encoded = json.dumps(header).encode()
    encoded += b" " * (-len(encoded) % 8)
    with replacing(path) as file:
        file.write(len(encoded).to_bytes(8, "little"))
        file.write(encoded)
        file.write(data)


def read(path: str | os.PathLike[str]) -> Contents:
    """Read a file that :func:`write` wrote.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Contents

    Raises
    ------
    ModelFileError
        If it is another kind of file, truncated, changed, or of a newer format.
    """
    name = repr(os.fspath(path))
    with open(path, "rb") as file:
        raw = file.read()
    if raw[8:9] != b"{":
        raise ModelFileError(_foreign(name))
    n = int.from_bytes(raw[:8], "little")
    if n > len(raw) - 8:
        raise ModelFileError(
            f"{name} is truncated, or no model file: its header should have {n} bytes and "
            f"{len(raw) - 8} are there. Copy it again, or save the model again."
        )
    header = _header(name, raw[8 : 8 + n])
    data = raw[8 + n :]
    expected = _end(name, header)
    if len(data) != expected:
        what = "truncated" if len(data) < expected else "too long"
        raise ModelFileError(
            f"{name} is {what}: {expected} bytes of numbers are announced and {len(data)} are "
            "there. Copy it again, or save the model again."
        )
    metadata = header[_METADATA]
    stored = metadata.pop(_CHECKSUM, "missing")
    found = _checksum(header, data)
    if stored != found:
        raise ModelFileError(
            f"{name} was changed after it was saved: its SHA-256 checksum is {stored}, that of its "
            f"content {found}. Copy it again, or save the model again."
        )
    arrays = {
        key: np.frombuffer(data[slice(*entry["data_offsets"])], DTYPES[entry["dtype"]])
        .reshape(entry["shape"])
        .copy()
        for key, entry in header.items()
        if key != _METADATA
    }
    return Contents(metadata, arrays)


def _checksum(header: Mapping[str, Any], data: bytes) -> str:
    """SHA-256 of the header without checksum, in one way of writing it, and the data."""
    canonical = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(canonical + b"\n" + data).hexdigest()


def _header(name: str, encoded: bytes) -> dict[str, Any]:
    """The header of a file that is ours and not too new."""
    try:
        header: Any = json.loads(encoded)
    except (ValueError, RecursionError):
        raise ModelFileError(_foreign(name)) from None
    metadata = header.get(_METADATA) if isinstance(header, dict) else None
    if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        raise ModelFileError(_foreign(name))
    version = metadata.get("format_version", "")
    if not (isinstance(version, str) and re.fullmatch("[0-9]{1,9}", version)):
        raise ModelFileError(_damaged(name, f"its format version is {echo(version)}"))
    if int(version) < FORMAT_VERSION:
        raise ModelFileError(
            f"{name} is in format {version}, which no release of tagates_sk wrote; this one reads "
            f"format {FORMAT_VERSION}. Save the model again."
        )
    if int(version) > FORMAT_VERSION:
        writer = cut(str(metadata.get("library_version", "of unknown version")))
        raise ModelFileError(
            f"{name} is in format {version}, written by tagates_sk {writer}; this release reads "
            f"format {FORMAT_VERSION}. Upgrade tagates_sk to load it."
        )
    return dict(header)


def _end(name: str, header: Mapping[str, Any]) -> int:
    """Bytes of all arrays, which must lie one after the other."""
    end = 0
    for key, entry in header.items():
        if key == _METADATA:
            if not all(isinstance(value, str) for value in entry.values()):
                raise ModelFileError(_damaged(name, "its metadata are not all text"))
            continue
        try:
            shape, (start, stop) = entry["shape"], entry["data_offsets"]
            whole = all(type(n) is int and 0 <= n < _LONGEST for n in [*shape, start, stop])
            whole &= len(shape) <= _MOST_AXES
            # An axis of length 0 hides how long the others are.
            whole = whole and math.prod(max(n, 1) for n in shape) < _LONGEST
            size = math.prod(shape) * np.dtype(DTYPES[entry["dtype"]]).itemsize if whole else -1
        except (KeyError, TypeError, ValueError):
            what = f"what it says of {echo(key)} is no table"
            raise ModelFileError(_damaged(name, what)) from None
        if start != end or stop - start != size:
            raise ModelFileError(_damaged(name, f"{echo(key)} does not lie where its size says"))
        end = stop
    return end


def _damaged(name: str, why: str) -> str:
    return f"{name} is damaged: {why}. Copy it again, or save the model again."


def _foreign(name: str) -> str:
    return (
        f"{name} is no model file of tagates_sk: load_model reads what save_model wrote. A file of "
        "joblib.dump is read by joblib.load, which executes what is in it: only if you trust it."
    )
