"""Writes the model files in stored/, and the predictions that they must give.

``python -m tests.model_files.store`` from the root of the repository. Run it where the format has
changed: files of releases before must load, or be refused by a message.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tagates_sk import TAGATESRanker, TAGATESRegressor, TrainingCondition
from tagates_sk.features import (
    AdjacencyOneHot,
    OperationStatistics,
    PathEncoding,
    WalkStatistics,
    WeisfeilerLehman,
)
from tagates_sk.model_files import save_model
from tests.baselines.estimators import NEURAL
from tests.small import chain, in_variant, node_chain

FOLDER = Path(__file__).parent / "stored"
PREDICTIONS = FOLDER / "predictions.npz"

X: list[Any] = [
    chain("conv", "pool"), chain("pool", "conv", "conv"), chain("conv", "skip_connect"),
    node_chain("conv"), node_chain("pool", "conv"), chain("pool"),
]  # fmt: skip
Y = np.array([3.0, 4.0, 1.0, 2.0, 5.0, 0.0])

TINY: dict[str, Any] = {
    "n_layers": 2, "layer_dim": 4, "op_dim": 2, "head": (3,), "max_iter": 2, "random_state": 0,
}  # fmt: skip
TINY_TAGATES = in_variant({**TINY, "node_dim": 2, "hidden_dim": 2, "n_members": 1})
LONG, SHORT = (TrainingCondition([0.1] * n, augmentation=str(n)) for n in (4, 2))


def cases() -> Iterator[tuple[str, Any]]:
    """Fitted estimators by the name of their file."""
    for cls in NEURAL:
        sizes = {"node_dim": 2, "hidden_dim": 2} if "GATES" in cls.__name__ else {}
        yield cls.__name__, cls(**TINY, **sizes).fit(X, Y)
    yield "TAGATESRegressor", TAGATESRegressor(**TINY_TAGATES).fit(X, Y)
    source = TAGATESRanker(**TINY_TAGATES | {"n_members": 2}).fit(X, Y)
    yield "TAGATESRanker", source
    others = {"n_members": 2, "T": 3, "handle_unknown": "ignore"}
    two = TAGATESRanker(**TINY_TAGATES | others).fit(X, np.column_stack([Y[::-1], Y]))
    yield "two_targets", two
    for transformer in (
        AdjacencyOneHot(), OperationStatistics(), PathEncoding(), WalkStatistics(),
        WeisfeilerLehman(n_iter=1),
    ):  # fmt: skip
        name = type(transformer).__name__
        rows = np.arange(len(Y)) % len(seen(name))
        fitted = TAGATESRegressor(features=transformer, **TINY_TAGATES)
        yield name, fitted.fit([seen(name)[row] for row in rows], Y)
    known = [LONG, LONG, LONG, SHORT, SHORT, SHORT]
    yield "conditions", TAGATESRegressor(**TINY_TAGATES).fit(X, Y, conditions=known)
    own = TAGATESRanker(**TINY_TAGATES).pretrain(X, max_iter=1).fit(X, Y)
    yield "pretrained", own
    concat = TAGATESRanker(symmetry_breaking="concat", **TINY_TAGATES)
    yield "zero_cost", concat.fit(seen("zero_cost"), np.arange(5.0))


def seen(name: str) -> list[Any]:
    """Architectures that the estimator in a file predicts."""
    if name == "zero_cost":
        return [chain(*ops, zero_cost=2) for ops in ("ab", "ba", "a", "bb", "aab")]
    return [X[0], X[2]] if name == "AdjacencyOneHot" else X  # of one layout


def predicted(name: str, estimator: Any) -> np.ndarray[Any, Any]:
    """What an estimator says, in rows."""
    rows = [estimator.predict(seen(name))]
    if name == "two_targets":
        rows += [*estimator.predict_anytime(X).T, *estimator.predict_members(X).T]
        rows.append(estimator.predict(X, partial=Y[:, None]))
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
