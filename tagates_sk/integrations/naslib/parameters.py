"""Hyper-parameters in the form that NASLib passes around."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.stats import loguniform, uniform

SEARCHED: dict[str, Any] = {
    "learning_rate": loguniform(3e-4, 3e-3),
    "weight_decay": loguniform(5e-3, 0.5),
    "dropout": uniform(0.0, 0.3),
    "layer_dim": [32, 64, 128],
    "T": [2, 3, 4],
}
"""Where random hyper-parameters come from by default, if the estimator has them."""


def plain(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with Python types instead of NumPy types."""
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in params.items()
    }


def scalars(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that are finite numbers or strings."""
    return {
        name: value
        for name, value in plain(params).items()
        if isinstance(value, (str, int)) or (isinstance(value, float) and math.isfinite(value))
    }
