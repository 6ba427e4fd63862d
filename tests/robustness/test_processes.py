"""Threads, processes, kills, and memory that stays what it is."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from tagates_sk.estimators.composition import Composition
from tagates_sk.estimators.encoder import Encoders
from tagates_sk.nn import devices
from tagates_sk.nn.predictor import Predictor
from tests.small import BOTH, CELLS, TARGETS, ranker, regressor, sample

LARGE = sample(600, seed=2)
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")


def run(*arguments: Any, n_threads: int = 1, timeout: float = 900) -> str:
    """What `tests.robustness.work` prints; the limit is for what hangs, on busy machines too."""
    command = [sys.executable, "-m", "tests.robustness.work", *map(str, arguments)]
    with subprocess.Popen(
        command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "OMP_NUM_THREADS": str(n_threads)}, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            printed, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # with its children
            raise
    assert process.returncode == 0
    return printed


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


class TestThreads:
    @pytest.mark.parametrize("make", BOTH)
    def test_their_number_changes_nothing(self, make: Any, two_threads: None) -> None:
        y = np.arange(600.0) % 17
        found = []
        for n_threads in (1, 2):
            torch.set_num_threads(n_threads)
            estimator = make(batch_size=300, max_iter=2).fit(LARGE, y)
            found.append((estimator.predict(LARGE), estimator.transform(LARGE)))
            assert torch.get_num_threads() == n_threads
        for one, two in zip(*found, strict=True):
            assert_allclose(one, two, atol=1e-5)

    @pytest.mark.parametrize(
        ("n_threads", "n_calls"), [(8, 24), pytest.param(100, 1000, marks=pytest.mark.slow)]
    )
    def test_predictions_of_many_at_once(self, n_threads: int, n_calls: int, fitted: Any) -> None:
        """The slow one makes 100,000 predictions."""
        X = LARGE[:100]
        expected = fitted.predict(X)
        with ThreadPoolExecutor(n_threads) as threads:
            for found in threads.map(lambda _: fitted.predict(X), range(n_calls)):
                assert_array_equal(found, expected)

    def test_fits_of_many_at_once(self) -> None:
        expected = ranker(dropout=0.3).fit(CELLS, TARGETS).predict(CELLS)
        with ThreadPoolExecutor(4) as threads:
            fits = [threads.submit(ranker(dropout=0.3).fit, CELLS, TARGETS) for _ in range(8)]
            for fit in fits:
                assert_array_equal(fit.result().predict(CELLS), expected)


class TestPredictingWhileItFits:
    """Another thread gets what the estimator said before the fit, or what it says after it."""

    @pytest.mark.parametrize("make", BOTH)
    def test_encoders(self, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        estimator = make().fit(CELLS, TARGETS)
        before = estimator.predict(CELLS)
        train, found = Encoders.train, []

        def watched(*arguments: Any, **options: Any) -> Any:
            found.append(estimator.predict(CELLS))
            trained = train(*arguments, **options)
            found.append(estimator.predict(CELLS))
            return trained

        monkeypatch.setattr(Encoders, "train", watched)
        estimator.fit(CELLS, -100 * TARGETS)
        assert len(found) == 2
        assert_array_equal(found, [before, before])
        assert_array_equal(
            estimator.predict(CELLS), make().fit(CELLS, -100 * TARGETS).predict(CELLS)
        )

    def test_a_fit_that_fails_leaves_what_was_learned(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        estimator = ranker().fit(CELLS, TARGETS)
        before = estimator.predict(CELLS)

        def fail(*_: Any, **__: Any) -> None:
            raise MemoryError

        monkeypatch.setattr(Encoders, "train", fail)
        with pytest.raises(MemoryError):
            estimator.fit(CELLS, -TARGETS)
        assert_array_equal(estimator.predict(CELLS), before)

    @pytest.mark.parametrize("make", BOTH)
    def test_statistics(self, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Also where the fit ends in the middle of a prediction."""
        estimator = make(members="statistics").fit(CELLS, TARGETS)
        other = make(members="statistics").fit(CELLS, -100 * TARGETS)
        before = estimator.predict(CELLS, return_std=True)
        predict, fit, found = Composition.predict, Composition.fit, []

        def replaced(*arguments: Any) -> Any:
            estimator.composition_ = other.composition_
            return predict(*arguments)

        def watched(*arguments: Any, **options: Any) -> Any:
            fitted = fit(*arguments, **options)
            found.append(estimator.predict(CELLS, return_std=True))
            return fitted

        monkeypatch.setattr(Composition, "fit", watched)
        estimator.fit(CELLS, -100 * TARGETS)
        assert_array_equal(found, [before])
        estimator.fit(CELLS, TARGETS)
        monkeypatch.setattr(Composition, "predict", replaced)
        assert_array_equal(estimator.predict(CELLS, return_std=True), before)


