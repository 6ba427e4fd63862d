"""How many architectures a core scores in a second, and what that makes of a large space.

Architectures of NAS-Bench-101 through the fast path, and as networkx graphs, with one
and with several workers; the best of three runs each. All must give the same numbers.

    python examples/benchmarks/scoring.py --n-jobs 2
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tagates_sk import TAGATESRanker
from tagates_sk.datasets import load_nasbench101
from tagates_sk.parallel import predict_in_parallel

RUNS = 3


def best(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of the fastest run, and its result."""
    seconds, result = [], None
    for _ in range(RUNS):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return min(seconds), result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n-jobs", type=int, default=2)
    parser.add_argument("--cells", type=int, default=131_072, help="through the fast path")
    parser.add_argument("--graphs", type=int, default=8192, help="as networkx graphs")
    args = parser.parse_args()
    nb101 = load_nasbench101()
    ranker = TAGATESRanker(max_iter=2, random_state=0)
    ranker.fit(nb101.dags[nb101.train_indices[:72]], nb101.target[nb101.train_indices[:72]])
    table = nb101.dags[: args.cells]
    graphs = [nb101.dags[i] for i in range(args.graphs)]
    for name, X, size in (("fast path", table, 8 * 2048), ("networkx graphs", graphs, 2048)):
        one, scores = best(lambda X=X, size=size: predict_in_parallel(ranker, X, chunk_size=size))
        print(f"{name}: {len(X) / one:,.0f} cells/s on one core; 10^9 cells are "
              f"{1e9 * one / len(X) / 3600:,.0f} core hours")  # fmt: skip

        def several(X: Any = X, size: int = size) -> Any:
            return predict_in_parallel(ranker, X, chunk_size=size, n_jobs=args.n_jobs)

        many, again = best(several)
        assert np.array_equal(scores, again)
        print(f"{name}: {args.n_jobs} workers take {many / one:.2f} of the time, equal numbers")


if __name__ == "__main__":
    main()
