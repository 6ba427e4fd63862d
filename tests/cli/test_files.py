"""Wrong files: the message has the line, what was found, and what is expected."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import NamedTemporaryFile

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagates_sk.cli import main
from tagates_sk.cli.errors import UserError
from tagates_sk.cli.files import read_file
from tagates_sk.cli.names import Keys
from tagates_sk.spaces import DARTS, MnasNet, NASBench101, NASBench201, SearchSpace
from tests.cli.helpers import CELLS, natives, node_link, refusal

GOOD = json.dumps({"architecture": CELLS.native()[0], "value": 90.0})
GRAPH = json.dumps({"architecture": node_link(CELLS[0]), "value": 90.0})
CYCLE = nx.DiGraph([(0, 1), (1, 0)])
nx.set_edge_attributes(CYCLE, "conv", "op")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "2: this is not JSON (Expecting property name enclosed in double quotes, column 2)"),
        ('{"cell": 1}', "2: found the keys 'cell'; expected 'architecture', or a graph: {"),
        ("{}", "2: found the keys of nothing; expected 'architecture'"),
        ('{"architecture": "|x~0|", "value": 1}', "2: '|x~0|'"),
        (
            '{"architecture": [0, 1, 2], "value": 1}',
            "2: [0, 1, 2] is no architecture of NAS-B",
        ),
        (GOOD.replace("90.0", '"90"'), '2: value is "90"; expected a number'),
        (GOOD.replace("90.0", "true"), "2: value is true; expected a number"),
        (GOOD.replace("90.0", "Infinity"), "2: value is Infinity; expected a finite number"),
        (GOOD.replace("90.0", "9" * 400), "2: value is 9999"),
        ("[" * 100_000, "2: this is not JSON ("),
        (GOOD.replace("90.0", "null"), "2: there is no value under the key 'value'; expected a"),
        (GOOD.replace("90.0", "NaN"), "2: there is no value under the key 'value'"),
        (json.dumps(CELLS.native()[0]), "2: there is no value under the key 'value'"),
    ],
)
def test_native_forms(
    line: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "archs.jsonl"
    path.write_text(f"{GOOD}\n{line}\n{GOOD}\n")
    out = str(tmp_path / "m.joblib")
    said = refusal(capsys, "fit", str(path), "--space", "nasbench201", "--out", out)
    assert f"archs.jsonl:{message}" in said


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (GOOD, "the architecture is '|"),
        (GOOD, "or a list of them. Say --space nasbench201."),
        ('{"architecture": 3}', "2: the architecture is 3; expected a graph, {"),
        ('{"architecture": 3}', "If it is a native form, --space names its space."),
        ('{"architecture": []}', "2: the architecture is []; expected a graph, {"),
        ('{"nodes": [{"id": 0}]}', "2: this is no graph in node-link form (KeyError: 'edges')"),
        ('{"nodes": [{"id": null}], "edges": []}', "(ValueError: None cannot be a node)"),
        ('{"nodes": [1], "edges": []}', "2: this is no graph in node-link form"),
        ('{"nodes": [], "edges": [{"source": 0}]}', "(KeyError: 'target')"),
        (json.dumps(node_link(CYCLE)), "2 is cyclic"),
        (GRAPH.replace("true", "false", 1), "2 is undirected"),
        (GRAPH.replace("true", '"no"', 1), "2: 'directed' is 'no'; expected true or false"),
        (
            GRAPH.replace('"source": 0', '"source": 7', 1),
            "2: an edge leads from or to 7, which",
        ),
        (GRAPH.replace('{"id": 0}', '{"id": 1}'), "2: 2 nodes have the id 1; expected one."),
        (GRAPH.replace('"op": "', '"op": 3, "was": "', 1), "2 has an edge with op=3 of type int"),
        ('{"architecture": "' + "x" * 5000 + '"}', "the architecture is 'xxx"),
        ('{"' + "x" * 5000 + '": 1}', "2: found the keys 'xxx"),
    ],
)
def test_graphs(
    line: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "archs.jsonl"
    path.write_text(f"{GRAPH}\n{line}\n")
    said = refusal(capsys, "fit", str(path), "--out", str(tmp_path / "m.joblib"))
    assert "archs.jsonl:2" in said
    assert message in said


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 9) | st.floats() | st.sampled_from(["op", "conv"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["nodes", "edges", "links", "id", "source", "target", "op", "input",
                         "zero_cost", "architecture", "multigraph", "directed", "value"]),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@pytest.mark.parametrize("space", [None, NASBench201(), NASBench101(), DARTS(), MnasNet()])
@given(record=JSON | st.fixed_dictionaries({"nodes": JSON, "edges": JSON}))
def test_any_line_is_read_or_refused_with_its_place(
    space: SearchSpace | None, record: object
) -> None:
    with NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write(json.dumps(record))
        file.flush()
        try:
            said = f"{file.name}:1 is read" if read_file(file.name, space, Keys()).lines else ""
        except UserError as error:
            said = str(error)
    assert f"{file.name}:1" in said


def test_files_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ["--out", str(tmp_path / "m.joblib")]
    missing = str(tmp_path / "none.jsonl")
    assert "none.jsonl: No such file" in refusal(capsys, "fit", missing, *out)
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n")
    assert "there are no architectures in it" in refusal(capsys, "fit", str(empty), *out)
    binary = tmp_path / "binary.jsonl"
    binary.write_bytes(b"\xff\xfe\x00")
    assert "it is not text; JSON lines" in refusal(capsys, "fit", str(binary), *out)


def test_files_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = natives(tmp_path / "a.jsonl")
    forest = ["--estimator", "random_forest", "--set", "n_estimators=2"]
    options = ["--space", "nasbench201", *forest]
    said = refusal(capsys, "fit", file, *options, "--out", str(tmp_path))
    assert f"{tmp_path}: " in said
    assert [p.name for p in tmp_path.iterdir()] == ["a.jsonl"]  # no temporary file is left


@pytest.mark.parametrize("command", ["predict", "benchmark", "search"])
def test_folders_are_refused_before_the_work(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = {
        "predict": ["no_model.joblib", "none.jsonl"],
        "benchmark": ["--file", "none.jsonl"],
        "search": ["none.jsonl", "--space", "nasbench201"],
    }[command]
    for out in (str(tmp_path), f"{tmp_path}/new/"):
        said = refusal(capsys, command, *arguments, "--out", out)
        assert f"{out}: it is a folder; expected the name of a file" in said


@pytest.mark.parametrize("command", ["fit", "predict"])
@pytest.mark.parametrize("name", ["", "a\0b", "x" * 5000, "a.jsonl/m.joblib"])
def test_impossible_names(
    command: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    natives(tmp_path / "a.jsonl")
    arguments = ["fit", "a.jsonl"] if command == "fit" else ["predict", "m.joblib", "a.jsonl"]
    said = refusal(capsys, *arguments, "--out", name)
    assert len(said) < 300
    assert any(part in said for part in ("the name of a file", "there is no folder 'a.jsonl'"))
    assert len(said.splitlines()) == 1


def test_read_only_places_are_refused_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "old.csv"
    file.touch()
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    predict = ["predict", "no_model.joblib", "none.jsonl", "--out"]
    said = refusal(capsys, *predict, str(file))
    assert "old.csv: cannot be written, it is read-only for you" in said
    for command in (predict, ["fit", "none.jsonl", "--out"]):
        said = refusal(capsys, *command, str(tmp_path / "new"))
        assert f"new: cannot be written, the folder {str(tmp_path)!r} is read-only for you" in said
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    said = refusal(capsys, "fit", "none.jsonl", "--out", str(file))
    assert f"old.csv: cannot be written, the folder {str(tmp_path)!r} is read-only" in said


def test_models_go_to_files_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """To replace a device by a file would be a misfortune."""
    assert "--out -: a model is no text for standard output" in refusal(
        capsys, "fit", "none.jsonl", "--out", "-"
    )
    said = refusal(capsys, "fit", "none.jsonl", "--out", os.devnull)
    assert f"{os.devnull}: it is a device or pipe; expected the name of a file" in said


def test_a_file_called_as_standard_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    os.link(natives(tmp_path / "a.jsonl"), "-")
    said = refusal(capsys, "fit", "-", "--out", "a.jsonl")
    assert "standard input: there are no architectures in it" in said


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a disk that is always full")
def test_a_full_disk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, model = natives(tmp_path / "a.jsonl"), str(tmp_path / "m.joblib")
    options = ["--space", "nasbench201"]
    forest = ["--estimator", "random_forest", "--set", "n_estimators=2"]
    assert main(["fit", file, *options, *forest, "--out", model]) == 0
    for command in (["predict", model, file, *options], ["search", "/dev/null", *options]):
        said = refusal(capsys, *command, "--out", "/dev/full")
        assert said == f"tagates {command[0]}: /dev/full: No space left on device.\n"
    command = [sys.executable, "-m", "tagates_sk.cli", "predict", model, file, *options]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    said = "tagates predict: standard output: No space left on device.\n"
    assert (done.returncode, done.stderr) == (2, said)


@pytest.mark.parametrize(
    "command",
    [
        ["fit", "FILE"],
        ["predict", "FILE", "no_model.joblib"],
        ["benchmark", "--file", "FILE"],
        ["search", "FILE", "--space", "nasbench201"],
        ["search", "/dev/null", "--candidates", "FILE"],
    ],
)
def test_nothing_that_is_read_is_overwritten(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = natives(tmp_path / "a.jsonl")
    before = Path(file).read_text()
    command = [file if part == "FILE" else part for part in command]
    said = refusal(capsys, *command, "--out", f"{tmp_path}/../{tmp_path.name}/a.jsonl")
    assert "it is read, and writing would replace it" in said
    assert Path(file).read_text() == before


def test_byte_order_mark(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Windows editors write one."""
    path = tmp_path / "archs.jsonl"
    path.write_text(f"{GOOD}\n{{", encoding="utf-8-sig")
    said = refusal(capsys, "fit", str(path), "--space", "nasbench201", "--out", str(path) + "m")
    assert "archs.jsonl:2: this is not JSON" in said
