"""Saliencies of the weights of an untrained network, summed over each operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .._utils import Floats
from ..graphs.foreign import echo
from .normalisation import twice_differentiable, without_normalisation

Loss = Callable[[Tensor, Tensor], Tensor]


class WeightState(NamedTuple):
    """What a metric can read of one weight tensor.

    Only what the metric says it needs is there; the rest is None.
    """

    weight: Tensor
    """The weights w."""
    gradient: Tensor | None = None
    """Gradient g of the loss."""
    hessian_gradient: Tensor | None = None
    """H g, with the Hessian H of the loss and g over all weights of the network."""
    activation: Tensor | None = None
    """Output of the module that has the weight, shape (batch, channels, ...)."""
    activation_gradient: Tensor | None = None
    """Gradient of the loss with respect to `activation`."""
    flow_weight: Tensor | None = None
    """\\|w\\|, float64."""
    flow_gradient: Tensor | None = None
    """Gradient of the sum R of outputs with \\|w\\| for w and an input of ones, float64."""


ROUNDING = 1e-4
"""A sum this small beside the sum of its terms' magnitudes is a float32 rounding error."""

NEEDS = frozenset({"gradient", "hessian_gradient", "activation", "flow"})
"""What a metric may need beside the weights."""


@dataclass(frozen=True)
class Metric:
    """A saliency that is a sum over weight tensors.

    Parameters
    ----------
    term : callable
        From a :class:`WeightState` to a scalar Tensor; the terms of an
        operation's weights are added up.
    needs : frozenset of str
        Which of ``"gradient"``, ``"hessian_gradient"``, ``"activation"`` and
        ``"flow"`` the term reads.
    finish : callable or None
        Applied to the sums, an ndarray; None leaves them.
    """

    term: Callable[[WeightState], Tensor]
    needs: frozenset[str] = frozenset()
    finish: Callable[[Floats], Floats] | None = None


_METRICS: dict[str, Metric] = {}


def register_metric(
    name: str,
    term: Callable[[WeightState], Tensor],
    *,
    needs: Sequence[str] = ("gradient",),
    finish: Callable[[Floats], Floats] | None = None,
    overwrite: bool = False,
) -> None:
    """Add a saliency by name.

    Parameters
    ----------
    name : str
        The name to use in ``metrics=``.
    term : callable
        From a :class:`WeightState` to a scalar Tensor; the saliency of an
        operation is the sum over its weight tensors.
    needs : sequence of {"gradient", "hessian_gradient", "activation", "flow"}
        What the term reads beside the weights.
    finish : callable, optional
        Applied to the array of sums, for instance :func:`numpy.sqrt`.
    overwrite : bool, default=False
        Whether to replace a metric of this name.

    Raises
    ------
    ValueError
        If the name is taken and `overwrite` is False, or `needs` names
        something unknown.

    Examples
    --------
    >>> from tagates_sk.zero_cost import register_metric
    >>> register_metric("largest_gradient", lambda s: s.gradient.abs().max(), overwrite=True)
    """
    unknown = sorted(set(needs) - NEEDS)
    if unknown:
        raise ValueError(f"needs names {unknown}; a metric can need {sorted(NEEDS)}.")
    if name in _METRICS and not overwrite:
        raise ValueError(
            f"The metric {echo(name)} is registered already; pass overwrite=True to replace it."
        )
    _METRICS[name] = Metric(term, frozenset(needs), finish)


def metric_named(name: str, others: Sequence[str] = ()) -> Metric:
    """The metric of this name.

    Parameters
    ----------
    name : str
    others : sequence of str
        What the caller has beside the metrics, for the message.

    Raises
    ------
    ValueError
        If there is none.
    """
    if name not in _METRICS:
        raise ValueError(
            f"There is no metric {echo(name)}; there are "
            f"{', '.join([*sorted(_METRICS), *others])}. "
            "Add one by tagates_sk.zero_cost.register_metric."
        )
    return _METRICS[name]


def registered_metrics() -> list[str]:
    """Names of all saliencies, sorted."""
    return sorted(_METRICS)


def _dot(a: Tensor | None, b: Tensor | None) -> Tensor:
    assert a is not None
    assert b is not None
    return torch.dot(a.flatten(), b.flatten())


def _grad_norm(s: WeightState) -> Tensor:
    return _dot(s.gradient, s.gradient)


def _grasp(s: WeightState) -> Tensor:
    return -_dot(s.hessian_gradient, s.weight)


def _synflow(s: WeightState) -> Tensor:
    return _dot(s.flow_gradient, s.flow_weight)


def _l2_norm(s: WeightState) -> Tensor:
    return _dot(s.weight, s.weight)


def _snip(s: WeightState) -> Tensor:
    assert s.gradient is not None
    return (s.gradient * s.weight).abs().sum()


def _plain(s: WeightState) -> Tensor:
    assert s.gradient is not None
    product = s.gradient * s.weight
    total = product.sum()
    # Weights that normalisation makes scale-free have g·w = 0: what is left is rounding.
    return torch.where(total.abs() > ROUNDING * product.abs().sum(), total, torch.zeros_like(total))


