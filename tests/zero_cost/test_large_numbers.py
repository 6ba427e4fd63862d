"""Saliencies beyond float32: deep networks are told apart, and scaled ones are finite."""

from __future__ import annotations

import numpy as np
import pytest

from tagates_sk.spaces import NASBench201
from tagates_sk.zero_cost import ZeroCostProxies, ZeroCostSaliency
from tagates_sk.zero_cost.evaluation import sums
from tagates_sk.zero_cost.saliency import Metric
from tagates_sk.zero_cost.scaling import SCALINGS, Scaler

DEEP = {"stem_channels": 16, "cells_per_stage": 5, "batch_size": 2, "image_size": 8}
SPACE = NASBench201(encoding="nasbench201")
CELLS = [SPACE.to_dag(digits) for digits in [(3, 3, 3, 1, 3, 2), (3, 1, 2, 2, 4, 3)]]
FLOAT32 = float(np.finfo(np.float32).max)
LARGEST = float(np.finfo(np.float64).max)


def test_deep_networks_are_told_apart() -> None:
    synflow = ZeroCostProxies(["synflow"], random_state=0, **DEEP).fit_transform(CELLS)
    assert synflow.min() > FLOAT32
    assert synflow[0] > 10 * synflow[1]


def test_their_operations_too() -> None:
    saliency = ZeroCostSaliency(["synflow"], random_state=0, **DEEP).fit(CELLS)
    found = np.concatenate(saliency.raw_saliencies(CELLS))
    assert len(np.unique(found)) > 5
    assert found.max() > FLOAT32
    vectors = [dag.edges[e]["zero_cost"][0] for dag in saliency.transform(CELLS) for e in dag.edges]
    assert len(np.unique(vectors)) > 5


@pytest.mark.parametrize("n_init", [1, 3, 7, 10])
def test_means_and_their_differences_are_finite(n_init: int) -> None:
    metric = Metric(lambda state: state.weight)
    ends = [np.zeros(1), np.zeros(1)]
    for _ in range(n_init):
        for end, value in zip(ends, (np.inf, -np.inf), strict=True):
            end += sums(metric, np.array([value]), np.array([0]), 1, n_init)
    highest, lowest = (end / n_init for end in ends)
    assert LARGEST / (3 * n_init) < highest - lowest < np.inf


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", SCALINGS)
def test_scalings_of_the_largest(kind: str) -> None:
    raw = np.array([[-LARGEST / 2, 1e300], [LARGEST / 2, 1e-300], [1e-3, 1e290], [2.0, 1e200]])
    scaled = Scaler.fit(raw, kind).transform(raw)
    assert np.isfinite(scaled).all()
    assert scaled.dtype == np.float32
    assert np.abs(scaled).max() <= (np.float32(FLOAT32) if kind == "none" else 10)
    assert scaled[0, 0] < scaled[1, 0]
    small = Scaler.fit(np.array([[1.0, 1.0], [2.0, 3.0]]), kind).transform(raw)
    assert np.isfinite(small).all()


def test_standardised_as_before() -> None:
    """The division that keeps squares finite changes no digit."""
    raw = np.random.RandomState(0).lognormal(3, 5, (50, 3))
    expected = ((raw - raw.mean(0)) / raw.std(0)).clip(-10, 10).astype(np.float32)
    assert np.array_equal(Scaler.fit(raw, "standard").transform(raw), expected)
