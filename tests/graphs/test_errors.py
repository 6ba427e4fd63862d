"""Every kind of bad input has a message of its own, with its place in X."""

import re

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import torch

from tagates_sk.graphs import (
    InvalidArchitectureError,
    UnknownOperationError,
    read_architectures,
)
from tagates_sk.graphs.operations import WIRE
from tagates_sk.graphs.reading import read_cell
from tagates_sk.spaces import DARTS, NASBench101


def ooe(*ops, **attributes):
    """A chain with these operations on its edges."""
    cell = nx.DiGraph()
    for i, op in enumerate(ops):
        cell.add_edge(i, i + 1, op=op, **attributes)
    return cell


def oon(*ops):
    """A chain with these operations on its inner nodes."""
    cell = nx.DiGraph()
    nx.add_path(cell, range(len(ops) + 2))
    nx.set_node_attributes(cell, dict(enumerate(ops, 1)), "op")
    return cell


GOOD = ooe("conv", "pool")


def refused(bad, *parts, error=InvalidArchitectureError):
    """Reading fails with a message that has all these parts, at X[1] and alone."""
    with pytest.raises(error) as alone:
        read_cell(bad)
    with pytest.raises(error) as in_x:
        read_architectures([GOOD, bad])
    with pytest.raises(error) as in_tuple:
        read_architectures([(GOOD, GOOD), (GOOD, bad)])
    for message, place in (
        (str(alone.value), "the graph"),
        (str(in_x.value), "X[1]"),
        (str(in_tuple.value), "X[1], cell 1"),
    ):
        assert message.startswith(place)
        for part in parts:
            assert part in message


def test_cyclic():
    cell = ooe("conv", "conv", "conv")
    cell.add_edge(2, 1, op="pool")
    refused(cell, "is cyclic: 1, 2, 3 lie on or behind a cycle", "networkx.find_cycle")


def test_cyclic_without_input():
    cell = nx.DiGraph([(0, 1), (1, 0)])
    nx.set_edge_attributes(cell, "conv", "op")
    refused(cell, "is cyclic: 0, 1 lie")


def test_self_loop():
    cell = ooe("conv")
    cell.add_edge(1, 1, op="conv")
    refused(cell, "is cyclic: 1 lie")


def test_long_cycle_is_not_listed_in_full():
    cell = ooe(*["conv"] * 9)
    cell.add_edge(9, 0, op="conv")
    refused(cell, "0, 1, 2, 3, 4 and 5 more lie")


def test_no_output():
    cell = nx.DiGraph()
    cell.add_node("alone", op="conv")
    refused(cell, "has no output", "Add an edge to the output node")


def test_two_outputs():
    cell = ooe("conv", "pool")
    cell.add_edge(0, "side", op="conv")
    refused(cell, "has 2 outputs, the nodes 2, 'side' without successors", "plain wire")


def test_two_labelled_outputs():
    cell = oon("conv")
    cell.nodes[2]["op"] = "output"
    cell.add_edge(1, "side")
    cell.nodes["side"]["op"] = "output"
    refused(cell, "has 2 outputs, the nodes 2, 'side'")


def test_no_nodes():
    refused(nx.DiGraph(), "has no nodes")


def test_no_op():
    refused(nx.DiGraph([(0, 1), (1, 2)]), "carries no op on any node or edge", "['op']")
    with pytest.raises(InvalidArchitectureError) as caught:
        read_cell(nx.DiGraph([(0, 1)]))
    assert "inherits" not in str(caught.value)


def test_no_op_in_a_class_of_someone_else():
    class Graph(nx.DiGraph):
        """As NASLib's: operations are in edge attributes of another name."""

    cell = Graph()
    cell.add_edge(1, 2, data={"op": "conv"})
    refused(
        cell,
        "carries no op on any node or edge",
        "It is a Graph, which inherits from networkx but keeps its operations elsewhere",
        "convert it to a DAG with op attributes",
    )


def test_class_of_someone_else_with_op_is_read():
    class Graph(nx.DiGraph):
        pass

    cell = Graph()
    cell.add_edge(1, 2, op="conv")
    assert read_architectures([cell]).operations == ("conv",)


def test_op_on_nodes_and_edges():
    cell = oon("conv")
    cell.edges[0, 1]["op"] = "conv"
    refused(cell, "has op on nodes (for instance 1) and on edges")


