"""Tables and a picture of when searches reached a goal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

GOALS = {"nasbench201": [94.1733, 94.2733], "nasbench101": [94.0]}
TITLES = {
    "nasbench201": "NAS-Bench-201, CIFAR-10 (best: 94.37)",
    "nasbench101": "NAS-Bench-101 (best: 94.32)",
}
METHODS = ["default", "tagates", "gaussian_process", "evolution", "random"]


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
            color = f"C{METHODS.index(method)}"  # the same in all spaces
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
