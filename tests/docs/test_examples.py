"""Scripts in examples/benchmarks import what there is; to run them takes hours."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "examples" / "benchmarks"
SCRIPTS = sorted(path.stem for path in BENCHMARKS.glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS)
def test_script_imports(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    try:
        runpy.run_path(str(BENCHMARKS / f"{script}.py"), run_name="imported")
    finally:
        for name in SCRIPTS:  # they import each other, by names that mean nothing elsewhere
            sys.modules.pop(name, None)
