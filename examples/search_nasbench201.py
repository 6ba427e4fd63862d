"""
Search NAS-Bench-201 and NAS-Bench-101 for their best cells
===========================================================

How many cells must be measured until one of the best is found? A search with nothing set, one
guided by a single TA-GATES encoder with counts beside it, one by a Gaussian process,
regularised evolution and random search, 20 seeds each, on the test accuracy of the benchmarks'
tables (mean over the runs there are). A query is a cell that was not measured before.

Runs are appended to a CSV as they end; a run that was stopped goes on where it was. From all
rows, docs/results/search_queries.md and .png are written.

    python examples/search_nasbench201.py
    python examples/search_nasbench201.py --spaces nasbench201 --methods default --seeds 3
    python examples/search_nasbench201.py --report
"""

from __future__ import annotations

import argparse
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.common import PLAIN, arguments, finished, run_all

from tagates_sk import TAGATESRanker
from tagates_sk.baselines import WLKernelGP
from tagates_sk.datasets import load_nasbench101, load_nasbench201
from tagates_sk.features import WeisfeilerLehman
from tagates_sk.graphs import read_architectures
from tagates_sk.graphs.canonical import canonical_forms
from tagates_sk.search import PredictorSearch

RESULTS = Path(__file__).parents[1] / "docs" / "results"
FIELDS = ["space", "target", "method", "seed", "budget", "best", "improvements", "seconds"]
KEY = FIELDS[:5]
GOALS = {"nasbench201": [94.1733, 94.2733], "nasbench101": [94.0]}
TITLES = {
    "nasbench201": "NAS-Bench-201, CIFAR-10 (best: 94.37)",
    "nasbench101": "NAS-Bench-101 (best: 94.32)",
}
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
# The benchmarks: what can be asked, and what it is worth.


class NASBench201Table:
    """All cells are candidates; they are known by their strings."""

    def __init__(self, target: str) -> None:
        self.bunch = load_nasbench201(target)
        self.space = self.bunch.dags.space
        self.candidates = self.bunch.dags
        natives = self.bunch.dags.native()
        self.row = {native: row for row, native in enumerate(natives)}

    def __call__(self, cells: Any) -> list[float]:
        """Accuracies of cells."""
        rows = [self.row[self.space.from_dag(cell)] for cell in cells]
        return self.bunch.target[rows].tolist()


class NASBench101Table:
    """423,624 cells are too many to be scored in every round: mutants and random ones are."""

    def __init__(self, target: str) -> None:
        self.bunch = load_nasbench101()
        self.space = self.bunch.dags.space
        self.candidates = self.space
        self.row: dict[int, int] = {}
        for start in range(0, len(self.bunch.dags), 20_000):
            for key in structures(self.bunch.dags[start : start + 20_000]):
                self.row[key] = len(self.row)

    def __call__(self, cells: Any) -> list[float]:
        """Accuracies of cells."""
        return self.bunch.target[[self.row[key] for key in structures(cells)]].tolist()


def structures(cells: Any) -> Iterator[int]:
    """The same number for isomorphic cells."""
    return (hash(form.cells) for form in canonical_forms(read_architectures(cells)))


@cache
def benchmark(space: str, target: str) -> Any:
    return {"nasbench201": NASBench201Table, "nasbench101": NASBench101Table}[space](target)


# %%
# The methods: each yields the accuracy of one new cell after the other.


def guided(table: Any, predictor: Any, seed: int, **settings: Any) -> Iterator[float]:
    """Ten random cells, then ten a round."""
    search = PredictorSearch(table.candidates, predictor, random_state=seed, **settings)
    while True:
        cells = search.ask()
        values = table(cells)
        search.tell(cells, values)
        yield from values


def tagates(table: Any, seed: int) -> Iterator[float]:
    """One plain TA-GATES, with counts of operations and neighbourhoods beside its encoding."""
    counts = WeisfeilerLehman(n_iter=1, sparse_output=False, handle_unknown="ignore")
    predictor = TAGATESRanker(features=counts, members="encoder", max_iter=60, **arguments(PLAIN))
    return guided(table, predictor, seed, acquisition="mean")


def default(table: Any, seed: int) -> Iterator[float]:
    """Nothing set."""
    return guided(table, None, seed)


def gaussian_process(table: Any, seed: int) -> Iterator[float]:
    predictor = WLKernelGP(handle_unknown="ignore")
    return guided(table, predictor, seed, acquisition="mean")


