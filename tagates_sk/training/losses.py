"""Losses over the scores of one batch, and the table that estimators find them in.

Every architecture is encoded once. Scores may have columns, one for each member of an ensemble or
each target; each has a loss of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from sklearn.utils._param_validation import StrOptions
from torch import Tensor
from torch.nn import functional as F

from ..nn.devices import on_device


def pairwise_loss(
    scores: Tensor,
    targets: Tensor,
    weights: Tensor | None = None,
    *,
    kind: str = "hinge",
    margin: float = 0.1,
    max_pairs: int | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Mean loss over the pairs of a batch whose targets differ, of every column.

    Hinge: max(0, margin − sign(y_i − y_j)(f_i − f_j)). Logistic:
    log(1 + exp(−sign(y_i − y_j)(f_i − f_j))).

    Parameters
    ----------
    scores : Tensor, shape (n,) or (n, k)
        f.
    targets : Tensor, shape (n,) or (n, k)
        y; one column for all, or one for each of the scores.
    weights : Tensor, shape (n,) or (n, k), optional
        A pair weighs the product of its two weights.
    kind : {"hinge", "logistic"}
    margin : float
        Of the hinge.
    max_pairs : int, optional
        Most pairs to look at, drawn from all ordered pairs.
    generator : torch.Generator, optional
        Draws the pairs, on the CPU.

    Returns
    -------
    Tensor, shape (k,)
        Zero where no pair differs.
    """
    scores, targets, weights = _columns(scores, targets, weights)
    n = len(scores)
    if max_pairs is not None and max_pairs < n * (n - 1):
        draw = on_device(
            torch.randint(n * (n - 1), (max_pairs,), generator=generator, device="cpu"),
            scores.device,
        )
        i = draw.div(n - 1, rounding_mode="floor")
        j = draw.remainder(n - 1)
        j = j + (j >= i)
        difference, order = scores[i] - scores[j], torch.sign(targets[i] - targets[j])
        pair = order.abs()
        if weights is not None:
            pair = pair * weights[i] * weights[j]
    else:
        difference = scores[:, None] - scores[None]
        order = torch.sign(targets[:, None] - targets[None])
        pair = order.abs()
        if weights is not None:
            pair = pair * (weights[:, None] * weights[None])
    signed = order * difference
    loss = F.relu(margin - signed) if kind == "hinge" else F.softplus(-signed)
    pairs = tuple(range(pair.ndim - 1))
    return _mean(loss * pair, pair, pairs)


def listmle_loss(scores: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
    """Negative log likelihood of the order of the targets (Xia et al., ICML 2008).

    Under the Plackett-Luce model, the mean over places of
    log Σ_{j at or below the place} exp f_j − f of the place.

    Parameters
    ----------
    scores : Tensor, shape (n,) or (n, k)
        f.
    targets : Tensor, shape (n,) or (n, k)
        y; ties stay in the order of the batch.
    weights : Tensor, shape (n,) or (n, k), optional
        Weight of an architecture's own term; one of weight 0 is in no sum.

    Returns
    -------
    Tensor, shape (k,)
    """
    scores, targets, weights = _columns(scores, targets, weights)
    order = torch.argsort(targets, dim=0, descending=True, stable=True).expand(scores.shape)
    f = scores.gather(0, order)
    if weights is None:
        terms = torch.logcumsumexp(f.flip(0), 0).flip(0) - f
        return terms.mean(0)
    w = weights.expand(scores.shape).gather(0, order)
    below = f.masked_fill(w == 0, torch.finfo(f.dtype).min)
    terms = torch.logcumsumexp(below.flip(0), 0).flip(0) - f
    return _mean(torch.where(w > 0, terms * w, 0), w, (0,))


def squared_loss(scores: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
    """Mean squared error.

    Parameters
    ----------
    scores : Tensor, shape (n,) or (n, k)
    targets : Tensor, shape (n,) or (n, k)
    weights : Tensor, shape (n,) or (n, k), optional

    Returns
    -------
    Tensor, shape (k,)
    """
    scores, targets, weights = _columns(scores, targets, weights)
    squares = (scores - targets) ** 2
    if weights is None:
        return squares.mean(0)
    return _mean(squares * weights, weights, (0,))


def _columns(
    scores: Tensor, targets: Tensor, weights: Tensor | None
) -> tuple[Tensor, Tensor, Tensor | None]:
    def as_columns(x: Tensor) -> Tensor:
        return x[:, None] if x.ndim == 1 else x

    return (
        as_columns(scores), as_columns(targets), None if weights is None else as_columns(weights)
    )  # fmt: skip


def _mean(terms: Tensor, weights: Tensor, over: tuple[int, ...]) -> Tensor:
    """Weighted mean of every column; 0 of one without weight."""
    total = weights.sum(over).clamp(min=torch.finfo(terms.dtype).tiny)
    return terms.sum(over) / total


@dataclass(frozen=True)
class Loss:
    """A loss, and what must be known of it.

    Parameters
    ----------
    function : callable
        ``function(scores, targets, weights, **settings)`` gives the loss of every column, shape
        (k,), from scores (n, k), targets (n, k) or (n, 1), and weights of such a shape or None.
        Settings are `margin`, `max_pairs` and `generator`, a source of random numbers
        on the CPU.
    reads_order : bool
        Whether it reads nothing but the order of the targets. Such scores have no unit.
    least_batch : int, default=1
        Architectures without which a step has nothing to learn.
    """

    function: Callable[..., Tensor]
    reads_order: bool
    least_batch: int = 1


def _without_settings(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def loss(scores: Tensor, targets: Tensor, weights: Tensor | None, **settings: Any) -> Tensor:
        return function(scores, targets, weights)

    return loss


LOSSES: dict[str, Loss] = {
    "hinge": Loss(partial(pairwise_loss, kind="hinge"), reads_order=True, least_batch=2),
    "logistic": Loss(partial(pairwise_loss, kind="logistic"), reads_order=True, least_batch=2),
    "listmle": Loss(_without_settings(listmle_loss), reads_order=True, least_batch=2),
    "mse": Loss(_without_settings(squared_loss), reads_order=False),
}
"""Losses by the name that the parameter `loss` has."""


class LossNames(StrOptions):
    """What the parameter `loss` may be: a name in the table, or "auto".

    Parameters
    ----------
    in_units : bool
        Whether predictions must have the unit of the target.
    """

    def __init__(self, *, in_units: bool) -> None:
        super().__init__({"auto"})
        self.in_units = in_units

    def _names(self) -> list[str]:
        return [
            "auto",
            *(n for n, loss in LOSSES.items() if not (self.in_units and loss.reads_order)),
        ]

    def is_satisfied_by(self, val: Any) -> bool:
        """Whether a value is one of them."""
        return isinstance(val, str) and val in self._names()

    def __str__(self) -> str:
        return f"a str among {{{', '.join(map(repr, sorted(self._names())))}}}"
