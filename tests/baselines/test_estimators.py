"""The baselines on graphs: conventions, learning, invariance, meta-estimators."""

from __future__ import annotations

import pickle
from typing import Any

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline

from tagates_sk.baselines import SemiNASRanker, WLKernelGP
from tagates_sk.datasets import load_nasbench201
from tagates_sk.graphs.architectures import join
from tagates_sk.metrics import kendall_tau
from tests.small import CELLS, TARGETS, as_array, chain, node_chain
from tests.spaces.helpers import scrambled
from tests.strategies import OPERATIONS, architecture_lists

from .estimators import ALL, NEURAL, small

every = pytest.mark.parametrize("cls", ALL)
neural = pytest.mark.parametrize("cls", NEURAL)
NB201 = load_nasbench201()
CLOSE = {"rtol": 1e-3, "atol": 1e-4}


class TestConventions:
    @every
    def test_parameters_are_stored_untouched(self, cls: Any) -> None:
        estimator = small(cls)
        before = estimator.get_params()
        assert set(before) == set(cls._parameter_constraints)
        assert estimator.fit(CELLS, TARGETS) is estimator
        for name, value in before.items():
            assert getattr(estimator, name) is value
        assert clone(estimator).get_params() == before

    @every
    def test_pickle(self, cls: Any) -> None:
        estimator = small(cls).fit(CELLS, TARGETS)
        again = pickle.loads(pickle.dumps(estimator))
        assert_array_equal(again.predict(CELLS), estimator.predict(CELLS))

    @every
    def test_the_seed_decides_and_global_ones_stay(self, cls: Any) -> None:
        before = torch.get_rng_state().tolist(), np.random.get_state()[1].tolist()  # noqa: NPY002
        first, again, other = (
            small(cls, random_state=seed).fit(CELLS, TARGETS).predict(CELLS) for seed in (1, 1, 2)
        )
        assert_array_equal(first, again)
        assert cls is WLKernelGP or not np.allclose(first, other)
        after = torch.get_rng_state().tolist(), np.random.get_state()[1].tolist()  # noqa: NPY002
        assert before == after

    @neural
    def test_the_default_dtype_changes_nothing(self, cls: Any) -> None:
        expected = small(cls).fit(CELLS, TARGETS).predict(CELLS)
        torch.set_default_dtype(torch.float64)
        try:
            assert_array_equal(small(cls).fit(CELLS, TARGETS).predict(CELLS), expected)
        finally:
            torch.set_default_dtype(torch.float32)

    @neural
    def test_encodings(self, cls: Any) -> None:
        estimator = small(cls).fit(CELLS, TARGETS)
        states = 8 if "DAGNN" in cls.__name__ else 1
        assert estimator.transform(CELLS).shape == (40, 16 * states)
        assert len(estimator.get_feature_names_out()) == 16 * states
        if "n_members" in estimator.get_params():
            several = small(cls, n_members=2).set_output(transform="pandas").fit(CELLS, TARGETS)
            assert several.transform(CELLS).shape == (40, 2 * 16 * states)
        two = [(a, b) for a, b in zip(CELLS[::2], CELLS[1::2], strict=True)]
        cells = 1 if "LSTM" in cls.__name__ or cls is SemiNASRanker else 2
        assert small(cls).fit(two, TARGETS[::2]).transform(two).shape == (20, 16 * states * cells)

    @neural
    def test_training_is_that_of_tagates(self, cls: Any) -> None:
        """Sample weights, early stopping, warm start and single epochs."""
        estimator = small(cls, early_stopping=True, warm_start=True, n_iter_no_change=2)
        plain = small(cls).fit(CELLS, TARGETS).predict(CELLS)
        weighted = small(cls).fit(CELLS, TARGETS, sample_weight=1.0 + np.arange(40))
        assert not np.allclose(weighted.predict(CELLS), plain)
        estimator.fit(CELLS, TARGETS).fit(CELLS, TARGETS).partial_fit(CELLS, TARGETS)
        assert estimator.n_iter_ == len(estimator.history_["loss"]) <= 5
        assert len(estimator.history_["validation_score"]) >= 2

    @neural
    @pytest.mark.usefixtures("small_chunks")
    def test_chunks(self, cls: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        estimator = small(cls).fit(CELLS, TARGETS)
        parts = estimator.predict(CELLS)
        monkeypatch.setattr("tagates_sk.training.network.BATCH", 2048)
        monkeypatch.setattr("tagates_sk.nn.padded.PAIRS", 1)
        assert_allclose(parts, estimator.predict(CELLS), **CLOSE)


# Tau on 200 cells after training on 78: at least so much, in few epochs.
LEARNT = {"n_layers": "auto", "layer_dim": 32, "max_iter": 30, "learning_rate": 5e-3}


@every
def test_learns(cls: Any) -> None:
    rows = np.random.RandomState(0).permutation(15625)
    train, test = rows[:78], rows[78:278]
    ranks = np.argsort(np.argsort(NB201.target[train])).astype(float)
    estimator = small(cls, **(LEARNT if cls in NEURAL else {})).fit(NB201.dags[train], ranks)
    assert kendall_tau(NB201.target[test], estimator.predict(NB201.dags[test])) > 0.55


VOCABULARY = sorted(OPERATIONS)
MIXED = [
    chain(*OPERATIONS), chain("conv_3x3"), node_chain("conv_1x1", "conv_3x3"),
    node_chain("avg_pool_3x3"),
]  # fmt: skip
MIXED[0].nodes[0]["input"] = 1


def _train(n_cells: int) -> Any:
    cells = MIXED if n_cells == 1 else [(cell,) * n_cells for cell in MIXED]
    return join([cells[:2], cells[2:]])  # both kinds, which no list may have


FITTED: dict[Any, Any] = {}


def fitted(cls: Any, n_cells: int) -> Any:
    if (cls, n_cells) not in FITTED:
        options = {"operations": VOCABULARY, "random_state": 0}
        estimator = small(cls, **options)
        FITTED[cls, n_cells] = estimator.fit(_train(n_cells), [1.0, 3.0, 2.0, 0.0])
    return FITTED[cls, n_cells]


def n_cells_of(architectures: list[Any]) -> int:
    return len(architectures[0]) if isinstance(architectures[0], tuple) else 1


# One of each encoder: rankers and regressors share it.
encoders = pytest.mark.parametrize("cls", [cls for cls in ALL if "Regressor" not in cls.__name__])


@encoders
@settings(max_examples=12)
@given(architectures=architecture_lists(max_nodes=7, max_cells=2), seed=st.integers(0, 2**31))
def test_names_order_and_company_change_nothing(
    cls: Any, architectures: list[Any], seed: int
) -> None:
    estimator = fitted(cls, n_cells_of(architectures))
    together = estimator.predict(architectures)
    assert np.isfinite(together).all()
    random = np.random.RandomState(seed)
    renamed = [scrambled(architecture, random) for architecture in architectures]
    assert_allclose(estimator.predict(renamed), together, **CLOSE)
    alone = [estimator.predict([architecture])[0] for architecture in architectures]
    assert_allclose(alone, together, **CLOSE)


@encoders
def test_structure_matters(cls: Any) -> None:
    """Order on a chain, place in a parallel pair, and which input an operation reads."""
    ops = ["conv_3x3", "avg_pool_3x3"]
    other_input = chain("conv_3x3")
    other_input.nodes[0]["input"] = 1
    pairs = [(chain(*ops), chain(*ops[::-1])), (node_chain(*ops), node_chain(*ops[::-1])),
             (chain("conv_3x3"), other_input)]  # fmt: skip
    for one, other in pairs:
        first, second = fitted(cls, 1).predict([one, other])
        assert abs(first - second) > 1e-6


@encoders
def test_unlike_the_training_set(cls: Any) -> None:
    """Larger graphs, wires only, no path at all, and unknown operations."""
    estimator = fitted(cls, 1)
    wire = nx.DiGraph([(0, 1, {"op": "skip_connect"}), (0, 1)])
    cut = chain("none", "conv_3x3")
    assert np.isfinite(estimator.predict([chain(*["conv_3x3"] * 30), wire, cut])).all()
    lenient = clone(estimator).set_params(handle_unknown="ignore")
    lenient.fit(_train(1), [1.0, 3.0, 2.0, 0.0])
    for cell in (chain("new"), node_chain("new", "conv_1x1")):
        assert np.isfinite(lenient.predict([cell])).all()


class TestMetaEstimators:
    @every
    def test_forms_and_cross_validation(self, cls: Any) -> None:
        lazy = NB201.dags[np.arange(3000, 3024)]
        y = NB201.target[3000:3024]
        expected = cross_val_predict(small(cls), list(lazy), y, cv=2)
        for X in (lazy, as_array(list(lazy))):
            assert_allclose(cross_val_predict(small(cls), X, y, cv=2), expected, **CLOSE)

    @encoders
    def test_grid(self, cls: Any) -> None:
        grid = {"n_iter": [0, 1]} if cls is WLKernelGP else {"layer_dim": [4, 8]}
        search = GridSearchCV(small(cls), grid, cv=2, error_score="raise").fit(CELLS, TARGETS)
        assert set(search.best_params_) == set(grid)

    @neural
    def test_as_transformer(self, cls: Any) -> None:
        pipeline = make_pipeline(small(cls), Ridge()).fit(CELLS, TARGETS)
        assert pipeline.predict(CELLS).shape == (40,)
