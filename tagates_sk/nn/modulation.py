"""Encodings as they are read under a condition of training."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Modulation(nn.Module):
    """Scales and shifts encodings by a linear function of a condition (Perez et al., AAAI 2018).

    It starts as the identity, so that conditions are alike until data tell
    them apart.

    Parameters
    ----------
    n_numbers : int
        Numbers that describe a condition.
    width : int
        Of the encodings, of all members together.
    """

    def __init__(self, n_numbers: int, width: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.zeros(n_numbers, width))
        self.shift = nn.Parameter(torch.zeros(n_numbers, width))

    def forward(self, encoding: Tensor, condition: Tensor) -> Tensor:
        """Encodings under conditions.

        Parameters
        ----------
        encoding : Tensor, shape (n, width)
        condition : Tensor, shape (n, n_numbers)

        Returns
        -------
        Tensor, shape (n, width)
        """
        return encoding * (1 + condition @ self.scale) + condition @ self.shift
