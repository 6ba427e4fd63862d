"""tagates fit and tagates predict."""

import bz2
import gzip
import io
import lzma
import pickle
import zlib
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest

from tagates_sk.baselines import WLKernelGP
from tagates_sk.spaces import DARTS, ENASMacro, NASBench101
from tests.cli.helpers import (
    CELLS,
    SETTINGS,
    VALUES,
    graphs,
    natives,
    node_link,
    refusal,
    run,
    table,
    write,
)
from tests.search.forms import Raising
from tests.small import ranker, regressor

SPACE = ["--space", "nasbench201"]


def predictions(text: str) -> np.ndarray:
    return np.array([float(row["prediction"]) for row in table(text)])


@pytest.mark.parametrize("task", ["rank", "regress"])
def test_the_same_numbers_as_in_python(
    task: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured, model, out = (
        natives(tmp_path / "a.jsonl"),
        str(tmp_path / "m.joblib"),
        tmp_path / "p.csv",
    )
    run("fit", measured, *SPACE, "--out", model, "--task", task, *SETTINGS)
    said = capsys.readouterr()
    assert said.out == ""
    assert "to 40 architectures" in said.err
    run("predict", model, measured, *SPACE, "--out", str(out))
    run("predict", model, measured, *SPACE)
    assert capsys.readouterr().out == out.read_text()
    estimator = (ranker if task == "rank" else regressor)().fit(CELLS, VALUES)
    np.testing.assert_array_equal(predictions(out.read_text()), estimator.predict(CELLS))
    assert [int(row["line"]) for row in table(out.read_text())] == list(range(1, 41))


def test_graphs_are_the_same_as_native_forms(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = str(tmp_path / "m.joblib")
    run("fit", natives(tmp_path / "a.jsonl"), *SPACE, "--out", model, *SETTINGS)
    capsys.readouterr()
    run("predict", model, natives(tmp_path / "b.jsonl", None), *SPACE)
    by_string = predictions(capsys.readouterr().out)
    run("predict", model, graphs(tmp_path / "c.jsonl", None))
    by_graph = predictions(capsys.readouterr().out)
    bare = [node_link(cell, "links") for cell in CELLS]  # networkx before 3.4, no wrapping
    run("predict", model, write(tmp_path / "d.jsonl", bare))
    np.testing.assert_allclose(by_graph, by_string, rtol=1e-4)
    np.testing.assert_array_equal(predictions(capsys.readouterr().out), by_graph)


@pytest.mark.parametrize(
    ("name", "space"),
    [("nasbench101", NASBench101()), ("darts", DARTS()), ("enas_macro", ENASMacro())],
)
def test_other_spaces(
    name: str, space: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also with several cells, and parallel edges."""
    cells = space.sample(6, random_state=0)
    y = range(6)
    forms = [{"architecture": c, "value": v} for c, v in zip(cells.native(), y, strict=True)]
    native = write(tmp_path / "a.jsonl", forms)
    model = str(tmp_path / "m.joblib")
    run("fit", native, "--space", name, "--out", model, *SETTINGS, "--set", "handle_unknown=ignore")
    capsys.readouterr()
    run("predict", model, native, "--space", name)
    expected = predictions(capsys.readouterr().out)
    dags = [
        [node_link(cell) for cell in dag] if isinstance(dag, tuple) else node_link(dag)
        for dag in cells
    ]
    run("predict", model, write(tmp_path / "b.jsonl", [{"architecture": dag} for dag in dags]))
    np.testing.assert_allclose(predictions(capsys.readouterr().out), expected, rtol=1e-4)


def test_standard_input_and_blank_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, path = str(tmp_path / "m.joblib"), tmp_path / "a.jsonl"
    run("fit", natives(path), *SPACE, "--out", model, *SETTINGS)
    first, second, *_ = path.read_text().splitlines()
    capsys.readouterr()
    monkeypatch.setattr("sys.stdin", io.StringIO(f"\n{first}\n\n{second}\n"))
    run("predict", model, "-", *SPACE)
    assert [row["line"] for row in table(capsys.readouterr().out)] == ["2", "4"]


def test_options_reach_the_estimator(tmp_path: Path) -> None:
    model = str(tmp_path / "m.joblib")
    records = [
        {"architecture": cell, "value": None, "test_acc": value}
        for cell, value in zip(CELLS.native(), VALUES, strict=True)
    ]
    more = ["--value-key", "test_acc", "--seed", "7", "--set", "T=3", "--set", "loss=logistic"]
    chosen = [part for part in SETTINGS if part != "--set" and "random_state" not in part]
    small = [part for setting in chosen for part in ("--set", setting)]
    run("fit", write(tmp_path / "a.jsonl", records), *SPACE, "--out", model, *small, *more)
    estimator = joblib.load(model)
    assert (estimator.T, estimator.loss, estimator.random_state) == (3, "logistic", 7)
    expected = ranker(T=3, loss="logistic", random_state=7).fit(CELLS, VALUES)
    np.testing.assert_array_equal(estimator.predict(CELLS), expected.predict(CELLS))


def test_baselines_and_standard_deviations(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured, model = natives(tmp_path / "a.jsonl"), str(tmp_path / "m.joblib")
    settings = ["--set", "n_iter=1"]
    run("fit", measured, *SPACE, "--out", model, "--estimator", "nasbowl", *settings)
    capsys.readouterr()
    run("predict", model, measured, *SPACE, "--std")
    rows = table(capsys.readouterr().out)
    mean, std = (
        WLKernelGP(n_iter=1, random_state=0).fit(CELLS, VALUES).predict(CELLS, return_std=True)
    )
    np.testing.assert_array_equal([float(row["prediction"]) for row in rows], mean)
    np.testing.assert_array_equal([float(row["std"]) for row in rows], std)
    settings = ["--set", "n_estimators=3"]
    run("fit", measured, *SPACE, "--out", model, "--estimator", "random_forest", *settings)
    forest = joblib.load(model).regressor_.steps[-1][1]
    assert (forest.n_estimators, forest.random_state) == (3, 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--set", "max_itr=3"],
            "tagates has no parameter max_itr. Did you mean max_iter?",
        ),
        (["--set", "T"], "expected NAME=VALUE, such as --set T=3"),
        (["--set", "T=0"], "The 'T' parameter of TAGATESRanker must be"),
        (["--set", "learning_rate=fast"], "The 'learning_rate' parameter"),
        (["--set", "learning_rate=1e30"], "The training loss is"),
        (["--estimator", "forest"], "expected one of tagates, cate, dagnn, gates, "),
        (["--estimator", "gcn", "--task", "regress"], "--task is for the estimator tagates"),
        (["--estimator", "random_forest"], "random_forest has no parameter max_iter."),
        (["--out", "no/such/model.joblib"], "there is no folder 'no/such'"),
        (["--value-key", "accuracy"], "1: there is no value under the key 'accuracy'"),
    ],
)
def test_wrong_options(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured, out = natives(tmp_path / "a.jsonl"), tmp_path / "m.joblib"
    assert message in refusal(
        capsys, "fit", measured, *SPACE, "--out", str(out), "--set", "max_iter=3", *options
    )
    assert not out.exists()


def test_wrong_models(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = natives(tmp_path / "a.jsonl")
    text = tmp_path / "text.joblib"
    text.write_text("no model")
    assert "text.joblib: it cannot be loaded" in refusal(capsys, "predict", str(text), file)
    joblib.dump(list(range(5000)), tmp_path / "whole.joblib")
    whole = (tmp_path / "whole.joblib").read_bytes()
    for compress in (zlib.compress, gzip.compress, bz2.compress, lzma.compress):
        packed = compress(whole)
        for content in (packed[: len(packed) // 2], packed[:60] + b"junk" * 20 + packed[140:]):
            text.write_bytes(content)
            assert "text.joblib: " in refusal(capsys, "predict", str(text), file)
    for error in (TypeError, MemoryError, RecursionError):
        text.write_bytes(pickle.dumps(Raising(error)))
        said = refusal(capsys, "predict", str(text), file)
        assert f"text.joblib: it cannot be loaded ({error.__name__}: damaged); expected" in said
    joblib.dump({"a": 1}, tmp_path / "dict.joblib")
    message = refusal(capsys, "predict", str(tmp_path / "dict.joblib"), file)
    assert "it holds a dict; expected a model that tagates fit" in message
    missing = str(tmp_path / "none.joblib")
    assert "none.joblib: No such file or directory" in refusal(capsys, "predict", missing, file)
    model = str(tmp_path / "m.joblib")
    joblib.dump(ranker(), model)
    assert "is not fitted" in refusal(capsys, "predict", model, file, *SPACE)
    forest = ["--estimator", "random_forest", "--set", "n_estimators=2"]
    run("fit", file, *SPACE, "--out", model, *forest)
    message = refusal(capsys, "predict", model, file, *SPACE, "--std")
    assert "has no standard deviations; expected a model such as" in message


def test_errors_of_the_estimator_name_the_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = str(tmp_path / "m.joblib")
    strict = ["--set", "handle_unknown=error"]
    run("fit", graphs(tmp_path / "a.jsonl"), "--out", model, *SETTINGS, *strict)
    cell = node_link(CELLS[0])
    cell["edges"][3]["op"] = "nor_conv_7x7"
    other = write(tmp_path / "b.jsonl", [node_link(CELLS[0]), cell])
    message = refusal(capsys, "predict", model, other)
    assert "b.jsonl:2" in message
    assert "nor_conv_7x7" in message
    pair = write(tmp_path / "c.jsonl", [[cell, cell]])
    assert "2 cells" in refusal(capsys, "predict", model, pair)
