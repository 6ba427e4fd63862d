"""A reader that has had enough, as in ``tagates ... | head -1``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tagates_sk.cli import main

from .helpers import natives, run

FOREST = ["--estimator", "random_forest", "--set", "n_estimators=2"]
SPACE = ["--space", "nasbench201"]

Break = Callable[[str], None]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[Break]:
    """Gives standard output, or standard error, to a pipe that nobody reads any more."""
    files = []

    def give_up(name: str) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        files.append(open(writer, "w", buffering=1 if name == "stderr" else -1))  # noqa: SIM115
        monkeypatch.setattr(sys, name, files[-1])

    yield give_up
    for file in files:
        with suppress(BrokenPipeError):
            file.close()


@pytest.fixture
def model(tmp_path: Path) -> str:
    path = str(tmp_path / "model.joblib")
    run("fit", natives(tmp_path / "known.jsonl"), *SPACE, *FOREST, "--out", path)
    return path


def command(name: str, folder: Path) -> list[str]:
    """Which a subcommand does in a moment, with all its output on the standard streams."""
    file = natives(folder / "file.jsonl")
    return [
        name,
        *{
            "fit": [file, *SPACE, *FOREST, "--out", str(folder / "new.joblib")],
            "predict": [str(folder / "model.joblib"), file, *SPACE],
            "benchmark": [
                "--file", file, *SPACE, "--estimators", "random_forest", "--sizes", "10", "20",
                "--seeds", "2",
            ],
            "search": [file, *SPACE, *FOREST, "-n", "3"],
        }[name],
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["fit", "predict", "benchmark", "search"])
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.usefixtures("model")
def test_a_closed_pipe(
    name: str, stream: str, tmp_path: Path, broken: Break, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ends the command without a word, and what it was for is done."""
    asked = command(name, tmp_path)
    capsys.readouterr()
    broken(stream)
    assert main(asked) == 0
    getattr(sys, stream).flush()  # as Python does at exit
    said = capsys.readouterr()
    if stream == "stdout":
        assert "rror" not in said.err
    assert (said.out == "") == (stream == "stdout" or name == "fit")
    assert (tmp_path / "new.joblib").exists() == (name == "fit")


@pytest.mark.parametrize("arguments", [["--help"], ["search", "--help"], ["--version"]])
def test_help_into_a_closed_pipe(arguments: list[str], broken: Break) -> None:
    broken("stdout")
    assert main(arguments) == 0
    sys.stdout.flush()


def test_a_refusal_that_nobody_reads(broken: Break) -> None:
    """Is in the exit status still."""
    broken("stderr")
    assert main(["predict", "no_model.joblib", "no_file.jsonl"]) == 2
    sys.stderr.flush()


def test_an_interruption_that_nobody_reads(broken: Break, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tagates_sk.cli.fit.read_input", interrupt)
    broken("stderr")
    assert main(["fit", "a.jsonl", "--out", "model.joblib"]) == 130
