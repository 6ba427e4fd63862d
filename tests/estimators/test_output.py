"""Encodings, embeddings of operations, and stored estimators."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import joblib
import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone

from tagates_sk import TAGATESRanker
from tagates_sk.graphs import Architectures
from tagates_sk.spaces import ENASMicro, NASBench201
from tagates_sk.training import network as reading
from tests.small import (
    CELLS,
    TARGETS,
    chain,
    node_chain,
    parameters_of,
    ranker,
)


class TestEncodings:
    def test_names(self, fitted: Any) -> None:
        prefix = type(fitted).__name__.lower()
        names = fitted.get_feature_names_out()
        assert names.tolist() == [f"{prefix}{i}" for i in range(16)]

    def test_pandas(self, fitted: Any) -> None:
        pandas = pytest.importorskip("pandas")
        expected = fitted.transform(CELLS)
        frame = fitted.set_output(transform="pandas").transform(CELLS)
        assert isinstance(frame, pandas.DataFrame)
        assert frame.columns.tolist() == fitted.get_feature_names_out().tolist()
        assert_array_equal(frame.to_numpy(), expected)
        with config_context(transform_output="pandas"):
            assert isinstance(clone(fitted).fit_transform(CELLS, TARGETS), pandas.DataFrame)

    def test_several_cells_are_side_by_side(self) -> None:
        pairs = list(pairwise(CELLS))
        estimator = ranker().fit(pairs, TARGETS[1:])
        assert estimator.transform(pairs).shape == (39, 32)
        assert len(estimator.get_feature_names_out()) == 32

    def test_the_head_reads_them(self, fitted: Any) -> None:
        fitted = clone(fitted).set_params(variant__deep_supervision=False).fit(CELLS, TARGETS)
        encodings = torch.from_numpy(fitted.transform(CELLS)).float()
        with torch.no_grad():
            scores = fitted.model_.head(encodings)[:, 0].double().numpy()
        units = (1, 0) if isinstance(fitted, TAGATESRanker) else (fitted.y_std_, fitted.y_mean_)
        assert_allclose(fitted.predict(CELLS), units[0] * scores + units[1], rtol=1e-5, atol=1e-6)


class TestOperationEmbeddings:
    def test_keys_are_edges_or_nodes(self) -> None:
        multi = ENASMicro().sample(5, random_state=0)
        edges, nodes = chain("conv", "skip_connect", "pool"), node_chain("conv", "pool")
        edges.add_edge("in", 1, op="conv")
        edges.add_edge(0, "dead", op="none")
        edges.nodes[3]["op"] = "output"
        with_edges, with_nodes = (
            ranker(terminal_operations=False).fit([cell, other], [0, 1])
            for cell, other in ((edges, chain("pool")), (nodes, node_chain("pool")))
        )
        in_edges = with_edges.operation_embeddings([edges])[0]
        in_nodes = with_nodes.operation_embeddings([nodes])[0]
        assert set(in_edges) == {(0, 1), ("in", 1), (2, 3)}
        assert set(in_nodes) == {1, 2}
        assert all(e.shape == (8,) and e.dtype == np.float64 for e in in_edges.values())

        pairs = ranker().fit(multi, np.arange(5.0)).operation_embeddings(multi)
        assert len(pairs) == 5
        for pair, cells in zip(pairs, multi, strict=True):
            assert isinstance(pair, tuple)
            for embeddings, cell in zip(pair, cells, strict=True):
                assert embeddings
                for key in embeddings:
                    assert cell.edges[key]["op"] != "skip_connect"

    def test_parallel_edges_have_their_own(self) -> None:
        (pair,) = ENASMicro().sample(1, random_state=0)
        cell = type(pair[0])()
        cell.add_edge("a", "b", op="conv_3x3")
        cell.add_edge("a", "b", op="pool")
        cell.add_edge("a", "b", key="third", op="conv_3x3")
        estimator = ranker().fit([cell, chain("pool")], [0, 1])
        found = estimator.operation_embeddings([cell])[0]
        assert set(found) == {("a", "b", 0), ("a", "b", 1), ("a", "b", "third")}
        assert_allclose(found["a", "b", 0], found["a", "b", "third"], rtol=1e-5, atol=1e-6)
        assert not np.allclose(found["a", "b", 0], found["a", "b", 1])

    def test_without_updates_they_are_those_of_the_types(self) -> None:
        estimator = ranker(T=1).fit(CELLS, TARGETS)
        table = estimator.model_.encoder.op_embedding.detach().numpy()
        for cell, found in zip(CELLS, estimator.operation_embeddings(CELLS), strict=True):
            for edge, embedding in found.items():
                row = table[estimator.operations_.index(cell.edges[edge]["op"])]
                assert_allclose(embedding, row, rtol=1e-6)

    def test_context_moves_what_is_updated(self) -> None:
        estimator = ranker(T=3, s=1.0).fit(CELLS, TARGETS)
        table = estimator.model_.encoder.op_embedding.detach().numpy()
        moved = {"nor_conv_3x3": 0.0, "nor_conv_1x1": 0.0, "avg_pool_3x3": 0.0}
        for cell, found in zip(CELLS, estimator.operation_embeddings(CELLS), strict=True):
            for edge, embedding in found.items():
                op = cell.edges[edge]["op"]
                step = np.abs(embedding - table[estimator.operations_.index(op)]).max()
                moved[op] = max(moved[op], float(step))
        assert moved["avg_pool_3x3"] < 1e-6
        assert min(moved["nor_conv_3x3"], moved["nor_conv_1x1"]) > 1e-3

    @pytest.mark.usefixtures("small_chunks")
    def test_chunks_and_lazy_sequences(self, monkeypatch: pytest.MonkeyPatch) -> None:
        lazy = NASBench201().sample(30, random_state=3)
        estimator = ranker().fit(CELLS, TARGETS)
        forms = (lazy, list(lazy), Architectures(lazy), Architectures(list(lazy)))
        parts = [estimator.operation_embeddings(X) for X in forms]
        monkeypatch.setattr(reading, "BATCH", 100)
        whole = estimator.operation_embeddings(list(lazy))
        for part in parts:
            assert [list(p) for p in part] == [list(w) for w in whole]
            for p, w in zip(part, whole, strict=True):
                for edge in w:
                    assert_allclose(p[edge], w[edge], rtol=1e-4, atol=1e-5)


class TestStorage:
    @pytest.fixture(params=["pickle", "joblib"])
    def roundtrip(self, request: pytest.FixtureRequest) -> Callable[[Any], Any]:
        def through_joblib(estimator: Any) -> Any:
            file = io.BytesIO()
            joblib.dump(estimator, file)
            file.seek(0)
            return joblib.load(file)

        def through_pickle(estimator: Any) -> Any:
            return pickle.loads(pickle.dumps(estimator))

        return through_pickle if request.param == "pickle" else through_joblib

    def test_roundtrip(self, fitted: Any, roundtrip: Callable[[Any], Any]) -> None:
        stored = roundtrip(fitted)
        assert_array_equal(stored.predict(CELLS), fitted.predict(CELLS))
        for estimator in (stored, fitted):
            estimator.partial_fit(CELLS, TARGETS)
        assert_array_equal(stored.predict(CELLS), fitted.predict(CELLS))
        unfitted = roundtrip(clone(fitted))
        assert parameters_of(unfitted) == parameters_of(fitted)

    def test_fitted_on_a_device_that_is_missing(
        self, fitted: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
        expected = fitted.predict(CELLS)
        fitted.network_.device = "cuda:0"  # pickled as if it were there
        stored = pickle.dumps(fitted)
        with pytest.warns(UserWarning, match="fitted with device='cuda:0', which this machine"):
            loaded = pickle.loads(stored)
        assert loaded.device_ == "cpu"
        assert_array_equal(loaded.predict(CELLS), expected)
        assert loaded.partial_fit(CELLS, TARGETS).n_iter_ == 4

    def test_a_pickle_holds_tensors_of_the_cpu(
        self, fitted: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whatever the device; here the one that every machine has beside the CPU."""
        fitted.model_.to("meta")
        fitted.network_.device = "meta"
        fitted.network_.optimizer_state = {"state": [torch.empty(2, device="meta")], "lr": 0.1}
        moved: list[torch.device] = []

        def cpu(self: torch.Tensor | torch.nn.Module) -> Any:
            if isinstance(self, torch.nn.Module):
                moved.extend({p.device for p in self.parameters()})
                return self.to_empty(device="cpu")
            moved.append(self.device)
            return torch.zeros(self.shape)

        monkeypatch.setattr(torch.nn.Module, "cpu", cpu)
        monkeypatch.setattr(torch.Tensor, "cpu", cpu)
        state = fitted.network_.__getstate__()
        assert {d.type for d in moved} == {"meta"}
        assert {p.device.type for p in state["model"].parameters()} == {"cpu"}
        assert state["optimizer_state"]["state"][0].device.type == "cpu"
        assert {p.device.type for p in fitted.model_.parameters()} == {"meta"}  # stays in use
