"""What costs no label: zero-cost scores and unlabelled architectures in the composed predictor."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import norm, rankdata
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import GridSearchCV
from sklearn.utils import check_random_state

from tagates_sk import TAGATESRanker
from tagates_sk.cli.__main__ import main
from tagates_sk.datasets import load_nasbench201, load_zero_cost_proxies
from tagates_sk.estimators import ProxyRanks
from tagates_sk.estimators.encoder import Encoders
from tagates_sk.features import FeatureTable, PrecomputedFeatures
from tagates_sk.graphs import InvalidArchitectureError
from tagates_sk.metrics import kendall_tau
from tagates_sk.model_files import ModelFileError, save_model
from tagates_sk.search import PredictorSearch
from tests.small import CELLS, TARGETS, chain, ranker, regressor, small

NB201 = load_nasbench201()
PROXIES = load_zero_cost_proxies("nasbench201")
POOL = NB201.dags[NB201.train_indices[::10]]
MEASURED = NB201.train_indices[3::500]
X, Y = NB201.dags[MEASURED], NB201.target[MEASURED]
REST = NB201.dags[NB201.train_indices[5::10]]
TRUTH = NB201.target[NB201.train_indices[5::10]]


def statistics(**changes: Any) -> TAGATESRanker:
    """Fitted in a moment."""
    return ranker(**{"proxies": PROXIES, "members": "statistics", **changes})


def composed(**changes: Any) -> TAGATESRanker:
    """With small networks."""
    return ranker(**{"proxies": PROXIES, "members": "all", **changes})


def consensus(cells: Any) -> np.ndarray:
    return ProxyRanks(PROXIES).fit(POOL).transform(cells)[:, -1]


# ------------------------------------------------------------- what it learns


def test_few_labels_correct_the_consensus() -> None:
    """On average over subsets of 39; and the two rank better than labels alone."""
    tau, alone = [], []
    for first in range(3):
        rows = NB201.train_indices[3 + 50 * first :: 200]
        labelled = NB201.dags[rows], NB201.target[rows]
        tau.append(statistics().fit(*labelled, X_unlabeled=POOL).score(REST, TRUTH))
        alone.append(statistics(proxies=None).fit(*labelled).score(REST, TRUTH))
    assert np.mean(tau) > kendall_tau(TRUTH, consensus(REST)) + 0.01
    assert np.mean(tau) > np.mean(alone) + 0.02


def test_labels_correct_a_misleading_consensus() -> None:
    """Scores turned upside down cost little where labels say so."""
    rows = NB201.train_indices[::80]
    scores = PROXIES.fit().transform(POOL)
    turned = PrecomputedFeatures(FeatureTable(POOL, -scores))
    labelled = NB201.dags[rows], NB201.target[rows]
    model = statistics(proxies=turned).fit(*labelled, X_unlabeled=POOL)
    assert model.composition_.members["boosting"].coefficient_ == 0
    assert model.score(POOL, NB201.target[NB201.train_indices[::10]]) > 0.6


def test_trees_outgrow_the_consensus() -> None:
    """The more labels, the less of the consensus is what they start from."""
    order = np.random.RandomState(0).permutation(NB201.train_indices)
    found = []
    for n in (10, 100, 300):
        model = statistics().fit(NB201.dags[order[:n]], NB201.target[order[:n]], X_unlabeled=POOL)
        found.append(model.composition_.members["boosting"].coefficient_)
    assert found == sorted(found, reverse=True)
    assert found[2] < 0.1 < found[0]


@pytest.mark.slow
def test_networks_help() -> None:
    given = {"max_iter": 60, "layer_dim": 32, "n_members": 2}
    one = composed(**given).fit(X, Y, X_unlabeled=POOL)
    alone = composed(proxies=None, **given).fit(X, Y)
    assert one.score(REST, TRUTH) > max(alone.score(REST, TRUTH), 0.7)


# ----------------------------------------------------------- pseudo-labels


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What each training of networks is given."""
    noted: list[dict[str, Any]] = []
    original = Encoders.train

    def train(self: Any, data: Any, task: Any, parameters: Any, *args: Any, **options: Any) -> Any:
        noted.append({"network": self, "y": data.y[:, 0], "T": parameters["T"], **options})
        return original(self, data, task, parameters, *args, **options)

    monkeypatch.setattr(Encoders, "train", train)
    return noted


