"""Scores of an untrained network that need one forward pass and no gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .._utils import Floats
from .network import Network

FORWARD_SCORES = ("parameters", "flops", "naswot", "expressivity", "progressivity")
"""What :func:`forward_scores` gives, in this order."""


@torch.no_grad()
def forward_scores(network: Network, images: Tensor) -> Floats:
    """Parameters, multiply-adds for one image, NASWOT, expressivity and progressivity.

    Parameters
    ----------
    network : Network
    images : Tensor, shape (N, channels, H, W)

    Returns
    -------
    ndarray, shape (5,)
    """
    n = len(images)
    multiply_adds = 0
    agree = torch.zeros(n, n, dtype=torch.float64, device=images.device)

    def count(module: nn.Module, _: Any, output: Tensor) -> None:
        nonlocal multiply_adds
        weight = module.weight
        assert isinstance(weight, Tensor)
        # Every output number is a sum of as many products as one filter has weights.
        multiply_adds += output.numel() // n * (weight.numel() // weight.shape[0])

    def code(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        # With signs ±1, two images agree on (units + product) / 2 units; exact in float32.
        signs = (output > 0).flatten(1).float().mul_(2).sub_(1)
        agree.add_((signs @ signs.t()).add_(signs.shape[1]).div_(2))

    hooks = []
    for module in network.modules():
        if isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)):
            hooks.append(module.register_forward_hook(count))
        elif isinstance(module, (nn.ReLU, nn.ReLU6, nn.LeakyReLU)):
            hooks.append(module.register_forward_hook(code))
    try:
        states = network.train().states(images)
        network.classify(states[-1])
    finally:
        for hook in hooks:
            hook.remove()
    agree.diagonal().add_(1e-6)
    parameters = sum(p.numel() for p in network.parameters() if p.requires_grad)
    entropies = np.array([spectral_entropy(state) for state in states])
    return np.array(
        [
            parameters,
            multiply_adds,
            torch.linalg.slogdet(agree)[1].item(),
            entropies.sum(),
            np.diff(entropies).min(),
        ]
    )


def spectral_entropy(features: Tensor) -> float:
    """How many directions features fill: the entropy of their principal components.

    Parameters
    ----------
    features : Tensor, shape (N, channels, H, W)
        A channel vector for each place of each image.

    Returns
    -------
    float
        −Σ p log p of the shares p of the variance; 0 for features that do not
        vary or are not finite, log(channels) at most.
    """
    # Squares of features that grow from layer to layer are beyond float32.
    vectors = features.transpose(0, 1).flatten(1).double()
    vectors = vectors - vectors.mean(1, keepdim=True)
    products = vectors @ vectors.t()
    if not products.isfinite().all():
        return 0.0
    variances = torch.linalg.eigvalsh(products).clamp_min(0)
    total = variances.sum()
    if not total > 1e-12 * vectors.shape[1]:
        return 0.0
    return float(torch.special.entr(variances / total).sum())
