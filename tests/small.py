"""Estimators that are fitted in a moment, and architectures with a rule to learn."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np

from tagates_sk import TAGATESRanker, TAGATESRegressor, Variant
from tagates_sk.spaces import NASBench201

SMALL: dict[str, Any] = {
    "layer_dim": 16, "head": (16,), "max_iter": 3, "members": "encoder", "n_members": 1,
    "random_state": 0,
}  # fmt: skip
SIZES: dict[str, Any] = {"op_dim": 8, "node_dim": 8, "hidden_dim": 8}
"""Switches of the variant of small estimators."""
SWITCHES = frozenset(Variant().get_params())


def in_variant(parameters: dict[str, Any]) -> dict[str, Any]:
    """Parameters of TA-GATES, with the switches among them in a Variant."""
    switches = {name: value for name, value in parameters.items() if name in SWITCHES}
    others = {name: value for name, value in parameters.items() if name not in SWITCHES}
    return {"variant": Variant(**switches), **others} if switches else others


def small(cls: Any, **changes: Any) -> Any:
    """A small estimator of TA-GATES; switches of the variant are given like parameters."""
    return cls(**in_variant({**SMALL, **SIZES, **changes}))


def ranker(**changes: Any) -> TAGATESRanker:
    """A small ranker."""
    return small(TAGATESRanker, **changes)  # type: ignore[no-any-return]


def regressor(**changes: Any) -> TAGATESRegressor:
    """A small regressor."""
    return small(TAGATESRegressor, **changes)  # type: ignore[no-any-return]


def parameters_of(estimator: Any) -> dict[str, Any]:
    """Parameters to compare: a Variant by its switches, since two objects are never equal."""
    parameters = estimator.get_params()
    return {name: value for name, value in parameters.items() if name != "variant"}


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
