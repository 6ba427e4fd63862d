"""The first architectures are far from each other."""

from __future__ import annotations

from functools import partial

import pytest

from tagates_sk.search.initial import spread
from tagates_sk.spaces import NASBench201
from tests.small import chain

from .forms import POOL, search

apart = partial(spread, prefer_large=False)

CLOSE = [chain(*["conv"] * n, "pool") for n in (1, 1, 1)]
FAR = [chain("pool", "pool", "pool", "pool", "skip"), chain("skip", "skip")]


def test_twins_come_last() -> None:
    assert apart([*CLOSE, *FAR], 3, [])[0] == 0
    assert set(apart([*CLOSE, *FAR], 3, [])) == {0, 3, 4}
    assert sorted(apart([*CLOSE, *FAR], 4, [])) in ([0, 1, 3, 4], [0, 2, 3, 4])


def test_away_from_what_is_known() -> None:
    assert set(apart([*CLOSE, *FAR], 2, CLOSE[:1])) == {3, 4}
    assert set(apart([*CLOSE, FAR[0]], 2, FAR)) < {0, 1, 2, 3}
    assert 3 not in apart([*CLOSE, FAR[0]], 2, FAR)[:1]


def test_all_where_there_are_no_more() -> None:
    assert apart(POOL[:4], 9, []) == [0, 1, 2, 3]


def test_small_ones_are_left_out_while_enough_remain() -> None:
    sizes = [chain(*["conv"] * n) for n in range(1, 9)]
    assert {*spread(sizes, 3, [], prefer_large=True)} <= {4, 5, 6, 7}
    assert spread(sizes, 3, [], prefer_large=True)[0] == 4
    assert {*spread(sizes, 6, [], prefer_large=True)} == {2, 3, 4, 5, 6, 7}
    assert 0 in apart(sizes, 3, [])


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_large_first_where_high_values_are_best(direction: str) -> None:
    """Of ten chains, all of which are drawn."""
    chains = [chain(*["conv"] * n) for n in range(1, 11)]
    cells = search(chains, n_initial=2, direction=direction).ask(2)
    are_large = all(len(cell.edges) > 5 for cell in cells)
    assert are_large == (direction == "maximize")


def test_one_by_one_they_stay_apart() -> None:
    """Eight that were asked for singly have all operations among them."""
    s = search(NASBench201(), n_initial=8)
    for _ in range(8):
        cells = s.ask(1)
        s.tell(cells, [1.0])
    operations = [{op for *_, op in row["architecture"].edges(data="op")} for row in s.history_]
    assert len(set().union(*operations)) == 5
    assert {row["origin"] for row in s.history_} == {"initial"}
