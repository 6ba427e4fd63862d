"""Profiles of hypothesis and fixtures.

Few examples by default, HYPOTHESIS_PROFILE=thorough for many.
"""

import os
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

os.environ["MPLBACKEND"] = "Agg"
if "PYTEST_XDIST_WORKER" in os.environ:
    # Before torch is imported: workers share the cores, and threads of each would be too many.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

_COMMON = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.filter_too_much],
}
settings.register_profile("fast", max_examples=12, derandomize=True, database=None, **_COMMON)
settings.register_profile("thorough", max_examples=1000, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


@pytest.fixture(params=["ranker", "regressor"])
def fitted(request: pytest.FixtureRequest) -> Any:
    """A small estimator of either kind, fitted."""
    from tests import small  # torch is not imported for the tests that do without

    return getattr(small, request.param)().fit(small.CELLS, small.TARGETS)


@pytest.fixture(scope="module", autouse=True)
def few_trees(request: pytest.FixtureRequest) -> Iterator[None]:
    """Ten boosted trees a fold: the usual 120 are most of the time of a small fit.

    Modules that are marked with all_trees have these, to show how well they rank.
    """
    composition = sys.modules.get("tagates_sk.estimators.composition")  # it imports torch
    with pytest.MonkeyPatch.context() as patch:
        if composition and not request.node.get_closest_marker("all_trees"):
            few = partial(composition.BoostingMember, 10)
            patch.setattr(composition, "BoostingMember", few)
        yield


@pytest.fixture(autouse=True)
def no_figure_stays() -> Iterator[None]:
    """Matplotlib warns of more than twenty."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


@pytest.fixture(scope="class")
def dask_cluster() -> Iterator[Any]:
    """The client of a cluster of two processes on this machine; ``backend="dask"`` uses it."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prediction in parts of seven architectures."""
    monkeypatch.setattr("tagates_sk.training.network.BATCH", 7)
