"""The program as a whole: help, exit status, no traceback."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import tagates_sk
from tagates_sk.cli import main
from tagates_sk.cli.parser import make_parser
from tests.cli.helpers import natives

COMMANDS = ["fit", "predict", "benchmark", "search"]
DOCUMENTATION = Path(__file__).parents[2] / "docs" / "cli.md"


def said_by_help(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as done:
        main([*arguments, "--help"])
    assert done.value.code == 0
    return capsys.readouterr().out


def commands_in(text: str, prompt: str) -> list[list[str]]:
    """Commands that start a line after a prompt, without redirections."""
    lines = re.findall(rf"^{re.escape(prompt)}tagates (.+)$", text, re.MULTILINE)
    return [shlex.split(re.split(r"\s[>|]", line)[0]) for line in lines]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples_that_work(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    examples = commands_in(said_by_help(capsys, command), "  ")
    assert len(examples) >= 3
    for example in examples:
        assert make_parser().parse_args(example).command == command


def test_documented_commands_work() -> None:
    documented = commands_in(DOCUMENTATION.read_text(encoding="utf-8"), "$ ")
    assert {command[0] for command in documented} >= set(COMMANDS)
    for command in documented:
        assert make_parser().parse_args(command).command == command[0]


def test_help_tells_that_models_run_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert "whose name ends in .joblib runs code that is in the file" in said_by_help(
        capsys, "predict"
    )
    assert "The exit status is 0, or 2" in said_by_help(capsys)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"tagates_sk {tagates_sk.__version__}\n"


@pytest.mark.parametrize(
    "arguments", [[], ["train"], ["fit", "a.jsonl"], ["predict", "--top", "3"]]
)
def test_usage_errors(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        main(arguments)
    assert error.value.code == 2
    assert capsys.readouterr().err.startswith("usage: tagates")


def test_interruption(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tagates_sk.cli.fit.read_input", interrupt)
    assert main(["fit", "a.jsonl", "--out", "model.joblib"]) == 130
    assert capsys.readouterr().err == "tagates fit: interrupted\n"


def test_as_a_process(tmp_path: Path) -> None:
    """Also with a reader that closes the pipe after the first line."""
    file, model = natives(tmp_path / "a.jsonl"), str(tmp_path / "m.joblib")
    program = [sys.executable, "-m", "tagates_sk.cli"]
    wrong = subprocess.run(
        [*program, "predict", model, file], capture_output=True, text=True, check=False
    )
    assert wrong.returncode == 2
    assert wrong.stderr == f"tagates predict: {model}: No such file or directory.\n"
    forest = ["--estimator", "random_forest", "--set", "n_estimators=2"]
    assert main(["fit", file, "--space", "nasbench201", "--out", model, *forest]) == 0
    command = shlex.join([*program, "predict", model, file, "--space", "nasbench201"])
    piped = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} | head -1"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert piped.stdout == "line,prediction\n"
    assert piped.stderr == ""


@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], ["fit", "--help"], ["benchmark"], ["train"]]
)
def test_what_needs_no_estimator_imports_none(arguments: list[str]) -> None:
    program = f"""
import sys
from tagates_sk.cli import main
try:
    main({arguments})
finally:
    print(sorted({{"torch", "sklearn", "networkx", "numpy"}} & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1] == "[]", done.stderr
