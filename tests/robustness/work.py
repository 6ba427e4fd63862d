"""What other processes are asked to do: predict, fit, search a grid, evaluate networks.

Run as ``python -m tests.robustness.work NAME ARGUMENT...``: a process of its
own, with as many threads as a test wants, whose children are forked.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from tagates_sk.baselines import LSTMRanker
from tagates_sk.datasets import load_nasbench201
from tagates_sk.search import PredictorSearch
from tagates_sk.spaces import NASBench201
from tagates_sk.zero_cost import ZeroCostSaliency
from tests.small import CELLS, TARGETS, ranker, sample
from tests.zero_cost.forms import TINY

POOL = sample(60, seed=5)


def use(model: Any) -> np.ndarray:
    """What a fitted model makes of architectures, a row each."""
    embeddings = model.operation_embeddings(POOL)
    width = model.get_params()["variant__op_dim"]
    sums = [sum(cell.values(), np.zeros(width)) for cell in embeddings]
    return np.column_stack([model.predict(POOL), model.transform(POOL), sums])


def predict_many(model: Any) -> np.ndarray:
    """Predictions of 12,500 architectures: eight processes make 100,000."""
    found: np.ndarray = model.predict(load_nasbench201().dags[:12500])
    return found


def fit(model: Any) -> np.ndarray:
    """Predictions of a model that is fitted in large steps."""
    found: np.ndarray = model.fit(POOL, np.arange(len(POOL)) % 17).predict(POOL)
    return found


def do(task: Callable[[Any], np.ndarray], model: Any) -> np.ndarray:
    """Work for several threads; how many torch may use stays what it was."""
    n_threads = torch.get_num_threads()
    found = task(model)
    assert torch.get_num_threads() == n_threads
    return found


def work_in_processes(kind: str, n_processes: str) -> None:
    """All children find what this process found, which has used its threads before."""
    no_thread_stays()
    tasks: list[tuple[Callable[[Any], np.ndarray], Any]] = [
        (use, ranker().fit(CELLS, TARGETS)),
        (fit, ranker(batch_size=len(POOL))),
        (fit, LSTMRanker(batch_size=len(POOL), max_iter=2, random_state=0)),
    ]
    if int(n_processes) > 2:
        tasks.append((predict_many, ranker().fit(CELLS, TARGETS)))
    with_expected = [(task, do(*task)) for task in tasks]
    with multiprocessing.get_context(kind).Pool(int(n_processes)) as pool:
        for task, expected in with_expected:
            for found in pool.starmap(do, [task] * int(n_processes), chunksize=1):
                np.testing.assert_allclose(found, expected, atol=1e-5)


def pipeline(cache: str) -> Pipeline:
    """Saliencies and a ranker, everything cached but the ranker's fit."""
    saliency = ZeroCostSaliency(**TINY, metrics=["snip", "plain"], memory=cache)
    return Pipeline([("saliency", saliency), ("ranker", ranker())], memory=cache)


def fitting(cache: str) -> np.ndarray:
    """Predictions of a pipeline."""
    found: np.ndarray = pipeline(cache).fit(CELLS, TARGETS).predict(CELLS)
    return found


def grid_search(cache: str) -> np.ndarray:
    """Scores of a grid over a pipeline."""
    grid = {"ranker__T": [1, 2], "saliency__scaling": ["rank", "standard"]}
    search = GridSearchCV(pipeline(cache), grid, cv=2).fit(CELLS[:16], TARGETS[:16])
    return np.column_stack([search.cv_results_[f"split{i}_test_score"] for i in range(2)])


def zero_cost(cache: str) -> np.ndarray:
    """Saliencies of many networks."""
    saliency = ZeroCostSaliency(**TINY, memory=cache).fit(POOL[:12])
    return np.concatenate(saliency.raw_saliencies(POOL[:12]))


def killed(name: str, folder: str, seed: str) -> None:
    """Kill work at random moments until it is done; the numbers are those of undisturbed work.

    It is given more time after each kill: the fits of a grid are not cached.
    """
    works = {"fitting": fitting, "grid_search": grid_search, "zero_cost": zero_cost}
    work: Callable[[str], np.ndarray] = works[name]
    start = time.perf_counter()
    assert _in_child(work, Path(folder, "whole"), delay=None)
    taken = time.perf_counter() - start
    rng = np.random.RandomState(int(seed))
    n_kills = 0
    while not _in_child(work, Path(folder, "killed"), rng.uniform(0.1, 0.6 + n_kills / 10) * taken):
        n_kills += 1
        assert n_kills < 100, "the work never gets further"
    expected, found = (np.load(Path(folder, way, "out.npy")) for way in ("whole", "killed"))
    np.testing.assert_array_equal(found, expected)
    print(n_kills)


def _in_child(work: Callable[[str], np.ndarray], folder: Path, delay: float | None) -> bool:
    """Whether it was done before the time was over."""
    folder.mkdir(exist_ok=True)
    child = os.fork()
    if not child:
        found = work(str(folder / "cache"))
        np.save(folder / "out.npy", found)
        os._exit(0)
    if delay is not None:
        time.sleep(delay)
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def no_thread_stays() -> None:
    """A process that is forked while another thread holds a lock would wait for it forever."""
    ranker().fit(CELLS, TARGETS).predict(POOL)
    ZeroCostSaliency(**TINY).fit_transform(CELLS[:2])
    search = PredictorSearch(NASBench201(), ranker(), n_initial=4, random_state=0)
    search.run(lambda cell: len(cell.edges), 6)
    assert threading.enumerate() == [threading.main_thread()]


def main(arguments: Sequence[str]) -> None:
    """Do what the first argument names."""
    name, *rest = arguments
    works: dict[str, Callable[..., None]] = {
        "work_in_processes": work_in_processes,
        "killed": killed,
    }
    # OMP_NUM_THREADS is a bound: on one core torch takes one.
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    works[name](*rest)


if __name__ == "__main__":
    main(sys.argv[1:])
