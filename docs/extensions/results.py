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
"""Parameters that the figure of changes shows."""
SMALL_BUDGETS = [
    "tagates", "gates", "gcn", "nasbowl", "random_forest", "gradient_boosting", "xgboost",
    "walk_statistics",
]  # fmt: skip
"""Predictors in the figure of small budgets."""


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
    """Both rankers and the paper's, from `ranking.table`."""
    from common import finished
    from ranking import table

    return table(finished(RESULTS / "ranking.csv")) + "\n"


def symmetry_breaking_table() -> str:
    """What zero-cost features buy, from `symmetry_breaking.table`."""
    from common import finished
    from symmetry_breaking import SETTINGS, table

    rows = finished(RESULTS / "symmetry_breaking.csv")
    return table({n: [row for row in rows if row["setting"] == n] for n in SETTINGS}) + "\n"


def tournament_table() -> str:
    """Every predictor over the spaces, from `tournament.table`."""
    from common import finished
    from tournament import table

    return table(finished(RESULTS / "tournament.csv")) + "\n"


def draw_changes(path: Path) -> None:
    """A panel for each parameter: change in tau with its standard error."""
    import matplotlib.pyplot as plt

    rows = changes(DRAWN)
    panels = [[row for row in rows if row["parameter"] == name] for name in DRAWN]
    panels = [panel for panel in panels if panel]
    figure, axes = plt.subplots(
        len(panels), 1, figsize=(6, 0.2 * len(rows) + 0.55 * len(panels)), sharex=True,
        layout="constrained", gridspec_kw={"height_ratios": [len(p) + 1 for p in panels]},
    )  # fmt: skip
    for ax, panel in zip(axes, panels, strict=True):
        ax.axvline(0, color="0.6", linewidth=0.8)
        for y, row in enumerate(panel):
            color = "#0072b2" if row["space"] == "NAS-Bench-201" else "#d55e00"
            ax.errorbar(row["points"], y, xerr=row["error"], fmt="o", color=color, markersize=4)
        labels = [
            f"{r['value']}  (NB{r['space'][-3:]} {r['protocol']}, {r['labels']} labels)".replace(
                " ,", ","
            )
            for r in panel
        ]
        ax.set_yticks(range(len(panel)), labels, fontsize=8)
        ax.set(ylim=(len(panel) - 0.4, -0.6))
        ax.set_title(panel[0]["parameter"], loc="left", fontsize=9, family="monospace")
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.tick_params(left=False)
    axes[-1].set_xlabel("change in points of tau, ± standard error")
    save(figure, path)


def draw_small_budgets(path: Path) -> None:
    """Tau against labels for some predictors, from `plot_table1`."""
    import matplotlib.pyplot as plt
    from common import finished
    from matplotlib.lines import Line2D
    from plot_table1 import draw_tau, look

    rows = finished(RESULTS / "table1.csv")
    figure, axes = plt.subplots(1, 2, figsize=(8, 4.4), layout="constrained")
    for ax, space in zip(axes, SPACES, strict=True):
        draw_tau(ax, space, [row for row in rows if row["space"] == space], SMALL_BUDGETS)
    axes[0].set_ylabel("Kendall's tau")
    handles = [Line2D([], [], label=e.replace("_", " "), **look(e)) for e in SMALL_BUDGETS]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
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
        (folder / "ranking.md").write_text(ranking_table())
        (folder / "symmetry_breaking.md").write_text(symmetry_breaking_table())
        (folder / "tournament.md").write_text(tournament_table())
        draw_changes(folder / "changes.svg")
        draw_small_budgets(folder / "small_budgets.svg")
    finally:
        sys.path.remove(str(BENCHMARKS))


def setup(app: Any) -> dict[str, bool]:
    """Write them before pages are read."""
    app.connect("builder-inited", lambda app: write(DOCS / "_generated"))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
