"""Targets, weights and zero-cost vectors of any size: finite predictions, or an error."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from numpy.testing import assert_allclose

from tagates_sk import InvalidArchitectureError, TrainingCondition
from tagates_sk.baselines import DAGNNRegressor, GCNRanker, GCNRegressor, WLKernelGP
from tests.small import CELLS, TARGETS, ranker, regressor

SMALL = {"n_layers": 2, "layer_dim": 8, "op_dim": 4, "head": (4,), "max_iter": 2}


def neural(cls: Any, **changes: Any) -> Any:
    return cls(**{**SMALL, "random_state": 0, **changes})


REGRESSORS = {
    "encoders": lambda: regressor(n_members=2),
    "early stopping": lambda: regressor(early_stopping=True, n_iter_no_change=1),
    "all": lambda: regressor(members="all", n_members=2, max_iter=1),
    "statistics": lambda: regressor(members="statistics"),
    "GCN": lambda: neural(GCNRegressor),
    "DAGNN": lambda: neural(DAGNNRegressor),
    "process of ranks": lambda: WLKernelGP(),
    "process": lambda: WLKernelGP(target="standardise"),
}
RANKERS = {
    "ranker": ranker,
    "ranker of statistics": lambda: ranker(members="statistics"),
    "GCN ranker": lambda: neural(GCNRanker),
}


def all_of(estimator: Any) -> np.ndarray:
    """Predictions, with standard deviations where there are any."""
    try:
        return np.array(estimator.predict(CELLS, return_std=True))
    except (TypeError, ValueError):  # there are none, or there is a single member
        return np.array([estimator.predict(CELLS)])


@pytest.mark.parametrize("make", REGRESSORS.values(), ids=REGRESSORS)
@pytest.mark.parametrize("factor", [1e-162, 1e-290, 1e140])
def test_the_unit_of_targets_does_not_matter(make: Any, factor: float) -> None:
    plain, scaled = (all_of(make().fit(CELLS, y)) for y in (TARGETS, TARGETS * factor))
    assert plain[0].std() > 0
    assert_allclose(scaled / factor, plain, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("make", [*REGRESSORS.values(), *RANKERS.values()])
def test_targets_whose_differences_are_infinite(make: Any) -> None:
    y = np.where(np.arange(40) % 2, 1e308, -1e308)
    with pytest.raises(ValueError, match=r"y\[0\] is -1e\+308, and targets are at most 1e\+300"):
        make().fit(CELLS, y)


@pytest.mark.parametrize("make", [REGRESSORS["encoders"], REGRESSORS["process"]])
def test_targets_whose_squares_are_infinite(make: Any) -> None:
    with pytest.raises(ValueError, match="values are too large to be standardised"):
        make().fit(CELLS, TARGETS * 1e200)


@pytest.mark.parametrize("factor", [1e-162, 1e-290])
def test_conditions_of_training(factor: float) -> None:
    known = [TrainingCondition([0.1] * (2 + i % 2)) for i in range(len(CELLS))]
    plain, scaled = (
        regressor().fit(CELLS, y, conditions=known).predict(CELLS)
        for y in (TARGETS, TARGETS * factor)
    )
    assert_allclose(scaled / factor, plain, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("factor", [1e-310, 1e-200, 1e200, 1e308])
def test_the_unit_of_weights_does_not_matter(factor: float) -> None:
    weights = np.linspace(0.5, 1, len(CELLS))
    plain, scaled = (
        regressor().fit(CELLS, TARGETS, sample_weight=w).predict(CELLS)
        for w in (weights, weights * factor)
    )
    assert_allclose(scaled, plain, rtol=1e-4)


def with_vectors(value: float) -> list[Any]:
    """The cells, with vectors of which one has this value."""
    cells = [nx.DiGraph(cell) for cell in CELLS]
    for cell in cells:
        for data in cell.edges.values():
            data["zero_cost"] = np.ones(2, dtype=np.float32)
    cells[3].edges[1, 3]["zero_cost"] = np.array([1.0, value], dtype=np.float32)
    return cells


@pytest.mark.parametrize("propagation", ["synchronous", "asynchronous"])
@pytest.mark.parametrize("breaking", ["add", "concat"])
def test_large_zero_cost_vectors(breaking: str, propagation: str) -> None:
    fitted = ranker(symmetry_breaking=breaking, propagation=propagation, T=3)
    fitted.fit(with_vectors(1.0), TARGETS)
    for value in (-1e18, 1e18, 1e-45):
        assert np.isfinite(fitted.predict(with_vectors(value))).all()
    message = r"X\[3\], edge .*: zero_cost has the value -?3e\+38; the encoder computes in single"
    for value in (3e38, -3e38):
        for call in (fitted.predict, fitted.transform, lambda X: fitted.fit(X, TARGETS)):
            with pytest.raises(InvalidArchitectureError, match=message):
                call(with_vectors(value))
