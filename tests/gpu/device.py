"""Which device is tried against the CPU, and how far the two may differ.

``pytest -m gpu`` runs these tests on a machine with a GPU. ``TEST_GPU=cpu pytest -m gpu`` runs them
without one: that tries the tests, not the GPU.
"""

from __future__ import annotations

import os

import numpy as np
import pytest
import torch

GPU = os.environ.get("TEST_GPU", "cuda")
IS_REAL = GPU != "cpu"
needs_gpu = pytest.mark.skipif(
    IS_REAL and not torch.cuda.is_available(), reason="there is no GPU that torch can use"
)


def assert_scores_agree(found: np.ndarray, expected: np.ndarray, shift: bool = False) -> None:
    """To a thousandth of their spread.

    With `shift` up to a constant for each column: a ranking loss does not see it, its gradient is
    nothing but rounding, and Adam makes whole steps of that.
    """
    assert found.shape == expected.shape
    for one, other in zip(np.atleast_2d(found.T), np.atleast_2d(expected.T), strict=True):
        difference = one - other
        assert np.isfinite(difference).all()
        if shift:
            difference -= difference.mean()
        assert np.abs(difference).max() <= 1e-3 * np.ptp(other)
