"""Losses against loops over pairs and places."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from tagates_sk.training.losses import listmle_loss, pairwise_loss, squared_loss


def tensor(values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


@st.composite
def batches(draw: st.DrawFn) -> tuple[Tensor, Tensor, list[int]]:
    """Scores, targets with ties, and whole-numbered weights."""
    n = draw(st.integers(2, 7))

    def drawn(values: st.SearchStrategy[float]) -> list[float]:
        return draw(st.lists(values, min_size=n, max_size=n))

    scores = drawn(st.floats(-3, 3))
    targets = drawn(st.sampled_from([0.0, 0.5, 1.0, 2.0]))
    return tensor(scores), tensor(targets), [int(w) for w in drawn(st.integers(0, 3))]


def one_pair(kind: str, signed: float) -> float:
    return max(0.0, 0.1 - signed) if kind == "hinge" else math.log1p(math.exp(-signed))


def by_loops(kind: str, f: list[float], y: list[float]) -> float:
    """Mean over the pairs with different targets; 0 without any."""
    losses = [
        one_pair(kind, math.copysign(1, y[i] - y[j]) * (f[i] - f[j]))
        for i, j in itertools.permutations(range(len(f)), 2)
        if y[i] != y[j]
    ]
    return float(np.mean(losses)) if losses else 0.0


kinds = st.sampled_from(["hinge", "logistic"])


@given(batches(), kinds)
def test_pairwise(batch: tuple[Tensor, Tensor, list[int]], kind: str) -> None:
    scores, targets, _ = batch
    loss = pairwise_loss(scores, targets, kind=kind, margin=0.1)
    assert loss.item() == pytest.approx(by_loops(kind, scores.tolist(), targets.tolist()))


@given(batches(), kinds)
def test_pairwise_weights_are_repetitions(
    batch: tuple[Tensor, Tensor, list[int]], kind: str
) -> None:
    """Copies of one architecture tie, so they make no pairs among themselves."""
    scores, targets, weights = batch
    loss = pairwise_loss(scores, targets, tensor(weights), kind=kind, margin=0.1)
    rows = np.repeat(np.arange(len(weights)), weights)
    repeated = by_loops(kind, scores[rows].tolist(), targets[rows].tolist())
    assert loss.item() == pytest.approx(repeated)


@pytest.mark.parametrize("kind", ["hinge", "logistic"])
def test_pairwise_all_tied_is_zero_and_differentiable(kind: str) -> None:
    scores = torch.zeros(3, requires_grad=True)
    loss = pairwise_loss(scores, torch.ones(3), kind=kind)
    loss.backward()
    assert loss.item() == 0
    assert scores.grad is not None
    assert not scores.grad.any()


@pytest.mark.parametrize("kind", ["hinge", "logistic"])
def test_max_pairs_is_unbiased_and_seeded(kind: str) -> None:
    """With few architectures, so that a pair drawn too often would show."""
    n, n_draws = 3, 4000
    scores, targets = tensor([0.3, -0.2, 0.9]), tensor([1.0, 2.0, 3.0])

    def sampled(seed: int, max_pairs: int) -> float:
        return pairwise_loss(
            scores, targets, kind=kind, max_pairs=max_pairs,
            generator=torch.Generator().manual_seed(seed),
        ).item()  # fmt: skip

    assert sampled(1, 5) == sampled(1, 5)
    whole = by_loops(kind, scores.tolist(), targets.tolist())
    assert sampled(1, n * (n - 1)) == pytest.approx(whole)
    draws = [sampled(seed, 5) for seed in range(n_draws)]
    assert len(set(draws)) > 5
    assert abs(np.mean(draws) - whole) < 4 * np.std(draws) / n_draws**0.5


def test_max_pairs_weighs_pairs() -> None:
    """A weight of zero leaves all pairs of an architecture out."""
    scores, targets = tensor([0.3, -0.2, 50.0]), tensor([1.0, 2.0, 0.0])
    weights = tensor([1.0, 1.0, 0.0])
    expected = by_loops("hinge", scores.tolist()[:2], targets.tolist()[:2])
    draws = [
        pairwise_loss(
            scores, targets, weights, max_pairs=5, generator=torch.Generator().manual_seed(seed)
        ).item()
        for seed in range(20)
    ]
    assert set(np.round(draws, 12)) <= {round(expected, 12), 0.0}
    assert max(draws) == pytest.approx(expected)


@given(batches())
def test_listmle(batch: tuple[Tensor, Tensor, list[int]]) -> None:
    """The likelihood of drawing the best first, then the best of the rest …"""
    scores, targets, weights = batch

    def terms(order: list[int]) -> list[float]:
        out = []
        for place, i in enumerate(order):
            left = [math.exp(scores[j].item()) for j in order[place:]]
            out.append(-math.log(math.exp(scores[i].item()) / sum(left)))
        return out

    order = sorted(range(len(targets)), key=lambda i: -targets[i].item())  # stable
    assert listmle_loss(scores, targets).item() == pytest.approx(np.mean(terms(order)), abs=1e-12)
    if any(weights):
        kept = [i for i in order if weights[i]]  # what weighs nothing is not there
        expected = np.average(terms(kept), weights=[weights[i] for i in kept])
        weighted = listmle_loss(scores, targets, tensor(weights)).item()
        assert weighted == pytest.approx(expected, abs=1e-12)


@given(batches())
def test_squared(batch: tuple[Tensor, Tensor, list[int]]) -> None:
    scores, targets, weights = batch
    squares = [(f - y) ** 2 for f, y in zip(scores.tolist(), targets.tolist(), strict=True)]
    assert squared_loss(scores, targets).item() == pytest.approx(np.mean(squares))
    if any(weights):
        weighted = squared_loss(scores, targets, tensor(weights)).item()
        assert weighted == pytest.approx(np.average(squares, weights=weights))


@pytest.mark.parametrize("loss", [pairwise_loss, listmle_loss, squared_loss])
def test_no_weight_at_all_is_finite(loss: object) -> None:
    """A batch may hold left-out architectures only."""
    assert callable(loss)
    value = loss(torch.ones(3), torch.arange(3.0), torch.zeros(3))
    assert value.item() == 0