def evolution(table: Any, seed: int) -> Iterator[float]:
    """Regularised evolution (Real et al., AAAI 2019): the oldest dies.

    A child that is known is mutated further, so that no query is spent twice.
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
    """Search until the budget is spent; the row says when there was a new best."""
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


# %%
# The report: when was the goal reached, over the seeds?


def queries(row: dict[str, Any], goal: float) -> float:
    """Queries until a cell was at least so good, infinity if that was not within the budget."""
    steps = (step.split(":") for step in row["improvements"].split())
    return next((float(q) for q, value in steps if float(value) >= goal), np.inf)


def quartiles(values: Sequence[float], budget: str) -> str:
    """Median [first, third quartile], rounded up; what the budget did not reach is more than it."""
    shown = [
        f"> {budget}" if np.isinf(value) else f"{value:g}"
        for value in np.quantile(values, [0.5, 0.25, 0.75], method="higher")
    ]
    return f"{shown[0]} [{shown[1]}, {shown[2]}]"


def groups(rows: list[dict[str, Any]], space: str) -> dict[str, list[dict[str, Any]]]:
    """Rows of a space by method."""
    found = {m: [r for r in rows if (r["space"], r["method"]) == (space, m)] for m in METHODS}
    return {method: members for method, members in found.items() if members}


def report(rows: list[dict[str, Any]]) -> str:
    """All rows as a page of markdown."""
    lines = [
        "# Queries until one of the best cells is found",
        "",
        "Written by `python examples/search_nasbench201.py` from "
        "[search_queries.csv](search_queries.csv): median [first, third quartile] over seeds of "
        "the cells measured until one had the accuracy (of an even number of seeds the larger of "
        "the two in the middle). On NAS-Bench-101, and with nothing set, a search ends there.",
    ]
    for space, goals in GOALS.items():
        by_method = groups(rows, space)
        if not by_method:
            continue
        lines += ["", f"## {TITLES[space]}", "", "| | seeds | "
                  + " | ".join(f"≥ {goal:g}" for goal in goals)
                  + " | not reached | seconds a search |",
                  "| --- |" + " --- |" * (len(goals) + 3)]  # fmt: skip
        for method, members in by_method.items():
            found = [[queries(row, goal) for row in members] for goal in goals]
            cells = [quartiles(values, members[0]["budget"]) for values in found]
            missed = ", ".join(str(int(np.isinf(values).sum())) for values in found)
            seconds = np.median([float(row["seconds"]) for row in members])
            lines.append(
                f"| {method.replace('_', ' ')} | {len(members)} | {' | '.join(cells)} | {missed} "
                f"| {seconds:.0f} |"
            )
    return "\n".join(lines) + "\n"


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Median and quartiles of the best so far."""
    import matplotlib.pyplot as plt

    spaces = [space for space in GOALS if groups(rows, space)]
    figure, axes = plt.subplots(
        1, len(spaces), figsize=(5.4 * len(spaces), 4), layout="constrained", squeeze=False
    )
    for ax, space in zip(axes[0], spaces, strict=True):
        for method, members in groups(rows, space).items():
            grid = np.arange(1, int(members[0]["budget"]) + 1)
            best = np.stack([curve(row, grid) for row in members])
            low, median, high = np.quantile(best, [0.25, 0.5, 0.75], axis=0)
            color = f"C{list(METHODS).index(method)}"  # the same in all spaces
            ax.step(grid, median, where="post", label=method.replace("_", " "), color=color)
            ax.fill_between(grid, low, high, step="post", alpha=0.2, color=color)
        for goal in GOALS[space]:
            ax.axhline(goal, color="0.5", linewidth=0.7, linestyle=":")
        lowest = min(GOALS[space]) - 1.5
        ax.set(xscale="log", xlim=(10, None), ylim=(lowest, None), title=TITLES[space],
               xlabel="cells measured", ylabel="best test accuracy (%)")  # fmt: skip
        ax.legend(loc="lower right", frameon=False)
    figure.savefig(path, dpi=150)


def curve(row: dict[str, Any], grid: Any) -> Any:
    """Best so far after each query."""
    steps = np.array([step.split(":") for step in row["improvements"].split()], dtype=float)
    return steps[np.searchsorted(steps[:, 0], grid, side="right") - 1, 1]


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
