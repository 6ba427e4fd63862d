"""README and CITATION.cff say what the results, the package and the repository say."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tagates_sk

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
CITATION = (ROOT / "CITATION.cff").read_text(encoding="utf-8")


@pytest.fixture
def ranking(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(ROOT / "examples" / "benchmarks"))
    yield importlib.import_module("ranking")
    for name in ("ranking", "common"):  # names that mean nothing elsewhere
        sys.modules.pop(name, None)


def repository() -> str:
    found = re.search(r'^Repository = "(.*)"$', PYPROJECT, re.M)
    assert found
    return found[1]


def test_the_table_is_that_of_the_results(ranking: Any) -> None:
    """`python examples/benchmarks/ranking.py --short` prints it."""
    found = re.search(r"^<!-- results -->\n(.*?)\n<!-- end of results -->$", README, re.M | re.S)
    assert found
    assert found[1] == ranking.short_table(ranking.finished(ROOT / "docs/results/ranking.csv"))


def test_a_number_waits_for_all_seeds(ranking: Any) -> None:
    def rows(n_seeds: int, setting: str, tau: str) -> list[dict[str, str]]:
        row = {
            "space": "nasbench201", "target": "cifar10", "protocol": "published", "n": "7",
            "setting": setting, "kendall_tau": tau, "parameters": "{}",
        }  # fmt: skip
        return [row | {"seed": str(seed)} for seed in range(n_seeds)]

    table = ranking.short_table(rows(9, "statistics", "0.5") + rows(8, "default", "0.6"))
    assert table.splitlines()[2:] == ["| NAS-Bench-201 | 7 | 0.538 | 0.500 ± 0.000 |  |"]


def test_links_are_absolute_and_lead_to_files() -> None:
    """They work where the README is shown alone."""
    raw = repository().replace("github.com", "raw.githubusercontent.com") + "/main/"
    ours = (f"{repository()}/blob/main/", raw)
    links = re.findall(r"\]\(([^)#\s]*)", README)
    assert all(link.startswith("https://") for link in links)
    paths = [link.removeprefix(start) for link in links for start in ours if link.startswith(start)]
    assert len(paths) > 10
    assert not [path for path in paths if not (ROOT / path).exists()]


def test_citation() -> None:
    fields = dict(re.findall(r"^([\w-]+): (.+)$", CITATION, re.M))
    assert fields["repository-code"] == repository()
    assert fields["version"] == tagates_sk.__version__
    title = re.search(r'^  title: "(.*)"$', CITATION, re.M)
    assert title
    assert title[1] in re.sub(r"[{}]", "", README)
