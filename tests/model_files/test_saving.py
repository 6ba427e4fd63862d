"""Models as files: what is saved and loaded, in which layout, and what cannot be saved."""

from __future__ import annotations

import pickle
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import sklearn
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tagates_sk import TAGATESRanker
from tagates_sk.baselines import DAGNNRanker, GCNRanker, WLKernelGP
from tagates_sk.features import OperationStatistics
from tagates_sk.model_files import ModelFileError, load_model, save_model, saving
from tests.baselines.estimators import NEURAL, small
from tests.features.transformers import ALL as TRANSFORMERS
from tests.robustness.model_files import parts
from tests.small import BOTH, CELLS, TARGETS, chain, parameters_of, ranker, regressor, sample

OTHERS = sample(30, seed=1)
OPERATIONS = sorted({op for c in CELLS for *_, op in c.edges(data="op")})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


def again(estimator: Any, path: Path) -> Any:
    """The estimator, saved and loaded."""
    save_model(estimator, path)
    loaded = load_model(path, device="cpu")
    assert type(loaded) is type(estimator)
    assert str(loaded.get_params()) == str(estimator.get_params())
    assert set(vars(loaded)) == set(vars(estimator))
    return loaded


class TestRoundTrip:
    @pytest.mark.parametrize("make", BOTH)
    @pytest.mark.parametrize(
        "changes",
        [
            {},
            {"T": 3, "symmetry_breaking": "random", "readout": "mean", "head": ()},
            {"n_members": 3, "bootstrap": True, "head": [8, 4]},
            {"n_members": 3, "aggregation": "mixed"},
            {"terminal_operations": True, "train_other_nodes": True, "layer_bias": True},
            {"optimizer": "adam", "schedule": "constant", "early_stopping": True},
            {"operations": (*OPERATIONS, "x"), "handle_unknown": "ignore"},
        ],
        ids=str,
    )
    def test_variants(self, make: Any, changes: dict[str, Any], path: Path) -> None:
        estimator = make(**changes).fit(CELLS, TARGETS)
        loaded = again(estimator, path)
        assert_array_equal(loaded.predict(OTHERS), estimator.predict(OTHERS))
        assert_array_equal(loaded.transform(OTHERS), estimator.transform(OTHERS))
        assert_array_equal(loaded.predict_members(OTHERS), estimator.predict_members(OTHERS))
        assert parameters_of(loaded) == parameters_of(estimator)

    @pytest.mark.parametrize("make", BOTH)
    @pytest.mark.parametrize("members", ["all", "statistics"])
    def test_composed(self, make: Any, members: str, path: Path) -> None:
        estimator = make(members=members, n_members=2).fit(CELLS, TARGETS)
        loaded = again(estimator, path)
        for name, options in (("predict", {"return_std": True}), ("predict_members", {})):
            found, expected = (getattr(e, name)(OTHERS, **options) for e in (loaded, estimator))
            assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
        if members == "all":
            assert_array_equal(loaded.transform(OTHERS), estimator.transform(OTHERS))
            for one in (loaded, estimator):
                one.partial_fit(CELLS, TARGETS)
            assert_allclose(loaded.predict(OTHERS), estimator.predict(OTHERS), rtol=1e-12)

    @pytest.mark.parametrize("cls", NEURAL)
    def test_baselines(self, cls: Any, path: Path) -> None:
        estimator = small(cls).fit(CELLS, TARGETS)
        loaded = again(estimator, path)
        assert_array_equal(loaded.predict(OTHERS), estimator.predict(OTHERS))
        assert_array_equal(loaded.transform(OTHERS), estimator.transform(OTHERS))

    @pytest.mark.parametrize("transformer", TRANSFORMERS, ids=repr)
    def test_features(self, transformer: Any, path: Path) -> None:
        estimator = ranker(features=clone(transformer)).fit(CELLS, TARGETS)
        loaded = again(estimator, path)
        assert_array_equal(loaded.predict(OTHERS), estimator.predict(OTHERS))
        names = [e.head_features_.transformer.get_feature_names_out() for e in (loaded, estimator)]
        assert_array_equal(*names)

    def test_several_cells_targets_and_zero_cost(self, path: Path) -> None:
        X = [(chain("a", "b", zero_cost=3), chain(*"ab"[: 1 + i % 2], zero_cost=3))
             for i in range(6)]  # fmt: skip
        y = np.arange(12.0).reshape(6, 2)
        estimator = ranker(symmetry_breaking="concat").fit(X, y)
        loaded = again(estimator, path)
        assert_array_equal(loaded.predict_anytime(X), estimator.predict_anytime(X))

    @pytest.mark.parametrize(
        "make", [*BOTH, partial(small, GCNRanker), partial(small, DAGNNRanker, n_members=2)]
    )
    def test_training_goes_on(self, make: Any, path: Path) -> None:
        estimator = make().fit(CELLS, TARGETS)
        loaded = again(estimator, path)
        for one in (estimator, loaded):
            one.partial_fit(OTHERS, np.arange(30.0))
        assert_array_equal(loaded.predict(CELLS), estimator.predict(CELLS))
        assert loaded.history_ == estimator.history_
        assert parameters_of(clone(loaded)) == parameters_of(clone(estimator))

    def test_numpy_parameters(self, path: Path) -> None:
        """As a grid search sets them."""
        estimator = ranker(
            T=np.int64(3), s=np.float64(0.2), head=np.array([8, 4]), residual=np.bool_(False),
            device=torch.device("cpu"), operations=list(np.array([*OPERATIONS, "x"])),
        ).fit(CELLS, TARGETS)  # fmt: skip
        save_model(estimator, path)
        loaded: Any = load_model(path, device="cpu")
        assert type(loaded.T) is np.int64
        assert loaded.device == torch.device("cpu")
        assert_array_equal(loaded.head, [8, 4])
        assert_array_equal(loaded.predict(OTHERS), estimator.predict(OTHERS))

    def test_numbers_that_json_lacks(self, path: Path) -> None:
        estimator = ranker().fit(CELLS, TARGETS)
        estimator.history_["loss"] += [np.inf, -np.inf, float("nan")]
        loaded = again(estimator, path)
        assert_array_equal(loaded.history_["loss"], estimator.history_["loss"])

    def test_what_was_set_after_fit_is_of_the_next_fit(self, path: Path) -> None:
        estimator = ranker().fit(CELLS, TARGETS).set_params(layer_dim=4, head=(2,), dropout=0.9)
        loaded = again(estimator, path)
        assert loaded.model_.head.dropout == 0.1
        assert_array_equal(loaded.predict(OTHERS), estimator.predict(OTHERS))

    def test_metadata_requests_are_left_out(self, path: Path) -> None:
        with sklearn.config_context(enable_metadata_routing=True):
            estimator = ranker(features=OperationStatistics()).set_fit_request(sample_weight=True)
            save_model(estimator.fit(CELLS, TARGETS), path)
            loaded: Any = load_model(path, device="cpu")
            assert loaded.get_metadata_routing().fit.requests["sample_weight"] is None
        assert_array_equal(loaded.predict(OTHERS), estimator.predict(OTHERS))

    @pytest.mark.parametrize(
        "state", [torch.no_grad, torch.inference_mode, partial(torch.device, "meta")]
    )
    def test_state_of_torch(self, state: Any, path: Path) -> None:
        estimator = ranker(symmetry_breaking="random").fit(CELLS, TARGETS)
        with state():
            loaded = again(estimator, path)
            assert_array_equal(loaded.predict(OTHERS), estimator.predict(OTHERS))
        for one in (loaded, estimator):
            one.partial_fit(CELLS, TARGETS)
        assert_array_equal(loaded.predict(OTHERS), estimator.predict(OTHERS))

    def test_joblib_files_keep_working(self, path: Path) -> None:
        estimator = regressor(features=OperationStatistics()).fit(CELLS, TARGETS)
        joblib.dump(again(estimator, path), path)
        assert_array_equal(joblib.load(path).predict(OTHERS), estimator.predict(OTHERS))

    def test_the_caller_is_left_alone(self, path: Path) -> None:
        estimator = small(GCNRanker).fit(CELLS, TARGETS)
        before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
        again(estimator, path)
        assert_array_equal(torch.get_rng_state(), before[0])
        assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
        assert torch.empty(1).device == torch.device("cpu")


