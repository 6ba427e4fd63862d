"""Cells for the tests of networks."""

from itertools import pairwise

import networkx as nx


def nodes(*edges, **ops):
    """A cell with these operations on its nodes; a chain unless edges are given."""
    names = ["in", *ops, "out"]
    cell = nx.MultiDiGraph(edges or list(pairwise(names)))
    cell.add_node("in", op="input")
    cell.add_node("out", op="output")
    for name, op in ops.items():
        cell.nodes[name]["op"] = op
    return cell


def parallel_edges():
    cell = nx.MultiDiGraph()
    cell.add_edges_from([(0, 1, {"op": "x2"}), (0, 1, {"op": "x3"}), (1, 2), (0, 2, {"op": "x5"})])
    return cell
