"""The encoder with asynchronous passes against passes written out node by node."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tagates_sk.graphs.architectures import join
from tagates_sk.nn.asynchronous_encoder import AsynchronousEncoder
from tagates_sk.nn.sweep import Sweep
from tests.strategies import architecture_lists

from .encoding import Encoded, Variant, variants
from .reference_sweep import reference_sweep_encode
from .test_algorithm1 import CORNERS, ZERO_COST, chain, check, node_chain


def asynchronous(**fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[Variant]:
    """Any variant with asynchronous passes."""
    readout = st.sampled_from(["output", "mean", "both"])
    return variants(
        **{
            "propagation": st.just("asynchronous"), "readout": readout,
            "self_loops": st.just(False), **fixed,
        }
    )  # fmt: skip


@given(architecture_lists(max_size=3, zero_cost=ZERO_COST), asynchronous())
def test_any_cells(architectures: list[Any], variant: Variant) -> None:
    check(Encoded(architectures, variant, zero_cost=ZERO_COST), reference_sweep_encode)


@pytest.mark.parametrize("corner", CORNERS)
@given(variant=asynchronous(T=st.just(3), symmetry_breaking=st.sampled_from(["none", "random"])))
def test_corner_cells_alone(corner: str, variant: Variant) -> None:
    check(Encoded([CORNERS[corner]], variant), reference_sweep_encode)


@given(asynchronous(T=st.just(3)), st.booleans())
def test_corner_cells_together(variant: Variant, two_cells: bool) -> None:
    cells = list(CORNERS.values())
    together = join([[one] for one in (pairwise(cells) if two_cells else cells)])
    check(Encoded(together, variant, zero_cost=ZERO_COST), reference_sweep_encode)


@settings(max_examples=20)
@given(architecture_lists(max_size=3), st.sampled_from(["forward", "backward"]))
def test_gradients_of_a_sweep(architectures: list[Any], direction: str) -> None:
    variant = Variant(propagation="asynchronous", readout="both")
    sweeps = Encoded(architectures, variant).batch().sweeps
    tables = getattr(sweeps, direction)
    k, d, rng = 2, 2, np.random.RandomState(0)

    def numbers(*shape: int) -> torch.Tensor:
        return torch.tensor(rng.standard_normal(shape), requires_grad=True)

    sweep = Sweep(d, k).double()
    gated = torch.from_numpy(rng.uniform(size=(len(tables.operations), 1, 1)) < 0.7)
    share = torch.from_numpy(rng.uniform(0.5, 2, (len(tables.operations), k * d)))

    def run(start: torch.Tensor, maps: torch.Tensor, weight: torch.Tensor) -> Any:
        given = start, maps, tables, gated, share
        return torch.func.functional_call(sweep, {"weight": weight}, given)

    inputs = numbers(tables.n_start, k * d), numbers(len(tables.place), k * 2 * d)
    assert torch.autograd.gradcheck(run, (*inputs, numbers(k, d, d)))


@pytest.mark.parametrize("aggregation", ["sum", "mean", "mixed"])
def test_members_side_by_side_are_those_alone(aggregation: str) -> None:
    cells = [(CORNERS["unused input"], node_chain("conv_3x3", "avg_pool_3x3")),
             (chain("conv_1x1", None), CORNERS["no path"])]  # fmt: skip
    variant = Variant(T=3, propagation="asynchronous", readout="both", aggregation=aggregation)
    setup = Encoded(join([[pair] for pair in cells]), variant)
    config = replace(setup.encoder.config, n_members=2)
    generator = torch.Generator().manual_seed(1)
    both = AsynchronousEncoder(config, generator).double()
    read = both(setup.batch()).architectures.chunk(2, 1)
    for member, kind in enumerate(["sqrt", "sum"] if aggregation == "mixed" else [aggregation] * 2):
        alone = AsynchronousEncoder(replace(config, n_members=1, aggregation=kind)).double()
        state = {}
        for name, value in alone.state_dict().items():
            wide = both.state_dict()[name]
            axis = next(i for i, n in enumerate(wide.shape) if n != value.shape[i])
            state[name] = wide.chunk(2, axis)[member]
        alone.load_state_dict(state)
        torch.testing.assert_close(read[member], alone(setup.batch()).architectures)


def test_other_architectures_of_the_batch_change_nothing() -> None:
    cells = list(CORNERS.values())
    together = join([[cell] for cell in cells])
    setup = Encoded(together, Variant(T=2, propagation="asynchronous", readout="both"))
    alone = torch.cat([setup.encode(rows=[i]) for i in range(len(cells))])
    torch.testing.assert_close(setup.encode(rows=[3, 0, 2]), alone[[3, 0, 2]])
