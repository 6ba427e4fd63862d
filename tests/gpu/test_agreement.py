"""The GPU computes what the CPU does: fits, encodings, published numbers, zero-cost scores."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from tagates_sk import TrainingCondition
from tagates_sk.model_files import load_model, save_model
from tagates_sk.zero_cost import ZeroCostProxies, ZeroCostSaliency
from tests.baselines.estimators import NEURAL, small
from tests.nn.golden import NAMES
from tests.nn.test_golden import check_published_numbers
from tests.small import CELLS, TARGETS, ranker, regressor, sample
from tests.zero_cost.forms import CELLS as SMALL_CELLS
from tests.zero_cost.forms import TINY

from .device import GPU, IS_REAL, assert_scores_agree, needs_gpu

pytestmark = [pytest.mark.gpu, needs_gpu]

X = sample(60, seed=3)
MANY = sample(104, seed=4)  # recurrent networks join in
LATE = np.where(np.arange(40) % 3, TARGETS**2, np.nan)
CURVES = np.column_stack([-TARGETS, TARGETS, LATE])
CONDITIONS = [TrainingCondition([0.1] * n, augmentation=str(n)) for n in (4, 2)] * 20

Fit = Callable[..., Any]


# Short steps: where a gradient is nothing but rounding, Adam goes a whole step in any direction.
SLOW: dict[str, Any] = {"max_iter": 3, "learning_rate": 1e-4}


def plain(make: Fit, **others: Any) -> Fit:
    """Fit on a device."""
    return lambda device: make(device=device, **SLOW, **others).fit(CELLS, TARGETS)


FITS: dict[str, Fit] = {
    **{cls.__name__: plain(partial(small, cls, dropout=0.2)) for cls in NEURAL},
    "semi-supervised": lambda device: small(NEURAL[8], device=device, **SLOW).fit(
        CELLS, TARGETS, X_unlabeled=X
    ),
    "ranker": plain(ranker, n_members=3, dropout=0.2),
    "regressor": plain(regressor, n_members=3, dropout=0.2),
    "GATES": plain(ranker, T=1),
    "noise": plain(ranker, symmetry_breaking="random", n_members=2),
    "asynchronous": plain(regressor, propagation="asynchronous", n_members=2),
    "nodes, mean": plain(ranker, update="node", readout="mean", aggregation="mixed", n_members=2),
    "pairs": plain(ranker, max_pairs=50),
    "logistic": plain(ranker, loss="logistic"),
    "listmle": plain(ranker, loss="listmle"),
    "early stopping": plain(ranker, early_stopping=True, validation_fraction=0.3),
    "composed ranker": plain(ranker, members="all", n_members=2),
    "composed regressor": plain(regressor, members="all", n_members=2),
    "composed, recurrent": lambda device: ranker(device=device, members="all", **SLOW).fit(
        MANY, np.cos(np.arange(len(MANY)))
    ),
    "pre-trained": lambda device: (
        ranker(device=device, **SLOW).pretrain(X, max_iter=2).fit(CELLS, TARGETS)
    ),
    "several targets": lambda device: regressor(device=device, T=3, **SLOW).fit(CELLS, CURVES),
    "conditions": lambda device: regressor(device=device, **SLOW).fit(
        CELLS, TARGETS, conditions=CONDITIONS
    ),
}


def test_the_semi_supervised_one_is_meant() -> None:
    assert NEURAL[8].__name__ == "SemiNASRanker"


def is_ranker(fitted: Any) -> bool:
    """Whether its scores have no unit."""
    return type(fitted).__name__.endswith("Ranker")


def says(fitted: Any) -> np.ndarray:
    """All that an estimator says of cells, in columns."""
    columns = [fitted.predict(X)[:, None]]
    if hasattr(fitted, "predict_members"):
        columns.append(fitted.predict_members(X))
    if getattr(fitted, "conditions_", None) is not None:
        columns.append(fitted.predict(X, conditions=CONDITIONS[1])[:, None])
    if getattr(fitted, "n_targets_", 1) > 1:
        columns.append(fitted.predict_anytime(X))
        columns.append(fitted.predict(X, partial=np.tile([1.0, 2.0], (60, 1)))[:, None])
    return np.concatenate(columns, 1)


@pytest.mark.parametrize("name", FITS)
def test_fits_agree_and_move(name: str, tmp_path: Path) -> None:
    """From one seed; and what was fitted on either device predicts the same on the other."""
    on_gpu, on_cpu = (FITS[name](device) for device in (GPU, "cpu"))
    assert on_gpu.device_.startswith(GPU)
    assert_scores_agree(says(on_gpu), says(on_cpu), shift=is_ranker(on_cpu))
    for fitted, other in ((on_gpu, "cpu"), (on_cpu, GPU)):
        path = tmp_path / f"{other}.safetensors"
        save_model(fitted, path)
        loaded = load_model(path, device=other)
        assert loaded.device_.startswith(other)
        assert_scores_agree(says(loaded), says(fitted))


def test_auto_is_the_gpu() -> None:
    fitted = ranker(device="auto").fit(CELLS, TARGETS)
    assert fitted.device_.startswith(GPU)
    loaded = pickle.loads(pickle.dumps(fitted))
    assert loaded.device_ == fitted.device_
    assert_allclose(loaded.predict(X), fitted.predict(X), rtol=1e-6)


@pytest.mark.parametrize(
    "name", [name for name in FITS if not name.startswith(("composed", "conditions"))]
)
def test_encodings_agree(name: str) -> None:
    """Those of one set of weights."""
    fitted = FITS[name]("cpu")
    expected = fitted.transform(X)
    fitted.network_.to(torch.device(GPU))
    assert_allclose(fitted.transform(X), expected, rtol=0, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_published_numbers(name: str, dtype: torch.dtype) -> None:
    check_published_numbers(name, dtype, GPU)


def test_zero_cost_scores_agree() -> None:
    on_gpu, on_cpu = (
        ZeroCostProxies(device=device, **TINY).fit(SMALL_CELLS).transform(SMALL_CELLS)
        for device in (GPU, "cpu")
    )
    assert_scores_agree(on_gpu, on_cpu)


def test_saliencies_agree() -> None:
    on_gpu, on_cpu = (
        np.concatenate(
            ZeroCostSaliency(device=device, **TINY).fit(SMALL_CELLS).raw_saliencies(SMALL_CELLS)
        )
        for device in (GPU, "cpu")
    )
    assert_scores_agree(on_gpu, on_cpu)


@pytest.mark.skipif(not IS_REAL, reason="there is no GPU to count")
def test_a_number_beyond_the_last_gpu() -> None:
    n = torch.cuda.device_count()
    with pytest.raises(ValueError, match=f"device='cuda:{n}' is not available .* 'cuda:{n - 1}'"):
        ranker(device=f"cuda:{n}").fit(CELLS, TARGETS)
