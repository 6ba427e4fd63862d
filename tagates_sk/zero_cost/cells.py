"""Cells as modules: summing, concatenating, and as NAS-Bench-101 and macro spaces have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import lcm

import torch
from torch import Tensor, nn

from ..graphs.foreign import echo
from .cell_graphs import CellGraph, Operation
from .modules import FactorizedReduction, FirstChannels, conv_bn_relu, projection, reducing_pool
from .operations import Registered

Modules = list[list[nn.Module]]
"""For every operation of an architecture the modules that realise it."""


class Cell(nn.Module):
    """A small network given by a list of steps over numbered states.

    The first states are the inputs; every step adds the sum of some states,
    sent through a layer, as a new state. The result is the concatenation of
    some states plus the sum of others; zeros if there are none of either.

    Parameters
    ----------
    layers : list of Module
    steps : list of (int, list of int)
        Which layer, -1 for none, and which states.
    joined, added : list of int
        States whose concatenation, and whose sum, is the result.
    out_channels : int
    stride : int
        By how much the cell lowers the resolution.
    """

    def __init__(
        self,
        layers: list[nn.Module],
        steps: list[tuple[int, list[int]]],
        joined: list[int],
        added: list[int],
        out_channels: int,
        stride: int,
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.steps = steps
        self.joined = joined
        self.added = added
        self.out_channels = out_channels
        self.stride = stride

    def forward(self, *inputs: Tensor) -> Tensor:
        """Map inputs (N, C, H, W) to (N, out_channels, ceil(H / stride), ceil(W / stride))."""
        layers = list(self.layers)
        states = list(inputs)
        for layer, sources in self.steps:
            x = _sum(states, sources)
            states.append(layers[layer](x) if layer >= 0 else x)
        if self.joined:
            results = [states[i] for i in self.joined]
            y = torch.cat(results, dim=1) if len(results) > 1 else results[0]
            return y + _sum(states, self.added) if self.added else y
        if self.added:
            return _sum(states, self.added)
        n, _, height, width = inputs[0].shape
        shape = (n, self.out_channels, -(-height // self.stride), -(-width // self.stride))
        return inputs[0].new_zeros(shape)


def _sum(states: list[Tensor], chosen: list[int]) -> Tensor:
    total = states[chosen[0]]
    for i in chosen[1:]:
        total = total + states[i]
    return total


class CellBuilder:
    """Collects the layers and steps of a cell.

    Parameters
    ----------
    n_inputs : int
        Number of tensors the cell takes.
    factories : mapping of str to Registered
    realised : list of lists of Module
        Where the modules of each operation are noted.
    """

    def __init__(
        self, n_inputs: int, factories: Mapping[str, Registered], realised: Modules
    ) -> None:
        self._factories = factories
        self._realised = realised
        self._n_states = n_inputs
        self._layers: list[nn.Module] = []
        self._steps: list[tuple[int, list[int]]] = []

    def layer(self, module: nn.Module, *sources: int) -> int:
        """Send the sum of some states through a module; the number of the new state."""
        self._layers.append(module)
        return self._step(len(self._layers) - 1, list(sources))

    def sum(self, sources: Sequence[int]) -> int:
        """The state that is the sum of some."""
        return sources[0] if len(sources) == 1 else self._step(-1, list(sources))

    def _step(self, layer: int, sources: list[int]) -> int:
        self._steps.append((layer, sources))
        self._n_states += 1
        return self._n_states - 1

    def operation(
        self, operation: Operation, in_channels: int, out_channels: int, stride: int, *sources: int
    ) -> int:
        """Send the sum of some states through an operation (a wire changes nothing)."""
        if operation.name is None:
            return self.sum(sources)
        module = self._factories[operation.name].factory(in_channels, out_channels, stride)
        if not isinstance(module, nn.Module):
            raise TypeError(
                f"The factory of operation {echo(operation.name)} returned a "
                f"{type(module).__name__}; an nn.Module is expected."
            )
        self._realised[operation.position].append(module)
        return self.layer(module, *sources)

    def widening(self, operation: Operation) -> tuple[int, int]:
        """By how much an operation of a macro space widens channels and lowers resolution."""
        if operation.name is None:
            return 1, 1
        _, widen, stride = self._factories[operation.name]
        return widen, stride

    def cell(self, joined: list[int], added: list[int], out_channels: int, stride: int = 1) -> Cell:
        """The cell."""
        return Cell(self._layers, self._steps, joined, added, out_channels, stride)


def plain_cell(
    graph: CellGraph,
    build: CellBuilder,
    states: Mapping[int, int],
    width: int,
    *,
    stride: int = 1,
    join: bool = False,
) -> Cell:
    """A cell whose nodes sum, all of one width.

    Parameters
    ----------
    graph : CellGraph
    build : CellBuilder
    states : mapping of int to int
        State of each input node, with `width` channels.
    width : int
        Channels of every node.
    stride : int, default=1
        What lowers the resolution of whatever leaves an input: operations that
        have nothing but inputs as sources, and factorised reductions elsewhere.
    join : bool, default=False
        Whether the output concatenates what leads to it instead of summing.

    Returns
    -------
    Cell
    """
    state = dict(states)
    reduced: dict[int, int] = {}

    def low(node: int) -> int:
        """The state of a node at the resolution of the output."""
        if stride == 1 or node not in graph.inputs:
            return state[node]
        if state[node] not in reduced:
            module = FactorizedReduction(width, width, stride)
            reduced[state[node]] = build.layer(module, state[node])
        return reduced[state[node]]

    arriving: list[int] = []
    for node, operations in enumerate(graph.incoming):
        if not operations:
            continue
        arriving = []
        for operation in operations:
            sources = operation.sources
            strided = operation.name is not None and all(u in graph.inputs for u in sources)
            if stride > 1 and strided:
                given = [state[u] for u in sources]
                arriving.append(build.operation(operation, width, width, stride, *given))
            elif graph.on_node and node == len(graph.incoming) - 1:
                arriving += [low(u) for u in sources]
            else:
                given = [low(u) for u in sources]
                arriving.append(build.operation(operation, width, width, 1, *given))
        if node < len(graph.incoming) - 1:
            state[node] = build.sum(arriving)
    if not graph.incoming[-1]:
        return build.cell([], [], width, stride)
    if join:
        return build.cell(arriving, [], width * len(arriving), stride)
    return build.cell([], arriving, width, stride)


def nasbench101_cell(
    graph: CellGraph, build: CellBuilder, state: int, in_channels: int, out_channels: int
) -> Cell:
    """A cell as NAS-Bench-101 publishes it.

    The output concatenates its inner predecessors, among which its channels
    are split; the first ones get one more where they do not divide evenly. Any
    other vertex is as wide as the widest vertex that it feeds. What comes from
    the input is projected, what is wider than a vertex loses its last channels,
    and what arrives at a vertex is summed.

    Parameters
    ----------
    graph : CellGraph
        An operation-on-node cell.
    build : CellBuilder
    state : int
        State of the input.
    in_channels, out_channels : int
        A vertex has one channel at least, so the output may become wider.

    Returns
    -------
    Cell

    References
    ----------
    C. Ying, A. Klein, E. Real, E. Christiansen, K. Murphy and F. Hutter,
    NAS-Bench-101: Towards reproducible neural architecture search, ICML 2019.
    """
    if not graph.incoming[-1]:
        return build.cell([], [], out_channels)
    (output,) = graph.incoming[-1]
    wired = sorted({u for u in output.sources if u not in graph.inputs})
    width = dict.fromkeys(range(len(graph.incoming)), 0)
    for k, node in enumerate(wired):
        share, rest = divmod(out_channels, len(wired))
        width[node] = max(share + (k < rest), 1)
    inner = [v for v, ops in enumerate(graph.incoming[:-1]) if ops]
    for node in reversed(inner):
        for source in graph.incoming[node][0].sources:
            if source not in wired:
                width[source] = max(width[source], width[node])
    out_channels = max(out_channels, len(wired))

    def projected(sources: Sequence[int], channels: int) -> list[int]:
        return [
            build.layer(conv_bn_relu(in_channels, channels, 1, kernel=1), state)
            for u in sources
            if u in graph.inputs
        ]

    states: dict[int, int] = {}
    for node in inner:
        (operation,) = graph.incoming[node]
        channels = width[node]
        given = []
        for source in operation.sources:
            if source in graph.inputs:
                continue
            wider = width[source] > channels
            given.append(
                build.layer(FirstChannels(channels), states[source]) if wider else states[source]
            )
        given += projected(operation.sources, channels)
        states[node] = build.operation(operation, channels, channels, 1, *given)
    joined = [states[node] for node in wired]
    return build.cell(joined, projected(output.sources, out_channels), out_channels)


def macro_cell(graph: CellGraph, build: CellBuilder, state: int, channels: int) -> Cell:
    """A whole network, whose operations may widen and lower the resolution themselves.

    What arrives at a node is summed. Where it differs in width it is projected
    to the widest, where it differs in resolution only it is averaged.

    Parameters
    ----------
    graph : CellGraph
    build : CellBuilder
    state : int
        State of the input.
    channels : int
        Its width.

    Returns
    -------
    Cell
    """
    # State, width, and by how much the resolution is below that of the input.
    shapes: dict[int, tuple[int, int, int]] = dict.fromkeys(graph.inputs, (state, channels, 1))

    def together(arriving: list[tuple[int, int, int]]) -> tuple[list[int], int, int]:
        width = max(shape[1] for shape in arriving)
        scale = lcm(*(shape[2] for shape in arriving))
        states = []
        for i, own, stride in arriving:
            if own != width:
                i = build.layer(projection(own, width, scale // stride), i)
            elif stride != scale:
                i = build.layer(reducing_pool(scale // stride), i)
            states.append(i)
        return states, width, scale

    for node, operations in enumerate(graph.incoming):
        arriving = []
        for operation in operations:
            given, width, scale = together([shapes[u] for u in operation.sources])
            widen, stride = build.widening(operation)
            i = build.operation(operation, width, width * widen, stride, *given)
            arriving.append((i, width * widen, scale * stride))
        if len(arriving) == 1:
            shapes[node] = arriving[0]
        elif arriving:
            given, width, scale = together(arriving)
            shapes[node] = build.sum(given), width, scale
    if not graph.incoming[-1]:
        return build.cell([], [], channels)
    result, width, scale = shapes[len(graph.incoming) - 1]
    return build.cell([], [result], width, scale)
