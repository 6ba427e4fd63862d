"""ConsensusRanker: what a label-free ranking and a few labels say together."""

from __future__ import annotations

import pickle
from itertools import product
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import norm, rankdata
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state

from tagates_sk import TAGATESRanker
from tagates_sk.baselines import DAGNNRanker
from tagates_sk.ensemble import ConsensusRanker, ProxyRanks
from tagates_sk.features import PrecomputedFeatures, WeisfeilerLehman
from tagates_sk.metrics import kendall_tau
from tagates_sk.zero_cost import ZeroCostProxies
from tests.ensemble.consensus import (
    NB201,
    POOL,
    PROXIES,
    REST,
    SCORES,
    SECOND,
    TRUTH,
    X,
    Y,
    networks,
    small,
)
from tests.small import CELLS, TARGETS, chain, ranker, regressor


def trained(n_rounds: int) -> ConsensusRanker:
    both = networks(TAGATESRanker(max_iter=100), DAGNNRanker(max_iter=100))
    model = small(networks=both, n_rounds=n_rounds, n_unlabeled=400)
    return model.fit(X, Y, X_unlabeled=NB201.dags[POOL])


@pytest.fixture(scope="module")
def fitted() -> ConsensusRanker:
    return trained(n_rounds=1)


# ------------------------------------------------------------- what it learns


def test_few_labels_improve_the_consensus(fitted: ConsensusRanker) -> None:
    consensus = ProxyRanks(PROXIES).fit(NB201.dags[POOL]).transform(REST)[:, -1]
    assert len(X) == 16
    assert fitted.score(REST, TRUTH) > kendall_tau(TRUTH, consensus)
    alone = TAGATESRanker(max_iter=100, random_state=0).fit(X, Y)
    assert fitted.score(REST, TRUTH) > alone.score(REST, TRUTH) + 0.1


def test_few_labels_correct_the_consensus() -> None:
    """The regressor ranks better than what it starts from, over a dozen subsets."""
    pool = NB201.dags[POOL]
    consensus = ProxyRanks(PROXIES).fit(pool).transform(REST)[:, -1]
    tau = []
    for first in range(12):
        rows = NB201.train_indices[3 + 40 * first :: 500]
        model = small(networks=[]).fit(NB201.dags[rows], NB201.target[rows], pool)
        tau.append(model.score(REST, TRUTH))
    assert np.mean(tau) > kendall_tau(TRUTH, consensus)


def test_labels_correct_a_misleading_consensus() -> None:
    pool = NB201.dags[POOL]
    rows = POOL[::4]
    turned = PrecomputedFeatures(pool, -PROXIES.transform(pool))
    network = ranker(max_iter=40, deep_supervision=False)
    model = small(networks=networks(network), n_unlabeled=60).set_params(proxies=turned)
    model.fit(NB201.dags[rows], NB201.target[rows], X_unlabeled=pool)
    assert model.coefficient_ == 0
    assert model.score(pool, NB201.target[POOL]) > 0.6


def test_without_networks() -> None:
    """The regressor alone, from a few dozen labels of real cells."""
    rows = np.setdiff1d(NB201.train_indices, POOL)[::200]
    model = small(networks=[]).fit(NB201.dags[rows], NB201.target[rows], NB201.dags[POOL])
    assert model.networks_ == []
    assert model.predict_members(REST).shape == (len(REST), 1)
    assert model.score(REST, TRUTH) > 0.76
    mean, std = model.predict(REST, return_std=True)
    assert np.isfinite(mean).all()
    assert not std.any()
    again = (
        clone(model)
        .set_params(n_rounds=0)
        .fit(NB201.dags[rows], NB201.target[rows], NB201.dags[POOL])
    )
    assert_array_equal(again.predict(REST), mean)


def test_the_regressor_outgrows_the_consensus() -> None:
    """The more labels, the less of the consensus is its prior mean."""
    order = np.random.RandomState(0).permutation(NB201.train_indices)
    pool = NB201.dags[POOL]
    coefficients = [
        small(networks=[]).fit(NB201.dags[order[:n]], NB201.target[order[:n]], pool).coefficient_
        for n in (10, 100, 300)
    ]
    assert coefficients == sorted(coefficients, reverse=True)
    assert coefficients[2] < 0.1 < coefficients[0]


