"""Forms and kinds of architectures that estimators take, and real ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tagates_sk import TAGATESRanker, TAGATESRegressor, paper_config
from tagates_sk.datasets import load_nasbench201
from tagates_sk.graphs import InvalidArchitectureError
from tagates_sk.spaces import DARTS, ENASMicro, NASBench101, NASBench201
from tagates_sk.training import network as reading
from tests.small import (
    BOTH,
    CELLS,
    as_array,
    chain,
    node_chain,
    ranker,
)

both = pytest.mark.parametrize("make", BOTH)
Make = Callable[..., Any]


class TestFormsOfX:
    def test_list_array_and_lazy_sequence(self) -> None:
        data = load_nasbench201()
        lazy = data.dags[np.arange(100, 130)]
        cells, y = list(lazy), data.target[100:130]
        expected = ranker().fit(cells, y).predict(cells)
        assert np.ptp(expected) > 0
        for X in (as_array(cells), lazy, tuple(cells)):
            estimator = ranker().fit(X, y)
            for other in (cells, as_array(cells), lazy, tuple(cells)):
                assert_allclose(estimator.predict(other), expected, rtol=1e-4, atol=1e-5)

    @pytest.mark.usefixtures("small_chunks")
    def test_many_chunks_equal_one(self, monkeypatch: pytest.MonkeyPatch, fitted: Any) -> None:
        lazy = NASBench201().sample(30, random_state=2)
        methods = (fitted.predict, fitted.transform)
        parts = [method(X) for method in methods for X in (list(lazy), as_array(list(lazy)), lazy)]
        monkeypatch.setattr(reading, "BATCH", 100)
        whole = [method(lazy) for method in methods for _ in range(3)]
        for part, expected in zip(parts, whole, strict=True):
            assert_allclose(part, expected, rtol=1e-4, atol=1e-5)

    @pytest.mark.usefixtures("small_chunks")
    def test_progress_bar_over_chunks(
        self, fitted: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        fitted.predict(CELLS)
        assert capsys.readouterr().err == ""
        fitted.set_params(verbose=1).predict(CELLS)
        assert "6/6" in capsys.readouterr().err  # 40 architectures in sevens

    def test_each_alone(self, fitted: Any) -> None:
        together = fitted.predict(CELLS)
        alone = [fitted.predict([cell])[0] for cell in CELLS]
        assert_allclose(alone, together, rtol=1e-4, atol=1e-5)

    def test_kinds_of_cells_together(self) -> None:
        mixed = [chain("conv", "pool"), node_chain("conv", "pool")]
        with pytest.raises(InvalidArchitectureError, match=r"X\[1\] has its operations on nodes"):
            ranker().fit(mixed, range(2))

    @both
    def test_no_operation_at_all(self, make: Make) -> None:
        """Only cells without any path, or of wires: nothing to gate, nothing to update."""
        for cells in ([chain("none"), chain("none", "conv")], [chain("skip_connect")] * 2):
            predictions = make().fit(cells, [0.0, 1.0]).predict(cells)
            assert predictions[0] == pytest.approx(predictions[1])

    @pytest.mark.parametrize("breaking", ["add", "concat"])
    def test_wires_need_no_saliencies(self, breaking: str) -> None:
        """Predicted alone or beside others, where every operation has its vector."""
        cells = [chain("conv", "pool", zero_cost=3), chain("conv", zero_cost=3)]
        operations = ["conv", "pool", "skip_connect"]
        estimator = ranker(symmetry_breaking=breaking, operations=operations)
        estimator.fit(cells, [0.0, 1.0])
        for bare in (chain("none"), chain("skip_connect"), node_chain("none")):
            alone = estimator.predict([bare])[0]
            assert alone == pytest.approx(estimator.predict([*cells, bare])[2], rel=1e-4)

    def test_unknown_operation_as_mean(self) -> None:
        cells = [chain("a", "b"), chain("b", "a"), chain("a"), chain("b")]
        estimator = ranker(handle_unknown="ignore").fit(cells, [0, 1, 2, 3])
        known = estimator.predict(cells)
        assert_allclose(estimator.predict([*cells, chain("new")])[:4], known, rtol=1e-4)
        new = estimator.predict([chain("new"), chain("other")])
        assert new[0] == pytest.approx(new[1])
        embeddings = estimator.operation_embeddings([chain("new")])[0][0, 1]
        table = estimator.model_.encoder.op_embedding.detach().numpy()
        assert_allclose(embeddings, table.mean(axis=0), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("space", "name"),
    [
        (NASBench101(), "nasbench101"),
        (NASBench201(), "nasbench201"),
        (DARTS(), "nasbench301"),
        (ENASMicro(), "enas"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_published_configurations_fit(space: Any, name: str) -> None:
    config = {**paper_config(name), "symmetry_breaking": "none", "max_iter": 1, "random_state": 0}
    X = space.sample(6, random_state=0)
    for cls in (TAGATESRanker, TAGATESRegressor):
        estimator = cls(**config).fit(X, np.arange(6.0))
        assert np.isfinite(estimator.predict(X)).all()
        assert estimator.n_layers_ == config["n_layers"]
        assert estimator.transform(X).shape == (6, estimator.n_cells_ * config["layer_dim"])


class TestRealData:
    def test_ranks_nasbench201(self) -> None:
        """Defaults but for a shorter training; the split is not the published one."""
        data = load_nasbench201()
        order = np.random.RandomState(0).permutation(len(data.target))
        train, test = order[:78], order[78:2078]
        estimator = TAGATESRanker(max_iter=20, random_state=0)
        estimator.fit(data.dags[train], data.target[train])
        assert estimator.score(data.dags[test], data.target[test]) > 0.6

    @pytest.mark.slow
    def test_one_prediction_is_quick(self) -> None:
        data = load_nasbench201()
        estimator = TAGATESRanker(max_iter=1).fit(data.dags[:78], data.target[:78])
        cell = data.dags[5000]

        def seconds() -> Iterator[float]:
            for _ in range(50):
                start = time.perf_counter()
                estimator.predict([cell])
                yield time.perf_counter() - start

        estimator.predict([cell])
        assert np.median(list(seconds())) < 0.005
