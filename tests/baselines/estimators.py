"""Small baselines, over graphs and over arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted, validate_data

from tagates_sk.baselines import (
    DAGNNRanker,
    DAGNNRegressor,
    GATESRanker,
    GATESRegressor,
    GCNRanker,
    GCNRegressor,
    LSTMRanker,
    LSTMRegressor,
    SemiNASRanker,
    TransformerRanker,
    TransformerRegressor,
    WLKernelGP,
)
from tests.adapter import ArrayAdapter, named_chains

SMALL: dict[str, Any] = {
    "n_layers": 2, "layer_dim": 16, "op_dim": 8, "head": (16,), "max_iter": 2, "random_state": 0,
}  # fmt: skip

NEURAL: list[Any] = [
    DAGNNRanker, DAGNNRegressor, GATESRanker, GATESRegressor, GCNRanker, GCNRegressor, LSTMRanker,
    LSTMRegressor, SemiNASRanker, TransformerRanker, TransformerRegressor,
]  # fmt: skip
ALL: list[Any] = [*NEURAL, WLKernelGP]


def small(cls: Any, **changes: Any) -> Any:
    """An estimator that is fitted in a moment."""
    return cls(**({**SMALL, **changes} if cls in NEURAL else changes))


class NamedAdapter(ArrayAdapter):
    """Arrays by the names of operations."""

    graphs = staticmethod(named_chains)


class ArrayDAGNNRanker(NamedAdapter, DAGNNRanker):
    """DAGNNRanker over arrays."""


class ArrayDAGNNRegressor(NamedAdapter, DAGNNRegressor):
    """DAGNNRegressor over arrays."""


class ArrayGATESRanker(NamedAdapter, GATESRanker):
    """GATESRanker over arrays."""


class ArrayGATESRegressor(NamedAdapter, GATESRegressor):
    """GATESRegressor over arrays."""


class ArrayGCNRanker(NamedAdapter, GCNRanker):
    """GCNRanker over arrays."""


class ArrayGCNRegressor(NamedAdapter, GCNRegressor):
    """GCNRegressor over arrays."""


class ArrayLSTMRanker(NamedAdapter, LSTMRanker):
    """LSTMRanker over arrays."""


class ArrayLSTMRegressor(NamedAdapter, LSTMRegressor):
    """LSTMRegressor over arrays."""


class ArraySemiNASRanker(NamedAdapter, SemiNASRanker):
    """SemiNASRanker over arrays."""


class ArrayTransformerRanker(NamedAdapter, TransformerRanker):
    """TransformerRanker over arrays."""


class ArrayTransformerRegressor(NamedAdapter, TransformerRegressor):
    """TransformerRegressor over arrays."""


class ArrayGP(WLKernelGP):
    """WLKernelGP over arrays."""

    def fit(self, X: Any, y: Any) -> Any:
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        return super().fit(named_chains(X), y)

    def predict(self, X: Any, return_std: bool = False) -> Any:
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        return super().predict(named_chains(X), return_std)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        return tags


OVER_ARRAYS: list[Any] = [
    ArrayDAGNNRanker, ArrayDAGNNRegressor, ArrayGATESRanker, ArrayGATESRegressor, ArrayGCNRanker,
    ArrayGCNRegressor, ArrayLSTMRanker, ArrayLSTMRegressor, ArraySemiNASRanker,
    ArrayTransformerRanker, ArrayTransformerRegressor,
]  # fmt: skip
