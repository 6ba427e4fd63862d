"""What the caller has set torch to changes no fit and no prediction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

import pytest
import torch
from numpy.testing import assert_array_equal

from tests.baselines.estimators import NEURAL, small
from tests.small import CELLS, TARGETS, ranker, regressor

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


STATES: list[Callable[[], AbstractContextManager[Any]]] = [
    torch.no_grad, torch.inference_mode, partial(torch.device, "meta"), default_device_meta,
]  # fmt: skip


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("make", ESTIMATORS)
def test_state_of_torch(make: Any, state: Callable[[], AbstractContextManager[Any]]) -> None:
    expected = make().fit(CELLS, TARGETS)
    predicted, encoded = expected.predict(CELLS), expected.transform(CELLS)
    with state():
        fitted = make().fit(CELLS, TARGETS)
        assert_array_equal(fitted.predict(CELLS), predicted)
        assert_array_equal(fitted.transform(CELLS), encoded)
    fitted.partial_fit(CELLS, TARGETS)
    with state():
        fitted.partial_fit(CELLS, TARGETS)
    expected.partial_fit(CELLS, TARGETS).partial_fit(CELLS, TARGETS)
    assert_array_equal(fitted.predict(CELLS), expected.predict(CELLS))


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


def test_the_state_stays_as_it_was() -> None:
    with torch.inference_mode(), torch.device("meta"):
        ranker().fit(CELLS, TARGETS)
        assert torch.is_inference_mode_enabled()
        assert torch.empty(1).device == torch.device("meta")
    assert torch.is_grad_enabled()
    assert torch.empty(1).device == torch.device("cpu")
