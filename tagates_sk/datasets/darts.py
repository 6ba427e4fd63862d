"""DARTS architectures, read from files that the user has."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import Bunch

from ..spaces import DARTS, SpaceSequence
from .files import FloatArray


class _Subset(NamedTuple):
    files: tuple[str, ...]
    """Names of the file, the first one that there is is read."""
    targets: tuple[str, ...]
    """Names of the target, one for each form of the file."""
    about: str


_SUBSETS = {
    "oncenas545": _Subset(
        ("darts_oncenas545.csv.gz", "data-545.csv"),
        ("valid_acc_ep50", "valid_acc50"),
        "Architectures of OnceNAS-Bench, trained for 50 epochs; accuracies on CIFAR-10 in\n"
        "percent. The normal and the reduction cell differ; operations include none.\n"
        "Source: github.com/OnceNAS-Bench/OnceNAS-Bench, data-545.csv. No licence is stated.",
    ),
    "swap1000": _Subset(
        ("darts_swap1000.csv.gz", "DARTS_archs_CIFAR10.csv"),
        ("valid_acc_200",),
        "Architectures of SWAP-NAS (Peng et al., ICLR 2024), trained for 200 epochs;\n"
        "validation accuracy on CIFAR-10 in percent. Normal and reduction cell are the same;\n"
        "operations include none, and two edges of a node can come from one predecessor.\n"
        "Source: github.com/pym1024/SWAP, datasets/DARTS_archs_CIFAR10.csv. No licence is stated.",
    ),
    "nb301_surrogate": _Subset(
        ("darts_nb301_surrogate_zerocost.csv.gz", "zc_nasbench301.json"),
        ("surrogate_val_acc_98", "val_accuracy"),
        "Architectures with zero-cost scores. The accuracy is a prediction of the\n"
        "NAS-Bench-301 surrogate, not a measurement.\n"
        "Source: github.com/automl/NASLib, zc_nasbench301.json (Apache-2.0).",
    ),
}


class _Table(NamedTuple):
    form: str
    """How the architectures are written, in words."""
    space: DARTS
    natives: list[Any]
    columns: dict[str, FloatArray]


def load_darts(
    path: str | os.PathLike[str],
    subset: str | None = None,
    *,
    target: str | None = None,
    return_X_y: bool = False,
) -> Bunch | tuple[SpaceSequence, FloatArray]:
    """Load architectures of the DARTS space from files of your own.

    The files do not come with the package, because two of them have no open
    licence. Each is read as its source publishes it, or as a compact table.

    Parameters
    ----------
    path : str or path-like
        A file, or the folder that has those of the subsets, under the names that
        their sources give them. A file, which may be gzipped, is one of

        - CSV with a column of printed genotypes, ``"Genotype(normal=[...], ...)"``,
          with names of the columns in its first line or without (as the tables
          of SWAP-NAS and OnceNAS-Bench);
        - JSON of zero-cost scores as NASLib publishes it;
        - CSV with the columns ``normal`` and ``reduce``, in which a cell is
          eight tokens ``operation:predecessor`` joined by ``;``, two for each of
          the nodes 2 to 5, with operations numbered as in DARTS, ``none`` first.
    subset : {"oncenas545", "swap1000", "nb301_surrogate"}, default=None
        What the file is: 545 architectures trained for 50 epochs, 1,000 trained
        for 200, or those with predictions of the NAS-Bench-301 surrogate. None is
        ``"oncenas545"`` for a folder; a file is recognised by its name and columns,
        else it is read as a table of your own.
    target : str, default=None
        Name of the column that is the target; by default the final validation
        accuracy of a subset, or the only column with numbers.
    return_X_y : bool, default=False
        Return ``(dags, target)`` instead of a Bunch.

    Returns
    -------
    Bunch
        ``dags`` : SpaceSequence; an architecture is a tuple of two DAGs.
        ``target`` : ndarray, shape (n,), in percent.
        ``target_names`` : list of str.
        ``columns`` : dict of ndarray, shape (n,), all numeric columns of the
        file; blank fields are NaN. Columns without a name are ``column1`` and so on.
        ``DESCR`` : str, what was read, what the data are and their source.
        There is no published split.

    Raises
    ------
    FileNotFoundError
        If the file is not there.
    ValueError
        If `subset` or `target` is unknown, or the file is not as described.

    Examples
    --------
    >>> from tagates_sk.datasets import load_darts
    >>> data = load_darts("data/DARTS_archs_CIFAR10.csv")  # doctest: +SKIP
    >>> data.dags  # doctest: +SKIP
    <SpaceSequence of 1000 architectures of DARTS>
    """
    if subset not in (None, *_SUBSETS):
        raise ValueError(f"subset={subset!r} is not known; the subsets are {', '.join(_SUBSETS)}.")
    file, subset = _find(Path(path), subset)
    table = _read(file, None if subset is None else _SUBSETS[subset].targets[0])
    if subset is None:
        subset = _recognised(table.columns)
    wanted = _target(file, table.columns, subset, target)
    try:
        dags = SpaceSequence(DARTS(), table.space.sequence(table.natives).table)
    except ValueError as error:
        fault = str(error).removeprefix("Architecture ")
        raise ValueError(f"{file}, row {fault}") from None
    if return_X_y:
        return dags, table.columns[wanted]
    title = f"DARTS: {subset or file.name}"
    about = "A table of the user's; its source is not known." if subset is None else (
        _SUBSETS[subset].about
    )  # fmt: skip
    return Bunch(
        dags=dags,
        target=table.columns[wanted],
        target_names=[wanted],
        columns=table.columns,
        DESCR=f"{title}\n{'=' * len(title)}\nRead: {len(dags):,} architectures from {file.name}, "
        f"{table.form}; the target is {wanted}.\n\n{about}\n",
    )


def _find(path: Path, subset: str | None) -> tuple[Path, str | None]:
    """The file to read, and which subset its name says it is."""
    if not path.is_dir():
        if not path.is_file():
            raise FileNotFoundError(f"{path} is not there; the DARTS files do not come with this "
                                    "package.")  # fmt: skip
        named = (name for name, known in _SUBSETS.items() if path.name in known.files)
        return path, subset or next(named, None)
    subset = subset or "oncenas545"
    names = _SUBSETS[subset].files
    found = next((path / name for name in names if (path / name).is_file()), None)
    if found is None:
        raise FileNotFoundError(
            f"{path / names[0]} is not there. Pass the folder that has {' or '.join(names)}, or "
            "the file; the DARTS files do not come with this package."
        )
    return found, subset


def _recognised(columns: dict[str, FloatArray]) -> str | None:
    return next(
        (name for name, known in _SUBSETS.items() if columns.keys() & {*known.targets}), None
    )


def _target(
    file: Path, columns: dict[str, FloatArray], subset: str | None, target: str | None
) -> str:
    if target is None:
        usual = () if subset is None else _SUBSETS[subset].targets
        target = next((name for name in usual if name in columns), None)
        if target is None and len(columns) == 1:
            (target,) = columns
    if target not in columns:
        raise ValueError(
            f"target={target!r} is no numeric column of {file}; there are {', '.join(columns)}."
        )
    return target


def _read(file: Path, unnamed: str | None) -> _Table:
    content = file.read_bytes()
    try:
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        text = content.decode("utf-8-sig")
    except (gzip.BadGzipFile, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise ValueError(f"{file} is not whole, or no text: {error}") from error
    if text.lstrip()[:1] == "{":
        return _scores(text, file)
    return _csv(text, file, unnamed)


def _scores(text: str, file: Path) -> _Table:
    """NASLib's zero-cost scores: data set, then architecture, then its numbers."""
    try:
        (records,) = json.loads(text).values()
        natives = [*records]
        named = dict.fromkeys(name for record in records.values() for name in record)
        columns = {
            name: np.array([_score(record.get(name)) for record in records.values()])
            for name in named
        }
    except (AttributeError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(
            f"{file} is no JSON of zero-cost scores as in zc_nasbench301.json ({error}): one data "
            "set with a mapping from architectures to their scores is expected."
        ) from None
    if not natives:
        raise ValueError(f"{file} has no architectures.")
    return _Table(
        "JSON of NASLib with NASLib's pairs of numbers", DARTS(encoding="naslib"), natives,
        {name: column for name, column in columns.items() if not np.isnan(column).all()},
    )  # fmt: skip


def _score(value: Any) -> float:
    """A number, which NASLib keeps beside the time that it took."""
    value = value.get("score") if isinstance(value, dict) else value
    return float(value) if isinstance(value, (int, float)) else np.nan


def _csv(text: str, file: Path, unnamed: str | None) -> _Table:
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    except csv.Error as error:
        raise ValueError(f"{file} is no CSV file: {error}") from error
    printed = [k for k, field in enumerate(rows[0] if rows else []) if "(" in field]
    if printed:  # the first line is an architecture already
        numbered = [f"column{k}" for k in range(len(rows[0]))]
        if unnamed is not None and len(numbered) == 2:
            numbered[1 - printed[0]] = unnamed
        rows.insert(0, numbered)
    if len(rows) < 2:
        raise ValueError(f"{file} has no rows; architectures and their numbers are expected.")
    names, *rows = rows
    for number, row in enumerate(rows):
        if len(row) != len(names):
            raise ValueError(
                f"{file}, row {number}: it has {'more' if len(row) > len(names) else 'fewer'} "
                f"fields than the first line has columns ({len(names)})."
            )
    by_name = dict(zip(names, zip(*rows, strict=True), strict=True))
    columns = _numeric_columns(by_name)
    genotypes = [name for name, column in by_name.items() if column[0].lstrip()[:8] == "Genotype"]
    if {"normal", "reduce"} <= by_name.keys():
        cells = zip(by_name["normal"], by_name["reduce"], strict=True)
        natives: list[Any] = [
            [_pairs(cell, f"{file}, row {number}") for cell in both]
            for number, both in enumerate(cells)
        ]
        return _Table(
            "a compact table with the columns normal and reduce", DARTS(encoding="darts"), natives,
            columns,
        )  # fmt: skip
    if not genotypes:
        raise ValueError(
            f"{file} has {', '.join(names)}; a column of printed genotypes, Genotype(normal=[...], "
            "...), or the columns normal and reduce are expected."
        )
    return _Table(
        f"a table with printed genotypes in {genotypes[0]}", DARTS(), [*by_name[genotypes[0]]],
        columns,
    )  # fmt: skip


def _numeric_columns(by_name: Mapping[str, Sequence[str]]) -> dict[str, FloatArray]:
    columns = {}
    for name, column in by_name.items():
        if name in ("normal", "reduce", "id", "index"):
            continue
        try:
            columns[name] = np.array([float(field or "nan") for field in column])
        except ValueError:
            continue
    return columns


def _pairs(cell: str, place: str) -> list[tuple[int, int]]:
    """Tokens operation:predecessor as pairs (predecessor, operation)."""
    pairs = []
    for token in cell.split(";"):
        op, _, predecessor = token.partition(":")
        if not (op.isdecimal() and predecessor.isdecimal()):
            raise ValueError(f"{place}: {token!r} is no edge; operation:predecessor is expected.")
        pairs.append((int(predecessor), int(op)))
    return pairs
