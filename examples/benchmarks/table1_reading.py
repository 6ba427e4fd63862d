"""Why MLP and trees are better here than in the paper: how cells and targets are read.

Two differences are taken back, one by one and together: that dead parts of a cell are
pruned before it becomes a one-hot vector, and that targets are replaced by their normal
scores.

    python examples/benchmarks/table1_reading.py
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from tagates_sk.baselines import NormalScores
from tagates_sk.datasets import load_nasbench201
from tagates_sk.features import AdjacencyOneHot
from tagates_sk.metrics import kendall_tau

SEEDS = 5
EDGES = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]


def operations(dags: Any) -> np.ndarray:
    """The six operations of a cell as they are written, reachable or not."""
    return np.array([[g.edges[e]["op"] if e in g.edges else "none" for e in EDGES] for g in dags])


def model(kind: str, seed: int) -> Any:
    if kind == "mlp":
        return MLPRegressor(
            hidden_layer_sizes=(200, 200), alpha=1.0, max_iter=1000, tol=1e-3,
            n_iter_no_change=20, random_state=seed,
        )  # fmt: skip
    return GradientBoostingRegressor(random_state=seed)


def main() -> None:
    nb201 = load_nasbench201()
    test = np.random.RandomState(1).permutation(nb201.test_indices)[:2000]
    whole = make_pipeline(
        FunctionTransformer(operations),
        OneHotEncoder(sparse_output=False, handle_unknown="ignore"),
    )
    readings = {"pruned": AdjacencyOneHot(), "as written": whole}
    for n in (78, 390):
        for kind in ("mlp", "gradient boosting"):
            for reading, features in readings.items():
                for scores in (True, False):
                    taus = []
                    for seed in range(SEEDS):
                        order = np.random.RandomState(seed).permutation(len(nb201.train_indices))
                        train = nb201.train_indices[order[:n]]
                        estimator = TransformedTargetRegressor(
                            make_pipeline(features, StandardScaler(), model(kind, seed)),
                            transformer=NormalScores() if scores else StandardScaler(),
                        )
                        estimator.fit(nb201.dags[train], nb201.target[train])
                        predicted = estimator.predict(nb201.dags[test])
                        taus.append(kendall_tau(nb201.target[test], predicted))
                    print(
                        f"{n:4d} labels  {kind:18s} cells {reading:11s} "
                        f"{'normal scores' if scores else 'accuracies':13s} "
                        f"tau {np.mean(taus):.3f} ± {np.std(taus, ddof=1):.3f} ({SEEDS} seeds)",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
