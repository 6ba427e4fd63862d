"""Numbers beside operations: as if each pair of name and numbers had an embedding of its own."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tagates_sk.graphs import read_architectures
from tagates_sk.graphs.attributes import AttributeScale
from tagates_sk.graphs.operations import IDENTITY_OPERATIONS, updated_mask
from tagates_sk.nn.asynchronous_encoder import AsynchronousEncoder
from tagates_sk.nn.config import EncoderConfig
from tagates_sk.nn.encoder import TAGATESEncoder
from tagates_sk.nn.tables import BatchTables, GraphBatches, batch_spec
from tagates_sk.nn.transfer import EncoderState
from tests.strategies import ooe_cells, oon_cells

SIZES: dict[str, Any] = {
    "n_marks": 2, "s": 0.3, "n_layers": 3, "layer_dim": 5, "op_dim": 3, "node_dim": 2,
    "hidden_dim": 4, "update_dim": 6, "update": "node", "n_members": 2,
}  # fmt: skip


def built(packed: Any, **variant: Any) -> tuple[Any, BatchTables]:
    """An encoder with random weights, and a batch of all architectures."""
    config = EncoderConfig(
        len(packed.operations), packed.n_cells, **SIZES,
        attributes=AttributeScale.of(packed.attributes), **variant,
    )  # fmt: skip
    synchronous = config.propagation == "synchronous"
    kind: Any = TAGATESEncoder if synchronous else AsynchronousEncoder
    encoder = kind(config, torch.Generator().manual_seed(0)).double()
    spec = batch_spec(
        config, packed.operations, updated_mask(packed.operations, "all"),
        self_loops=False, residual=True, update_terminals=True,
    )  # fmt: skip
    batches = GraphBatches(packed, spec, torch.device("cpu"), np.float64)
    return encoder, batches(np.arange(len(packed)))


@given(
    data=st.data(),
    on_nodes=st.booleans(),
    T=st.integers(1, 3),
    propagation=st.sampled_from(["synchronous", "asynchronous"]),
)
def test_is_a_vocabulary_in_small(data: Any, on_nodes: bool, T: int, propagation: str) -> None:
    cell = data.draw((oon_cells if on_nodes else ooe_cells)())
    view = cell.nodes if on_nodes else cell.edges
    for key in view:
        if view[key].get("op") not in (None, "input", "output", "none", *IDENTITY_OPERATIONS):
            kernel = data.draw(st.sampled_from([None, 3, 5, 6.5]))
            view[key]["attributes"] = {} if kernel is None else {"kernel": kernel, "one": 1}
    packed = read_architectures([cell])
    variant = {"T": T, "propagation": propagation, "terminal_operations": on_nodes}
    encoder, batch = built(packed, **variant)
    finer = packed.with_numbers_in_names()
    other, other_batch = built(finer, **variant)

    weights = encoder.state_dict()
    slope = weights.pop("attribute_weight", None)
    assert (slope is None) == (packed.attributes is None)
    embedding = torch.zeros_like(other.op_embedding)
    scale = encoder.config.attributes
    for name, code in zip(finer.operations, range(len(finer.operations)), strict=True):
        op = int(np.flatnonzero(finer.op_type == code)[0])
        embedding[code] = weights["op_embedding"][packed.op_type[op]]
        if slope is not None:
            own = scale.standardised(packed.attributes.of([op]), 1)
            embedding[code] += torch.from_numpy(own[0]) @ slope
        assert name.startswith(packed.operations[packed.op_type[op]])
    other.load_state_dict({**weights, "op_embedding": embedding})
    ours, theirs = encoder(batch), other(other_batch)
    assert torch.allclose(ours.architectures, theirs.architectures, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("propagation", ["synchronous", "asynchronous"])
def test_numbers_are_learned(propagation: str) -> None:
    cell = nx.DiGraph([(0, 1), (1, 2)])
    for i, edge in enumerate(cell.edges):
        cell.edges[edge].update(op="conv", attributes={"kernel": i})
    encoder, batch = built(read_architectures([cell]), T=2, propagation=propagation)
    encoder(batch).architectures.square().sum().backward()
    assert encoder.attribute_weight.grad.abs().sum() > 0


@pytest.mark.parametrize("propagation", ["synchronous", "asynchronous"])
def test_without_numbers_weights_are_as_ever(propagation: str) -> None:
    """The map is drawn last, so that no other weight depends on it."""
    with_numbers, without = (
        EncoderConfig(3, **SIZES, propagation=propagation, attributes=scale)
        for scale in (AttributeScale(("k",), (0.0,), (1.0,)), None)
    )
    kind: Any = TAGATESEncoder if propagation == "synchronous" else AsynchronousEncoder
    ours, theirs = (
        kind(config, torch.Generator().manual_seed(1)).state_dict()
        for config in (with_numbers, without)
    )
    assert ours.pop("attribute_weight").shape == (1, 6)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_maps_go_by_name_into_another_encoder() -> None:
    def encoder(*names: str) -> Any:
        n = len(names)
        scale = AttributeScale(names, (0.0,) * n, (1.0,) * n) if names else None
        config = EncoderConfig(1, **SIZES, attributes=scale)
        return TAGATESEncoder(config, torch.Generator().manual_seed(len(names)))

    source, wider, bare = encoder("b", "d"), encoder("a", "b", "c", "d"), encoder()
    before = wider.attribute_weight.detach().clone()
    EncoderState.of(source, ["conv"]).load_into(wider, ["conv"])
    assert torch.equal(wider.attribute_weight[[1, 3]], source.attribute_weight)
    assert torch.equal(wider.attribute_weight[[0, 2]], before[[0, 2]])
    EncoderState.of(bare, ["conv"]).load_into(wider, ["conv"])
    assert torch.equal(wider.attribute_weight[[1, 3]], source.attribute_weight)
