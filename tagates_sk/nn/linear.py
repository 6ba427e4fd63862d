"""Linear maps, of one network or of several side by side.

States of an ensemble are wide: a row holds the states of its members one after
another, shape (n, n_members * width). Sums over rows and pointwise functions
need not know; only linear maps do.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def member_product(
    x: Tensor, weight: Tensor, n_members: int, *, transposed: bool = False
) -> Tensor:
    """Product of every member's states with its own matrix, or with its transpose.

    Parameters
    ----------
    x : Tensor, shape (n, n_members * n_in)
    weight : Tensor, shape (n_members * n_in, n_out), or (n_members * n_out, n_in) if transposed
    n_members : int
    transposed : bool, default=False

    Returns
    -------
    Tensor, shape (n, n_members * n_out)
    """
    if n_members == 1:
        return x @ (weight.t() if transposed else weight)
    maps = weight.view(n_members, -1, weight.shape[1])
    maps = maps.transpose(1, 2) if transposed else maps
    return joined(torch.bmm(by_member(x, n_members), maps))


def member_outer(x: Tensor, y: Tensor, n_members: int) -> Tensor:
    """Sum over rows of every member's outer products, shape (n_members * n_in, n_out)."""
    if n_members == 1:
        return x.t() @ y
    return torch.bmm(by_member(x, n_members).transpose(1, 2), by_member(y, n_members)).flatten(0, 1)


def member_addmm(start: Tensor, x: Tensor, weight: Tensor, n_members: int) -> Tensor:
    """``start`` plus every member's states mapped by its own weights.

    Parameters
    ----------
    start : Tensor, shape (n, n_members * n_out) or (n_members * n_out,)
    x : Tensor, shape (n, n_members * n_in)
    weight : Tensor, shape (n_members * n_out, n_in)
    n_members : int

    Returns
    -------
    Tensor, shape (n, n_members * n_out)
    """
    if n_members == 1:
        return torch.addmm(start, x, weight.t())
    maps = weight.view(n_members, -1, weight.shape[1]).transpose(1, 2)
    own = start.view(n_members, 1, -1) if start.ndim == 1 else by_member(start, n_members)
    return joined(torch.baddbmm(own, by_member(x, n_members), maps))


def by_member(x: Tensor, n_members: int) -> Tensor:
    """View (n_members, n, width) of wide states (n, n_members * width)."""
    return x.reshape(len(x), n_members, x.shape[1] // n_members).transpose(0, 1)


def joined(x: Tensor) -> Tensor:
    """Wide states (n, n_members * width) of (n_members, n, width)."""
    return x.transpose(0, 1).reshape(x.shape[1], x.shape[0] * x.shape[2])


class MemberLinear(nn.Linear):
    """A linear layer for each member of an ensemble, their outputs side by side.

    Parameters
    ----------
    n_in, n_out : int
        Widths for one member; with one member this is a linear layer as usual.
    n_members : int
    """

    def __init__(self, n_in: int, n_out: int, n_members: int = 1) -> None:
        super().__init__(n_in, n_members * n_out)
        self.n_members = n_members

    def reset_parameters(self) -> None:
        """Draw nothing, so that global seeds stay as they are."""

    def forward(self, x: Tensor) -> Tensor:
        """Map states.

        Parameters
        ----------
        x : Tensor, shape (n, n_members * n_in), or (n, n_in)
            The latter is read by all members.

        Returns
        -------
        Tensor, shape (n, n_members * n_out)
        """
        if x.shape[-1] == self.in_features:
            return F.linear(x, self.weight, self.bias)
        return member_addmm(self.bias, x, self.weight, self.n_members)


def mlp(*sizes: int, n_members: int = 1) -> nn.Sequential:
    """Linear layers of these sizes with ReLU between them, not initialised."""
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(sizes):
        layers += [MemberLinear(n_in, n_out, n_members), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@torch.no_grad()
def uniform_(weight: Tensor, bias: Tensor, generator: torch.Generator) -> None:
    """Draw the weights of linear maps (out, in) uniformly from ±1/sqrt(in)."""
    bound = 1 / math.sqrt(max(weight.shape[-1], 1))
    weight.uniform_(-bound, bound, generator=generator)
    bias.uniform_(-bound, bound, generator=generator)
