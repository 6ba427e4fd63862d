"""What reading must not depend on, against a slow reading of the same graphs."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tagates_sk.graphs import Architectures, read_architectures
from tagates_sk.graphs.reading import read_cell
from tests.graphs.forms import (
    by_name,
    packed_cells,
    same_up_to_numbering,
    slowly_by_name,
    terminals,
)
from tests.strategies import OPERATIONS, architecture_lists, cells, ooe_cells, oon_cells


def flat(X):
    return [cell for a in X for cell in (a if isinstance(a, tuple) else (a,))]


def rebuilt(draw, graph, mapping=None):
    """The same graph, nodes and edges inserted in another order and renamed."""
    mapping = mapping or {v: v for v in graph}
    out = type(graph)()
    for v, data in draw(st.permutations(list(graph.nodes(data=True)))):
        out.add_node(mapping[v], **data)
    if graph.is_multigraph():
        for u, v, k, data in draw(st.permutations(list(graph.edges(keys=True, data=True)))):
            out.add_edge(mapping[u], mapping[v], key=k, **data)
    else:
        for u, v, data in draw(st.permutations(list(graph.edges(data=True)))):
            out.add_edge(mapping[u], mapping[v], **data)
    return out


@given(architecture_lists())
def test_reads_what_networkx_reads(X):
    packed = read_architectures(X)
    assert by_name(packed) == [slowly_by_name(cell) for cell in flat(X)]
    assert len(packed) == len(X)
    used = {op["op"] for cell in packed_cells(packed) for op in cell["operations"]}
    assert packed.operations == tuple(sorted(used - {"wire", "input", "output"}))


@given(architecture_lists(zero_cost=3, none=False))
def test_reads_zero_cost(X):
    packed = read_architectures(X)
    assume(packed.zero_cost is not None)  # wires only
    assert packed.zero_cost.shape == (len(packed.op_type), 3)
    assert packed.zero_cost.dtype == np.float32
    assert by_name(packed) == [slowly_by_name(cell, 3) for cell in flat(X)]


@given(architecture_lists())
def test_nodes_are_numbered_in_topological_order(X):
    packed = read_architectures(X)
    for cell in packed_cells(packed):
        n_inputs = len(cell["marks"])
        assert all(mark >= 0 for mark in cell["marks"])
        assert cell["marks"] == sorted(cell["marks"])
        for j, op in enumerate(cell["operations"]):
            assert all(u < op["dst"] < cell["n_nodes"] for u in op["src"])
            if cell["on_node"]:
                assert op["dst"] == j
            else:
                assert len(op["src"]) == 1
                assert op["dst"] >= n_inputs
    assert ((packed.input_mark >= 0).sum()) == packed.n_inputs.sum()


@given(cells(), st.data())
def test_names_and_insertion_order_do_not_matter(cell, data):
    fresh = st.one_of(st.integers(), st.text(max_size=3), st.tuples(st.booleans(), st.integers()))
    names = data.draw(st.lists(fresh, min_size=len(cell), max_size=len(cell), unique=True))
    other = rebuilt(data.draw, cell, dict(zip(cell, names, strict=True)))
    a, b = read_architectures([cell]), read_architectures([other])
    assert same_up_to_numbering(a, b)
    assert by_name(b) == [slowly_by_name(other)]


@given(cells())
def test_does_not_touch_the_graph(cell):
    before = cell.copy()
    read_architectures([cell])
    assert nx.utils.graphs_equal(cell, before)


@given(architecture_lists(min_size=2))
def test_other_graphs_of_the_batch_do_not_matter(X):
    together = by_name(read_architectures(X))
    assert together == [c for a in X for c in by_name(read_architectures([a]))]


@given(ooe_cells(), st.sampled_from(OPERATIONS))
def test_dead_edges_add_nothing(cell, op):
    alive = read_architectures([cell])
    output = max(cell)
    cell.add_edge(0, "dead end", op=op)
    cell.add_edge("dead end", output, op="none")
    cell.add_edge(0, "never reached", op="none")
    cell.add_edge("never reached", output, op=op)
    assert by_name(read_architectures([cell])) == by_name(alive)
    assert packed_cells(read_architectures([cell], prune=False)) != packed_cells(alive)


@given(oon_cells(), st.sampled_from(OPERATIONS))
def test_dead_nodes_add_nothing(cell, op):
    alive, output = read_architectures([cell]), max(cell)
    cell.add_node("nothing", op="none")
    cell.add_node("dead end", op=op)
    cell.add_node("never reached", op=op)
    nx.add_path(cell, [0, "dead end", "nothing", output])
    nx.add_path(cell, [0, "nothing", "never reached", output])
    assert by_name(read_architectures([cell])) == by_name(alive)


@given(ooe_cells(multi=True), st.data())
def test_none_edge_is_no_edge(cell, data):
    u, v = data.draw(st.sampled_from(sorted(set(cell.edges()))))
    other = cell.copy()
    other.add_edge(u, v, op="none")
    assert by_name(read_architectures([other])) == by_name(read_architectures([cell]))


def labelled(cell):
    """The cell with its inputs and its output labelled."""
    inputs, output = terminals(cell)
    out = cell.copy()
    out.nodes[output]["op"] = "output"
    for v in inputs:
        out.nodes[v]["op"] = "input"
    return out


@given(cells())
def test_labels_change_nothing(cell):
    assert by_name(read_architectures([labelled(cell)])) == by_name(read_architectures([cell]))


@given(ooe_cells(), st.sampled_from(OPERATIONS))
def test_labels_make_none_the_same_as_no_edge(cell, op):
    cell.add_edge(0, max(cell), op=op)  # so that the cell is one of edges
    other = labelled(cell)
    other.remove_edges_from([(u, v) for u, v, op in cell.edges(data="op") if op == "none"])
    assert by_name(read_architectures([other])) == by_name(read_architectures([cell]))


@given(oon_cells())
def test_labels_make_none_the_same_as_no_node(cell):
    other = labelled(cell)
    other.remove_nodes_from([v for v, op in cell.nodes(data="op") if op == "none"])
    assert by_name(read_architectures([other])) == by_name(read_architectures([cell]))


@given(cells(), st.sampled_from(OPERATIONS))
def test_labels_make_dead_parts_dead(cell, op):
    other = labelled(cell)
    (output,) = (v for v, label in other.nodes(data="op") if label == "output")
    on_node = read_architectures([cell]).on_node.all()
    other.add_nodes_from(["dead end", "never reached"], **({"op": op} if on_node else {}))
    other.add_nodes_from(["on its own"])
    edge = {} if on_node else {"op": op}
    other.add_edge(0, "dead end", **edge)
    other.add_edge("never reached", output, **edge)
    assert by_name(read_architectures([other])) == by_name(read_architectures([cell]))


def test_output_alone():
    cell = nx.DiGraph()
    cell.add_node("out", op="output")
    (form,) = packed_cells(read_architectures([cell]))
    assert (form["n_nodes"], form["marks"]) == (1, [])


@given(ooe_cells())
def test_unused_input_is_dead(cell):
    other = cell.copy()
    other.add_node("unused")
    assert by_name(read_architectures([other])) == by_name(read_architectures([cell]))


@given(cells())
def test_unpruned_keeps_all_that_is_not_none(cell):
    (form,) = packed_cells(read_architectures([cell], prune=False))
    none = sum(op == "none" for _, op in cell.nodes(data="op"))
    assert form["n_nodes"] == len(cell) - none
    if not form["on_node"]:
        kept = sum(op != "none" for *_, op in cell.edges(data="op"))
        assert len(form["operations"]) == kept


def test_nasbench201_cell():
    cell = nx.DiGraph()
    cell.add_edge(0, 1, op="nor_conv_3x3")
    cell.add_edge(0, 2, op="none")
    cell.add_edge(0, 3, op="skip_connect")
    cell.add_edge(1, 2, op="none")
    cell.add_edge(1, 3, op="nor_conv_1x1")
    cell.add_edge(2, 3, op="nor_conv_3x3")
    packed = read_architectures([cell])
    assert packed.operations == ("nor_conv_1x1", "nor_conv_3x3", "skip_connect")
    assert packed.keys == [(0, 1), (0, 3), (1, 3)]
    assert packed.node_ptr.tolist() == [0, 3]
    assert packed.op_type.tolist() == [1, 2, 0]
    assert packed.edge_src.tolist() == [0, 0, 1]
    assert packed.op_dst.tolist() == [1, 2, 2]


@pytest.mark.parametrize("kind", [nx.DiGraph, nx.MultiDiGraph])
def test_cell_without_path_is_an_output_alone(kind):
    ooe = kind()
    nx.add_path(ooe, ["in", "mid", "out"], op="none")
    oon = kind()
    nx.add_path(oon, ["in", "mid", "out"])
    oon.nodes["mid"]["op"] = "none"
    for cell in (ooe, oon):
        packed = read_architectures([cell])
        (form,) = packed_cells(packed)
        assert (form["n_nodes"], form["marks"]) == (1, [])
        assert [op["op"] for op in form["operations"]] == (["output"] if cell is oon else [])
        assert packed.operations == ()
        assert packed.longest_path() == 0


def test_parallel_edges_are_operations_of_their_own():
    cell = nx.MultiDiGraph()
    cell.add_edge("a", "b", op="conv_3x3")
    cell.add_edge("a", "b", op="conv_3x3")
    cell.add_edge("a", "b", key="wire")
    packed = read_architectures([cell])
    assert packed.keys == [("a", "b", 0), ("a", "b", 1), ("a", "b", "wire")]
    assert packed.op_type.tolist() == [0, 0, -1]


def test_parallel_edges_into_a_node_count_twice():
    cell = nx.MultiDiGraph()
    cell.add_node("b", op="conv_3x3")
    cell.add_edges_from([("a", "b"), ("a", "b"), ("b", "c")])
    (form,) = packed_cells(read_architectures([cell]))
    assert [op["src"] for op in form["operations"]] == [[], [0, 0], [1]]


def test_marks_tell_inputs_apart():
    cell = nx.DiGraph()
    cell.add_node("second", input=1)
    cell.add_node("first", input=0)
    cell.add_edge("second", "out", op="conv_3x3")
    cell.add_edge("first", "out", op="skip_connect")
    (form,) = packed_cells(read_architectures([cell]))
    assert form["marks"] == [0, 1]
    assert {op["key"][0]: op["src"] for op in form["operations"]} == {"first": [0], "second": [1]}


def test_dead_input_keeps_the_marks_of_the_others():
    cell = nx.DiGraph()
    cell.add_node("first", input=0)
    cell.add_node("second", input=np.int64(1))
    cell.add_edge("first", "out", op="none")
    cell.add_edge("second", "out", op="conv_3x3")
    (form,) = packed_cells(read_architectures([cell]))
    assert (form["n_nodes"], form["marks"]) == (2, [1])


def test_cells_of_both_kinds_in_one_architecture():
    ooe, oon = nx.DiGraph(), nx.DiGraph()
    ooe.add_edge(0, 1, op="conv_3x3")
    nx.add_path(oon, "abc")
    oon.nodes["b"]["op"] = "conv_1x1"
    packed = read_architectures([(ooe, oon), (ooe, oon)])
    assert (len(packed), packed.n_cells) == (2, 2)
    assert packed.on_node.tolist() == [False, True, False, True]


def test_sequences_of_graphs():
    cell = nx.DiGraph()
    cell.add_edge(0, 1, op="conv_3x3")
    array = np.empty(2, dtype=object)
    array[0] = array[1] = cell
    expected = by_name(read_architectures([cell, cell]))
    for X in (array, (cell, cell), [(cell,), [cell]]):
        assert by_name(read_architectures(X)) == expected


def test_containers_of_pandas():
    cell = nx.DiGraph()
    cell.add_edge(0, 1, op="conv_3x3")
    expected = by_name(read_architectures([cell, cell]))
    series = pd.Series([cell, cell], index=[7, 3])
    for X in (series, pd.DataFrame({"cell": series}), pd.DataFrame({"cell": series}).iloc[::-1]):
        assert by_name(read_architectures(X)) == expected
        assert Architectures(X)[1] is cell
    pair = pd.Series([(cell, cell)])
    assert read_architectures(pair).n_cells == 2


@pytest.mark.parametrize("name", ["operation", "label"])
def test_another_attribute_names_the_operation(name):
    cell, usual = nx.DiGraph(), nx.DiGraph()
    cell.add_edge(0, 1, **{name: "conv_3x3", "op": 3})
    usual.add_edge(0, 1, op="conv_3x3")
    expected = by_name(read_architectures([usual]))
    assert by_name(read_architectures([cell], op_attribute=name)) == expected
    assert by_name(Architectures([cell], op_attribute=name).packed()) == expected
    on_node = nx.DiGraph([(0, 1), (1, 2)])
    on_node.nodes[1][name] = "conv_3x3"
    assert read_cell(on_node, op_attribute=name).on_node


def test_attributes_beside_the_operation_are_not_looked_at():
    cell, usual = nx.DiGraph(), nx.DiGraph()
    cell.add_edge(0, 1, op="mbconv", attributes={"kernel": 3}, color="red")
    usual.add_edge(0, 1, op="mbconv")
    assert by_name(read_architectures([cell])) == by_name(read_architectures([usual]))


def test_cells_of_wires_go_with_both_kinds():
    wires = nx.DiGraph([(0, 1)])
    nx.set_node_attributes(wires, {0: "input", 1: "output"}, "op")
    ooe, oon = nx.DiGraph(), nx.DiGraph([(0, 1), (1, 2)])
    ooe.add_edge(0, 1, op="conv_3x3")
    oon.nodes[1]["op"] = "conv_3x3"
    assert len(read_architectures([wires, ooe, wires])) == 3
    assert len(read_architectures([wires, oon, wires])) == 3


def test_identity_needs_no_zero_cost():
    cell = nx.DiGraph()
    cell.add_edge(0, 1, op="conv_3x3", zero_cost=[1.0, 2.0])
    cell.add_edge(0, 2, op="skip_connect")
    cell.add_edge(1, 2)
    packed = read_architectures([cell])
    np.testing.assert_array_equal(packed.zero_cost, [[1, 2], [0, 0], [0, 0]])


def test_views_are_graphs():
    cell = nx.DiGraph()
    cell.add_edge("b", "a", op="conv_3x3")
    assert read_architectures([cell.reverse(copy=False)]).keys == [("a", "b")]
