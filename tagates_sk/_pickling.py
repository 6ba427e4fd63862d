"""Pickles of estimators that any machine can load."""

from __future__ import annotations

import copy
from typing import Any

from sklearn.base import BaseEstimator

from .nn.devices import on_cpu, resolve_device


class PickledOnCPU(BaseEstimator):
    """Pickles the model of a GPU as one of the CPU, and moves it back where there is one."""

    device_: str
    model_: Any
    _optimizer_state: dict[str, Any] | None

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        if "model_" in state and self.device_ != "cpu":
            # So that a machine without this device can load it.
            state["model_"] = copy.deepcopy(self.model_).cpu()
            state["_optimizer_state"] = on_cpu(self._optimizer_state)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if hasattr(self, "model_"):
            device = resolve_device(self.device_, fallback=True)
            self.device_ = str(device)
            self.model_.to(device)