class TestDevices:
    def test_another_device(self, path: Path) -> None:
        """Fitted on a GPU, loaded where there is none: as if saved on the CPU."""
        estimator = ranker(random_state=1).fit(CELLS, TARGETS)
        expected = estimator.predict(OTHERS)
        estimator.network_.device = "cuda:1"
        save_model(estimator, path)
        loaded = load_model(path, device="cpu")
        assert loaded.device_ == "cpu"
        assert_array_equal(loaded.predict(OTHERS), expected)

    def test_the_device_asked_for(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        save_model(ranker(device="cpu").fit(CELLS, TARGETS), path)
        with monkeypatch.context() as patched:  # nobody may ask for what has no numbers
            patched.setattr(saving, "resolve_device", torch.device)
            loaded: Any = load_model(path, device="meta")
        assert {p.device.type for p in loaded.model_.parameters()} == {"meta"}
        assert loaded.device_ == "meta"
        assert loaded.device == "cpu"
        auto: Any = load_model(path)
        assert auto.device_ == ("cuda" if torch.cuda.is_available() else "cpu")

    def test_no_such_device(self, path: Path) -> None:
        save_model(ranker().fit(CELLS, TARGETS), path)
        with pytest.raises(ValueError, match="device='gpu' is no device that torch knows"):
            load_model(path, device="gpu")


class TestLayout:
    def test_is_that_of_safetensors(self, path: Path) -> None:
        """Little-endian, aligned, without holes."""
        estimator = ranker().fit(CELLS, TARGETS)
        save_model(estimator, path)
        header, data = parts(path)
        assert int.from_bytes(path.read_bytes()[:8], "little") % 8 == 0
        metadata = header.pop("__metadata__")
        assert metadata["format_version"] == "2"
        assert metadata["class"] == "TAGATESRanker"
        end = 0
        for entry in header.values():
            start, stop = entry["data_offsets"]
            assert start == end
            end = stop
        assert end == len(data)
        entry = header["encoders.network.weights.encoder.op_embedding"]
        assert entry["dtype"] == "F32"
        start, stop = entry["data_offsets"]
        weights = estimator.model_.encoder.op_embedding.detach().numpy()
        assert data[start:stop] == weights.astype("<f4").tobytes()

    def test_no_pickles(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        estimator = ranker(features=OperationStatistics()).fit(CELLS, TARGETS)

        def refuse(*args: Any, **kwargs: Any) -> Any:
            raise AssertionError

        for name in ("Pickler", "Unpickler", "dumps", "loads", "load", "dump"):
            monkeypatch.setattr(pickle, name, refuse)
        again(estimator, path)

    def test_permissions_are_those_of_any_new_file(self, path: Path) -> None:
        save_model(ranker().fit(CELLS, TARGETS), path)
        other = path.with_name("other")
        other.touch()
        assert path.stat().st_mode == other.stat().st_mode


class TestRefusedToSave:
    def test_not_fitted(self, path: Path) -> None:
        with pytest.raises(NotFittedError):
            save_model(TAGATESRanker(), path)
        assert not path.exists()

    @pytest.mark.parametrize("other", [WLKernelGP(), make_pipeline(TAGATESRanker()), "model"])
    def test_other_estimators(self, other: Any, path: Path) -> None:
        message = rf"A {type(other).__name__} has no model file; one of .*joblib\.dump saves any"
        with pytest.raises(ModelFileError, match=message):
            save_model(other, path)

    def test_subclasses(self, path: Path) -> None:
        class Mine(TAGATESRanker):
            """Rank in another way."""

        with pytest.raises(ModelFileError, match="A Mine has no model file"):
            save_model(Mine(max_iter=1).fit(CELLS, TARGETS), path)

    def test_parameters_without_a_form(self, path: Path) -> None:
        estimator = ranker(random_state=np.random.RandomState(0)).fit(CELLS, TARGETS)
        message = "random_state is a RandomState, which a model file has no form for. Set the param"
        with pytest.raises(ModelFileError, match=message):
            save_model(estimator, path)
        save_model(estimator.set_params(random_state=0), path)

    def test_features_without_a_form(self, path: Path) -> None:
        features = FunctionTransformer(lambda X: np.ones((len(X), 1)))
        estimator = ranker(features=features).fit(CELLS, TARGETS)
        with pytest.raises(ModelFileError, match="features is a FunctionTransformer, which"):
            save_model(estimator, path)

    def test_arrays_without_a_form(self, path: Path) -> None:
        estimator = ranker(operations=np.array(OPERATIONS)).fit(CELLS, TARGETS)
        with pytest.raises(ModelFileError, match="operations is a ndarray of dtype <U12, which"):
            save_model(estimator, path)

    def test_sizes_set_anew(self, path: Path) -> None:
        estimator = small(GCNRanker).fit(CELLS, TARGETS).set_params(layer_dim=8)
        with pytest.raises(ModelFileError, match="Parameters of this GCNRanker were set anew"):
            save_model(estimator, path)
