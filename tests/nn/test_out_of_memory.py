"""Where a device has too little memory for a batch, half of it is computed at a time."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from tagates_sk.baselines import GCNRegressor, LSTMRanker
from tagates_sk.nn.devices import one_thread
from tagates_sk.nn.predictor import GraphPredictor, Predictor
from tests.baselines.estimators import small
from tests.small import CELLS, TARGETS, ranker, regressor, sample

X = sample(100, seed=3)
MAKE = [ranker, regressor, partial(small, GCNRegressor), partial(small, LSTMRanker)]


def memory_for(most: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let batches of more architectures fail; the sizes that were tried."""
    tried: list[int] = []
    for cls in (GraphPredictor, Predictor):
        encode = cls.encode

        def limited(self: Any, batch: Any, generator: Any = None, encode: Any = encode) -> Any:
            tried.append(batch.n_architectures)
            if batch.n_architectures > most:
                raise torch.cuda.OutOfMemoryError("a stand-in")
            return encode(self, batch, generator)

        monkeypatch.setattr(cls, "encode", limited)
    return tried


@pytest.mark.parametrize("make", MAKE)
@pytest.mark.parametrize("method", ["predict", "transform"])
def test_goes_on_with_half(make: Any, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    compute = getattr(make().fit(CELLS, TARGETS), method)
    expected = compute(X)
    tried = memory_for(30, monkeypatch)
    with pytest.warns(UserWarning, match="ran out of memory") as caught:
        values = compute(X)
    assert tried == [100, 50, 25, 25, 25, 25]
    assert [str(warning.message) for warning in caught] == [
        f"cpu ran out of memory with {n} architectures at a time; prediction goes on with {n // 2}."
        for n in (100, 50)
    ]
    assert_allclose(values, expected, rtol=1e-5, atol=1e-6)


def test_of_observed_training(monkeypatch: pytest.MonkeyPatch) -> None:
    y = np.column_stack([-TARGETS, TARGETS]).astype(float)
    fitted = regressor().fit(CELLS, y)
    partial_y = np.column_stack([np.arange(100.0)])
    expected = fitted.predict(X, partial=partial_y)
    memory_for(60, monkeypatch)
    with pytest.warns(UserWarning, match="with 100 architectures at a time; .* with 50"):
        values = fitted.predict(X, partial=partial_y)
    assert_allclose(values, expected, rtol=1e-5, atol=1e-6)


def test_later_batches_are_no_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tagates_sk.training.network.BATCH", 40)
    fitted = ranker().fit(CELLS, TARGETS)
    expected = fitted.predict(X)
    tried = memory_for(15, monkeypatch)
    with one_thread(), pytest.warns(UserWarning, match="goes on with"):
        values = fitted.predict(X)
    assert tried == [40, 20, *[10] * 10]
    assert_allclose(values, expected, rtol=1e-5, atol=1e-6)


def test_a_single_one_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted = ranker().fit(CELLS, TARGETS)
    memory_for(0, monkeypatch)
    with pytest.raises(torch.cuda.OutOfMemoryError), pytest.warns(UserWarning, match="with 1."):
        fitted.predict(X[:2])
