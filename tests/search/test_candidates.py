"""Sources of candidates, the choice among them, and what is refused at the door."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest

from tagates_sk.search import PredictorSearch
from tagates_sk.search.candidates import SpaceSource, make_source, select, structures
from tagates_sk.spaces import DARTS, NASBench101, NASBench201
from tests.small import node_chain

from .forms import POOL, Chains, MutableChains


def test_select_takes_the_best_that_is_new() -> None:
    cells = [node_chain(*ops) for ops in ("a", "b", "a", "c", "d")]
    rank = np.array([2, 0, 3, 1, 4])
    assert select(cells, [rank], 3, set()) == [2, 3, 1]
    assert select(cells, [rank], 9, set()) == [2, 3, 1, 4]
    assert select(cells, [rank], 2, set(structures([cells[0], cells[3]]))) == [1, 4]
    assert select(cells, [rank], 0, set()) == []


def test_rankings_take_turns_and_run_out() -> None:
    cells = [node_chain(op) for op in "abcd"]
    up, down = np.arange(4), np.arange(4)[::-1]
    assert select(cells, [up, down], 4, set()) == [0, 3, 1, 2]
    assert select(cells, [up[:1], down], 4, set()) == [0, 3, 2, 1]


def test_structures_are_found_for_those_that_are_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[int] = []
    packed = type(POOL).packed

    def counted(sequence: Any) -> Any:
        seen.append(len(sequence))
        return packed(sequence)

    monkeypatch.setattr(type(POOL), "packed", counted)
    select(POOL, [np.arange(300)], 5, set())
    assert sum(seen) < 40


@pytest.mark.parametrize("space", [NASBench101(), NASBench201(), DARTS()], ids=repr)
def test_mutants(space: Any) -> None:
    parents = list(space.sample(2, random_state=0))
    source = make_source(space, "mutation")
    found = source.candidates(30, parents, set(), np.random.RandomState(0))
    near = {s for parent in parents for s in structures(space.neighbors(parent))}
    one_edit = np.mean([s in near for s in structures(found)])
    assert len(found) == 30
    assert 0.25 < one_edit < 0.85  # half of them, and what comes back from further


def digits_of(cell: Any) -> list[bool]:
    return [op == "nor_conv_3x3" for *_, op in cell.edges(data="op")]


def test_mutants_of_a_space_that_only_mutates() -> None:
    space = MutableChains(6)
    parents = space.sample(1, random_state=0)
    found = make_source(space, "mutation").candidates(200, parents, set(), np.random.RandomState(0))
    away = (np.array([digits_of(cell) for cell in found]) != digits_of(parents[0])).sum(1)
    assert 0.3 < np.mean(away == 1) < 0.7
    assert (away == 2).any()


@pytest.mark.parametrize(
    ("space", "name", "mutants"),
    [(NASBench201(), "auto", 0.5), (NASBench201(), "mixed", 0.5), (NASBench201(), "mutation", 1.0),
     (NASBench201(), "random", 0.0), (Chains(), "auto", 0.0), (MutableChains(), "auto", 0.5)],
)  # fmt: skip
def test_which_candidates(space: Any, name: str, mutants: float) -> None:
    source = make_source(space, name)
    assert isinstance(source, SpaceSource)
    assert source.mutants == mutants


class TestErrors:
    def test_no_space(self) -> None:
        with pytest.raises(TypeError, match=r"^space is the class NASBench201; an object with sam"):
            PredictorSearch(NASBench201)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"^space is a DiGraph; an object with sample"):
            PredictorSearch(nx.DiGraph())

    def test_empty_sequence(self) -> None:
        with pytest.raises(
            ValueError, match=r"^The sequence of architectures to search in is empt"
        ):
            PredictorSearch([])

    @pytest.mark.parametrize(("given", "found"), [("best", "'best'"), (3, "3")])
    def test_unknown_candidates(self, given: Any, found: str) -> None:
        with pytest.raises(TypeError, match=f"^candidates={found} is neither a sequence of arch"):
            PredictorSearch(POOL, candidates=given)

    def test_mutation_of_a_sequence(self) -> None:
        with pytest.raises(ValueError, match=r"^candidates='mixed' needs a space .* is a sequence"):
            PredictorSearch(POOL, candidates="mixed")

    def test_mutation_without_mutate(self) -> None:
        with pytest.raises(ValueError, match=r"needs a space with mutate.* which Chains lacks"):
            PredictorSearch(Chains(), candidates="mutation")

    @pytest.mark.parametrize(
        ("drawn", "error", "message"),
        [([], ValueError, r"^Drawing\.sample\(16, random_state\) returned no architecture; 16 are"),
         ((c for c in POOL), TypeError, r"^Drawing\.sample\(16, .* returned a generator; a seq"),
         (None, TypeError, r"returned a NoneType; a sequence of 16 architectures, such as a list")],
    )  # fmt: skip
    def test_what_sample_returns(self, drawn: Any, error: type[Exception], message: str) -> None:
        class Drawing:
            def sample(self, n: int, random_state: Any = None) -> Any:
                return drawn

        with pytest.raises(error, match=message):
            PredictorSearch(Drawing()).ask(3)

    def test_all_of_a_space(self) -> None:
        with pytest.raises(
            ValueError, match=r"^candidates='all' needs the architectures of NASBen"
        ):
            PredictorSearch(NASBench201(), candidates="all")
