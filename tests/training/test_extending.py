"""A loss and an encoder of one's own, through the doors that ours come in by."""

from __future__ import annotations

import pickle
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.utils._param_validation import InvalidParameterError
from torch import Tensor, nn

from tagates_sk.baselines import GCNRanker, NeuralBaseline
from tagates_sk.baselines._base import CELLS as AS_CELLS
from tagates_sk.metrics import kendall_tau
from tagates_sk.model_files import load_model, save_model
from tagates_sk.nn.encoder import Encoding
from tagates_sk.nn.padded import CellBatch, CellSpec
from tagates_sk.training.losses import LOSSES, Loss
from tagates_sk.training.tasks import RANKING, REGRESSION
from tests.baselines.estimators import SMALL
from tests.baselines.estimators import small as small_baseline
from tests.small import BOTH, CELLS, TARGETS, chain, ranker, regressor


def absolute(scores: Tensor, targets: Tensor, weights: Tensor | None, **settings: Any) -> Tensor:
    """Mean absolute error."""
    assert {"margin", "max_pairs", "generator"} <= set(settings)
    errors = (scores - targets).abs()
    return errors.mean(0) if weights is None else (errors * weights).sum(0) / weights.sum(0)


def order_only(scores: Tensor, targets: Tensor, weights: Tensor | None, **settings: Any) -> Tensor:
    """Minus the covariance with the places of the targets, kept from running away."""
    places = targets.argsort(0).argsort(0).to(scores.dtype)
    return ((scores**2) / 100 - scores * (places - places.mean(0)) / len(places)).mean(0)


class TestLoss:
    @pytest.fixture(autouse=True)
    def toys(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(LOSSES, "toy", Loss(absolute, reads_order=False))
        monkeypatch.setitem(LOSSES, "order", Loss(order_only, reads_order=True, least_batch=2))

    @pytest.mark.parametrize("make", [*BOTH, partial(small_baseline, GCNRanker)])
    def test_is_learned(self, make: Any) -> None:
        options = {"max_iter": 60, "learning_rate": 0.01}
        toy, other = (make(loss=loss, **options).fit(CELLS, TARGETS) for loss in ("toy", "mse"))
        assert kendall_tau(TARGETS, toy.predict(CELLS)) > 0.7
        assert (toy.predict(CELLS) != other.predict(CELLS)).any()

    def test_with_members_weights_and_holes_in_targets(self) -> None:
        y = np.column_stack([TARGETS, np.where(np.arange(40) % 3, TARGETS, np.nan)])
        fitted = ranker(loss="toy", n_members=2, max_iter=80, learning_rate=0.01)
        fitted.fit(CELLS, y, sample_weight=1.0 + np.arange(40) % 2)
        assert kendall_tau(TARGETS, fitted.predict(CELLS)) > 0.6

    def test_of_the_order_reads_the_order(self) -> None:
        plain, curved = (
            ranker(loss="order").fit(CELLS, y).predict(CELLS) for y in (TARGETS, TARGETS**3)
        )
        assert_array_equal(plain, curved)
        with pytest.raises(ValueError, match="batch_size=1 with loss='order'"):
            ranker(loss="order", batch_size=1).fit(CELLS, TARGETS)

    def test_a_regressor_wants_units(self) -> None:
        regressor(loss="toy").fit(CELLS, TARGETS)
        with pytest.raises(InvalidParameterError, match=r"a str among \{'auto', 'mse', 'toy'\}"):
            regressor(loss="order").fit(CELLS, TARGETS)

    def test_is_saved_by_its_name(self, tmp_path: Path) -> None:
        fitted = ranker(loss="toy").fit(CELLS, TARGETS)
        save_model(fitted, tmp_path / "model")
        loaded: Any = load_model(tmp_path / "model", device="cpu")
        assert_array_equal(loaded.predict(CELLS), fitted.predict(CELLS))
        loaded.partial_fit(CELLS, TARGETS)

    def test_in_a_grid(self) -> None:
        grid = {"loss": ["hinge", "toy", "order"]}
        search = GridSearchCV(ranker(), grid, cv=2, error_score="raise").fit(CELLS, TARGETS)
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_a_loss_that_is_taken_away_is_refused() -> None:
    with pytest.raises(InvalidParameterError, match="'loss' parameter of TAGATESRanker must be"):
        ranker(loss="toy").fit(CELLS, TARGETS)


class Bag(nn.Module):
    """An encoder that only counts: the sum of a trained vector for each operation of a cell."""

    def __init__(self, spec: CellSpec, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        size = spec.n_operations + spec.n_symbols + 1
        self.vectors = nn.Parameter(torch.randn(size, dim, generator=generator))

    def forward(self, batch: CellBatch) -> Encoding:
        """Encode a batch."""
        states = self.vectors[batch.label] * batch.present[:, :, None]
        return Encoding(states.sum(1).reshape(batch.n_architectures, -1))


class BagRanker(NeuralBaseline):
    """Rank architectures by their operations alone."""

    _task = RANKING
    _input = AS_CELLS
    _n_layers = 1
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **NeuralBaseline._parameter_constraints,
        **RANKING.losses,
    }

    def _encoder(self, spec: CellSpec, generator: torch.Generator) -> tuple[Bag, int]:
        return Bag(spec, self.layer_dim, generator), spec.n_cells * self.layer_dim


class BagRegressor(BagRanker):
    """Predict performance by operations alone."""

    _task = REGRESSION
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **NeuralBaseline._parameter_constraints,
        **REGRESSION.losses,
    }


