"""Recurrent networks as members of a blend, and how long networks learn."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from tagates_sk import TAGATESRanker
from tagates_sk.estimators import networks, recurrent
from tagates_sk.estimators.networks import epochs_of
from tagates_sk.estimators.recurrent import RecurrentNetworks
from tagates_sk.features import CapacityStatistics
from tagates_sk.metrics import kendall_tau
from tests.small import CELLS, TARGETS, chain, quality, ranker, sample, small

ALL: dict[str, Any] = {"members": "all", "n_members": 2}


@pytest.fixture
def from_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """They join with more than 20 labels."""
    monkeypatch.setattr(networks, "FEW", 20)


def kinds(model: Any) -> list[str]:
    return [type(network).__name__ for network in model.composition_.networks]


@pytest.mark.usefixtures("from_few")
def test_they_join_where_labels_are_many() -> None:
    assert kinds(ranker(**ALL).fit(CELLS[:20], TARGETS[:20])) == ["Encoders"] * 2
    many = ranker(**ALL).fit(CELLS, TARGETS)
    assert kinds(many) == ["Encoders", "Encoders", "RecurrentNetworks"]
    assert many.predict_members(CELLS).shape == (40, 6)
    assert many.composition_.blend.weights_.shape == (6,)


@pytest.mark.usefixtures("from_few")
def test_they_learn() -> None:
    model = ranker(**ALL, max_iter=40, learning_rate=0.01).fit(CELLS, TARGETS)
    others = sample(60, seed=3)
    assert kendall_tau(quality(others), model.predict_members(others)[:, 2]) > 0.5


@pytest.mark.usefixtures("from_few")
def test_numbers_are_those_of_the_seed() -> None:
    model = ranker(**ALL).fit(CELLS, TARGETS)
    again = clone(model).fit(CELLS, TARGETS)
    assert_array_equal(model.predict_members(CELLS), again.predict_members(CELLS))
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict(CELLS), model.predict(CELLS))
    one_by_one = [model.predict_members([cell])[0] for cell in CELLS[:5]]
    assert_allclose(one_by_one, model.predict_members(CELLS[:5]), rtol=1e-4, atol=1e-5)


@pytest.mark.usefixtures("from_few")
def test_what_each_leaves_out_is_what_judges_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    original = RecurrentNetworks.train

    def train(self: Any, *args: Any, draws: Any = None, **options: Any) -> Any:
        seen.append(draws)
        return original(self, *args, draws=draws, **options)

    monkeypatch.setattr(RecurrentNetworks, "train", train)
    ranker(**ALL, max_iter=10).fit(CELLS, TARGETS)
    left_out, at_last = seen
    assert_array_equal((left_out == 0).sum(0), [8] * 4)
    assert not (left_out == 0).all(1).any()
    assert (at_last == 1).all()


@pytest.mark.usefixtures("from_few")
def test_large_cells_are_left_to_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their tables have a row and a column for each operation."""
    short = [chain(*("ab"[(i >> j) & 1] for j in range(5))) for i in range(32)]
    long = [chain(*"abab"), chain(*"aaabbba")]
    monkeypatch.setattr(recurrent, "LARGEST", 5)
    model = ranker(**ALL).fit(short, np.arange(32.0))
    members = model.predict_members(long)
    assert_array_equal(np.isnan(members[:, 2]), [False, True])
    assert np.isfinite(model.predict(long)).all()
    monkeypatch.setattr(recurrent, "LARGEST", 4)
    assert kinds(ranker(**ALL).fit(short, np.arange(32.0))) == ["Encoders"] * 2


@pytest.mark.usefixtures("from_few")
def test_weights_of_architectures() -> None:
    """Without weight, labels change nothing."""
    weight = np.repeat([1.0, 0.0], [30, 10])
    wrong = np.where(weight > 0, TARGETS, 99.0)
    one, other = (
        ranker(**ALL).fit(CELLS, y, sample_weight=weight).predict_members(CELLS)
        for y in (TARGETS, wrong)
    )
    assert_allclose(one[:, 2], other[:, 2], rtol=1e-5)


@pytest.mark.parametrize(
    ("given", "n", "epochs"),
    [
        ("auto", None, 100),
        ("auto", 1, 60),
        ("auto", 625, 100),
        ("auto", 4000, 50),
        ("auto", 10**6, 30),
        (7, 10**6, 7),
    ],
)
def test_epochs(given: Any, n: int, epochs: int) -> None:
    assert epochs_of(given, n) == epochs


def test_auto_epochs_of_a_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "EPOCHS", 4)
    monkeypatch.setattr(networks, "EPOCHS_OF_FEW", 3)
    monkeypatch.setattr(networks, "FEWEST_EPOCHS", 1)
    monkeypatch.setattr(networks, "FEW", 5)
    monkeypatch.setattr(networks, "MANY", 10)
    model = small(TAGATESRanker, max_iter="auto", members="all").fit(CELLS, TARGETS)
    assert model.n_iter_ == 2
    assert model.partial_fit(CELLS, TARGETS).n_iter_ == 3
    alone = small(TAGATESRanker, max_iter="auto")
    assert alone.fit(CELLS, TARGETS).n_iter_ == 4
    with pytest.raises(ValueError, match="The 'max_iter' parameter of TAGATESRanker must be"):
        ranker(max_iter="many").fit(CELLS, TARGETS)


@pytest.mark.usefixtures("from_few")
def test_they_learn_from_unlabelled_architectures(tmp_path: Path) -> None:
    """Pseudo-labels first, kept in `memory`; then the labels."""
    given = {**ALL, "max_iter": 10, "proxies": CapacityStatistics(), "memory": tmp_path}
    model = ranker(**given).fit(CELLS, TARGETS, X_unlabeled=sample(60, seed=1))
    assert kinds(model) == ["Encoders", "Encoders", "RecurrentNetworks"]
    assert len(list(tmp_path.rglob("output.pkl"))) == 3
    assert np.isfinite(model.predict_members(CELLS)).all()
