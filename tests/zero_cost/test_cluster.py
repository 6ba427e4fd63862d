"""A backend of joblib that does not stream; clusters are in test_parallel.py."""

from __future__ import annotations

import joblib
import numpy as np
import pytest

from tagates_sk.spaces import NASBench201
from tagates_sk.zero_cost import ZeroCostSaliency, evaluation

from .forms import TINY


def test_backends_that_give_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not every backend streams its results."""
    from joblib._parallel_backends import SequentialBackend

    class AtOnce(SequentialBackend):
        supports_return_generator = False

    joblib.register_parallel_backend("at_once", AtOnce)
    X = NASBench201().sample(4, random_state=0)
    monkeypatch.setattr(evaluation, "_cache", evaluation._Cache())
    with joblib.parallel_config(backend="at_once"):
        there = ZeroCostSaliency(**TINY).fit(X).raw_saliencies(X)
    monkeypatch.setattr(evaluation, "_cache", evaluation._Cache())
    here = ZeroCostSaliency(**TINY).fit(X).raw_saliencies(X)
    for a, b in zip(there, here, strict=True):
        assert np.array_equal(a, b)
