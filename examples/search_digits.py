"""
Search a space of your own by real trainings
============================================

A space of small convolutional cells, written as networkx graphs. Each measurement trains a cell
on scikit-learn's handwritten digits, and TA-GATES chooses which cell to train next. Random
search gets the same number of trainings. Five searches of each kind take ten minutes on two
cores. The script needs the folder ``benchmarks`` beside it.

    python examples/search_digits.py
    python examples/search_digits.py --seeds 1 --budget 40
"""

from __future__ import annotations

import argparse
import csv
import time
import zlib
from pathlib import Path
from typing import Any

import joblib
import networkx as nx
import numpy as np
import torch
from benchmarks.report_digits import report
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from torch.nn.functional import cross_entropy

from tagates_sk import TAGATESRanker, Variant
from tagates_sk.features import WeisfeilerLehman
from tagates_sk.search import PredictorSearch
from tagates_sk.zero_cost import build_network

RESULTS = Path(__file__).parents[1] / "docs" / "results"

# %%
# The space: a cell has five operations, each on the sum of one or two earlier results. The output
# sums the results that no operation reads. There are about 10^7 cells.

OPERATIONS = ["conv3x3", "conv1x1", "depthwise_conv_3x3", "max_pool_3x3", "avg_pool_3x3"]
N_NODES = 5


class DigitCells:
    """The space: how to draw a cell, and how to change one."""

    def sample(self, n: int, random_state: Any = None) -> list[nx.DiGraph]:
        random = check_random_state(random_state)
        cells = []
        for _ in range(n):
            genes = [self._draw(node, random) for node in range(1, N_NODES + 1)]
            cells.append(self._cell(genes))
        return cells

    def mutate(self, cell: nx.DiGraph, random_state: Any = None) -> nx.DiGraph:
        """Change one node."""
        random = check_random_state(random_state)
        genes = [
            (cell.nodes[node]["op"], set(cell.predecessors(node))) for node in range(1, N_NODES + 1)
        ]
        changed = random.randint(N_NODES)
        op, sources = self._draw(changed + 1, random)
        old_op, old_sources = genes[changed]
        genes[changed] = (op, old_sources) if random.randint(2) else (old_op, sources)
        return self._cell(genes)

    def _draw(self, node: int, random: np.random.RandomState) -> tuple[str, set[int]]:
        """An operation and one or two of the earlier nodes."""
        return OPERATIONS[random.randint(len(OPERATIONS))], set(random.randint(node, size=2))

    def _cell(self, genes: list[tuple[str, set[int]]]) -> nx.DiGraph:
        cell = nx.DiGraph()
        cell.add_node(0, op="input")
        for node, (op, sources) in enumerate(genes, start=1):
            cell.add_node(node, op=op)
            cell.add_edges_from((int(source), node) for source in sources)
        ends = [node for node in cell if not cell.out_degree(node)]
        cell.add_node("out", op="output")
        cell.add_edges_from((end, "out") for end in ends)
        return cell


# %%
# The measurement: a short training on few digits is enough to tell good cells from bad ones.

digits = load_digits()
images = torch.tensor(digits.images[:, None] / 16.0, dtype=torch.float32)
labels = torch.tensor(digits.target)
BATCH_SIZE = 50
TRAIN, REST = train_test_split(
    np.arange(len(labels)), train_size=400, stratify=labels, random_state=0
)
VALIDATION, TEST = train_test_split(REST, test_size=0.5, stratify=labels[REST], random_state=0)


def train(cell: nx.DiGraph, seed: int, epochs: int = 6) -> torch.nn.Module:
    """Train a network of two cells with pooling between them."""
    network = build_network(
        cell, skeleton="nasbench101", stem_channels=8, n_stages=2, in_channels=1,
        random_state=seed,
    )  # fmt: skip
    optimizer = torch.optim.Adam(network.parameters())
    n_batches = len(TRAIN) // BATCH_SIZE
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.03, epochs * n_batches)
    random = np.random.RandomState(seed)
    network.train()
    for _ in range(epochs):
        for batch in np.array_split(random.permutation(TRAIN), n_batches):
            optimizer.zero_grad()
            cross_entropy(network(images[batch]), labels[batch]).backward()
            optimizer.step()
            schedule.step()
    return network.eval()


@torch.no_grad()
def accuracy(network: torch.nn.Module, rows: Any) -> float:
    """Accuracy in percent."""
    return 100 * float((network(images[rows]).argmax(1) == labels[rows]).double().mean())


def measure(cell: nx.DiGraph) -> float:
    """Validation accuracy; the cell sets the seed, so that results repeat."""
    torch.set_num_threads(1)
    seed = zlib.crc32(repr(sorted(cell.edges, key=str)).encode())
    return accuracy(train(cell, seed % 2**31), VALIDATION)


# %%
# The searches: both begin with the same random cells; random search goes on at random.


def predictor() -> TAGATESRanker:
    """A single encoder, with counts of operations and their neighbourhoods."""
    counts = WeisfeilerLehman(n_iter=1, sparse_output=False, handle_unknown="ignore")
    return TAGATESRanker(
        members="encoder", features=counts, max_iter=60, operations=OPERATIONS, n_members=1,
        margin=0.03,
        variant=Variant(deep_supervision=False, aggregation="sum"),
    )  # fmt: skip


def search(guided: bool, seed: int, budget: int, n_jobs: int) -> dict[str, Any]:
    """Run one search; return its row."""
    start = time.perf_counter()
    found = PredictorSearch(
        DigitCells(), predictor(), n_initial=10 if guided else budget, batch_size=5,
        acquisition="mean", random_state=seed, verbose=1,
    ).run(measure, budget, n_jobs=n_jobs)  # fmt: skip
    seconds = time.perf_counter() - start
    best = found.best_architecture_
    tests = joblib.Parallel(n_jobs)(joblib.delayed(test_accuracy)(best, s) for s in range(5))
    values = np.array([row["value"] for row in found.history_])
    return {
        "method": "tagates" if guided else "random",
        "seed": seed,
        "trainings": budget,
        "validation": round(found.best_value_, 2),
        "test": round(float(np.mean(tests)), 2),
        "mean_after_start": round(float(values[10:].mean()), 2),
        "seconds": round(seconds, 1),
    }


def test_accuracy(cell: nx.DiGraph, seed: int) -> float:
    """Test accuracy after training again, so that lucky runs gain nothing."""
    torch.set_num_threads(1)
    return accuracy(train(cell, seed), TEST)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--budget", type=int, default=50)
    parser.add_argument("--n-jobs", type=int, default=2)
    parser.add_argument("--csv", type=Path, default=RESULTS / "search_digits.csv")
    arguments = parser.parse_args()
    start = time.perf_counter()
    rows = [
        search(guided, seed, arguments.budget, arguments.n_jobs)
        for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds)
        for guided in (True, False)
    ]
    with arguments.csv.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    page = report(rows)
    arguments.csv.with_suffix(".md").write_text(page)
    print(page)
    print(f"{time.perf_counter() - start:.0f} s in all")
