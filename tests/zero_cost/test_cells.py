"""What cells compute, seen with operations that multiply by a number."""

from functools import partial

import networkx as nx
import torch
from torch import nn

from tagates_sk.graphs import read_architectures
from tagates_sk.zero_cost.cell_graphs import cell_graphs
from tagates_sk.zero_cost.cells import CellBuilder, macro_cell, nasbench101_cell, plain_cell
from tagates_sk.zero_cost.operations import Registered
from tests.small import chain
from tests.zero_cost.forms import nodes, parallel_edges


class Scale(nn.Module):
    """Multiplies by a number, and says its name."""

    def __init__(self, in_channels, out_channels, stride, *, factor):
        super().__init__()
        self.shape = in_channels, out_channels, stride
        self.factor = factor

    def forward(self, x):
        x = self.factor * x[:, :, :: self.shape[2], :: self.shape[2]]
        return x.repeat(1, -(-self.shape[1] // self.shape[0]), 1, 1)[:, : self.shape[1]]


FACTORIES = {f"x{factor}": Registered(partial(Scale, factor=factor)) for factor in range(10)}


def built(kind, cell, *arguments, **options):
    """The one cell of a graph, and the modules of its operations."""
    (graph,) = cell_graphs(read_architectures([cell]))
    realised = [[] for ops in graph.incoming for _ in ops] + [[], []]
    build = CellBuilder(1, FACTORIES, realised)
    if kind is plain_cell:
        return kind(graph, build, dict.fromkeys(graph.inputs, 0), *arguments, **options), realised
    return kind(graph, build, 0, *arguments, **options), realised


FORKED = [("in", "a"), ("in", "b"), ("a", "b"), ("a", "out"), ("b", "out")]


def test_nodes_sum():
    x = torch.randn(2, 4, 6, 6)
    cell, _ = built(plain_cell, parallel_edges(), 4)
    torch.testing.assert_close(cell(x), 10 * x)
    cell, _ = built(plain_cell, nodes(*FORKED, a="x2", b="x3"), 4)
    torch.testing.assert_close(cell(x), 2 * x + 3 * (x + 2 * x))


def test_outputs_are_joined():
    x = torch.randn(2, 4, 6, 6)
    for architecture, parts in [
        (parallel_edges(), [5, 5]),
        (nodes(*FORKED, a="x2", b="x3"), [2, 9]),
    ]:
        cell, _ = built(plain_cell, architecture, 4, join=True)
        result = cell(x)
        assert cell.out_channels == result.shape[1] == 8
        expected = sorted(((k * x) for k in parts), key=torch.norm)
        found = sorted(result.split(4, dim=1), key=torch.norm)
        for one, other in zip(found, expected, strict=True):
            torch.testing.assert_close(one, other)


def test_reduction_cells_lower_what_comes_from_the_inputs():
    x = torch.randn(2, 4, 7, 7)
    cell, (first, second, *_) = built(plain_cell, chain("x2", "x3"), 4, stride=2)
    assert [first[0].shape, second[0].shape] == [(4, 4, 2), (4, 4, 1)]
    torch.testing.assert_close(cell(x), 6 * x[:, :, ::2, ::2])
    # Node b takes the input at once and through a, so the input is reduced on the way to b.
    cell, realised = built(plain_cell, nodes(*FORKED, a="x2", b="x3"), 4, stride=2)
    assert sorted(m.shape for ms in realised for m in ms) == [(4, 4, 1), (4, 4, 2)]
    assert cell(x).shape == (2, 4, 4, 4)
    wire = nx.MultiDiGraph([(0, 1), (0, 1, {"op": "x2"})])
    assert built(plain_cell, wire, 4, stride=2, join=True)[0](x).shape == (2, 8, 4, 4)


def test_channels_of_nasbench101():
    """Three vertices share 16 channels; the one that feeds them is as wide as the widest."""
    edges = [("in", "a"), ("a", "b"), ("a", "c"), ("a", "d"), ("in", "b")]
    edges += [(v, "out") for v in "bcd"] + [("in", "out")]
    cell = nodes(*edges, a="x1", b="x1", c="x1", d="x1")
    cell, realised = built(nasbench101_cell, cell, 8, 16)
    assert sorted(ms[0].shape for ms in realised if ms) == [
        (5, 5, 1), (5, 5, 1), (6, 6, 1), (6, 6, 1),
    ]  # fmt: skip
    convolutions = [m for m in cell.modules() if isinstance(m, nn.Conv2d)]
    assert sorted((m.in_channels, m.out_channels) for m in convolutions)[-1] == (8, 16)
    assert len(convolutions) == 3
    assert cell(torch.randn(2, 8, 4, 4)).shape == (2, 16, 4, 4)


def test_macro_spaces_change_shapes():
    factories = {"wide": Registered(FACTORIES["x2"].factory, 2, 2), **FACTORIES}
    edges = [("in", "a"), ("a", "b"), ("in", "b"), ("b", "c"), ("c", "out"), ("b", "out")]
    packed = read_architectures([nodes(*edges, a="wide", b="x1", c="x3")])
    (graph,) = cell_graphs(packed)
    realised = [[] for _ in packed.op_type]
    cell = macro_cell(graph, CellBuilder(1, factories, realised), 0, 4)
    assert [m.shape for ms in realised for m in ms] == [(4, 8, 2), (8, 8, 1), (8, 8, 1)]
    assert (cell.out_channels, cell.stride) == (8, 2)
    assert cell(torch.randn(2, 4, 7, 7)).shape == (2, 8, 4, 4)
