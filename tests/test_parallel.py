"""Predictions by several processes."""

from __future__ import annotations

import os
import re
import signal
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tagates_sk import TrainingCondition
from tagates_sk.datasets import load_nasbench201
from tagates_sk.parallel import iter_predictions, predict_in_parallel
from tagates_sk.zero_cost import ZeroCostSaliency, evaluation

from .small import CELLS, TARGETS, as_array, ranker
from .zero_cost.forms import TINY


@pytest.fixture(scope="module")
def fitted() -> Any:
    return ranker(n_members=2).fit(CELLS, TARGETS)


FORMS: list[Callable[[Any], Any]] = [
    list, as_array, iter, lambda X: (x for x in X), lambda X: load_nasbench201().dags[:40]
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=["list", "array", "iterator", "generator", "lazy"])
def test_numbers_do_not_depend_on_workers(fitted: Any, form: Any) -> None:
    one = predict_in_parallel(fitted, form(CELLS), chunk_size=16)
    two = predict_in_parallel(fitted, form(CELLS), chunk_size=16, n_jobs=2)
    assert_array_equal(one, two)
    assert_allclose(one, fitted.predict(form(CELLS) if form is FORMS[-1] else CELLS), rtol=1e-5)


def test_standard_deviations(fitted: Any) -> None:
    mean, std = predict_in_parallel(fitted, CELLS, chunk_size=16, return_std=True)
    expected = fitted.predict(CELLS, return_std=True)
    assert_allclose(mean, expected[0], rtol=1e-5)
    assert_allclose(std, expected[1], rtol=1e-3)


@pytest.mark.parametrize("form", [list, iter], ids=["list", "iterator"])
def test_parts_get_their_own_observations_and_conditions(form: Any) -> None:
    curves = np.column_stack([TARGETS + np.sin(np.arange(40)), TARGETS])
    partial = curves[:, :1]
    extrapolating = ranker().fit(CELLS, curves)
    got = predict_in_parallel(extrapolating, form(CELLS), chunk_size=16, partial=partial.tolist())
    assert_allclose(got, extrapolating.predict(CELLS, partial=partial), rtol=1e-4, atol=1e-5)
    short, long = TrainingCondition([0.1]), TrainingCondition([0.1, 0.1])
    each = [short, long] * 20
    conditioned = ranker(s=1.0, max_iter=20).fit(CELLS, TARGETS, conditions=each)
    for given in (each, short, None):
        got = predict_in_parallel(conditioned, form(CELLS), chunk_size=7, conditions=given)
        expected = conditioned.predict(CELLS, conditions=given)
        assert_allclose(got, expected, rtol=1e-4, atol=1e-5)
    message = "X has 40 architectures but conditions has 41 rows; one is needed for each"
    with pytest.raises(ValueError, match=re.escape(message)):
        predict_in_parallel(conditioned, form(CELLS), conditions=[*each, long])


def test_pipelines(fitted: Any) -> None:
    pipeline = make_pipeline(FunctionTransformer(), fitted)
    assert_allclose(
        predict_in_parallel(pipeline, CELLS, chunk_size=30, n_jobs=2),
        fitted.predict(CELLS),
        rtol=1e-5,
    )


def test_a_stream_is_read_as_it_is_needed(fitted: Any) -> None:
    read: list[int] = []

    def endless() -> Any:
        while True:
            read.append(len(read))
            yield CELLS[len(read) % 40]

    parts = iter_predictions(fitted, endless(), chunk_size=5)
    assert [len(next(parts)) for _ in range(4)] == [5] * 4
    assert len(read) <= 5 * 8


def test_memory_does_not_grow_with_a_stream(fitted: Any) -> None:
    """Neither graphs that were read nor what they became is kept."""
    alive: weakref.WeakSet[Any] = weakref.WeakSet()
    most = 0

    def stream(n: int) -> Iterator[Any]:
        nonlocal most
        for i in range(n):
            graph = CELLS[i % 40].copy()
            alive.add(graph)
            most = max(most, len(alive))
            yield graph

    def peak(n: int) -> int:
        tracemalloc.reset_peak()
        assert sum(map(len, iter_predictions(fitted, stream(n), chunk_size=100))) == n
        return tracemalloc.get_traced_memory()[1]

    tracemalloc.start()
    try:
        few, many = peak(400), peak(2400)
    finally:
        tracemalloc.stop()
    assert most <= 200
    assert many < 1.2 * few


def test_progress_bar(fitted: Any, capsys: pytest.CaptureFixture[str]) -> None:
    predict_in_parallel(fitted, CELLS, chunk_size=10, verbose=1)
    assert "predict: 100%" in capsys.readouterr().err


