"""Pictures of pages and thumbnails of examples, drawn with the library itself."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
from results import save

from tagates_sk import TAGATESRanker, TAGATESRegressor
from tagates_sk.datasets import load_latency, load_nasbench201
from tagates_sk.graphs import from_torch
from tagates_sk.inspection import (
    BlendDisplay,
    OperationImportanceDisplay,
    ParetoDisplay,
    PrecisionAtKDisplay,
    RankingDisplay,
    SearchDisplay,
    SpaceMapDisplay,
    UncertaintyDisplay,
    draw_cell,
    explain,
)
from tagates_sk.search import PredictorSearch
from tagates_sk.spaces import DARTS, CellSpace

PICTURES = Path(__file__).parents[1] / "_generated" / "pictures"


def draw_inspection(folder: Path) -> None:
    """What inspection.md speaks of, on NAS-Bench-201."""
    import matplotlib.pyplot as plt

    nb201 = load_nasbench201()
    order = np.random.RandomState(0).permutation(nb201.train_indices)
    X, y = nb201.dags[order[:78]], nb201.target[order[:78]]
    X_test, y_test = nb201.dags[nb201.test_indices], nb201.target[nb201.test_indices]
    ranker = TAGATESRanker(members="statistics", random_state=0).fit(X, y)
    regressor = TAGATESRegressor(members="statistics", random_state=0).fit(X, y)
    encoder = TAGATESRanker(members="encoder", n_members=1, T=4, max_iter=30, random_state=0)
    encoder.fit(X, y)
    best = X_test[int(np.argmax(ranker.predict(X_test)))]

    figure, axes = plt.subplots(1, 2, figsize=(7.6, 3.3), layout="constrained")
    RankingDisplay.from_estimator(ranker, X_test[::8], y_test[::8], ax=axes[0])
    PrecisionAtKDisplay.from_estimator(ranker, X_test, y_test, ax=axes[1])
    save(figure, folder / "ranking.svg")
    save(draw_cell(best, node_names=True).figure, folder / "cell.svg")
    importance = OperationImportanceDisplay.from_estimator(encoder, best)
    save(importance.figure_, folder / "importance.svg")
    for name, draw_on in {
        "uncertainty": lambda ax: UncertaintyDisplay.from_estimator(
            regressor, X_test, y_test, ax=ax
        ),
        "embeddings": lambda ax: explain(encoder, best, ax=ax),
    }.items():
        figure, ax = plt.subplots(figsize=(5, 3.4), layout="constrained")
        draw_on(ax)
        save(figure, folder / f"{name}.svg")


def draw_members_and_space(folder: Path) -> None:
    """How members share the blend, and where the encoder puts cells."""
    import matplotlib.pyplot as plt

    nb201 = load_nasbench201()
    order = np.random.RandomState(0).permutation(nb201.train_indices)[:100]
    X, y = nb201.dags[order], nb201.target[order]
    ranker = TAGATESRanker(max_iter=20, random_state=0)
    figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
    BlendDisplay.from_estimator(ranker, X, y, train_sizes=[10, 30, 100], ax=ax)
    save(figure, folder / "blend.svg")

    encoder = TAGATESRanker(members="encoder", max_iter=30, random_state=0).fit(X, y)
    some = nb201.test_indices[::4]
    figure, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
    SpaceMapDisplay.from_estimator(encoder, nb201.dags[some], nb201.target[some], ax=ax)
    save(figure, folder / "map.svg")


def draw_front(folder: Path) -> None:
    """Measured accuracy against measured latency."""
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
    ParetoDisplay.from_values(
        load_latency("nasbench201", "pixel3").target,
        load_nasbench201().target,
        x_name="latency on a phone, ms",
        y_name="accuracy, %",
        ax=ax,
    )
    ax.set(xscale="log", xlim=(0.8, 50), ylim=(80, 95))
    ax.set_xticks([1, 2, 5, 10, 20, 50], ["1", "2", "5", "10", "20", "50"])
    ax.minorticks_off()
    save(figure, folder / "front.svg")


def draw_blocks(folder: Path) -> None:
    """A network of torch, an operation for each block."""
    import torch
    from torch import nn

    class Residual(nn.Module):
        def __init__(self, channels: int) -> None:
            super().__init__()
            self.convolution = nn.Conv2d(channels, channels, 3, padding=1)
            self.norm = nn.BatchNorm2d(channels)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + torch.relu(self.norm(self.convolution(x)))

    network = nn.Sequential(
        nn.Conv2d(3, 8, 3), Residual(8), Residual(8), nn.MaxPool2d(2), Residual(8),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10),
    )  # fmt: skip
    save(draw_cell(from_torch(network, detail="modules")).figure, folder / "blocks.svg")


def draw_search(folder: Path) -> None:
    """A search, and guided searches against random ones."""
    import matplotlib.pyplot as plt

    nb201 = load_nasbench201()

    def guided(seed: int) -> PredictorSearch:
        quick = TAGATESRanker(members="statistics")
        search = PredictorSearch(nb201.dags, quick, random_state=seed)
        for _ in range(6):
            cells = search.ask(10)
            search.tell(cells, nb201.target[cells.rows])
        return search

    searches = [guided(seed) for seed in range(3)]
    random = [np.random.RandomState(seed).permutation(nb201.target)[:60] for seed in range(3)]
    figure, axes = plt.subplots(1, 2, figsize=(7.6, 3.3), layout="constrained")
    searches[0].plot(axes[0])
    histories = {"guided": [s.history_ for s in searches], "random": random}
    SearchDisplay.from_histories(histories, ax=axes[1])
    save(figure, folder / "searches.svg")


def draw_thumbnails(folder: Path) -> None:
    """For examples that take too long to run here."""
    from torch import nn

    cells = CellSpace(n_nodes=4, operations=["conv3x3", "conv1x1", "max_pool", "skip_connect"])
    network = nn.Sequential(
        nn.Conv2d(1, 8, 1), nn.ReLU(), nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(8, 10),
    )  # fmt: skip
    twins = nx.DiGraph()
    twins.add_node("in", op="input")
    for name in "AB":
        twins.add_node(name, op="conv3x3")
        twins.add_edges_from([("in", name), (name, "out")])
    twins.add_node("out", op="output")
    for name, dag in {
        "grid_search": DARTS().sample(1, random_state=0)[0],
        "optuna_digits": cells.sample(1, random_state=3)[0],
        "rank_torch_modules": from_torch(network),
        "search_digits": cells.sample(1, random_state=0)[0],
        "symmetric_operations": twins,
    }.items():
        draw_cell(dag).figure.savefig(folder / f"{name}.png", dpi=80)


def draw(app: Any) -> None:
    """Draw all if they are older than this file; remove the folder to draw them anew."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    newest = Path(__file__).stat().st_mtime
    if not PICTURES.exists() or PICTURES.stat().st_mtime < newest:
        shutil.rmtree(PICTURES, ignore_errors=True)
        folder = PICTURES.with_suffix(".part")
        folder.mkdir(parents=True, exist_ok=True)
        draw_inspection(folder)
        draw_members_and_space(folder)
        draw_front(folder)
        draw_blocks(folder)
        draw_search(folder)
        draw_thumbnails(folder)
        plt.close("all")
        folder.rename(PICTURES)


def setup(app: Any) -> dict[str, bool]:
    """Draw them before pages and examples are read."""
    app.connect("builder-inited", draw)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
