"""Cheap predictors, a space of the user's own, and searches over them."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils import check_random_state

from tagates_sk.features import OperationStatistics
from tagates_sk.nn.tables import GraphBatches
from tagates_sk.search import PredictorSearch
from tagates_sk.spaces import NASBench201
from tests.small import chain, quality

POOL = NASBench201().sample(300, random_state=1)
WORTH = quality(list(POOL))


def linear() -> Pipeline:
    """A predictor that learns what `quality` counts."""
    return make_pipeline(OperationStatistics(handle_unknown="ignore"), LinearRegression())


def process() -> Pipeline:
    """A predictor with standard deviations and joint draws."""
    return make_pipeline(
        OperationStatistics(handle_unknown="ignore"),
        GaussianProcessRegressor(alpha=0.1, optimizer=None),
    )


def search(space: Any = POOL, predictor: Any = None, **changes: Any) -> PredictorSearch:
    """A search with few and cheap rounds."""
    settings = {"n_initial": 6, "batch_size": 4, "n_candidates": 40, "random_state": 0}
    return PredictorSearch(space, predictor or linear(), **{**settings, **changes})


def worth(cell: nx.DiGraph) -> float:
    """How many convolutions a cell has; large ones count double."""
    return float(quality([cell])[0])


def interrupt_training(patch: pytest.MonkeyPatch, after: int = 0) -> None:
    """Let Ctrl-C be pressed when so many batches have been read."""
    original, calls = GraphBatches.__call__, iter(range(1_000_000))

    def interrupted(self: Any, rows: Any) -> Any:
        if next(calls) == after:
            raise KeyboardInterrupt
        return original(self, rows)

    patch.setattr(GraphBatches, "__call__", interrupted)


class Chains:
    """A space as a user writes one: chains of convolutions and poolings, 2^length of them."""

    def __init__(self, length: int = 3) -> None:
        self.length = length

    def sample(self, n: int, random_state: Any = None) -> list[nx.DiGraph]:
        random = check_random_state(random_state)
        return [self.cell(random.randint(2, size=self.length)) for _ in range(n)]

    def cell(self, digits: Any) -> nx.DiGraph:
        return chain(*(["avg_pool_3x3", "nor_conv_3x3"][d] for d in digits))


class MutableChains(Chains):
    """Such a space with mutation."""

    def mutate(self, cell: nx.DiGraph, random_state: Any = None) -> nx.DiGraph:
        random = check_random_state(random_state)
        digits = np.array([op == "nor_conv_3x3" for *_, op in cell.edges(data="op")], dtype=int)
        digits[random.randint(self.length)] ^= 1
        return self.cell(digits)


class Raising:
    """Its pickle cannot be loaded."""

    def __init__(self, error: type[Exception]) -> None:
        self.error = error

    def __reduce__(self) -> Any:
        return fail, (self.error,)


def fail(error: type[Exception]) -> None:
    raise error("damaged")
