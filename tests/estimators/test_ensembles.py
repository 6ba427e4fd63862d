"""Ensembles: members side by side are what they would be alone."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from tagates_sk import TAGATESRanker, TAGATESRegressor, paper_config
from tagates_sk.datasets import load_nasbench101, load_nasbench201
from tagates_sk.nn.predictor import Predictor
from tagates_sk.spaces import DARTS, NASBench101
from tests.small import BOTH, CELLS, TARGETS, chain, ranker, regressor

both = pytest.mark.parametrize("make", BOTH)


def of_member(name: str, value: torch.Tensor, member: int, k: int, c: Any) -> torch.Tensor:
    """The weights of one member of k."""
    if name.endswith("gate_weight") or name.endswith("gate_bias"):
        return value.chunk(k)[member]
    if "embedding" in name:
        return value.chunk(k, dim=-1)[member]
    return value.chunk(k)[member]


def alone(model: Predictor, member: int, estimator: Any) -> dict[str, torch.Tensor]:
    c = model.encoder.config
    return {
        name: of_member(name, value, member, c.n_members, c)
        for name, value in model.state_dict().items()
    }


SPACES: list[tuple[str, list[Any], dict[str, Any]]] = [
    ("nasbench201", CELLS, {}),
    ("nasbench201, one pass", CELLS, {"T": 1}),
    (
        "nasbench101",
        list(NASBench101().sample(20, random_state=0)),
        {"T": 3, "aggregation": "sqrt"},
    ),
    ("darts", list(DARTS().sample(12, random_state=0)), {"update": "node"}),
    (
        "add",
        [chain("conv", "pool", zero_cost=2), chain("pool", zero_cost=2)] * 4,
        {"symmetry_breaking": "add"},
    ),
    (
        "concat",
        [chain("conv", "pool", zero_cost=2), chain("pool", zero_cost=2)] * 4,
        {"symmetry_breaking": "concat", "T": 3},
    ),
]


@pytest.mark.parametrize(("cells", "options"), [s[1:] for s in SPACES], ids=[s[0] for s in SPACES])
def test_each_member_is_a_ranker_of_its_own(cells: list[Any], options: dict[str, Any]) -> None:
    """Of the same weights, before training and after it."""
    y = np.linspace(0, 1, len(cells))
    for max_iter in (1, 3):
        many = ranker(n_members=3, max_iter=max_iter, dropout=0.0, **options).fit(cells, y)
        members = many.predict_members(cells)
        assert members.shape == (len(cells), 3)
        assert members.std(1).min() > 0
        one = ranker(max_iter=1, **options).fit(cells, y)
        for i in range(3):
            one.model_.load_state_dict(alone(many.model_, i, many))
            assert_allclose(members[:, i], one.predict(cells), rtol=1e-4, atol=1e-5)


def test_mixed_members_divide_and_sum_in_turn() -> None:
    cells = list(NASBench101().sample(20, random_state=0))
    y = np.linspace(0, 1, len(cells))
    many = ranker(n_members=3, max_iter=3, dropout=0.0).fit(cells, y)
    assert many.model_.encoder.config.aggregation == "mixed", "the default for these"
    members = many.predict_members(cells)
    for i, aggregation in enumerate(("sqrt", "sum", "sqrt")):
        one = ranker(aggregation=aggregation, max_iter=1).fit(cells, y)
        one.model_.load_state_dict(alone(many.model_, i, many))
        assert_allclose(members[:, i], one.predict(cells), rtol=1e-4, atol=1e-5)
    assert ranker().fit(cells, y).model_.encoder.config.aggregation == "sqrt", "with one member"


def test_members_train_as_they_would_alone() -> None:
    """One step of gradients and of Adam is the same beside others."""
    options = {"max_iter": 1, "dropout": 0.0, "batch_size": 40, "warm_start": True,
               "schedule": "constant"}  # fmt: skip
    many = ranker(n_members=2, **options).fit(CELLS, TARGETS)
    ones = [ranker(**options).fit(CELLS, TARGETS) for _ in range(2)]
    for i, one in enumerate(ones):
        one.model_.load_state_dict(alone(many.model_, i, many))
        one.network_.optimizer_state = None
    many.network_.optimizer_state = None
    many.fit(CELLS, TARGETS)
    for one in ones:
        one.fit(CELLS, TARGETS)
    expected = np.column_stack([one.predict(CELLS) for one in ones])
    members = many.predict_members(CELLS)
    # The last bias has a gradient that is nothing but rounding, which Adam enlarges.
    assert_allclose(members - members.mean(0), expected - expected.mean(0), atol=1e-5)


@both
def test_predictions_are_means_of_members(make: Any) -> None:
    fitted = make(n_members=3).fit(CELLS, TARGETS)
    members = fitted.predict_members(CELLS)
    mean, std = fitted.predict(CELLS, return_std=True)
    assert_allclose(mean, members.mean(1))
    assert_allclose(std, members.std(1, ddof=1))
    assert_array_equal(fitted.predict(CELLS), mean)
    assert fitted.transform(CELLS).shape == (40, 3 * 16)
    assert len(fitted.get_feature_names_out()) == 3 * 16


def test_bootstrap_shows_members_different_cells() -> None:
    same, different = (
        ranker(n_members=2, bootstrap=b, batch_size=40).fit(CELLS, TARGETS) for b in (False, True)
    )
    assert same.history_["loss"][0] != different.history_["loss"][0]
    assert different.std_scale_ == 1  # a ranker's scores have no unit


def test_disagreement_is_scaled_to_cover() -> None:
    """Eight of ten central 80% intervals of a bootstrapped regressor hold the truth."""
    nb201 = load_nasbench201()
    usual = np.flatnonzero(nb201.target > 85)
    rows = np.random.RandomState(0).permutation(usual)
    train, test = rows[:80], rows[80:1080]
    fitted = regressor(n_members=8, bootstrap=True, max_iter=60).fit(
        nb201.dags[train], nb201.target[train]
    )
    assert fitted.std_scale_ > 1  # networks are too sure of themselves
    mean, std = fitted.predict(nb201.dags[test], return_std=True)
    covered, before = (
        np.mean(abs(nb201.target[test] - mean) < 1.2816 * std / scale)
        for scale in (1, fitted.std_scale_)
    )
    assert before < 0.6
    assert 0.7 < covered < 0.9


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_more_training_does_not_change_the_scale(method: str) -> None:
    """Members have seen by then what a new sample leaves out."""
    fitted = regressor(n_members=4, bootstrap=True, warm_start=True).fit(CELLS, TARGETS)
    scale = fitted.std_scale_
    assert scale != 1
    getattr(fitted.set_params(n_members=3), method)(CELLS, TARGETS)
    assert fitted.std_scale_ == scale
    assert fitted.set_params(warm_start=False).fit(CELLS, TARGETS).std_scale_ != scale


def test_few_unseen_cells_scale_nothing() -> None:
    fitted = regressor(n_members=2, bootstrap=True).fit(CELLS[:6], TARGETS[:6])
    assert fitted.std_scale_ == 1


def test_one_member_cannot_disagree() -> None:
    message = "return_std=True asks for the disagreement of members, and this TAGATESRanker has one"
    with pytest.raises(ValueError, match=re.escape(message)):
        ranker().fit(CELLS, TARGETS).predict(CELLS, return_std=True)


@pytest.mark.slow
def test_five_members_cost_less_than_five_fits() -> None:
    from time import perf_counter

    data = load_nasbench101()
    train = data.train_indices[:200]

    def seconds(k: int) -> float:
        start = perf_counter()
        TAGATESRanker(n_members=k, max_iter=10).fit(data.dags[train], data.target[train])
        return perf_counter() - start

    seconds(1)
    assert seconds(5) < 4 * seconds(1)


def test_published_configuration_with_members() -> None:
    config = paper_config("nasbench201")
    config |= {"symmetry_breaking": "none", "max_iter": 1, "n_members": 2}
    fitted = TAGATESRegressor(**config, random_state=0).fit(CELLS, TARGETS)
    assert fitted.predict_members(CELLS).shape == (40, 2)
