"""Embeddings over the time steps, against what the estimator itself says."""

from __future__ import annotations

import sys
from typing import Any

import networkx as nx
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tagates_sk.inspection import EmbeddingDisplay, explain, step_embeddings
from tagates_sk.spaces import NASBench201
from tests.small import BOTH, CELLS, TARGETS, chain, node_chain, ranker

CELL = NASBench201("nasbench201").to_dag((3, 3, 4, 3, 2, 1))
CONVOLUTIONS = [(0, 1), (0, 2), (0, 3)]


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize(
    "options", [{}, {"n_members": 2}, {"symmetry_breaking": "random"}, {"update": "node"}], ids=str
)
def test_last_step_is_what_the_estimator_says(make: Any, options: dict[str, Any]) -> None:
    estimator = make(T=3, **options).fit(CELLS, TARGETS)
    before, config = estimator.predict(CELLS), estimator.model_.encoder.config
    steps = step_embeddings(estimator, CELL)
    (final,) = estimator.operation_embeddings([CELL])
    assert [list(cells[0]) for cells in steps] == [list(final)] * 3
    for place, embedding in final.items():
        assert_allclose(steps[2][0][place], embedding, atol=1e-6)
    assert_array_equal(estimator.predict(CELLS), before)
    assert estimator.model_.encoder.config is config


def test_an_estimator_of_fewer_passes_with_the_same_weights() -> None:
    """Two passes of T = 3 are those of T = 2 whose weights are the same."""
    long, short = (ranker(T=T, deep_supervision=False).fit(CELLS, TARGETS) for T in (3, 2))
    short.model_.load_state_dict(long.model_.state_dict())
    (expected,) = short.operation_embeddings([CELL])
    found = step_embeddings(long, CELL)[1][0]
    for place, embedding in expected.items():
        assert_allclose(found[place], embedding, atol=1e-6)


def test_operations_of_a_type_start_together_and_part() -> None:
    first, *_, last = step_embeddings(ranker(T=4).fit(CELLS, TARGETS), CELL)
    one, two, three = CONVOLUTIONS
    assert_array_equal(first[0][one], first[0][two])
    assert np.abs(last[0][one] - last[0][three]).max() > 1e-4
    assert_array_equal(first[0][1, 2], last[0][1, 2])  # pooling has no weights to train
    assert (2, 3) not in first[0]  # a skip connection has no embedding


def test_several_targets() -> None:
    y = np.column_stack([TARGETS / 2, TARGETS])
    estimator = ranker(T=3).fit(CELLS, y)
    (final,) = estimator.operation_embeddings([CELL])
    assert_allclose(step_embeddings(estimator, CELL)[-1][0][0, 1], final[0, 1], atol=1e-6)


def test_pipeline() -> None:
    estimator = make_pipeline(FunctionTransformer(), ranker()).fit(CELLS, TARGETS)
    steps = step_embeddings(estimator, CELL)
    expected = step_embeddings(estimator[-1], CELL)
    assert_array_equal(steps[1][0][0, 1], expected[1][0][0, 1])


class TestDisplay:
    def test_projection(self) -> None:
        estimator = ranker(T=3).fit(CELLS, TARGETS)
        display = explain(estimator, CELL, linewidth=3)
        assert display.embeddings.shape == (3, 5, 8)
        assert display.projection.shape == (3, 5, 2)
        names = dict(zip(display.places, display.operations, strict=True))
        assert names == {
            "0→1": "nor_conv_3x3", "0→2": "nor_conv_3x3", "0→3": "nor_conv_3x3",
            "1→3": "nor_conv_1x1", "1→2": "avg_pool_3x3",
        }  # fmt: skip
        # Distances in the plane are those in space, less what the other axes have.
        flat, plane = display.embeddings.reshape(15, 8), display.projection.reshape(15, 2)
        total = ((flat - flat.mean(0)) ** 2).sum()
        share = (plane**2).sum() / total
        assert share == pytest.approx(display.explained_variance_ratio.sum())
        paths = display.projection.swapaxes(0, 1)
        for line, path in zip(display.lines_, paths, strict=True):
            assert_array_equal(np.column_stack(line.get_data()), path)
            assert line.get_linewidth() == 3

    def test_paths_that_end_together_share_a_label(self) -> None:
        embeddings = np.zeros((2, 3, 4))
        embeddings[1, :2, 0], embeddings[1, 2, 1] = 1, -1
        display = EmbeddingDisplay(
            embeddings=embeddings, operations=["a", "a", "b"], places=["x", "y", "z"]
        ).plot()
        assert [text.get_text() for text in display.ax_.texts] == ["x, y", "z"]

    def test_cells_nodes_and_parallel_edges(self) -> None:
        parallel = nx.MultiDiGraph([("i", "o", {"op": "conv"}), ("i", "o", {"op": "conv"})])
        x = (parallel, node_chain("conv", "pool"))
        estimator = ranker(op_dim=1).fit([x, (chain("conv"), node_chain("pool"))], [1.0, 2.0])
        display = explain(estimator, x)
        # In cells with operations on nodes, inputs and outputs have embeddings, too.
        assert dict(zip(display.places, display.operations, strict=True)) == {
            "cell 0: i→o (0)": "conv", "cell 0: i→o (1)": "conv", "cell 1: 0": "input",
            "cell 1: 1": "conv", "cell 1: 2": "pool", "cell 1: 3": "output",
        }  # fmt: skip
        assert_array_equal(display.projection[..., 1], 0)


def test_one_pass() -> None:
    with pytest.raises(
        ValueError, match="T=1: one forward pass and no update, so no embedding mov"
    ):
        explain(ranker(T=1).fit(CELLS, TARGETS), CELL)


def test_no_embedding() -> None:
    wires = NASBench201("nasbench201").to_dag((1, 0, 0, 0, 1, 0))
    with pytest.raises(ValueError, match="has no operation with an embedding: only wires"):
        explain(ranker().fit(CELLS, TARGETS), wires)


def test_other_estimators() -> None:
    with pytest.raises(TypeError, match="Ridge has no operation embeddings that are updated over"):
        explain(make_pipeline(FunctionTransformer(), Ridge()), CELL)


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    estimator = ranker().fit(CELLS, TARGETS)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match="EmbeddingDisplay needs matplotlib"):
        explain(estimator, CELL)


def test_labels_are_inside_of_the_frame() -> None:
    display = explain(ranker(T=3).fit(CELLS, TARGETS), CELL)
    display.figure_.draw_without_rendering()
    frame = display.ax_.get_window_extent()
    boxes = [text.get_window_extent() for text in display.ax_.texts]
    assert boxes
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 for box in boxes)
