"""The end of training predicted from its beginning and the graph."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from tagates_sk.metrics import kendall_tau
from tagates_sk.model_files import load_model, save_model
from tagates_sk.nn.extrapolation import CUT_OFF, observation_inputs
from tests.small import BOTH, CELLS, TARGETS, as_array, ranker, regressor

both = pytest.mark.parametrize("make", BOTH)
NOISE = np.random.RandomState(0).normal(size=(2, 40))
HIDDEN = TARGETS + 3 * NOISE[0]
"""Final performance that graphs tell half of."""
CURVES = np.column_stack([HIDDEN - 2 + NOISE[1], HIDDEN - 1 + 0.1 * NOISE[1], HIDDEN])


@both
@pytest.mark.parametrize("options", [{}, {"anytime": False}, {"n_members": 2, "bootstrap": True}])
def test_observations_tell_what_graphs_do_not(make: Any, options: dict[str, Any]) -> None:
    train, test = np.arange(30), np.arange(30, 40)
    fitted = make(T=3, max_iter=40, learning_rate=0.02, **options)
    fitted.fit([CELLS[i] for i in train], CURVES[train])
    unseen = [CELLS[i] for i in test]
    blind = kendall_tau(HIDDEN[test], fitted.predict(unseen))
    told = kendall_tau(HIDDEN[test], fitted.predict(unseen, partial=CURVES[test, :2]))
    assert told > max(blind, 0.6)


@both
@pytest.mark.parametrize("n_members", [1, 3])
def test_nothing_observed_is_plain_prediction(make: Any, n_members: int) -> None:
    fitted = make(T=3, n_members=n_members).fit(CELLS, CURVES)
    nothing = np.full((40, 2), np.nan)
    plain = fitted.predict(CELLS)
    assert_array_equal(fitted.predict(CELLS, partial=nothing), plain)
    some = nothing.copy()
    some[::2, 0] = CURVES[::2, 0]
    mixed = fitted.predict(CELLS, partial=some)
    assert_array_equal(mixed[1::2], plain[1::2])
    assert (mixed[::2] != plain[::2]).all()


def test_missing_columns_are_columns_of_nan() -> None:
    fitted = regressor(T=3).fit(CELLS, CURVES)
    short = fitted.predict(CELLS, partial=CURVES[:, :1])
    for width in (2, 3):
        padded = np.full((40, width), np.nan)
        padded[:, 0] = CURVES[:, 0]
        assert_array_equal(fitted.predict(CELLS, partial=padded), short)


@both
def test_rows_do_not_depend_on_each_other(make: Any) -> None:
    fitted = make(T=3).fit(CELLS, CURVES)
    order = np.random.RandomState(1).permutation(40)
    together = fitted.predict(CELLS, partial=CURVES[:, :2])
    permuted = fitted.predict([CELLS[i] for i in order], partial=CURVES[order, :2])
    assert_allclose(permuted, together[order], rtol=1e-4, atol=1e-5)


def test_a_series_is_read_by_position() -> None:
    pandas = pytest.importorskip("pandas")
    fitted = regressor(T=3).fit(CELLS, CURVES)
    series = pandas.Series(as_array(CELLS), index=np.random.RandomState(0).permutation(40))
    predicted = fitted.predict(series, partial=CURVES[:, :2])
    assert_array_equal(predicted, fitted.predict(CELLS, partial=CURVES[:, :2]))


@both
def test_many_architectures_are_read_in_parts(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fitted = make(T=3).fit(CELLS, CURVES)
    whole = fitted.predict(CELLS, partial=CURVES[:, :2])
    monkeypatch.setattr("tagates_sk.training.network.BATCH", 7)
    parts = fitted.predict(CELLS, partial=CURVES[:, :2])
    assert_allclose(parts, whole, rtol=1e-4, atol=1e-5)


def test_training_curves_may_have_holes() -> None:
    y = CURVES.copy()
    y[::3, 0] = y[1::3, 1] = y[2::5, 2] = np.nan
    fitted = regressor(T=3, max_iter=20).fit(CELLS, y)
    assert np.isfinite(fitted.predict(CELLS, partial=y[:, :2])).all()


def test_standard_deviations() -> None:
    fitted = regressor(T=3, n_members=3).fit(CELLS, CURVES)
    mean, std = fitted.predict(CELLS, return_std=True, partial=CURVES[:, :2])
    assert_array_equal(mean, fitted.predict(CELLS, partial=CURVES[:, :2]))
    assert std.shape == (40,)
    assert (std > 0).all()


@both
def test_saved_and_loaded(make: Any, tmp_path: Path) -> None:
    fitted = make(T=3, n_members=2, dropout=0.2).fit(CELLS, CURVES)
    expected = fitted.predict(CELLS, partial=CURVES[:, :2])
    save_model(fitted, tmp_path / "model")
    for again in (load_model(tmp_path / "model", device="cpu"), pickle.loads(pickle.dumps(fitted))):
        assert_array_equal(again.predict(CELLS, partial=CURVES[:, :2]), expected)


@given(st.integers(0, 2**31 - 1), st.integers(1, 5))
def test_hidden_in_training_but_never_all(seed: int, k: int) -> None:
    rng = np.random.RandomState(seed)
    observed = np.where(rng.rand(50, k) < 0.6, 10 * rng.normal(size=(50, k)), np.nan)
    tensor = torch.from_numpy(observed)
    values, known = observation_inputs(tensor).chunk(2, dim=1)
    assert_array_equal(known.numpy(), np.isfinite(observed))
    assert_allclose(values.numpy(), np.nan_to_num(observed.clip(-CUT_OFF, CUT_OFF)))
    _, kept = observation_inputs(tensor, torch.Generator().manual_seed(seed)).chunk(2, dim=1)
    assert (kept <= known).all()
    assert_array_equal(kept.any(1).numpy(), known.any(1).numpy())


class TestErrors:
    def test_one_target(self) -> None:
        with pytest.raises(ValueError, match=r"partial holds .* y had one column in fit"):
            ranker().fit(CELLS, TARGETS).predict(CELLS, partial=CURVES[:, :1])

    @pytest.mark.parametrize("shape", [(39, 2), (40, 4)])
    def test_shape(self, shape: tuple[int, int]) -> None:
        fitted = ranker(T=3).fit(CELLS, CURVES)
        message = f"partial has shape {shape} for 40 architectures and 3 columns of y in fit"
        with pytest.raises(ValueError, match=re.escape(message)):
            fitted.predict(CELLS, partial=np.zeros(shape))

    def test_infinite(self) -> None:
        with pytest.raises(ValueError, match="Input partial contains infinity"):
            ranker(T=3).fit(CELLS, CURVES).predict(CELLS, partial=np.full((40, 1), np.inf))

    def test_final_value(self) -> None:
        partial = np.full((40, 3), np.nan)
        partial[7, 2] = 93.5
        with pytest.raises(ValueError, match=r"partial has the final value 93\.5 in row 7"):
            ranker(T=3).fit(CELLS, CURVES).predict(CELLS, partial=partial)
