"""WalkStatistics against all paths, listed one by one; what it ranks."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given

from tagates_sk import UnknownOperationError
from tagates_sk.features import OperationStatistics, WalkStatistics
from tagates_sk.graphs.operations import IDENTITY_OPERATIONS
from tests.small import chain
from tests.strategies import architecture_lists

from . import slow
from .transformers import complete


def table(transformer: WalkStatistics, X: list[Any]) -> dict[str, np.ndarray]:
    """Columns by their names."""
    names = transformer.get_feature_names_out()
    return dict(zip(names, transformer.transform(X).T, strict=True))


def members(architecture: Any) -> tuple[Any, ...]:
    return architecture if isinstance(architecture, tuple) else (architecture,)


@given(architecture_lists())
def test_all_columns(X: list[Any]) -> None:
    transformer = WalkStatistics().fit(X)
    columns = table(transformer, X)
    pairs = set()
    every = [slow.Walks(cell, IDENTITY_OPERATIONS) for a in X for cell in members(a)]
    n_inputs = 1 + max(number for walks in every for number in walks.inputs.values())
    for i, architecture in enumerate(X):
        for c, cell in enumerate(members(architecture)):
            prefix = f"cell{c}_" if len(members(architecture)) > 1 else ""
            walks = slow.Walks(cell, IDENTITY_OPERATIONS)
            expected = numbers(transformer, walks, n_inputs)
            pairs |= set(expected.pop("pairs"))
            for name, value in expected.items():
                assert columns[prefix + name][i] == pytest.approx(value, abs=1e-11), name
            assert {n[len(prefix) :] for n in columns if n.startswith(prefix)} == set(expected)
    assert pairs == set(transformer.pairs_)


def numbers(transformer: WalkStatistics, walks: slow.Walks, n_inputs: int) -> dict[str, Any]:
    """All columns of a cell, and the pairs met."""
    ops = transformer.operations_
    out: dict[str, Any] = {f"count({op})": walks.counts[op] for op in ops}
    back, forward = walks.routes(), walks.forward()
    n = len(back)
    for subset in transformer.subsets_:
        among = [sum(name in subset for name in walks.names(route)) for route, _ in back]
        of = f"({'+'.join(subset)})"
        out |= {f"fewest{of}": min(among, default=-1), f"most{of}": max(among, default=-1)}
    pairs = []
    for walk, routes in (("walk", back), ("path", [(route, 1 / n) for route, _ in back])):
        named = [(walks.names(route), p) for route, p in routes]
        out[f"{walk}_length"] = sum(p * len(names) for names, p in named)
        for op in ops:
            out[f"{walk}_count({op})"] = sum(p * names.count(op) for names, p in named)
            out[f"{walk}_first({op})"] = sum(p for names, p in named if names[:1] == [op])
            out[f"{walk}_last({op})"] = sum(p for names, p in named if names[-1:] == [op])
        pairs += [pair for names, _ in named for pair in pairwise(names)]
        for first, then in transformer.pairs_:
            out[f"{walk}_pair({first}->{then})"] = sum(
                p * list(pairwise(names)).count((first, then)) for names, p in named
            )
    named = [(walks.names(route), p) for route, p in forward]
    out["forward_length"] = sum(p * len(names) for names, p in named)
    for op in ops:
        out[f"forward_count({op})"] = sum(p * names.count(op) for names, p in named)
    begun = {
        "walk_input": [(route[0], p) for route, p in back if route],
        "path_input": [(route[0], 1 / n) for route, _ in back if route],
    }
    for m in range(n_inputs) if n_inputs > 1 else ():
        from_it = {i for i, (u, *_) in enumerate(walks.links) if walks.inputs.get(u) == m}
        kinds = {f"input{m}_degree": [(i, 1.0) for i in from_it]}
        kinds |= {f"{name}{m}": links for name, links in begun.items()}
        for name, links in kinds.items():
            met = [(walks.links[i][2], p) for i, p in links if i in from_it]
            out[name] = sum(p for _, p in met)
            out[f"{name}_wires"] = sum(p for op, p in met if op is None)
            out |= {f"{name}({op})": sum(p for other, p in met if other == op) for op in ops}
    degrees = [len(walks.into(v)) for v in walks.nodes - set(walks.inputs)]
    return out | {
        "log_paths": math.log1p(n),
        "mean_in_degree": np.mean(degrees) if degrees else 0,
        "max_in_degree": max(degrees, default=0),
        "merges": sum(degree > 1 for degree in degrees),
        "output_degree": len(walks.into(walks.output)),
        "input_degree": sum(len(walks.out_of(v)) for v in walks.inputs),
        "direct": sum(
            u in walks.inputs and v == walks.output and op is None for u, v, op in walks.links
        ),
        "pairs": pairs,
    }


def test_identities_are_wires_unless_listed() -> None:
    X = [chain("a", "skip_connect", "b")]
    row = table(WalkStatistics().fit(X), X)
    assert row["walk_length"] == row["most(a+b)"] == 2
    assert row["walk_pair(a->b)"] == 1
    listed = WalkStatistics(operations=["a", "b", "skip_connect"]).fit(X)
    assert table(listed, X)["walk_length"] == 3
    assert listed.pairs_ == [("a", "skip_connect"), ("skip_connect", "b")]
    only = WalkStatistics().fit([chain("skip_connect")])
    assert table(only, [chain("skip_connect")])["direct"] == 1
    assert only.operations_ == []


def test_unknown_operations() -> None:
    X = [chain("a", "b"), chain("a", "b")]
    with pytest.raises(UnknownOperationError, match=r"X\[0\], edge .*: unknown operation 'z'"):
        WalkStatistics(handle_unknown="error").fit(X).transform([chain("a", "z")])
    transformer = WalkStatistics(operations=["a"], handle_unknown="ignore").fit(X)
    rows = table(transformer, X)
    assert rows["walk_length"].tolist() == [2, 2]
    assert rows["walk_count(a)"].tolist() == rows["walk_first(a)"].tolist() == [1, 1]
    assert rows["walk_last(a)"].tolist() == [0, 0]
    assert transformer.pairs_ == []


def test_pairs_that_fit_never_saw_have_no_column() -> None:
    transformer = WalkStatistics().fit([chain("a", "b")])
    assert transformer.pairs_ == [("a", "b")]
    row = table(transformer, [chain("b", "a")])
    assert row["walk_pair(a->b)"] == 0
    assert row["walk_count(b)"] == 1


def test_more_paths_than_floats_can_count() -> None:
    """A ladder of double edges: half of every walk, whatever the number of paths."""
    ladder = nx.MultiDiGraph(
        [(i, i + 1, {"op": op}) for i in range(1500) for op in ("a", "b")]
    )  # fmt: skip
    row = table(WalkStatistics().fit([ladder]), [ladder])
    assert row["log_paths"] == pytest.approx(1500 * math.log(2))
    for walk in ("walk", "path", "forward"):
        assert row[f"{walk}_count(a)"] == row[f"{walk}_count(b)"] == 750
    assert row["most(a)"] == 1500
    assert row["fewest(a)"] == 0


def test_a_path_counts_what_a_walk_halves() -> None:
    """Of n nodes with all edges, a walk takes the edge past all others with chance 1 / (n - 1)."""
    cell = complete(6, True, "a")
    row = table(WalkStatistics().fit([cell]), [cell])
    assert row["walk_last(a)"] == pytest.approx(4 / 5)
    assert row["path_last(a)"] == pytest.approx(1 - 1 / 2**4)


def test_many_operations() -> None:
    cell = chain(*map(str, range(100)))
    transformer = WalkStatistics().fit([cell])
    assert len(transformer.pairs_) == 99
    assert transformer.subsets_ == OperationStatistics().fit([cell]).subsets_
