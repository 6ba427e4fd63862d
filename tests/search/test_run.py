"""A search by itself: failures, parallel evaluation, kills, files, pictures."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import textwrap
import types
from pathlib import Path
from typing import Any

import joblib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from tagates_sk.search import FailedEvaluationWarning, PredictorSearch, storage
from tagates_sk.search.candidates import structures
from tagates_sk.search.storage import save_state
from tagates_sk.spaces import NASBench201
from tests.small import ranker

from .forms import POOL, WORTH, MutableChains, Raising, interrupt_training, search, worth


def values(s: PredictorSearch) -> list[float]:
    return [row["value"] for row in s.history_]


def picky(cell: Any) -> float:
    """Fails for a third of the cells, in three ways."""
    ops = [op for *_, op in cell.edges(data="op")]
    if ops[0] == "none":
        raise RuntimeError("out of memory")
    if ops[0] == "avg_pool_3x3":
        return float("nan")
    return "?" if ops[0] == "skip_connect" else worth(cell)  # type: ignore[return-value]


def test_run_is_ask_and_tell() -> None:
    s = search()
    for n in (6, 4, 4, 2):
        cells = s.ask(n)
        s.tell(cells, WORTH[cells.rows])
    assert values(search().run(worth, budget=16)) == values(s)


def test_budget_counts_what_is_known() -> None:
    s = search()
    s.tell(POOL[:3], WORTH[:3])
    assert len(s.run(worth, budget=9).history_) == 9
    assert len(s.run(worth, budget=9).history_) == 9
    assert [row["origin"] for row in s.history_] == ["given"] * 3 + ["initial"] * 3 + [
        "proposed"
    ] * 3


@pytest.mark.parametrize(
    ("budget", "message"),
    [(-1, r"^budget=-1; at least 1 architecture is expected\.$"),
     (0, r"^budget=0; at least 1 arch"), (1.5, r"^budget=1\.5; a whole number of architectures"),
     (None, r"^budget=None; a whole"), ("a", r"^budget='a'; a whole")],
)  # fmt: skip
def test_budgets_that_are_none(budget: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        search().run(worth, budget=budget)


def test_evaluate_that_cannot_be_called() -> None:
    with pytest.raises(TypeError, match=r"^evaluate is a dict; a function that takes an architec"):
        search().run({}, budget=10)  # type: ignore[arg-type]


def test_outstanding_ones_first() -> None:
    s = search()
    asked = list(s.ask(5))
    s.tell(asked[:1], [worth(asked[0])])
    s.run(worth, budget=3)
    assert structures([row["architecture"] for row in s.history_]) == structures(asked[:3])
    assert structures(s.pending_) == structures(asked[3:])


def test_goes_on_after_failures() -> None:
    s = search()
    with pytest.warns(FailedEvaluationWarning) as caught:
        s.run(picky, budget=40)
    failed = [row for row in s.history_ if row["failed"]]
    assert len(s.history_) == 40
    assert len(caught) == len(failed) > 3
    errors = {row["error"].split(":")[0] for row in failed}
    assert errors <= {"RuntimeError", "evaluate returned nan", "ValueError"}
    assert len(errors) > 1
    assert len(set(structures([row["architecture"] for row in s.history_]))) == 40
    assert caught[0].filename == __file__


@pytest.mark.filterwarnings("ignore::tagates_sk.search.FailedEvaluationWarning")
def test_all_fail() -> None:
    def broken(cell: Any) -> float:
        raise KeyError("weights")

    s = search()
    with pytest.raises(RuntimeError, match=r"^All 6 evaluations have failed; the last one: KeyErr"):
        s.run(broken, budget=50)
    assert len(s.history_) == 6


def test_ends_where_the_space_ends() -> None:
    s = search(MutableChains(3))
    with pytest.warns(UserWarning, match="only [02] could be found that are not among the [68] kn"):
        s.run(worth, budget=20)
    assert len(s.history_) == 8


def test_an_interrupted_fit_stops_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is proposed by a half-trained predictor; the search can go on from where it was."""
    options = {"predictor": ranker(), "n_candidates": 10, "path": tmp_path / "search"}
    s = search(**options).run(worth, budget=10)
    before, rounds = structures([row["architecture"] for row in s.history_]), []
    with monkeypatch.context() as patch:
        interrupt_training(patch)
        with pytest.raises(KeyboardInterrupt):
            s.run(worth, budget=14)
    assert structures([row["architecture"] for row in s.history_]) == before
    assert s.pending_ == []
    for t in (s, PredictorSearch.load(tmp_path / "search"), search(**options)):
        t.run(worth, budget=14)
        rounds.append([(row["round"], row["value"]) for row in t.history_])
    assert rounds[0] == rounds[1] == rounds[2]
    assert [number for number, _ in rounds[0]] == [0] * 6 + [1] * 4 + [2] * 4


