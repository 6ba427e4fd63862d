"""The network-level scores that come with the package."""

from __future__ import annotations

import numpy as np
import pytest

from tagates_sk.datasets import load_nasbench101, load_nasbench201, load_zero_cost_proxies
from tagates_sk.metrics import kendall_tau

NAMES = ["flops", "naswot", "expressivity", "progressivity"]


def test_all_of_nasbench201() -> None:
    nb201 = load_nasbench201()
    proxies = load_zero_cost_proxies("nasbench201").fit()
    scores = proxies.transform(nb201.dags)
    assert scores.shape == (15625, 4)
    assert scores.dtype == np.float64
    assert list(proxies.get_feature_names_out()) == NAMES
    for column in scores.T:
        assert kendall_tau(nb201.target, column) > 0.4


def test_the_split_of_nasbench101() -> None:
    nb101 = load_nasbench101()
    train = nb101.dags[nb101.train_indices[:500]]
    scores = load_zero_cost_proxies("nasbench101").fit().transform(train)
    flops, _, expressivity, _ = scores.T
    truth = nb101.target[nb101.train_indices[:500]]
    assert kendall_tau(truth, flops) > 0.35
    assert kendall_tau(truth, expressivity) > 0.45


def test_other_spaces() -> None:
    with pytest.raises(ValueError, match="space='darts': scores come with nasbench101 and nasben"):
        load_zero_cost_proxies("darts")
