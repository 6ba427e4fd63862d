"""A cell of NAS-Bench-201 as six choices, for searches of other libraries."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
from common import finished, run_all

from tagates_sk.datasets import load_nasbench201
from tagates_sk.spaces import NASBench201

RESULTS = Path(__file__).parents[2] / "docs" / "results"
OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
EDGES = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]
MOST = 1000
"""Evaluations after which a search ends."""
WITHIN = 0.1
"""Points below the best cell, where it has arrived."""


def cell(*operations: str) -> nx.DiGraph:
    """The cell of six operations."""
    dag = nx.DiGraph()
    for (tail, head), operation in zip(EDGES, operations, strict=True):
        dag.add_edge(tail, head, op=operation)
    return dag


def table() -> tuple[Callable[[nx.DiGraph], float], float]:
    """The accuracy of a cell, and that which a search wants."""
    bunch, space = load_nasbench201(), NASBench201()
    accuracies = dict(zip(map(bytes, bunch.dags.table), bunch.target, strict=True))

    def accuracy(dag: nx.DiGraph) -> float:
        return float(accuracies[bytes(space.to_digits(space.from_dag(dag)))])

    return accuracy, float(bunch.target.max() - WITHIN)


def quartiles(rows: Sequence[dict[str, Any]], field: str) -> str:
    """How many searches there were, evaluations until they ended, and how many did not arrive."""
    low, median, high = np.percentile([int(row[field]) for row in rows], [25, 50, 75])
    missed = sum(not int(row["reached"]) for row in rows)
    return f"{len(rows)} | {median:g} [{low:g}, {high:g}] | {missed} |"


def compare(
    doc: str | None,
    names: Collection[str],
    n_seeds: int,
    csv: str,
    search: Callable[[dict[str, Any]], dict[str, Any]],
    fields: Sequence[str],
    report: Callable[[list[dict[str, Any]]], str],
) -> None:
    """Run the searches that the command line asks for, and write the page of all rows.

    The first field is what is compared, with a seed as the second.
    """
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = fields[0]
    parser.add_argument("--seeds", type=int, default=n_seeds)
    parser.add_argument(
        f"--{what}s", dest="names", nargs="+", choices=list(names), default=list(names)
    )
    parser.add_argument("--csv", type=Path, default=RESULTS / csv)
    arguments = parser.parse_args()
    tasks = [
        {what: name, "seed": seed} for seed in range(arguments.seeds) for name in arguments.names
    ]
    run_all(tasks, arguments.csv, 1, search, fields, fields[:2])
    page = report(finished(arguments.csv))
    arguments.csv.with_suffix(".md").write_text(page)
    print(page)
