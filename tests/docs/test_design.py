"""Modules import each other in the order of docs/design.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "tagates_sk"
DESIGN = Path(__file__).parents[2] / "docs" / "design.md"


def listed() -> list[str]:
    """Modules and subpackages in the order of the page."""
    tree = re.search(r"^tagates_sk/\n(.*?)^tests/", DESIGN.read_text("utf-8"), re.M | re.S)
    assert tree
    lines = re.findall(r"^  ((?:\w+(?:\.py|/)(?:, )?)+)", tree[1], re.M)
    return [re.sub(r"\.py|/", "", name) for line in lines for name in line.split(", ")]


def imported(module: str) -> Iterator[tuple[Path, str]]:
    """Files of a module, and the other modules of the library that they import."""
    folder = PACKAGE / module
    for file in folder.rglob("*.py") if folder.is_dir() else [PACKAGE / f"{module}.py"]:
        outwards = len(file.relative_to(PACKAGE).parts)
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == outwards:
                named = [node.module] if node.module else [alias.name for alias in node.names]
                yield from ((file, name.split(".")[0]) for name in named)


def test_modules_import_from_those_above_them() -> None:
    order = listed()
    assert len(order) > 15
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} <= set(order)
    upwards = [
        f"{file.relative_to(PACKAGE)} imports {name}"
        for place, module in enumerate(order)
        for file, name in imported(module)
        if name in order and name != module and order.index(name) > place
    ]
    assert not upwards


def test_torch_is_imported_where_the_page_says() -> None:
    said = re.search(r"torch is imported only in ((?:`\w+/`(?:, | and )?)+)", DESIGN.read_text())
    assert said
    found = {
        file.relative_to(PACKAGE).parts[0]
        for file in PACKAGE.rglob("*.py")
        if re.search(r"^\s*(import|from) torch\b", file.read_text("utf-8"), re.M)
    }
    assert found == set(re.findall(r"\w+(?=/)", said[1]))
