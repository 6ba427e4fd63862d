"""What a head reads of performance that was observed at earlier points of training."""

from __future__ import annotations

import torch
from torch import Tensor

from .devices import on_device

CUT_OFF = 5.0
"""Standard deviations at which an observation is cut off."""


def observation_inputs(observed: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Observed values, zero where there is none, and whether there is one.

    Parameters
    ----------
    observed : Tensor, shape (n, k - 1)
        Standardised; NaN where nothing was observed.
    generator : torch.Generator, optional
        Hides observations at random, so that a head learns to do with any of
        them; each architecture keeps at least one of those it has.

    Returns
    -------
    Tensor, shape (n, 2 * (k - 1))
    """
    known = observed.isfinite()
    if generator is not None and observed.shape[1] > 1:
        order, chance = (
            on_device(
                torch.rand(observed.shape, generator=generator, device="cpu"), observed.device
            )
            for _ in range(2)
        )
        order, kept = order.masked_fill(~known, 2.0), chance < 0.5
        first = torch.zeros_like(kept).scatter_(1, order.argmin(1, keepdim=True), True)
        known = known & (kept | first)
    values = observed.clamp(-CUT_OFF, CUT_OFF).where(known, observed.new_zeros(()))
    return torch.cat([values, known.to(observed.dtype)], 1)