def test_the_networks_have_seen_the_consensus() -> None:
    fitted = trained(n_rounds=0)
    consensus = fitted.ranks_.transform(REST)[:, -1]
    assert fitted.score(REST, TRUTH) > kendall_tau(TRUTH, consensus)
    assert [type(network) for network in fitted.networks_] == [TAGATESRanker, DAGNNRanker]
    alone = TAGATESRanker(max_iter=100, random_state=0).fit(X, Y)
    for network in fitted.networks_:
        gain = kendall_tau(network.predict(REST), consensus) - kendall_tau(
            alone.predict(REST), consensus
        )
        assert gain > 0.1


class Noting(DAGNNRanker):
    """A network that notes what it is taught, and what by."""

    noted: ClassVar[list[tuple[int, np.ndarray]]] = []
    rates: ClassVar[list[float]] = []

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        self.noted.append((len(X), np.array(y)))
        self.rates.append(self.learning_rate)
        return super().fit(X, y, sample_weight)


def test_what_networks_are_taught_by() -> None:
    pool = NB201.dags[POOL]
    network = Noting(n_layers=1, layer_dim=16, op_dim=8, head=(16,), max_iter=10)
    given = {"networks": networks(network, clone(network)), "n_unlabeled": len(pool)}
    Noting.noted.clear()
    before = small(**given).fit(X, Y, X_unlabeled=pool)
    first = Noting.noted.copy()
    Noting.noted.clear()
    after = small(**given, n_rounds=1).fit(X, Y, X_unlabeled=pool)
    assert [n for n, _ in Noting.noted] == [len(pool), len(X)] * 4
    for (_, expected), (_, found) in zip(first, Noting.noted, strict=False):
        assert_array_equal(found, expected)  # the first stage is the same
    targets = norm.ppf((rankdata(Y) - 0.5) / len(Y))
    for _, found in Noting.noted[1::2]:
        assert_allclose(found, targets, atol=1e-9)
    consensus = np.sort(before.ranks_.transform(pool)[:, -1])
    for _, found in Noting.noted[:3:2]:
        assert_allclose(np.sort(found), consensus, atol=1e-9)  # the pool is shuffled
    said = np.sort(before.predict(pool))
    for _, found in Noting.noted[4::2]:
        assert_allclose(np.sort(found), said, atol=0.02)
        assert kendall_tau(found, Noting.noted[0][1]) < 0.99
    seeds = [{m.random_state for m in model.networks_} for model in (before, after)]
    assert seeds[0].isdisjoint(seeds[1])


@pytest.mark.parametrize(("n", "share"), [(10, 0.05), (100, 0.5), (200, 1.0), (250, 1.0)])
def test_few_labels_are_learned_slowly(n: int, share: float) -> None:
    rows = NB201.train_indices[5::20][:n]
    network = Noting(n_layers=1, layer_dim=16, op_dim=8, head=(16,), max_iter=2)
    model = small(networks=networks(network, clone(network)), n_rounds=1, n_unlabeled=20)
    Noting.rates.clear()
    model.fit(NB201.dags[rows], NB201.target[rows], X_unlabeled=NB201.dags[POOL])
    full = network.learning_rate
    assert Noting.rates == pytest.approx([full, 0.3 * share * full] * 4)
    assert [used.learning_rate for used in model.networks_] == [full, full]


def test_in_a_round_networks_learn_what_all_said() -> None:
    """Who knows two labels only can have it from nowhere else."""
    pool, rows = NB201.dags[POOL], [0, 5]
    steps = {"max_iter": 100, "batch_size": 16, "learning_rate": 0.01}
    both = networks(ranker(**steps), clone(SECOND).set_params(**steps))
    before, after = (
        small(networks=both, n_rounds=k).fit(X[rows], Y[rows], X_unlabeled=pool) for k in (0, 1)
    )
    said = before.predict(pool)
    for taught, (_, network) in zip(after.networks_, both, strict=True):
        alone = clone(network).set_params(random_state=0, operations=NB201.dags.space.operations)
        alone.fit(X[rows], Y[rows])
        gain = kendall_tau(taught.predict(pool), said) - kendall_tau(alone.predict(pool), said)
        assert gain > 0.1


