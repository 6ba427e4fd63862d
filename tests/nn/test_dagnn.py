"""The DAGNN encoder against a vertex by vertex computation of its equations."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from tagates_sk.graphs import read_architectures
from tagates_sk.nn.dagnn import DAGNNEncoder
from tagates_sk.nn.padded import CellBatches, CellSpec
from tagates_sk.nn.predictor import seeded
from tests.small import node_chain

OP_DIM, DIM, LAYERS = 3, 4, 2


def random_cell(n: int, draw: np.random.RandomState) -> nx.DiGraph:
    """A chain of operations with some shortcuts, so that all of it counts."""
    cell = node_chain(*draw.choice(["a", "b", "c"], n))
    for u in range(n + 1):
        for v in range(u + 2, n + 2):
            if draw.rand() < 0.4:
                cell.add_edge(u, v)
    return cell


def encoder_of(cells: list[nx.DiGraph], members: int) -> tuple[DAGNNEncoder, CellBatches]:
    packed = read_architectures(cells)
    spec = CellSpec.of(packed)
    encoder = DAGNNEncoder(spec, OP_DIM, DIM, LAYERS, members, seeded(0))
    return encoder.double(), CellBatches(packed, "cpu")


def expected(encoder: DAGNNEncoder, cell: nx.DiGraph, member: int) -> torch.Tensor:
    """Encoding of a cell by a member, from the equations."""
    names = {"a": 0, "b": 1, "c": 2}
    order = list(nx.topological_sort(cell))
    own = encoder.embedding.weight[:, member * OP_DIM : (member + 1) * OP_DIM]
    # Behind the operations are wire, output and inputs.
    codes = {v: names[cell.nodes[v]["op"]] for v in order if "op" in cell.nodes[v]}
    packed_label = {order[0]: 5, order[-1]: 4}
    read = []
    for direction, graph in enumerate((cell, cell.reverse())):
        state = {v: own[codes.get(v, packed_label.get(v, 0))] for v in order}
        group = direction * encoder.n_members + member
        for run in encoder.passes:
            gru = torch.nn.GRUCell(run.input_weight.shape[2], DIM).double()
            gru.weight_ih.data, gru.bias_ih.data = run.input_weight[group], run.input_bias[group, 0]
            gru.weight_hh.data, gru.bias_hh.data = run.state_weight[group], run.state_bias[group, 0]
            new: dict[int, torch.Tensor] = {}
            for v in nx.topological_sort(graph):
                message = torch.zeros(DIM, dtype=torch.float64)
                sources = list(graph.predecessors(v))
                if sources:
                    logits = [
                        run.query[group, 0] @ state[v] + run.key[group, 0] @ new[u] for u in sources
                    ]
                    share = torch.stack(logits).softmax(0)
                    message = sum(w * new[u] for w, u in zip(share, sources, strict=True))
                new[v] = gru(state[v][None], message[None])[0]
            state = new
            ends = [v for v in order if not graph.out_degree(v)]
            read.append(torch.stack([state[v] for v in ends]).mean(0))
            read.append(torch.stack([state[v] for v in order]).mean(0))
    return torch.cat(read)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.integers(0, 1000), st.integers(1, 2))
def test_equations(sizes: list[int], seed: int, members: int) -> None:
    """Cells of several sizes in one batch, so that there is padding."""
    draw = np.random.RandomState(seed)
    cells = [node_chain("a", "b", "c"), *(random_cell(n, draw) for n in sizes)]
    encoder, batches = encoder_of(cells, members)
    found = encoder(batches(np.arange(len(cells)))).architectures
    for row, cell in zip(found, cells, strict=True):
        both = [expected(encoder, cell, member) for member in range(members)]
        assert_close(row, torch.cat(both))


def test_one_layer_reaches_through_a_deep_cell() -> None:
    """The first operation of a chain of 20 changes what is read at its end."""
    cells = [node_chain(first, *"b" * 20) for first in "ab"]
    encoder, batches = encoder_of(cells, 1)
    encodings = encoder(batches(np.arange(2))).architectures
    end = encodings.view(2, 2, LAYERS, 2, DIM)[:, 0, 0, 0]
    assert (end[0] - end[1]).abs().max() > 0


@pytest.mark.parametrize("direction", [0, 1])
def test_gradients_reach_all_weights(direction: int) -> None:
    draw = np.random.RandomState(0)
    encoder, batches = encoder_of([random_cell(4, draw) for _ in range(3)], 2)
    encoder(batches(np.arange(3))).architectures.square().sum().backward()
    for run in encoder.passes:
        for weight in run.parameters():
            both = weight.grad.unflatten(0, (2, 2))[direction]
            assert (both.flatten(1).abs().sum(1) > 0).all()


def test_all_tensors_are_on_the_device_of_the_batch() -> None:
    encoder, batches = encoder_of([node_chain("a", "b"), node_chain("a")], 2)
    batch = batches(np.arange(2))
    moved = batch._replace(
        **{name: getattr(batch, name).to("meta") for name in ("label", "relation", "present")}
    )
    assert encoder.to("meta")(moved).architectures.device.type == "meta"
