"""Large and strange graphs; one test for each error."""

from __future__ import annotations

import math
import tracemalloc
from typing import Any

import networkx as nx
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from tagates_sk import InvalidArchitectureError, UnknownOperationError
from tagates_sk.features import (
    AdjacencyOneHot,
    OperationStatistics,
    PathEncoding,
)
from tests.small import chain, node_chain

from .transformers import ALL, complete, dense


@pytest.mark.filterwarnings("ignore:.*too many paths")
@pytest.mark.parametrize("on_node", [True, False])
@pytest.mark.parametrize("transformer", ALL, ids=repr)
def test_sixty_nodes_with_all_edges(transformer: Any, on_node: bool) -> None:
    X = [complete(60, on_node), complete(5, on_node)]
    rows = dense(clone(transformer).fit_transform(X))
    assert np.isfinite(rows).all()
    assert rows.any(axis=1).all()
    assert len(clone(transformer).fit(X).get_feature_names_out()) == rows.shape[1]


def test_paths_that_are_too_many() -> None:
    X = [node_chain(*"aaaaaaaaaaaa"), complete(60, True)]
    with pytest.warns(
        UserWarning, match=r"^1 cells have too many .* X\[1\]: its paths of more"
    ) as w:
        encoding = PathEncoding().fit(X)
    length = int(str(w[0].message).split("more than ")[1].split()[0])
    assert w[0].filename == __file__
    lengths = [len(names) for *_, names in encoding.paths_]
    assert max(lengths) == 12  # of the other architecture
    for k in range(1, length + 1):
        assert lengths.count(k) == 3**k
    limited = PathEncoding(max_length=length).fit(X)  # without a warning
    assert len(limited.paths_) == len(encoding.paths_) - 1


def test_numbers_of_paths_without_overflow() -> None:
    assert math.exp(OperationStatistics().fit_transform([complete(60, True)])[0, -3]) == (
        pytest.approx(2.0**58)
    )
    ladder = nx.MultiDiGraph([(i, i + 1, {"op": "a"}) for i in range(1500) for _ in range(2)])
    row = OperationStatistics().fit_transform([ladder])[0]
    assert row.tolist() == pytest.approx([3000, 1500, 1500, 1500 * math.log(2), 2, 2])
    wires = nx.MultiDiGraph([(i, i + 1) for i in range(1500) for _ in range(2)])
    wires.add_edge(1500, 1501, op="a")
    counts = PathEncoding(binary=False, sparse_output=False).fit_transform([wires])
    assert counts.tolist() == [[np.finfo(float).max]]


def test_memory_of_long_chains_of_wires() -> None:
    """It grows with the wires, not with the pairs of nodes that they connect."""
    cell = nx.MultiDiGraph([(i, i + 1) for i in range(2000)])
    cell.add_edge(2000, 2001, op="a")
    tracemalloc.start()
    try:
        encoding = PathEncoding().fit([cell])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert encoding.paths_ == [(0, 0, ("a",))]
    assert peak < 10 * 2**20


@pytest.mark.parametrize("transformer", ALL, ids=repr)
def test_cells_without_path_or_operation(transformer: Any) -> None:
    wire = nx.DiGraph([("in", "out")])
    wire.nodes["in"]["op"] = "input"
    for kind in (chain, node_chain):
        cut = [kind("none")]
        rows = dense(clone(transformer).fit([kind("a"), wire]).transform([*cut, wire]))
        assert rows.shape[0] == 2
        assert dense(clone(transformer).fit_transform(cut)).shape[0] == 1
    assert dense(clone(transformer).fit_transform([wire])).shape[0] == 1


@pytest.mark.parametrize("transformer", ALL, ids=repr)
class TestErrorsOfAll:
    def test_not_fitted(self, transformer: Any) -> None:
        with pytest.raises(NotFittedError):
            clone(transformer).transform([chain("a")])
        with pytest.raises(NotFittedError):
            clone(transformer).get_feature_names_out()

    def test_reading(self, transformer: Any) -> None:
        with pytest.raises(InvalidArchitectureError, match="X is empty"):
            clone(transformer).fit([])
        with pytest.raises(TypeError, match="X is a single graph"):
            clone(transformer).fit(chain("a"))

    def test_unknown_operation(self, transformer: Any) -> None:
        fitted = clone(transformer).set_params(handle_unknown="error").fit([chain("a", "b")])
        message = r"X\[1\], edge \(0, 1\): unknown operation 'c'.*\['a', 'b'\].*'ignore'\.$"
        with pytest.raises(UnknownOperationError, match=message):
            fitted.transform([chain("a"), chain("c")])
        fitted.set_params(handle_unknown="ignore")
        assert fitted.transform([chain("a"), chain("c")]).shape[0] == 2

    def test_number_of_cells(self, transformer: Any) -> None:
        fitted = clone(transformer).fit([chain("a")])
        with pytest.raises(InvalidArchitectureError, match="have 2 cells, those seen in fit had 1"):
            fitted.transform([(chain("a"), chain("a"))])

    def test_parameters(self, transformer: Any) -> None:
        with pytest.raises(ValueError, match="'handle_unknown' parameter"):
            clone(transformer).set_params(handle_unknown="mean").fit([chain("a")])


def test_too_large_for_adjacency() -> None:
    pair = (node_chain("a"), node_chain("a", "a"))
    fitted = AdjacencyOneHot().fit([pair])
    message = (
        r"X\[1\], cell 0 has 2 nodes between inputs and output, but 1 are the most that fit saw\. "
        r"Fit on .*n_inner_nodes=2 or more"
    )
    with pytest.raises(InvalidArchitectureError, match=message):
        fitted.transform([pair, pair[::-1]])
    with pytest.raises(InvalidArchitectureError, match="1 are the most that n_inner_nodes allows"):
        AdjacencyOneHot(n_inner_nodes=1).fit([pair])


def test_more_inputs_for_adjacency() -> None:
    two = nx.DiGraph([(0, 2, {"op": "a"}), (1, 2, {"op": "a"})])
    fitted = AdjacencyOneHot().fit([chain("a")])
    message = r"X\[0\] has 2 input nodes with input=0, but 1 are the most that fit saw\. Fit on"
    with pytest.raises(InvalidArchitectureError, match=message):
        fitted.transform([two])
    two.nodes[1]["input"] = 1
    with pytest.raises(InvalidArchitectureError, match="1 input nodes with input=1, but 0 are"):
        fitted.transform([two])


def test_other_kind_for_adjacency() -> None:
    message = r"X\[0\] has its operations on nodes; none seen in fit had\. Fit on"
    with pytest.raises(InvalidArchitectureError, match=message):
        AdjacencyOneHot().fit([chain("a")]).transform([node_chain("a")])
    message = r"X\[0\] has its operations on edges; none seen in fit had"
    with pytest.raises(InvalidArchitectureError, match=message):
        AdjacencyOneHot().fit([node_chain("a")]).transform([chain("a")])


def test_too_many_subsets() -> None:
    message = "max_subset_size=20 with 13 operations makes 8191 sets .* 4096 .* Lower max_subset"
    with pytest.raises(ValueError, match=message):
        OperationStatistics(20).fit([chain(*"abcdefghijklm")])
