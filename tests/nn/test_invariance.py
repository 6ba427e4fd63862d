"""An encoding depends on its architecture only: not on names, order or company."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.spaces.helpers import scrambled
from tests.strategies import architecture_lists

from .encoding import Encoded, Variant, variants

ZERO_COST = 2
# Random noise belongs to the place of an operation in its cell, which renaming may change.
no_noise = variants(symmetry_breaking=st.sampled_from(["none", "add", "concat"]))


def close(a: torch.Tensor, b: torch.Tensor) -> None:
    torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-11)


@given(architecture_lists(zero_cost=ZERO_COST), no_noise, st.integers(0, 2**31))
def test_names_and_order_of_insertion(
    architectures: list[Any], variant: Variant, seed: int
) -> None:
    setup = Encoded(architectures, variant, zero_cost=ZERO_COST)
    random = np.random.RandomState(seed)
    other = [scrambled(architecture, random) for architecture in architectures]
    close(setup.encode(architectures=other), setup.encode())


def in_parts(setup: Encoded, parts: Sequence[Sequence[int]]) -> torch.Tensor:
    """Encodings of a permutation, encoded in parts, back in the order of X."""
    out = torch.cat([setup.encode(part) for part in parts])
    return out[torch.from_numpy(np.argsort(np.concatenate(parts)))]


@given(
    architecture_lists(min_size=2, max_size=6, zero_cost=ZERO_COST),
    variants(),
    st.integers(0, 2**31),
)
def test_company_in_a_batch(architectures: list[Any], variant: Variant, seed: int) -> None:
    """In any order, in parts of any size and alone, each is encoded as in the whole batch."""
    setup = Encoded(architectures, variant, zero_cost=ZERO_COST)
    together = setup.encode()
    random = np.random.RandomState(seed)
    order = random.permutation(len(architectures))
    cut = random.randint(1, len(order))
    close(in_parts(setup, [order]), together)
    close(in_parts(setup, [order[:cut], order[cut:]]), together)
    close(in_parts(setup, order[:, None]), together)


@given(architecture_lists(zero_cost=ZERO_COST), variants())
def test_repeated_in_a_batch(architectures: list[Any], variant: Variant) -> None:
    setup = Encoded(architectures, variant, zero_cost=ZERO_COST)
    together = setup.encode()
    rows = np.repeat(np.arange(len(architectures)), 2)
    close(setup.encode(rows), together[rows])


@given(architecture_lists(zero_cost=ZERO_COST, none=False), no_noise)
def test_dead_parts_change_nothing(architectures: list[Any], variant: Variant) -> None:
    """A branch to nowhere, and an edge or node "none" to the output, are as absent."""

    def with_dead_parts(architecture: Any) -> Any:
        if isinstance(architecture, tuple):
            return tuple(map(with_dead_parts, architecture))
        cell = architecture.copy()
        (output,) = (v for v in cell if cell.out_degree(v) == 0)
        first = next(v for v in cell if cell.in_degree(v) == 0)
        if any("op" in data for *_, data in cell.edges(data=True)):
            cell.add_edge(first, "dead", op="none")
            cell.add_edge("dead", output, op="conv_3x3", zero_cost=[1.0] * ZERO_COST)
        else:
            cell.add_node("dead", op="none")
            cell.add_edges_from([(first, "dead"), ("dead", output)])
        return cell

    setup = Encoded(architectures, variant, zero_cost=ZERO_COST)
    close(setup.encode(architectures=[with_dead_parts(a) for a in architectures]), setup.encode())
