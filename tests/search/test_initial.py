"""The first architectures are far from each other."""

from __future__ import annotations

from tagates_sk.search.initial import spread
from tagates_sk.spaces import NASBench201
from tests.small import chain

from .forms import POOL, search

CLOSE = [chain(*["conv"] * n, "pool") for n in (1, 1, 1)]
FAR = [chain("pool", "pool", "pool", "pool", "skip"), chain("skip", "skip")]


def test_twins_come_last() -> None:
    assert spread([*CLOSE, *FAR], 3, [])[0] == 0
    assert set(spread([*CLOSE, *FAR], 3, [])) == {0, 3, 4}
    assert sorted(spread([*CLOSE, *FAR], 4, [])) in ([0, 1, 3, 4], [0, 2, 3, 4])


def test_away_from_what_is_known() -> None:
    assert set(spread([*CLOSE, *FAR], 2, CLOSE[:1])) == {3, 4}
    assert set(spread([*CLOSE, FAR[0]], 2, FAR)) < {0, 1, 2, 3}
    assert 3 not in spread([*CLOSE, FAR[0]], 2, FAR)[:1]


def test_all_where_there_are_no_more() -> None:
    assert spread(POOL[:4], 9, []) == [0, 1, 2, 3]


def test_one_by_one_they_stay_apart() -> None:
    """Eight that were asked for singly have all operations among them."""
    s = search(NASBench201(), n_initial=8)
    for _ in range(8):
        cells = s.ask(1)
        s.tell(cells, [1.0])
    operations = [{op for *_, op in row["architecture"].edges(data="op")} for row in s.history_]
    assert len(set().union(*operations)) == 5
    assert {row["origin"] for row in s.history_} == {"initial"}
