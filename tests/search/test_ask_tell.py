"""Asking and telling: what is proposed, in which order, and what is remembered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from tagates_sk import InvalidArchitectureError, TAGATESRanker
from tagates_sk.search import FailedEvaluationWarning, PredictorSearch
from tagates_sk.search.candidates import structures
from tagates_sk.spaces import NASBench201
from tests import small

from .forms import POOL, WORTH, Chains, MutableChains, linear, process, search, worth

SPACES = [POOL, list(POOL), small.as_array(list(POOL)), NASBench201()]


def advance(s: PredictorSearch, rounds: int = 5) -> list[Any]:
    told = []
    for _ in range(rounds):
        cells = s.ask()
        told += list(cells)
        s.tell(cells, [worth(cell) for cell in cells])
    return told


@pytest.mark.parametrize("space", SPACES, ids=["lazy", "list", "array", "space"])
@pytest.mark.parametrize("candidates", ["auto", "random"])
def test_never_the_same_twice(space: Any, candidates: str) -> None:
    told = advance(search(space, candidates=candidates), 8)
    assert len(told) == 32
    assert len(set(structures(told))) == 32


def test_isomorphic_cells_count_as_known() -> None:
    cells = list(NASBench201().sample(12, random_state=0))
    twins = [nx.relabel_nodes(cell, dict(zip(range(4), "dcba", strict=True))) for cell in cells]
    s = search([*cells, *twins])
    s.tell(cells, [worth(cell) for cell in cells])
    with pytest.warns(UserWarning, match="only 0 could be found"):
        assert len(s.ask()) == 0


def test_dead_parts_make_no_other_architecture() -> None:
    plain = small.chain("nor_conv_3x3", "avg_pool_3x3")
    dead = plain.copy()
    dead.add_edge(0, "nowhere", op="nor_conv_1x1")
    dead.nodes[2]["op"] = "output"
    s = search([plain, dead], n_initial=2)
    with pytest.warns(UserWarning, match="2 architectures were asked for, but only 1"):
        assert len(s.ask(2)) == 1


def test_finds_the_best() -> None:
    s = search()
    advance(s, 6)
    assert s.best_value_ == WORTH.max()
    assert worth(s.best_architecture_) == WORTH.max()
    guided = [row["value"] for row in s.history_ if row["origin"] == "proposed"]
    initial = [row["value"] for row in s.history_ if row["origin"] == "initial"]
    assert np.mean(guided) > np.mean(initial) + 2


def test_mutants_reach_what_sampling_does_not() -> None:
    """Random chains are half convolutions, and none of 540 in 2^20 is without a pooling."""
    s = search(MutableChains(20), candidates="mutation", n_candidates=60)
    advance(s, 10)
    r = search(MutableChains(20), candidates="random", n_candidates=60)
    advance(r, 10)
    assert s.best_value_ >= 36 > r.best_value_


def test_lazy_sequences_stay_lazy() -> None:
    s = search()
    cells = s.ask(8)
    assert type(cells) is type(POOL)
    s.tell(cells, WORTH[cells.rows])
    more = s.ask(3)
    assert [worth(cell) for cell in more] == WORTH[more.rows].tolist()


def test_a_sequence_as_candidates() -> None:
    cells = search(NASBench201(), candidates=POOL).ask(5)
    assert type(cells) is type(POOL)
    assert cells.rows.max() < len(POOL)


def test_outstanding_answers_in_any_order() -> None:
    s = search()
    first, second = s.ask(6), s.ask(4)
    asked = [*first, *second]
    assert len(set(structures(asked))) == 10
    assert len(s.pending_) == 10
    s.tell([second[3], first[0], second[1]], [1.0, 2.0, 3.0])
    third = s.ask(4)
    assert not set(structures(third)) & set(structures(asked))
    s.tell(list(first)[1:], range(5))
    assert len(s.pending_) == 10 - 3 - 5 + 4
    assert [row["value"] for row in s.history_] == [1, 2, 3, 0, 1, 2, 3, 4]
    assert s.history_[0]["origin"] == "initial"


def test_what_was_never_asked_for() -> None:
    s = search()
    s.tell(POOL[:6], WORTH[:6])
    assert {row["origin"] for row in s.history_} == {"given"}
    cells = s.ask()
    assert not set(structures(cells)) & set(structures(POOL[:6]))
    s.tell(cells, WORTH[cells.rows])
    assert {row["origin"] for row in s.history_[6:]} == {"proposed"}


def test_told_twice() -> None:
    s = search()
    s.tell([POOL[0], POOL[0]], [1.0, 2.0])
    assert [row["value"] for row in s.history_] == [1.0, 2.0]
    assert s.best_value_ == 2.0


def test_failures_are_kept_and_not_proposed_again() -> None:
    s = search(POOL[:30])
    cells = s.ask(6)
    with pytest.warns(FailedEvaluationWarning) as caught:
        s.tell(cells, [1.0, np.nan, 3.0, np.inf, 2.0, -np.inf])
    assert [str(w.message).split(". ")[0] for w in caught] == [
        "Evaluation 1 failed (the value is nan)",
        "Evaluation 3 failed (the value is inf)",
        "Evaluation 5 failed (the value is -inf)",
    ]
    assert caught[0].filename == __file__
    assert [row["failed"] for row in s.history_] == [False, True] * 3
    assert [row["best"] for row in s.history_] == [1, 1, 3, 3, 3, 3]
    told = set(structures(cells))
    for _ in range(4):
        more = s.ask()
        assert not told & set(structures(more))
        told |= set(structures(more))
        s.tell(more, WORTH[more.rows])


def test_random_until_two_are_measured() -> None:
    s = search()
    with pytest.warns(FailedEvaluationWarning):
        s.tell(s.ask(6), [np.nan] * 5 + [1.0])
    s.ask(2)
    assert s.predictor_ is None
    s.tell(s.pending_[:1], [2.0])
    s.ask(1)
    assert s.predictor_ is not None


def test_history_is_ready_for_pandas() -> None:
    s = search()
    advance(s, 3)
    frame = pd.DataFrame(s.history_)
    assert list(frame) == [
        "architecture", "value", "failed", "error", "best", "origin", "round", "predicted",
    ]  # fmt: skip
    assert (frame["best"] == frame["value"].cummax()).all()
    proposed = frame[frame["origin"] == "proposed"]
    assert frame["round"].tolist() == [0] * 8 + [1] * 4
    # The last batch was predicted from eight cells.
    model = linear().fit(frame["architecture"][:8].tolist(), frame["value"][:8])
    assert np.allclose(proposed["predicted"], model.predict(proposed["architecture"].tolist()))


def test_frames_have_native_forms() -> None:
    s = search()
    cells = s.ask(4)
    with pytest.warns(FailedEvaluationWarning):
        s.tell(cells, [1.0, np.nan, 3.0, 2.0])
    frame = s.to_frame()
    forms = [POOL.space.canonical(cell) for cell in cells]
    assert list(frame["architecture"]) == forms
    assert [*frame.columns] == [*s.history_[0]]
    best = s.top(2)
    assert (best.rows.tolist(), best.score.tolist()) == ([2, 3], [3.0, 2.0])
    assert best.native == [forms[2], forms[3]]
    assert len(s.top()) == 3


def test_the_best_of_a_descent() -> None:
    s = search(direction="minimize")
    s.tell(s.ask(3), [2.0, 1.0, 3.0])
    assert s.top(2).score.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="n=0; at least 1 architecture"):
        s.top(0)


def test_a_space_of_the_users_own_has_operations() -> None:
    s = search(MutableChains())
    s.tell(s.ask(2), [1.0, 2.0])
    assert s.top(1).native is None
    assert s.to_frame()["architecture"][0].startswith("0→1: ")


def test_nothing_told_yet() -> None:
    assert len(search().top()) == 0
    assert len(search().to_frame()) == 0


def test_repeatable() -> None:
    def rows(seed: int) -> list[int]:
        s = search(predictor=small.ranker(random_state=None), random_state=seed)
        out: list[int] = []
        for _ in range(4):
            cells = s.ask()
            out += cells.rows.tolist()
            s.tell(cells, WORTH[cells.rows])
        return out

    state = np.random.get_state()[1].tolist()  # noqa: NPY002
    assert rows(0) == rows(0)
    assert rows(0) != rows(1)
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002


def test_seeds_that_were_given_are_kept() -> None:
    s = search(predictor=small.ranker(random_state=7))
    advance(s, 3)
    assert s.predictor_.random_state == 7
    s = search(predictor=small.ranker(random_state=None))
    advance(s, 3)
    assert isinstance(s.predictor_.random_state, int)
    assert s.predictor.random_state is None


def test_predictor_by_default_knows_no_operation_beforehand() -> None:
    predictor = PredictorSearch(POOL).predictor
    assert isinstance(predictor, TAGATESRanker)
    s = search(MutableChains(4), predictor.set_params(max_iter=2), n_initial=2, n_parents=1)
    convolutions = small.chain(*["nor_conv_3x3"] * 4)
    s.tell([convolutions, small.chain(*["nor_conv_3x3"] * 3)], [2.0, 1.0])
    assert len(s.ask(3)) == 3


def test_small_spaces_are_searched_to_the_end() -> None:
    s = search(Chains(3))
    told = advance(s, 2)
    assert len(told) == 8
    with pytest.warns(UserWarning, match="only 0 could be found that are not among the 8 known"):
        assert len(s.ask()) == 0


def test_random_ones_where_mutants_are_known() -> None:
    s = search(MutableChains(4), candidates="mutation", n_parents=1, n_candidates=1)
    assert len(advance(s, 4)) == 16


@pytest.mark.parametrize("acquisition", ["mean", "ei", "ucb", "thompson"])
@pytest.mark.parametrize("space", [POOL, MutableChains(4)], ids=["pool", "mutants"])
def test_directions_mirror_each_other(space: Any, acquisition: str) -> None:
    up = search(space, process(), acquisition=acquisition)
    down = search(space, process(), acquisition=acquisition, direction="minimize")
    first = search(space).ask(6)  # their own would differ: high values favour large ones
    up.tell(first, [worth(cell) for cell in first])
    down.tell(first, [-worth(cell) for cell in first])
    for _ in range(2):
        cells, same = up.ask(), down.ask()
        assert structures(cells) == structures(same)
        up.tell(cells, [worth(cell) for cell in cells])
        down.tell(same, [-worth(cell) for cell in same])
    assert down.best_value_ == -up.best_value_ == down.history_[-1]["best"]
    assert structures([down.best_architecture_]) == structures([up.best_architecture_])
    for a, b in zip(up.history_, down.history_, strict=True):
        assert b["best"] == -a["best"]
        assert b["predicted"] == pytest.approx(-a["predicted"], nan_ok=True)


def test_lower_is_better_in_a_saved_search(tmp_path: Path) -> None:
    s = search(direction="minimize", path=tmp_path / "search").run(worth, budget=10)
    t = PredictorSearch.load(tmp_path / "search").run(worth, budget=24)
    s.run(worth, budget=24)
    assert [row["value"] for row in s.history_] == [row["value"] for row in t.history_]
    assert t.best_value_ == WORTH.min() == worth(t.best_architecture_)


class Unlabelled(BaseEstimator):
    """Notes what it is fitted to beside the measured ones."""

    def __init__(self, proxies: Any = None) -> None:
        self.proxies = proxies

    def fit(self, X: Any, y: Any, X_unlabeled: Any = None) -> Unlabelled:
        self.pool_ = X_unlabeled
        self.model_ = linear().fit(X, y)
        return self

    def predict(self, X: Any) -> Any:
        return self.model_.predict(X)


@pytest.mark.parametrize(("space", "n"), [(POOL, 300), (Chains(8), 40), (MutableChains(8), 20)])
def test_candidates_are_handed_to_predictors_with_proxies(space: Any, n: int) -> None:
    """Those that are there before the fit: half of them are mutants of what it promises."""
    s = search(space, Unlabelled("flops"))
    advance(s, 3)
    assert len(s.predictor_.pool_) == n
    s = search(space, Unlabelled())
    advance(s, 3)
    assert s.predictor_.pool_ is None


def test_nothing_set() -> None:
    s = PredictorSearch(POOL, random_state=0)
    assert s.predictor.members == "all"
    for _ in range(2):
        cells = s.ask()
        s.tell(cells, WORTH[cells.rows])
    origins = [row["origin"] for row in s.history_]
    assert origins == ["initial"] * 10 + ["proposed"] * 10
    assert np.mean(WORTH[cells.rows]) > np.quantile(WORTH, 0.9)


def test_repr() -> None:
    s = search()
    s.tell(s.ask(3)[:2], [1.0, 2.5])
    assert repr(s) == "<PredictorSearch: 2 told, 1 pending, best 2.5>"


class TestErrors:
    def test_nothing_asked_for(self) -> None:
        with pytest.raises(ValueError, match=r"^n=0; at least 1 architecture is expected\.$"):
            search().ask(0)

    @pytest.mark.parametrize("n", [1.5, "a", True, np.nan, [3]])
    def test_no_number_asked_for(self, n: Any) -> None:
        s = search()
        with pytest.raises(TypeError, match=r"^n=.*; a whole number of architectures is expected"):
            s.ask(n)
        assert s.pending_ == []

    def test_numpy_numbers(self) -> None:
        assert len(search().ask(np.int64(3))) == 3

    @pytest.mark.parametrize("given", [iter(POOL[:2]), POOL[0], {POOL[0], POOL[1]}, None])
    def test_what_is_told_of_is_a_sequence(self, given: Any) -> None:
        with pytest.raises(TypeError, match=r"^X is .*(sequence|order of y)"):
            search().tell(given, [1.0, 2.0])

    def test_number_of_values(self) -> None:
        with pytest.raises(ValueError, match=r"^values has shape \(2,\), but there are 3 arch"):
            search().tell(POOL[:3], [1.0, 2.0])

    def test_unreadable_architectures_change_nothing(self) -> None:
        s = search()
        with pytest.raises(InvalidArchitectureError, match=r"X\[1\]"):
            s.tell([POOL[0], nx.DiGraph([(0, 1), (1, 0)])], [1.0, 2.0])
        assert s.history_ == []

    @pytest.mark.parametrize("predictor", [TAGATESRanker, "ta-gates"])
    def test_no_predictor(self, predictor: Any) -> None:
        with pytest.raises(TypeError, match=r"is not an estimator: an object with fit and predict"):
            PredictorSearch(POOL, predictor)

    @pytest.mark.parametrize(
        ("name", "value"), [("n_initial", 1), ("batch_size", 0), ("n_candidates", 0.5),
                            ("n_parents", 0), ("acquisition", "best"), ("random_state", "a"),
                            ("direction", "down")],
    )  # fmt: skip
    def test_parameters(self, name: str, value: Any) -> None:
        with pytest.raises(ValueError, match=f"The '{name}' parameter of PredictorSearch must be"):
            search(**{name: value})
