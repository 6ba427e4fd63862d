"""Numbers beside operations in the whole predictor."""

from __future__ import annotations

import warnings
from typing import Any

import networkx as nx
import numpy as np
import pytest

from tagates_sk import TAGATESRanker
from tagates_sk.baselines import GATESRegressor
from tagates_sk.datasets import load_accel_nasbench, load_latency
from tagates_sk.estimators.statistics import GraphStatistics
from tagates_sk.graphs import UnknownOperationError, UnknownOperationWarning
from tagates_sk.metrics import kendall_tau
from tests.small import BOTH, ranker, regressor


def chains(n: int, seed: int = 0, **others: float) -> tuple[list[Any], np.ndarray]:
    """Two convolutions in a row, and a target that their kernels make."""
    kernels = np.random.RandomState(seed).randint(1, 8, size=(n, 2))
    cells = []
    for own in kernels.tolist():
        cell = nx.DiGraph()
        for i, kernel in enumerate(own):
            cell.add_edge(i, i + 1, op="conv", attributes={"kernel": kernel, **others})
        cells.append(cell)
    return cells, kernels @ [2.0, 1.0]


@pytest.mark.parametrize("propagation", ["synchronous", "asynchronous"])
def test_encoders_learn_from_numbers_alone(propagation: str) -> None:
    X, y = chains(120)
    model = regressor(propagation=propagation, max_iter=60, learning_rate=0.01)
    assert kendall_tau(y[80:], model.fit(X[:80], y[:80]).predict(X[80:])) > 0.8


@pytest.mark.parametrize("make", [*BOTH, lambda **p: GATESRegressor(max_iter=3, **p)])
def test_missing_numbers_are_the_mean(make: Any) -> None:
    X, y = chains(20)
    model = make(random_state=0).fit(X, y)
    mean = np.mean([k["kernel"] for x in X for *_, k in x.edges(data="attributes")])
    there, missing = X[0].copy(), X[0].copy()
    there.edges[0, 1]["attributes"]["kernel"] = 1  # the copy shares the dict
    there.edges[0, 1]["attributes"] = {"kernel": float(mean)}
    del missing.edges[0, 1]["attributes"]
    ours, theirs = model.predict([there]), model.predict([missing])
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.parametrize("make", [*BOTH, lambda **p: GATESRegressor(max_iter=3, **p)])
def test_unknown_numbers(make: Any) -> None:
    X, y = chains(20)
    new = chains(20, width=3.0)[0]
    model = make(random_state=0, handle_unknown="ignore").fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(model.predict(X), model.predict(new))
    with pytest.warns(UnknownOperationWarning, match="'width' is left out, since fit") as caught:
        model.set_params(handle_unknown="warn").predict(new)
    assert len(caught) == 1
    with pytest.raises(UnknownOperationError, match=r"X\[0\], edge \(0, 1\): unknown attribute"):
        model.set_params(handle_unknown="error").predict(new)


def test_pretrained_encoders_keep_their_scale() -> None:
    X, y = chains(30)
    source = ranker().fit(X, y)
    wide = chains(30, seed=1, width=1.0)[0]
    tuned = ranker(pretrained=source).fit(wide, y)
    ours = tuned.model_.encoder.config.attributes
    theirs = source.model_.encoder.config.attributes
    assert ours.names == ("kernel", "width")
    assert (ours.mean[0], ours.std[0]) == (theirs.mean[0], theirs.std[0])


def test_blocks_of_statistics() -> None:
    X, _ = chains(100)
    known = GraphStatistics().fit(X).transform(X)
    numbers = {"walks: numbers", "edges: numbers", "places: numbers"}
    assert numbers < known.blocks.keys()
    assert len(known.joined(["walks", "capacity"])) == 3  # with numbers of walks
    assert known.blocks["edges: numbers"].shape[1] == 2
    assert known.kinds is not None
    # Kernels 1 to 7 at two places, in blocks of names; trees read the numbers.
    (places,) = (block for block in known.joined(["edges"]) if block.shape[1] > 2)
    assert places.shape[1] == 14
    assert known.columns().shape[1] < sum(block.shape[1] for block in known.blocks.values())
    many = [x.copy() for x in X * 2]
    for i, x in enumerate(many):
        x.edges[0, 1]["attributes"] = {"kernel": 1 + i / 7}
        x.edges[1, 2]["attributes"] = {"kernel": 9 + i / 7}
    assert GraphStatistics().fit(many).transform(many).kinds is None
    bare = [x.copy() for x in X]
    for x in bare:
        for edge in x.edges:
            del x.edges[edge]["attributes"]
    plain = GraphStatistics().fit(bare).transform(bare)
    assert plain.kinds is None
    assert plain.joined(["walks", "capacity"]) == []  # all are alike


@pytest.mark.parametrize("data", ["accuracy", "latency"])
def test_numbers_rank_better_than_names(data: str) -> None:
    if data == "accuracy":
        X, y = load_accel_nasbench(return_X_y=True)
    else:
        X, y = load_latency("fbnet", "1080ti_64", return_X_y=True)
        y = -y
    names = type(X.space)(attributes=False).sequence(X[:850].native())
    train, test = slice(0, 50), slice(50, 850)
    taus = {
        kind: kendall_tau(
            y[test],
            TAGATESRanker(members="statistics", random_state=0)
            .fit(cells[train], y[train])
            .predict(cells[test]),
        )
        for kind, cells in {"numbers": X, "names": names}.items()
    }
    assert taus["numbers"] > taus["names"] + 0.05
