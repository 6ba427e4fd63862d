"""Whatever is passed as an architecture: a result, or an error that says which one is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from tagates_sk.estimators import networks
from tagates_sk.estimators.recurrent import RecurrentNetworks
from tagates_sk.features import (
    AdjacencyOneHot,
    OperationStatistics,
    PathEncoding,
    WalkStatistics,
    WeisfeilerLehman,
)
from tagates_sk.graphs import read_architectures
from tagates_sk.graphs.architectures import join
from tests.features.transformers import dense
from tests.small import ranker

from .strategies import CORRUPTIONS, NEVER_LEGAL, corrupted_lists, legal_cells, random_cell

TINY: dict[str, Any] = {
    "layer_dim": 4, "op_dim": 2, "node_dim": 2, "hidden_dim": 2, "head": (2,), "max_iter": 1,
    "handle_unknown": "ignore", "device": "cpu",
}  # fmt: skip
LEGAL = [
    random_cell(seed, n, on_node, multi, False)
    for seed, (n, on_node, multi) in enumerate(
        [(4, False, False), (60, False, True), (5, True, False), (60, True, True)]
    )
]
OF_BOTH_KINDS = join([[cell] for cell in LEGAL])
# Without long paths and large cells, which recurrent networks do not read.
SMALL = join([[random_cell(seed, 4 + seed, bool(seed % 2), False, False)] for seed in range(8)])

TRANSFORMERS = [
    OperationStatistics(handle_unknown="ignore"),
    OperationStatistics(max_subset_size=1, handle_unknown="error"),
    WalkStatistics(handle_unknown="ignore"),
    PathEncoding(max_length=3, handle_unknown="ignore"),
    PathEncoding(max_length=4, max_paths=50, binary=False, handle_unknown="error"),
    WeisfeilerLehman(handle_unknown="ignore"),
    WeisfeilerLehman(both_directions=True, handle_unknown="error"),
    AdjacencyOneHot(handle_unknown="ignore"),
    AdjacencyOneHot(canonical=False, sparse_output=True, handle_unknown="error"),
]


def result_or_refusal(call: Callable[[], Any], place: int | None = None) -> Any:
    """What a call gives; None if it refuses X, and says which architecture is the reason."""
    refusal = ""
    try:
        return call()
    except (ValueError, TypeError) as error:
        refusal = str(error)
    # From one of our own checks, and not from somewhere inside.
    assert re.search(r"\bX\b|^zero_cost", refusal), refusal
    assert len(refusal) <= 300, refusal
    named = re.findall(r"X\[(\d+)\]", refusal)
    # Where two architectures do not go together, both are named.
    assert place is None or not named or str(place) in named, refusal
    return None


def as_it_should(rows: Any, X: Any) -> None:
    rows = dense(rows)
    assert len(rows) == len(X)
    assert np.isfinite(rows).all()


@given(corrupted_lists())
def test_reading(drawn: tuple[list[Any], int]) -> None:
    X, place = drawn
    packed = result_or_refusal(lambda: read_architectures(X), place)
    if packed is not None:
        assert len(packed) == len(X)
        assert (packed.edge_src < np.repeat(packed.op_dst, np.diff(packed.edge_ptr))).all() or (
            packed.on_node.any()
        )


@given(corrupted_lists(zero_cost=True))
def test_reading_zero_cost(drawn: tuple[list[Any], int]) -> None:
    packed = result_or_refusal(lambda: read_architectures(drawn[0]))
    if packed is not None and packed.zero_cost is not None:
        assert packed.zero_cost.ndim == 2
        assert np.isfinite(packed.zero_cost).all()


@pytest.fixture(scope="module")
def known() -> Any:
    """A ranker that has seen legal cells."""
    return ranker(**TINY).fit(OF_BOTH_KINDS, np.arange(4.0))


@given(corrupted_lists())
def test_predicting(known: Any, drawn: tuple[list[Any], int]) -> None:
    X, _ = drawn
    for method, shape in (("predict", ()), ("transform", (4,)), ("predict_members", (1,))):
        found = result_or_refusal(lambda method=method: getattr(known, method)(X))
        if found is not None:
            assert found.shape == (len(X), *shape)
            assert np.isfinite(found).all()


@pytest.fixture(scope="module", params=["all", "statistics", "recurrent"])
def composed(request: pytest.FixtureRequest) -> Any:
    """The blend of all members, of the statistical ones, and of all with recurrent networks."""
    if request.param != "recurrent":
        changes = {**TINY, "members": request.param, "max_iter": 2, "n_members": 2}
        return ranker(**changes).fit(OF_BOTH_KINDS, np.arange(4.0))
    with patch.object(networks, "FEW", 1):
        fitted = ranker(**TINY, members="all").fit(SMALL, np.arange(8.0))
    assert RecurrentNetworks in map(type, fitted.composition_.networks)
    return fitted


@settings(max_examples=10 if settings().max_examples == 25 else settings().max_examples)
@given(drawn=corrupted_lists())
def test_predicting_with_all_members(composed: Any, drawn: tuple[list[Any], int]) -> None:
    X, place = drawn
    for options in ({}, {"return_std": True}):
        found = result_or_refusal(lambda options=options: composed.predict(X, **options), place)
        if found is not None:
            for values in found if options else [found]:
                as_it_should(values[:, None], X)


@pytest.mark.parametrize("members", ["all", "statistics", "recurrent"])
@settings(max_examples=5 if settings().max_examples == 25 else settings().max_examples // 10)
@given(drawn=corrupted_lists(max_nodes=8))
def test_fitting_all_members(members: str, drawn: tuple[list[Any], int]) -> None:
    X, _ = drawn
    of_all = "all" if members == "recurrent" else members
    estimator = ranker(**{**TINY, "members": of_all, "max_iter": 2, "n_members": 2})
    with patch.object(networks, "FEW", 1 if members == "recurrent" else networks.FEW):
        fitted = result_or_refusal(lambda: estimator.fit(X, np.arange(len(X)) / 7))
    if fitted is not None:
        as_it_should(fitted.predict(X)[:, None], X)


@given(corrupted_lists(max_nodes=12), st.booleans())
def test_fitting(drawn: tuple[list[Any], int], zero_cost: bool) -> None:
    X, _ = drawn
    fitted = result_or_refusal(lambda: ranker(**TINY).fit(X, np.arange(len(X)) / 7))
    if fitted is not None:
        as_it_should(fitted.predict(X)[:, None], X)
        found = result_or_refusal(lambda: fitted.predict(OF_BOTH_KINDS))
        if found is not None:
            as_it_should(found[:, None], OF_BOTH_KINDS)


@given(corrupted_lists(max_nodes=8, zero_cost=True))
def test_fitting_with_zero_cost(drawn: tuple[list[Any], int]) -> None:
    X, _ = drawn
    fitted = result_or_refusal(
        lambda: ranker(**TINY, symmetry_breaking="concat").fit(X, np.arange(len(X)) / 7)
    )
    if fitted is not None:
        as_it_should(fitted.predict(X)[:, None], X)


@pytest.mark.filterwarnings("ignore:.*too many paths")
@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=repr)
@given(drawn=corrupted_lists())
def test_encoding(transformer: Any, drawn: tuple[list[Any], int]) -> None:
    X, place = drawn
    learned = result_or_refusal(lambda: clone(transformer).fit(X), place)
    if learned is not None:
        rows = learned.transform(X)
        as_it_should(rows, X)
        assert rows.shape[1] == len(learned.get_feature_names_out())
    learned = clone(transformer).fit(OF_BOTH_KINDS)
    rows = result_or_refusal(lambda: learned.transform(X))
    if rows is not None:
        as_it_should(rows, X)


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda c: c.__name__)
@given(cell=legal_cells(), seed=st.integers(0, 2**31 - 1))
def test_each_corruption(known: Any, corruption: Any, cell: Any, seed: int) -> None:
    """By itself, so that none hides behind another."""
    odd = corruption(cell, np.random.RandomState(seed))
    found = result_or_refusal(lambda: known.predict([LEGAL[0], odd]), 1)
    if found is not None:
        assert corruption not in NEVER_LEGAL
        as_it_should(found[:, None], [0, 1])


@given(cell=legal_cells())
def test_legal_cells_are_legal(known: Any, cell: Any) -> None:
    """Else the other tests would test refusals only."""
    as_it_should(known.predict([cell])[:, None], [cell])


@pytest.mark.parametrize(
    "X",
    [
        None, 3, "cells", b"cells", [], (), {}, set(LEGAL), iter(LEGAL), LEGAL[0], nx.DiGraph,
        np.zeros((2, 2)), np.array([LEGAL[:2]], dtype=object), np.array(LEGAL[0]), [LEGAL],
        dict(enumerate(LEGAL)),
    ],
    ids=lambda X: type(X).__name__,
)  # fmt: skip
def test_no_sequence(known: Any, X: Any) -> None:
    result_or_refusal(lambda: known.predict(X))
    result_or_refusal(lambda: ranker(**TINY).fit(X, [1.0, 2.0, 3.0, 4.0]))
    for transformer in TRANSFORMERS:
        result_or_refusal(lambda transformer=transformer: clone(transformer).fit(X))