def test_terminals_may_be_marked_on_ooe_cells():
    cell = ooe("conv")
    cell.nodes[0]["op"], cell.nodes[1]["op"] = "input", "output"
    assert read_architectures([cell]).on_node.tolist() == [False]


@pytest.mark.parametrize("kind", [nx.Graph, nx.MultiGraph])
def test_undirected(kind):
    refused(kind(GOOD), f"is undirected ({kind.__name__})", "networkx.DiGraph")


@pytest.mark.parametrize("op", [3, ("conv", 3), b"conv", np.int64(1)])
def test_op_is_no_string(op):
    named = f"with op={op!r} of type {type(op).__name__}; an operation is named by a string"
    refused(ooe("conv", op), f"has an edge {named}")
    refused(oon("conv", op), f"has a node {named}")


@pytest.mark.parametrize("op", ["", "\0", "\0input"])
def test_names_that_stand_for_something_else(op):
    named = f"with op={op!r}; the name of an operation is not empty and does not begin with a null"
    refused(ooe("conv", op), f"has an edge {named}")
    refused(oon("conv", op), f"has a node {named}")


def test_op_on_input():
    cell = oon("conv")
    cell.nodes[0]["op"] = "stem"
    refused(cell, "node 0 is an input of the cell and has op='stem'", "carry no op")


def test_op_on_output():
    cell = oon("conv")
    cell.nodes[2]["op"] = "none"
    refused(cell, "node 2 is the output of the cell and has op='none'", "carry no op")


@pytest.mark.parametrize("chain", [ooe("conv", "conv", "conv"), oon("conv", "pool")])
@pytest.mark.parametrize(("op", "has"), [("input", "predecessors"), ("output", "successors")])
def test_terminal_label_on_inner_node(chain, op, has):
    cell = chain.copy()
    cell.nodes[2]["op"] = op
    refused(cell, f"node 2 has op='{op}' but also {has}")


@pytest.mark.parametrize("mark", [-1, 0.5, "left", True, None])
def test_bad_input_mark(mark):
    cell = ooe("conv")
    cell.nodes[0]["input"] = mark
    refused(cell, f"input node 0 has input={mark!r}", "whole number from 0")


def test_number_of_cells_differs():
    with pytest.raises(InvalidArchitectureError, match=r"X\[2\] has 2 cells but X\[0\] has 1\."):
        read_architectures([GOOD, GOOD, (GOOD, GOOD)])


def test_empty_tuple():
    with pytest.raises(InvalidArchitectureError, match=r"X\[0\] is an empty tuple"):
        read_architectures([()])


@pytest.mark.parametrize("X", [[], (), np.empty(0, dtype=object)])
def test_empty(X):
    with pytest.raises(InvalidArchitectureError, match="X is empty: at least one"):
        read_architectures(X)


def test_single_graph():
    with pytest.raises(TypeError, match=r"X is a single graph.*Pass \[graph\] for one"):
        read_architectures(GOOD)


@pytest.mark.parametrize("dtype", [None, object])
@pytest.mark.parametrize("X", [[GOOD, GOOD], [(GOOD, GOOD), (GOOD, GOOD)]])
def test_asarray(X, dtype):
    array = np.asarray(X, dtype=dtype)
    shape = re.escape(str(array.shape))
    with pytest.raises(TypeError, match=rf"dtype {array.dtype} and shape {shape}.*numpy.asarray"):
        read_architectures(array)


@pytest.mark.parametrize("X", [None, 3, iter([GOOD])])
def test_no_sequence(X):
    with pytest.raises(TypeError, match=f"X is an? {type(X).__name__}; a sequence of networkx"):
        read_architectures(X)


def test_element_is_no_graph():
    with pytest.raises(TypeError, match=r"X\[1\] is a str; a networkx.DiGraph or a tuple"):
        read_architectures([GOOD, "|nor_conv_3x3~0|"])


def test_cell_is_no_graph():
    refused_cell = (GOOD, "|nor_conv_3x3~0|")
    with pytest.raises(TypeError, match=r"X\[0\], cell 1 is a str; a networkx.DiGraph"):
        read_architectures([refused_cell])


def said_of(X, error=TypeError):
    """What is said of X; short enough to be read."""
    with pytest.raises(error) as refused:
        read_architectures(X)
    said = str(refused.value)
    assert len(said) <= 300, said
    return said


