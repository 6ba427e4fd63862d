"""Columns of the numbers beside operations."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from scipy.sparse import issparse

from tagates_sk.features import (
    AdjacencyOneHot,
    CapacityStatistics,
    OperationStatistics,
    PathEncoding,
    WalkStatistics,
    WeisfeilerLehman,
)
from tagates_sk.features.capacity import operation_size
from tagates_sk.graphs import UnknownOperationError, UnknownOperationWarning
from tagates_sk.spaces import MnasNet

READ = [
    lambda **p: WalkStatistics(n_places=2, **p), OperationStatistics,
    lambda **p: AdjacencyOneHot(canonical=False, **p), AdjacencyOneHot,
]  # fmt: skip


def cell(*kernels: float | None, on_nodes: bool = False, **others: Any) -> nx.DiGraph:
    """Two convolutions one after the other beside a skip connection from input to output."""
    graph = nx.DiGraph()
    first, second = (
        {"op": "conv"} | ({} if k is None else {"attributes": {"kernel": k, **others}})
        for k in kernels
    )
    if on_nodes:
        graph.add_edges_from([(0, 1), (1, 2), (2, 3), (0, 3)])
        graph.nodes[1].update(first)
        graph.nodes[2].update(second)
    else:
        graph.add_edge(0, 1, **first)
        graph.add_edge(1, 2, **second)
        graph.add_edge(0, 2)
    return graph


def columns(transformer: Any, fitted: list[Any], seen: list[Any]) -> dict[str, list[float]]:
    """Columns of numbers by name."""
    matrix = transformer.fit(fitted).transform(seen)
    names = transformer.get_feature_names_out()
    assert len(set(names)) == matrix.shape[1]
    return {
        name: column.tolist()
        for name, column in zip(names, matrix.T, strict=True)
        if "attribute" in name
    }


@pytest.mark.parametrize("on_nodes", [False, True])
def test_values(on_nodes: bool) -> None:
    # Mean 4, standard deviation 1; a random walk back meets both with probability 1/2.
    fitted = [cell(3, 5, on_nodes=on_nodes), cell(5, 3, on_nodes=on_nodes)]
    seen = [cell(3, 3, on_nodes=on_nodes), cell(None, 5, on_nodes=on_nodes)]
    walks = columns(WalkStatistics(n_places=2), fitted, seen)
    assert walks["walk_attribute(kernel)"] == [-1.0, 0.5]
    assert walks["path_attribute(kernel)"] == [-1.0, 0.5]
    assert walks["forward_attribute(kernel)"] == [-1.0, 0.5]
    assert walks["walk_place0_attribute(kernel)"] == [-0.5, 0.0]
    assert walks["walk_place1_attribute(kernel)"] == [-0.5, 0.5]
    assert columns(OperationStatistics(), fitted, seen) == {"attribute_sum(kernel)": [-2.0, 1.0]}
    slots = columns(AdjacencyOneHot(), fitted, seen)
    first, second = ("(1)", "(2)") if on_nodes else ("(input-1)", "(1-output)")
    assert slots.pop(f"attribute[kernel]{first}") == [-1.0, 0.0]
    assert slots.pop(f"attribute[kernel]{second}") == [-1.0, 1.0]
    assert all(values == [0.0, 0.0] for values in slots.values())


@pytest.mark.parametrize("make", [*READ, CapacityStatistics, PathEncoding, WeisfeilerLehman])
def test_without_numbers_there_are_no_columns(make: Any) -> None:
    plain, other = [cell(None, None)], [cell(3, 5)]
    fitted = make(handle_unknown="ignore").fit(plain)
    assert not any("attribute" in name for name in fitted.get_feature_names_out())
    if make is not CapacityStatistics:
        rows = [fitted.transform(X) for X in (plain, other)]
        ours, theirs = (row.toarray() if issparse(row) else row for row in rows)
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("make", READ)
def test_unknown_numbers(make: Any) -> None:
    seen, new = [cell(3, 5)], [cell(3, 5, width=1)]
    ignoring = make(handle_unknown="ignore").fit(seen)
    assert np.array_equal(ignoring.transform(seen), ignoring.transform(new))
    with pytest.warns(UnknownOperationWarning, match="unknown attribute 'width' is left out"):
        make().fit(seen).transform(new)
    with pytest.raises(UnknownOperationError, match=r"'width'; those of fit are \['kernel'\]"):
        make(handle_unknown="error").fit(seen).transform(new)
    with pytest.raises(UnknownOperationError, match="'kernel'; fit saw none"):
        make(handle_unknown="error").fit([cell(None, None)]).transform(new)


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ({}, operation_size("conv_3x3")),
        ({"kernel": 5}, operation_size("conv_5x5")),
        ({"kernel": 1, "expansion": 2, "layers": 3}, 2.0),
        ({"channels": 64}, 2 * operation_size("conv_3x3")),
        ({"parameters": 500, "kernel": 7}, 0.5),
        ({"parameters": -1}, 0.0),
        ({"se": 1}, operation_size("conv_3x3")),
    ],
)
def test_sizes(attributes: dict[str, float], size: float) -> None:
    graph = nx.DiGraph()
    graph.add_edge(0, 1, op="conv_3x3", attributes=attributes)
    statistics = CapacityStatistics().fit([graph])
    names = list(statistics.get_feature_names_out())
    row = statistics.transform([graph])[0]
    assert row[names.index("log_size")] == pytest.approx(np.log1p(size), abs=1e-9)


def test_sizes_are_those_that_names_tell() -> None:
    numbers = MnasNet().sample(20, random_state=0)
    names = MnasNet(attributes=False).sequence(numbers.native())
    ours, theirs = (
        CapacityStatistics().fit(X).transform(X)[:, -12:] for X in (numbers, names)
    )  # fmt: skip
    assert np.array_equal(ours, theirs)
