"""Encoders, another kind of network and statistics as one predictor."""

from __future__ import annotations

import pickle
import time
import warnings
from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import KFold, cross_val_score

from tagates_sk import TAGATESRanker, TAGATESRegressor, UnknownOperationWarning
from tagates_sk.datasets import load_nasbench201
from tagates_sk.features import OperationStatistics
from tagates_sk.graphs import InvalidArchitectureError, UnknownOperationError
from tagates_sk.inspection import operation_importance
from tagates_sk.metrics import kendall_tau
from tests.small import BOTH, CELLS, TARGETS, chain, node_chain, quality, ranker, regressor, sample

OTHERS = sample(30, seed=1)
COMPOSED: dict[str, Any] = {"members": "all", "n_members": 2}
STATISTICS: dict[str, Any] = {"members": "statistics"}
both = pytest.mark.parametrize("make", BOTH)
either = pytest.mark.parametrize("parts", [COMPOSED, STATISTICS], ids=["all", "statistics"])


def relabelled(cell: nx.DiGraph, rng: np.random.RandomState) -> nx.DiGraph:
    """The same cell with other names of nodes, nodes and edges in another order."""
    names = {node: f"node {k}" for node, k in zip(cell, rng.permutation(len(cell)), strict=True)}
    edges = [(names[u], names[v], data) for u, v, data in cell.edges(data=True)]
    out = nx.DiGraph()
    out.add_nodes_from(rng.permutation(sorted(names.values())).tolist())
    out.add_edges_from([edges[k] for k in rng.permutation(len(edges))])
    return out


@pytest.fixture(scope="module", params=BOTH, ids=["ranker", "regressor"])
def composed(request: pytest.FixtureRequest) -> Any:
    """A small composed predictor."""
    return request.param(**COMPOSED).fit(CELLS, TARGETS)


class TestPredictions:
    def test_default(self) -> None:
        assert TAGATESRanker().members == TAGATESRegressor().members == "all"

    @both
    @either
    def test_determinism_and_clones(self, make: Any, parts: Any) -> None:
        first = make(**parts).fit(CELLS, TARGETS)
        again = clone(first).fit(CELLS, TARGETS)
        other = make(**parts, random_state=1).fit(CELLS, TARGETS)
        assert_array_equal(first.predict(OTHERS), again.predict(OTHERS))
        assert not np.array_equal(first.predict(OTHERS), other.predict(OTHERS))

    def test_pickle(self, composed: Any) -> None:
        loaded = pickle.loads(pickle.dumps(composed))
        for found, expected in zip(
            loaded.predict(OTHERS, return_std=True),
            composed.predict(OTHERS, return_std=True),
            strict=True,
        ):
            assert_array_equal(found, expected)

    def test_names_of_nodes_do_not_matter(self, composed: Any) -> None:
        rng = np.random.RandomState(0)
        renamed = [relabelled(cell, rng) for cell in OTHERS]
        assert_allclose(composed.predict(renamed), composed.predict(OTHERS), atol=1e-6, rtol=1e-6)

    def test_a_prediction_depends_on_its_architecture_alone(self, composed: Any) -> None:
        together = composed.predict(OTHERS)
        alone = np.concatenate([composed.predict([cell]) for cell in OTHERS[:5]])
        assert_allclose(alone, together[:5], atol=1e-6, rtol=1e-6)
        assert_allclose(composed.predict(OTHERS[::-1])[::-1], together, atol=1e-6, rtol=1e-6)

    def test_members(self, composed: Any) -> None:
        """Two kinds of networks, two processes, trees; the blend is theirs."""
        members = composed.predict_members(OTHERS)
        assert members.shape == (len(OTHERS), 5)
        blended = composed.composition_.blend.predict(members)
        order = composed.predict(OTHERS)
        assert kendall_tau(blended, order) == 1.0

    def test_standard_deviations(self, composed: Any) -> None:
        mean, std = composed.predict(OTHERS, return_std=True)
        assert_array_equal(mean, composed.predict(OTHERS))
        assert (std > 0).all()

    def test_encodings_are_those_of_the_encoders(self, composed: Any) -> None:
        assert composed.transform(OTHERS).shape == (len(OTHERS), 2 * composed.layer_dim)
        assert composed.encoders_ is composed.composition_.encoders
        assert len(composed.get_feature_names_out()) == 2 * composed.layer_dim

    def test_no_architectures_is_an_error_as_everywhere(self, composed: Any) -> None:
        with pytest.raises(InvalidArchitectureError):
            composed.predict([])

    def test_another_number_of_cells(self, composed: Any) -> None:
        with pytest.raises(InvalidArchitectureError, match="have 2 cells"):
            composed.predict([(CELLS[0], CELLS[1])])


