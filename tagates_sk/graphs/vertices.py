"""Operations as vertices of one graph, wherever the cell has them: on nodes or on edges."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .operations import INPUT, OUTPUT, WIRE
from .packed import IntArray, PackedGraphs


class Vertices(NamedTuple):
    """Operations, inputs and outputs of all cells, all as vertices that carry a label.

    Parameters
    ----------
    label : ndarray of int, shape (n_vertices,)
        Code of its operation, after them wire, output and the inputs; -1 if unknown.
    cell : ndarray of int, shape (n_vertices,)
    node : ndarray of int, shape (n_vertices,)
        The node of the cell that a vertex leads to.
    src, into : ndarray of int, shape (n_edges,)
        Vertex ``into[i]`` reads node ``src[i]``.
    n_nodes : int
    """

    label: IntArray
    cell: IntArray
    node: IntArray
    src: IntArray
    into: IntArray
    n_nodes: int


def vertices_of(packed: PackedGraphs) -> Vertices:
    """Operations as vertices; those on edges get vertices for inputs and output beside them.

    Parameters
    ----------
    packed : PackedGraphs

    Returns
    -------
    Vertices
    """
    n_ops, n_nodes = len(packed.operations), len(packed.input_mark)
    cell = np.repeat(np.arange(len(packed.op_ptr) - 1), np.diff(packed.op_ptr))
    node = packed.node_ptr[cell] + packed.op_dst
    label = np.where(packed.op_type == n_ops, -1, packed.op_type)
    label[packed.op_type == WIRE] = n_ops
    label[packed.op_type == OUTPUT] = n_ops + 1
    label[packed.op_type == INPUT] = n_ops + 2 + packed.input_mark[node[packed.op_type == INPUT]]
    reader = np.repeat(np.arange(len(label)), np.diff(packed.edge_ptr))

    on_edge = np.flatnonzero(~packed.on_node)
    node_cell = np.repeat(np.arange(len(packed.n_inputs)), np.diff(packed.node_ptr))
    inputs = np.flatnonzero((packed.input_mark >= 0) & ~packed.on_node[node_cell])
    outputs = packed.node_ptr[on_edge + 1] - 1
    # What an output vertex leads to is a node of its own, behind all others.
    behind = n_nodes + np.arange(len(on_edge))
    output_vertex = len(label) + len(inputs) + np.arange(len(on_edge))
    return Vertices(
        np.concatenate(
            [label, n_ops + 2 + packed.input_mark[inputs], np.full(len(on_edge), n_ops + 1)]
        ),
        np.concatenate([cell, node_cell[inputs], on_edge]),
        np.concatenate([node, inputs, behind]),
        np.concatenate([packed.node_ptr[cell[reader]] + packed.edge_src, outputs]),
        np.concatenate([reader, output_vertex]),
        n_nodes + len(on_edge),
    )
