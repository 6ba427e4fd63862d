"""Pages of ranked cells, and what an HTML parser finds in them."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from tagates_sk.inspection import export_html
from tests.small import chain

HOSTILE = [
    "<script>window.broken = 1</script>",
    "\"><img src=x onerror='window.broken = 2'>",
    "</title></svg></script><script>window.broken = 3</script>",
    "' onmouseover='window.broken = 4' x='",
    "&lt;b&gt; &amp; javascript:alert(1)",
]
"""Names that would run as scripts, were they not escaped."""

CELLS = [chain("conv3x3", "pool"), chain("pool"), chain("conv1x1", "conv1x1"), chain("skip")]
SCORES = [0.5, -1.0, 2.25, 0.125]
ACCURACIES = [93.0, float("nan"), 9.5, 91.0]


def page(folder: Path, **options: Any) -> Path:
    """A page of four cells."""
    options = {"names": ["b", "d", "a", "c10"], "columns": {"accuracy": ACCURACIES}} | options
    return export_html(CELLS, SCORES, folder / "page.html", **options)


def hostile_page(folder: Path) -> Path:
    """A page on which everything that a user names is hostile."""
    cells = [(chain(name), chain("a", name)) for name in HOSTILE]
    return export_html(
        cells, range(len(cells)), folder / "hostile.html", names=HOSTILE, title=HOSTILE[2],
        columns={HOSTILE[0]: HOSTILE, HOSTILE[1]: range(len(cells))},
    )  # fmt: skip


class Outline(HTMLParser):
    """Elements of a page, with their attributes and the text directly inside."""

    VOID = frozenset({"meta", "input", "br", "img", "link"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.open: list[tuple[str, int]] = []
        self.feed(text)
        self.close()
        assert not self.open, f"elements that are not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs)
        self.elements.append((tag, dict(attrs), []))
        if tag not in self.VOID:
            self.open.append((tag, len(self.elements) - 1))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))

    def handle_endtag(self, tag: str) -> None:
        last, _ = self.open.pop()
        assert last == tag, f"<{last}> is closed by </{tag}>"

    def handle_data(self, data: str) -> None:
        if self.open:
            self.elements[self.open[-1][1]][2].append(data)

    def all(self, tag: str, kind: str | None = None) -> list[tuple[dict[str, str | None], str]]:
        """Attributes and text of the elements of a tag, and of a class."""
        return [
            (attrs, "".join(text).strip())
            for name, attrs, text in self.elements
            if name == tag and (kind is None or kind in (attrs.get("class") or "").split())
        ]