class TestLabels:
    @both
    @pytest.mark.parametrize("n", [2, 3, 6, 25])
    def test_few(self, make: Any, n: int) -> None:
        y = np.arange(float(n))
        fitted = make(**COMPOSED).fit(CELLS[:n], y)
        mean, std = fitted.predict(OTHERS, return_std=True)
        assert np.isfinite(mean).all()
        assert np.isfinite(std).all()
        assert fitted.predict_members(OTHERS).shape == (len(OTHERS), 5)

    @either
    def test_duplicates(self, parts: Any) -> None:
        fitted = ranker(**parts).fit(CELLS[:10] * 3, np.tile(TARGETS[:10], 3))
        assert np.isfinite(fitted.predict(OTHERS)).all()
        assert kendall_tau(TARGETS[:10], fitted.predict(CELLS[:10])) > 0.5

    @either
    def test_a_constant_target_says_nothing(self, parts: Any) -> None:
        with pytest.warns(UserWarning, match="y is 3 for all 40 architectures: there is nothing"):
            fitted = ranker(**parts).fit(CELLS, np.full(len(CELLS), 3.0))
        assert np.isfinite(fitted.predict(OTHERS)).all()

    @both
    @either
    def test_architectures_without_weight_say_nothing(self, make: Any, parts: Any) -> None:
        wrong = np.where(np.arange(40) < 20, TARGETS, TARGETS.max() - TARGETS)
        weight = np.where(np.arange(40) < 20, 1.0, 0.0)
        fitted = make(**parts).fit(CELLS, wrong, sample_weight=weight)
        reversed_ = make(**parts).fit(CELLS, wrong, sample_weight=1.0 - weight)
        assert kendall_tau(quality(OTHERS), fitted.predict(OTHERS)) > 0.4
        assert kendall_tau(quality(OTHERS), reversed_.predict(OTHERS)) < 0.0

    @both
    def test_units(self, make: Any) -> None:
        """Ranks do not depend on the unit; a regressor's values follow it."""
        fitted = make(**STATISTICS).fit(CELLS, TARGETS)
        scaled = make(**STATISTICS).fit(CELLS, 5.0 * TARGETS - 100.0)
        expected = fitted.predict(OTHERS)
        if make is regressor:
            expected = 5.0 * expected - 100.0
        assert_allclose(scaled.predict(OTHERS), expected, rtol=1e-6, atol=1e-6)

    def test_several_targets_are_for_encoders(self) -> None:
        two = np.column_stack([TARGETS[::-1], TARGETS])
        fitted = ranker(**COMPOSED).fit(CELLS, two)
        assert fitted.composition_ is None
        assert fitted.predict_anytime(OTHERS).shape == (len(OTHERS), 2)
        with pytest.raises(ValueError, match="members='statistics' knows one target"):
            ranker(**STATISTICS).fit(CELLS, two)


class TestGraphs:
    @either
    def test_several_cells(self, parts: Any) -> None:
        X = [(a, b) for a, b in zip(CELLS[:20], CELLS[20:], strict=True)]
        y = TARGETS[:20] + TARGETS[20:]
        fitted = ranker(**parts).fit(X, y)
        assert np.isfinite(fitted.predict(list(zip(OTHERS[:9], OTHERS[9:18], strict=True)))).all()

    @either
    @pytest.mark.parametrize("form", [chain, node_chain])
    def test_larger_cells_and_unknown_operations(
        self, parts: Any, form: Callable[..., nx.DiGraph]
    ) -> None:
        rng = np.random.RandomState(0)
        X = [form(*rng.choice(["conv3x3", "pool", "skip_connect"], 3)) for _ in range(12)]
        fitted = ranker(**parts, handle_unknown="ignore").fit(X, rng.randn(12))
        larger = [form(*["conv3x3"] * 9), form("other", "pool"), form("pool")]
        scores, std = fitted.predict(larger, return_std=True)
        assert np.isfinite(scores).all()
        assert np.isfinite(std).all()

    @either
    def test_unknown_operations(self, parts: Any) -> None:
        fitted = ranker(**parts).fit(CELLS, TARGETS)
        unknown = [CELLS[0], chain("another", "nor_conv_3x3")]
        message = r"X\[1\].*'another'"
        with pytest.warns(UnknownOperationWarning, match=message) as caught:
            warned = fitted.predict(unknown)
        assert len(caught) == 1
        assert np.isfinite(warned).all()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            ignored = fitted.set_params(handle_unknown="ignore").predict(unknown)
        assert_array_equal(warned, ignored)
        with pytest.raises(UnknownOperationError, match=message):
            fitted.set_params(handle_unknown="error").predict(unknown)

    def test_a_rare_operation_in_a_fold(self) -> None:
        X = [*CELLS[:11], chain("rare", "nor_conv_3x3")]
        with pytest.warns(UnknownOperationWarning, match="'rare'"):
            scores = cross_val_score(
                ranker(**STATISTICS), X, [*TARGETS[:11], 5.0], cv=KFold(3), error_score="raise"
            )
        assert np.isfinite(scores).all()


