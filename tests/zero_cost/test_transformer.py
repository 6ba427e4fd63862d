"""ZeroCostSaliency and ZeroCostProxies as transformers."""

from __future__ import annotations

import pickle
from typing import Any

import joblib
import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks
from torch import nn

from tagates_sk.graphs import read_architectures
from tagates_sk.graphs.attach import ZeroCostSequence
from tagates_sk.graphs.canonical import canonical_forms
from tagates_sk.spaces import DARTS, ENASMacro, ENASMicro, NASBench101, NASBench201
from tagates_sk.zero_cost import (
    UnregisteredOperationError,
    ZeroCostProxies,
    ZeroCostSaliency,
    evaluation,
    register_metric,
    register_operation,
)
from tests.small import ranker
from tests.spaces.helpers import scrambled
from tests.strategies import cells

from .forms import CELLS, TINY, raw, saliency

SPACES = [NASBench201(), NASBench101(), DARTS(), ENASMicro(), ENASMacro()]
TRANSFORMERS = [ZeroCostSaliency(**TINY), ZeroCostProxies(**TINY)]


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "_cache", evaluation._Cache())


def by_canonical_operation(architecture: Any, values: np.ndarray) -> tuple[Any, np.ndarray]:
    (form,) = canonical_forms(read_architectures([architecture]))
    return form.cells, values[form.order]


class TestWhatVectorsDependOn:
    @given(cells(max_nodes=5), st.integers(0, 2**31))
    @settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_relabelling_permutes_them(self, cell: Any, seed: int) -> None:
        other = scrambled(cell, np.random.RandomState(seed))
        evaluation._cache = evaluation._Cache()
        a = by_canonical_operation(cell, raw([cell])[0])
        evaluation._cache = evaluation._Cache()
        b = by_canonical_operation(other, raw([other])[0])
        assert a[0] == b[0]
        assert np.array_equal(a[1], b[1])

    def test_neither_company_nor_place_nor_jobs(self) -> None:
        expected = raw(CELLS)
        for X in ([*CELLS[6:], *CELLS[:6]], CELLS * 2):
            evaluation._cache = evaluation._Cache()
            values = saliency().fit(X).raw_saliencies(X)
            for cell, value in zip(X, values, strict=True):
                assert np.array_equal(value, expected[CELLS.index(cell)])
        evaluation._cache = evaluation._Cache()
        for a, b in zip(raw(CELLS, n_jobs=2), expected, strict=True):
            assert np.array_equal(a, b)
        evaluation._cache = evaluation._Cache()
        with joblib.parallel_config(backend="threading", n_jobs=3):
            for a, b in zip(raw(CELLS), expected, strict=True):
                assert np.array_equal(a, b)

    def test_the_seed(self) -> None:
        same, other = raw(CELLS), raw(CELLS, random_state=1)
        assert not any(np.array_equal(a, b) for a, b in zip(same, other, strict=True) if a.any())

    def test_the_mean_of_initialisations(self) -> None:
        three = raw(CELLS, n_init=3, metrics=["snip"])
        seed = saliency(n_init=3).fit(CELLS).seed_
        alone = []
        for i in range(3):
            estimator = saliency(metrics=["snip"]).fit(CELLS)
            object.__setattr__(estimator._setting, "seed", seed + i)
            alone.append(estimator.raw_saliencies(CELLS))
        for mean, *values in zip(three, *alone, strict=True):
            np.testing.assert_allclose(mean, np.mean(values, axis=0), rtol=1e-12)

    def test_own_images(self) -> None:
        images, labels = np.random.RandomState(0).randn(5, 1, 6, 6), np.array([0, 3, 1, 1, 2])
        values = raw(CELLS, images=images, labels=labels)
        again = raw(CELLS, images=images.astype(np.float32), labels=labels.astype(np.int32))
        other = raw(CELLS, images=2 * images, labels=labels)
        assert all(np.array_equal(a, b) for a, b in zip(values, again, strict=True))
        assert not all(np.array_equal(a, b) for a, b in zip(values, other, strict=True))

    def test_the_shape_of_own_images(self) -> None:
        """The same bytes in another shape are other images."""
        square = np.random.RandomState(0).randn(4, 3, 8, 8)
        wide = square.reshape(4, 3, 2, 32)
        values = [raw(CELLS, images=images, labels=[0, 1, 2, 3]) for images in (square, wide)]
        assert not all(np.array_equal(a, b) for a, b in zip(*values, strict=True))

    def test_global_seed_and_threads_stay(self) -> None:
        threads = torch.get_num_threads()
        torch.manual_seed(5)
        expected = torch.rand(3)
        torch.manual_seed(5)
        raw(CELLS)
        assert torch.equal(torch.rand(3), expected)
        assert torch.get_num_threads() == threads


