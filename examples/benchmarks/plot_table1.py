"""Figures of table1.csv: Kendall's tau against the number of labels, and precision@K.

python examples/benchmarks/plot_table1.py
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from common import finished
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from table1 import PAPER, TITLES, TOP

ORDER = [
    "tagates", "gates", "gcn", "cate", "nasbowl", "seminas", "lstm", "mlp", "xgboost",
    "gradient_boosting", "random_forest", "operation_statistics", "walk_statistics",
]  # fmt: skip
"""Encoders, those of this library and of the paper first."""


MARKED = {
    "tagates": "black", "gates": "#009e73", "nasbowl": "#cc79a7", "gradient_boosting": "#d55e00",
    "walk_statistics": "#0072b2",
}  # fmt: skip
"""Colours of those that differ most; the others are grey."""


def look(encoder: str) -> dict[str, Any]:
    """Colour and style of an encoder in all figures."""
    if encoder in MARKED:
        return {"color": MARKED[encoder], "linewidth": 2.0, "zorder": 3}
    return {"color": "0.75", "linewidth": 1.0, "zorder": 1}


def over_seeds(
    rows: list[dict[str, str]], column: str, labels: list[int], encoder: str
) -> tuple[list[int], np.ndarray, np.ndarray]:
    """Sizes that were run, and mean and standard deviation there."""
    found = {
        n: [float(r[column]) for r in rows
            if r["encoder"] == encoder and int(r["n"]) == n and r[column]]
        for n in labels
    }  # fmt: skip
    kept = [n for n in labels if found[n]]
    means = np.array([np.mean(found[n]) for n in kept])
    spread = np.array([np.std(found[n], ddof=1) if len(found[n]) > 1 else 0.0 for n in kept])
    return kept, means, spread


def draw_tau(ax: Axes, space: str, rows: list[dict[str, str]], encoders: list[str]) -> None:
    """Tau against labels, with the paper's TA-GATES as crosses."""
    labels = sorted({int(r["n"]) for r in rows})
    for encoder in encoders:
        kept, mean, spread = over_seeds(rows, "kendall_tau", labels, encoder)
        ax.plot(kept, mean, marker="o", markersize=3, **look(encoder))
        if encoder in MARKED:
            ax.fill_between(
                kept, mean - spread, mean + spread, alpha=0.12, linewidth=0, color=MARKED[encoder]
            )
    published = PAPER.get(space, {}).get("tagates", {})
    ax.plot(list(published), [tau for tau, _ in published.values()], "kx", markersize=7)
    ax.set(xscale="log", xlabel="measured architectures", title=TITLES[space].replace(", ", "\n"))
    ax.set_xticks(labels, [str(n) for n in labels])
    ax.minorticks_off()
    ax.grid(alpha=0.3)


def draw_precision(ax: Axes, space: str, rows: list[dict[str, str]], encoders: list[str]) -> None:
    """Share of the predicted top K that is in the true top K, at the size most encoders had."""
    labels = sorted({int(r["n"]) for r in rows})
    run = {n: {r["encoder"] for r in rows if int(r["n"]) == n and r[TOP[10]]} for n in labels}
    n = max(labels[len(labels) // 2 :] + labels, key=lambda n: len(run[n]))
    ks = [k for k in TOP if k >= 1]
    for encoder in encoders:
        values = [over_seeds(rows, TOP[k], [n], encoder)[1] for k in ks]
        if all(len(v) for v in values):
            ax.plot(ks, [v[0] for v in values], marker="o", markersize=3, **look(encoder))
    ax.set(xlabel="K", title=f"{TITLES[space]}\n{n} labels")
    ax.set_xticks(ks, [str(k) for k in ks])
    ax.grid(alpha=0.3)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--csv", type=Path, default=Path("docs/results/table1.csv"))
    args = parser.parse_args()
    rows = finished(args.csv)
    spaces = [space for space in TITLES if any(r["space"] == space for r in rows)]
    encoders = [e for e in ORDER if any(r["encoder"] == e for r in rows)]
    handles = [Line2D([], [], label=e.replace("_", " "), **look(e)) for e in MARKED]
    handles.append(Line2D([], [], label="the others", **look("")))
    published = Line2D([], [], color="k", marker="x", linestyle="", label="paper's TA-GATES")
    for name, draw, label in (
        ("tau", draw_tau, "Kendall's tau"),
        ("precision", draw_precision, "precision@K"),
    ):
        figure, axes = plt.subplots(
            1, len(spaces), figsize=(4.2 * len(spaces) + 1.8, 4), squeeze=False,
            layout="constrained",
        )  # fmt: skip
        for ax, space in zip(axes[0], spaces, strict=True):
            draw(ax, space, [r for r in rows if r["space"] == space], encoders)
        axes[0, 0].set_ylabel(f"{label} (mean over seeds)")
        shown = [*handles, published] if name == "tau" else handles
        figure.legend(handles=shown, loc="outside right center", frameon=False)
        path = args.csv.with_name(f"table1_{name}.png")
        figure.savefig(path, dpi=130)
        print(f"saved {path}")


if __name__ == "__main__":
    main()
