"""Normalisation layers: batch normalisation with a cheap second derivative, or none at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

_ALL = (nn.modules.batchnorm._NormBase, nn.GroupNorm, nn.LayerNorm)


def twice_differentiable(network: nn.Module) -> AbstractContextManager[None]:
    """Let the batch normalisations of a network be :func:`normalise` inside the block."""
    layers = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    return _replaced({m: partial(_normalise, m) for m in layers})


def without_normalisation(network: nn.Module) -> AbstractContextManager[None]:
    """Let the normalisation layers of a network do nothing inside the block."""
    layers = [m for m in network.modules() if isinstance(m, _ALL)]
    return _replaced(dict.fromkeys(layers, _unchanged))


@contextmanager
def _replaced(forwards: Mapping[nn.Module, Callable[[Tensor], Tensor]]) -> Iterator[None]:
    try:
        for layer, forward in forwards.items():
            layer.forward = forward
        yield
    finally:
        for layer in forwards:
            del layer.forward


def _normalise(layer: nn.Module, x: Tensor) -> Tensor:
    assert isinstance(layer, nn.modules.batchnorm._BatchNorm)
    return normalise(x, layer.weight, layer.bias, layer.eps)


def _unchanged(x: Tensor) -> Tensor:
    return x


def normalise(x: Tensor, scale: Tensor | None, shift: Tensor | None, eps: float) -> Tensor:
    """Normalise by the statistics of the batch, twice differentiable in `x`.

    Torch composes the second derivative of its own out of dozens of passes over
    the activations, which takes a quarter of the time of a Hessian-vector
    product. Gradients of scale and shift are not computed.

    Parameters
    ----------
    x : Tensor, shape (batch, channels, ...)
    scale, shift : Tensor, shape (channels,), or None
    eps : float
        Added to the variance.

    Returns
    -------
    Tensor, shape as `x`
    """
    if scale is None:
        scale = x.new_ones(x.shape[1])
    out: Tensor = _Normalise.apply(  # type: ignore[no-untyped-call]
        x, scale.detach(), None if shift is None else shift.detach(), eps
    )
    return out


class _Normalise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor, shift: Tensor | None, eps: float) -> Tensor:
        out, mean, rstd = torch.native_batch_norm(x, scale, shift, None, None, True, 0.0, eps)
        ctx.save_for_backward(x, scale, mean, rstd)
        ctx.eps = eps
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None]:
        x, scale, mean, rstd = ctx.saved_tensors
        grad: Tensor = _NormaliseBackward.apply(  # type: ignore[no-untyped-call]
            grads[0], x, scale, mean, rstd, ctx.eps
        )
        return grad, None, None, None


class _NormaliseBackward(torch.autograd.Function):
    """dx = r (g − mean(g) − x̂ mean(g x̂)), with g the gradient times the scale, r = 1/σ."""

    @staticmethod
    def forward(
        ctx: Any, grad: Tensor, x: Tensor, scale: Tensor, mean: Tensor, rstd: Tensor, eps: float
    ) -> Tensor:
        dx, dot, total = torch.ops.aten.native_batch_norm_backward(
            grad, x, scale, None, None, mean, rstd, True, eps, [True, True, True]
        )
        ctx.save_for_backward(grad, x, scale, mean, rstd, dx, dot, total)
        ctx.eps = eps
        out: Tensor = dx
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Derivative of Σ u·dx = r N (mean(u g) − mean(u) mean(g) − mean(g x̂) mean(u x̂)).

        Both mean(u x̂) and the projection of u are what the first derivative
        computes, for u in place of g.
        """
        (u,) = grads
        grad, x, scale, mean, rstd, dx, dot, total = ctx.saved_tensors
        n = x.numel() // x.shape[1]
        du, dot_u, total_u = torch.ops.aten.native_batch_norm_backward(
            u, x, None, None, None, mean, rstd, True, ctx.eps, [True, True, True]
        )
        axes = [0, *range(2, x.ndim)]
        shape = (1, -1) + (1,) * (x.ndim - 2)
        of_g, of_u = scale * dot / n, dot_u / n
        covariance = scale * ((u * grad).sum(axes) / n - total_u * total / (n * n))
        # −r (r x̂ (cov − mean(g x̂) mean(u x̂)) + mean(u x̂) dx + mean(g x̂) du)
        along = -(rstd**3) * (covariance - of_g * of_u)
        second = (x - mean.view(shape)).mul_(along.view(shape))
        second.addcmul_(dx, (-rstd * of_u).view(shape))
        second.addcmul_(du, (-rstd * of_g).view(shape))
        return du * scale.view(shape), second, None, None, None, None
