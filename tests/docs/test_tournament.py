"""The tournament's summary, and that it runs and goes on where it stopped."""

from __future__ import annotations

import csv
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "examples" / "benchmarks"


@pytest.fixture
def tournament(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield importlib.import_module("tournament")
    for name in ("tournament", "common"):  # names that mean nothing elsewhere
        sys.modules.pop(name, None)


def rows(*lines: str) -> list[dict[str, str]]:
    names = ["space", "size", "seed", "predictor", "tau", "cpu_seconds"]
    return list(csv.DictReader(lines, fieldnames=names))


MADE_UP = rows(
    "fbnet-latency-pixel3,30,0,gcn,0.50,2",
    "fbnet-latency-pixel3,30,0,mlp,0.40,1",
    "fbnet-latency-pixel3,30,0,TAGATESRanker,0.45,4",
    "nasbench201-cifar10,30,0,gcn,0.60,2",
    "nasbench201-cifar10,30,1,gcn,0.80,2",
    "nasbench201-cifar10,30,0,mlp,0.65,1",
    "nasbench201-cifar10,30,0,TAGATESRanker,0.70,4",
    "nasbench201-cifar10,30,1,TAGATESRanker,0.74,6",
    "nasbench201-cifar10,10,0,mlp,0.9,100",
)


def test_summary(tournament: Any) -> None:
    assert tournament.summary(MADE_UP).splitlines()[2:] == [
        # Cases: 0.45 and 0.72. Ahead of it by 0.05 is gcn; of the second case gcn is 0.02 behind
        # on both seeds, and mlp 0.05 on the seed that it has.
        "| gcn | 0.600 | -0.025 | +0.050: nasbench201-cifar10, 30 | 2 of 2 | 2.0 |",
        "| TAGATESRanker | 0.585 | +0.015 | +0.050: fbnet-latency-pixel3, 30 | 2 of 2 | 4.7 |",
        "| mlp | 0.525 | +0.025 | +0.100: fbnet-latency-pixel3, 30 | 2 of 2 | 1.0 |",
    ]


def test_every_space_has_a_row(tournament: Any) -> None:
    assert tournament.by_space(MADE_UP).splitlines() == [
        "| labels | 10 | 30 |",
        "| --- | --- | --- |",
        "| NAS-Bench-201, CIFAR-10 | – (0.900 mlp) | **0.720** (0.700 gcn) |",
        "| FBNet, latency on a phone (pixel3) |  | 0.450 (0.500 gcn) |",
    ]


def test_our_own_two_are_not_rivals(tournament: Any) -> None:
    own = rows("x,30,0,TAGATESRanker,0.6,1", "x,30,0,TAGATESRegressor,0.7,1")
    (taus,) = tournament.cases(own).values()
    assert tournament.gap(taus, "TAGATESRanker") is None
    assert "| TAGATESRanker | 0.600 |  |  | 1 of 1 | 1.0 |" in tournament.table(own)


def test_it_runs_and_goes_on(tournament: Any, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "rows.csv"

    def play(*predictors: str) -> str:
        tournament.main([
            "--predictors", *predictors, "--spaces", "accel-nasbench", "--sizes", "10", "30",
            "--seeds", "3", "--n-test", "50", "--out", str(out),
        ])  # fmt: skip
        return out.read_text()

    first = play("walk_statistics")
    assert first.count("walk_statistics") == 2
    out.write_text(first + "accel-nasbench,10,3,mlp,0.")  # killed while it wrote
    both = play("walk_statistics", "mlp")
    assert both.startswith(first)
    assert both.count("mlp") == 2
    assert play("mlp", "walk_statistics") == both
    capsys.readouterr()
    tournament.main(["--table", "--sizes", "30", "--out", str(out)])
    assert "| Accel-NASBench (MnasNet), ImageNet | – (" in capsys.readouterr().out
    assert out.read_text() == both


def test_a_failure_is_reported_and_leaves_no_row(
    tournament: Any, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing:
        def __init__(self, random_state: int) -> None: ...

        def fit(self, X: Any, y: Any) -> Failing:
            raise ValueError("no")

    monkeypatch.setitem(tournament.OURS, "TAGATESRanker", Failing)
    out = tmp_path / "rows.csv"
    tournament.main([
        "--predictors", "TAGATESRanker", "--spaces", "accel-nasbench", "--sizes", "10", "5000",
        "--seeds", "0", "--out", str(out),
    ])  # fmt: skip
    printed = capsys.readouterr()
    assert "accel-nasbench, 10, 0, TAGATESRanker: ValueError: no" in printed.err
    assert "5000, 0, TAGATESRanker: there are 1713 architectures to train on" in printed.err
    assert "There are no rows." in printed.out
    assert len(out.read_text().splitlines()) == 1


def test_subsets_are_nested_and_apart_from_the_test_architectures(tournament: Any) -> None:
    for name in ("enas-macro", "fbnet-latency-pixel3"):
        space = tournament.SPACES[name]
        bunch = space.load()
        small, test = tournament.split(bunch, space.protocol, 10, 4, 1500)
        large, again = tournament.split(bunch, space.protocol, 300, 4, 1500)
        assert np.array_equal(large[:10], small)
        assert np.array_equal(test, again)
        assert len(np.unique(np.concatenate([large, test]))) == 1800


def test_shuffled_halves_have_all_cells_of_both(tournament: Any) -> None:
    from common import shuffled_halves

    train, test = np.arange(4), np.arange(4, 9)
    pool, rest = shuffled_halves(train, test, 0)
    assert len(pool) == 4
    assert sorted([*pool, *rest]) == list(range(9))
    assert np.array_equal(pool, np.random.RandomState(21).permutation(9)[:4])


def test_tables_of_the_user_are_asked_for(tournament: Any, capsys: Any) -> None:
    with pytest.raises(SystemExit):
        tournament.main(["--spaces", "darts-swap1000"])
    assert "--darts says where they are" in capsys.readouterr().err
