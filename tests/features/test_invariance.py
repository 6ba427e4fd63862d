"""What a row must not depend on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from tagates_sk.features import AdjacencyOneHot, PathEncoding
from tagates_sk.features import _following as following
from tagates_sk.spaces import DARTS, ENASMacro, NASBench101, NASBench201
from tests.spaces.helpers import scrambled
from tests.strategies import architecture_lists

from .transformers import ALL, dense


@pytest.mark.parametrize("transformer", ALL, ids=repr)
@settings(max_examples=settings.default.max_examples // 2)
@given(architecture_lists(min_size=2), st.integers(0, 2**31))
def test_names_of_nodes_order_and_company(transformer: Any, X: list[Any], seed: int) -> None:
    random = np.random.RandomState(seed)
    transformer = clone(transformer)
    rows = dense(transformer.fit_transform(X))
    names = transformer.get_feature_names_out()
    assert rows.dtype == np.float64
    assert rows.shape == (len(X), len(names))
    assert len(set(names)) == len(names)
    assert np.isfinite(rows).all()
    others = [scrambled(architecture, random) for architecture in X]
    assert np.array_equal(dense(transformer.transform(others)), rows)
    assert np.array_equal(dense(transformer.transform(X[::-1])), rows[::-1])
    alone = [dense(transformer.transform([architecture]))[0] for architecture in X]
    assert np.array_equal(alone, rows)
    again = clone(transformer).fit(others[::-1])
    assert np.array_equal(again.get_feature_names_out(), names)
    assert np.array_equal(dense(again.transform(X)), rows)


@pytest.mark.parametrize("transformer", ALL, ids=repr)
@pytest.mark.parametrize("space", [DARTS(), ENASMacro(), NASBench101(), NASBench201()], ids=repr)
def test_lazy_sequences(transformer: Any, space: Any) -> None:
    lazy = space.sample(6, random_state=0)
    transformer = clone(transformer).fit(lazy)
    rows = dense(transformer.transform(lazy))
    assert np.array_equal(dense(transformer.transform(list(lazy))), rows)
    assert np.array_equal(dense(clone(transformer).fit_transform(list(lazy))), rows)


@pytest.mark.parametrize("transformer", ALL, ids=repr)
def test_parts(transformer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    X = DARTS().sample(9, random_state=1)
    rows = dense(transformer.fit_transform(X))
    monkeypatch.setattr(following, "STATES", 300)
    monkeypatch.setattr("tagates_sk.features.paths.BUDGET", 1.0)
    assert np.array_equal(dense(clone(transformer).fit_transform(X)), rows)


def test_order_of_reading() -> None:
    """Without canonical numbering as well, nothing depends on the batch."""
    X = NASBench101().sample(20, random_state=0)
    transformer = AdjacencyOneHot(canonical=False)
    rows = transformer.fit_transform(X)
    assert np.array_equal(transformer.transform(X[::-1]), rows[::-1])


def test_max_paths_does_not_depend_on_order() -> None:
    X = NASBench101().sample(50, random_state=0)
    encodings = [PathEncoding(max_paths=10).fit(part) for part in (X, X[::-1])]
    assert encodings[0].paths_ == encodings[1].paths_
    assert len(encodings[0].paths_) == 10
