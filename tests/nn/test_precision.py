"""What the caller has set torch to changes no fit, no prediction and no zero-cost score."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal

from tagates_sk.nn.devices import full_precision
from tagates_sk.zero_cost import ZeroCostProxies, ZeroCostSaliency, evaluation
from tests.baselines.estimators import NEURAL, small
from tests.small import CELLS, TARGETS, ranker, regressor
from tests.zero_cost.forms import TINY

ESTIMATORS: list[Any] = [
    partial(ranker, symmetry_breaking="random", n_members=2),
    partial(regressor, T=2, terminal_operations=True, train_other_nodes=True),
    *(partial(small, cls) for cls in NEURAL),
]


@contextmanager
def default_device_meta() -> Iterator[None]:
    before = torch.get_default_device()
    torch.set_default_device("meta")
    try:
        yield
    finally:
        torch.set_default_device(before)


@contextmanager
def default_double() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


STATES: list[Callable[[], AbstractContextManager[Any]]] = [
    torch.no_grad, torch.inference_mode, partial(torch.device, "meta"), default_device_meta,
    partial(torch.autocast, "cpu"), default_double,
]  # fmt: skip


@pytest.mark.parametrize("make", ESTIMATORS)
def test_state_of_torch(make: Any) -> None:
    expected = make(max_iter=1).fit(CELLS, TARGETS)
    predicted, encoded = expected.predict(CELLS), expected.transform(CELLS)
    after = expected.partial_fit(CELLS, TARGETS).partial_fit(CELLS, TARGETS).predict(CELLS)
    for state in STATES:
        with state():
            fitted = make(max_iter=1).fit(CELLS, TARGETS)
            assert_array_equal(fitted.predict(CELLS), predicted)
            assert_array_equal(fitted.transform(CELLS), encoded)
        fitted.partial_fit(CELLS, TARGETS)
        with state():
            fitted.partial_fit(CELLS, TARGETS)
        assert_array_equal(fitted.predict(CELLS), after)


@pytest.mark.parametrize("state", STATES)
def test_state_of_torch_while_pre_training(
    state: Callable[[], AbstractContextManager[Any]],
) -> None:
    expected = ranker().pretrain(CELLS, max_iter=2).fit(CELLS, TARGETS).predict(CELLS)
    with state():
        estimator = ranker().pretrain(CELLS, max_iter=2)
    assert_array_equal(estimator.fit(CELLS, TARGETS).predict(CELLS), expected)
    with state():
        assert_array_equal(estimator.fit(CELLS, TARGETS).predict(CELLS), expected)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("transformer", [ZeroCostProxies, ZeroCostSaliency])
def test_state_of_torch_in_zero_cost_scores(
    transformer: Any,
    state: Callable[[], AbstractContextManager[Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def scores() -> Any:
        monkeypatch.setattr(evaluation, "_cache", evaluation._Cache())
        found = transformer(**TINY).fit_transform(CELLS[:2])
        if transformer is ZeroCostProxies:
            return found
        edges = [data for cell in found for *_, data in cell.edges(data=True)]
        return np.array([data["zero_cost"] for data in edges if "zero_cost" in data])

    expected = scores()
    with state():
        assert_array_equal(scores(), expected)


def test_the_state_stays_as_it_was() -> None:
    with torch.inference_mode(), torch.device("meta"), torch.autocast("cpu"):
        ranker().fit(CELLS, TARGETS).predict(CELLS)
        assert torch.is_inference_mode_enabled()
        assert torch.is_autocast_enabled("cpu")
        assert torch.empty(1).device == torch.device("meta")
    assert torch.is_grad_enabled()
    assert torch.empty(1).device == torch.device("cpu")


def allowed() -> list[Any]:
    """Whether TensorFloat-32 may be used for products, convolutions and recurrent layers."""
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    if hasattr(cudnn, "conv"):
        return [place.fp32_precision == "tf32" for place in (matmul, cudnn.conv, cudnn.rnn)]
    return [matmul.allow_tf32, cudnn.allow_tf32, cudnn.allow_tf32]


@pytest.mark.parametrize("matmul", [False, True])
@pytest.mark.parametrize("initialized", [False, True])
def test_no_tf32_on_gpus(matmul: bool, initialized: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: initialized)
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = matmul
    try:
        usual = allowed()
        assert usual == [matmul, True, True]
        with full_precision():
            assert allowed() == ([False] * 3 if initialized else usual)
        assert allowed() == usual
        # What the older way to ask says is no contradiction.
        assert torch.backends.cuda.matmul.allow_tf32 == matmul
        assert torch.backends.cudnn.allow_tf32
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before
