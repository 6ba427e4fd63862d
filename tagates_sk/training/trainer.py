"""The training loop: any model that scores a batch, on the targets of a few architectures."""

from __future__ import annotations

import logging
import math
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .._utils import progress
from ..graphs.foreign import echo
from ..nn.devices import on_device
from .losses import LOSSES
from .tasks import Task

MANY = 500
"""Beyond so many architectures "auto" may be larger batches."""

LONG = 60.0
"""Seconds beyond which a training says at once how long it will take."""

_LOGGER = logging.getLogger("tagates_sk")

Scored = tuple[Tensor, Tensor | None]


class NonFiniteLossError(ArithmeticError):
    """The training loss, or what a step made of the weights, is infinite or not a number."""


class FitInterruptedWarning(UserWarning):
    """A fit was interrupted; the best state so far is kept."""


@dataclass(frozen=True)
class TrainingOptions:
    """How to train.

    Parameters
    ----------
    loss : str
        A name in :data:`~tagates_sk.training.losses.LOSSES`.
    margin : float
        Of the hinge loss.
    max_pairs : int or None
        Most pairs a batch, for the pairwise losses.
    optimizer : {"adamw", "adam"}
    learning_rate : float
        The highest one of the schedule.
    schedule : {"one_cycle", "constant"}
        A cycle of a single step is constant.
    weight_decay : float
    batch_size : int
        Architectures a step; an epoch is cut into steps of nearly equal size.
    max_iter : int
        Epochs.
    n_iter_no_change : int or None
        With a validation function: epochs without improvement after which to
        stop.
    tol : float
        What counts as an improvement.
    verbose : int
        Whether to show a progress bar.
    encoder_rate : float
        What the learning rate of the model's encoder is multiplied by.
    """

    loss: str
    margin: float
    max_pairs: int | None
    optimizer: str
    learning_rate: float
    schedule: str
    weight_decay: float
    batch_size: int
    max_iter: int
    n_iter_no_change: int | None
    tol: float
    verbose: int
    encoder_rate: float = 1.0


def training_options(
    parameters: dict[str, Any], task: Task, n: int, *, batch_of_many: int = 32, **changes: Any
) -> TrainingOptions:
    """How to train on n architectures, by an estimator's parameters but for the changes.

    Parameters
    ----------
    parameters : dict
        Names and values; those that are no options of training are left out.
    task : Task
        Its loss is what "auto" is.
    n : int
    batch_of_many : int, default=32
        What ``batch_size="auto"`` is with more than :data:`MANY` architectures.
    **changes
        Options of training.
    """
    names = [option.name for option in fields(TrainingOptions)]
    options = {name: parameters[name] for name in names if name in parameters} | changes
    if options["loss"] == "auto":
        options["loss"] = task.loss
    if options["batch_size"] == "auto":
        options["batch_size"] = 32 if n <= MANY else batch_of_many
    return TrainingOptions(**options)


@dataclass
class TrainingResult:
    """What a training did.

    Parameters
    ----------
    history : dict of str to list of float
        ``"loss"`` and ``"learning_rate"`` of every epoch, ``"validation_score"``
        where there is one.
    n_iter : int
        Epochs that were completed.
    best_iter : int
        Epoch whose state is kept, counted from 1.
    optimizer_state : dict
        To go on with.
    """

    history: dict[str, list[float]] = field(default_factory=dict)
    n_iter: int = 0
    best_iter: int = 0
    optimizer_state: dict[str, Any] = field(default_factory=dict)


