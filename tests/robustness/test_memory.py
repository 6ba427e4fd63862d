"""Memory is bounded by size, whatever architectures are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose

from tagates_sk import InvalidArchitectureError
from tagates_sk.graphs import read_architectures
from tests.small import CELLS, TARGETS, chain, ranker, regressor, sample

BOUND = 256.0
"""Megabytes beyond what is there before."""

SLOW = pytest.mark.slow


def peak(who: str, what: str) -> tuple[str, float]:
    """What became of it, and megabytes."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.robustness.memory", who, what],
        cwd=Path(__file__).parents[2], check=True, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    outcome, megabytes = done.stdout.splitlines()[-2:]
    return outcome, float(megabytes)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
@pytest.mark.parametrize(
    ("who", "what"),
    [
        ("encoder", "several"),
        *(
            pytest.param(who, "many", marks=SLOW)
            for who in ("encoder", "all", "statistics", "gates")
        ),
        *(
            pytest.param(who, "many", marks=SLOW)
            for who in ("operations", "walks", "paths", "subtrees")
        ),
        pytest.param("fit", "some", marks=SLOW),
    ],
)
def test_many_large_cells(who: str, what: str) -> None:
    """640 cells of 100 operations and 300 edges, some of them, or 64 in a fit."""
    outcome, megabytes = peak(who, what)
    assert outcome == "done"
    # A step of training has two architectures at least, and holds every pass of every layer.
    assert megabytes < BOUND * (2 if who == "fit" else 1)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
@pytest.mark.slow
@pytest.mark.parametrize("who", ["encoder", "all"])
def test_200_000_edges(who: str) -> None:
    outcome, megabytes = peak(who, "large")
    assert outcome.startswith("X[0] has 201,404 nodes, operations and edges, which take ")
    assert "sklearn.set_config(working_memory=" in outcome
    assert megabytes < BOUND


def test_usual_cells_are_cut_by_their_number() -> None:
    """So that their predictions are what they were."""
    fitted = ranker(layer_dim=64, n_members=2).fit(CELLS, TARGETS)
    network = fitted.network_
    packed = network.conform(read_architectures(sample(1500)), "ignore")
    batches = fitted._encoders._batches(packed, None, None)
    assert [len(chunk) for chunk in network.chunks(batches)] == [640, 640, 220]


@pytest.mark.parametrize("make", [ranker, regressor])
def test_small_batches_predict_the_same(make: Any) -> None:
    fitted = make(n_members=2).fit(CELLS, TARGETS)
    X = sample(100, seed=3)
    expected = fitted.predict(X)
    with sklearn.config_context(working_memory=1):
        assert_allclose(fitted.predict(X), expected, rtol=1e-5, atol=1e-6)


def test_the_working_memory_decides() -> None:
    long = chain(*["nor_conv_3x3"] * 2000)
    fitted = ranker().fit(CELLS, TARGETS)
    assert np.isfinite(fitted.predict([CELLS[0], long])).all()
    message = (
        r"X\[1\] has 6,001 nodes, operations and edges, which take \d MB; .* fit into the work"
    )
    with (
        sklearn.config_context(working_memory=1),
        pytest.raises(InvalidArchitectureError, match=message) as caught,
    ):
        fitted.predict([CELLS[0], long])
    needed = int(str(caught.value).split("working_memory=")[1].split(")")[0])
    with sklearn.config_context(working_memory=needed):
        fitted.predict([CELLS[0], long])