def test_extrapolating_in_a_forked_process_has_one_thread(
    two_threads: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    curves = np.column_stack([TARGETS, TARGETS + 1])
    fitted = regressor(T=2).fit(CELLS, curves)
    used: list[int] = []

    def extrapolate(*arguments: Any) -> torch.Tensor:
        used.append(torch.get_num_threads())
        return original(*arguments)

    original = Predictor.extrapolate
    monkeypatch.setattr(Predictor, "extrapolate", extrapolate)
    monkeypatch.setattr(devices, "_PROCESS", os.getpid() + 1)
    fitted.predict(LARGE, partial=np.ones((len(LARGE), 1)))
    assert set(used) == {1}


@needs_fork
@pytest.mark.parametrize("n_processes", [2, pytest.param(8, marks=pytest.mark.slow)])
def test_work_of_forked_processes(n_processes: int) -> None:
    """OpenMP hangs in a process that was forked from one which has used several threads.

    And no other thread of Python's stays: a fork would keep its locks for ever. Eight processes
    make 100,000 predictions, too.
    """
    run("work_in_processes", "fork", n_processes, n_threads=2)


@pytest.mark.slow  # each imports torch
@pytest.mark.parametrize("n_processes", [2, 8])
def test_work_of_spawned_processes(n_processes: int) -> None:
    run("work_in_processes", "spawn", n_processes, n_threads=2)


@needs_fork
class TestKilled:
    """Restarted with the same cache, work ends with the numbers of undisturbed work."""

    @pytest.mark.slow
    def test_zero_cost(self, tmp_path: Path) -> None:
        assert int(run("killed", "zero_cost", tmp_path, 0)) > 0

    @pytest.mark.slow
    @pytest.mark.parametrize("work", ["fitting", "grid_search"])
    def test_fits(self, work: str, tmp_path: Path) -> None:
        assert int(run("killed", work, tmp_path, 1)) > 0

    @pytest.mark.slow
    @pytest.mark.parametrize("seed", range(2, 8))
    @pytest.mark.parametrize("work", ["fitting", "grid_search", "zero_cost"])
    def test_at_other_moments(self, work: str, seed: int, tmp_path: Path) -> None:
        run("killed", work, tmp_path, seed)


def living_tensors() -> int:
    gc.collect()
    # By type: some things in torch act when they are asked for their class.
    return sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())


def resident_megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class TestMemory:
    @pytest.mark.parametrize("make", BOTH)
    def test_fitting_again_keeps_nothing_of_before(self, make: Any) -> None:
        estimator = make(n_members=2).fit(CELLS, TARGETS)
        estimator.predict(CELLS)
        before, size = living_tensors(), len(pickle.dumps(estimator))
        for _ in range(3):
            estimator.fit(CELLS, TARGETS).predict(CELLS)
        assert living_tensors() == before
        assert len(pickle.dumps(estimator)) == pytest.approx(size, rel=0.01)

    def test_nothing_is_left_of_what_is_gone(self) -> None:
        before = living_tensors()
        for seed in range(3):
            ranker(random_state=seed).fit(CELLS, TARGETS).predict(CELLS)
        assert living_tensors() == before

    @pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux")
    @pytest.mark.parametrize("n_fits", [20, pytest.param(50, marks=pytest.mark.slow)])
    def test_many_fits_in_one_process(self, n_fits: int) -> None:
        """Each takes megabytes; what the allocator keeps settles in the first ones."""

        def fit(seed: int) -> None:
            X = LARGE[:200]
            ranker(random_state=seed, batch_size=100).fit(X, np.arange(200.0)).predict(X)

        for seed in range(5):
            fit(seed)
        gc.collect()
        before = resident_megabytes()
        for seed in range(n_fits):
            fit(seed)
        gc.collect()
        assert resident_megabytes() - before < 10
