"""What symmetric operations share, and what symmetry breaking tells apart (section 3.2)."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
import torch

from .encoding import Encoded, Variant

BREAKING = ["random", "add", "concat"]


def layered(pattern: list[tuple[str, str]], on_node: bool) -> nx.DiGraph:
    """A cell of convolutions, each with a saliency vector of its own.

    `pattern` are edges between inner nodes; those without source read the input, those without
    target feed the output.
    """
    names = sorted({v for edge in pattern for v in edge})
    cell = nx.DiGraph(pattern)
    cell.add_edges_from(("in", v) for v in names if not any(v == b for _, b in pattern))
    cell.add_edges_from((v, "out") for v in names if not any(v == a for a, _ in pattern))
    random = np.random.RandomState(0)
    places = [cell.nodes[v] for v in names] if on_node else [cell.edges[e] for e in cell.edges]
    for data in places:
        data.update(op="conv_3x3", zero_cost=random.randn(2))
    return cell


DIAMOND = [("a", "c"), ("b", "c")]
"""in → a, b → c → out: a and b are at symmetric places."""

# Two paths through four convolutions, or three of which one is used twice: unfolded from the
# output, the way one forward pass sees them, both are the same tree.
FOUR = [("a", "c"), ("b", "d")]
THREE = [("a", "c"), ("a", "d")]

# Every node of the second layer reads two of the first, and every node of the first is read
# twice: once around all four, once around two and two. No pass tells them apart, in either
# direction, however often.
ONE_RING = [(a, b) for i, a in enumerate("abcd") for b in ("wxyz"[i], "wxyz"[(i + 1) % 4])]
TWO_RINGS = [(a, b) for pair, to in (("ab", "wx"), ("cd", "yz")) for a in pair for b in to]


def encodings(cells: list[nx.DiGraph], T: int, breaking: str, update: str) -> torch.Tensor:
    setup = Encoded(cells, Variant(T, breaking, update, n_layers=4), zero_cost=2)
    return setup.encode()


def embeddings(cell: nx.DiGraph, T: int, breaking: str, update: str) -> dict[Any, torch.Tensor]:
    setup = Encoded([cell], Variant(T, breaking, update, n_layers=4), zero_cost=2)
    batch = setup.batch()
    with torch.no_grad():
        out = setup.encoder(batch, setup.noise(batch)).operations
    return {key: row for (*_, key), row in zip(setup.places(batch), out, strict=True)}


def symmetric_pair(on_node: bool) -> tuple[Any, Any]:
    return ("a", "b") if on_node else (("in", "a"), ("in", "b"))


def differ(a: torch.Tensor, b: torch.Tensor) -> bool:
    return bool((a - b).abs().max() > 1e-8 * a.abs().max())


@pytest.mark.parametrize("update", ["message", "node"])
@pytest.mark.parametrize("on_node", [False, True], ids=["edges", "nodes"])
@pytest.mark.parametrize("T", [1, 2, 4])
class TestSymmetricOperations:
    """The embedding after T − 1 updates is the one that step T reads."""

    def test_share_their_embedding(self, T: int, on_node: bool, update: str) -> None:
        found = embeddings(layered(DIAMOND, on_node), T, "none", update)
        a, b = symmetric_pair(on_node)
        torch.testing.assert_close(found[a], found[b], rtol=1e-12, atol=1e-14)
        elsewhere = "c" if on_node else ("c", "out")
        assert differ(found[a], found[elsewhere]) == (T > 1)

    # Concatenated saliencies are no part of the embedding; what it makes of them is.
    @pytest.mark.parametrize("breaking", BREAKING)
    def test_differ_by_symmetry_breaking(
        self, T: int, on_node: bool, update: str, breaking: str
    ) -> None:
        found = embeddings(layered(DIAMOND, on_node), T, breaking, update)
        a, b = symmetric_pair(on_node)
        assert differ(found[a], found[b]) == (T > 1 or breaking != "concat")


@pytest.mark.parametrize("update", ["message", "node"])
@pytest.mark.parametrize("on_node", [False, True], ids=["edges", "nodes"])
class TestArchitecturesThatLookAlike:
    """Fig. 2: of different capacity, but alike to passes that share embeddings."""

    def test_to_one_forward_pass(self, on_node: bool, update: str) -> None:
        cells = [layered(pattern, on_node) for pattern in (FOUR, THREE)]
        alike = encodings(cells, 1, "none", update)
        torch.testing.assert_close(alike[0], alike[1], rtol=1e-12, atol=1e-14)
        assert differ(*encodings(cells, 3, "none", update))  # the updates tell them apart
        for breaking in BREAKING:
            assert differ(*encodings(cells, 1, breaking, update))

    @pytest.mark.parametrize("T", [1, 3])
    def test_to_every_pass(self, T: int, on_node: bool, update: str) -> None:
        cells = [layered(pattern, on_node) for pattern in (ONE_RING, TWO_RINGS)]
        alike = encodings(cells, T, "none", update)
        torch.testing.assert_close(alike[0], alike[1], rtol=1e-12, atol=1e-14)
        for breaking in BREAKING:
            assert differ(*encodings(cells, T, breaking, update))
