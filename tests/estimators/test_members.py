"""Statistical members: any graphs, few labels, honest predictions of the unseen."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from scipy.stats import norm, rankdata

from tagates_sk.datasets import (
    load_enas_oneshot,
    load_nasbench101,
    load_nasbench201,
)
from tagates_sk.estimators.block_kernel import BlockKernel
from tagates_sk.estimators.boosting import BoostingMember
from tagates_sk.estimators.composition import PROCESSES
from tagates_sk.estimators.process import ProcessMember
from tagates_sk.estimators.statistics import KINDS, GraphStatistics, Statistics
from tagates_sk.metrics import kendall_tau
from tagates_sk.spaces import DARTS

MEMBERS = [lambda: ProcessMember(KINDS), lambda: BoostingMember(20)]


def chain(operations: list[str]) -> nx.DiGraph:
    """Blocks in a row."""
    cell = nx.DiGraph()
    for i, op in enumerate(operations):
        cell.add_edge(i, i + 1, op=op)
    return cell


def scores(values: np.ndarray) -> np.ndarray:
    """Normal scores."""
    return norm.ppf((rankdata(values) - 0.5) / len(values))


def cells(n: int, n_test: int = 500, seed: int = 0) -> tuple[Any, Any, np.ndarray, np.ndarray]:
    """Statistics and normal scores of cells of NAS-Bench-201 for fit, and of others."""
    nb201 = load_nasbench201()
    chosen = np.random.RandomState(seed).permutation(len(nb201.target))
    fit, test = chosen[:n], chosen[-n_test:]
    statistics = GraphStatistics().fit(nb201.dags[fit])
    known, others = statistics.transform(nb201.dags[fit]), statistics.transform(nb201.dags[test])
    return known, others, scores(nb201.target[fit]), nb201.target[test]


@pytest.mark.parametrize("n_trend", [0, 2])
def test_gradient_of_the_kernel(n_trend: int) -> None:
    kernel = BlockKernel([2, 3], [0.5, 0.2], [1.0, 2.0], 0.3, n_trend, 0.4)
    X = np.random.RandomState(0).randn(4, 6 + n_trend)
    gradient = kernel(X, eval_gradient=True)[1]
    assert gradient.shape[2] == len(kernel.theta) == 4 + (n_trend > 0)
    for i, step in enumerate(1e-6 * np.eye(len(kernel.theta))):
        above = kernel.clone_with_theta(kernel.theta + step)(X)
        below = kernel.clone_with_theta(kernel.theta - step)(X)
        np.testing.assert_allclose(gradient[:, :, i], (above - below) / 2e-6, atol=1e-7)
    np.testing.assert_allclose(kernel.diag(X), np.diag(kernel(X)))


@pytest.mark.parametrize("seed", range(3))
def test_few_labels_rank(seed: int) -> None:
    """Capacity carries what seven labels do not tell."""
    known, others, t, y = cells(7, seed=seed)
    member = ProcessMember(KINDS).fit(known, t)
    assert kendall_tau(y, member.predict(others)) > 0.5


def test_joined_blocks_are_on_one_scale() -> None:
    """However they are parted, columns have the same weight beside each other."""
    nb101 = load_nasbench101()
    known = GraphStatistics().fit(nb101.dags[:60]).transform(nb101.dags[:60])
    (whole,) = known.joined(["walks"])
    assert np.sqrt((whole**2).sum(1).mean()) == pytest.approx(1.0, abs=0.05)
    assert len(known.joined(["walks/*"])) == 1  # of one cell
    parts = known.joined(["walks/*/*"])
    assert [part.shape[1] for part in parts] == [
        known.blocks[f"walks/0/{part}"].shape[1] for part in ("shape", "walk", "path", "forward")
    ]
    squares = sum((part**2).sum(1) * part.shape[1] for part in parts) / whole.shape[1]
    np.testing.assert_allclose((whole**2).sum(1), squares)


def test_blocks_by_cell_and_by_what_they_tell() -> None:
    darts = DARTS().sample(30, random_state=0)
    known = GraphStatistics().fit(darts).transform(darts)
    assert len(known.joined(["capacity/*"])) == 2
    assert len(known.joined(["walks/*/*"])) == 8
    assert len(known.joined(["edges/*"])) == 2
    enas = load_enas_oneshot().dags[:60]
    known = GraphStatistics().fit(enas).transform(enas)
    wires, places = known.joined(["wires", "edges"])
    # Skip connections between 7 of the 8 nodes vary; six nodes have one of six operations.
    assert (wires.shape[1], places.shape[1]) == (15, 36)


def test_many_cells_share_blocks() -> None:
    cells = [(chain(["a", "b"]),) * i + (chain(["b"]),) * (6 - i) for i in range(6)]
    known = GraphStatistics().fit(cells).transform(cells)
    assert len(known.joined(["walks/*/*"])) <= 4
    assert len(known.joined(["capacity/*"])) == 1


def test_wires_tell_what_operations_do_not() -> None:
    """Where skip connections alone matter, the process on all statistics finds them."""
    enas = load_enas_oneshot()
    chosen = np.random.RandomState(0).permutation(len(enas.target))
    fit, test = chosen[:100], chosen[-1000:]
    statistics = GraphStatistics().fit(enas.dags[fit])
    member = ProcessMember(PROCESSES["all"])
    member.fit(statistics.transform(enas.dags[fit]), scores(enas.target[fit]))
    predicted = member.predict(statistics.transform(enas.dags[test]))
    assert kendall_tau(enas.target[test], predicted) > 0.6


def test_a_trend_goes_on_where_there_are_no_labels() -> None:
    """The test half of NAS-Bench-101 has graphs unlike those of the other half."""
    nb101 = load_nasbench101()
    rng = np.random.RandomState(0)
    fit, test = rng.permutation(nb101.train_indices)[:72], rng.permutation(nb101.test_indices)[:800]
    statistics = GraphStatistics().fit(nb101.dags[fit])
    known, others = statistics.transform(nb101.dags[fit]), statistics.transform(nb101.dags[test])
    with_trend, without = (
        ProcessMember(PROCESSES["flow"], trend=trend).fit(known, scores(nb101.target[fit]))
        for trend in (("resistance",), ())
    )
    ranked = [kendall_tau(nb101.target[test], m.predict(others)) for m in (with_trend, without)]
    assert ranked[0] > ranked[1] + 0.02


@pytest.mark.parametrize(("n", "n_trend"), [(19, 0), (20, 2)])
def test_few_labels_have_no_trend(n: int, n_trend: int) -> None:
    known, others, t, _ = cells(n)
    member = ProcessMember(["walks"]).fit(known, t)
    assert member.posterior_.kernel.n_trend == n_trend
    assert np.isfinite(member.predict(others)).all()


def test_prior_costs_nothing_where_it_is_wrong() -> None:
    known, others, t, y = cells(40)
    right = kendall_tau(y, ProcessMember(KINDS).fit(known, t).predict(others))
    wrong = kendall_tau(-y, ProcessMember(KINDS).fit(known, -t).predict(others))
    assert wrong > right - 0.02


def test_unseen_of_the_process_is_that_of_a_process_without_it() -> None:
    known, _, t, _ = cells(12)
    member = ProcessMember(["walks"]).fit(known, t)
    posterior = member.posterior_
    rows = member._rows(known)
    K = posterior.kernel(rows) + (posterior.noise + 1e-8) * np.eye(12)
    rest = t - member.prior_mean * known.prior
    for i in range(12):
        others = np.arange(12) != i
        expected = K[i, others] @ np.linalg.solve(K[np.ix_(others, others)], rest[others])
        assert member.unseen_[i] == pytest.approx(
            expected + member.prior_mean * known.prior[i], abs=1e-6
        )


@pytest.mark.parametrize("make", MEMBERS)
def test_copies_of_an_architecture_are_left_out_together(make: Any) -> None:
    known, _, t, _ = cells(20)
    rows = np.r_[np.arange(20), np.zeros(5, dtype=int)]
    member = make().fit(known.of(rows), t[rows], random_state=0)
    assert np.allclose(member.unseen_[20:], member.unseen_[0])
    assert abs(member.unseen_[0] - t[0]) > 1e-3


@pytest.mark.parametrize("make", MEMBERS)
@pytest.mark.parametrize("n", [2, 3, 10])
def test_few_or_equal_architectures(make: Any, n: int) -> None:
    for known, t in (
        (cells(n)[0], np.linspace(-1.0, 1.0, n)),
        (cells(n)[0].of(np.zeros(n, dtype=int)), np.linspace(-1.0, 1.0, n)),
        (cells(n)[0], np.zeros(n)),
    ):
        member = make().fit(known, t, random_state=0)
        assert np.isfinite(member.predict(known)).all()
        assert np.isfinite(member.unseen_).all()


@pytest.mark.parametrize("make", MEMBERS)
def test_without_weight_an_architecture_says_nothing(make: Any) -> None:
    known, others, t, _ = cells(20)
    weight = np.r_[np.ones(19), 0.0]
    wrong = np.r_[t[:19], 50.0]
    member = make().fit(known, wrong, weight, random_state=0)
    assert np.abs(member.predict(others)).max() < 10.0


def test_weights_draw_the_process() -> None:
    known, _, _, _ = cells(20)
    t = np.zeros(20)
    t[3] = 2.0
    light = ProcessMember(["walks"]).fit(known, t, np.r_[1.0, 1, 1, 0.01, np.ones(16)])
    heavy = ProcessMember(["walks"]).fit(known, t, np.r_[1.0, 1, 1, 1.0, np.ones(16)])
    assert light.predict(known.of([3]))[0] < heavy.predict(known.of([3]))[0]


def test_standard_deviations_grow_away_from_labels() -> None:
    known, others, t, _ = cells(100)
    member = ProcessMember(KINDS).fit(known, t)
    std = member.predict(others, return_std=True)[1]
    assert member.predict(known, return_std=True)[1].mean() < std.mean()
    assert 0.5 < np.std((t - member.unseen_) / member.unseen_std_) < 2.0


@pytest.mark.parametrize("make", MEMBERS)
def test_larger_cells_and_new_operations(make: Any) -> None:
    rng = np.random.RandomState(0)
    names = ["conv3x3", "pool", "skip_connect"]
    small = [chain([names[k] for k in rng.randint(3, size=4)]) for _ in range(12)]
    statistics = GraphStatistics().fit(small)
    member = make().fit(statistics.transform(small), rng.randn(12), random_state=0)
    large = [chain(["conv3x3"] * 9), chain(["other", "pool"]), chain(["skip_connect"])]
    assert np.isfinite(member.predict(statistics.transform(large))).all()


@pytest.mark.parametrize("make", MEMBERS)
def test_several_cells_and_several_sizes(make: Any) -> None:
    rng = np.random.RandomState(0)
    names = ["conv3x3", "pool"]

    def cell() -> nx.DiGraph:
        return chain([names[k] for k in rng.randint(2, size=rng.randint(1, 6))])

    X = [(cell(), cell()) for _ in range(15)]
    statistics = GraphStatistics().fit(X)
    known = statistics.transform(X)
    assert np.isfinite(make().fit(known, rng.randn(15)).predict(known)).all()


def test_places_tell_chains_apart() -> None:
    """What stands where on the way decides, not how often."""
    rng = np.random.RandomState(0)
    operations = rng.randint(2, size=(160, 8))
    X = [chain([["conv3x3", "skip_connect"][k] for k in row]) for row in operations]
    y = operations @ np.array([4.0, -3.0, 2.0, 1.0, -1.0, -2.0, 3.0, -4.0])
    statistics = GraphStatistics().fit(X[:80])
    member = ProcessMember(KINDS).fit(statistics.transform(X[:80]), scores(y[:80]))
    assert kendall_tau(y[80:], member.predict(statistics.transform(X[80:]))) > 0.8


def test_a_row_depends_on_its_architecture_alone() -> None:
    known, _, t, _ = cells(30)
    member = ProcessMember(KINDS).fit(known, t)
    together = member.predict(known)
    alone = [member.predict(known.of([i]))[0] for i in range(30)]
    np.testing.assert_allclose(together, alone, atol=1e-9)


def test_many_architectures_are_bounded() -> None:
    rng = np.random.RandomState(0)
    rows = rng.randn(2500, 3)
    statistics = Statistics({"walks": rows / np.sqrt(3)}, np.zeros(2500))
    member = ProcessMember(["walks"]).fit(statistics, scores(rows[:, 0]), random_state=0)
    assert len(member.posterior_.rows) == 2000
    assert np.corrcoef(member.unseen_, rows[:, 0])[0, 1] > 0.9