def searched() -> Any:
    """A grid search, which joblib spreads over its backend."""
    search = GridSearchCV(ranker(), {"T": [1, 2], "s": [0.1, 1.0]}, cv=2, error_score="raise")
    return search.fit(CELLS, TARGETS)


def same_everywhere(fitted: Any, **config: Any) -> None:
    """Predictions, saliencies and a grid search, there and here."""
    saliency = ZeroCostSaliency(**TINY).fit(CELLS[:4])

    def vectors() -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(evaluation, "_cache", evaluation._Cache())
            return saliency.raw_saliencies(CELLS[4:10])

    with joblib.parallel_config(**config):
        there = predict_in_parallel(fitted, CELLS, chunk_size=16)
        results = searched().cv_results_
        found = vectors()
    assert_array_equal(there, predict_in_parallel(fitted, CELLS, chunk_size=16))
    assert_allclose(results["mean_test_score"], searched().cv_results_["mean_test_score"])
    for a, b in zip(found, vectors(), strict=True):
        assert_array_equal(a, b)


@contextmanager
def killing_a_busy_worker(client: Any) -> Iterator[None]:
    """As if the system had no memory left, in the middle of the work inside the block."""
    client.wait_for_workers(2)
    processes, done, killed = client.run(os.getpid), Event(), []

    def kill() -> None:
        while not (killed or done.is_set()):
            busy = [worker for worker, tasks in client.processing().items() if tasks]
            for worker in busy[:1]:
                os.kill(processes[worker], signal.SIGKILL)
                killed.append(worker)

    thread = Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    assert killed


@pytest.mark.filterwarnings("ignore")  # those of the cluster's own threads and sockets
@pytest.mark.usefixtures("dask_cluster")
class TestDask:
    @pytest.mark.slow  # the next one shows it, too
    def test_same(self, fitted: Any) -> None:
        same_everywhere(fitted, backend="dask")

    def test_work_of_a_killed_worker_is_done_by_others(
        self, fitted: Any, dask_cluster: Any
    ) -> None:
        many = as_array(CELLS * 20)
        saliency = ZeroCostSaliency(**TINY).fit(CELLS[:4])
        there, here = [], []
        for work in (
            lambda: predict_in_parallel(fitted, many, chunk_size=200),
            lambda: searched().cv_results_["mean_test_score"],
            lambda: np.concatenate([np.ravel(v) for v in saliency.raw_saliencies(CELLS[4:16])]),
        ):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(evaluation, "_cache", evaluation._Cache())
                with joblib.parallel_config(backend="dask"), killing_a_busy_worker(dask_cluster):
                    there.append(work())
                patch.setattr(evaluation, "_cache", evaluation._Cache())
                here.append(work())
        for a, b in zip(there, here, strict=True):
            assert_allclose(a, b, rtol=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_ray(fitted: Any) -> None:
    ray = pytest.importorskip("ray")
    from ray.util.joblib import register_ray

    ray.init(num_cpus=2, include_dashboard=False)
    try:
        register_ray()
        same_everywhere(fitted, backend="ray", n_jobs=2)
    finally:
        ray.shutdown()


class Killed(BaseEstimator):
    """As if the system had no memory left."""

    def predict(self, X: Any) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)


class TestErrors:
    def test_a_killed_worker(self) -> None:
        message = re.escape("Try again with fewer n_jobs or a smaller chunk_size (now 20).")
        with pytest.raises(RuntimeError, match="A worker process was killed.*" + message):
            predict_in_parallel(Killed(), CELLS, chunk_size=20, n_jobs=2)

    def test_the_place_of_a_bad_architecture(self, fitted: Any) -> None:
        X = [*CELLS[:25], 3, *CELLS[:10]]
        message = "In the part of X that begins at index 20: X[5]"
        with pytest.raises(TypeError, match=re.escape(message)):
            predict_in_parallel(fitted, X, chunk_size=20, n_jobs=2)

    @pytest.mark.parametrize("size", [0, -1, 2.5])
    def test_chunk_size(self, fitted: Any, size: Any) -> None:
        message = re.escape(f"chunk_size={size!r} must be a positive integer.")
        with pytest.raises(ValueError, match=message):
            iter_predictions(fitted, CELLS, chunk_size=size)

    @pytest.mark.parametrize("X", [[], iter([])])
    def test_empty(self, fitted: Any, X: Any) -> None:
        with pytest.raises(ValueError, match="X is empty: there is nothing to predict"):
            predict_in_parallel(fitted, X)
