"""The code in docs/*.md and README.md runs, and prints what the page says."""

from __future__ import annotations

import contextlib
import doctest
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tagates_sk import TAGATESRanker, TAGATESRegressor
from tagates_sk.spaces import NASBench201
from tagates_sk.training.trainer import TrainingOptions
from tests.small import CELLS, TARGETS, sample

DOCS = Path(__file__).parents[2] / "docs"
NEEDS_NASLIB = re.compile(r"^from naslib", re.MULTILINE)
NOT_RUN = "# not run here"
README = "../README.md"
ELSEWHERE = {"integrations.md", "neps.md"}
"""Pages whose blocks need other libraries, each its own; they are run beside the tests of these."""
SLOW = {"index.md", "scaling_out.md", "searching.md"}
"""Pages that fit many times or with all epochs, or start processes."""
FEW_EPOCHS = {
    "cli.md", "drawing.md", "inspection.md", "model_files.md", "parameters.md", "pretraining.md",
    "scaling_out.md", "searching.md", "uncertainty.md", README,
}  # fmt: skip
"""Pages that print nothing which depends on how well a model is trained."""


def cut_short(most: int) -> type[TrainingOptions]:
    """Options of a training of so many epochs at most."""

    @dataclass(frozen=True)
    class Options(TrainingOptions):
        def __post_init__(self) -> None:
            object.__setattr__(self, "max_iter", min(self.max_iter, most))

    return Options


@dataclass
class Block:
    """A block of python, and the block of text below it."""

    line: int
    code: str
    printed: str | None

    @property
    def runs(self) -> bool:
        return not (self.code.startswith(NOT_RUN) or NEEDS_NASLIB.search(self.code))


def blocks(page: str) -> list[Block]:
    """The blocks of a page, in its order."""
    text = page_text(page)
    fence = re.compile(r"^```python\n(.*?)^```\n(?:\n+```text\n(.*?)^```\n)?", re.M | re.S)
    return [
        Block(text.count("\n", 0, found.start()) + 2, found[1], found[2])
        for found in fence.finditer(text)
    ]


def page_text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def run(block: Block, page: str, namespace: dict[str, Any]) -> str:
    """Run a block as if it stood at its line of the page; what it printed."""
    code = compile("\n" * (block.line - 1) + block.code, str(DOCS / page), "exec")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, namespace)
    return printed.getvalue()


def readers_own() -> dict[str, Any]:
    """What README and the pages on pictures speak of: cells, a ranker and a search."""
    import matplotlib.pyplot as plt
    import pandas as pd

    small: dict[str, Any] = {"members": "encoder", "max_iter": 2, "random_state": 0}

    class Search:
        history_ = [{"value": float(value)} for value in TARGETS[:6]]  # noqa: RUF012

    return {
        "plt": plt,
        "pandas": pd,
        "dags": CELLS,
        "accuracies": TARGETS,
        "more_dags": sample(20, seed=1),
        "more_accuracies": TARGETS[:20],
        "cell": CELLS[0],
        "normal": CELLS[1],
        "reduce": CELLS[2],
        "ranker": TAGATESRanker(**small).fit(CELLS, TARGETS),
        "TAGATESRegressor": TAGATESRegressor,
        "search": Search(),
        "train_and_validate": lambda cell: str(cell.edges(data="op")).count("conv"),
        "values_0": [1.0, 2.0],
        "values_1": [1.0, 3.0],
        "values_2": [2.0, 2.0],
    }


PAGES = [
    pytest.param(page.name, marks=[pytest.mark.slow] if page.name in SLOW else [])
    for page in sorted(DOCS.glob("*.md"))
    if page.name not in ELSEWHERE and any(block.runs for block in blocks(page.name))
] + [README]


@pytest.mark.parametrize("page", PAGES)
def test_code_runs_and_prints_what_the_page_says(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    natives = [NASBench201().from_dag(cell) for cell in CELLS]
    lines = [f"{native},{target}\n" for native, target in zip(natives, TARGETS, strict=True)]
    Path("measured.csv").write_text("architecture,accuracy\n" + "".join(lines))
    options = cut_short(2 if page in FEW_EPOCHS else 20)
    monkeypatch.setattr("tagates_sk.training.trainer.TrainingOptions", options)
    own = readers_own() if page in ("drawing.md", "inspection.md", README) else {}
    namespace = {"__name__": "page"} | own
    same = doctest.OutputChecker().check_output
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    for block in blocks(page):
        if not block.runs:
            continue
        printed = run(block, page, namespace)
        if block.printed is not None:
            assert same(block.printed, printed, flags), (
                f"{page}, line {block.line} prints\n{printed}\nand the page says\n{block.printed}"
            )


LINKING = [*(str(p.relative_to(DOCS)) for p in sorted(DOCS.glob("**/*.md"))), README]


@pytest.mark.parametrize("page", [p for p in LINKING if not p.startswith("_generated")])
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#\s]*)(?:#([^)]*))?\)", page_text(page))
    built = ("gallery/", "_generated/")
    missing = []
    for link, anchor in links:
        if "://" in link or link.startswith(built):
            continue
        target = (DOCS / page).parent / link if link else DOCS / page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            missing.append(f"{link}#{anchor}")
    assert not missing


def anchors(page: Path) -> set[str]:
    """Of the headings of a page, as they are made on GitHub and by Sphinx."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def test_all_that_is_public_is_in_the_reference() -> None:
    listed = (DOCS / "api.rst").read_text(encoding="utf-8").split()
    modules = [
        "tagates_sk", "tagates_sk.baselines", "tagates_sk.datasets",
        "tagates_sk.estimators", "tagates_sk.features",
        "tagates_sk.graphs", "tagates_sk.inspection",
        "tagates_sk.integrations.naslib", "tagates_sk.integrations.optuna",
        "tagates_sk.metrics", "tagates_sk.model_files", "tagates_sk.search", "tagates_sk.spaces",
        "tagates_sk.zero_cost",
    ]  # fmt: skip
    for module in modules:
        names = pytest.importorskip(module).__all__
        assert not {name for name in names if not name.startswith("_")} - set(listed), module


def test_symbols_of_the_method_page_are_the_defaults() -> None:
    """The table of symbols names parameters of the ranker, and their defaults."""
    rows = re.findall(r"^\| [^|]+ \| `(\w+)` \| ([\d.]+) \|$", page_text("method.md"), re.M)
    defaults = TAGATESRanker().get_params()
    assert len(rows) >= 6
    assert {name: float(value) for name, value in rows} == {
        name: defaults[name] for name, _ in rows
    }