def _fisher(s: WeightState) -> Tensor:
    assert s.activation is not None
    assert s.activation_gradient is not None
    product = s.activation * s.activation_gradient
    per_channel = product.reshape(*product.shape[:2], -1).sum(2)
    return per_channel.square().mean(0).sum() / 2


for _name, _term, _needs, _finish in (
    ("grad_norm", _grad_norm, ["gradient"], np.sqrt),
    ("snip", _snip, ["gradient"], None),
    ("plain", _plain, ["gradient"], None),
    ("grasp", _grasp, ["hessian_gradient"], None),
    ("synflow", _synflow, ["flow"], None),
    ("fisher", _fisher, ["activation"], None),
    ("l2_norm", _l2_norm, [], np.sqrt),
):
    register_metric(_name, _term, needs=_needs, finish=_finish)


def weight_saliencies(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    metrics: Mapping[str, Metric],
    loss: Loss = F.cross_entropy,
) -> tuple[list[Tensor], dict[str, Floats]]:
    """Terms of all weight tensors of a network.

    One forward and backward pass serves all metrics of the loss; H g is the
    gradient of that backward pass.

    Parameters
    ----------
    network : Module
        Changed: where a metric needs the flow, its weights are |w| in float64
        afterwards.
    images : Tensor, shape (batch, channels, height, width)
    labels : Tensor of int, shape (batch,)
    metrics : mapping of str to Metric
    loss : callable
        From the network's output and the labels to a scalar Tensor.

    Returns
    -------
    weights : list of Tensor
        All parameters with two dimensions or more, in the network's order.
    terms : dict of str to ndarray, shape (n_weights,)
    """
    needs = frozenset[str]().union(*(metric.needs for metric in metrics.values()))
    owners, weights = _weights(network)
    states = [WeightState(weight.detach()) for weight in weights]
    if needs - {"flow"}:
        states = _loss_states(network, owners, weights, images, labels, needs, loss)
    terms: dict[str, Floats] = {}
    for name, metric in metrics.items():
        if "flow" not in metric.needs:
            terms[name] = _evaluate(metric, states)
    if "flow" in needs:
        states = _add_flow(network, weights, states, images.shape)
        for name, metric in metrics.items():
            if "flow" in metric.needs:
                terms[name] = _evaluate(metric, states)
    return weights, terms


def _weights(network: nn.Module) -> tuple[list[nn.Module], list[Tensor]]:
    """Weight tensors and the modules they belong to."""
    owners: list[nn.Module] = []
    weights: list[Tensor] = []
    for module in network.modules():
        for parameter in module.parameters(recurse=False):
            if parameter.ndim >= 2:
                owners.append(module)
                weights.append(parameter)
    return owners, weights


def _loss_states(
    network: nn.Module,
    owners: list[nn.Module],
    weights: list[Tensor],
    images: Tensor,
    labels: Tensor,
    needs: frozenset[str],
    loss: Loss,
) -> list[WeightState]:
    network.train()
    outputs: dict[nn.Module, Tensor] = {}
    hooks = []
    if "activation" in needs:

        def keep(module: nn.Module, _: Any, output: Tensor) -> None:
            outputs[module] = output

        hooks = [owner.register_forward_hook(keep) for owner in owners]
    try:
        with twice_differentiable(network):
            value = loss(network(images), labels)
    finally:
        for hook in hooks:
            hook.remove()
    second = "hessian_gradient" in needs
    wanted = [*weights, *outputs.values()]
    given = torch.autograd.grad(
        value, wanted, create_graph=second, allow_unused=True, materialize_grads=True
    )
    gradients = [gradient.detach() for gradient in given]
    products: Sequence[Tensor | None] = [None] * len(weights)
    if second:
        own = [g for g in given[: len(weights)] if g.requires_grad]
        if own:
            products = torch.autograd.grad(
                own, weights, [g.detach() for g in own], allow_unused=True, materialize_grads=True
            )
        else:
            products = [torch.zeros_like(weight) for weight in weights]
    of_output = dict(zip(outputs, gradients[len(weights) :], strict=True))
    zero = images.new_zeros(1, 1, 1)
    return [
        WeightState(
            weight.detach(),
            gradient,
            product,
            outputs[owner].detach() if owner in outputs else zero,
            of_output.get(owner, zero),
        )
        for weight, owner, gradient, product in zip(
            weights, owners, gradients[: len(weights)], products, strict=True
        )
    ]


def _add_flow(
    network: nn.Module, weights: list[Tensor], states: list[WeightState], shape: torch.Size
) -> list[WeightState]:
    network.double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.abs_()
    with without_normalisation(network):
        ones = torch.ones(1, *shape[1:], dtype=torch.float64, device=weights[0].device)
        flow = network(ones).sum()
    gradients = torch.autograd.grad(flow, weights, allow_unused=True, materialize_grads=True)
    return [
        state._replace(flow_weight=weight.detach(), flow_gradient=gradient)
        for state, weight, gradient in zip(states, weights, gradients, strict=True)
    ]


def _evaluate(metric: Metric, states: list[WeightState]) -> Floats:
    if not states:
        return np.zeros(0)
    values = torch.stack([metric.term(state).detach() for state in states])
    terms: Floats = values.double().cpu().numpy()
    return terms
