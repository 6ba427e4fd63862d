"""Who has scikit-learn's transformers give data frames gets the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context

from tagates_sk.baselines import baseline
from tagates_sk.datasets import load_zero_cost_proxies
from tagates_sk.estimators import ProxyRanks
from tagates_sk.features import OperationStatistics
from tagates_sk.inspection import explain
from tagates_sk.zero_cost import ZeroCostSaliency
from tests.small import CELLS, TARGETS, ranker, regressor


def scores() -> Any:
    return load_zero_cost_proxies("nasbench201")


def predictions(estimator: Any, **given: Any) -> Any:
    return estimator.fit(CELLS, TARGETS, **given).predict(CELLS)


def saliencies() -> np.ndarray:
    cells = ZeroCostSaliency(scaling="rank", random_state=0).fit_transform(CELLS[:3])
    return np.array(
        [v for cell in cells for *_, v in cell.edges(data="zero_cost") if v is not None]
    )


CASES: dict[str, Callable[[], Any]] = {
    "proxies": lambda: predictions(ranker(proxies=scores(), members="all"), X_unlabeled=CELLS),
    "statistics at the head": lambda: predictions(regressor(features=OperationStatistics())),
    "ranks at the head": lambda: predictions(ranker(features=ProxyRanks(scores()))),
    "pre-training": lambda: predictions(ranker().pretrain(CELLS)),
    "pre-training on features": lambda: predictions(ranker().pretrain(CELLS, scores())),
    "Gaussian process": lambda: predictions(baseline("nasbowl", random_state=0)),
    "trees": lambda: predictions(baseline("operation_statistics", n_estimators=3, random_state=0)),
    "boosting": lambda: predictions(baseline("gradient_boosting", n_estimators=3, random_state=0)),
    "embeddings": lambda: explain(ranker().fit(CELLS, TARGETS), CELLS[0]).projection,
    "saliencies": saliencies,
}


@pytest.mark.parametrize("case", CASES)
def test_equal_numbers(case: str) -> None:
    expected = CASES[case]()
    with config_context(transform_output="pandas"):
        assert_array_equal(CASES[case](), expected)
