"""Estimators that are fitted in a moment, and architectures with a rule to learn."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np

from tagates_sk import TAGATESRanker, TAGATESRegressor
from tagates_sk.spaces import NASBench201

SMALL: dict[str, Any] = {
    "layer_dim": 16, "op_dim": 8, "node_dim": 8, "hidden_dim": 8, "head": (16,), "max_iter": 3,
    "n_members": 1, "random_state": 0,
}  # fmt: skip


def ranker(**changes: Any) -> TAGATESRanker:
    """A small ranker."""
    return TAGATESRanker(**{**SMALL, **changes})


def regressor(**changes: Any) -> TAGATESRegressor:
    """A small regressor."""
    return TAGATESRegressor(**{**SMALL, **changes})


BOTH = [ranker, regressor]


def sample(n: int, seed: int = 0) -> list[Any]:
    """Cells of NAS-Bench-201."""
    return list(NASBench201().sample(n, random_state=seed))


def quality(cells: list[Any]) -> np.ndarray:
    """A target that is easy to learn: convolutions count, large ones double."""
    worth = {"nor_conv_3x3": 2.0, "nor_conv_1x1": 1.0}
    return np.array([sum(worth.get(op, 0) for *_, op in c.edges(data="op")) for c in cells])


CELLS = sample(40)
TARGETS = quality(CELLS)


def as_array(cells: list[Any]) -> np.ndarray:
    """The object array of a list."""
    out = np.empty(len(cells), dtype=object)
    out[:] = cells
    return out


def chain(*ops: str, zero_cost: int = 0, **attributes: Any) -> nx.DiGraph:
    """A chain with these operations on its edges, with saliencies of some length."""
    cell = nx.DiGraph()
    for i, op in enumerate(ops):
        saliency = {"zero_cost": np.full(zero_cost, i + 1.0)} if zero_cost else {}
        cell.add_edge(i, i + 1, op=op, **saliency, **attributes)
    return cell


def node_chain(*ops: str) -> nx.DiGraph:
    """A chain with these operations on its inner nodes."""
    cell = nx.DiGraph()
    nx.add_path(cell, range(len(ops) + 2))
    nx.set_node_attributes(cell, dict(enumerate(ops, 1)), "op")
    return cell
