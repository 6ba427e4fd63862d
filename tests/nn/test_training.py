"""The training loop, on a linear model: schedules, stopping, interruptions, divergence."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from tagates_sk.training.trainer import (
    FitInterruptedWarning,
    NonFiniteLossError,
    TrainingOptions,
    TrainingResult,
    train,
)
from tests.small import CELLS, TARGETS, ranker

N = 12
CONFIG = TrainingOptions(
    loss="mse", margin=0.1, max_pairs=None, optimizer="adamw", learning_rate=0.01,
    schedule="constant", weight_decay=0.0, batch_size=5, max_iter=10, n_iter_no_change=3,
    tol=0.0, verbose=0,
)  # fmt: skip


class Linear:
    """A linear model, data it can fit, and a record of the training."""

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(0)
        self.model = torch.nn.Linear(3, 1)
        with torch.no_grad():
            for parameter in self.model.parameters():
                parameter.normal_(generator=generator)
        self.x = torch.randn(N, 3, generator=generator)
        self.y = self.x @ torch.tensor([1.0, -2.0, 0.5])
        self.steps: list[np.ndarray] = []
        self.states: list[torch.Tensor] = []

    def score(self, rows: np.ndarray, generator: torch.Generator) -> torch.Tensor:
        self.steps.append(rows)
        out: torch.Tensor = self.model(self.x[torch.from_numpy(rows)])[:, 0]
        return out

    def scripted(self, scores: list[float | type[BaseException]]) -> Callable[[], float]:
        """A validation function that gives these scores and notes the states."""
        left = iter(scores)

        def validate() -> float:
            assert not self.model.training
            score = next(left)
            if isinstance(score, type):
                raise score
            self.states.append(self.model.weight.detach().clone())
            return score

        return validate

    def train(self, seed: int = 0, **changes: Any) -> TrainingResult:
        options = {key: changes.pop(key) for key in ("validate", "optimizer_state")
                   if key in changes}  # fmt: skip
        weights = changes.pop("weights", None)
        score = changes.pop("score", self.score)
        config = replace(CONFIG, **changes)
        rng = np.random.RandomState(seed)
        return train(self.model, score, self.y, weights, config, rng, **options)


def lengths(result: TrainingResult) -> set[int]:
    return {len(values) for values in result.history.values()}


@pytest.mark.parametrize("optimizer", ["adamw", "adam"])
@pytest.mark.parametrize("loss", ["hinge", "logistic", "listmle", "mse"])
def test_learns(loss: str, optimizer: str) -> None:
    linear = Linear()
    result = linear.train(loss=loss, optimizer=optimizer, max_iter=60)
    history = result.history["loss"]
    assert history[-1] < 0.5 * history[0]
    assert set(result.history) == {"loss", "learning_rate"}
    assert lengths(result) == {60}
    assert result.n_iter == result.best_iter == 60
    assert not linear.model.training


def test_each_epoch_is_a_permutation_in_steps_of_nearly_equal_size() -> None:
    linear = Linear()
    linear.train(max_iter=2)
    steps = linear.steps[:6]  # what comes after them is no step
    assert [len(rows) for rows in steps] == [4, 4, 4] * 2
    epochs = [np.concatenate(steps[:3]), np.concatenate(steps[3:])]
    assert not np.array_equal(*epochs)
    for epoch in epochs:
        assert sorted(epoch) == list(range(N))


def test_loss_of_an_epoch_is_the_mean_over_architectures() -> None:
    linear = Linear()
    with torch.no_grad():
        expected = ((linear.model(linear.x)[:, 0] - linear.y) ** 2).mean().item()
    result = linear.train(learning_rate=1e-12, batch_size=7, max_iter=1)
    assert result.history["loss"] == [pytest.approx(expected, rel=1e-5)]


def test_weights_of_zero_leave_out() -> None:
    """Full batches make it exact up to rounding: shuffling changes the order of a sum only."""
    weights = torch.ones(N)
    weights[::3] = 0
    whole, part = Linear(), Linear()
    keep = weights > 0
    part.x, part.y = part.x[keep], part.y[keep]
    whole.train(weights=weights, batch_size=N)
    part.train(batch_size=N)
    torch.testing.assert_close(whole.model.weight, part.model.weight, rtol=1e-4, atol=1e-5)


def test_a_column_of_weight_zero_teaches_nothing() -> None:

    def two_columns(*weights: float) -> torch.Tensor:
        fit = Linear()
        train(
            fit.model,
            lambda rows, generator: fit.score(rows, generator)[:, None].expand(-1, 2),
            torch.stack([fit.y, -fit.y], 1),
            None,
            replace(CONFIG, batch_size=N, max_iter=1),
            np.random.RandomState(0),
            column_weights=torch.tensor(weights),
        )
        return fit.model.weight.detach()

    alone, opposite = Linear(), Linear()
    opposite.y = -opposite.y
    for fit in (alone, opposite):
        fit.train(batch_size=N, max_iter=1)
    torch.testing.assert_close(two_columns(1.0, 0.0), alone.model.weight.detach())
    torch.testing.assert_close(two_columns(0.0, 1.0), opposite.model.weight.detach())


def test_weight_decay_shrinks() -> None:
    plain, decayed = Linear(), Linear()
    plain.train(max_iter=20)
    decayed.train(max_iter=20, weight_decay=5.0)
    assert decayed.model.weight.norm() < 0.8 * plain.model.weight.norm()


def test_one_cycle_reaches_the_learning_rate_and_ends_low() -> None:
    result = Linear().train(schedule="one_cycle", batch_size=N, max_iter=10)
    rates = result.history["learning_rate"]
    peak = int(np.argmax(rates))
    assert rates[peak] == pytest.approx(CONFIG.learning_rate)
    assert 0 < peak < 5
    assert rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[-1] < 0.01 * CONFIG.learning_rate


@pytest.mark.parametrize("max_iter", [1, 2, 3])
def test_one_cycle_of_few_steps(max_iter: int) -> None:
    assert Linear().train(schedule="one_cycle", batch_size=N, max_iter=max_iter).n_iter == max_iter


def test_one_cycle_of_one_step_has_the_learning_rate() -> None:
    one, constant = Linear(), Linear()
    result = one.train(schedule="one_cycle", batch_size=N, max_iter=1)
    assert result.history["learning_rate"] == [CONFIG.learning_rate]
    constant.train(schedule="constant", batch_size=N, max_iter=1)
    assert torch.equal(one.model.weight, constant.model.weight)


@pytest.mark.parametrize("loss", ["hinge", "logistic", "listmle"])
def test_steps_without_anything_to_rank(loss: str) -> None:
    linear = Linear()
    message = f"batch_size=1 with loss='{loss}': a step of one architecture has nothing to rank"
    with pytest.raises(ValueError, match=message):
        linear.train(loss=loss, batch_size=1)
    linear.train(loss=loss, batch_size=N - 1, max_iter=1)
    before = linear.model.weight.detach().clone()
    linear.train(loss="mse", batch_size=1, max_iter=1)
    assert not torch.equal(linear.model.weight, before)


def test_constant_schedule() -> None:
    assert set(Linear().train().history["learning_rate"]) == {CONFIG.learning_rate}


def test_going_on_keeps_the_moments_but_takes_the_new_learning_rate() -> None:
    """One step each from equal weights: with moments of its own, the step differs."""
    first = Linear()
    state = first.train(max_iter=3).optimizer_state
    weights = first.model.state_dict()

    def step(optimizer_state: dict[str, Any] | None) -> torch.Tensor:
        linear = Linear()
        linear.model.load_state_dict(weights)
        result = linear.train(
            max_iter=1, batch_size=N, learning_rate=0.5, optimizer_state=optimizer_state
        )
        assert result.history["learning_rate"] == [0.5]
        return (linear.model.weight - weights["weight"]).detach()

    fresh, gone_on = step(None), step(state)
    # Without moments Adam's first step has the length of the learning rate in each direction.
    torch.testing.assert_close(fresh.abs(), torch.full_like(fresh, 0.5), rtol=1e-3, atol=0)
    assert not torch.allclose(gone_on.abs(), fresh.abs(), rtol=1e-3)


class TestEarlyStopping:
    def test_stops_and_restores_the_best_state(self) -> None:
        linear = Linear()
        validate = linear.scripted([0.1, 0.2, 0.5, 0.4, 0.45, 0.3])
        result = linear.train(validate=validate)
        assert result.n_iter == 6
        assert result.best_iter == 3
        assert result.history["validation_score"] == [0.1, 0.2, 0.5, 0.4, 0.45, 0.3]
        assert lengths(result) == {6}
        assert torch.equal(linear.model.weight, linear.states[2])
        assert not torch.equal(linear.model.weight, linear.states[-1])

    def test_restores_the_best_state_without_stopping(self) -> None:
        linear = Linear()
        result = linear.train(validate=linear.scripted([0.1, 0.9, 0.3, 0.4]), max_iter=4)
        assert (result.n_iter, result.best_iter) == (4, 2)
        assert torch.equal(linear.model.weight, linear.states[1])

    def test_never_without_n_iter_no_change(self) -> None:
        linear = Linear()
        result = linear.train(validate=linear.scripted([0.9] + [0.1] * 9), n_iter_no_change=None)
        assert (result.n_iter, result.best_iter) == (10, 1)

    def test_an_improvement_below_tol_is_none(self) -> None:
        linear = Linear()
        result = linear.train(validate=linear.scripted([0.1, 0.105, 0.11, 0.109]), tol=0.02)
        assert (result.n_iter, result.best_iter) == (4, 1)


class TestInterruption:
    """Ctrl-C keeps the best state so far and says which."""

    def interrupted(self, linear: Linear, after: int, **changes: Any) -> tuple[TrainingResult, str]:
        """Interrupted in the second of the three steps of the epoch after these."""

        def score(rows: np.ndarray, generator: torch.Generator) -> torch.Tensor:
            if len(linear.steps) == 3 * after + 1:
                raise KeyboardInterrupt
            return linear.score(rows, generator)

        with pytest.warns(FitInterruptedWarning) as caught:
            result = linear.train(score=score, **changes)
        assert lengths(result) == {after}
        assert result.n_iter == after
        assert not linear.model.training
        return result, str(caught[0].message)

    def test_with_validation(self) -> None:
        linear = Linear()
        validate = linear.scripted([0.1, 0.8, 0.3])
        _, message = self.interrupted(linear, 3, validate=validate)
        assert message == (
            "The fit was interrupted after 3 of 10 epochs; it keeps the weights of epoch 2, the "
            "best by validation score."
        )
        assert torch.equal(linear.model.weight, linear.states[1])

    def test_with_the_training_loss(self) -> None:
        linear = Linear()
        result, message = self.interrupted(linear, 4)
        best = int(np.argmin(result.history["loss"])) + 1
        assert f"after 4 of 10 epochs; it keeps the weights of epoch {best}, the best by" in message
        assert message.endswith("training loss.")
        shorter = Linear()
        shorter.train(max_iter=best)
        assert torch.equal(linear.model.weight, shorter.model.weight)

    def test_in_the_first_epoch(self) -> None:
        result, message = self.interrupted(Linear(), 0)
        assert "after 0 of 10 epochs; it keeps the weights at the interruption." in message
        assert result.best_iter == 0

    def test_while_validating(self) -> None:
        """The epoch that was not validated does not count."""
        linear = Linear()
        validate = linear.scripted([0.1, 0.2, KeyboardInterrupt])
        with pytest.warns(FitInterruptedWarning, match="after 2 of 10 epochs.* of epoch 2,"):
            result = linear.train(validate=validate)
        assert lengths(result) == {2}
        assert torch.equal(linear.model.weight, linear.states[1])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_non_finite_loss(value: float) -> None:
    linear = Linear()

    def score(rows: np.ndarray, generator: torch.Generator) -> torch.Tensor:
        factor = value if len(linear.steps) == 2 else 1.0
        return linear.score(rows, generator) * factor

    message = (
        rf"The training loss is {value} in epoch 3 of 10\. Try a smaller learning_rate \(now "
        r"0\.01\), a smaller s, and targets and zero_cost vectors without extreme values\."
    )
    with pytest.raises(NonFiniteLossError, match=message):
        linear.train(score=score, batch_size=N)
    assert torch.isfinite(linear.model.weight).all()  # the last good state


class TestLastStep:
    """What the last step did is looked at, too."""

    @pytest.mark.parametrize(
        ("rate", "message"),
        [(1e30, "The scores or their loss are not finite after epoch 1 of 1. Try a smaller"),
         (1e39, "The weights are not finite after epoch 1 of 1. Try a smaller")],
    )  # fmt: skip
    def test_too_long(self, rate: float, message: str) -> None:
        linear = Linear()
        before = linear.model.weight.detach().clone()
        with pytest.raises(NonFiniteLossError, match=message):
            linear.train(learning_rate=rate, batch_size=N, max_iter=1)
        assert torch.equal(linear.model.weight, before)
        assert not linear.model.training

    def test_of_an_earlier_epoch(self) -> None:
        """The state after the epoch of the least loss is as useless: back to the start."""
        linear = Linear()
        before = linear.model.weight.detach().clone()
        with pytest.raises(NonFiniteLossError, match="The training loss is inf in epoch 2 of 3"):
            linear.train(learning_rate=1e30, batch_size=N, max_iter=3)
        assert torch.equal(linear.model.weight, before)

    def test_with_validation(self) -> None:
        linear = Linear()
        before = linear.model.weight.detach().clone()
        message = "The scores are not finite after epoch 1 of 3. Try a smaller"
        with pytest.raises(NonFiniteLossError, match=message) as caught:
            linear.train(
                learning_rate=1e30, batch_size=N, max_iter=3, validate=linear.scripted([ValueError])
            )
        assert isinstance(caught.value.__cause__, ValueError)
        assert torch.equal(linear.model.weight, before)

    def test_another_error_of_a_validation(self) -> None:
        linear = Linear()
        with pytest.raises(ValueError, match=r"^$"):
            linear.train(validate=linear.scripted([0.5, ValueError]))

    @pytest.mark.parametrize("early_stopping", [False, True])
    def test_of_an_estimator(self, early_stopping: bool) -> None:
        options: dict[str, Any] = {"schedule": "constant", "batch_size": 64, "n_members": 5}
        estimator = ranker(max_iter=1, learning_rate=1e10, early_stopping=early_stopping, **options)
        with pytest.raises(NonFiniteLossError, match="not finite after epoch 1 of 1"):
            estimator.fit(CELLS, TARGETS)

    def test_of_partial_fit(self) -> None:
        estimator = ranker(learning_rate=1e10, batch_size=64)
        for _ in range(2):
            with pytest.raises(NonFiniteLossError):
                estimator.partial_fit(CELLS, TARGETS)
        estimator.set_params(learning_rate=1e-3).partial_fit(CELLS, TARGETS)
        assert np.isfinite(estimator.predict(CELLS)).all()


def test_same_seed_same_weights() -> None:
    weights = []
    for seed in (1, 1, 2):
        linear = Linear()
        linear.train(seed, loss="hinge", max_pairs=4)
        weights.append(linear.model.weight.detach())
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_global_generators_stay_as_they_are() -> None:
    before = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
    linear = Linear()
    start = torch.get_rng_state()  # building torch.nn.Linear draws from torch's own
    linear.train(loss="hinge", max_pairs=4)
    assert torch.equal(torch.get_rng_state(), start)
    assert np.random.get_state()[1].tolist() == before[1]  # noqa: NPY002
    assert random.getstate() == before[2]


@pytest.mark.parametrize("verbose", [0, 1])
def test_progress_bar(verbose: int, capsys: pytest.CaptureFixture[str]) -> None:
    Linear().train(verbose=verbose)
    shown = capsys.readouterr()
    assert ("10/10" in shown.err) == bool(verbose)
    assert shown.out == ""
