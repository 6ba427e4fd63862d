"""Ctrl-C in a fit: no command takes a half-trained model for a whole one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import pytest

from tagates_sk.cli import benchmark, main
from tests.cli.helpers import CELLS, SETTINGS, graphs, natives, table
from tests.search.forms import interrupt_training
from tests.small import ranker

SPACE = ["--space", "nasbench201"]


def test_fit_keeps_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file, model = natives(tmp_path / "a.jsonl"), str(tmp_path / "m.joblib")
    interrupt_training(monkeypatch, after=2)
    for _ in range(2):  # also the second time in one process
        assert main(["fit", file, *SPACE, "--out", model, *SETTINGS]) == 130
        said = capsys.readouterr().err
        assert said.count("tagates: warning: The fit was interrupted after") == 1
        assert "as far as it got: " + model in said
        assert said.endswith("tagates fit: interrupted\n")
        monkeypatch.undo()
        assert joblib.load(model).predict(CELLS).shape == (40,)
        interrupt_training(monkeypatch, after=2)


def test_a_whole_fit_says_nothing_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, model = natives(tmp_path / "a.jsonl"), str(tmp_path / "m.joblib")
    assert main(["fit", file, *SPACE, "--out", model, *SETTINGS]) == 0
    assert "as far as" not in capsys.readouterr().err


def test_benchmark_writes_no_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first estimator's row is there; the second one's fit ends the command."""

    def make(name: str, settings: dict[str, Any], seed: int) -> Any:
        return make_estimator(name, settings, seed) if name != "tagates" else ranker()

    make_estimator = benchmark.make_estimator
    monkeypatch.setattr(benchmark, "make_estimator", make)
    interrupt_training(monkeypatch, after=1)
    out = tmp_path / "results.csv"
    command = ["benchmark", "--file", graphs(tmp_path / "a.jsonl"), "--sizes", "20"]
    names = ["--estimators", "operation_statistics", "tagates"]
    assert main([*command, *names, "--out", str(out)]) == 130
    assert [row["estimator"] for row in table(out.read_text())] == ["operation_statistics"]
    assert capsys.readouterr().err.endswith("tagates benchmark: interrupted\n")


def test_search_proposes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupt_training(monkeypatch, after=1)
    assert main(["search", natives(tmp_path / "a.jsonl"), *SPACE, *SETTINGS]) == 130
    assert capsys.readouterr() == ("", "tagates search: interrupted\n")
