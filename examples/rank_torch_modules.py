"""
Rank torch networks
===================

Thirty networks are trained on scikit-learn's handwritten digits, converted to graphs, and shown
to a ranker. It ranks thirty others, which are trained only to see how right it was. There
is no class for a search space, and nobody writes a graph by hand.

    python examples/rank_torch_modules.py
"""

from __future__ import annotations

import time

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn.functional import cross_entropy

from tagates_sk import TAGATESRanker
from tagates_sk.graphs import from_torch
from tagates_sk.metrics import kendall_tau

# %%
# The networks: a stem, two stages of blocks, a head. Everything in between is drawn.

CHANNELS = 8


class Residual(nn.Module):
    """Adds what it reads to what it computes."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.body(x)


class SqueezeExcite(nn.Module):
    """Weighs channels by what all of the image says."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = nn.Sequential(nn.Conv2d(CHANNELS, CHANNELS, 1), nn.Sigmoid())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.gate(x.mean((2, 3), keepdim=True))


class Branches(nn.Module):
    """Two operations side by side."""

    def __init__(self, left: nn.Module, right: nn.Module) -> None:
        super().__init__()
        self.left, self.right = left, right
        self.join = nn.Conv2d(2 * CHANNELS, CHANNELS, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.join(torch.cat([self.left(x), self.right(x)], 1))


def convolution(kernel: int, groups: int = 1) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(CHANNELS, CHANNELS, kernel, padding=kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(CHANNELS),
        nn.ReLU(),
    )


SIMPLE = [
    lambda: convolution(1),
    lambda: convolution(3),
    lambda: convolution(3, groups=CHANNELS),
    lambda: nn.MaxPool2d(3, 1, 1),
    lambda: nn.AvgPool2d(3, 1, 1),
]


def draw(random: np.random.RandomState) -> nn.Module:
    """A random network."""

    def simple() -> nn.Module:
        return SIMPLE[random.randint(len(SIMPLE))]()

    def block() -> nn.Module:
        kind = random.randint(4)
        if kind == 0:
            return Residual(simple())
        if kind == 1:
            return Branches(simple(), simple())
        return nn.Sequential(simple(), SqueezeExcite()) if kind == 2 else simple()

    return nn.Sequential(
        nn.Conv2d(1, CHANNELS, 1),
        *[block() for _ in range(random.randint(1, 3))],
        nn.MaxPool2d(2),
        *[block() for _ in range(random.randint(1, 3))],
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(CHANNELS, 10),
    )


# %%
# A short training of each, and the accuracy on digits that it has not seen.

digits = load_digits()
images = torch.tensor(digits.images[:, None] / 16.0, dtype=torch.float32)
labels = torch.tensor(digits.target)
TRAIN, TEST = train_test_split(
    np.arange(len(labels)), train_size=500, stratify=labels, random_state=0
)


def accuracy(network: nn.Module, seed: int, epochs: int = 5) -> float:
    """Percent of the test digits that a trained network gets right."""
    random = np.random.RandomState(seed)
    optimizer = torch.optim.Adam(network.parameters())
    n_batches = len(TRAIN) // 50
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.03, epochs * n_batches)
    for _ in range(epochs):
        for batch in np.array_split(random.permutation(TRAIN), n_batches):
            optimizer.zero_grad()
            cross_entropy(network(images[batch]), labels[batch]).backward()
            optimizer.step()
            schedule.step()
    network.eval()
    with torch.no_grad():
        return 100 * float((network(images[TEST]).argmax(1) == labels[TEST]).double().mean())


# %%
# From modules to a ranking.


def main() -> None:
    """Train, convert, fit, rank."""
    torch.manual_seed(0)
    random = np.random.RandomState(0)
    networks = [draw(random) for _ in range(60)]

    start = time.perf_counter()
    dags = [from_torch(network, images[:1]) for network in networks]
    print(f"60 networks converted in {time.perf_counter() - start:.0f} s")

    start = time.perf_counter()
    accuracies = np.array([accuracy(network, seed) for seed, network in enumerate(networks)])
    print(f"and trained in {time.perf_counter() - start:.0f} s")

    start = time.perf_counter()
    ranker = TAGATESRanker(max_iter=50, random_state=0).fit(dags[:30], accuracies[:30])
    scores = ranker.predict(dags[30:])
    print(f"Ranker fitted to the first 30 in {time.perf_counter() - start:.0f} s")

    print("\nRank  score  accuracy  operations  parameters")
    for rank, i in enumerate(np.argsort(-scores), start=1):
        dag = dags[30 + i]
        sizes = [a["parameters"] for _, a in dag.nodes(data="attributes") if a]
        print(
            f"{rank:4}  {scores[i]:5.2f}  {accuracies[30 + i]:7.1f}%  {len(sizes):10}"
            f"  {sum(sizes):10}"
        )
    print(f"\nKendall's tau: {kendall_tau(accuracies[30:], scores):.2f}")


if __name__ == "__main__":
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        main()
    finally:
        torch.set_num_threads(threads)
