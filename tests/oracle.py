"""Predictions that a change of the library's structure must leave as they are.

``python tests/oracle.py store FILE.npz`` fits many estimators briefly on small real data and keeps
what they predict; ``python tests/oracle.py compare FILE.npz`` does so again and reports
differences.
Run both on the same machine, with the environment variable ``OMP_NUM_THREADS=1``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

import tagates_sk.baselines as baselines
from tagates_sk import TAGATESRanker, TAGATESRegressor, TrainingCondition, paper_config
from tagates_sk.datasets import load_nasbench101, load_nasbench201, load_zero_cost_proxies
from tagates_sk.features import OperationStatistics
from tagates_sk.search import PredictorSearch
from tagates_sk.zero_cost import ZeroCostProxies, ZeroCostSaliency

Values = dict[str, NDArray[Any]]

TOLERANCE = 1e-6
"""Largest difference, in units of the spread of what is compared."""

SEED: dict[str, Any] = {"random_state": 0, "device": "cpu"}
SHORT: dict[str, Any] = {"max_iter": 3, **SEED}
N_TRAIN, N_TEST = 48, 40


def ranker(**parameters: Any) -> TAGATESRanker:
    """Encoders alone, to rank."""
    return TAGATESRanker(**{"members": "encoder", "n_members": 4, **parameters})


def regressor(**parameters: Any) -> TAGATESRegressor:
    """Encoders alone, to predict."""
    return TAGATESRegressor(**{"members": "encoder", "n_members": 4, **parameters})


BOTH = {"ranker": ranker, "regressor": regressor}


def variant(**switches: Any) -> dict[str, Any]:
    """Keyword arguments that set switches of the encoder which few users touch."""
    from tagates_sk import Variant

    return {"variant": Variant(**switches)}


class Space:
    """Cells and accuracies of a benchmark, a few of either half."""

    def __init__(self, load: Callable[..., Any], column: int, **options: Any) -> None:
        data = load(**options)
        rng = np.random.RandomState(0)
        n = len(data.dags)
        # Positions among cells with zero-cost vectors, which are fewer in NAS-Bench-101.
        rows = rng.permutation(min(n, 14_580))
        train, test = rows[:N_TRAIN], rows[N_TRAIN : N_TRAIN + N_TEST]
        self.dags, self.target = data.dags, np.asarray(data.target)
        columns = self.target if self.target.ndim == 1 else self.target[:, column]
        self.X, self.y, self.X_test = data.dags[train], columns[train], data.dags[test]
        self.train, self.test = train, test


def predictions(estimator: Any, X: Any, **options: Any) -> NDArray[Any]:
    """What `predict` gives, mean and standard deviation as columns."""
    out = estimator.predict(X, **options)
    return np.column_stack(out) if isinstance(out, tuple) else np.asarray(out)


def embeddings(estimator: Any, X: Any) -> NDArray[Any]:
    """Embeddings of all operations, one after the other."""
    rows = []
    for cells in estimator.operation_embeddings(X):
        for cell in cells if isinstance(cells, tuple) else (cells,):
            rows += [cell[key] for key in sorted(cell, key=str)]
    return np.array(rows)


# ---------------------------------------------------------------- what is fitted


def defaults() -> Iterator[tuple[str, NDArray[Any]]]:
    """Both estimators with their defaults in both kinds of space."""
    for space, load in (("201", load_nasbench201), ("101", load_nasbench101)):
        data = Space(load, 0)
        for name, make in BOTH.items():
            model = make(**SHORT).fit(data.X, data.y)
            yield f"{space} {name}", predictions(model, data.X_test)
            yield f"{space} {name} std", predictions(model, data.X_test, return_std=True)
            yield f"{space} {name} transform", model.transform(data.X_test[:8])
            yield f"{space} {name} operations", embeddings(model, data.X_test[:6])


def zero_cost() -> Iterator[tuple[str, NDArray[Any]]]:
    """Zero-cost vectors, added and beside the embedding; and random noise."""
    for space, load in (("201", load_nasbench201), ("101", load_nasbench101)):
        data = Space(load, 0, zero_cost=True)
        for breaking in ("add", "concat", "random", "none"):
            for name, make in BOTH.items():
                model = make(symmetry_breaking=breaking, **SHORT).fit(data.X, data.y)
                yield f"{space} {name} {breaking}", predictions(model, data.X_test)
        for published in ("nasbench101", "nasbench201", "enas"):
            parameters = {**paper_config(published), **SHORT, "max_iter": 2}
            model = ranker(**parameters).fit(data.X, data.y)
            yield f"{space} paper {published}", predictions(model, data.X_test)


def variants() -> Iterator[tuple[str, NDArray[Any]]]:
    """Switches of the encoder, on operations on edges and on nodes."""
    sets: dict[str, dict[str, Any]] = {
        "node": variant(update="node", updated_operations="all"),
        "message": variant(update="message", readout="mean", deep_supervision=False),
        "mean": variant(aggregation="mean", residual=False, train_other_nodes=True),
        "sum": variant(aggregation="sum", self_loops=False, layer_bias=True, max_pairs=40),
        "wide": variant(op_dim=20, node_dim=24, hidden_dim=16, terminal_operations=True),
        "moving": variant(stop_gradient=(), optimizer="adam", readout="mean"),
    }
    for space, load in (("201", load_nasbench201), ("101", load_nasbench101)):
        data = Space(load, 0)
        for name, switches in sets.items():
            model = ranker(T=3, n_members=2, **switches, **SHORT).fit(data.X, data.y)
            yield f"{space} variant {name}", predictions(model, data.X_test)
        for layers in (1, 2, 5):
            model = ranker(n_layers=layers, n_members=1, T=2, **SHORT).fit(data.X, data.y)
            yield f"{space} layers {layers}", predictions(model, data.X_test)
        for T in (1, 4):
            model = regressor(T=T, **SHORT).fit(data.X, data.y)
            yield f"{space} T {T}", predictions(model, data.X_test)


def training() -> Iterator[tuple[str, NDArray[Any]]]:
    """Ways to train."""
    data = Space(load_nasbench201, 0)
    weight = np.linspace(0.1, 2, N_TRAIN)
    for name, make in BOTH.items():
        model = make(bootstrap=True, **SHORT).fit(data.X, data.y)
        yield f"{name} bootstrap", predictions(model, data.X_test, return_std=True)
        model = make(features=OperationStatistics(), **SHORT).fit(data.X, data.y)
        yield f"{name} features", predictions(model, data.X_test)
        stopped = {**SHORT, "max_iter": 8}
        model = make(early_stopping=True, n_iter_no_change=2, **stopped).fit(data.X, data.y)
        yield f"{name} early stopping", predictions(model, data.X_test)
        model = make(**SHORT).fit(data.X, data.y, sample_weight=weight)
        yield f"{name} weights", predictions(model, data.X_test)
        model = make(**SHORT)
        for part in (slice(0, 30), slice(20, None), slice(None)):
            model.partial_fit(data.X[part], data.y[part])
        yield f"{name} partial_fit", predictions(model, data.X_test)
        model = make(warm_start=True, **SHORT).fit(data.X[:40], data.y[:40])
        model.fit(data.X, data.y)
        yield f"{name} warm start", predictions(model, data.X_test)
        start = make(**SHORT).pretrain(data.dags[:60], max_iter=2)
        yield f"{name} after pretrain", predictions(start.fit(data.X, data.y), data.X_test)
        fitted = make(**{**SHORT, "random_state": 3}).fit(data.dags[100:140], np.arange(40.0))
        model = make(pretrained=fitted, **SHORT).fit(data.X, data.y)
        yield f"{name} pretrained", predictions(model, data.X_test)
        model = make(batch_size=20, dropout=0.3, head=(30,), **SHORT).fit(data.X, data.y)
        yield f"{name} batches", predictions(model, data.X_test)
        model = make(**SHORT).fit(data.X, data.y)
        yield f"{name} score", model.score(data.X_test, data.target[data.test])
        alike = {"operations": ["conv9x9", *model.operations_], "handle_unknown": "ignore"}
        model = make(**alike, **SHORT).fit(data.X, data.y)
        yield f"{name} vocabulary", predictions(model, data.X_test)
    for loss in ("logistic", "listmle", "mse"):
        model = ranker(loss=loss, **SHORT).fit(data.X, data.y)
        yield f"ranker {loss}", predictions(model, data.X_test)
    model = ranker(schedule="constant", tol=0.1, **SHORT).fit(data.X, data.y)
    yield "ranker constant", predictions(model, data.X_test)


def known_of_training() -> Iterator[tuple[str, NDArray[Any]]]:
    """Targets at several points of training, and conditions of it."""
    data = Space(load_nasbench201, 1, target=["cifar10-valid-12epochs", "cifar10-valid"])
    several, test = data.target[data.train], data.target[data.test]
    holes = several.copy()
    holes[::3, 0] = np.nan
    long, short = (TrainingCondition.cosine(epochs=n) for n in (200, 12))
    cutout = TrainingCondition.cosine(epochs=200, augmentation="cutout", loss="distillation")
    listed = [(long, short, cutout)[i % 3] for i in range(N_TRAIN)]
    for name, make in BOTH.items():
        for anytime in (True, False):
            model = make(T=3, **variant(anytime=anytime), **SHORT).fit(data.X, holes)
            kind = f"{name} several{'' if anytime else ' at the end'}"
            yield kind, predictions(model, data.X_test)
            yield f"{kind}, partial", predictions(model, data.X_test, partial=test[:, :1])
            yield f"{kind}, anytime", model.predict_anytime(data.X_test)
        model = make(bootstrap=True, **SHORT).fit(data.X, several)
        yield f"{name} several, bootstrap", predictions(model, data.X_test, return_std=True)
        features = OperationStatistics()
        model = make(T=3, features=features, **SHORT).fit(data.X, data.y, conditions=listed)
        yield f"{name} conditions", predictions(model, data.X_test)
        for condition in (short, cutout):
            out = predictions(model, data.X_test, conditions=condition, return_std=True)
            yield f"{name} condition {condition.augmentation}", out
        model.partial_fit(data.X[:20], data.y[:20], conditions=listed[:20])
        yield f"{name} conditions, further", predictions(model, data.X_test)
        model = make(**SHORT)
        model.fit(data.X, data.y, conditions=listed, sample_weight=np.linspace(1, 2, N_TRAIN))
        yield f"{name} conditions, weights", predictions(model, data.X_test, conditions=long)


def others() -> Iterator[tuple[str, NDArray[Any]]]:
    """Baselines."""
    for space, load in (("201", load_nasbench201), ("101", load_nasbench101)):
        data = Space(load, 0)
        for kind in ("GATES", "GCN", "DAGNN", "LSTM", "Transformer", "SemiNAS"):
            for task in ("Ranker", "Regressor"):
                make = getattr(baselines, kind + task, None)
                if make is None:
                    continue
                model = make(**SHORT).fit(data.X, data.y)
                yield f"{space} {kind}{task}", predictions(model, data.X_test)
                if hasattr(model, "transform"):
                    yield f"{space} {kind}{task} transform", model.transform(data.X_test[:5])
        stopped = {**SHORT, "max_iter": 6}
        model = baselines.DAGNNRanker(n_members=3, early_stopping=True, **stopped)
        yield f"{space} DAGNN members", predictions(model.fit(data.X, data.y), data.X_test)
        process = baselines.WLKernelGP(random_state=0).fit(data.X, data.y)
        yield f"{space} WLKernelGP", predictions(process, data.X_test, return_std=True)
    data = Space(load_nasbench201, 0)
    semi = baselines.SemiNASRanker(**SHORT).fit(data.X, data.y, X_unlabeled=data.dags[:80])
    yield "SemiNAS unlabelled", predictions(semi, data.X_test)
    for name in ("random_forest", "mlp", "walk_statistics"):
        model = baselines.baseline(name, random_state=0).fit(data.X, data.y)
        yield f"baseline {name}", predictions(model, data.X_test)


def untrained() -> Iterator[tuple[str, NDArray[Any]]]:
    """Architectures as untrained networks."""
    for space, load in (("201", load_nasbench201), ("101", load_nasbench101)):
        data = Space(load, 0)
        few = list(data.X[:6])
        saliency = ZeroCostSaliency(image_size=8, batch_size=4, random_state=0)
        rows = []
        for cell in saliency.fit_transform(few):
            view = cell.edges if space == "201" else cell.nodes
            found = (view[key].get("zero_cost") for key in sorted(view, key=str))
            rows += [vector for vector in found if vector is not None]
        yield f"{space} ZeroCostSaliency", np.array(rows)
        proxies = ZeroCostProxies(image_size=8, batch_size=4, random_state=0)
        yield f"{space} ZeroCostProxies", np.asarray(proxies.fit_transform(few))


def proxies() -> Iterator[tuple[str, NDArray[Any]]]:
    """Rankers with zero-cost scores, with and without networks."""
    data = Space(load_nasbench201, 0)
    unlabeled = data.dags[5:15_625:60]
    small = {"layer_dim": 16, "head": (16,), "max_iter": 12, "device": "cpu"}
    for members in ("statistics", "all"):
        given = {"proxies": load_zero_cost_proxies("nasbench201"), "members": members}
        model = TAGATESRanker(random_state=0, **given, **small)
        model.fit(data.X, data.y, X_unlabeled=unlabeled)
        yield f"proxies {members}", predictions(model, data.X_test, return_std=True)
        yield f"proxies {members}, members", model.predict_members(data.X_test)


def searches() -> Iterator[tuple[str, NDArray[Any]]]:
    """Five rounds of a search: which cells it measures, and what it expected of them."""
    data = Space(load_nasbench201, 0)
    predictors = {
        "tagates": ranker(n_members=2, layer_dim=16, max_iter=3, device="cpu"),
        "process": baselines.WLKernelGP(),
    }
    for name, predictor in predictors.items():
        pool = data.dags[:15_625:25]
        settings = {"n_initial": 12, "n_candidates": 60, "random_state": 0}
        acquisition = "ucb" if name == "process" else "mean"
        search = PredictorSearch(pool, predictor, acquisition=acquisition, **settings)
        rows = []
        for _ in range(5):
            cells = search.ask(8)
            rows += list(cells.rows)
            search.tell(cells, data.target[cells.rows])
        yield f"search {name}, rows", np.array(rows)
        yield f"search {name}, predicted", np.array([r["predicted"] for r in search.history_])


PARTS = (
    defaults, zero_cost, variants, training, known_of_training, others, untrained, proxies,
    searches,
)  # fmt: skip


def collect() -> Values:
    """Everything by its name."""
    values: Values = {}
    for part in PARTS:
        start = time.perf_counter()
        for name, value in part():
            assert name not in values, name
            values[name] = np.asarray(value)
        print(f"{part.__name__}: {time.perf_counter() - start:.0f} s", flush=True)
    return values


def difference(then: NDArray[Any], now: NDArray[Any]) -> float:
    """Largest difference of two arrays in units of the spread of the first; 0 if bit-equal."""
    if then.shape != now.shape:
        return np.inf
    if np.array_equal(then, now, equal_nan=True):
        return 0.0
    if not np.array_equal(np.isnan(then), np.isnan(now)):
        return np.inf
    spread = float(np.nanstd(then) if then.size > 1 else abs(then)) or 1.0
    return float(np.nanmax(np.abs(then - now))) / spread


def main() -> int:
    """Run from the command line."""
    if len(sys.argv) != 3 or sys.argv[1] not in ("store", "compare"):
        print(__doc__)
        return 2
    task, file = sys.argv[1:]
    if task == "store":
        values: dict[str, Any] = collect()
        np.savez_compressed(file, **values)
        print(f"{len(values)} results stored in {file}")
        return 0
    now = collect()
    failed = 0
    with np.load(file) as stored:
        for name in [*stored, *(name for name in now if name not in stored)]:
            if name not in now or name not in stored:
                print(f"{name}: is missing {'now' if name not in now else 'in the file'}")
                failed += 1
                continue
            gap = difference(stored[name], now[name])
            failed += gap > TOLERANCE
            said = "bit-equal" if gap == 0 else f"{gap:.2e} of the spread"
            print(f"{name}: {said}{'  TOO MUCH' if gap > TOLERANCE else ''}")
    print(f"{failed} of {len(now)} differ by more than {TOLERANCE:g} of the spread")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
