"""The best of a pool, and what a fit shows."""

from __future__ import annotations

from functools import partialmethod
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from tqdm import tqdm

from tagates_sk import TAGATESRanker
from tests.small import CELLS, TARGETS, ranker


@pytest.fixture(scope="module")
def fitted() -> TAGATESRanker:
    return TAGATESRanker(members="statistics", random_state=0).fit(CELLS, TARGETS)


def test_top_is_the_head_of_predictions(fitted: Any) -> None:
    best = fitted.top(4, CELLS)
    mean, std = fitted.predict(CELLS, return_std=True)
    order = np.argsort(-mean, kind="stable")[:4]
    assert_array_equal(best.rows, order)
    assert_array_equal(best.score, mean[order])
    assert_array_equal(best.std, std[order])
    assert best.native is None or len(best.native) == 4


def test_more_than_there_are(fitted: Any) -> None:
    assert len(fitted.top(10**6, CELLS)) == len(CELLS)


def test_a_single_encoder_has_no_standard_deviations() -> None:
    single = ranker(n_members=1).fit(CELLS, TARGETS)
    assert single.top(2, CELLS).std is None
    pair = ranker(n_members=2).fit(CELLS, TARGETS)
    assert pair.top(2, CELLS).std.shape == (2,)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("n", "error", "message"),
    [
        (0, ValueError, "n=0; at least 1 architecture is expected"),
        (2.0, TypeError, "n=2.0; a whole number of architectures is expected"),
        (True, TypeError, "n=True; a whole number"),
    ],
)
def test_numbers_that_are_none(fitted: Any, n: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        fitted.top(n, CELLS)


def test_a_fit_has_one_bar_that_names_members(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown_at_once = partialmethod(tqdm.__init__, mininterval=0)
    monkeypatch.setattr(tqdm, "__init__", shown_at_once)
    TAGATESRanker(verbose=1, max_iter=3, n_members=1, early_stopping=True, random_state=0).fit(
        CELLS[:30], TARGETS[:30]
    )
    shown = capfd.readouterr().err
    assert shown.count("\n") == 1  # a bar ends its line once
    for words in ("encoders, labels", "loss=", "validation=", "asynchronous", "member=boosted"):
        assert words in shown
