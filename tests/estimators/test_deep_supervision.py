"""A head for the encoding after every pass, the score being their mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from tagates_sk.metrics import kendall_tau
from tests.small import BOTH, CELLS, TARGETS, ranker

both = pytest.mark.parametrize("make", BOTH)
HEADS_OF_3 = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2))


def by_pass(fitted: Any) -> np.ndarray:
    """What the heads say of the cells, in training: shape (n, T, n_members)."""
    (chunk,) = fitted.encoders_.chunks(CELLS, "error")
    with torch.no_grad():
        scores, _ = fitted.model_(chunk.batch, torch.Generator().manual_seed(0))
    columns: np.ndarray = scores.double().numpy().reshape(len(CELLS), -1, fitted.n_members)
    return columns


def in_units(fitted: Any, scores: np.ndarray) -> np.ndarray:
    """Scores of shape (n, k, n_members) as predictions."""
    network = fitted.network_
    return network.scaler.in_units(scores) if network.in_units else scores


@both
@pytest.mark.parametrize("n_members", [1, 2])
def test_the_score_is_the_mean_of_the_passes(make: Any, n_members: int) -> None:
    fitted = make(T=3, dropout=0.0, n_members=n_members).fit(CELLS, TARGETS)
    scores = by_pass(fitted)
    assert scores.shape == (len(CELLS), 3, n_members)
    expected = in_units(fitted, scores.mean(1)[:, None])[:, 0]
    assert_allclose(fitted.predict_members(CELLS), expected, rtol=1e-4, atol=1e-5)


@both
def test_every_pass_learns(make: Any) -> None:
    fitted = make(T=3, max_iter=60, learning_rate=0.01, dropout=0.0).fit(CELLS, TARGETS)
    for scores in by_pass(fitted)[:, :, 0].T:
        assert kendall_tau(TARGETS, scores) > 0.7
    assert kendall_tau(TARGETS, fitted.predict(CELLS)) > 0.7


def test_the_first_pass_is_gates() -> None:
    """What its head reads is the encoding that one pass gives."""
    fitted = ranker(T=2).fit(CELLS, TARGETS)
    (chunk,) = fitted.encoders_.chunks(CELLS, "error")
    one = ranker(T=1, pretrained=None).fit(CELLS, TARGETS)
    weights = fitted.model_.encoder.state_dict()
    own = one.model_.encoder.state_dict()
    half = len(own["gate_weight"])  # the gates of the forward pass come first
    shared = {k: w[:half] if k.startswith("gate_") else w for k, w in weights.items() if k in own}
    one.model_.encoder.load_state_dict(shared)
    with torch.no_grad():
        (first,) = fitted.model_.encode(chunk.batch).earlier
    assert_allclose(first.numpy(), one.transform(CELLS), rtol=1e-5, atol=1e-6)


@both
def test_published_is_the_last_pass_alone(make: Any) -> None:
    fitted = make(T=3, dropout=0.0, deep_supervision=False).fit(CELLS, TARGETS)
    assert by_pass(fitted).shape[1] == 1
    assert len(fitted.model_.earlier_heads) == 0


@both
def test_columns_are_read_after_their_pass_and_those_that_follow(make: Any) -> None:
    """Of three passes the first of two columns is read after the last two, the final one always."""
    y = np.column_stack([-TARGETS, TARGETS])
    fitted = make(T=3, dropout=0.0).fit(CELLS, y)
    assert fitted.model_.encoder.config.heads == ((0, 1), (0, 2), (1, 0), (1, 1), (1, 2))
    scores = by_pass(fitted)
    means = np.stack([scores[:, :2].mean(1), scores[:, 2:5].mean(1)], axis=1)
    expected = in_units(fitted, means)[:, :, 0]
    assert_allclose(fitted.predict_anytime(CELLS), expected, rtol=1e-4, atol=1e-5)


@both
@pytest.mark.parametrize("n_members", [1, 2])
def test_columns_share_what_their_heads_say(make: Any, n_members: int) -> None:
    y = np.column_stack([-TARGETS, TARGETS, TARGETS**2])
    fitted = make(T=3, n_members=n_members).fit(CELLS, y)
    model, (chunk,) = fitted.model_, fitted.encoders_.chunks(CELLS, "error")
    heads = [*model.earlier_heads, model.head]
    with torch.no_grad():
        passes = model.encode(chunk.batch).passes
        own = [head(passes[i]).double() for head, (_, i) in zip(heads, HEADS_OF_3, strict=True)]
    assert model.encoder.config.heads == HEADS_OF_3
    means = torch.stack([torch.stack(s).mean(0) for s in (own[:3], own[3:5], own[5:])], 1).numpy()
    scores = 0.5 * means + 0.5 * means.sum(1, keepdims=True)
    members, weights = in_units(fitted, scores), fitted.column_weights_
    expected = np.stack([np.average(members[:, j], 1, weights[j]) for j in range(3)], 1)
    assert_allclose(fitted.predict_anytime(CELLS), expected, rtol=1e-4, atol=1e-4)


@both
@pytest.mark.parametrize("options", [{"anytime": False}, {"deep_supervision": False}])
def test_targets_of_any_kind_share_no_head(make: Any, options: dict[str, Any]) -> None:
    y = np.column_stack([-TARGETS, TARGETS])
    fitted = make(**options).fit(CELLS, y)
    model, (chunk,) = fitted.model_, fitted.encoders_.chunks(CELLS, "error")
    heads = [*model.earlier_heads, model.head]
    with torch.no_grad():
        passes = model.encode(chunk.batch).passes
        places = [i for _, i in model.encoder.config.heads]
        scores = torch.stack([head(passes[i]) for head, i in zip(heads, places, strict=True)], 1)
    expected = in_units(fitted, scores.double().numpy())[..., 0]
    assert_allclose(fitted.predict_anytime(CELLS), expected, rtol=1e-4, atol=1e-4)


@both
def test_published_is_a_head_for_each_column(make: Any) -> None:
    y = np.column_stack([-TARGETS, TARGETS])
    fitted = make(T=3, deep_supervision=False).fit(CELLS, y)
    assert fitted.model_.encoder.config.heads == ((0, 0), (1, 1))
    assert (
        len(fitted.model_.encode(next(fitted.encoders_.chunks(CELLS, "error")).batch).passes) == 2
    )


@both
def test_one_pass_has_one_head(make: Any) -> None:
    plain, deep = (
        make(T=1, deep_supervision=d).fit(CELLS, TARGETS).predict(CELLS) for d in (False, True)
    )
    assert_array_equal(plain, deep)


@both
def test_weights_reach_all_heads(make: Any) -> None:
    """Equal weights are none, and architectures without weight teach no head anything."""
    options = {"T": 2, "dropout": 0.0, "batch_size": 40}
    plain = make(**options).fit(CELLS, TARGETS)
    equal = make(**options).fit(CELLS, TARGETS, np.full(40, 2.0))
    assert_allclose(plain.predict(CELLS), equal.predict(CELLS), rtol=1e-3, atol=1e-4)
    seen = np.arange(40) < 20
    wrong = np.where(seen, TARGETS, -TARGETS)
    fits = [make(**options).fit(CELLS, y, seen.astype(float)) for y in (TARGETS, wrong)]
    assert_array_equal(by_pass(fits[0]), by_pass(fits[1]))