@pytest.mark.parametrize("cls", [BagRanker, BagRegressor])
class TestEncoder:
    def test_fits_and_predicts(self, cls: Any) -> None:
        fitted = cls(**SMALL | {"max_iter": 60, "learning_rate": 0.01}).fit(CELLS, TARGETS)
        assert kendall_tau(TARGETS, fitted.predict(CELLS)) > 0.7
        assert fitted.transform(CELLS).shape == (40, 16)
        assert fitted.score(CELLS, TARGETS) > 0.7
        assert fitted.get_feature_names_out()[0] == f"{cls.__name__.lower()}0"
        order = chain("nor_conv_1x1", "avg_pool_3x3"), chain("avg_pool_3x3", "nor_conv_1x1")
        assert_allclose(*fitted.predict(list(order)), rtol=1e-5)

    def test_clones(self, cls: Any) -> None:
        fitted = cls(**SMALL).fit(CELLS, TARGETS)
        copy = clone(fitted)
        assert not hasattr(copy, "network_")
        assert copy.get_params() == fitted.get_params()
        assert_array_equal(copy.fit(CELLS, TARGETS).predict(CELLS), fitted.predict(CELLS))

    def test_pickles(self, cls: Any) -> None:
        fitted = cls(**SMALL).fit(CELLS, TARGETS)
        again = pickle.loads(pickle.dumps(fitted))
        assert_array_equal(again.predict(CELLS), fitted.predict(CELLS))
        for one in (fitted, again):
            one.partial_fit(CELLS, TARGETS)
        assert_array_equal(again.predict(CELLS), fitted.predict(CELLS))

    def test_several_cells_and_unknown_operations(self, cls: Any) -> None:
        pairs = [(a, b) for a, b in zip(CELLS[::2], CELLS[1::2], strict=True)]
        fitted = cls(**SMALL, handle_unknown="ignore").fit(pairs, TARGETS[::2])
        assert fitted.transform(pairs).shape == (20, 32)
        assert np.isfinite(fitted.predict([(chain("new"), CELLS[0])])).all()

    def test_trains_like_ours(self, cls: Any) -> None:
        options = {"early_stopping": True, "warm_start": True, "n_iter_no_change": 2}
        estimator = cls(**SMALL | options)
        for _ in range(2):
            estimator.fit(CELLS, TARGETS, sample_weight=1.0 + np.arange(40))
        assert len(estimator.history_["validation_score"]) == estimator.n_iter_
        grid = GridSearchCV(cls(**SMALL), {"layer_dim": [4, 8]}, cv=2, error_score="raise")
        assert np.isfinite(grid.fit(CELLS, TARGETS).cv_results_["mean_test_score"]).all()
        with pytest.raises(TypeError, match=f"{cls.__name__} has no parameter 'epochs'. Did you"):
            cls(epochs=3)
