"""How often graphs are read: once, however many stages look at them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline

from tagates_sk import TAGATESRanker
from tagates_sk.baselines import WLKernelGP
from tagates_sk.features import OperationStatistics, WalkStatistics
from tagates_sk.graphs import Architectures, ArchitectureSequence, reading
from tagates_sk.graphs import canonical as canonical_module
from tagates_sk.inspection import operation_importance
from tagates_sk.parallel import predict_in_parallel
from tagates_sk.search import PredictorSearch
from tagates_sk.spaces import NASBench201
from tagates_sk.zero_cost import ZeroCostProxies, ZeroCostSaliency
from tests.small import quality
from tests.zero_cost.forms import TINY

POOL = list(NASBench201().sample(40, random_state=0))
WORTH = quality(POOL)
SMALL: dict[str, Any] = {"max_iter": 2, "layer_dim": 8}


class Reads:
    """Counts how often each graph is read."""

    def __init__(self) -> None:
        self.times: Counter[int] = Counter()
        self.graphs: list[Any] = []  # lest an id is that of another one later

    def of(self, graphs: Any) -> set[int]:
        return {self.times[id(graph)] for graph in graphs}

    @property
    def total(self) -> int:
        return self.times.total()


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    counted, original = Reads(), reading.read_cell

    def read_cell(graph: Any, *args: Any, **kwargs: Any) -> Any:
        counted.times[id(graph)] += 1
        counted.graphs.append(graph)
        return original(graph, *args, **kwargs)

    monkeypatch.setattr(reading, "read_cell", read_cell)
    return counted


def with_proxies(**changes: Any) -> TAGATESRanker:
    proxies = ZeroCostProxies(["flops", "naswot"], **TINY)
    return TAGATESRanker(**{**SMALL, "proxies": proxies, "random_state": 0, **changes})


def test_proxies(reads: Reads) -> None:
    model = with_proxies().fit(POOL[:10], WORTH[:10], X_unlabeled=POOL[10:])
    assert reads.of(POOL) == {1}
    assert reads.total == len(POOL)
    model.predict(POOL)
    assert reads.of(POOL) == {2}


def test_proxies_without_unlabelled(reads: Reads) -> None:
    with_proxies().fit(POOL[:10], WORTH[:10])
    assert reads.total == 10


@pytest.mark.parametrize("by_hand", [False, True])
@pytest.mark.parametrize(
    "predictor",
    [WLKernelGP(), with_proxies(members="statistics"), make_pipeline(ZeroCostSaliency(**TINY),
                                                         TAGATESRanker(**SMALL))],
    ids=["gp", "proxies", "pipeline"],
)  # fmt: skip
def test_search_in_a_list(reads: Reads, predictor: Any, by_hand: bool) -> None:
    search = PredictorSearch(POOL, predictor, n_initial=6, batch_size=7, random_state=0)
    worth = {id(cell): value for cell, value in zip(POOL, WORTH, strict=True)}
    if by_hand:
        for n in (6, 7, 7):
            cells: Any = search.ask(n)
            assert [POOL[i] for i in cells.rows] == list(cells)
            search.tell(cells, [worth[id(cell)] for cell in cells])
    else:
        search.run(lambda cell: worth[id(cell)], 20)
    assert len(search.history_) == 20
    assert reads.of(POOL) == {1}
    assert reads.total == len(POOL)


def test_search_finds_each_structure_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Any] = []
    original = canonical_module._Search

    def counted(cell: Any) -> Any:
        found.append(cell)
        return original(cell)

    monkeypatch.setattr(canonical_module, "_Search", counted)
    search = PredictorSearch(POOL, WLKernelGP(), n_initial=6, batch_size=7, random_state=0)
    search.run(lambda cell: float(quality([cell])[0]), 20)
    assert len(found) <= len(POOL)


def test_search_in_a_space(reads: Reads) -> None:
    drawn: list[Any] = []

    class Space(NASBench201):
        def sample(self, n: int, random_state: Any = None) -> Any:
            drawn.extend(super().sample(n, random_state))
            return drawn[-n:]

        def mutate(self, architecture: Any, random_state: Any = None) -> Any:
            drawn.append(super().mutate(architecture, random_state))
            return drawn[-1]

    settings: dict[str, Any] = {"n_initial": 6, "batch_size": 7, "n_candidates": 40}
    search = PredictorSearch(Space(), WLKernelGP(), **settings, random_state=0)
    search.run(lambda cell: float(quality([cell])[0]), 20)
    assert len(search.history_) == 20
    assert reads.of(drawn) <= {0, 1}  # 0 for a mutant on the way to another
    assert reads.of(row["architecture"] for row in search.history_) == {1}


def test_a_search_that_was_loaded_reads_nothing_again(reads: Reads, tmp_path: Any) -> None:
    search = PredictorSearch(POOL, WLKernelGP(), n_initial=6, batch_size=7, random_state=0)
    search.run(lambda cell: float(quality([cell])[0]), 13)
    search.save(tmp_path / "search")
    again = PredictorSearch.load(tmp_path / "search")
    again.run(lambda cell: float(quality([cell])[0]), 20)
    assert reads.total == len(POOL)


class TestArchitectures:
    """What was read by the user is not read again."""

    @pytest.fixture
    def cells(self, reads: Reads) -> Any:
        cells = Architectures(POOL)
        yield cells
        assert reads.of(POOL) == {1}
        assert reads.total == len(POOL)

    def test_cross_validation(self, cells: Any) -> None:
        model = make_pipeline(WalkStatistics(), Ridge())
        expected = cross_val_score(model, cells, WORTH, cv=3)
        assert expected.shape == (3,)
        assert cross_val_predict(model, cells, WORTH, cv=3).shape == (40,)

    def test_grid_search(self, cells: Any) -> None:
        model = make_pipeline(OperationStatistics(), Ridge())
        search = GridSearchCV(model, {"ridge__alpha": [0.1, 1.0]}, cv=3).fit(cells, WORTH)
        assert search.predict(cells).shape == (40,)

    def test_grid_search_over_a_network(self, cells: Any) -> None:
        model = TAGATESRanker(**SMALL)
        search = GridSearchCV(model, {"T": [1, 2]}, cv=2).fit(cells, WORTH)
        assert search.predict(cells[:5]).shape == (5,)

    def test_saliencies_go_along(self, cells: Any) -> None:
        given = ZeroCostSaliency(**TINY).fit_transform(cells)
        assert isinstance(given, Architectures)
        TAGATESRanker(**SMALL).fit(given, WORTH).predict(given[:3])

    def test_process(self, cells: Any) -> None:
        WLKernelGP().fit(cells, WORTH).predict(cells)

    def test_proxies(self, cells: Any) -> None:
        with_proxies().fit(cells[:10], WORTH[:10], X_unlabeled=cells).predict(cells[5:])

    def test_parts(self, cells: Any) -> None:
        model = make_pipeline(WalkStatistics(), Ridge()).fit(cells, WORTH)
        assert predict_in_parallel(model, cells, chunk_size=15).shape == (40,)


@pytest.mark.parametrize(
    "transformer",
    [WalkStatistics(), ZeroCostProxies(["flops"], **TINY), ZeroCostSaliency(**TINY)],
    ids=["features", "proxies", "saliency"],
)
def test_fit_transform_of_a_list(reads: Reads, transformer: Any) -> None:
    found = transformer.fit_transform(POOL)
    assert not isinstance(found, ArchitectureSequence)
    assert reads.of(POOL) == {1}


def test_importance(reads: Reads) -> None:
    model = make_pipeline(OperationStatistics(), Ridge()).fit(POOL, WORTH)
    rows = operation_importance(model, POOL[:3], operations=["none", "nor_conv_3x3"])
    assert reads.of(POOL[:3]) == {2}  # one of the fit
    assert reads.total == 40 + 3 + len(rows)


@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(WalkStatistics(), Ridge()),
        WLKernelGP(),
        TAGATESRanker(**SMALL, random_state=0),
    ],
    ids=["features", "gp", "network"],
)
def test_equal_to_lists(model: Any) -> None:
    cells = Architectures(POOL)
    of_list = clone(model).fit(POOL[10:], WORTH[10:]).predict(POOL)
    read = clone(model).fit(cells[10:], WORTH[10:]).predict(cells)
    np.testing.assert_array_equal(of_list, read)


def test_saliencies_equal_those_of_lists() -> None:
    cells = Architectures(POOL[:6])
    of_list = ZeroCostSaliency(**TINY).fit_transform(POOL[:6])
    read = ZeroCostSaliency(**TINY).fit_transform(cells)
    again = reading.read_architectures(of_list)
    np.testing.assert_array_equal(read.packed().zero_cost, again.zero_cost)
    np.testing.assert_array_equal(reading.read_architectures(list(read)).zero_cost, again.zero_cost)
