"""Forms of files: JSON arrays, CSV, GraphML, GML; keys; encodings; files of models."""

import csv
import json
import pickle
from pathlib import Path

import joblib
import networkx as nx
import numpy as np
import pytest

from tagates_sk.cli.errors import UserError
from tagates_sk.cli.files import read_file
from tagates_sk.cli.names import Keys
from tagates_sk.model_files import load_model
from tagates_sk.spaces import MnasNet, NASBench201
from tests.cli.helpers import CELLS, SETTINGS, VALUES, natives, node_link, refusal, run, write

CELL = CELLS.native()
NB201 = NASBench201()


def table(path: Path, *rows: list[object]) -> str:
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows(rows)
    return str(path)


# ---------------------------------------------------------------- JSON arrays


def test_a_json_array(tmp_path: Path) -> None:
    records = [{"arch": cell, "acc": value} for cell, value in zip(CELL, VALUES, strict=True)]
    keys = Keys("arch", "acc")
    for name, content in (
        ("a.json", json.dumps(records)),
        ("b.txt", json.dumps(records, indent=1)),
        ("c.jsonl", "\n".join(map(json.dumps, records))),
    ):
        (tmp_path / name).write_text(content)
        read = read_file(str(tmp_path / name), NB201, keys)
        assert read.values.tolist() == VALUES
        assert read.architectures.native() == CELL
    (tmp_path / "d.json").write_text(json.dumps(CELL))
    assert read_file(str(tmp_path / "d.json"), NB201, Keys()).architectures.native() == CELL
    (tmp_path / "a.json").write_text(json.dumps([*records[:2], {"arch": "|x~0|", "acc": 1}]))
    with pytest.raises(UserError, match=r"a\.json, architecture 3: .* is no architecture of NAS"):
        read_file(str(tmp_path / "a.json"), NB201, keys)


def test_a_list_on_a_line_is_one_architecture(tmp_path: Path) -> None:
    pair = [node_link(CELLS[0]), node_link(CELLS[1])]
    read = read_file(write(tmp_path / "a.jsonl", [pair]), None, Keys())
    assert len(read.architectures) == 1
    assert len(read.architectures[0]) == 2
    digits = write(tmp_path / "b.jsonl", [[3, 3, 3, 3, 3, 3]])
    assert len(read_file(digits, NASBench201("naslib"), Keys()).lines) == 1


# ------------------------------------------------------------------------ CSV


def test_csv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [[k, cell, value] for k, (cell, value) in enumerate(zip(CELL, VALUES, strict=True))]
    file = table(tmp_path / "a.csv", ["id", "arch", "acc"], *rows)
    read = read_file(file, NB201, Keys("arch", "acc"))
    assert read.architectures.native() == CELL
    assert read.values.tolist() == VALUES
    assert read.lines == list(range(2, 42))
    model = str(tmp_path / "m.safetensors")
    options = ["--space", "nasbench201", "--architecture-key", "arch"]
    run("fit", file, *options, "--value-key", "acc", "--out", model, *SETTINGS)
    capsys.readouterr()
    run("predict", model, file, *options)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines] == ["line", *map(str, range(2, 42))]
    expected = load_model(model).predict(CELLS)
    np.testing.assert_array_equal([float(line.split(",")[1]) for line in lines[1:]], expected)


def test_csv_of_graphs_and_of_fields(tmp_path: Path) -> None:
    graphs = [[json.dumps(node_link(cell)), ""] for cell in CELLS[:3]]
    read = read_file(table(tmp_path / "a.csv", ["architecture", "value"], *graphs), None, Keys())
    assert np.isnan(read.values).all()
    assert nx.utils.graphs_equal(read.architectures[0], CELLS[0])
    space = MnasNet()
    (native,) = space.sample(1, 0).native()
    file = table(tmp_path / "b.csv", [*native, "value", "ms"], [*native.values(), 59.5, 1.5])
    assert read_file(file, space, Keys()).architectures.native() == [native]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([["arch", "value"], [CELL[0], 3]], "2: found the keys 'arch'; expected 'architecture'"),
        ([["architecture", "value"], [CELL[0]]], "2: 1 fields; expected 2, as in the first line"),
        ([["architecture", "value"], [CELL[0], "high"]], "2: value is 'high'; expected a number"),
        ([["architecture", "value"], [CELL[0], "inf"]], "2: value is 'inf'; expected a finite"),
        ([["architecture", "value"], ["|x~0|", 3]], "2: '.x~0.' is no architecture of NAS-Bench"),
        ([["architecture"], ["x" * 200_000]], "2: this is not CSV .field larger"),
    ],
)
def test_csv_that_is_refused(rows: list[list[object]], message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=rf"a\.csv:{message}"):
        read_file(table(tmp_path / "a.csv", *rows), NB201, Keys())


# ------------------------------------------------------------- GraphML and GML


@pytest.mark.parametrize("kind", ["graphml", "gml"])
def test_files_of_graphs(kind: str, tmp_path: Path) -> None:
    """A file has one graph, a folder several; the value is an attribute of the graph."""
    folder = tmp_path / "cells"
    folder.mkdir()
    for k, cell in enumerate(CELLS[:3]):
        cell.graph["acc"] = VALUES[k]
        getattr(nx, f"write_{kind}")(cell, folder / f"{k}.{kind}")
    read = read_file(str(folder), None, Keys(value="acc"))
    assert read.values.tolist() == VALUES[:3]
    assert [NB201.from_dag(dag) for dag in read.architectures] == CELL[:3]
    one = read_file(str(folder / f"1.{kind}"), None, Keys(value="acc"))
    assert [NB201.from_dag(dag) for dag in one.architectures] == CELL[1:2]
    assert one.places == [str(folder / f"1.{kind}")]
    assert read_file(str(folder), NB201, Keys()).architectures.native() == CELL[:3]
    json.dumps(read.forms)


