"""Cells for the tests of networks."""

from itertools import pairwise
from typing import Any

import networkx as nx
import numpy as np

from tagates_sk.spaces import NASBench201
from tagates_sk.zero_cost import ZeroCostSaliency

TINY: dict[str, Any] = {
    "stem_channels": 4, "n_stages": 1, "image_size": 6, "batch_size": 4, "random_state": 0,
}  # fmt: skip
"""Parameters of transformers that are done in a moment."""
CELLS = list(NASBench201().sample(12, random_state=0))


def saliency(**changes: Any) -> ZeroCostSaliency:
    return ZeroCostSaliency(**{**TINY, **changes})


def raw(X: Any, **changes: Any) -> list[np.ndarray]:
    return saliency(**changes).fit(X).raw_saliencies(X)


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