GENOTYPE = DARTS().sample(1, random_state=0).native()[0]
CELL_101 = NASBench101().sample(1, random_state=0).native()[0]


@pytest.mark.parametrize(
    ("native", "space"),
    [
        ("|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|", "NASBench201()"),
        (GENOTYPE, "DARTS()"),
        (str(GENOTYPE), "DARTS()"),
        (GENOTYPE._asdict(), "DARTS()"),
        ({"NetworkSelectorDatasetInfo:darts:edge_normal_0": "none"}, "DARTS()"),
        (CELL_101, "NASBench101()"),
        (tuple(CELL_101), "NASBench101()"),
        ([np.array(CELL_101.matrix), list(CELL_101.ops)], "NASBench101()"),
        ({"module_adjacency": CELL_101.matrix, "module_operations": ()}, "NASBench101()"),
        ("64-41414-1_02_333", "TransNASBench101Micro()"),
        ("64-1234-basic", "TransNASBench101Macro()"),
        ("64:64:48:64:8", "NATSBenchSize()"),
    ],
    ids=range(12),
)
def test_native_forms_name_the_space_that_reads_them(native, space):
    advice = f"tagates_sk.spaces.{space}.sequence(X) reads such forms."
    assert said_of([GOOD, native]).endswith(advice)
    assert said_of([native, native]).startswith("X[0] is a ")


@pytest.mark.parametrize("native", ["cell", ["conv"] * 6, (1, 2), 3.0, {"a": 1}, np.arange(6)])
def test_other_forms_are_told_of_the_spaces(native):
    said = said_of([GOOD, native])
    assert said.startswith(f"X[1] is a {type(native).__name__}; a networkx.DiGraph or a tuple")
    assert said.endswith("reads the native forms of search spaces, by space.sequence(X).")


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ({GOOD}, "X is a set, whose order says nothing of y; pass a list of the architectures"),
        (frozenset([GOOD]), "X is a frozenset, whose order says nothing of y"),
        ({"a": GOOD}, "X is a dict; pass list(X.values()), in the order of y."),
        (
            {"a": GOOD}.values(),
            "X is a dict_values; a sequence of networkx graphs is expected. Pass list(X).",
        ),
        (torch.nn.ReLU(), "X is a ReLU; .* tagates_sk.graphs.from_torch(module, example_inputs)"),
        ([torch.nn.ReLU()], "X[0] is a ReLU; .* tagates_sk.graphs.from_torch(module, example_in"),
        ([b"|none~0|"], "X[0] is a bytes; .* tagates_sk.spaces.NASBench201().sequence(X)"),
        ((GOOD for _ in range(2)), "X is a generator; a sequence of .* is expected. Pass list(X)."),
        ("|none~0|+|", "X is text; .* tagates_sk.spaces.NASBench201().sequence(X) reads such"),
        (pd.DataFrame({"a": [1], "b": [GOOD]}), "X is a table of 2 columns; .* X['b']."),
        (pd.DataFrame({"a": [1], "b": ["c"]}), "a table of 2 columns; .* by space.sequence."),
        (pd.DataFrame({"a": ["|none~0|"]}), "X[0] is a str; .* tagates_sk.spaces.NASBench201()"),
    ],
)
def test_containers_without_a_plain_meaning(X, message):
    assert all(part in said_of(X) for part in message.split(" .* "))


def test_operations_on_edges_and_on_nodes():
    said = said_of([GOOD, GOOD, oon("conv")], InvalidArchitectureError)
    assert "X[2] has its operations on nodes but X[0] on edges. Write all architectures in" in said
    said = said_of([(GOOD, oon("conv")), (GOOD, GOOD)], InvalidArchitectureError)
    assert "X[1], cell 1 has its operations on edges but X[0] on nodes" in said


@pytest.mark.parametrize("name", ["operation", "label", "op_type"])
def test_operations_under_another_name(name):
    cell = nx.DiGraph()
    cell.add_edge(0, 1, **{name: "conv", "weight": 3})
    said = said_of([cell], InvalidArchitectureError)
    assert f"carries no op on any node or edge, but the attributes {name!r}. If one of" in said
    assert f"tagates_sk.graphs.Architectures(X, op_attribute={name!r}) reads it" in said
    cell = nx.DiGraph([(0, 1), (1, 2)])
    nx.set_node_attributes(cell, "conv", name)
    assert f"op_attribute={name!r}) reads it" in said_of([cell], InvalidArchitectureError)