def test_several_graphs_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "a.graphml"
    nx.write_graphml(CELLS[0], file)
    text = file.read_text()
    start, end = text.index("<graph "), text.index("</graphml>")
    file.write_text(text[:end] + text[start:end] + text[end:])
    read = read_file(str(file), None, Keys())
    assert read.places == [f"{file}, graph 1", f"{file}, graph 2"]


@pytest.mark.parametrize("kind", ["graphml", "gml"])
def test_files_of_graphs_that_are_refused(kind: str, tmp_path: Path) -> None:
    file = tmp_path / f"a.{kind}"
    file.write_text("no graph [")
    with pytest.raises(UserError, match=rf"cannot be read .*as networkx.write_{kind} writes it"):
        read_file(str(file), None, Keys())
    getattr(nx, f"write_{kind}")(nx.Graph(CELLS[0]), file)
    with pytest.raises(UserError, match="is undirected"):
        read_file(str(file), None, Keys())
    with pytest.raises(UserError, match="No such file"):
        read_file(str(tmp_path / f"none.{kind}"), None, Keys())


# ------------------------------------------------------------------- encodings


def test_encodings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = [list(NASBench201().to_digits(cell, "naslib")) for cell in CELL]
    file = write(tmp_path / "a.jsonl", [{"architecture": digits} for digits in theirs])
    read = read_file(file, NASBench201("naslib"), Keys())
    assert read.architectures.native() == CELL
    out = ["--out", str(tmp_path / "m.safetensors")]
    said = refusal(capsys, "fit", file, "--space", "nasbench201", *out)
    assert "a.jsonl:1: " in said
    assert "encoding='naslib'), --encoding on the command line" in said
    for space in ([], ["--space", "fbnet"]):
        said = refusal(capsys, "fit", file, *space, "--encoding", "naslib", *out)
        assert "expected beside --space nasbench201 (nasbench201, naslib) or --space darts" in said
    said = refusal(capsys, "fit", file, "--space", "darts", "--encoding", "nasbench201", *out)
    assert "--encoding nasbench201: expected beside" in said


# ------------------------------------------------------------ spaces with parameters


def test_parameters_of_the_space(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    space = ["--space", "enas_macro", "--space-parameter", "n_layers=3"]
    log = write(tmp_path / "log.jsonl", [{"architecture": [[0], [1, 1], [2, 0, 1]], "value": 1.0}])
    run("search", log, *space, "-n", "2")
    proposed = [json.loads(line)["architecture"] for line in capsys.readouterr().out.splitlines()]
    assert [[len(layer) for layer in network] for network in proposed] == [[1, 2, 3]] * 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--space-parameter", "n_layers=12"], "--space-parameter: expected beside --space, such"),
        (["--space", "enas_macro", "--space-parameter", "n_layers"], "expected NAME=VALUE, such"),
        (
            ["--space", "enas_macro", "--space-parameter", "layers=12"],
            "enas_macro has no parameter layers. Did you mean n_layers?",
        ),
        (
            ["--space", "enas_micro", "--space-parameter", "n=1"],
            "enas_micro has no parameter n. It has none",
        ),
        (
            ["--space", "enas_macro", "--space-parameter", "n_layers=many"],
            "--space enas_macro: n_layers='many'; a network has 1 to 50 layers.",
        ),
        (["--space", "darts", "--space-parameter", "n_nodes=True"], "n_nodes=True; a cell has 1"),
        (["--space", "darts", "--space-parameter", "operations=[None]"], "different names are"),
        (["--space", "darts", "--space-parameter", "operations=3"], "different names are"),
    ],
)
def test_wrong_parameters_of_the_space(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = natives(tmp_path / "a.jsonl")
    said = refusal(capsys, "fit", file, *options, "--out", str(tmp_path / "m.safetensors"))
    assert message in said
    assert len(said) <= 300


def test_search_writes_the_key_of_the_architecture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = write(tmp_path / "log.jsonl", [])
    run("search", log, "--space", "nats_size", "--architecture-key", "arch", "-n", "2")
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [sorted(record) for record in records] == [["arch", "value"]] * 2
    assert all(len(record["arch"].split(":")) == 5 for record in records)


# ---------------------------------------------------------------------- models


def test_models_are_no_pickles_unless_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, space = natives(tmp_path / "a.jsonl"), ["--space", "nasbench201"]
    for name in ("model", "m.safetensors", "m.joblib"):
        run("fit", file, *space, "--out", str(tmp_path / name), *SETTINGS)
    scores = [
        load_model(tmp_path / "model").predict(CELLS),
        load_model(tmp_path / "m.safetensors").predict(CELLS),
        joblib.load(tmp_path / "m.joblib").predict(CELLS),
    ]
    np.testing.assert_array_equal(scores, scores[:1] * 3)
    forest = ["--estimator", "random_forest", "--set", "n_estimators=2"]
    said = refusal(capsys, "fit", file, *space, "--out", str(tmp_path / "forest"), *forest)
    assert "can only be saved as a pickle; expected a name that ends in .joblib" in said
    assert not (tmp_path / "forest").exists()


def test_no_pickle_is_loaded_under_another_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "m.safetensors"
    file.write_bytes(pickle.dumps({"a": 1}))
    said = refusal(capsys, "predict", str(file), natives(tmp_path / "a.jsonl"))
    assert "A pickle is read if its name ends in .joblib" in said