@pytest.mark.parametrize("n", [16, 26])
def test_what_networks_learn_from(trained: list[dict[str, Any]], n: int) -> None:
    pool = POOL[:100]
    rows = NB201.train_indices[5::100][:n]
    labels = NB201.target[rows]
    model = composed(max_iter=20, T=3)
    model.fit(NB201.dags[rows], labels, X_unlabeled=pool)
    assert [len(one["y"]) for one in trained] == [100, n] * 4
    assert [one["T"] for one in trained] == [3, 3, 2, 2] * 2, "both kinds, twice"
    assert [one["max_iter"] for one in trained] == [4, 10] * 2 + [2, 10] * 2
    for one in trained[1::2]:
        assert_array_equal(one["y"], labels)
        assert one["learning_rate"] == pytest.approx(0.3 * n / 200 * model.learning_rate)
    expected = np.sort(ProxyRanks(PROXIES).fit_transform(pool)[:, -1])
    for one in trained[:4:2]:
        assert_allclose(np.sort(one["y"]), expected)  # the pool is shuffled
    for one in trained[4::2]:
        expected = norm.ppf((rankdata(one["y"]) - 0.5) / 100)
        assert_allclose(one["y"], expected, atol=0.5)  # normal scores; cells may be the same
        assert abs(one["y"].mean()) < 0.1
    assert all(one["draws"] is None for one in trained[1::2]), "none leaves a label out"
    assert (model.composition_.blend.weights_[:2] > 0.05).all()
    assert model.composition_.networks == [trained[4]["network"], trained[6]["network"]]


def test_networks_take_the_place_of_others_on_their_scale() -> None:
    model = composed(max_iter=10).fit(X, Y, X_unlabeled=POOL[:200])
    members = model.predict_members(POOL[:200])
    assert np.abs(members[:, :2].mean(0)).max() < 1.5
    assert members[:, :2].std(0) == pytest.approx(1.0, abs=0.7)


def test_unlabelled_architectures_alone_tell_what_there_is(trained: list[dict[str, Any]]) -> None:
    """No network learns from them, but all members know their operations."""
    labelled = [chain("a", "b"), chain("b"), chain("a"), chain("b", "a")]
    model = composed(proxies=None, handle_unknown="error").fit(
        labelled, [1.0, 2.0, 3.0, 4.0], X_unlabeled=[chain("c", "a"), chain("c")]
    )
    assert len(trained) == 2
    assert model.composition_.statistics.operations_ == ["a", "b", "c"]


@pytest.mark.parametrize("where", ["labelled", "unlabelled", "both"])
def test_inputs_that_few_architectures_have(where: str) -> None:
    cells = [chain("a", *("b" * k)) for k in range(12)]
    for cell in cells[-1:]:
        cell.add_node("in", input=1)
        cell.add_edge("in", 1, op="a")
    scores = PrecomputedFeatures(FeatureTable(cells, np.arange(12.0)[:, None]))
    labelled = cells[:8] if where == "unlabelled" else cells[4:]
    pool = cells[:8] if where == "labelled" else cells
    model = composed(proxies=scores).fit(labelled, np.arange(8.0), X_unlabeled=pool)
    assert np.isfinite(model.predict(cells)).all()


# -------------------------------------------------- memory, seeds, what is asked


def test_what_was_learned_without_labels_is_kept(tmp_path: Path) -> None:
    pool, given = POOL[:60], {"max_iter": 5}
    plain = [
        composed(**given).fit(X[:k], Y[:k], X_unlabeled=pool).predict(REST[:50]) for k in (8, 16)
    ]
    model = composed(**given, memory=tmp_path)
    for k, expected in zip((8, 16), plain, strict=True):
        assert_array_equal(model.fit(X[:k], Y[:k], X_unlabeled=pool).predict(REST[:50]), expected)
    kept = sorted(tmp_path.rglob("output.pkl"))
    assert len(kept) == 2, "one of each kind of network"
    times = [path.stat().st_mtime_ns for path in kept]
    clone(model).set_params(memory=str(tmp_path), verbose=1).fit(X, Y, X_unlabeled=pool)
    assert [path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("output.pkl"))] == times


class Noisy(BaseEstimator):
    """Scores with noise; counts for how many architectures it was asked."""

    asked: ClassVar[list[int]] = []

    def __init__(self, random_state: Any = None) -> None:
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Noisy:
        self.seed_ = check_random_state(self.random_state).randint(1000)
        return self

    def transform(self, X: Any) -> np.ndarray:
        self.asked.append(len(X))
        return PROXIES.fit().transform(X) + np.random.RandomState(self.seed_).normal(size=4)