@pytest.mark.parametrize("backend", ["threading", pytest.param("loky", marks=pytest.mark.slow)])
def test_in_parallel(backend: str) -> None:
    with joblib.parallel_config(backend=backend):
        s = search().run(worth, budget=14, n_jobs=2)
    alone = search().run(worth, budget=14)
    assert sorted(values(s)[:6]) == sorted(values(alone)[:6])
    assert len(set(structures([row["architecture"] for row in s.history_]))) == 14
    for row in s.history_:
        assert row["value"] == worth(row["architecture"])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # those of the cluster's own threads and sockets
@pytest.mark.usefixtures("dask_cluster")
def test_on_dask() -> None:
    with joblib.parallel_config(backend="dask"):
        s = search().run(worth, budget=10)
    assert len(s.history_) == 10
    assert all(row["value"] == worth(row["architecture"]) for row in s.history_)


def test_progress(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"COLUMNS": "200", "LINES": "40"}.items():
        monkeypatch.setenv(name, value)  # a bar is cut at the terminal's edge
    search(verbose=1).run(worth, budget=8)
    shown = capsys.readouterr().err
    assert "8/8" in shown
    for name in ("best=", "round=1", "fit=", "evaluate="):
        assert name in shown
    search().run(worth, budget=8)
    assert capsys.readouterr().err == ""