class TestTraining:
    def test_partial_fit(self, composed: Any) -> None:
        """It trains the encoders on; the blend stays."""
        fitted = pickle.loads(pickle.dumps(composed))
        epochs = fitted.n_iter_
        fitted.partial_fit(CELLS, TARGETS)
        assert fitted.n_iter_ == epochs + 1
        assert fitted.predict_members(OTHERS).shape == (len(OTHERS), 5)
        changed = fitted.predict_members(OTHERS) != composed.predict_members(OTHERS)
        assert changed[:, 0].all()
        assert not changed[:, 1:].any()

    @both
    def test_warm_start(self, make: Any) -> None:
        fitted = make(**COMPOSED, warm_start=True).fit(CELLS, TARGETS)
        fitted.fit(CELLS, TARGETS)
        assert fitted.n_iter_ == 2 * fitted.max_iter
        assert np.isfinite(fitted.predict(OTHERS)).all()

    def test_early_stopping(self) -> None:
        options = {"early_stopping": True, "n_iter_no_change": 1, "validation_fraction": 0.3}
        fitted = ranker(**COMPOSED, **options, max_iter=8).fit(CELLS, TARGETS)
        assert len(fitted.history_["validation_score"]) == fitted.n_iter_ <= 8

    def test_pretrained(self) -> None:
        source = ranker(**COMPOSED).pretrain(OTHERS, max_iter=1)
        fitted = ranker(**COMPOSED, pretrained=source, pretrained_learning_rate=0.0)
        fitted.fit(CELLS, TARGETS)
        assert fitted.composition_ is not None
        assert np.isfinite(fitted.predict(OTHERS)).all()

    def test_features(self) -> None:
        fitted = ranker(**COMPOSED, features=OperationStatistics()).fit(CELLS, TARGETS)
        assert fitted.head_features_ is not None
        assert kendall_tau(quality(OTHERS), fitted.predict(OTHERS)) > 0.4

    @both
    def test_refits_leave_nothing_behind(self, make: Any) -> None:
        fitted = make(**COMPOSED).fit(CELLS, TARGETS).set_params(**STATISTICS)
        fitted.fit(CELLS, TARGETS)
        assert not hasattr(fitted, "encoders_")
        fitted.set_params(members="encoder", warm_start=True).fit(CELLS, TARGETS)
        assert fitted.composition_ is None
        alone = make(members="encoder", n_members=2).fit(CELLS, TARGETS)
        assert_array_equal(fitted.predict(OTHERS), alone.predict(OTHERS))

    @both
    def test_encoders_of_a_blend_are_no_start_for_encoders_alone(self, make: Any) -> None:
        fitted = make(**COMPOSED, warm_start=True).fit(CELLS, TARGETS)
        fitted.set_params(members="encoder").fit(CELLS, TARGETS)
        alone = make(members="encoder", n_members=2).fit(CELLS, TARGETS)
        assert_array_equal(fitted.predict(OTHERS), alone.predict(OTHERS))


DEEP = [chain(*(["conv3x3", "pool", "relu"][i % 3] for i in range(n))) for n in range(17, 25)]
"""More than 16 operations on a path."""


class TestDeepArchitectures:
    @pytest.mark.parametrize(
        ("options", "first", "n_kinds"),
        [
            ({}, "asynchronous", 1),
            ({"propagation": "asynchronous", "n_layers": 2}, "asynchronous", 1),
            ({"propagation": "synchronous", "n_layers": 2}, "synchronous", 2),
            ({"n_layers": 2}, "synchronous", 2),
        ],
    )
    def test_two_kinds_of_networks_unless_the_first_is_asynchronous(
        self, options: Any, first: str, n_kinds: int
    ) -> None:
        fitted = ranker(members="all", **options).fit(DEEP, np.arange(8.0))
        networks = fitted.composition_.networks
        kinds = [network.model.encoder.config.propagation for network in networks]
        assert kinds == [first, "asynchronous"][:n_kinds]

    @pytest.mark.parametrize(
        ("options", "n_iter"), [({}, 5), ({"max_iter": 7}, 7), ({"n_layers": 2}, 6)]
    )
    def test_epochs_are_bounded(
        self, options: Any, n_iter: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in (("WORK", 100), ("EPOCHS_OF_FEW", 6), ("FEWEST_EPOCHS", 3)):
            monkeypatch.setattr(f"tagates_sk.estimators.networks.{name}", value)
        monkeypatch.setattr("tagates_sk.estimators.networks.FEWEST_OF_DEEP", 5)
        fitted = ranker(members="all", **{"max_iter": "auto", **options}).fit(DEEP, np.arange(8.0))
        assert fitted.n_iter_ == n_iter


class TestStatisticsAlone:
    @pytest.mark.slow
    def test_is_fitted_in_moments(self) -> None:
        nb201 = load_nasbench201()
        started = time.process_time()
        TAGATESRanker(members="statistics", random_state=0).fit(nb201.dags[:78], nb201.target[:78])
        assert time.process_time() - started < 3.0

    def test_partial_fit_needs_encoders(self) -> None:
        fitted = ranker(**STATISTICS)
        with pytest.raises(ValueError, match="partial_fit need encoders"):
            fitted.partial_fit(CELLS, TARGETS)


@either
def test_operation_importance(parts: dict[str, Any]) -> None:
    model = ranker(**parts).fit(CELLS, TARGETS)
    rows = operation_importance(model, CELLS[:2])
    assert {row["replaced_by"] for row in rows} <= {"none", *model.operations_}