def train(
    model: nn.Module,
    score: Callable[[np.ndarray[Any, Any], torch.Generator], Tensor | Scored],
    targets: Tensor,
    weights: Tensor | None,
    options: TrainingOptions,
    rng: np.random.RandomState,
    *,
    column_weights: Tensor | None = None,
    validate: Callable[[], float] | None = None,
    optimizer_state: dict[str, Any] | None = None,
) -> TrainingResult:
    """Train a model.

    Parameters
    ----------
    model : Module
        Trained in place; at the end it has the last state, or the best one if
        there is a validation function or the training was interrupted.
    score : callable
        ``score(rows, generator)`` gives the scores of some training
        architectures, differentiable in the model's parameters, shape (n,) or
        (n, k); or a pair of them and a loss that is added to theirs. The
        generator is on the CPU, whatever the model's device.
    targets : Tensor, shape (n,) or (n, k)
        On the model's device; for each column of scores, or one for all.
    weights : Tensor, shape (n,) or (n, k), or None
        Sample weights.
    options : TrainingOptions
    rng : numpy RandomState
        Shuffles, and seeds dropout and noise.
    column_weights : Tensor, shape (k,), optional
        How much the loss of each column of scores counts; by default equally.
    validate : callable, optional
        Gives the validation score of the present state, higher is better.
    optimizer_state : dict, optional
        Of an earlier training to go on from.

    Returns
    -------
    TrainingResult

    Raises
    ------
    NonFiniteLossError
        If the loss or the weights of an epoch are not finite, or the scores and
        the loss of the state that would be kept; the model goes back to its
        best state before.
    ValueError
        If every step of a ranking loss would have a single architecture.

    Warns
    -----
    FitInterruptedWarning
        If interrupted from the keyboard.
    """
    n = len(targets)
    n_steps = math.ceil(n / options.batch_size)
    loss_of = LOSSES[options.loss]
    if math.ceil(n / n_steps) < loss_of.least_batch <= n:
        raise ValueError(
            f"batch_size={options.batch_size} with loss={echo(options.loss)}: a step of one "
            "architecture has nothing to rank, so that no step would train. Set batch_size to "
            f"{loss_of.least_batch} or more."
        )
    # On the CPU, so that a seed means the same on every device.
    generator = torch.Generator("cpu").manual_seed(int(rng.randint(2**31 - 1)))
    optimizer = _optimizer(model, options)
    if optimizer_state is not None:
        # Moments go on; learning rate and betas are those of this training.
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": optimizer_state["state"], "param_groups": groups})
    schedule = None
    if options.schedule == "one_cycle" and options.max_iter * n_steps > 1:
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            [group["lr"] for group in optimizer.param_groups],
            total_steps=options.max_iter * n_steps,
        )
    result = TrainingResult({"loss": [], "learning_rate": []})
    best, best_state, initial_state = -math.inf, None, _snapshot(model, None)

    def evaluate(rows: np.ndarray[Any, Any]) -> tuple[Tensor, Tensor]:
        index = on_device(torch.from_numpy(rows), targets.device)
        scored = score(rows, generator)
        scores, extra = scored if isinstance(scored, tuple) else (scored, None)
        sample_weights = None if weights is None else weights[index]
        losses = loss_of.function(
            scores,
            targets[index],
            sample_weights,
            margin=options.margin,
            max_pairs=options.max_pairs,
            generator=generator,
        )
        loss = (losses if column_weights is None else losses * column_weights).sum()
        return scores, loss if extra is None else loss + extra

    @torch.no_grad()
    def is_sound() -> bool:
        model.train()
        first = np.arange(min(n, options.batch_size))
        return all(bool(values.isfinite().all()) for values in evaluate(first))

    def diverged(what: str) -> NonFiniteLossError:
        if best_state is not None:
            model.load_state_dict(best_state)
        # The loss of an epoch says nothing of its last step.
        if best_state is None or not is_sound():
            model.load_state_dict(initial_state)
        model.eval()
        return NonFiniteLossError(
            f"{what} of {options.max_iter}. Try a smaller learning_rate (now "
            f"{options.learning_rate:g}), a smaller s, and targets and zero_cost vectors without "
            "extreme values."
        )

    epochs: Any = range(options.max_iter)
    if options.verbose:
        epochs = progress(epochs, options.verbose, desc="fit", unit="epoch")
    model.train()
    start = time.monotonic()
    try:
        for epoch in epochs:
            total = torch.zeros((), device=targets.device)
            rate = float(optimizer.param_groups[-1]["lr"])
            for rows in np.array_split(rng.permutation(n), n_steps):
                scores, loss = evaluate(rows)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                if schedule is not None:
                    schedule.step()
                total += loss.detach() * (len(rows) / (n * scores[0].numel()))
            value, finite = torch.stack([total, _all_finite(model)]).tolist()
            if not math.isfinite(value):
                raise diverged(f"The training loss is {value} in epoch {epoch + 1}")
            if not finite:
                raise diverged(f"The weights are not finite after epoch {epoch + 1}")
            monitored = -value
            if validate is not None:
                model.eval()
                try:
                    monitored = validate()
                except ValueError as error:  # what metrics say of predictions that are NaN
                    if is_sound():
                        raise
                    raise diverged(f"The scores are not finite after epoch {epoch + 1}") from error
                model.train()
                result.history.setdefault("validation_score", []).append(monitored)
            # At once, so that an interrupted epoch leaves no trace.
            result.history["loss"].append(value)
            result.history["learning_rate"].append(rate)
            result.n_iter = epoch + 1
            if options.verbose:
                shown = {"loss": value} | ({} if validate is None else {"validation": monitored})
                texts = {name: f"{number:.3g}" for name, number in shown.items()}
                epochs.set_postfix(refresh=False, **texts)
            if epoch == 0:
                _tell_of_long_fits((time.monotonic() - start) * options.max_iter, options)
            if monitored > best + (options.tol if best > -math.inf else 0):
                best, result.best_iter = monitored, epoch + 1
                best_state = _snapshot(model, best_state)
            elif (
                validate is not None
                and options.n_iter_no_change is not None
                and epoch + 1 - result.best_iter >= options.n_iter_no_change
            ):
                break
        if (validate is None or best_state is None) and not is_sound():
            raise diverged(f"The scores or their loss are not finite after epoch {result.n_iter}")
    except KeyboardInterrupt:
        kept = "the weights at the interruption"
        if best_state is not None:
            model.load_state_dict(best_state)
            kept = f"the weights of epoch {result.best_iter}, the best by " + (
                "training loss" if validate is None else "validation score"
            )
        warnings.warn(
            f"The fit was interrupted after {result.n_iter} of {options.max_iter} epochs; it keeps "
            f"{kept}.",
            FitInterruptedWarning,
            stacklevel=3,
        )
    else:
        if validate is not None and best_state is not None:
            model.load_state_dict(best_state)
        else:
            result.best_iter = result.n_iter
    model.eval()
    result.optimizer_state = optimizer.state_dict()
    return result


