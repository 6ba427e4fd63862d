"""Tables of the appendix are what the scripts print from the CSV files beside them."""

from __future__ import annotations

import csv
import importlib
import re
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "docs" / "results"
FOLDERS = {True: ROOT / "examples" / "benchmarks", False: ROOT / "examples"}

TABLES = [
    ("table3", "fidelities"),
    ("extrapolation", "fidelities"),
    ("conditions", "fidelities"),
    ("values", "values"),
    ("pretraining", "pretraining"),
    ("attributes", "README"),
    ("latency_transfer", "latency_transfer"),
    ("search_zero_cost", "README"),
    ("search_zero_cost_forms", "README"),
    ("symmetry_breaking", "README"),
    ("search_defaults", "search_defaults"),
    ("table1", "table1"),
    ("optuna_queries", "optuna_queries"),
    ("neps_queries", "neps_queries"),
    ("search_nasbench201", "search_queries"),
    ("search_digits", "search_digits"),
]
"""Scripts, and the pages of docs/results that have their tables."""


def printed(script: str, name: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a script makes of the rows in a CSV file."""
    before = set(sys.modules)
    for folder in FOLDERS.values():
        monkeypatch.syspath_prepend(str(folder))
    module: Any = importlib.import_module(script)
    rows = importlib.import_module("common").finished(RESULTS / f"{name}.csv")
    try:
        if script == "symmetry_breaking":
            rows = {name: [r for r in rows if r["setting"] == name] for name in module.SETTINGS}
            return module.table(rows)
        if script == "search_digits":
            rows = [{k: v if k == "method" else float(v) for k, v in row.items()} for row in rows]
        return module.report(rows)
    finally:
        for name in set(sys.modules) - before:  # names that mean nothing elsewhere
            if getattr(sys.modules[name], "__file__", None) and any(
                Path(str(sys.modules[name].__file__)).parent == folder
                for folder in FOLDERS.values()
            ):
                del sys.modules[name]


@pytest.mark.parametrize(("script", "page"), TABLES, ids=[script for script, _ in TABLES])
def test_tables_are_what_scripts_print(
    script: str, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "search_queries" if script == "search_nasbench201" else script
    lines = [line for line in printed(script, name, monkeypatch).splitlines() if "|" in line]
    rows = [line for line in lines if re.search(r"\d", line)]
    assert rows
    there = {normal(line) for line in (RESULTS / f"{page}.md").read_text("utf-8").splitlines()}
    assert not [row for row in rows if normal(row) not in there]


def test_ten_measurements_of_a_new_device_are_enough() -> None:
    """Above ridge regression by a point on five GPUs that are no references."""
    with (RESULTS / "latency_transfer.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))

    def mean(space: str, device: str, predictor: str) -> float:
        found = [
            float(row["spearman_rho"])
            for row in rows
            if (row["space"], row["device"], row["predictor"]) == (space, device, predictor)
        ]
        assert len(found) == 12
        return sum(found) / 12

    assert mean("nasbench201", "titan_rtx_256", "elastic") >= 0.985
    assert mean("nasbench201", "fpga", "elastic") >= 0.99
    devices = ["titan_rtx_1", "titan_rtx_64", "2080ti_1", "titanxp_1", "titanxp_64"]
    gains = [mean("fbnet", d, "elastic") - mean("fbnet", d, "ridge") for d in devices]
    assert sum(gains) / 5 >= 0.01


def normal(row: str) -> str:
    """A row without its blanks."""
    return re.sub(r"\s+", "", row)


def test_the_searches_of_the_guide(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table of docs/results.md has medians of the report's."""
    medians: list[dict[str, str]] = []
    for line in printed("search_nasbench201", "search_queries", monkeypatch).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] == "" and "seeds" in cells:
            medians.append({})
        elif medians and len(cells) > 3 and "[" in cells[2]:
            medians[-1][cells[0]] = cells[2].split(" [")[0]
    page = (ROOT / "docs" / "results.md").read_text("utf-8")
    rows = re.findall(r"^\| NAS-Bench-[^|]*\|(.*)\|$", page, re.M)
    assert [[cell.strip() for cell in row.split("|")] for row in rows] == [
        [of_space[name] for name in ("default", "evolution", "random")] for of_space in medians
    ]
