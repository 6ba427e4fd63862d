"""ZeroCostProxies, and the scores of one forward pass."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import make_pipeline
from torch import nn

from tagates_sk.zero_cost import ZeroCostProxies, build_network, register_operation
from tagates_sk.zero_cost.forward_scores import forward_scores, spectral_entropy

from .forms import CELLS, TINY, raw


class Parts(nn.Module):
    """A network whose states are those of modules that follow each other."""

    def __init__(self, *modules: nn.Module) -> None:
        super().__init__()
        self.parts = nn.ModuleList(modules)

    def states(self, images: torch.Tensor) -> list[torch.Tensor]:
        states = [images]
        for part in self.parts:
            states.append(part(states[-1]))
        return states

    def classify(self, state: torch.Tensor) -> torch.Tensor:
        return state


def test_columns() -> None:
    proxies = ZeroCostProxies(["parameters", "snip", "flops"], **TINY)
    matrix = proxies.fit_transform(CELLS)
    assert matrix.shape == (12, 3)
    assert list(proxies.get_feature_names_out()) == ["parameters", "snip", "flops"]
    frame = proxies.set_output(transform="pandas").transform(CELLS)
    assert list(frame.columns) == ["parameters", "snip", "flops"]


def test_counts() -> None:
    """One 1 × 1 convolution of 4 channels on 6 × 6: stem, cell, classifier."""
    chain = nx.DiGraph([(0, 1, {"op": "nor_conv_1x1"})])
    parameters, flops = ZeroCostProxies(["parameters", "flops"], **TINY).fit_transform([chain])[0]
    assert flops == 36 * 27 * 4 + 36 * 4 * 4 + 4 * 10
    assert parameters == 27 * 4 + 16 + 4 * 10 + 10 + 3 * 2 * 4


def test_naswot_of_codes() -> None:
    images = torch.tensor([[1.0, -1.0, 2.0], [1.0, 3.0, -2.0]])[:, :, None, None]
    kernel = np.array([[3.0, 1.0], [1.0, 3.0]]) + 1e-6 * np.eye(2)
    assert forward_scores(Parts(nn.ReLU()), images)[2] == pytest.approx(
        np.log(np.linalg.det(kernel))
    )


@pytest.mark.parametrize("layer", [nn.ReLU(), nn.ReLU6(), nn.LeakyReLU(), nn.ReLU(inplace=True)])
def test_naswot_counts_every_kind_of_relu(layer: nn.Module) -> None:
    images = torch.tensor([[1.0, -1.0, 2.0], [1.0, 3.0, -2.0]])[:, :, None, None]
    expected = forward_scores(Parts(nn.ReLU()), images.clone())[2]
    assert forward_scores(Parts(layer), images)[2] == expected


def test_naswot_sees_inverted_residuals() -> None:
    """Their ReLU6 were once not counted: only the head's ReLU told two such networks apart."""
    ops = ["inverted_residual_3x3_e3"] * 3
    chains = [nx.DiGraph([(i, i + 1, {"op": op}) for i, op in enumerate(ops[:n])]) for n in (1, 3)]
    networks = [build_network(chain, random_state=0) for chain in chains]
    images = torch.randn(8, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    short, long = (forward_scores(network, images)[2] for network in networks)
    assert long > short + 1


def test_expressivity_and_progressivity() -> None:
    """Two directions of equal variance, and one of them alone behind the first part."""
    images = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])[:, :, None, None]
    first = nn.Conv2d(2, 2, 1, bias=False)
    with torch.no_grad():
        first.weight[:] = torch.tensor([[1.0, 0.0], [0.0, 0.0]])[:, :, None, None]
    scores = forward_scores(Parts(first), images)
    assert scores[3:] == pytest.approx([np.log(2), -np.log(2)], abs=1e-6)


def test_expressivity_without_a_path() -> None:
    """Features that do not vary fill no direction; nothing divides by their variance."""
    assert spectral_entropy(torch.ones(4, 3, 2, 2)) == 0.0


def test_sums_over_the_network() -> None:
    """Operations are part of the network: its snip is larger than theirs."""
    of_operations = raw(CELLS, metrics=["snip"])
    of_networks = ZeroCostProxies(["snip"], **TINY).fit_transform(CELLS)
    for values, total in zip(of_operations, of_networks, strict=True):
        assert total[0] > values.sum()


def test_no_path_and_no_relu() -> None:
    nothing = nx.DiGraph([(0, 1, {"op": "none"})])
    assert np.isfinite(ZeroCostProxies(**TINY).fit_transform([nothing])).all()


def test_in_a_pipeline() -> None:
    forest = make_pipeline(ZeroCostProxies(**TINY), RandomForestRegressor(10, random_state=0))
    assert forest.fit(CELLS, np.arange(12.0)).score(CELLS, np.arange(12.0)) > 0.5


@pytest.mark.parametrize("scale", [1e25, 1e38, np.nan])
def test_features_that_explode(scale: float) -> None:
    """Scores are finite whatever features become."""

    class Explosion(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * scale * scale

    name = f"explosion_{scale:g}"
    register_operation(name, lambda *_: Explosion(), overwrite=True)
    proxies = ["parameters", "flops", "naswot", "expressivity", "progressivity"]
    cell = nx.DiGraph([(0, 1, {"op": name}), (1, 2, {"op": "nor_conv_1x1"})])
    scores = ZeroCostProxies(proxies, **TINY).fit_transform([cell])
    assert np.isfinite(scores).all()


def test_expressivity_of_large_features() -> None:
    """Their squares are beyond float32; the entropy knows no scale."""
    features = torch.randn(8, 3, 2, 2, generator=torch.Generator().manual_seed(0))
    assert spectral_entropy(1e25 * features) == pytest.approx(spectral_entropy(features))
