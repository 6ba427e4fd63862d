"""Work on independent batches, by as many threads as torch may use."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from sklearn import config_context

from tagates_sk.features import OperationStatistics
from tagates_sk.nn.devices import MOST_AT_ONCE, side_by_side

from ..small import CELLS, TARGETS, ranker

CPU = torch.device("cpu")


@pytest.fixture(params=[1, 2, 3, 8])
def n_threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    assert torch.get_num_threads() == request.param
    torch.set_num_threads(before)


class Watched:
    """Work that keeps account of how much of it is going on."""

    def __init__(self) -> None:
        self.lock, self.now, self.most, self.threads = threading.Lock(), 0, 0, set[int]()

    def __call__(self, item: int) -> int:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.threads.add(torch.get_num_threads())
        time.sleep(0.001 * (item % 3))
        with self.lock:
            self.now -= 1
        return item**2


@pytest.mark.parametrize("n", [0, 1, 2, 50])
def test_results_are_in_order(n: int, n_threads: int) -> None:
    work = Watched()
    assert side_by_side(work, iter(range(n)), CPU) == [i**2 for i in range(n)]
    several = min(n_threads, MOST_AT_ONCE)
    assert work.most <= several
    if n > 1:
        assert max(work.threads) * several <= n_threads


def test_there_is_more_than_one_at_work(n_threads: int) -> None:
    work = Watched()
    side_by_side(work, range(50), CPU)
    assert (work.most > 1) == (n_threads > 1)


def test_items_are_made_as_they_are_needed_by_the_calling_thread(n_threads: int) -> None:
    done: list[int] = []
    ahead: list[int] = []

    def items() -> Iterator[int]:
        for i in range(40):
            assert threading.current_thread() is caller
            ahead.append(i - len(done))
            yield i

    caller = threading.current_thread()
    side_by_side(done.append, items(), CPU)
    assert max(ahead) <= MOST_AT_ONCE


@pytest.mark.parametrize("where", [0, 1, 5])
def test_what_is_raised_is_raised(where: int, n_threads: int) -> None:
    def work(item: int) -> int:
        if item == where:
            raise KeyError(item)
        return item

    with pytest.raises(KeyError, match=str(where)):
        side_by_side(work, range(20), CPU)


def test_nothing_is_begun_after_a_failure(n_threads: int) -> None:
    begun: list[int] = []

    def work(item: int) -> None:
        begun.append(item)
        if item == 0:
            raise KeyError(item)
        time.sleep(0.001)

    with pytest.raises(KeyError):
        side_by_side(work, range(1000), CPU)
    assert len(begun) < 100


def test_an_interruption_ends_it(n_threads: int) -> None:
    def items() -> Iterator[int]:
        yield from range(3)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        side_by_side(Watched(), items(), CPU)


def test_other_devices_have_their_own_order(n_threads: int) -> None:
    work = Watched()
    side_by_side(work, range(50), torch.device("meta"))
    assert work.most == 1


def test_predictions(n_threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many batches as of one, also where features follow the caller's configuration."""
    fitted = ranker(features=OperationStatistics()).fit(CELLS, TARGETS)
    at_once, encodings = fitted.predict(CELLS), fitted.transform(CELLS)
    monkeypatch.setattr("tagates_sk.training.network.BATCH", 3)
    assert_allclose(fitted.predict(CELLS), at_once, rtol=1e-5, atol=1e-5)
    assert_allclose(fitted.transform(CELLS), encodings, rtol=1e-4, atol=1e-5)
    with config_context(transform_output="pandas"):
        assert_allclose(np.asarray(fitted.predict(CELLS)), at_once, rtol=1e-5, atol=1e-5)
