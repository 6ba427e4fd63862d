"""Acquisitions against their formulas, and what they ask of the predictor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats
from sklearn.linear_model import LinearRegression

from tagates_sk import TAGATESRanker
from tagates_sk.baselines import WLKernelGP
from tagates_sk.search import (
    ExpectedImprovement,
    PredictedMean,
    ThompsonSampling,
    UpperConfidenceBound,
    acquisition,
)
from tests import small

from .forms import POOL, WORTH, process, search

ALL = [PredictedMean(), UpperConfidenceBound(2.0), ExpectedImprovement(), ThompsonSampling()]
SOME = POOL[:50]


class Table:
    """Predicts what it is told to: X are rows of a table of mean and deviation."""

    def predict(self, X: Any, return_std: bool = False) -> Any:
        mean, std = np.array(X, dtype=float).T
        return (mean, std) if return_std else mean


def scores(acquire: Any, predictor: Any, X: Any, n: int = 1, seed: int = 0) -> np.ndarray:
    return np.asarray(acquire(predictor, X, X[:1], n, np.random.RandomState(seed)))


ROWS = [(0.5, 1.0), (1.0, 0.3), (0.0, 2.0), (0.7, 0.0), (0.2, 0.0)]


def test_mean_and_upper_bound() -> None:
    assert scores(PredictedMean(), Table(), ROWS).tolist() == [0.5, 1.0, 0.0, 0.7, 0.2]
    bound = scores(UpperConfidenceBound(2.0), Table(), ROWS)
    assert bound.tolist() == pytest.approx([2.5, 1.6, 4.0, 0.7, 0.2])


@pytest.mark.parametrize("xi", [0.0, 0.1])
def test_expected_improvement_is_an_expectation(xi: float) -> None:
    found = scores(ExpectedImprovement(xi), Table(), ROWS)
    incumbent = 0.5 + xi  # the mean of the first row, which is measured
    for (mean, std), value in zip(ROWS, found, strict=True):
        if std == 0:
            assert value == pytest.approx(max(mean - incumbent, 0))
            continue
        density = stats.norm(mean, std).pdf
        expected, _ = integrate.quad(
            lambda x, p=density: (x - incumbent) * p(x), incumbent, incumbent + 20
        )
        assert value == pytest.approx(expected, abs=1e-6)


def test_independent_draws() -> None:
    drawn = scores(ThompsonSampling(), Table(), ROWS, n=20_000)
    mean, std = np.array(ROWS).T
    assert drawn.mean(0) == pytest.approx(mean, abs=0.06)
    assert drawn.std(0) == pytest.approx(std, abs=0.06)


@pytest.mark.parametrize("limit", [1000, 10])
def test_processes_draw_jointly_while_they_can(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acquisition, "MAX_JOINT", limit)
    model = process().fit(list(SOME[:5]), WORTH[:5])
    twins = [SOME[20], SOME[20].copy(), *SOME[30:39]]
    drawn = scores(ThompsonSampling(), model, twins, n=200)
    assert drawn.shape == (200, 11)
    same = np.corrcoef(drawn[:, :2].T)[0, 1]
    assert same > 0.99 if limit == 1000 else abs(same) < 0.3


def test_members_take_turns() -> None:
    model = small.ranker(n_members=3, members="encoder").fit(small.CELLS, small.TARGETS)
    drawn = scores(ThompsonSampling(), model, SOME, n=7)
    members = model.predict_members(SOME).T
    turns = [int(np.flatnonzero((members == row).all(1))[0]) for row in drawn]
    assert sorted(turns[:3]) == [0, 1, 2]
    assert turns == [*turns[:3], *turns[:3], turns[0]]


@pytest.mark.parametrize("acquire", ALL, ids=repr)
@pytest.mark.parametrize("predictor", [process(), WLKernelGP()], ids=["process", "wl"])
def test_parts_make_no_difference(
    acquire: Any, predictor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictor.fit(list(SOME[:20]), WORTH[:20])
    whole = scores(acquire, predictor, SOME, n=3)
    monkeypatch.setattr(acquisition, "PART", 7)
    assert np.allclose(whole, scores(acquire, predictor, SOME, n=3))


@pytest.mark.parametrize("name", ["ucb", "ei", "thompson"])
@pytest.mark.parametrize(
    "predictor", [process(), WLKernelGP(), small.ranker(n_members=2)], ids=["process", "wl", "ta"]
)
def test_searches_with_uncertainty(name: str, predictor: Any) -> None:
    s = search(predictor=predictor, acquisition=name)
    for _ in range(3):
        cells = s.ask()
        s.tell(cells, WORTH[cells.rows])
    assert [row["origin"] for row in s.history_[8:]] == ["proposed"] * 4


def test_a_function_as_acquisition() -> None:
    def worst(predictor: Any, candidates: Any, measured: Any, n: int, random_state: Any) -> Any:
        assert (len(measured), n) == (6, 2)
        return -predictor.predict(candidates)

    s = search(acquisition=worst)
    s.tell(POOL[:6], WORTH[:6])
    chosen = s.ask(2)
    assert s.predictor_.predict(chosen).max() <= np.quantile(s.predictor_.predict(POOL), 0.05)


@pytest.mark.parametrize(
    ("predictor", "name"),
    [(process(), "ei"), (WLKernelGP(), "ei"), (TAGATESRanker(), "ei"), (LinearRegression(), "mean"),
     (TAGATESRanker(n_members=1, members="encoder"), "mean")],
)  # fmt: skip
def test_auto(predictor: Any, name: str) -> None:
    chosen = search(predictor=predictor)._proposer.acquisition
    assert chosen == acquisition.ACQUISITIONS[name]()


def test_rows_take_turns() -> None:
    """One row wants the first pool member, the other the last ones."""
    m = len(POOL)
    s = search(acquisition=lambda *_: np.stack([-np.arange(m), np.arange(m)]))
    s.tell(POOL[100:106], WORTH[100:106])
    first, last, second, second_last = s.ask(4).rows.tolist()
    assert first < second < 20
    assert last > second_last > m - 20


class TestErrors:
    @pytest.mark.parametrize("name", ["ucb", "ei", "thompson"])
    def test_no_standard_deviation(self, name: str) -> None:
        with pytest.raises(
            ValueError, match=f"^acquisition='{name}' needs .* LinearRegression.predict has no"
        ):
            search(acquisition=name)
        with pytest.raises(ValueError, match="LinearRegression"):
            search(predictor=LinearRegression(), acquisition=name)

    @pytest.mark.parametrize("name", ["ucb", "ei", "thompson"])
    def test_one_member(self, name: str) -> None:
        with pytest.raises(
            ValueError, match=f"^acquisition='{name}' needs an ensemble, and this TAGATESRanker has"
        ):
            search(predictor=TAGATESRanker(n_members=1, members="encoder"), acquisition=name)

    def test_one_network_beside_statistics(self) -> None:
        search(predictor=TAGATESRanker(n_members=1), acquisition="ei")

    def test_shape_of_scores(self) -> None:
        s = search(acquisition=lambda *_: np.zeros(3))
        s.tell(POOL[:6], WORTH[:6])
        with pytest.raises(ValueError, match=r"returned scores of shape \(1, 3\) for 300 cand"):
            s.ask()