def test_scores_are_computed_once_and_seeded() -> None:
    """They may be costly: a network is built for each architecture."""
    Noisy.asked.clear()
    first, same, other = (
        statistics(proxies=Noisy(), random_state=seed).fit(X, Y, X_unlabeled=POOL[:50])
        for seed in (0, 0, 1)
    )
    assert Noisy.asked == [50, 16] * 3
    seeds = [model.composition_.ranks.proxies_.seed_ for model in (first, same, other)]
    assert seeds[0] == seeds[1] != seeds[2]
    first.predict(REST[:7])
    assert Noisy.asked[-1] == 7
    statistics(proxies=Noisy()).fit(X, Y)
    assert Noisy.asked[-1] == 16


def test_default_proxies() -> None:
    model = statistics(proxies="auto").fit(X[:6], Y[:6])
    names = list(model.composition_.ranks.get_feature_names_out())
    assert names == [f"rank_{p}" for p in ("flops", "naswot", "expressivity", "progressivity")] + [
        "consensus"
    ]


# ----------------------------------------------------------------- company


def test_values_and_their_uncertainty() -> None:
    model = regressor(proxies=PROXIES, members="statistics").fit(X, Y, X_unlabeled=POOL)
    mean, std = model.predict(REST, return_std=True)
    assert np.abs(TRUTH - mean).mean() < np.abs(TRUTH - Y.mean()).mean()
    assert (std > 0).all()
    assert kendall_tau(TRUTH, mean) > 0.7


def test_at_home_in_scikit_learn() -> None:
    model = statistics().fit(X, Y, X_unlabeled=POOL)
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict(REST[:20]), model.predict(REST[:20]))
    assert clone(model).proxies.table is PROXIES.table
    grid = GridSearchCV(statistics(), {"proxies": [None, PROXIES]}, cv=2, error_score="raise")
    tau = grid.fit(X, Y, X_unlabeled=POOL).cv_results_["mean_test_score"]
    assert np.isfinite(tau).all()
    assert tau[0] != tau[1]
    assert kendall_tau(TRUTH, grid.predict(REST)) > 0.5
    assert len(repr(model)) < 400


def test_searches_hand_their_candidates_on() -> None:
    search = PredictorSearch(POOL, statistics(), n_initial=10, random_state=0)
    for _ in range(2):
        cells = search.ask(10)
        search.tell(cells, NB201.target[cells.rows])
    ranks = search.predictor_.composition_.ranks
    assert_array_equal(ranks.transform(POOL), ProxyRanks(PROXIES).fit_transform(POOL))


def test_saved_by_joblib_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = statistics().fit(X, Y)
    with pytest.raises(ModelFileError, match=r"^proxies=PrecomputedFeatures.* no form for that"):
        save_model(model, tmp_path / "model.safetensors")
    measured = tmp_path / "measured.jsonl"
    measured.write_text("{}\n")
    options = ["--out", str(tmp_path / "model.safetensors"), "--set", "proxies=auto"]
    assert main(["fit", str(measured), *options]) != 0
    assert "a TAGATESRanker with proxies can only be saved as a pickle" in capsys.readouterr().err


def test_one_bar_says_what_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    composed(verbose=1).fit(X, Y, X_unlabeled=POOL[:50])
    shown = capsys.readouterr().err
    for name in ("proxies", "encoders, pseudo-labels", "encoders, labels", "statistics"):
        assert f"{name}: " in shown
    assert "100%" in shown
    assert shown.count("\n") <= 1, "one bar"


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"proxies": "flops"}, "The 'proxies' parameter of TAGATESRanker must be"),
        ({"memory": 3}, "The 'memory' parameter of TAGATESRanker must be"),
        ({"members": "encoder"}, "proxies are read by statistical members, which know one target"),
    ],
)
def test_parameters_out_of_range(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        statistics(**changes).fit(X, Y)


def test_several_targets() -> None:
    with pytest.raises(ValueError, match="give one column of y and no conditions, or leave proxie"):
        small(TAGATESRanker, proxies=PROXIES).fit(X, np.column_stack([Y, Y]))


def test_a_single_unlabelled_architecture() -> None:
    with pytest.raises(ValueError, match="X_unlabeled has one architecture; at least two"):
        statistics().fit(X, Y, X_unlabeled=REST[:1])


def test_unlabelled_architectures_of_another_kind() -> None:
    with pytest.raises(InvalidArchitectureError, match="cells"):
        statistics(proxies=None).fit(CELLS[:8], TARGETS[:8], X_unlabeled=[(CELLS[0], CELLS[1])] * 2)


def test_architectures_without_scores() -> None:
    with pytest.raises(InvalidArchitectureError, match=r"Nothing is known of X\[0\]"):
        statistics(handle_unknown="ignore").fit(X, Y).predict([chain("unheard of")])
