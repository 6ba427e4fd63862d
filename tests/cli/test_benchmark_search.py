"""tagates benchmark and tagates search."""

import json
from pathlib import Path

import numpy as np
import pytest

from tagates_sk.baselines import baseline
from tagates_sk.cli import benchmark
from tagates_sk.metrics import kendall_tau
from tagates_sk.spaces import NASBench201
from tests.cli.helpers import (
    CELLS,
    DATA,
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

SPACE = ["--space", "nasbench201"]


# ------------------------------------------------------------------ benchmark


def test_benchmark_of_shipped_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "results.csv"
    names = ["operation_statistics", "random_forest"]
    run(
        "benchmark", "--dataset", "nasbench201", "--estimators", *names, "--sizes", "20", "40",
        "--seeds", "2", "--n-test", "300", "--out", str(out),
    )  # fmt: skip
    rows = table(out.read_text())
    assert len(rows) == 8
    assert {(row["estimator"], row["n"], row["seed"]) for row in rows} == {
        (name, n, seed) for name in names for n in ("20", "40") for seed in ("0", "1")
    }
    assert {row["n_test"] for row in rows} == {"300"}
    assert all(float(row["fit_seconds"]) > 0 for row in rows)
    chosen = np.random.RandomState(1).permutation(DATA.train_indices)[:40]
    test = np.random.RandomState(0).choice(DATA.test_indices, 300, replace=False)
    forest = baseline("operation_statistics", random_state=1)
    forest.fit(DATA.dags[chosen], DATA.target[chosen])
    tau = kendall_tau(DATA.target[test], forest.predict(DATA.dags[test]))
    last = [r for r in rows if (r["estimator"], r["n"], r["seed"]) == (names[0], "40", "1")]
    assert float(last[0]["kendall_tau"]) == pytest.approx(tau, abs=1e-5)
    said = capsys.readouterr()
    assert said.out == ""
    assert "random_forest        n=40" in said.err


@pytest.mark.parametrize("make", [natives, graphs])
def test_benchmark_of_a_file(
    make: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = make(tmp_path / "a.jsonl")  # type: ignore[operator]
    space = SPACE if make is natives else []
    options = ["--estimators", "operation_statistics", "--sizes", "30", "--seeds", "1"]
    run("benchmark", "--file", file, *space, *options)
    (row,) = table(capsys.readouterr().out)
    assert (row["data"], row["n"], row["n_test"]) == (file, "30", "10")
    order = np.random.RandomState(0).permutation(40)
    train, test = order[:30], order[30:]
    forest = baseline("operation_statistics", random_state=0)
    forest.fit(CELLS[train], np.array(VALUES)[train])
    tau = kendall_tau(np.array(VALUES)[test], forest.predict(CELLS[test]))
    assert float(row["kendall_tau"]) == pytest.approx(tau, abs=1e-5)


def test_benchmark_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = natives(tmp_path / "a.jsonl")
    said = refusal(capsys, "benchmark", "--file", file, *SPACE, "--sizes", "39")
    assert "a.jsonl has 40 architectures to train on; expected 2 to 38" in said
    said = refusal(capsys, "benchmark", "--dataset", "nasbench201", *SPACE)
    assert "a --dataset needs none" in said
    said = refusal(capsys, "benchmark", "--dataset", "nasbench201", "--estimators", "forest")
    assert "expected one of tagates, cate" in said
    for options in (["--sizes", "0"], ["--dataset", "nasbench301"], []):
        with pytest.raises(SystemExit) as error:
            run("benchmark", "--file", file, *options) if options else run("benchmark")
        assert error.value.code == 2


def test_benchmark_refuses_before_it_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = natives(tmp_path / "a.jsonl"), tmp_path / "results.csv"
    out.write_text("earlier results")
    command = ["benchmark", *SPACE, "--out", str(out), "--sizes", "10", "--file"]
    said = refusal(capsys, *command, file, "--n-test", "1")
    assert "--n-test 1: one architecture has no order; expected 2 or more" in said
    assert "--n-jobs 0: expected how many fits" in refusal(capsys, *command, file, "--n-jobs", "0")
    for lines, message in (
        (0, "few.jsonl: there are no architectures in it"),
        (3, "few.jsonl: there are 3 architectures in it; expected 4 or more"),
    ):
        few = tmp_path / "few.jsonl"
        few.write_text("".join(Path(file).read_text().splitlines(keepends=True)[:lines]))
        assert message in refusal(capsys, *command, str(few))
    assert out.read_text() == "earlier results"


class Picky:
    """Finds fault with one architecture."""

    def __init__(self, method: str) -> None:
        self.method = method

    def get_params(self) -> dict[str, str]:
        return {}

    def fit(self, X: object, y: object) -> None:
        self.refuse("fit")

    def predict(self, X: object) -> None:
        self.refuse("predict")

    def refuse(self, method: str) -> None:
        if method == self.method:
            raise ValueError("X[3]: this is strange.")


@pytest.mark.parametrize(("method", "number"), [("fit", 3), ("predict", 30 + 3)])
def test_benchmark_names_the_line(
    method: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """X is a random subset of the file: its element 3 is another line."""
    monkeypatch.setattr(benchmark, "make_estimator", lambda *_: Picky(method))
    file, out = natives(tmp_path / "a.jsonl"), str(tmp_path / "results.csv")
    line = np.random.RandomState(0).permutation(40)[number] + 1
    command = ["benchmark", "--file", file, *SPACE, "--sizes", "30", "--out", out]
    assert f"a.jsonl:{line}: this is strange" in refusal(capsys, *command)


def test_benchmark_with_a_rare_operation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A subset that lacks it can be trained on, and architectures with it can be tested."""
    lines = Path(graphs(tmp_path / "a.jsonl")).read_text().splitlines()
    records = [json.loads(line) for line in lines]
    records[np.random.RandomState(0).permutation(40)[-1]]["architecture"]["edges"][0]["op"] = "rare"
    file = write(tmp_path / "rare.jsonl", records)
    names = ["operation_statistics", "random_forest"]
    run("benchmark", "--file", file, "--sizes", "20", "--seeds", "1", "--estimators", *names)
    rows = table(capsys.readouterr().out)
    assert [row["n_test"] for row in rows] == ["20", "20"]


# --------------------------------------------------------------------- search


def proposals(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    capsys.readouterr()
    run("search", *arguments)
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(record["value"] is None for record in records)
    return [record["architecture"] for record in records]


def test_search_from_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log.jsonl"
    log.touch()
    command = [str(log), *SPACE, "-n", "5"]
    first = proposals(capsys, *command)
    assert first == proposals(capsys, *command)
    assert first != proposals(capsys, *command, "--seed", "1")
    assert len({NASBench201().to_digits(cell) for cell in first}) == 5


def test_what_has_no_value_yet_is_not_proposed_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log.jsonl"
    log.touch()
    seen: list[str] = []
    for _ in range(3):
        seen += proposals(capsys, str(log), *SPACE, "-n", "8")
        write(log, ({"architecture": cell, "value": None} for cell in seen))
    assert len(set(seen)) == 24


def test_search_is_guided(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = natives(tmp_path / "a.jsonl")
    truth = dict(zip(DATA.dags.native(), DATA.target, strict=True))
    gp = ["--estimator", "nasbowl"]
    for acquisition in ("mean", "ucb"):
        found = proposals(capsys, file, *SPACE, *gp, "--acquisition", acquisition)
        assert np.median([truth[cell] for cell in found]) > np.quantile(DATA.target, 0.75)
        assert not set(found) & set(CELLS.native())
    small = proposals(capsys, file, *SPACE, "-n", "3", *SETTINGS)
    assert len(small) == 3


def test_search_for_low_values(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What it proposes is what the negative values promise most of."""
    truth = dict(zip(DATA.dags.native(), DATA.target, strict=True))
    rows = list(zip(CELLS.native(), VALUES, strict=True))
    up, down = (
        write(tmp_path / name, ({"architecture": c, "value": sign * v} for c, v in rows))
        for name, sign in (("up.jsonl", 1.0), ("down.jsonl", -1.0))
    )
    quick = [*SPACE, "-n", "5", "--set", "members=statistics"]
    best = proposals(capsys, up, *quick)
    assert np.median([truth[cell] for cell in best]) > np.quantile(DATA.target, 0.75)
    assert best == proposals(capsys, down, *quick, "--direction", "minimize")


@pytest.mark.filterwarnings("default")
def test_search_among_candidates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They are echoed as they were written, in either form, whatever their operations."""
    pool = CELLS.native()
    measured = write(
        tmp_path / "a.jsonl",
        ({"architecture": cell, "value": VALUES[i]} for i, cell in enumerate(pool[:25])),
    )
    file = write(tmp_path / "pool.jsonl", pool)
    found = proposals(capsys, measured, *SPACE, "--candidates", file, "-n", "5", *SETTINGS)
    assert len(found) == 5
    assert set(found) <= set(pool[25:])

    plain = [
        {"architecture": node_link(cell), "value": VALUES[i]} for i, cell in enumerate(CELLS[:25])
    ]
    measured = write(tmp_path / "b.jsonl", plain)
    strange = node_link(CELLS[30])
    strange["edges"][0]["op"] = "nor_conv_7x7"
    candidates = [strange, *(node_link(cell) for cell in CELLS[31:35])]
    file = write(tmp_path / "pool2.jsonl", candidates)
    for options in (SETTINGS, ["--estimator", "nasbowl"]):
        found = proposals(capsys, measured, "--candidates", file, "-n", "9", *options)
        assert sorted(map(json.dumps, found)) == sorted(map(json.dumps, candidates))
    run("search", measured, "--candidates", file, "-n", "9", *SETTINGS)
    assert "9 architectures were asked for, but only 5 could be found" in capsys.readouterr().err


def test_search_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = natives(tmp_path / "a.jsonl")
    assert "expected --space {nasbench101," in refusal(capsys, "search", file)
    said = refusal(capsys, "search", file, *SPACE, "--acquisition", "ei", "--estimator", "gcn")
    assert "return_std" in said
    assert "n=0; at least 1 architecture is expected" in refusal(
        capsys, "search", file, *SPACE, "-n", "0"
    )
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    said = refusal(capsys, "search", file, *SPACE, "--candidates", str(empty))
    assert "empty.jsonl: there are no architectures" in said
