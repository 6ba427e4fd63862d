"""Losses over the scores of one batch; every architecture is encoded once."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

RANKING_LOSSES = ("hinge", "logistic", "listmle")
"""Losses that look at the order of the targets only."""


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
    """Mean loss over the pairs of a batch whose targets differ.

    Hinge: max(0, margin − sign(y_i − y_j)(f_i − f_j)). Logistic:
    log(1 + exp(−sign(y_i − y_j)(f_i − f_j))).

    Parameters
    ----------
    scores, targets : Tensor, shape (n,)
        f and y.
    weights : Tensor, shape (n,), optional
        A pair weighs the product of its two weights.
    kind : {"hinge", "logistic"}
    margin : float
        Of the hinge.
    max_pairs : int, optional
        Most pairs to look at, drawn from all ordered pairs.
    generator : torch.Generator, optional
        Draws the pairs, on the device of `scores`.

    Returns
    -------
    Tensor, shape ()
        Zero where no pair differs.
    """
    n = len(scores)
    if max_pairs is not None and max_pairs < n * (n - 1):
        draw = torch.randint(n * (n - 1), (max_pairs,), generator=generator, device=scores.device)
        i = draw.div(n - 1, rounding_mode="floor")
        j = draw.remainder(n - 1)
        j = j + (j >= i)
        difference, order = scores[i] - scores[j], torch.sign(targets[i] - targets[j])
        pair = order.abs()
        if weights is not None:
            pair = pair * weights[i] * weights[j]
    else:
        difference = scores[:, None] - scores[None, :]
        order = torch.sign(targets[:, None] - targets[None, :])
        pair = order.abs()
        if weights is not None:
            pair = pair * torch.outer(weights, weights)
    signed = order * difference
    loss = F.relu(margin - signed) if kind == "hinge" else F.softplus(-signed)
    total = pair.sum().clamp(min=torch.finfo(scores.dtype).tiny)
    return (loss * pair).sum() / total


def listmle_loss(scores: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
    """Negative log likelihood of the order of the targets (Xia et al., ICML 2008).

    Under the Plackett-Luce model, the mean over places of
    log Σ_{j at or below the place} exp f_j − f of the place.

    Parameters
    ----------
    scores, targets : Tensor, shape (n,)
        f and y; ties stay in the order of the batch.
    weights : Tensor, shape (n,), optional
        Weight of an architecture's own term.

    Returns
    -------
    Tensor, shape ()
    """
    order = torch.argsort(targets, descending=True, stable=True)
    f = scores[order]
    terms = torch.logcumsumexp(f.flip(0), 0).flip(0) - f
    if weights is None:
        return terms.mean()
    w = weights[order]
    return (terms * w).sum() / w.sum().clamp(min=torch.finfo(scores.dtype).tiny)


def squared_loss(scores: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
    """Mean squared error.

    Parameters
    ----------
    scores, targets : Tensor, shape (n,)
    weights : Tensor, shape (n,), optional

    Returns
    -------
    Tensor, shape ()
    """
    squares = (scores - targets) ** 2
    if weights is None:
        return squares.mean()
    return (squares * weights).sum() / weights.sum().clamp(min=torch.finfo(scores.dtype).tiny)
