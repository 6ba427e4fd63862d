"""Writes the model files in stored/, and the predictions that they must give.

``python -m tests.model_files.store`` from the root of the repository. Run it where the format has
changed: files of releases before must load, or be refused by a message.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from tagates_sk import TAGATESRanker, TAGATESRegressor, TrainingCondition
from tagates_sk.estimators import composition, networks
from tagates_sk.estimators.boosting import BoostingMember
from tagates_sk.features import (
    AdjacencyOneHot,
    CapacityStatistics,
    OperationStatistics,
    PathEncoding,
    ResistanceStatistics,
    WalkStatistics,
    WeisfeilerLehman,
)
from tagates_sk.model_files import save_model
from tests.baselines.estimators import NEURAL
from tests.small import chain, in_variant, node_chain

FOLDER = Path(__file__).parent / "stored"
PREDICTIONS = FOLDER / "predictions.npz"

OPERATIONS = (
    ("conv", "pool"), ("pool", "conv", "conv"), ("conv", "skip_connect"), ("conv",),
    ("pool", "conv"), ("pool",),
)  # fmt: skip
NUMBERS = [(3, 5), (5, 3, 3), (5, 3), (3,), (5, 3), (7,)]
"""Kernels of these operations."""
X: list[Any] = [chain(*ops) for ops in OPERATIONS]
ON_NODES = [node_chain(*ops) for ops in OPERATIONS]
Y = np.array([3.0, 4.0, 1.0, 2.0, 5.0, 0.0])

TINY: dict[str, Any] = {
    "n_layers": 2, "layer_dim": 4, "op_dim": 2, "head": (3,), "max_iter": 2, "random_state": 0,
}  # fmt: skip
TINY_TAGATES = in_variant(
    {**TINY, "node_dim": 2, "hidden_dim": 2, "members": "encoder", "n_members": 1}
)
LONG, SHORT = (TrainingCondition([0.1] * n, augmentation=str(n)) for n in (4, 2))


@contextmanager
def tiny_members() -> Iterator[None]:
    """Few trees, and one network of each kind beside the encoders."""
    few_trees = partial(BoostingMember, 2)
    with (
        patch.object(composition, "BoostingMember", few_trees),
        patch.dict(networks.ASYNCHRONOUS, n_members=1),
        patch.dict(networks.RECURRENT, n_members=1),
    ):
        yield


def cases() -> Iterator[tuple[str, Any]]:
    """Fitted estimators by the name of their file."""
    for cls in NEURAL:
        sizes = {"node_dim": 2, "hidden_dim": 2} if "GATES" in cls.__name__ else {}
        yield cls.__name__, cls(**TINY, **sizes).fit(X, Y)
    yield "TAGATESRegressor", TAGATESRegressor(**TINY_TAGATES).fit(X, Y)
    source = TAGATESRanker(**TINY_TAGATES | {"n_members": 2}).fit(X, Y)
    yield "TAGATESRanker", source
    yield "on_nodes", TAGATESRanker(**TINY_TAGATES | {"n_members": 2}).fit(ON_NODES, Y)
    others = {"n_members": 2, "T": 3, "handle_unknown": "ignore"}
    two = TAGATESRanker(**TINY_TAGATES | others).fit(X, np.column_stack([Y[::-1], Y]))
    yield "two_targets", two
    for transformer in (
        AdjacencyOneHot(), CapacityStatistics(), OperationStatistics(), PathEncoding(),
        ResistanceStatistics(), WalkStatistics(), WeisfeilerLehman(n_iter=1),
    ):  # fmt: skip
        name = type(transformer).__name__
        rows = np.arange(len(Y)) % len(seen(name))
        fitted = TAGATESRegressor(features=transformer, **TINY_TAGATES)
        yield name, fitted.fit([seen(name)[row] for row in rows], Y)
    with tiny_members():
        for cls in (TAGATESRanker, TAGATESRegressor):
            for members in ("all", "statistics"):
                composed = cls(**TINY_TAGATES | {"members": members, "n_members": 2})
                yield f"{members}_{cls.__name__}", composed.fit(X * 4, np.tile(Y, 4))
        with patch.object(networks, "FEW", 20):
            composed = TAGATESRanker(**TINY_TAGATES | {"members": "all"})
            yield "all_recurrent", composed.fit(X * 4, np.tile(Y, 4))
        tiny = TAGATESRegressor(**TINY_TAGATES | {"members": "statistics"})
        yield "statistics_values", tiny.fit(X * 4, 10.0 ** np.tile(Y, 4))
        tiny = TAGATESRanker(**TINY_TAGATES | {"members": "statistics"})
        yield "statistics_cells", tiny.fit(seen("statistics_cells") * 4, np.tile(Y, 4))
        tiny = TAGATESRegressor(**TINY_TAGATES | {"members": "statistics"})
        yield "statistics_trend", tiny.fit(seen("statistics_cells") * 4, np.tile(Y, 4))
        for members in ("encoder", "statistics"):
            tiny = TAGATESRanker(**TINY_TAGATES | {"members": members})
            yield f"{members}_attributes", tiny.fit(with_numbers(), Y)
    known = [LONG, LONG, LONG, SHORT, SHORT, SHORT]
    yield "conditions", TAGATESRegressor(**TINY_TAGATES).fit(X, Y, conditions=known)
    own = TAGATESRanker(**TINY_TAGATES).pretrain(X, max_iter=1).fit(X, Y)
    yield "pretrained", own
    concat = TAGATESRanker(symmetry_breaking="concat", **TINY_TAGATES)
    yield "zero_cost", concat.fit(seen("zero_cost"), np.arange(5.0))


def with_numbers() -> list[Any]:
    """The architectures with kernels beside their operations."""
    copies = [graph.copy() for graph in X]
    for graph, kernels in zip(copies, NUMBERS, strict=True):
        for (_, _, data), kernel in zip(graph.edges(data=True), kernels, strict=True):
            data["attributes"] = {"kernel": kernel}
    return copies


def seen(name: str) -> list[Any]:
    """Architectures that the estimator in a file predicts."""
    if name == "zero_cost":
        return [chain(*ops, zero_cost=2) for ops in ("ab", "ba", "a", "bb", "aab")]
    if name == "on_nodes":
        return ON_NODES
    if name.endswith("_attributes"):
        return with_numbers()
    if name in ("statistics_cells", "statistics_trend"):  # of two cells, with skip connections
        cells = [graph.copy() for graph in ON_NODES]
        for graph in cells[::2]:
            graph.add_edge(0, max(graph))
        return [*zip(cells, reversed(cells), strict=True)]
    return [X[0], X[2]] if name == "AdjacencyOneHot" else X  # of one layout


def predicted(name: str, estimator: Any) -> np.ndarray[Any, Any]:
    """What an estimator says, in rows."""
    rows = [estimator.predict(seen(name))]
    if name == "two_targets":
        rows += [*estimator.predict_anytime(X).T, *estimator.predict_members(X).T]
        rows.append(estimator.predict(X, partial=Y[:, None]))
    if name.startswith(("all_", "statistics_")):
        seen_X = X if name.endswith("_attributes") else seen(name)
        rows += [estimator.predict(seen_X, return_std=True)[1]]
        rows += [*estimator.predict_members(seen_X).T]
    if name == "conditions":
        rows.append(estimator.predict(X, conditions=SHORT))
    return np.array(rows)


def main() -> None:
    """Write everything anew."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    predictions = {}
    for name, estimator in cases():
        save_model(estimator, FOLDER / f"{name}.safetensors")
        predictions[name] = predicted(name, estimator)
    np.savez_compressed(PREDICTIONS, **predictions)


if __name__ == "__main__":
    main()