class TestState:
    @pytest.mark.parametrize("space", [POOL, NASBench201()], ids=["sequence", "space"])
    def test_goes_on_as_if_it_had_not_stopped(self, space: Any, tmp_path: Path) -> None:
        s = search(space)
        s.run(worth, budget=12)
        asked = s.ask()
        s.save(tmp_path / "search")
        loaded = PredictorSearch.load(tmp_path / "search")
        assert structures(loaded.pending_) == structures(asked)
        assert values(loaded) == values(s)
        assert values(loaded.run(worth, budget=24)) == values(s.run(worth, budget=24))

    def test_killed(self, tmp_path: Path) -> None:
        """Killed in its tenth evaluation, it has the first nine and goes on with the tenth."""
        script = f"""
            import os, signal
            from tests.search.forms import search, worth
            told = []
            def evaluate(cell):
                told.append(cell)
                if len(told) == 10:
                    os.kill(os.getpid(), signal.SIGKILL)
                return worth(cell)
            search(path={str(tmp_path / "search")!r}).run(evaluate, budget=20)
        """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script)],
            cwd=Path(__file__).parents[2], check=False,
        )  # fmt: skip
        assert done.returncode == -9
        s = PredictorSearch.load(tmp_path / "search")
        whole = search().run(worth, budget=20)
        assert values(s) == values(whole)[:9]
        assert len(s.pending_) == 1
        assert values(s.run(worth, budget=20)) == values(whole)
        assert values(PredictorSearch.load(tmp_path / "search")) == values(whole)
        assert os.listdir(tmp_path) == ["search"]

    def test_saves_to_where_it_was_loaded_from(self, tmp_path: Path) -> None:
        s = search(path=tmp_path / "a")
        s.ask(2)
        os.rename(tmp_path / "a", tmp_path / "b")
        s = PredictorSearch.load(tmp_path / "b")
        s.tell(s.pending_, [1.0, 2.0])
        assert len(PredictorSearch.load(tmp_path / "b").history_) == 2
        assert os.listdir(tmp_path) == ["b"]

    def test_told_is_saved_even_if_warnings_are_errors(self, tmp_path: Path) -> None:
        s = search(path=tmp_path / "search")
        with pytest.raises(FailedEvaluationWarning):
            s.tell(POOL[:2], [1.0, np.nan])
        assert len(PredictorSearch.load(tmp_path / "search").history_) == 2

    def test_a_write_that_fails_leaves_the_old_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        s = search(path=tmp_path / "search")
        s.tell(POOL[:2], WORTH[:2])

        def full(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(storage.os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            s.tell(POOL[2:4], WORTH[2:4])
        assert len(s.history_) == 4
        assert len(PredictorSearch.load(tmp_path / "search").history_) == 2
        assert os.listdir(tmp_path) == ["search"]

    def test_damaged(self, tmp_path: Path) -> None:
        """No byte can be wrong, and no end missing, without being noticed."""
        path = tmp_path / "search"
        search(path=path).tell(POOL[:8], WORTH[:8])
        whole = path.read_bytes()
        random = np.random.RandomState(0)
        for _ in range(150):
            cut, place = random.randint(len(whole), size=2)
            flipped = bytes([whole[place] ^ (1 + random.randint(255))])
            for content in (whole[:cut], whole[:place] + flipped + whole[place + 1 :]):
                path.write_bytes(content)
                with pytest.raises(ValueError, match=r"search' (is|was|cannot|holds)"):
                    PredictorSearch.load(path)
        for place in (0, 5, 16, 20, 60):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            with pytest.raises(ValueError, match=r"search' (is damaged|was not written)"):
                PredictorSearch.load(path)

    @pytest.mark.parametrize("error", [TypeError, KeyError, MemoryError, AttributeError])
    def test_damaged_bare_pickles(self, error: type[Exception], tmp_path: Path) -> None:
        """They raise anything."""
        path = tmp_path / "search"
        path.write_bytes(pickle.dumps(Raising(error)))
        with pytest.raises(ValueError, match=r"search' was not written by PredictorSearch\.save"):
            PredictorSearch.load(path)

    def test_needs_a_module_that_is_not_there(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        module = types.ModuleType("gone")
        exec("class Space:\n    def sample(self, n, random_state=None): ...", module.__dict__)
        monkeypatch.setitem(sys.modules, "gone", module)
        search(module.Space()).save(tmp_path / "search")
        monkeypatch.delitem(sys.modules, "gone")
        with pytest.raises(ValueError, match=r"search' cannot be loaded here: ModuleNotFoundError"):
            PredictorSearch.load(tmp_path / "search")

    def test_no_saved_search(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.write_text("accuracy,94.37\n")
        with pytest.raises(ValueError, match=r"file' was not written by PredictorSearch\.save"):
            PredictorSearch.load(path)
        path.write_bytes(b"")
        with pytest.raises(ValueError, match=r"file' was not written by PredictorSearch\.save"):
            PredictorSearch.load(path)
        save_state([1, 2], path)
        with pytest.raises(ValueError, match=r"file' holds a list; a file written by Predictor"):
            PredictorSearch.load(path)


class TestPlot:
    def test_shows_values_and_best(self) -> None:
        s = search().run(worth, budget=10)
        figure, ax = plt.subplots()
        assert s.plot(ax) is ax
        (line,) = ax.lines
        assert line.get_ydata().tolist() == [row["best"] for row in s.history_]
        assert sum(len(points.get_offsets()) for points in ax.collections) == 10
        plt.close(figure)

    def test_current_axes(self) -> None:
        s = search().run(worth, budget=6)
        ax = s.plot()
        assert ax is plt.gca()
        plt.close(ax.figure)

    def test_without_matplotlib(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
        with pytest.raises(ImportError, match=r'pip install "tagates_sk\[plot\]"'):
            search().plot()
