"""What is around cells: the skeletons of whole networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from torch import nn

from ..graphs import PackedGraphs
from ..graphs.foreign import echo
from .cell_graphs import CellGraph
from .cells import CellBuilder, Modules, macro_cell, nasbench101_cell, plain_cell
from .modules import BatchNorm, PreActivationBlock, conv_bn_relu, convolution, projection
from .operations import ENAS_MACRO_OPERATIONS, MACRO_BLOCKS, Registered

SKELETONS = ("auto", "darts", "macro", "nasbench101", "nasbench201")


@dataclass(frozen=True)
class NetworkConfig:
    """All that a network depends on beside its architecture and seed.

    Parameters
    ----------
    skeleton, stem_channels, cells_per_stage, n_stages, n_classes, in_channels, device
        As in :func:`build_network`.

    Raises
    ------
    ValueError
        If there is no such skeleton, or a number is no whole number from 1 on.
    """

    skeleton: str = "auto"
    stem_channels: int = 16
    cells_per_stage: int = 1
    n_stages: int = 3
    n_classes: int = 10
    in_channels: int = 3
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.skeleton not in SKELETONS:
            raise ValueError(
                f"skeleton={echo(self.skeleton)} is none of {', '.join(map(repr, SKELETONS))}."
            )
        for field in fields(self)[1:-1]:
            value = getattr(self, field.name)
            if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{field.name}={echo(value)} must be a whole number from 1 on.")


class Plan(NamedTuple):
    """The parts of a network, before they are one."""

    stem: nn.Module
    body: list[nn.Module]
    links: list[tuple[int, ...]]
    """Outputs that each part of the body takes: 0 is the stem's, i that of part i - 1."""
    head: nn.Module | None
    channels: int
    realised: Modules


def fitting_skeleton(
    packed: PackedGraphs, graphs: list[CellGraph], factories: Mapping[str, Registered]
) -> str:
    """The skeleton that ``"auto"`` stands for, as :func:`build_network` says.

    Parameters
    ----------
    packed : PackedGraphs
        One architecture.
    graphs : list of CellGraph
        Its cells.
    factories : mapping of str to Registered

    Returns
    -------
    str
    """
    if len(graphs) > 1:
        return "darts"
    (graph,) = graphs
    names = packed.used_operations()
    changes_shape = any(factories[n].widen != 1 or factories[n].stride != 1 for n in names)
    enas = ENAS_MACRO_OPERATIONS.issuperset(names) and names not in ([], ["maxpool3x3"])
    if changes_shape or (enas and graph.on_node) or not MACRO_BLOCKS.isdisjoint(names):
        return "macro"
    if len(graph.inputs) > 1:
        return "darts"
    return "nasbench101" if graph.on_node else "nasbench201"


def _stem(config: NetworkConfig, channels: int) -> nn.Sequential:
    return nn.Sequential(convolution(config.in_channels, channels, kernel=3), BatchNorm(channels))


def _nasbench201(
    graphs: list[CellGraph],
    config: NetworkConfig,
    factories: Mapping[str, Registered],
    realised: Modules,
) -> Plan:
    (graph,) = graphs
    width = config.stem_channels
    stem = _stem(config, width)
    body: list[nn.Module] = []
    states = dict.fromkeys(graph.inputs, 0)
    for stage in range(config.n_stages):
        if stage:
            body.append(PreActivationBlock(width, 2 * width, 2))
            width *= 2
        body += [
            plain_cell(graph, CellBuilder(1, factories, realised), states, width)
            for _ in range(config.cells_per_stage)
        ]
    head = nn.Sequential(BatchNorm(width), nn.ReLU())
    return Plan(stem, body, [(i,) for i in range(len(body))], head, width, realised)


def _nasbench101(
    graphs: list[CellGraph],
    config: NetworkConfig,
    factories: Mapping[str, Registered],
    realised: Modules,
) -> Plan:
    (graph,) = graphs
    channels = width = config.stem_channels
    stem = conv_bn_relu(config.in_channels, width, 1, kernel=3)
    body: list[nn.Module] = []
    for stage in range(config.n_stages):
        if stage:
            body.append(nn.MaxPool2d(2, 2, ceil_mode=True))
            width *= 2
        for _ in range(config.cells_per_stage):
            build = CellBuilder(1, factories, realised)
            cell = nasbench101_cell(graph, build, 0, channels, width)
            channels = cell.out_channels
            body.append(cell)
    return Plan(stem, body, [(i,) for i in range(len(body))], None, channels, realised)


def _macro(
    graphs: list[CellGraph],
    config: NetworkConfig,
    factories: Mapping[str, Registered],
    realised: Modules,
) -> Plan:
    (graph,) = graphs
    build = CellBuilder(1, factories, realised)
    cell = macro_cell(graph, build, 0, config.stem_channels)
    head = nn.Sequential(BatchNorm(cell.out_channels), nn.ReLU())
    stem = _stem(config, config.stem_channels)
    return Plan(stem, [cell], [(0,)], head, cell.out_channels, realised)


def _darts(
    graphs: list[CellGraph],
    config: NetworkConfig,
    factories: Mapping[str, Registered],
    realised: Modules,
) -> Plan:
    stage = [(graph, 1) for graph in graphs[: max(len(graphs) - 1, 1)]] * config.cells_per_stage
    sequence = ([*stage, (graphs[-1], 2)] * config.n_stages)[:-1]
    n_inputs = 1 + max((m for graph in graphs for m in graph.inputs.values()), default=0)
    taken = [
        {mark: max(i - n_inputs + 1 + mark, 0) for mark in set(graph.inputs.values())}
        for i, (graph, _) in enumerate(sequence)
    ]
    needed = {len(sequence)}
    for i in reversed(range(len(sequence))):
        if i + 1 in needed:
            needed.update(taken[i].values())
    width, scale = config.stem_channels, 1
    stem = _stem(config, 3 * width)
    body: list[nn.Module] = []
    links: list[tuple[int, ...]] = []
    # Of what each cell of the sequence gives: place among the parts, channels, scale.
    outputs = [(0, 3 * width, 1)]
    for i, (graph, stride) in enumerate(sequence):
        width *= stride
        if i + 1 in needed:
            # A cell without a path needs the stem only to know the size of the images.
            marks = sorted(taken[i]) or [0]
            given = [outputs[taken[i].get(mark, 0)] for mark in marks]
            build = CellBuilder(len(given), factories, realised)
            prepared = {
                mark: build.layer(projection(channels, width, scale // before), k)
                for k, (mark, (_, channels, before)) in enumerate(zip(marks, given, strict=True))
                if graph.inputs
            }
            states = {node: prepared[mark] for node, mark in graph.inputs.items()}
            cell = plain_cell(graph, build, states, width, stride=stride, join=True)
            if not graph.inputs:
                cell.stride = scale * stride
            body.append(cell)
            links.append(tuple(part for part, _, _ in given))
            outputs.append((len(body), cell.out_channels, scale * stride))
        else:
            outputs.append((-1, 0, scale * stride))
        scale *= stride
    return Plan(stem, body, links, None, outputs[-1][1], realised)


MAKERS = {
    "darts": _darts,
    "macro": _macro,
    "nasbench101": _nasbench101,
    "nasbench201": _nasbench201,
}
"""How each skeleton is planned: (cells, config, factories, realised) to a plan."""
