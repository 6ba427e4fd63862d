"""scikit-learn's common checks, in full through the adapter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sklearn.base import clone
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from tagates_sk import Variant
from tests.adapter import ArrayRanker, ArrayRegressor
from tests.small import SIZES

# Enough for predictions that differ where a check trains on few rows: constant ones would pass
# nearly everything.
QUICK: dict[str, Any] = {
    "layer_dim": 16, "head": (16,), "dropout": 0.0, "schedule": "constant", "learning_rate": 0.01,
    "weight_decay": 0.0, "batch_size": 24, "max_iter": 2, "members": "encoder",
    "variant": Variant(**SIZES),
}  # fmt: skip
ENOUGH = 10
"""Epochs for the one check that wants R² > 0.5."""

EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": (
        "a repeated architecture comes up in several batches, a weighted one in a single batch, as "
        "in any training by shuffled batches; where all are one batch it holds, see "
        "test_tagates.py"
    ),
}

# These ask for 1e-7, but the rounding of products in float32 depends on the size of a batch and on
# the place in it. (In nn/test_invariance.py the same is tested in float64 to nine digits.)
OF_COMPANY = ("check_methods_subset_invariance", "check_methods_sample_order_invariance")


def within_float32(name: str, rtol: float = 1e-4, atol: float = 1e-5) -> Callable[..., None]:
    """scikit-learn's comparison of this name with another tolerance."""
    compare = getattr(estimator_checks, name)

    def close(x: Any, y: Any, **options: Any) -> None:
        compare(x, y, **{**options, "rtol": rtol, "atol": atol})

    return close


@parametrize_with_checks(
    [ArrayRanker(**QUICK), ArrayRegressor(**QUICK)],
    expected_failed_checks=lambda estimator: EXPECTED_FAILURES,
)
def test_over_arrays(
    estimator: Any, check: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    name_of_check = getattr(check, "func", check).__name__
    if name_of_check == "check_regressors_train" and isinstance(estimator, ArrayRegressor):
        estimator = clone(estimator).set_params(max_iter=ENOUGH)
    if name_of_check in OF_COMPANY:
        for name in ("assert_allclose", "assert_allclose_dense_sparse"):
            monkeypatch.setattr(estimator_checks, name, within_float32(name))
    check(estimator)
