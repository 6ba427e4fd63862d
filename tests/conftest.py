"""Profiles of hypothesis and fixtures.

Few examples by default, HYPOTHESIS_PROFILE=thorough for many.
"""

import os
from collections.abc import Iterator
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
settings.register_profile("fast", max_examples=25, derandomize=True, database=None, **_COMMON)
settings.register_profile("thorough", max_examples=1000, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


@pytest.fixture(params=["ranker", "regressor"])
def fitted(request: pytest.FixtureRequest) -> Any:
    """A small estimator of either kind, fitted."""
    from tests import small  # torch is not imported for the tests that do without

    return getattr(small, request.param)().fit(small.CELLS, small.TARGETS)


@pytest.fixture
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
