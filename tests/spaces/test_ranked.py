"""Tables of the best architectures."""

from __future__ import annotations

import sys

import networkx as nx
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from tagates_sk.spaces import CellSpace, NASBench201, RankedArchitectures
from tagates_sk.spaces.ranked import native_forms, operations_text

SPACE = NASBench201()
CELLS = SPACE.sample(3, random_state=0)
SCORE, STD, ROWS = np.array([3.0, 2.0, 1.0]), np.array([0.5, 0.25, 0.125]), np.array([5, 1, 9])


def test_rows() -> None:
    best = RankedArchitectures(CELLS, SCORE, ROWS, STD)
    assert [row.rank for row in best] == [1, 2, 3]
    assert best[-1][:4] == (3, 1.0, 0.125, CELLS.native()[2])
    assert nx.utils.graphs_equal(best[0].architecture, CELLS[0])
    assert [row.score for row in best[1:]] == [2.0, 1.0]
    with pytest.raises(IndexError):
        best[3]


def test_without_standard_deviations() -> None:
    best = RankedArchitectures(CELLS, SCORE, ROWS)
    assert np.isnan(best[0].std)
    assert repr(best).split("\n")[0] == "rank  score  architecture"
    assert list(best.to_frame().columns) == ["rank", "score", "architecture"]


def test_prints_a_table() -> None:
    head, *rows = repr(RankedArchitectures(CELLS, SCORE, ROWS, STD)).split("\n")
    assert head == "rank  score    std  architecture"
    assert rows[0] == f"   1      3    0.5  {CELLS.native()[0]}"
    assert len({row.index("|") for row in rows}) == 1


def test_frame() -> None:
    frame = RankedArchitectures(CELLS, SCORE, ROWS, STD).to_frame()
    assert_array_equal(frame.index, ROWS)
    assert_array_equal(frame["std"], STD)
    assert list(frame["architecture"]) == CELLS.native()


def test_names_cannot_run_as_scripts() -> None:
    cell = nx.DiGraph()
    cell.add_edge(0, 1, op="<script>")
    html = RankedArchitectures([cell], SCORE[:1], ROWS[:1])._repr_html_()
    assert "<code>0→1: &lt;script&gt;</code>" in html
    assert "<script" not in html
    assert html.count("<tr>") == 2


def test_native_forms() -> None:
    graphs = list(CELLS)
    assert native_forms(CELLS) == CELLS.native()
    assert native_forms(graphs) is None
    canonical = [SPACE.canonical(form) for form in CELLS.native()]
    assert native_forms(graphs, SPACE) == native_forms(graphs, CELLS) == canonical
    (stranger,) = CellSpace(n_nodes=3, operations=["conv"]).sample(1, random_state=0)
    assert native_forms([graphs[0], stranger], SPACE) == [canonical[0], None]


def test_operations_of_several_cells() -> None:
    cell = nx.DiGraph()
    cell.add_node("a", op="input")
    cell.add_edge("a", "b")
    assert operations_text((cell, CELLS[0])).startswith("a: input | 0→1: ")


def test_without_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    message = r'to_frame needs pandas, which is not installed: pip install "tagates_sk\[pandas\]"'
    with pytest.raises(ImportError, match=message):
        RankedArchitectures(CELLS, SCORE, ROWS).to_frame()
