"""The engine against Algorithm 1 written out with loops: values and gradients."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tagates_sk.graphs.architectures import join
from tests.strategies import architecture_lists, ooe_cells, oon_cells

from .encoding import Encoded, Variant, variants
from .reference import reference_encode

ZERO_COST = 2


def chain(*ops: str | None) -> nx.DiGraph:
    """A chain with these operations, or wires, on its edges."""
    cell = nx.DiGraph()
    for i, op in enumerate(ops):
        cell.add_edge(i, i + 1, **({} if op is None else {"op": op, "zero_cost": [1.0, i]}))
    return cell


def node_chain(*ops: str | None) -> nx.DiGraph:
    """A chain with these operations, or wires, on its inner nodes."""
    cell = nx.DiGraph()
    nx.add_path(cell, range(len(ops) + 2))
    for i, op in enumerate(ops, 1):
        cell.nodes[i].update({} if op is None else {"op": op, "zero_cost": [1.0, i]})
    cell.nodes[0]["op"] = "input"
    return cell


def unused_input(cell: nx.DiGraph) -> nx.DiGraph:
    """The cell with a second input that only reaches a dead end."""
    cell = cell.copy()
    cell.add_node(0, input=0)
    cell.add_node("unused", input=1)
    cell.add_edge("unused", "dead", **({} if "op" in cell.nodes[0] else {"op": "none"}))
    cell.nodes[max(v for v in cell if isinstance(v, int))]["op"] = "output"
    return cell


def check(setup: Encoded, encode: Any = reference_encode) -> None:
    """Encodings, operation embeddings and all gradients equal those of the loops."""
    batch = setup.batch()
    noise = setup.noise(batch)
    fast = setup.encoder(batch, noise)
    places = setup.places(batch)
    reference_noise = {} if noise is None else dict(zip(places, noise, strict=True))
    reference = [
        encode(
            setup.encoder, setup.variant, list(setup.vocabulary), architecture,
            {key[1:]: value for key, value in reference_noise.items() if key[0] == i},
        )
        for i, architecture in enumerate(setup.architectures)
    ]  # fmt: skip
    encodings = torch.stack([encoding for encoding, _ in reference])
    torch.testing.assert_close(fast.architectures, encodings, rtol=1e-9, atol=1e-10)
    torch.testing.assert_close(setup.encode(), encodings.detach(), rtol=1e-9, atol=1e-10)

    assert len(places) == sum(len(cell) for _, cells in reference for cell in cells)
    embeddings = [reference[a][1][cell][key] for a, cell, key in places]
    empty = fast.operations.new_zeros(0, 3)
    expected = torch.stack(embeddings) if embeddings else empty
    torch.testing.assert_close(fast.operations, expected, rtol=1e-9, atol=1e-10)

    parameters = {k: p for k, p in setup.encoder.named_parameters() if p.requires_grad}
    direction = torch.linspace(-1, 1, encodings.numel(), dtype=torch.float64).reshape(
        encodings.shape
    )

    def gradients(value: torch.Tensor) -> Any:
        # Some encodings depend on no parameter; with the second term autograd accepts that.
        target = (value * direction).sum() + 0 * next(iter(parameters.values())).sum()
        return torch.autograd.grad(target, list(parameters.values()), allow_unused=True)

    grads = [gradients(fast.architectures), gradients(encodings)]
    for (name, parameter), ours, theirs in zip(parameters.items(), *grads, strict=True):
        zero = torch.zeros_like(parameter)
        ours, theirs = (zero if g is None else g for g in (ours, theirs))
        scale = max(1.0, float(theirs.abs().max()) if theirs.numel() else 0.0)
        torch.testing.assert_close(
            ours, theirs, rtol=1e-7, atol=1e-9 * scale, msg=lambda m, n=name: f"{n}: {m}"
        )


@given(architecture_lists(max_size=3, zero_cost=ZERO_COST), variants())
def test_any_cells(architectures: list[Any], variant: Variant) -> None:
    check(Encoded(architectures, variant, zero_cost=ZERO_COST))


CORNERS = {
    "no path": chain("conv_3x3", "none"),
    "no path, on nodes": node_chain("none"),
    "only wires": chain("skip_connect", None),
    "only wires, on nodes": node_chain(None, None),
    "nothing updated": chain("avg_pool_3x3"),
    "nothing updated, on nodes": node_chain("avg_pool_3x3", "skip_connect"),
    "unused input": unused_input(chain("conv_3x3", "conv_1x1")),
    "unused input, on nodes": unused_input(node_chain("conv_3x3", "conv_1x1")),
}


@pytest.mark.parametrize("corner", CORNERS)
@given(variant=variants(T=st.just(3), symmetry_breaking=st.sampled_from(["none", "random"])))
def test_corner_cells_alone(corner: str, variant: Variant) -> None:
    check(Encoded([CORNERS[corner]], variant))


@given(variants(T=st.just(3)), st.booleans())
def test_corner_cells_together(variant: Variant, two_cells: bool) -> None:
    cells = list(CORNERS.values())
    # Of both kinds, which no list may have.
    architectures = join([[one] for one in (pairwise(cells) if two_cells else cells)])
    check(Encoded(architectures, variant, zero_cost=ZERO_COST))


@pytest.mark.parametrize("update", ["message", "node"])
@pytest.mark.parametrize("n_layers", [1, 2])
def test_shallow_networks(n_layers: int, update: str) -> None:
    """As deep as or shallower than the graph, where first and last layer coincide or touch."""
    cells = [chain("conv_3x3", "avg_pool_3x3"), chain("conv_1x1"), chain("conv_3x3", None)]
    for stop_gradient in [(), ("embedding", "forward")]:
        variant = Variant(3, update=update, n_layers=n_layers, stop_gradient=stop_gradient)
        check(Encoded(cells, variant, zero_cost=ZERO_COST))


@given(
    st.lists(oon_cells(none=False, max_nodes=4, zero_cost=ZERO_COST), min_size=1, max_size=2),
    variants(
        T=st.just(2),
        terminal_operations=st.just(True),
        residual=st.just(True),
        updated=st.just("all"),
        n_layers=st.integers(1, 3),
    ),
)
def test_every_node_is_updated(cells: list[nx.DiGraph], variant: Variant) -> None:
    """As published for NAS-Bench-101: nodes and operations have the same numbers."""
    check(Encoded(cells, variant, zero_cost=ZERO_COST))


def gates(setup: Encoded, cell: nx.DiGraph) -> np.ndarray:
    """GATES by recursion from the output (Ning et al., ECCV 2020), in numpy."""
    p = {key: value.detach().numpy() for key, value in setup.encoder.named_parameters()}
    mapped = p["input_embedding"][0] @ p["node_hidden.weight"].T + p["node_hidden.bias"]
    other = p["other_embedding"][0, 0] @ p["node_hidden.weight"].T + p["node_hidden.bias"]
    sources = {v for v in cell if cell.in_degree(v) == 0}

    def gate(op: str | None, layer: int) -> Any:
        if op in (None, "skip_connect"):
            return 1.0
        row = p["op_embedding"][setup.vocabulary.index(op)]
        return 1 / (1 + np.exp(-p["gate_weight"][layer] @ row - p["gate_bias"][layer]))

    def state(v: Any, layer: int) -> Any:
        if layer < 0:
            return mapped[cell.nodes[v].get("input", 0)] if v in sources else other
        weight = p[f"forward_layers.weights.{layer}"]
        total = state(v, layer - 1) @ weight if v in sources else 0
        for u, _, op in cell.in_edges(v, data="op"):
            total = total + gate(op, layer) * (state(u, layer - 1) @ weight)
        return total if layer == setup.variant.n_layers - 1 else np.maximum(total, 0)

    (output,) = (v for v in cell if cell.out_degree(v) == 0)
    return np.asarray(state(output, setup.variant.n_layers - 1))


@given(st.lists(ooe_cells(none=False, max_nodes=5), min_size=1, max_size=3), st.integers(1, 4))
def test_one_pass_without_symmetry_breaking_is_gates(
    cells: list[nx.DiGraph], n_layers: int
) -> None:
    setup = Encoded(cells, Variant(T=1, n_layers=n_layers))
    expected = np.stack([gates(setup, cell) for cell in cells])
    np.testing.assert_allclose(setup.encode().numpy(), expected, rtol=1e-9, atol=1e-11)
