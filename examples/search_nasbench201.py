"""
Search NAS-Bench-201 and NAS-Bench-101 for their best cells
===========================================================

How many cells must be measured to find one of the best? Five searches compete, with at least 20
seeds each: the default one, one guided by a single TA-GATES encoder with counts beside its
encoding, one by a Gaussian process, regularised evolution and random search. The value of a cell
is its test accuracy in the benchmark's table. A query is a cell that was not measured before.

Finished runs are appended to a CSV file, so a stopped run resumes. The script then writes
docs/results/search_queries.md and .png. It needs the folder ``benchmarks`` beside it.

    python examples/search_nasbench201.py
    python examples/search_nasbench201.py --spaces nasbench201 --methods default --seeds 3
    python examples/search_nasbench201.py --report
"""

from __future__ import annotations

import argparse
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.common import PLAIN, arguments, finished, run_all
from benchmarks.query_tables import benchmark
from benchmarks.report_queries import GOALS, draw, report

from tagates_sk import TAGATESRanker
from tagates_sk.baselines import WLKernelGP
from tagates_sk.features import WeisfeilerLehman
from tagates_sk.search import PredictorSearch

RESULTS = Path(__file__).parents[1] / "docs" / "results"
FIELDS = ["space", "target", "method", "seed", "budget", "best", "improvements", "seconds"]
KEY = FIELDS[:5]
GUIDED = {"default": 100, "tagates": 100, "gaussian_process": 100}
UNGUIDED = {"evolution": 2000, "random": 2000}
BUDGETS = {
    "nasbench201": GUIDED | UNGUIDED,
    "nasbench101": dict.fromkeys(GUIDED, 150) | UNGUIDED,
}
STOP_AT_GOAL = {"nasbench101", "default"}
"""Spaces and methods whose searches end when the highest goal is reached."""
POPULATION, TOURNAMENT = 50, 10

# %%
# The methods: each yields the accuracies of new cells, one by one.


def guided(table: Any, predictor: Any, seed: int, **settings: Any) -> Iterator[float]:
    """Ten random cells, then ten per round."""
    search = PredictorSearch(table.candidates, predictor, random_state=seed, **settings)
    while True:
        cells = search.ask()
        values = table(cells)
        search.tell(cells, values)
        yield from values


def tagates(table: Any, seed: int) -> Iterator[float]:
    """A single TA-GATES encoder, with counts of operations and neighbourhoods."""
    counts = WeisfeilerLehman(n_iter=1, sparse_output=False, handle_unknown="ignore")
    predictor = TAGATESRanker(features=counts, members="encoder", max_iter=60, **arguments(PLAIN))
    return guided(table, predictor, seed, acquisition="mean")


def default(table: Any, seed: int) -> Iterator[float]:
    """The default search."""
    return guided(table, None, seed)


def gaussian_process(table: Any, seed: int) -> Iterator[float]:
    predictor = WLKernelGP(handle_unknown="ignore")
    return guided(table, predictor, seed, acquisition="mean")


def evolution(table: Any, seed: int) -> Iterator[float]:
    """Regularised evolution (Real et al., AAAI 2019), which removes the oldest cell.

    A known child is mutated again, so that no query is wasted.
    """
    random, space = np.random.RandomState(seed), table.space
    known: dict[Any, float] = {}
    population: deque[Any] = deque()
    while True:
        if len(population) < POPULATION:
            cell = space.canonical(space.sample(1, random).native()[0])
        else:
            drawn = random.choice(POPULATION, TOURNAMENT, replace=False)
            cell = max((population[i] for i in drawn), key=known.get)
            population.popleft()
        while cell in known:
            cell = space.canonical(space.mutate(cell, random))
        (known[cell],) = table([space.to_dag(cell)])
        population.append(cell)
        yield known[cell]


def random_search(table: Any, seed: int) -> Iterator[float]:
    order = np.random.RandomState(seed).permutation(len(table.bunch.target))
    return iter(table.bunch.target[order].tolist())


METHODS: dict[str, Callable[[Any, int], Iterator[float]]] = {
    "default": default,
    "tagates": tagates,
    "gaussian_process": gaussian_process,
    "evolution": evolution,
    "random": random_search,
}


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Search until the budget is spent; the row lists each new best."""
    table = benchmark(task["space"], task["target"])
    start = time.perf_counter()
    best, improvements = -np.inf, []
    for query, value in enumerate(METHODS[task["method"]](table, task["seed"]), start=1):
        if value > best:
            best = value
            improvements.append(f"{query}:{value:.4f}")
        stops = not STOP_AT_GOAL.isdisjoint((task["space"], task["method"]))
        done = stops and best >= max(GOALS[task["space"]])
        if done or query == task["budget"]:
            break
    return {name: task[name] for name in KEY} | {
        "best": round(best, 4),
        "improvements": " ".join(improvements),
        "seconds": round(time.perf_counter() - start, 1),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spaces", nargs="+", default=list(GOALS), choices=list(GOALS))
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(METHODS))
    parser.add_argument("--target", default="cifar10", help="of NAS-Bench-201")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument("--report", action="store_true", help="only write the report anew")
    parser.add_argument("--csv", type=Path, default=RESULTS / "search_queries.csv")
    arguments = parser.parse_args()
    tasks = [
        {"space": space, "method": method, "seed": seed, "budget": BUDGETS[space][method],
         "target": arguments.target if space == "nasbench201" else "test-accuracy"}
        for space in arguments.spaces
        for method in arguments.methods
        for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    ]  # fmt: skip
    if not arguments.report:
        run_all(tasks, arguments.csv, arguments.n_jobs, run, FIELDS, KEY)
    rows = finished(arguments.csv)
    page = report(rows)
    print(page)
    arguments.csv.with_suffix(".md").write_text(page)
    try:
        draw(rows, arguments.csv.with_suffix(".png"))
    except ImportError:
        print("The picture needs matplotlib: pip install 'tagates_sk[plot]'")
