"""How many architectures a core scores in a second, and what that makes of a large space.

Architectures of NAS-Bench-101 through the fast path, and as networkx graphs, with one
and with several workers; the best of three runs each. All must give the same numbers.
Then architectures from a generator, which are forgotten once they are scored. Times of
one core are of the processor, so that other work on the machine does not count.

    python examples/benchmarks/scoring.py --n-jobs 2 --stream 1000000
"""

from __future__ import annotations

import argparse
import heapq
import resource
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tagates_sk import TAGATESRanker
from tagates_sk.datasets import load_nasbench101
from tagates_sk.parallel import iter_predictions, predict_in_parallel
from tagates_sk.spaces import NASBench101

RUNS = 3
PART = 4096
"""Architectures of a stream that are there at a time."""


def best(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Seconds of the fastest run, of this process's core and by the clock, and its result."""
    core, elapsed, result = [], [], None
    for _ in range(RUNS):
        start, start_core = time.perf_counter(), time.process_time()
        result = work()
        core.append(time.process_time() - start_core)
        elapsed.append(time.perf_counter() - start)
    return min(core), min(elapsed), result


def rate(n: int, seconds: float) -> str:
    """What a core does, and what that adds up to."""
    return (
        f"{n / seconds:,.0f} cells/s on one core; 10^6 cells are {1e6 * seconds / n / 60:,.1f} "
        f"core minutes, 10^9 {1e9 * seconds / n / 3600:,.0f} core hours"
    )


def stream(n: int) -> Iterator[Any]:
    """Graphs of random cells, made as they are asked for."""
    space = NASBench101()
    for seed, start in enumerate(range(0, n, PART)):
        yield from space.sample(min(PART, n - start), random_state=seed)


def megabytes() -> float:
    """The most that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def score_a_stream(ranker: TAGATESRanker, n: int) -> None:
    """Keep the ten best of n; report time, and the growth of memory after the first parts."""
    list(iter_predictions(ranker, stream(2 * PART), chunk_size=PART))
    before, start = megabytes(), time.process_time()
    top: list[tuple[float, int, int]] = []
    for part, scores in enumerate(iter_predictions(ranker, stream(n), chunk_size=PART)):
        found = [(float(score), part, i) for i, score in enumerate(scores)]
        top = heapq.nlargest(10, [*top, *found])
    print(f"generator: {rate(n, time.process_time() - start)}")
    print(f"generator: {megabytes() - before:,.0f} MB more after {n:,} cells than after {2 * PART}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n-jobs", type=int, default=2)
    parser.add_argument("--cells", type=int, default=131_072, help="through the fast path")
    parser.add_argument("--graphs", type=int, default=8192, help="as networkx graphs")
    parser.add_argument("--stream", type=int, default=100_000, help="from a generator")
    args = parser.parse_args()
    nb101 = load_nasbench101()
    ranker = TAGATESRanker(max_iter=2, random_state=0)
    ranker.fit(nb101.dags[nb101.train_indices[:72]], nb101.target[nb101.train_indices[:72]])
    table = nb101.dags[: args.cells]
    graphs = [nb101.dags[i] for i in range(args.graphs)]
    for name, X, size in (("fast path", table, 8 * 2048), ("networkx graphs", graphs, 2048)):
        core, one, scores = best(
            lambda X=X, size=size: predict_in_parallel(ranker, X, chunk_size=size)
        )
        print(f"{name}: {rate(len(X), core)}")

        def several(X: Any = X, size: int = size) -> Any:
            return predict_in_parallel(ranker, X, chunk_size=size, n_jobs=args.n_jobs)

        _, many, again = best(several)
        assert np.array_equal(scores, again)
        print(f"{name}: {args.n_jobs} workers take {many / one:.2f} of the time, equal numbers")
    score_a_stream(ranker, args.stream)


if __name__ == "__main__":
    main()
