"""Scripts in examples/benchmarks import what there is; to run most of them takes hours."""

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


def test_the_gpu_script_runs_without_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["gpu.py", "--device", "cpu", "--quick", "--threads", "1"])
    runpy.run_path(str(BENCHMARKS / "gpu.py"), run_name="__main__")
    title, *lines = capsys.readouterr().out.splitlines()
    assert "float32 matrix product" in title
    assert [line.split(",")[0].split(" of ")[0].split(" by ")[0] for line in lines] == [
        "default fit", "fit", "prediction", "prediction", "zero-cost scores",
    ]  # fmt: skip
    assert all("% of the matrix product" in line for line in lines)


def test_the_gpu_script_needs_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr(sys, "argv", ["gpu.py"])
    with pytest.raises(SystemExit):
        runpy.run_path(str(BENCHMARKS / "gpu.py"), run_name="__main__")
    assert "torch finds no GPU; --device cpu --quick" in capsys.readouterr().err
