"""The page of ranked cells, read by an HTML parser."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tagates_sk import InvalidArchitectureError
from tagates_sk.inspection import export_html, html
from tagates_sk.spaces import DARTS, NASBench201
from tests.small import chain

from .pages import CELLS, HOSTILE, SCORES, Outline, hostile_page, page


def test_rows_are_in_the_order_of_the_scores(tmp_path: Path) -> None:
    outline = Outline(page(tmp_path).read_text(encoding="utf-8"))
    rows = [attrs for attrs, _ in outline.all("tr") if "data-rank" in attrs]
    assert [row["data-rank"] for row in rows] == ["1", "2", "3", "4"]
    assert [row["data-title"] for row in rows] == [
        "a: rank 1, score 2.25", "b: rank 2, score 0.5", "c10: rank 3, score 0.125",
        "d: rank 4, score -1",
    ]  # fmt: skip
    numbers = [text for _, text in outline.all("td", "number")]
    assert numbers == ["1", "2.25", "9.5", "2", "0.5", "93", "3", "0.125", "91", "4", "-1", "–"]
    operations = [text for _, text in outline.all("td", "operations")]
    assert operations == ["2 conv1x1", "conv3x3, pool", "skip", "pool"]


def test_a_page_has_a_largest_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that would be larger is refused, and the old one stays."""
    path, cells = tmp_path / "page.html", NASBench201().sample(200, random_state=0)
    path.write_text("old")
    monkeypatch.setattr(html, "LARGEST", 2**19)
    message = r"larger than 0 MB: \d+ of 200 architectures fit\. Set top=\d+, or write"
    with pytest.raises(ValueError, match=message) as caught:
        export_html(cells, range(200), path)
    assert path.read_text() == "old"
    top = int(str(caught.value).split("top=")[1].split(",")[0])
    assert 50 < top < 200
    export_html(cells, range(200), path, top=top)
    assert 2**18 < path.stat().st_size < 2**20


def test_10_000_cells_fit_on_a_page(tmp_path: Path) -> None:
    """Of NAS-Bench-201: the last of 50 is as large as any."""
    cells = NASBench201().sample(50, random_state=0)
    sizes = [export_html(cells, range(50), tmp_path / "p", top=n).stat().st_size for n in (1, 50)]
    assert (sizes[1] - sizes[0]) / 49 * 10_000 < html.LARGEST


def test_is_accessible(tmp_path: Path) -> None:
    outline = Outline(page(tmp_path).read_text(encoding="utf-8"))
    assert outline.all("html")[0][0]["lang"] == "en"
    heads = [attrs for attrs, _ in outline.all("th") if attrs.get("scope") == "col"]
    sorts = [attrs["aria-sort"] for attrs in heads if "aria-sort" in attrs]
    assert sorts == ["ascending", "none", "none", "none"]
    assert len(outline.all("button", "sort")) == 4
    ids = [attrs["id"] for _, attrs, _ in outline.elements if "id" in attrs]
    assert len(set(ids)) == len(ids)
    for _, attrs, _ in outline.elements:
        for reference in ("aria-controls", "aria-labelledby", "for"):
            assert attrs.get(reference, ids[0]) in ids
    pictures = [attrs for attrs, _ in outline.all("svg")]
    assert [attrs["aria-label"] for attrs in pictures][:2] == ["2 conv1x1", "conv3x3, pool"]
    assert {attrs["role"] for attrs in pictures} == {"img"}
    assert outline.all("button", "draw")[0][0]["aria-label"] == "Enlarge a"


def test_needs_nothing_else(tmp_path: Path) -> None:
    text = page(tmp_path).read_text(encoding="utf-8")
    assert not re.search(r"https?:|url\(|@import", text)
    outline = Outline(text)
    assert not {"link", "img", "iframe"} & {tag for tag, *_ in outline.elements}
    assert all("src" not in attrs and "href" not in attrs for _, attrs, _ in outline.elements)


def test_names_are_escaped(tmp_path: Path) -> None:
    outline = Outline(hostile_page(tmp_path).read_text(encoding="utf-8"))
    tags = {tag for tag, *_ in outline.elements}
    assert "img" not in tags
    assert len(outline.all("script")) == 1
    assert "broken" not in outline.all("script")[0][1]
    assert not [a for _, attrs, _ in outline.elements for a in attrs if a.startswith("on")]
    assert outline.all("title")[0][1] == HOSTILE[2]
    names = [text for attrs, text in outline.all("th") if attrs.get("scope") == "row"]
    assert names == HOSTILE[::-1]


def test_only_its_own_script_may_run(tmp_path: Path) -> None:
    outline = Outline(page(tmp_path).read_text(encoding="utf-8"))
    policy = next(a["content"] for a, _ in outline.all("meta") if "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-")


@pytest.mark.parametrize("space", [NASBench201(), DARTS()], ids=lambda space: space.name)
def test_best_of_a_space(space: Any, tmp_path: Path) -> None:
    dags = space.sample(12, random_state=0)
    path = export_html(dags, np.arange(12), tmp_path / "page.html", top=5)
    outline = Outline(path.read_text(encoding="utf-8"))
    names = [text for attrs, text in outline.all("th") if attrs.get("scope") == "row"]
    assert names == ["11", "10", "9", "8", "7"]
    assert len(outline.all("svg")) == 5 * space.n_cells
    assert "The best 5 of 12" in outline.all("p")[0][1]


def test_does_without_matplotlib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, name, None)
    assert page(tmp_path).exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scores": [1, 2]}, "scores has 2 elements for 4 architectures"),
        ({"names": ["a"]}, "names has 1 elements for 4 architectures"),
        ({"columns": {"latency": [1, 2, 3]}}, "latency has 3 elements for 4 architectures"),
        ({"scores": [1, 2, np.nan, 3]}, "scores contains NaN"),
        ({"top": 0}, "top=0 must be at least 1, or None for all"),
    ],
    ids=str,
)
def test_wrong_options(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    with pytest.raises(ValueError, match=message):
        export_html(CELLS, **{"scores": SCORES, "path": path, **options})
    assert not path.exists()


def test_wrong_graphs(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"X\[1\] is a str"):
        export_html([chain("conv"), "conv"], [1, 2], tmp_path / "page.html")
    with pytest.raises(InvalidArchitectureError, match="X is empty"):
        export_html([], [], tmp_path / "page.html")


def test_names_that_no_encoding_has(tmp_path: Path) -> None:
    """Half of a surrogate pair, wherever text can be."""
    half = "\ud800"
    path = export_html(
        [chain(half)], [1.0], tmp_path / "page.html", names=[half], columns={half: [half]},
        title=half,
    )  # fmt: skip
    outline = Outline(path.read_text(encoding="utf-8"))
    assert outline.all("td", "operations")[0][1] == r"\ud800"