def test_mean_and_coefficient_are_as_documented(fitted: ConsensusRanker) -> None:
    members = fitted.predict_members(REST)
    mean, std = fitted.predict(REST, return_std=True)
    assert members.shape == (len(REST), 3)
    assert_allclose(mean, members.mean(axis=1))
    assert_allclose(std, members.std(axis=1))
    assert_array_equal(fitted.predict(REST), mean)
    # Targets become normal scores: here there are no ties.
    consensus, t = fitted.ranks_.transform(X)[:, -1], norm.ppf((rankdata(Y) - 0.5) / len(Y))
    expected = 30 / (len(X) + 30) * (consensus @ t + 5 * 0.6) / (consensus @ consensus + 5)
    assert fitted.coefficient_ == pytest.approx(expected, abs=0.03)


def test_predictions_are_normal_scores_among_what_fit_knew(fitted: ConsensusRanker) -> None:
    members = fitted.predict_members(NB201.dags[POOL])
    assert_allclose(members.mean(0), 0, atol=0.1)
    assert_allclose(members.std(0), 1, atol=0.1)


# ------------------------------------------------------------- conventions


def test_the_same_seed_gives_the_same_numbers_and_global_ones_stay() -> None:
    before, tensor = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    one, two, other = (small(random_state=s).fit(X, Y).predict(REST[:9]) for s in (0, 0, 1))
    assert_array_equal(one, two)
    assert (one != other).any()
    assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), tensor)


def test_parameters_stay_as_they_were() -> None:
    network = ranker(max_iter=7)
    features, regressor_ = WeisfeilerLehman(1), Ridge()
    given = networks(network)
    model = small(networks=given, features=features, regressor=regressor_).fit(X, Y)
    assert not hasattr(network, "model_")
    assert not hasattr(features, "n_features_out_")
    assert not hasattr(regressor_, "coef_")
    assert not hasattr(SECOND, "model_")
    assert given == [("first", network), ("second", SECOND)]
    for (_, asked), used in zip(given, model.networks_, strict=True):
        wanted, found = asked.get_params(deep=False), used.get_params(deep=False)
        assert {k for k in wanted if found[k] != wanted[k]} <= {"random_state"}
    assert model.networks_[0].n_iter_ == 7 // 5 + 7 // 2
    assert isinstance(model.regressor_, Ridge)
    again = clone(model)
    assert not hasattr(again, "networks_")
    assert again.get_params()["first__max_iter"] == 7
    again.set_params(first__max_iter=9, second=network, half=7.0)
    assert again.networks[0][1].max_iter == 9
    assert again.networks[1][1] is network
    assert again.half == 7
    assert given[0][1].max_iter == 7


def test_pickles_and_grid_search(fitted: ConsensusRanker) -> None:
    again = pickle.loads(pickle.dumps(fitted))
    assert_array_equal(again.predict(REST), fitted.predict(REST))
    grid = {"half": [20.0], "first__T": [1, 2]}
    search = GridSearchCV(small(n_unlabeled=50), grid, cv=2).fit(X, Y, X_unlabeled=NB201.dags[POOL])
    assert set(search.best_params_) == set(grid)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_lists_of_graphs_and_default_scores() -> None:
    model = small(networks=networks(ranker(max_iter=40))).set_params(proxies=None)
    model.fit(CELLS[:20], TARGETS[:20], X_unlabeled=CELLS)
    assert isinstance(model.ranks_.proxies_, ZeroCostProxies)
    assert np.isfinite(model.predict(CELLS)).all()
    assert model.score(CELLS, TARGETS) > 0.3


def test_a_regressor_as_network() -> None:
    model = small(networks=networks(regressor(max_iter=60))).fit(X, Y, X_unlabeled=NB201.dags[POOL])
    assert model.score(REST, TRUTH) > 0.6


def test_operations_that_only_labelled_architectures_have() -> None:
    cells = [chain("a"), chain("b"), chain("a", "b"), chain("rare", "b")]
    scores = PrecomputedFeatures(cells, [[0.0], [1.0], [2.0], [3.0]])
    model = small().set_params(proxies=scores)
    model.fit(cells[1:], [0.0, 1.0, 2.0], X_unlabeled=cells[:3])
    assert np.isfinite(model.predict(cells)).all()