class TestZeroCost:
    def bad(self, value, key=(0, 1)):
        cell = ooe("conv", "pool", zero_cost=[1.0, 2.0])
        cell.edges[key]["zero_cost"] = value
        return [ooe("conv", zero_cost=np.ones(2)), cell]

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_not_finite(self, value):
        with pytest.raises(
            InvalidArchitectureError, match=r"X\[1\], edge \(0, 1\): zero_cost has non-finite"
        ):
            read_architectures(self.bad([value, 0.0]))

    def test_too_large_for_float32(self):
        with pytest.raises(InvalidArchitectureError, match="non-finite values"):
            read_architectures(self.bad([1e300, 0.0]))

    def test_length_differs(self):
        with pytest.raises(
            InvalidArchitectureError,
            match=r"X\[1\], edge \(1, 2\): zero_cost has length 3 but X\[0\], edge \(0, 1\) has 2",
        ):
            read_architectures(self.bad([1.0, 2.0, 3.0], key=(1, 2)))

    @pytest.mark.parametrize(
        "value",
        [
            1.0,
            [[1.0, 2.0]],
            [],
            "high",
            {"snip": 1.0},
            [1j, 0.0],
            ["1", "2"],
            [10**400, 1],
            torch.zeros(2, requires_grad=True),
        ],
        ids=repr,
    )
    def test_no_vector(self, value):
        with pytest.raises(
            InvalidArchitectureError, match=r"X\[1\], edge \(0, 1\): zero_cost must be a 1-D array"
        ):
            read_architectures(self.bad(value))

    def test_missing(self):
        with pytest.raises(
            InvalidArchitectureError, match=r"X\[1\], edge \(0, 1\) carries no zero_cost although"
        ):
            read_architectures(self.bad(None))

    def test_missing_before_any_other(self):
        with pytest.raises(InvalidArchitectureError, match=r"X\[0\], edge \(0, 1\) carries no"):
            read_architectures([ooe("conv"), *self.bad([1.0, 2.0])])

    def test_place_on_a_node_of_a_second_cell(self):
        cell = oon("conv", "pool")
        nx.set_node_attributes(cell, {1: [1.0]}, "zero_cost")
        with pytest.raises(InvalidArchitectureError, match=r"X\[0\], cell 1, node 2 carries no"):
            read_architectures([(ooe("conv", zero_cost=[1.0]), cell)])


class TestUnknownOperation:
    def test_on_edge(self):
        packed = read_architectures([GOOD, ooe("pool", "gelu")])
        with pytest.raises(
            UnknownOperationError,
            match=r"X\[1\], edge \(1, 2\): unknown operation 'gelu'\. The operations seen in fit "
            r"are \['conv', 'pool'\]\. .*handle_unknown='warn' or 'ignore'",
        ):
            packed.with_vocabulary(("conv", "pool"))

    def test_on_node_of_a_second_cell(self):
        packed = read_architectures([(GOOD, oon("conv")), (GOOD, oon("gelu"))])
        with pytest.raises(UnknownOperationError, match=r"X\[1\], cell 1, node 1: .* 'gelu'"):
            packed.with_vocabulary(("conv", "pool"))

    def test_is_an_invalid_architecture(self):
        assert issubclass(UnknownOperationError, InvalidArchitectureError)
        assert issubclass(InvalidArchitectureError, ValueError)

    def test_identity_operations_are_always_known(self):
        packed = read_architectures([ooe("conv", "skip_connect")])
        codes = packed.with_vocabulary(("conv", "pool")).op_type
        assert codes.tolist() == [0, WIRE]

    def test_the_unknown_has_a_code_of_its_own(self):
        packed = read_architectures([ooe("pool", "gelu", None)])
        codes = packed.with_vocabulary(("conv", "pool", "relu"), handle_unknown="ignore").op_type
        assert codes.tolist() == [1, 3, -1]

    def test_what_is_pruned_need_not_be_known(self):
        cell = ooe("conv")
        cell.add_edge(0, "dead", op="gelu")
        cell.add_edge("dead", 1, op="none")
        packed = read_architectures([cell]).with_vocabulary(("conv",))
        assert packed.op_type.tolist() == [0]
