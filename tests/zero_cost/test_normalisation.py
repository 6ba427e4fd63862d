"""Our batch normalisation against torch's, to second order."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from tagates_sk.zero_cost.normalisation import normalise


@pytest.mark.parametrize("shape", [(5, 3), (4, 3, 6), (4, 3, 5, 2), (2, 1, 1, 1)])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("eps", [1e-5, 0.3])
def test_equals_torch(shape: tuple[int, ...], affine: bool, eps: float) -> None:
    generator = torch.Generator().manual_seed(0)

    def draw(*size: int) -> torch.Tensor:
        return torch.randn(*size, dtype=torch.float64, generator=generator)

    x, along, back = draw(*shape).requires_grad_(), draw(*shape), draw(*shape).requires_grad_()
    scale, shift = (draw(shape[1]), draw(shape[1])) if affine else (None, None)
    found = []
    for out in (
        normalise(x, scale, shift, eps),
        F.batch_norm(x, None, None, scale, shift, training=True, eps=eps),
    ):
        (first,) = torch.autograd.grad(out, x, back, create_graph=True)
        second = torch.autograd.grad(first, [x, back], along)
        found.append([out, first, *second])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-10)