class TestSaliency:
    @pytest.mark.parametrize("space", SPACES, ids=repr)
    def test_every_space(self, space: Any) -> None:
        X = space.sample(4, random_state=0)
        metrics = ["grad_norm", "snip", "plain", "grasp", "synflow", "fisher", "l2_norm"]
        with_vectors = saliency(metrics=metrics, image_size=8, n_stages=3).fit(X).transform(X)
        assert isinstance(with_vectors, ZeroCostSequence)
        read = read_architectures(list(with_vectors))
        assert read.zero_cost is not None
        assert read.zero_cost.shape[1] == 7
        assert np.isfinite(read.zero_cost).all()
        conv, pool = (
            np.array([name in read.operations[t] if t >= 0 else False for t in read.op_type])
            for name in ("conv", "pool")
        )
        assert (read.zero_cost[conv] != 0).any(axis=1).all()
        assert not read.zero_cost[pool].any()

    def test_lists_are_copied(self) -> None:
        out = saliency().fit_transform(CELLS)
        assert isinstance(out, list)
        for given_cell, cell in zip(CELLS, out, strict=True):
            assert cell is not given_cell
            assert set(cell.edges) == set(given_cell.edges)
            assert not any("zero_cost" in data for *_, data in given_cell.edges(data=True))
            for *_, data in cell.edges(data=True):
                assert ("zero_cost" in data) == (data["op"] != "none")

    def test_figure_2(self) -> None:
        """Three convolutions or four: without vectors a forward pass unfolds both to one tree."""
        conv, out = {"op": "nor_conv_3x3"}, [(3, 5), (4, 5)]
        a = nx.DiGraph([(0, 1, conv), (0, 2, conv), (1, 3, conv), (2, 4, conv), *out])
        b = nx.DiGraph([(0, 1, conv), (1, 3, conv), (1, 4, conv), *out])
        X = saliency().fit_transform([a, b])
        for breaking, differ in (("none", False), ("add", True), ("concat", True)):
            model = ranker(T=1, symmetry_breaking=breaking).fit(X * 2, range(4))
            first, second = model.transform(X)
            assert np.allclose(first, second) != differ

    def test_symmetric_convolutions_differ_with_vectors_only(self) -> None:
        """Two of three convolutions are at symmetric places, at every T."""
        cell = nx.DiGraph()
        for v in ("a", "b", "c"):
            cell.add_node(v, op="conv3x3-bn-relu")
        cell.add_edges_from([("in", "a"), ("in", "b"), ("a", "c"), ("b", "c"), ("c", "out")])
        (with_vectors,) = saliency().fit_transform([cell])
        options = {"T": 3, "operations": ["conv3x3-bn-relu"]}
        for breaking, differ in (("none", False), ("add", True), ("concat", True)):
            model = ranker(symmetry_breaking=breaking, **options).fit([with_vectors] * 4, range(4))
            found = model.operation_embeddings([with_vectors])[0]
            assert np.allclose(found["a"], found["b"]) != differ

    def test_scalings(self) -> None:
        lazy = NASBench201().sample(200, random_state=3)
        for scaling in ("signed_log", "rank", "standard"):
            vectors = saliency(scaling=scaling, metrics=["snip", "synflow"]).fit_transform(lazy)
            weighted = vectors.vectors[(vectors.vectors != 0).any(axis=1)]
            assert abs(weighted.mean()) < 0.2
            assert weighted.std() == pytest.approx(1.0, abs=0.25)
        plain = saliency(scaling="none").fit(lazy)
        expected = np.concatenate(plain.raw_saliencies(lazy)).astype(np.float32)
        assert np.array_equal(plain.transform(lazy).vectors, expected)

    def test_degenerate_cells(self) -> None:
        nothing = nx.DiGraph([(0, 1, {"op": "none"})])
        pools = nx.DiGraph([(0, 1, {"op": "avg_pool_3x3"}), (1, 2, {"op": "skip_connect"})])
        out = saliency().fit_transform([nothing, pools])
        assert np.array_equal(out[1].edges[0, 1]["zero_cost"], np.zeros(5))

        class Explosion(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.weight = nn.Parameter(torch.ones(2, 2))

            def forward(self, x: torch.Tensor) -> torch.Tensor:
                return x * self.weight.sum() * 1e38 * 1e38

        register_operation("explosion", lambda *_: Explosion(), overwrite=True)
        bang = nx.DiGraph([(0, 1, {"op": "explosion"}), (1, 2, {"op": "nor_conv_1x1"})])
        for scaling in ("signed_log", "rank", "standard", "none"):
            (cell,) = saliency(scaling=scaling).fit_transform([bang])
            for edge in cell.edges:
                assert np.isfinite(cell.edges[edge]["zero_cost"]).all()

    def test_own_operation_and_metric_in_workers(self) -> None:
        register_operation("halve", lambda i, o, s: nn.Conv2d(i, o, 1, s), overwrite=True)
        register_metric("largest", lambda s: s.gradient.abs().max(), overwrite=True)
        X = [nx.DiGraph([(0, 1, {"op": "halve"}), (1, 2, {"op": op})])
             for op in ("nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")]  # fmt: skip
        a = raw(X, metrics=["largest"], n_jobs=2)
        evaluation._cache = evaluation._Cache()
        for x, y in zip(a, raw(X, metrics=["largest"]), strict=True):
            assert np.array_equal(x, y)
            assert x[0] > 0

    def test_fitted_statistics_are_kept(self) -> None:
        fitted = saliency().fit(CELLS)
        a = fitted.transform(CELLS[:1])[0]
        b = pickle.loads(pickle.dumps(fitted)).transform(CELLS)[0]
        for edge in a.edges:
            if "zero_cost" in a.edges[edge]:
                assert np.array_equal(a.edges[edge]["zero_cost"], b.edges[edge]["zero_cost"])


class TestCost:
    def counted(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        calls: list[int] = []
        build = evaluation.network_from_packed

        def counting(*args: Any) -> Any:
            calls.append(1)
            return build(*args)

        monkeypatch.setattr(evaluation, "network_from_packed", counting)
        return calls

    def test_isomorphic_cells_cost_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        calls = self.counted(monkeypatch)
        random = np.random.RandomState(0)
        X = [scrambled(CELLS[0], random) for _ in range(5)]
        estimator = saliency().fit(X)
        estimator.transform(X)
        assert len(calls) == 1

    def test_folds_cost_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        calls = self.counted(monkeypatch)
        unique = len({form.cells for form in canonical_forms(read_architectures(CELLS))})
        pipeline = make_pipeline(saliency(), ranker(max_iter=1))
        search = GridSearchCV(pipeline, {"tagatesranker__T": [1, 2]}, cv=2)
        search.fit(CELLS, np.arange(len(CELLS)))
        assert len(calls) == unique

    def test_memory_on_disk(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
        first = raw(CELLS[:3], memory=str(tmp_path))
        evaluation._cache = evaluation._Cache()
        calls = self.counted(monkeypatch)
        again = raw(CELLS[:3], memory=joblib.Memory(str(tmp_path), verbose=0))
        assert not calls
        assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))

    def test_memory_needs_named_functions(self, tmp_path: Any) -> None:
        register_metric("unnamed", lambda s: s.weight.sum(), needs=[], overwrite=True)
        with pytest.raises(ValueError, match=r"cannot be kept in memory=: define it at the top"):
            raw(CELLS[:3], memory=str(tmp_path), metrics=["unnamed"])

    def test_an_interrupted_run_keeps_what_it_has(self, monkeypatch: pytest.MonkeyPatch) -> None:
        calls = self.counted(monkeypatch)
        build = evaluation.network_from_packed

        def interrupted(*args: Any) -> Any:
            if len(calls) == 4:
                raise KeyboardInterrupt
            return build(*args)

        monkeypatch.setattr(evaluation, "network_from_packed", interrupted)
        with pytest.raises(KeyboardInterrupt):
            saliency().fit(CELLS)
        monkeypatch.setattr(evaluation, "network_from_packed", build)
        saliency().fit(CELLS)
        unique = len({form.cells for form in canonical_forms(read_architectures(CELLS))})
        assert len(calls) == unique

    def test_the_process_forgets_the_oldest(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(evaluation, "CACHE_SIZE", 2)
        cache = evaluation._Cache()
        for i in range(3):
            cache.put(i, np.array([float(i)]))
        assert [cache.get(i) is None for i in range(3)] == [True, False, False]


@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=lambda t: type(t).__name__)
class TestBoth:
    def test_clone_and_repr(self, transformer: Any) -> None:
        assert repr(clone(transformer)) == repr(transformer)

    def test_not_fitted(self, transformer: Any) -> None:
        with pytest.raises(ValueError, match="not fitted"):
            clone(transformer).transform(CELLS)

    def test_unregistered_operation(self, transformer: Any) -> None:
        cell = nx.DiGraph([(0, 1, {"op": "my_conv"})])
        with pytest.raises(
            UnregisteredOperationError,
            match=r"X\[1\], edge \(0, 1\).*'my_conv'.*register_operation",
        ):
            clone(transformer).fit_transform([CELLS[0], cell])

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"images": np.zeros((2, 1, 4, 4))}, "images and labels go together"),
            ({"images": np.zeros((2, 4, 4)), "labels": [0, 1]}, r"shape \(2, 4, 4\) and labels"),
            ({"images": np.zeros((2, 1, 4, 4)), "labels": [0, -1]}, "whole numbers from 0"),
            ({"images": np.full((2, 1, 4, 4), np.nan), "labels": [0, 1]}, "not finite"),
            ({"stem_channels": 0}, "stem_channels"),
            ({"device": "nonsense"}, "device='nonsense'"),
        ],
    )
    def test_errors(self, transformer: Any, parameters: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            clone(transformer).set_params(**parameters).fit_transform(CELLS)

    def test_unknown_metric(self, transformer: Any) -> None:
        name = "metrics" if isinstance(transformer, ZeroCostSaliency) else "proxies"
        with pytest.raises(ValueError, match="no metric 'snap'"):
            clone(transformer).set_params(**{name: ["snap"]}).fit(CELLS)
        with pytest.raises(ValueError, match=f"{name} is empty"):
            clone(transformer).set_params(**{name: []}).fit(CELLS)
        with pytest.raises(ValueError, match=f"{name} has snip more than once"):
            clone(transformer).set_params(**{name: ["snip", "plain", "snip"]}).fit(CELLS)

    def test_unknown_metric_lists_what_there_is(self, transformer: Any) -> None:
        forward = not isinstance(transformer, ZeroCostSaliency)
        with pytest.raises(ValueError, match=r"there are .*synflow") as caught:
            clone(transformer).set_params(**{"proxies" if forward else "metrics": ["nwot"]}).fit(
                CELLS
            )
        assert ("naswot" in str(caught.value)) == forward


@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=lambda t: type(t).__name__)
@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_set_params,
        estimator_checks.check_estimator_cloneable,
        estimator_checks.check_estimator_repr,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_valid_tag_types,
        estimator_checks.check_estimator_tags_renamed,
    ],
    ids=lambda check: check.__name__,
)
def test_checks_of_scikit_learn_that_need_no_table(transformer: Any, check: Any) -> None:
    check(type(transformer).__name__, transformer)


def test_a_fit_and_its_transform_have_one_bar(capfd: pytest.CaptureFixture[str]) -> None:
    cells = NASBench201().sample(2, random_state=123)
    saliency(verbose=1, random_state=77).fit_transform(list(cells))
    shown = capfd.readouterr().err
    assert shown.count("\n") == 1
    assert "2/2" in shown
    assert "zero-cost: 0net" not in shown
