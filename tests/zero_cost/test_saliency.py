"""Saliencies against slow formulas, closed forms and conservation laws."""

from __future__ import annotations

import copy
from typing import Any

import networkx as nx
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from tagates_sk.zero_cost import register_metric, registered_metrics
from tagates_sk.zero_cost.saliency import metric_named, weight_saliencies

SEVEN = ["grad_norm", "snip", "plain", "grasp", "synflow", "fisher", "l2_norm"]


def small_network() -> nn.Sequential:
    """Convolutions, one behind normalisation, in float64."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1), nn.Softplus(), nn.Conv2d(3, 4, 3, bias=False),
        nn.BatchNorm2d(4, eps=1e-14), nn.Tanh(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(4, 5),
    ).double()  # fmt: skip


IMAGES = torch.randn(6, 2, 7, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
LABELS = torch.tensor([0, 4, 2, 2, 1, 3])


def terms(network: nn.Module, *names: str, **options: Any) -> dict[str, np.ndarray]:
    metrics = {name: metric_named(name) for name in names}
    return weight_saliencies(copy.deepcopy(network), IMAGES, LABELS, metrics, **options)[1]


def weights(network: nn.Module) -> list[nn.Parameter]:
    return [p for p in network.parameters() if p.ndim > 1]


def gradients(network: nn.Module) -> list[torch.Tensor]:
    loss = F.cross_entropy(network.train()(IMAGES), LABELS)
    return list(torch.autograd.grad(loss, weights(network)))


class TestSlowFormulas:
    network = small_network()

    def test_first_order(self) -> None:
        found = terms(self.network, "grad_norm", "snip", "plain", "l2_norm")
        for i, (w, g) in enumerate(
            zip(weights(self.network), gradients(self.network), strict=True)
        ):
            pairs = list(zip(w.flatten().tolist(), g.flatten().tolist(), strict=True))
            assert found["grad_norm"][i] == pytest.approx(sum(b * b for _, b in pairs))
            assert found["snip"][i] == pytest.approx(sum(abs(a * b) for a, b in pairs))
            assert found["l2_norm"][i] == pytest.approx(sum(a * a for a, _ in pairs))
            plain = sum(a * b for a, b in pairs)
            assert found["plain"][i] == pytest.approx(plain if abs(plain) > 1e-10 else 0.0)

    def test_gradient_norm_by_differences(self) -> None:
        """Of a few single weights."""
        network = copy.deepcopy(self.network)
        for w, g in zip(weights(network), gradients(network), strict=True):
            flat, step = w.data.view(-1), 1e-6
            for j in range(0, len(flat), max(1, len(flat) // 3)):
                values = []
                for sign in (1, -1):
                    flat[j] += sign * step
                    values.append(F.cross_entropy(network(IMAGES), LABELS).item())
                    flat[j] -= sign * step
                assert (values[0] - values[1]) / (2 * step) == pytest.approx(
                    g.view(-1)[j].item(), abs=1e-8
                )

    def test_grasp_by_differences(self) -> None:
        """H g is the derivative of the gradient along the gradient."""
        network = copy.deepcopy(self.network)
        along, moved = gradients(network), []
        for sign in (1, -1):
            with torch.no_grad():
                for w, g in zip(weights(network), along, strict=True):
                    w += sign * 1e-5 * g
            moved.append(gradients(network))
            with torch.no_grad():
                for w, g in zip(weights(network), along, strict=True):
                    w -= sign * 1e-5 * g
        found = terms(self.network, "grasp")["grasp"]
        for i, w in enumerate(weights(network)):
            product = (moved[0][i] - moved[1][i]) / 2e-5
            assert found[i] == pytest.approx(-(product * w).sum().item(), rel=1e-6, abs=1e-9)

    def test_fisher(self) -> None:
        network = copy.deepcopy(self.network).train()
        x, outputs = IMAGES, []
        for layer in network:
            x = layer(x)
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                outputs.append(x)
        derivatives = torch.autograd.grad(F.cross_entropy(x, LABELS), outputs)
        for value, a, d in zip(
            terms(self.network, "fisher")["fisher"], outputs, derivatives, strict=True
        ):
            total = 0.0
            for channel in range(a.shape[1]):
                squares = [(a[n, channel] * d[n, channel]).sum().item() ** 2 for n in range(len(a))]
                total += sum(squares) / len(a) / 2
            assert value == pytest.approx(total)

    def test_normalisation_makes_plain_zero_and_grasp_a_norm(self) -> None:
        """Loss unchanged by the scale of w: g·w = 0, and H g · w = −‖g‖² of that tensor."""
        found = terms(self.network, "plain", "grasp", "grad_norm")
        assert found["plain"][1] == 0.0
        assert found["grasp"][1] == pytest.approx(found["grad_norm"][1])
        assert found["plain"][2] != 0.0

    def test_together_as_alone(self) -> None:
        together = terms(self.network, *SEVEN)
        for name in SEVEN:
            assert np.array_equal(together[name], terms(self.network, name)[name])


class TestClosedForms:
    def test_gradient_of_least_squares(self) -> None:
        """‖∇_W mean‖XWᵀ − Y‖²‖ = ‖2/n (XWᵀ − Y)ᵀX‖."""
        network = nn.Sequential(nn.Flatten(), nn.Linear(98, 3, bias=False)).double()
        target = torch.randn(6, 3, dtype=torch.float64)

        def squares(output: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
            return (output - target).square().sum(1).mean()

        x, w = IMAGES.flatten(1), network[1].weight.detach()
        expected = 2 / 6 * (x @ w.t() - target).t() @ x
        found = terms(network, "grad_norm", "grasp", loss=squares)
        assert found["grad_norm"][0] == pytest.approx(expected.square().sum().item())
        product = 2 / 6 * expected @ (x.t() @ x)
        assert found["grasp"][0] == pytest.approx(-(product * w).sum().item())

    def test_synflow_of_a_deep_linear_network(self) -> None:
        """1ᵀ|W₃||W₂||W₁|1, the same for every layer."""
        torch.manual_seed(2)
        layers = [nn.Linear(a, b, bias=False) for a, b in ((98, 5), (5, 7), (7, 3))]
        network = nn.Sequential(nn.Flatten(), *layers).double()
        flow = torch.ones(98, dtype=torch.float64)
        for layer in layers:
            flow = layer.weight.detach().abs() @ flow
        found = terms(network, "synflow")["synflow"]
        assert found == pytest.approx([flow.sum().item()] * 3)

    def test_synflow_is_conserved_along_a_chain(self) -> None:
        torch.manual_seed(3)
        network = nn.Sequential(
            nn.Conv2d(2, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(),
            nn.Conv2d(4, 6, 1, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 3, 2, bias=False), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
            nn.Linear(3, 4, bias=False),
        ).double()  # fmt: skip
        found = terms(network, "synflow")["synflow"]
        assert found == pytest.approx([found[0]] * 4)
        assert found[0] > 0

    def test_normalisation_works_again_afterwards(self) -> None:
        network = small_network()
        weight_saliencies(network, IMAGES, LABELS, {"synflow": metric_named("synflow")})
        out = network[3](torch.randn(4, 4, 2, 2, dtype=torch.float64))
        scale = network[3].weight[:, None]
        assert torch.allclose(out.transpose(0, 1).flatten(1).var(1, correction=0), scale[:, 0] ** 2)


def test_weights_that_the_loss_does_not_reach_have_zeros() -> None:
    class Unused(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.unused = nn.Linear(98, 5), nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.used(x.flatten(1))
            return out

    found = terms(Unused().double(), "grad_norm", "snip", "grasp", "synflow", "fisher")
    for values in found.values():
        assert values[0] != 0
        assert values[1] == 0


def test_no_weights() -> None:
    network = nn.Flatten()
    images, labels = torch.randn(3, 1, 2, 2), torch.tensor([0, 1, 2])
    metrics = {name: metric_named(name) for name in ("l2_norm",)}
    tensors, found = weight_saliencies(network, images, labels, metrics)
    assert tensors == []
    assert found["l2_norm"].shape == (0,)


class TestRegistry:
    def test_names(self) -> None:
        assert set(SEVEN) <= set(registered_metrics())

    def test_own_metric(self) -> None:
        register_metric("mean_weight", lambda s: s.weight.mean(), needs=[], overwrite=True)
        network = small_network()
        found = terms(network, "mean_weight")["mean_weight"]
        assert found == pytest.approx([w.mean().item() for w in weights(network)])

    def test_unknown(self) -> None:
        with pytest.raises(ValueError, match=r"no metric 'nothing'; there are .*synflow.*Add one"):
            metric_named("nothing")

    def test_twice(self) -> None:
        with pytest.raises(ValueError, match=r"'snip' is registered already; pass overwrite"):
            register_metric("snip", lambda s: s.weight.sum())

    def test_unknown_need(self) -> None:
        with pytest.raises(ValueError, match=r"needs names \['hessian'\]; a metric can need"):
            register_metric("new", lambda s: s.weight.sum(), needs=["hessian"])


def test_everything_is_on_the_device_of_the_network() -> None:
    """On the meta device nothing is computed, but tensors of two devices do not mix."""
    from tagates_sk.zero_cost import build_network, saliency

    chain = nx.DiGraph([(0, 1, {"op": "nor_conv_3x3"}), (1, 2, {"op": "avg_pool_3x3"})])
    network = build_network(chain, stem_channels=4, device="meta")
    images = torch.empty(4, 3, 8, 8, device="meta")
    labels = torch.empty(4, dtype=torch.int64, device="meta")
    owners, tensors = saliency._weights(network)
    needs = frozenset({"gradient", "hessian_gradient", "activation"})
    states = saliency._loss_states(network, owners, tensors, images, labels, needs, F.cross_entropy)
    for state in saliency._add_flow(network, tensors, states, images.shape):
        assert all(value.device.type == "meta" for value in state if value is not None)
