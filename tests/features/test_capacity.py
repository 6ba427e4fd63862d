"""Capacity, places on the way, and cells for which an adjacency matrix has no place."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from tagates_sk.features import AdjacencyOneHot, CapacityStatistics, WalkStatistics
from tagates_sk.features.capacity import operation_size


def chain(*operations: str) -> nx.DiGraph:
    """Operations in a row, on nodes."""
    cell = nx.DiGraph()
    nx.add_path(cell, ["in", *range(len(operations)), "out"])
    for i, op in enumerate(operations):
        cell.nodes[i]["op"] = op
    return cell


@pytest.mark.parametrize(
    ("larger", "smaller"),
    [
        ("nor_conv_3x3", "nor_conv_1x1"),
        ("conv5x5", "conv3x3"),
        ("conv3x3", "sep_conv_3x3"),
        ("sep_conv_5x5", "sep_conv_3x3"),
        ("conv1x1", "max_pool_3x3"),
        ("mbconv_e6_k3", "mbconv_e3_k3"),
        ("mbconv_e6_k5_l2", "mbconv_e6_k5_l1"),
        ("mbconv6_k5", "mbconv3_k5"),
    ],
)
def test_larger_operations(larger: str, smaller: str) -> None:
    assert operation_size(larger) > operation_size(smaller)


def test_columns_of_a_cell() -> None:
    cell = nx.DiGraph()
    cell.add_edge("in", "a", op="conv3x3")
    cell.add_edge("a", "out", op="conv1x1")
    cell.add_edge("in", "out", op="skip_connect")
    cell.add_edge("a", "b", op="max_pool")
    cell.add_edge("b", "out", op="conv3x3")
    statistics = CapacityStatistics()
    row = statistics.fit_transform([cell])[0]
    named = dict(zip(statistics.get_feature_names_out(), row, strict=True))
    assert named["count(conv3x3)"] == 2
    assert named["operations"] == 4
    assert named["trainable"] == 3
    assert named["walk_trainable"] == pytest.approx((2 + 2) / 3)
    assert named["longest_trainable"] == 2
    assert named["depth"] == 3
    assert named["merges"] == 1
    assert named["log_paths"] == pytest.approx(np.log(4))
    assert named["size"] == pytest.approx(2 * np.log(4) + np.log(4 / 3), abs=1e-9)


def test_chains_of_the_same_blocks_differ_by_place() -> None:
    X = [chain("conv", "skip_connect", "pool"), chain("pool", "conv", "skip_connect")]
    statistics = WalkStatistics(n_places=3).fit(X)
    rows = statistics.transform(X)
    names = list(statistics.get_feature_names_out())
    for i, met in enumerate(["conv", "identity", "pool"]):
        for column in ("conv", "pool", "identity"):
            label = f"({column})" if column != "identity" else "_identity"
            value = rows[0, names.index(f"walk_place{i}{label}")]
            assert value == pytest.approx(float(column == met))
    assert not np.array_equal(rows[0], rows[1])


def test_larger_cells_are_cut_off() -> None:
    small, large = chain("conv", "pool"), chain("conv", "pool", "conv", "pool")
    encoding = AdjacencyOneHot(canonical=False, handle_larger="ignore").fit([small])
    rows = encoding.transform([small, large])
    names = list(encoding.get_feature_names_out())
    assert rows[1, names.index("conv(1)")] == rows[1, names.index("pool(2)")] == 1
    assert rows[1, names.index("edge(2-output)")] == 0


def test_cells_of_another_kind_and_with_more_inputs_are_zeros_where_there_is_no_place() -> None:
    encoding = AdjacencyOneHot(handle_larger="ignore", handle_unknown="ignore").fit([chain("conv")])
    on_edges = nx.DiGraph()
    on_edges.add_edge("in", "out", op="conv")
    two = nx.DiGraph([("in", "a"), ("a", "out"), ("b", "out")])
    two.nodes["a"]["op"] = "conv"
    two.nodes["b"]["input"] = 1
    two.nodes["in"]["input"] = 0
    assert encoding.transform([on_edges]).sum() == 0
    assert np.isfinite(encoding.transform([two])).all()


def test_the_name_of_a_new_operation_tells_its_size() -> None:
    statistics = CapacityStatistics(handle_unknown="ignore").fit([chain("conv3x3")])
    rows = statistics.transform([chain("conv3x3"), chain("conv5x5"), chain("identity")])
    names = list(statistics.get_feature_names_out())
    assert list(np.argsort(rows[:, names.index("size")])) == [2, 0, 1]
    assert list(rows[:, names.index("count(conv3x3)")]) == [1, 0, 0]
    assert list(rows[:, names.index("count(wire)")]) == [0, 0, 1]
    assert list(rows[:, names.index("operations")]) == [1, 1, 0]
