"""The vectors and scores that come with the package are what this code computes."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "examples" / "benchmarks" / "zero_cost_tables.py"


@pytest.fixture(scope="module")
def script() -> Any:
    spec = importlib.util.spec_from_file_location("zero_cost_tables", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("space", ["nasbench201", "nasbench101"])
def test_a_random_sample(space: str, script: Any) -> None:
    for check in script.CHECK.values():
        check(space, 6, n_jobs=1)
