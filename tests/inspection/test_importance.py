"""What changing an operation does to a prediction, against predictors whose answer is known."""

from __future__ import annotations

import sys
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tagates_sk import InvalidArchitectureError
from tagates_sk.inspection import OperationImportanceDisplay, operation_importance
from tests.small import CELLS, TARGETS, chain, node_chain, ranker

WORTH = {"conv": 5.0, "pool": 2.0, "none": -1.0}


class Counting:
    """Adds the worth of all operations; later cells count ten times as much."""

    operations_ = ("conv", "pool")

    def __init__(self) -> None:
        self.calls = 0

    def predict(self, X: Any) -> Any:
        self.calls += 1
        return np.array([self._worth(x) for x in X])

    def _worth(self, x: Any) -> float:
        cells = x if isinstance(x, tuple) else (x,)
        return sum(
            10**c * WORTH.get(data.get("op"), 0)
            for c, cell in enumerate(cells)
            for *_, data in [*cell.nodes(data=True), *cell.edges(data=True)]
        )


def changes(X: Any, **options: Any) -> dict[tuple[Any, ...], float]:
    rows = operation_importance(Counting(), X, **options)
    return {
        (row["architecture"], row["cell"], row["place"], row["operation"], row["replaced_by"]):
        row["change"] for row in rows
    }  # fmt: skip


def test_edges() -> None:
    X = [chain("conv", "pool"), chain("pool")]
    assert changes(X) == {
        (0, 0, (0, 1), "conv", "pool"): -3, (0, 0, (1, 2), "pool", "conv"): 3,
        (1, 0, (0, 1), "pool", "conv"): 3,
    }  # fmt: skip


def test_none_is_a_replacement_where_there_is_one() -> None:
    X = [chain("conv"), chain("conv", "none")]
    found = changes(X)
    assert found[0, 0, (0, 1), "conv", "none"] == -6
    assert found[1, 0, (1, 2), "none", "conv"] == 6
    assert len(found) == 6


def test_nodes_parallel_edges_and_several_cells() -> None:
    parallel = nx.MultiDiGraph()
    parallel.add_edge("in", "out", key="a", op="conv")
    parallel.add_edge("in", "out", key="b", op="pool")
    parallel.add_edge("in", "out", key="c")
    nodes = nx.relabel_nodes(node_chain("conv", "pool"), {1: (7, 8)})
    assert changes([(parallel, nodes)]) == {
        (0, 0, ("in", "out", "a"), "conv", "pool"): -3,
        (0, 0, ("in", "out", "b"), "pool", "conv"): 3,
        (0, 1, (7, 8), "conv", "pool"): -30,
        (0, 1, 2, "pool", "conv"): 30,
    }


def test_terminals_are_left_alone() -> None:
    cell = node_chain("conv")
    cell.nodes[0]["op"], cell.nodes[2]["op"] = "input", "output"
    assert {key[2] for key in changes([cell])} == {1}


def test_one_call_predicts_all_and_changes_nothing() -> None:
    X = [chain("conv", "pool"), chain("pool", "none")]
    before = [list(cell.edges(data="op")) for cell in X]
    estimator = Counting()
    operation_importance(estimator, X)
    assert estimator.calls == 1
    assert [list(cell.edges(data="op")) for cell in X] == before


def test_against_predictions_one_by_one() -> None:
    estimator = ranker().fit(CELLS, TARGETS)
    rows = operation_importance(estimator, CELLS[:3])
    assert {row["architecture"] for row in rows} == {0, 1, 2}
    for row in rows[:: len(rows) // 10]:
        variant = CELLS[row["architecture"]].copy()
        assert variant.edges[row["place"]]["op"] == row["operation"]
        variant.edges[row["place"]]["op"] = row["replaced_by"]
        own, other = estimator.predict([CELLS[row["architecture"]], variant])
        assert row["prediction"] == pytest.approx(other, abs=1e-5)
        assert row["change"] == pytest.approx(other - own, abs=1e-5)


def test_what_carries_no_information_changes_nothing() -> None:
    """A dead end stays one, whatever its operation."""
    cell = CELLS[0].copy()
    cell.add_edge(0, "dead", op="nor_conv_3x3")
    cell.nodes[3]["op"] = "output"
    rows = operation_importance(ranker().fit(CELLS, TARGETS), [cell])
    dead = [row["change"] for row in rows if row["place"] == (0, "dead")]
    assert len(dead) == 4
    assert np.abs(dead).max() < 1e-6
    assert max(abs(row["change"]) for row in rows) > 1e-3


def test_table_is_ready_for_pandas_and_pipelines_tell_their_operations() -> None:
    estimator = make_pipeline(FunctionTransformer(), ranker()).fit(CELLS, TARGETS)
    table = pd.DataFrame(operation_importance(estimator, CELLS[:2]))
    mean = table.groupby(["operation", "replaced_by"])["change"].mean()
    assert (
        mean["nor_conv_3x3"].index.isin(["none", *ranker().fit(CELLS, TARGETS).operations_]).all()
    )


class TestDisplay:
    def test_importance_is_the_mean_loss(self) -> None:
        cell = chain("conv", "pool")
        display = OperationImportanceDisplay.from_estimator(
            Counting(), cell, operations=["conv", "pool", "none"], cmap="RdBu"
        )
        assert display.importance == [{(0, 1): 4.5, (1, 2): 0.0}]
        boxes = [patch for patch in display.ax_.patches if patch.get_gid() == "operation"]
        assert len(boxes) == 2
        assert boxes[0].get_facecolor() != boxes[1].get_facecolor()
        assert display.figure_ is display.ax_.figure

    def test_several_cells(self) -> None:
        display = OperationImportanceDisplay.from_estimator(
            Counting(), (chain("conv"), chain("pool"))
        )
        assert display.importance == [{(0, 1): 3.0}, {(0, 1): -30.0}]


def test_unknown_vocabulary() -> None:
    class Silent:
        def predict(self, X: Any) -> Any:
            return np.zeros(len(X))

    with pytest.raises(ValueError, match=r"Silent does not list .* pass the replacements as oper"):
        operation_importance(Silent(), [chain("conv")])


def test_nothing_to_replace() -> None:
    with pytest.raises(ValueError, match=r"No operation of X can be replaced by one of \['conv'\]"):
        operation_importance(Counting(), [chain("conv")], operations=["conv"])


def test_wrong_graphs() -> None:
    with pytest.raises(InvalidArchitectureError, match="X\\[1\\] has 2 outputs"):
        operation_importance(Counting(), [chain("conv"), nx.DiGraph([(0, 1, {"op": "a"}), (0, 2)])])
    with pytest.raises(TypeError, match="X is a single graph"):
        operation_importance(Counting(), chain("conv"))


def test_as_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    X = [chain("conv", "pool")]
    frame = operation_importance(Counting(), X, as_frame=True)
    pd.testing.assert_frame_equal(frame, pd.DataFrame(operation_importance(Counting(), X)))
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="as_frame=True needs pandas, which is not installed"):
        operation_importance(Counting(), X, as_frame=True)