@pytest.mark.parametrize("where", ["labelled", "unlabelled", "both"])
def test_an_input_that_few_architectures_have(where: str) -> None:
    """It is among those that the networks learn first, whatever is drawn."""
    two = chain("a", "b")
    two.add_node("second", input=1)
    two.add_edge("second", 2, op="a")
    cells = [chain(*ops) for ops in product("ab", repeat=3)] + [two]
    scores = PrecomputedFeatures(cells, np.arange(9.0)[:, None])
    labelled = cells if where != "unlabelled" else cells[:8]
    unlabelled = {"labelled": cells[:8], "unlabelled": cells, "both": None}[where]
    for seed in range(3):
        model = small(random_state=seed, n_unlabeled=3, regressor=Ridge())
        model.set_params(proxies=scores, second__max_iter=2)
        model.fit(labelled, np.arange(float(len(labelled))), X_unlabeled=unlabelled)
        assert np.isfinite(model.predict(cells)).all()


def test_one_seed_is_of_all_that_is_drawn() -> None:
    """Also of scores, of features and of the steps of a pipeline."""
    noisy = make_pipeline(SCORES, GaussianNoise())
    forest = make_pipeline(StandardScaler(), RandomForestRegressor(5))
    given = {"proxies": noisy, "features": make_pipeline(SCORES, GaussianNoise())}
    given |= {"n_unlabeled": 20, "second__max_iter": 2}
    first, same, other = (
        small(regressor=forest, random_state=seed).set_params(**given).fit(X, Y)
        for seed in (0, 0, 1)
    )
    assert_array_equal(first.predict_members(X), same.predict_members(X))
    assert_array_equal(first.ranks_.transform(X), same.ranks_.transform(X))
    assert (first.ranks_.transform(X) != other.ranks_.transform(X)).any()
    noisy.set_params(gaussiannoise__random_state=7)
    kept = small(regressor=Ridge(), random_state=1).set_params(**given).fit(X, Y)
    fixed = ProxyRanks(noisy).fit(X).transform(X)
    assert_array_equal(kept.ranks_.transform(X), fixed)


def test_without_unlabeled_architectures_the_labelled_ones_are_ranked() -> None:
    model = small().fit(X, Y)
    assert_array_equal(model.ranks_.transform(X), ProxyRanks(PROXIES).fit(X).transform(X))


def test_what_was_learned_without_labels_is_kept(tmp_path: Path) -> None:
    pool = NB201.dags[POOL]
    plain = [
        small(n_rounds=1).fit(X[:k], Y[:k], X_unlabeled=pool).predict(REST[:50]) for k in (8, 16)
    ]
    model = small(n_rounds=1, memory=tmp_path)
    for k, expected in zip((8, 16), plain, strict=True):
        assert_array_equal(model.fit(X[:k], Y[:k], X_unlabeled=pool).predict(REST[:50]), expected)
    kept = sorted(tmp_path.rglob("output.pkl"))
    assert len(kept) == 2, "one of each network"
    times = [path.stat().st_mtime_ns for path in kept]
    clone(model).set_params(memory=str(tmp_path)).fit(X, Y, X_unlabeled=pool)
    assert [path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("output.pkl"))] == times


class GaussianNoise(BaseEstimator):
    """Adds noise to a matrix, the same at every call."""

    def __init__(self, random_state: Any = None) -> None:
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> GaussianNoise:
        self.seed_ = check_random_state(self.random_state).randint(1000)
        return self

    def transform(self, X: Any) -> np.ndarray:
        return X + np.random.RandomState(self.seed_).normal(scale=X.std(0), size=X.shape)


class Counting(BaseEstimator):
    """Scores that count for how many architectures they were asked."""

    asked: ClassVar[list[int]] = []

    def fit(self, X: Any, y: Any = None) -> Counting:
        return self

    def transform(self, X: Any) -> np.ndarray:
        self.asked.append(len(X))
        return SCORES.transform(X)


def test_scores_are_computed_once() -> None:
    """They may be costly: a network is built for each architecture."""
    Counting.asked.clear()
    model = small().set_params(proxies=Counting()).fit(X, Y, X_unlabeled=NB201.dags[POOL])
    assert Counting.asked == [len(POOL), len(X)]
    model.predict(REST[:7])
    assert Counting.asked == [len(POOL), len(X), 7]
    small().set_params(proxies=Counting()).fit(X, Y)
    assert Counting.asked[3:] == [len(X)]
