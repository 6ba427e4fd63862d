"""On a GPU no step of training waits, and prediction goes on where memory is short."""

from __future__ import annotations

from typing import Any

import pytest
import sklearn
import torch

from tagates_sk.nn.predictor import GraphPredictor, Predictor
from tagates_sk.training import trainer
from tests.small import CELLS, TARGETS, ranker, sample

from .device import GPU, IS_REAL, assert_scores_agree, needs_gpu
from .test_agreement import FITS

pytestmark = [pytest.mark.gpu, needs_gpu]


def set_waiting(mode: str) -> None:
    """What torch does where the CPU waits for the GPU: "default" is nothing."""
    if IS_REAL:
        torch.cuda.set_sync_debug_mode(mode)


@pytest.mark.filterwarnings("ignore:Synchronization debug mode is a prototype:UserWarning")
@pytest.mark.parametrize("name", FITS)
def test_a_step_waits_for_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first step of an epoch to the last, whatever waits is an error."""
    n_epochs = 0
    all_finite = trainer._all_finite

    def end_of_epoch(model: torch.nn.Module) -> torch.Tensor:
        nonlocal n_epochs
        n_epochs += 1
        finite = all_finite(model)
        set_waiting("default")
        return finite

    for cls in (GraphPredictor, Predictor):
        forward = cls.forward

        def step(self: Any, batch: Any, generator: Any = None, forward: Any = forward) -> Any:
            set_waiting("error" if torch.is_grad_enabled() else "default")
            return forward(self, batch, generator)

        monkeypatch.setattr(cls, "forward", step)
    monkeypatch.setattr(trainer, "_all_finite", end_of_epoch)
    try:
        FITS[name](GPU)
    finally:
        set_waiting("default")
    assert n_epochs >= 3


@pytest.mark.skipif(not IS_REAL, reason="there is no GPU whose memory could be short")
def test_goes_on_where_memory_is_short() -> None:
    fitted = ranker(device=GPU, n_members=16, layer_dim=128).fit(CELLS, TARGETS)
    X = sample(400, seed=3)
    with sklearn.config_context(working_memory=64 * 1024):  # all 400 at once
        expected = fitted.predict(X)
        torch.cuda.empty_cache()
        _, total = torch.cuda.mem_get_info()
        torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved() + 2**26) / total)
        try:
            with pytest.warns(UserWarning, match="ran out of memory with 400 arch"):
                values = fitted.predict(X)
        finally:
            torch.cuda.set_per_process_memory_fraction(1.0)
    assert_scores_agree(values, expected)
