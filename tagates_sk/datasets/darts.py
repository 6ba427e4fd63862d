"""DARTS architectures, read from files that the user has."""

from __future__ import annotations

import csv
import gzip
import os
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import Bunch

from ..spaces import DARTS, Genotype, SpaceSequence
from .files import FloatArray


class _Subset(NamedTuple):
    file: str
    target: str
    about: str


_SUBSETS = {
    "oncenas545": _Subset(
        "darts_oncenas545.csv.gz",
        "valid_acc_ep50",
        "545 architectures of OnceNAS-Bench, trained for 50 epochs; accuracies on CIFAR-10 in\n"
        "percent. The normal and the reduction cell differ; operations include none.\n"
        "Source: github.com/OnceNAS-Bench/OnceNAS-Bench, data-545.csv. No licence is stated.",
    ),
    "swap1000": _Subset(
        "darts_swap1000.csv.gz",
        "valid_acc_200",
        "1,000 architectures of SWAP-NAS (Peng et al., ICLR 2024), trained for 200 epochs;\n"
        "validation accuracy on CIFAR-10 in percent. Normal and reduction cell are the same;\n"
        "operations include none, and two edges of a node can come from one predecessor.\n"
        "Source: github.com/pym1024/SWAP, datasets/DARTS_archs_CIFAR10.csv. No licence is stated.",
    ),
    "nb301_surrogate": _Subset(
        "darts_nb301_surrogate_zerocost.csv.gz",
        "surrogate_val_acc_98",
        "1,218 architectures with zero-cost scores. The accuracy is a prediction of the\n"
        "NAS-Bench-301 surrogate, not a measurement.\n"
        "Source: github.com/automl/NASLib, zc_nasbench301.json (Apache-2.0).",
    ),
}


def load_darts(
    path: str | os.PathLike[str],
    subset: str = "oncenas545",
    *,
    target: str | None = None,
    return_X_y: bool = False,
) -> Bunch | tuple[SpaceSequence, FloatArray]:
    """Load architectures of the DARTS space from files of the user.

    The files do not come with the package, because two of them have no open
    licence.

    Parameters
    ----------
    path : str or path-like
        Folder of the files, or one file. A file is a table in gzipped CSV with
        the columns ``normal`` and ``reduce`` and any number of numeric ones. A
        cell is eight tokens ``operation:predecessor`` joined by ``;``, two for
        each of the nodes 2 to 5; operations are numbered as in
        ``DARTS.operations``.
    subset : {"oncenas545", "swap1000", "nb301_surrogate"}, default="oncenas545"
        Which file: 545 architectures trained for 50 epochs, 1,000 trained for
        200, or 1,218 with predictions of the NAS-Bench-301 surrogate.
    target : str, default=None
        Name of the column to take for target; by default the final validation
        accuracy.
    return_X_y : bool, default=False
        Return ``(dags, target)`` instead of a Bunch.

    Returns
    -------
    Bunch
        ``dags`` : SpaceSequence; an architecture is a tuple of two DAGs.
        ``target`` : ndarray, shape (n,), in percent.
        ``target_names`` : list of str.
        ``columns`` : dict of ndarray, shape (n,), all numeric columns of the
        file; blank fields are NaN.
        ``DESCR`` : str, what the data are and their source.
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
    >>> data = load_darts("data/darts", "swap1000")  # doctest: +SKIP
    >>> data.dags  # doctest: +SKIP
    <SpaceSequence of 1000 architectures of DARTS>
    """
    if subset not in _SUBSETS:
        raise ValueError(f"subset={subset!r} is not known; the subsets are {', '.join(_SUBSETS)}.")
    name, default_target, about = _SUBSETS[subset]
    file = Path(path)
    if file.is_dir():
        file /= name
    if not file.is_file():
        raise FileNotFoundError(
            f"{file} is not there. Pass the folder that has {name}; the DARTS files do not come "
            "with this package."
        )
    table = _read(file)
    if not table or not {"normal", "reduce"} <= table[0].keys():
        found = ", ".join(table[0]) if table else "no rows"
        raise ValueError(f"{file} has {found}; rows with columns normal and reduce are expected.")
    columns = _numeric_columns(table)
    wanted = default_target if target is None else target
    if wanted not in columns:
        raise ValueError(
            f"target={wanted!r} is no numeric column of {file}; there are {', '.join(columns)}."
        )
    dags = _sequence(table, file)
    if return_X_y:
        return dags, columns[wanted]
    return Bunch(
        dags=dags,
        target=columns[wanted],
        target_names=[wanted],
        columns=columns,
        DESCR=f"DARTS: {subset}\n{'=' * (7 + len(subset))}\n{about}\n",
    )


def _read(file: Path) -> list[dict[str, str]]:
    """Rows of a table, all with the columns of its first line."""
    try:
        with gzip.open(file, "rt", encoding="utf-8", newline="") as stream:
            table = list(csv.DictReader(stream))
    except (gzip.BadGzipFile, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{file} is not a whole CSV file under gzip: {error}") from error
    for number, row in enumerate(table):
        if None in row or None in row.values():
            raise ValueError(
                f"{file}, row {number}: it has {'more' if None in row else 'fewer'} fields than "
                f"the first line has columns ({len(row.keys() - {None})})."
            )
    return table


def _numeric_columns(table: list[dict[str, str]]) -> dict[str, FloatArray]:
    columns = {}
    for name in table[0].keys() - {"normal", "reduce", "id", "index"}:
        try:
            columns[name] = np.array([float(row[name] or "nan") for row in table])
        except ValueError:
            continue
    return {name: columns[name] for name in table[0] if name in columns}


def _sequence(table: list[dict[str, str]], file: Path) -> SpaceSequence:
    space = DARTS()
    concat = [2, 3, 4, 5]
    genotypes: list[Any] = []
    for number, row in enumerate(table):
        try:
            genotype = Genotype(_edges(row["normal"]), concat, _edges(row["reduce"]), concat)
            space.validate(genotype)
        except ValueError as error:
            raise ValueError(f"{file}, row {number}: {error}") from None
        genotypes.append(genotype)
    return space.sequence(genotypes)


def _edges(cell: str) -> list[tuple[str, int]]:
    edges = []
    for token in cell.split(";"):
        op, _, predecessor = token.partition(":")
        if not (op.isdigit() and predecessor.isdigit() and int(op) < len(DARTS.operations)):
            raise ValueError(
                f"{token!r} is no edge; operation:predecessor is expected, with operations from "
                f"0 to {len(DARTS.operations) - 1}."
            )
        edges.append((DARTS.operations[int(op)], int(predecessor)))
    return edges
