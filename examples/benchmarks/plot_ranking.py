"""Figure of ranking.csv: Kendall's tau against the number of labels, with the paper's points.

python examples/benchmarks/plot_ranking.py
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from common import finished
from matplotlib.axes import Axes
from ranking import NAMES, PAPER, RANKERS, SEEDS

COLOURS = {"default": "tab:blue", "statistics": "tab:orange", "proxies": "tab:green"}


def draw(ax: Axes, space: str, rows: list[dict[str, str]]) -> None:
    """Means over seeds, one standard deviation as bands, and what the paper reports."""
    sizes = sorted(PAPER[space])
    for setting, name in RANKERS.items():
        taus = {
            n: [float(r["kendall_tau"]) for r in rows
                if r["space"] == space and r["setting"] == setting and int(r["n"]) == n]
            for n in sizes
        }  # fmt: skip
        kept = [n for n in sizes if len(taus[n]) == SEEDS]
        if not kept:
            continue
        mean = np.array([np.mean(taus[n]) for n in kept])
        spread = np.array([np.std(taus[n], ddof=1) for n in kept])
        colour = COLOURS[setting]
        ax.plot(kept, mean, marker="o", markersize=4, color=colour, label=name.replace("`", ""))
        ax.fill_between(kept, mean - spread, mean + spread, alpha=0.15, color=colour, linewidth=0)
    published = [PAPER[space][n][0] for n in sizes]
    ax.plot(sizes, published, "kx", markersize=7, label="TA-GATES (paper)")
    ax.set(xscale="log", xlabel="measured architectures", title=NAMES[space])
    ax.set_xticks(sizes, [str(n) for n in sizes])
    ax.minorticks_off()
    ax.grid(alpha=0.3)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--csv", type=Path, default=Path("docs/results/ranking.csv"))
    args = parser.parse_args()
    rows = [r for r in finished(args.csv) if r["target"] in ("cifar10", "test")]
    rows = [r for r in rows if r["parameters"] == "{}" and r["protocol"] == "published"]
    figure, axes = plt.subplots(1, 2, figsize=(9, 4.4), layout="constrained")
    for ax, space in zip(axes, NAMES, strict=True):
        draw(ax, space, rows)
    axes[0].set_ylabel("Kendall's tau (mean over seeds)")
    lines = axes[0].get_legend_handles_labels()
    figure.legend(*lines, frameon=False, loc="outside lower center", ncols=2)
    path = args.csv.with_suffix(".png")
    figure.savefig(path, dpi=130)
    print(f"saved {path}")


if __name__ == "__main__":
    main()
