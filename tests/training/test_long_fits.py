"""A fit that will take long says so after its first epoch."""

from __future__ import annotations

import logging
from typing import Any
from unittest import mock

import pytest

from tests.small import CELLS, TARGETS, ranker


@pytest.mark.parametrize(("bound", "verbose", "said"), [(0.0, 0, 1), (0.0, 1, 0), (1e6, 0, 0)])
def test_how_long_it_takes(caplog: Any, bound: float, verbose: int, said: int) -> None:
    with (
        mock.patch("tagates_sk.training.trainer.LONG", bound),
        caplog.at_level(logging.WARNING, "tagates_sk"),
    ):
        ranker(max_iter=8, verbose=verbose).fit(CELLS, TARGETS)
    assert len(caplog.records) == said
    for record in caplog.records:
        message = record.getMessage()
        assert len(message) <= 300
        assert "max_iter=2, smaller than 8" in message
