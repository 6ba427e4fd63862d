"""Algorithm 1 written out with loops over nodes and operations, one architecture at a time.

Nothing here is shared with the engine but the weights: it works on the user's graphs, and
gradients come from torch's autograd.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
import torch
from torch import Tensor

from tagates_sk.nn.encoder import TAGATESEncoder
from tests.graphs.forms import live_part, terminals

from .encoding import IDENTITY, Variant

States = dict[Hashable, Tensor]


@dataclass
class Operation:
    """An operation of a cell: what it reads and writes, forward and backward."""

    key: Hashable
    name: str | None
    reads: list[Hashable]
    writes: Hashable
    reads_back: list[Hashable]
    writes_back: Hashable
    zero_cost: Any = None
    gated: bool = False
    updated: bool = False
    embedding: Any = None


class ReferenceCell:
    """One cell with the embeddings of its operations."""

    def __init__(self, graph: nx.DiGraph, variant: Variant) -> None:
        inputs, self.output = terminals(graph)
        live = live_part(graph)
        self.marks = {v: graph.nodes[v].get("input", 0) for v in inputs if v in live}
        self.nodes = list(live)
        on_node = not any("op" in data for *_, data in graph.edges(data=True))
        self.operations = self._on_nodes(live, variant) if on_node else self._on_edges(live)
        for m in self.operations:
            terminal = m.name in ("input", "output")
            m.gated = variant.terminal_operations if terminal else (
                m.name is not None and m.name not in IDENTITY
            )  # fmt: skip
            m.updated = m.gated and (
                variant.updated == "all" if terminal else variant.updates(m.name)
            )

    def _on_edges(self, live: nx.DiGraph) -> list[Operation]:
        edges = live.edges(keys=True) if live.is_multigraph() else live.edges
        out = []
        for key in edges:
            u, v = key[:2]
            data = live.edges[key]
            out.append(Operation(key, data.get("op"), [u], v, [v], u, data.get("zero_cost")))
        return out

    def _on_nodes(self, live: nx.DiGraph, variant: Variant) -> list[Operation]:
        out = []
        for v, data in live.nodes(data=True):
            name = data.get("op")
            name = "input" if v in self.marks else "output" if v == self.output else name
            own = [v] if variant.self_loops else []
            before = [u for u, _ in live.in_edges(v)] + own
            after = [w for _, w in live.out_edges(v)] + own
            out.append(Operation(v, name, before, v, after, v, data.get("zero_cost")))
        return out


def reference_encode(
    encoder: TAGATESEncoder,
    variant: Variant,
    vocabulary: Sequence[str],
    architecture: Any,
    noise: Mapping[tuple[int, Hashable], Tensor] | None = None,
) -> tuple[Tensor, list[dict[Hashable, Tensor]]]:
    """Encoding of one architecture, and for each cell the final operation embeddings."""
    c = encoder.config
    graphs = architecture if isinstance(architecture, tuple) else (architecture,)
    cells = [ReferenceCell(graph, variant) for graph in graphs]
    for i, cell in enumerate(cells):
        for m in cell.operations:
            if m.gated:
                m.embedding = initial_embedding(encoder, vocabulary, m)
                if c.symmetry_breaking == "random":
                    assert noise is not None
                    m.embedding = m.embedding + 0.1 * noise[i, m.key]
    outputs: list[Tensor] = []
    for t in range(1, c.T + 1):
        forward = [_forward(encoder, variant, cell, i) for i, cell in enumerate(cells)]
        if t == c.T:
            outputs = [
                _readout(encoder, cell, f[0]) for cell, f in zip(cells, forward, strict=True)
            ]
            break
        states = [f[0][cell.output] for cell, f in zip(cells, forward, strict=True)]
        back_inputs = encoder.fb_convert(torch.cat(states)).chunk(len(cells))
        for cell, f, back_input in zip(cells, forward, back_inputs, strict=True):
            _update(encoder, cell, f, _backward(encoder, variant, cell, back_input))
    embeddings = [{m.key: m.embedding for m in cell.operations if m.gated} for cell in cells]
    return torch.cat(outputs), embeddings


def zero_cost_of(m: Operation, encoder: TAGATESEncoder) -> Tensor:
    if m.zero_cost is None:
        return torch.zeros(encoder.config.n_zero_cost, dtype=torch.float64)
    return torch.as_tensor(m.zero_cost, dtype=torch.float64)


def initial_embedding(encoder: TAGATESEncoder, vocabulary: Sequence[str], m: Operation) -> Tensor:
    if m.name == "input":
        embedding = encoder.input_op_embedding[0]
    elif m.name == "output":
        embedding = encoder.output_op_embedding[0]
    else:
        assert m.name is not None
        embedding = encoder.op_embedding[vocabulary.index(m.name)]
    if encoder.config.symmetry_breaking == "add":
        embedding = embedding + encoder.config.beta * encoder.zero_cost_mlp(
            zero_cost_of(m, encoder)
        )
    return embedding


def _gate(encoder: TAGATESEncoder, m: Operation, layer: int) -> Tensor:
    if not m.gated:
        return torch.ones(encoder.config.layer_dim, dtype=torch.float64)
    embedding = m.embedding
    if encoder.config.symmetry_breaking == "concat":
        embedding = torch.cat([embedding, zero_cost_of(m, encoder)])
    return torch.sigmoid(encoder.gate_weight[layer] @ embedding + encoder.gate_bias[layer])


def _forward(
    encoder: TAGATESEncoder, variant: Variant, cell: ReferenceCell, kind: int
) -> tuple[States, list[Tensor]]:
    states = {}
    for v in cell.nodes:
        if v in cell.marks:
            states[v] = encoder.node_hidden(encoder.input_embedding[kind, cell.marks[v]])
        else:
            states[v] = encoder.node_hidden(encoder.other_embedding[kind, 0])
    flow = [(m, m.reads, m.writes) for m in cell.operations]
    kept = list(cell.marks) if variant.residual else []
    return _propagate(encoder, variant, encoder.forward_layers, states, flow, kept, first_gate=0)


def _backward(
    encoder: TAGATESEncoder, variant: Variant, cell: ReferenceCell, back_input: Tensor
) -> tuple[States, list[Tensor]]:
    states = {v: torch.zeros_like(back_input) for v in cell.nodes}
    states[cell.output] = back_input
    flow = [(m, m.reads_back, m.writes_back) for m in cell.operations]
    kept = [cell.output] if variant.residual else []
    first_gate = encoder.config.n_layers
    return _propagate(encoder, variant, encoder.backward_layers, states, flow, kept, first_gate)


def _propagate(
    encoder: TAGATESEncoder,
    variant: Variant,
    layers: Any,
    states: States,
    flow: list[tuple[Operation, list[Hashable], Hashable]],
    kept: list[Hashable],
    first_gate: int,
) -> tuple[States, list[Tensor]]:
    """States after the last layer, and the messages of its operations."""
    messages: list[Tensor] = []
    arrivals: Counter[Hashable] = Counter()
    for _, sources, destination in flow:
        arrivals[destination] += len(sources)
    power = {"sum": 0.0, "sqrt": 0.5, "mixed": 0.5, "mean": 1.0}[variant.aggregation]
    for layer, weight in enumerate(layers.weights):
        support = {v: state @ weight for v, state in states.items()}
        following = {v: torch.zeros_like(s) for v, s in support.items()}
        messages = []
        for m, sources, destination in flow:
            message = torch.zeros_like(following[destination])
            for u in sources:
                message = message + support[u]
            message = _gate(encoder, m, first_gate + layer) * message
            message = message / max(arrivals[destination], 1) ** power
            messages.append(message)
            following[destination] = following[destination] + message
        for v in kept:
            following[v] = following[v] + support[v]
        if encoder.config.layer_bias:
            following = {v: s + layers.biases[layer] for v, s in following.items()}
        if layer < encoder.config.n_layers - 1:
            following = {v: torch.relu(s) for v, s in following.items()}
        states = following
    return states, messages


def _update(
    encoder: TAGATESEncoder,
    cell: ReferenceCell,
    forward: tuple[States, list[Tensor]],
    backward: tuple[States, list[Tensor]],
) -> None:
    c = encoder.config
    for i, m in enumerate(cell.operations):
        if not m.updated:
            continue
        if c.update == "message":
            f, b = forward[1][i], backward[1][i]
        else:
            f, b = forward[0][m.writes], backward[0][m.writes_back]
        read = {"embedding": m.embedding, "forward": f, "backward": b}
        parts = [x.detach() if key in c.stop_gradient else x for key, x in read.items()]
        m.embedding = m.embedding + c.s * encoder.op_update(torch.cat(parts))


def _readout(encoder: TAGATESEncoder, cell: ReferenceCell, states: States) -> Tensor:
    if encoder.config.readout == "output":
        return states[cell.output]
    return torch.stack([s for v, s in states.items() if v not in cell.marks]).mean(0)
