"""Benchmarks to search in: candidates, and the accuracies of cells."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from tagates_sk.datasets import load_nasbench101, load_nasbench201
from tagates_sk.graphs import read_architectures
from tagates_sk.graphs.canonical import canonical_forms


class NASBench201Table:
    """NAS-Bench-201: all cells are candidates, looked up by their strings."""

    def __init__(self, target: str) -> None:
        self.bunch = load_nasbench201(target)
        self.space = self.bunch.dags.space
        self.candidates = self.bunch.dags
        natives = self.bunch.dags.native()
        self.row = {native: row for row, native in enumerate(natives)}

    def __call__(self, cells: Any) -> list[float]:
        """Accuracies of cells."""
        rows = [self.row[self.space.from_dag(cell)] for cell in cells]
        return self.bunch.target[rows].tolist()


class NASBench101Table:
    """NAS-Bench-101: 423,624 cells are too many to score in each round, so a space draws them."""

    def __init__(self, target: str) -> None:
        self.bunch = load_nasbench101()
        self.space = self.bunch.dags.space
        self.candidates = self.space
        self.row: dict[int, int] = {}
        for start in range(0, len(self.bunch.dags), 20_000):
            for key in structures(self.bunch.dags[start : start + 20_000]):
                self.row[key] = len(self.row)

    def __call__(self, cells: Any) -> list[float]:
        """Accuracies of cells."""
        return self.bunch.target[[self.row[key] for key in structures(cells)]].tolist()


def structures(cells: Any) -> Iterator[int]:
    """A number for each cell, equal for isomorphic ones."""
    return (hash(form.cells) for form in canonical_forms(read_architectures(cells)))


@cache
def benchmark(space: str, target: str) -> Any:
    return {"nasbench201": NASBench201Table, "nasbench101": NASBench101Table}[space](target)
