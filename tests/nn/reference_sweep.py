"""Asynchronous passes written out node by node, one architecture at a time.

Nothing here is shared with the engine but the weights; gradients come from
torch's autograd.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor

from tagates_sk.nn.asynchronous_encoder import AsynchronousEncoder

from .encoding import Variant
from .reference import Operation, ReferenceCell, States, initial_embedding, zero_cost_of

POWER = {"sum": 0.0, "sqrt": 0.5, "mixed": 0.5, "mean": 1.0}


def reference_sweep_encode(
    encoder: AsynchronousEncoder,
    variant: Variant,
    vocabulary: Sequence[str],
    architecture: Any,
    noise: Mapping[tuple[int, Hashable], Tensor],
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
                    m.embedding = m.embedding + 0.1 * noise[i, m.key]
    read: list[Tensor] = []
    for t in range(1, c.T + 1):
        forward = [_forward(encoder, variant, cell, i) for i, cell in enumerate(cells)]
        if t == c.T:
            outputs = [f[0][cell.output] for cell, f in zip(cells, forward, strict=True)]
            inner = [_mean(cell, f[0]) for cell, f in zip(cells, forward, strict=True)]
            read = {"output": outputs, "mean": inner, "both": outputs + inner}[variant.readout]
            break
        states = [f[0][cell.output] for cell, f in zip(cells, forward, strict=True)]
        starts = encoder.fb_convert(torch.cat(states)).chunk(len(cells))
        for cell, f, start in zip(cells, forward, starts, strict=True):
            b = _backward(encoder, variant, cell, start)
            for i, m in enumerate(cell.operations):
                if m.updated:
                    _update(encoder, m, i, f, b)
    embeddings = [{m.key: m.embedding for m in cell.operations if m.gated} for cell in cells]
    return torch.cat(read), embeddings


def _mean(cell: ReferenceCell, states: States) -> Tensor:
    return torch.stack([state for v, state in states.items() if v not in cell.marks]).mean(0)


def _forward(
    encoder: AsynchronousEncoder, variant: Variant, cell: ReferenceCell, kind: int
) -> tuple[States, list[Tensor]]:
    starts = {
        v: encoder.start(
            encoder.input_embedding[kind, cell.marks[v]]
            if v in cell.marks
            else encoder.other_embedding[kind, 0]
        )
        for v in cell.nodes
    }
    flow = [(m, m.reads, m.writes) for m in cell.operations]
    return _sweep(
        encoder, variant, starts, flow, _locations(cell), 0, encoder.forward_sweep.weight[0]
    )


def _backward(
    encoder: AsynchronousEncoder, variant: Variant, cell: ReferenceCell, start: Tensor
) -> tuple[States, list[Tensor]]:
    starts = {v: start if v == cell.output else torch.zeros_like(start) for v in cell.nodes}
    flow = [(m, m.reads_back, m.writes_back) for m in cell.operations]
    return _sweep(
        encoder, variant, starts, flow, _locations(cell), 1, encoder.backward_sweep.weight[0]
    )


def _locations(cell: ReferenceCell) -> States:
    """Weights of the nearest of eight places, by the longest paths to and from each node."""

    def longest(arcs: list[tuple[Hashable, Hashable]]) -> dict[Hashable, int]:
        @cache
        def steps(v: Hashable) -> int:
            return max((steps(u) + 1 for u, w in arcs if w == v), default=0)

        return {v: steps(v) for v in cell.nodes}

    arcs = [(u, m.writes) for m in cell.operations for u in m.reads if u != m.writes]
    ahead, behind = longest(arcs), longest([(v, u) for u, v in arcs])
    out = {}
    for v in cell.nodes:
        place = 7 * ahead[v] / max(ahead[v] + behind[v], 1)
        weights = [max(0.0, 1 - abs(place - i)) for i in range(8)]
        out[v] = torch.tensor(weights, dtype=torch.float64)
    return out


def _sweep(
    encoder: AsynchronousEncoder,
    variant: Variant,
    starts: States,
    flow: list[tuple[Operation, list[Hashable], Hashable]],
    locations: States,
    direction: int,
    weight: Tensor,
) -> tuple[States, list[Tensor]]:
    """States of all nodes, by recursion, and the messages of the operations."""
    d = encoder.config.layer_dim
    block = slice(direction * 2 * d, (direction + 1) * 2 * d)
    matrix = encoder.operation_weight[0, block]
    bias = encoder.operation_bias[0, 0, block]

    def said(i: int) -> Tensor:
        m, _, to = flow[i]
        said = bias + locations[to] @ encoder.location_weight[direction]
        if not m.gated:
            return said
        embedding = m.embedding
        if encoder.config.symmetry_breaking == "concat":
            embedding = torch.cat([embedding, zero_cost_of(m, encoder)])
        return said + matrix @ embedding

    def arriving(v: Hashable) -> list[int]:
        return [i for i, (_, sources, to) in enumerate(flow) if to == v and sources]

    @cache
    def message(i: int) -> Tensor:
        m, sources, to = flow[i]
        if not sources:
            return torch.zeros(d, dtype=torch.float64)
        count = sum(len(flow[j][1]) for j in arriving(to))
        gate = torch.sigmoid(said(i)[:d]) if m.gated else torch.ones(d, dtype=torch.float64)
        total = torch.stack([state(u) for u in sources]).sum(0)
        return gate * total / count ** POWER[variant.aggregation]

    @cache
    def state(v: Hashable) -> Tensor:
        operations = arriving(v)
        if not operations:
            return starts[v]
        s = torch.stack([message(i) for i in operations]).sum(0)
        x = torch.stack([said(i)[d:] for i in operations]).mean(0)
        return s + torch.relu(x + s @ weight)

    return {v: state(v) for v in starts}, [message(i) for i in range(len(flow))]


def _update(
    encoder: AsynchronousEncoder,
    m: Operation,
    i: int,
    forward: tuple[States, list[Tensor]],
    backward: tuple[States, list[Tensor]],
) -> None:
    c = encoder.config
    if c.update == "message":
        f, b = forward[1][i], backward[1][i]
    else:
        f, b = forward[0][m.writes], backward[0][m.writes_back]
    read = {"embedding": m.embedding, "forward": f, "backward": b}
    parts = [x.detach() if key in c.stop_gradient else x for key, x in read.items()]
    m.embedding = m.embedding + c.s * encoder.op_update(torch.cat(parts))
