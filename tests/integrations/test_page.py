"""What docs/integrations.md says runs verbatim, where the other library is installed."""

import doctest
import re
from pathlib import Path
from typing import Any

import pytest
import scipy
from sklearn.utils.fixes import parse_version

from tests.docs.test_pages import Block, blocks, run
from tests.test_import_time import output_of

PAGE = "integrations.md"
OTHERS = ("lightgbm", "optuna", "smac", "ConfigSpace", "naslib", "neps", "ray", "distributed")
BLOCKS = blocks(PAGE)


def needed(code: str) -> list[str]:
    """Other libraries that a block imports."""
    imported = re.findall(r"^(?:from|import) (\w+)", code, re.M)
    return [name for name in imported if name in OTHERS]


@pytest.mark.skipif(
    parse_version(scipy.__version__) < parse_version("1.15"),
    reason="the page is written for current releases of SciPy and LightGBM",
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"line {block.line}")
def test_lines_of_the_page(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in needed(block.code):
        pytest.importorskip(name)
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {"__name__": "page"}
    printed = run(block, PAGE, namespace)
    if block.printed is not None:
        assert doctest.OutputChecker().check_output(block.printed, printed, 0)
    if "smac" in namespace:
        assert namespace["cost"](namespace["best"]) <= 1


def test_each_library_has_its_lines() -> None:
    assert {name for block in BLOCKS for name in needed(block.code)} == {
        "lightgbm", "optuna", "smac", "ConfigSpace",
    }  # fmt: skip


ALL = """
import importlib, sys
from pathlib import Path
import tagates_sk
root = Path(tagates_sk.__path__[0])
for file in root.rglob("*.py"):
    parts = file.relative_to(root.parent).with_suffix("").parts
    if not {{"optuna", "neps"}} & set(parts) and not parts[-1].startswith("__"):
        importlib.import_module(".".join(parts))
print(*set({others}) & set(sys.modules))
"""


def test_this_library_imports_none_of_them() -> None:
    """But for its plug-ins for Optuna and NePS, which are some."""
    assert output_of(ALL.format(others=OTHERS)).split() == []
