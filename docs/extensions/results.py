"""Tables and figures of pages, made from docs/results by the scripts in examples/benchmarks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tagates_sk import TAGATESRanker, Variant

DOCS = Path(__file__).parents[1]
RESULTS = DOCS / "results"
BENCHMARKS = DOCS.parent / "examples" / "benchmarks"

SPACES = {"nasbench201": "NAS-Bench-201", "nasbench101": "NAS-Bench-101"}
DRAWN = ["T", "s", "margin", "layer_dim", "dropout"]
"""Parameters that have a figure."""


def changes(parameters: list[str]) -> list[dict[str, Any]]:
    """What other values than the default of one parameter did, from `search_defaults.report`.

    Of several comparisons on the same cells that with the last step of the search counts.
    """
    from common import finished
    from search_defaults import report

    # Of the encoder alone, when they were looked for. Aggregation was changed for operations on
    # nodes only, where "auto" is "sqrt".
    then = {"n_members": 4, "max_iter": 200, "aggregation": "sqrt"}
    defaults = TAGATESRanker().get_params() | Variant().get_params() | then
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for line in report(finished(RESULTS / "search_defaults.csv")).splitlines()[2:]:
        protocol, space, labels, change, delta, seeds, _ = (
            cell.strip() for cell in line.strip("|").split("|")
        )
        name, value = change.split("=", 1)
        if name in parameters and value not in (str(defaults[name]), _as_list(defaults[name])):
            mean, error = (100 * float(number) for number in delta.split(" ± "))
            found[protocol, space, labels, change] = {
                "parameter": name, "value": value, "space": SPACES[space], "labels": int(labels),
                "protocol": "" if protocol == "search" else protocol, "points": mean,
                "error": error, "seeds": int(seeds),
            }  # fmt: skip
    return sorted(
        found.values(),
        key=lambda row: (
            parameters.index(row["parameter"]), row["value"], row["space"], row["labels"]
        ),
    )  # fmt: skip


def _as_list(value: Any) -> str:
    return str(list(value)) if isinstance(value, tuple) else str(value)


def changes_table(parameters: list[str]) -> str:
    """Those changes as a table in markdown, in points of Kendall's tau."""
    lines = [
        "| change | cells | labels | points of tau | seeds |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{row['parameter']}={row['value']}` | {row['space']} {row['protocol']} "
        f"| {row['labels']} | {row['points']:+.1f} ± {row['error']:.1f} | {row['seeds']} |"
        for row in changes(parameters)
    ]
    return "\n".join(lines) + "\n"


def ranking_table() -> str:
    """The README's table, from `ranking.short_table`."""
    from common import finished
    from ranking import short_table

    return short_table(finished(RESULTS / "ranking.csv")) + "\n"


def tournament_table() -> str:
    """Every predictor over the spaces, from `tournament.table`."""
    from common import finished
    from tournament import table

    return table(finished(RESULTS / "tournament.csv")) + "\n"


def draw_changes(parameter: str, path: Path) -> None:
    """Change in tau with its standard error, for other values of a parameter."""
    import matplotlib.pyplot as plt

    rows = changes([parameter])
    figure, ax = plt.subplots(figsize=(6, 0.16 * len(rows) + 0.6), layout="constrained")
    ax.axvline(0, color="0.6", linewidth=0.8)
    for y, row in enumerate(rows):
        color = "#0072b2" if row["space"] == "NAS-Bench-201" else "#d55e00"
        ax.errorbar(row["points"], y, xerr=row["error"], fmt="o", color=color, markersize=4)
    labels = [
        f"{row['value']}  ({row['space']}, {row['labels']} labels"
        f"{', ' + row['protocol'] if row['protocol'] else ''})"
        for row in rows
    ]
    ax.set_yticks(range(len(rows)), labels, fontsize=7)
    ax.set(ylim=(len(rows) - 0.4, -0.6))
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(left=False)
    ax.set_xlabel("change in points of tau, ± standard error", fontsize=8)
    save(figure, path)


def save(figure: Any, path: Path) -> None:
    """Write an SVG that is the same for the same numbers."""
    import matplotlib.pyplot as plt

    with plt.rc_context({"svg.hashsalt": path.name}):
        figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def write(folder: Path) -> None:
    """Write all tables and figures into a folder."""
    import matplotlib

    matplotlib.use("Agg")
    sys.path.insert(0, str(BENCHMARKS))
    try:
        folder.mkdir(exist_ok=True)
        for name, parameters in {
            "changes_time": ["T", "s", "update", "updated_operations", "aggregation",
                             "deep_supervision", "symmetry_breaking", "n_members"],
            "changes_training": ["margin", "loss", "batch_size", "max_iter", "learning_rate",
                                 "weight_decay", "dropout"],
            "changes_size": ["layer_dim", "n_layers", "op_dim", "head"],
        }.items():  # fmt: skip
            (folder / f"{name}.md").write_text(changes_table(parameters))
        (folder / "ranking_short.md").write_text(ranking_table())
        (folder / "tournament.md").write_text(tournament_table())
        for parameter in DRAWN:
            draw_changes(parameter, folder / f"changes_{parameter}.svg")
    finally:
        sys.path.remove(str(BENCHMARKS))


def setup(app: Any) -> dict[str, bool]:
    """Write them before pages are read."""
    app.connect("builder-inited", lambda app: write(DOCS / "_generated"))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
