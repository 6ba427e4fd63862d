"""The tables of searches by real trainings."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats


def report(rows: list[dict[str, Any]]) -> str:
    """Both methods, and their difference over the seeds."""
    lines = [
        "# A search by real trainings: scikit-learn's digits",
        "",
        "Written by `python examples/search_digits.py` from "
        f"[search_digits.csv](search_digits.csv): {rows[0]['trainings']} trainings a search. "
        "Mean ± standard deviation over seeds of the "
        "best validation accuracy found, of the test accuracy of that cell (mean of five new "
        "trainings), and of the validation accuracy of all cells trained after the ten both "
        "began with; percent. Seconds are those of a search.",
        "",
        "| | seeds | best validation | its test | all after the start | seconds |",
        "| --- | --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    columns = ["validation", "test", "mean_after_start"]
    table = {
        method: np.array([
            [row[name] for name in [*columns, "seconds"]] for row in rows if row["method"] == method
        ])
        for method in ("tagates", "random")
    }  # fmt: skip
    for method, found in table.items():
        cells = [f"{m:.1f} ± {s:.1f}" for m, s in zip(found.mean(0), spread(found), strict=True)]
        lines.append(f"| {method} | {len(found)} | " + " | ".join(cells) + " |")
    gain = (table["tagates"] - table["random"])[:, :3]
    if len(gain) > 1:
        cells = [
            f"{g.mean():+.1f} ± {g.std(ddof=1) / len(g) ** 0.5:.1f}, better in {(g > 0).sum()} of "
            f"{len(g)} (p = {stats.ttest_1samp(g, 0).pvalue:.2g})"
            for g in gain.T
        ]
        lines += ["", "TA-GATES over random search, paired by seed, ± standard error (t-test): "
                  f"best validation {cells[0]}; its test {cells[1]}; all after the start "
                  f"{cells[2]}."]  # fmt: skip
    return "\n".join(lines) + "\n"


def spread(found: Any) -> Any:
    """Standard deviation over seeds, zero for a single one."""
    return found.std(axis=0, ddof=1) if len(found) > 1 else np.zeros(found.shape[1])