def _optimizer(model: nn.Module, options: TrainingOptions) -> torch.optim.Optimizer:
    kind = torch.optim.AdamW if options.optimizer == "adamw" else torch.optim.Adam
    rate = options.learning_rate
    trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    groups: list[dict[str, Any]] = [{"params": [p for _, p in trained], "lr": rate}]
    if options.encoder_rate != 1:
        encoder = [p for name, p in trained if name.startswith("encoder.")]
        others = [p for name, p in trained if not name.startswith("encoder.")]
        groups = [
            {"params": encoder, "lr": rate * options.encoder_rate},
            {"params": others, "lr": rate},
        ]
    return kind(groups, weight_decay=options.weight_decay, fused=True)


@torch.no_grad()
def _tell_of_long_fits(seconds: float, options: TrainingOptions) -> None:
    if seconds > LONG and not options.verbose:
        _LOGGER.warning(
            "This fit trains networks for about %.0f minutes. max_iter=%d, smaller than %d, takes "
            'less, members="statistics" no time at all, and verbose=1 shows how far it is.',
            math.ceil(seconds / 60),
            max(options.max_iter // 4, 1),
            options.max_iter,
        )


def _all_finite(model: nn.Module) -> Tensor:
    """Whether all weights are finite, on their device."""
    # A sum is not finite if one of its numbers is not; it costs a tenth of looking at each.
    return torch.stack([p.sum() for p in model.parameters()]).isfinite().all()


@torch.no_grad()
def _snapshot(model: nn.Module, into: dict[str, Tensor] | None) -> dict[str, Tensor]:
    """Copy of the state, into the memory of an earlier one."""
    state = model.state_dict()
    if into is None:
        return {key: value.clone() for key, value in state.items()}
    for key, value in state.items():
        into[key].copy_(value)
    return into
