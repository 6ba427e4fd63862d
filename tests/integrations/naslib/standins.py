"""Objects with the interface of NASLib, which cannot be installed here."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from enum import Enum
from typing import Any

import networkx as nx
import numpy as np


class EncodingType(Enum):
    """As in NASLib."""

    PATH = "path"
    ADJACENCY_ONE_HOT = "adjacency_one_hot"


class Graph(nx.DiGraph):
    """A search space of NASLib, or one architecture of it: they are the same class.

    It is a networkx graph of its own kind, equal to any other.
    """

    ss_type = ""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return hash(self.get_hash())

    def get_type(self) -> str:
        return self.ss_type

    def clone(self) -> Graph:
        return copy.deepcopy(self)


class NB201(Graph):
    """NasBench201SearchSpace."""

    ss_type = "nasbench201"
    n_operations = 5

    def __init__(self, op_indices: Any = None) -> None:
        super().__init__()
        self.op_indices = op_indices

    def get_op_indices(self) -> Any:
        return self.op_indices

    def get_hash(self) -> tuple[Any, ...]:
        return tuple(self.get_op_indices())

    def encode(self) -> list[int]:
        return [int(op == k) for op in self.op_indices for k in range(self.n_operations)]

    def sample_random_architecture(self, generator: np.random.RandomState) -> None:
        self.op_indices = generator.randint(5, size=6)

    def mutate(self, parent: NB201, generator: np.random.RandomState) -> None:
        self.op_indices = parent.get_op_indices().copy()
        self.op_indices[generator.randint(6)] = generator.randint(5)


class Micro(NB201):
    """TransBench101SearchSpaceMicro; with create_graph it has a cell of its own."""

    ss_type = "transbench101_micro"
    n_operations = 4

    def __init__(self, op_indices: Any = None, create_graph: bool = False) -> None:
        super().__init__(op_indices)
        self.create_graph = create_graph
        self.add_edge(1, 2)

    def get_op_indices(self) -> Any:
        if self.op_indices is None:
            raise NotImplementedError("Neither op_indices nor the model is set")
        return self.op_indices

    def encode(self) -> list[int]:
        """Five places for each of four operations."""
        return [int(op == k) for op in self.op_indices for k in range(5)]

    def encode_spec(self) -> list[int]:
        """Four places for each of four operations."""
        return [int(op == k) for op in self.op_indices for k in range(4)]


class Macro(NB201):
    """TransBench101SearchSpaceMacro."""

    ss_type = "transbench101_macro"


class NB101(Graph):
    """NasBench101SearchSpace."""

    ss_type = "nasbench101"
    ids = ("input", "output", "maxpool3x3", "conv1x1-bn-relu", "conv3x3-bn-relu")

    def __init__(self, matrix: Any, ops: Any) -> None:
        super().__init__()
        self.spec = {"matrix": np.array(matrix), "ops": ops}

    def get_spec(self) -> dict[str, Any]:
        return self.spec

    def get_hash(self) -> tuple[Any, ...]:
        return (*self.spec["matrix"].flatten(), *map(self.ids.index, self.spec["ops"]))

    def encode(self) -> list[Any]:
        one_hot = {2: [1, 0, 0], 4: [0, 1, 0], 3: [0, 0, 1]}
        upper = [self.spec["matrix"][i][j] for i in range(6) for j in range(i + 1, 7)]
        return upper + [x for op in self.spec["ops"][1:-1] for x in one_hot[self.ids.index(op)]]


class Compact(Graph):
    """Base of the spaces whose hash is their compact form."""

    def __init__(self, compact: Any) -> None:
        super().__init__()
        self.compact = compact

    def get_compact(self) -> Any:
        return self.compact

    def get_hash(self) -> Any:
        return self.get_compact()


class NB301(Compact):
    """NasBench301SearchSpace."""

    ss_type = "nasbench301"


class ASR(Compact):
    """NasBenchASRSearchSpace."""

    ss_type = "asr"


class NLP(Compact):
    """NasBenchNLPSearchSpace."""

    ss_type = "nlp"


def padded(matrix: Any, ops: Any) -> NB101:
    """A cell with vertices without edges before its output, seven vertices in all."""
    n = len(ops)
    place = [*range(n - 1), 6]
    wide = np.zeros((7, 7), dtype="int8")
    wide[np.ix_(place, place)] = matrix
    return NB101(wide, [*ops[:-1], *["conv3x3-bn-relu"] * (7 - n), "output"])


MATRIX_101 = [[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]
OPS_101 = ["input", np.str_("conv1x1-bn-relu"), "maxpool3x3", "output"]
PADDED_101 = padded(MATRIX_101, OPS_101)
DARTS_301 = NB301([
    [(np.int64(0), np.int64(3)), (1, 0), (2, 2), (0, 4), (1, 6), (3, 5), (0, 1), (4, 3)],
    [(0, 0), (1, 3), (2, 2), (1, 2), (2, 4), (0, 6), (3, 1), (2, 5)],
])  # fmt: skip
CELL_ASR = ASR(((0, 1), (5, 0, 1), (3, 1, 0, 0)))
CELL_NLP = NLP((
    ((0, 4), (1, 4), (4, 5), (5, 6), (2, 6), (5, 7), (6, 7)),
    (0, 0, 0, 0, 6, 2, 5, 4),
    (6, 7),
))  # fmt: skip
ONE_OF_EACH: list[Graph] = [
    PADDED_101, NB201([2, 0, 4, 2, 1, 3]), DARTS_301, CELL_NLP, CELL_ASR, Micro([3, 0, 1, 2, 1, 3]),
    Macro(np.array([1, 4, 2, 3, 0, 0])),
]  # fmt: skip
"""An architecture of each search space."""


class PredictorEvaluator:
    """Calls a predictor as NASLib's evaluator does with experiment_type vary_train_size."""

    def __init__(self, predictor: Any, space: NB201, accuracy: Any, seed: int = 0) -> None:
        self.predictor, self.space, self.accuracy = predictor, space, accuracy
        self.generator = np.random.RandomState(seed)
        predictor.set_ss_type(space.get_type())

    def load_dataset(self, n: int) -> tuple[list[Any], list[float], list[dict[str, Any]]]:
        x = []
        for _ in range(n):
            x.append(self.space.clone())
            x[-1].sample_random_architecture(self.generator)
        return x, [float(self.accuracy(graph)) for graph in x], [{} for _ in x]

    def evaluate(
        self, train_sizes: list[int], test_size: int, hpo: int = 0
    ) -> list[tuple[np.ndarray, list[float], dict[str, Any]]]:
        predictor = self.predictor
        predictor.pre_process()
        xtest, ytest, test_info = self.load_dataset(test_size)
        x, y, info = self.load_dataset(train_sizes[-1])
        requirements = predictor.get_data_reqs()
        unlabeled = None
        if requirements["unlabeled"]:
            unlabeled, _, _ = self.load_dataset(train_sizes[-1] * requirements["unlabeled_factor"])
        predictor.pre_compute(x, xtest, unlabeled)
        results = []
        for n in train_sizes:
            predictor.get_data_reqs()
            predictor.reset_hyperparams()
            if hpo and predictor.get_hpo_wrapper():
                predictor.set_hyperparams(self.run_hpo(x[:n], y[:n], hpo))
            predictor.fit(x[:n], y[:n], info[:n])
            hyperparams = predictor.get_hyperparams()
            scores = predictor.query(xtest, test_info)
            results.append((scores, ytest, hyperparams))
        return results

    def run_hpo(self, x: list[Any], y: list[float], rounds: int) -> dict[str, Any]:
        predictor = copy.deepcopy(self.predictor)
        half = len(x) // 2
        best: tuple[float, dict[str, Any]] = (-np.inf, {})
        for _ in range(rounds):
            hyperparams = predictor.set_random_hyperparams()
            predictor.fit(x[:half], y[:half])
            score = np.corrcoef(predictor.query(x[half:]), y[half:])[0, 1]
            if score > best[0]:
                best = score, hyperparams
        return best[1].copy()


class Ensemble:
    """As NASLib's; it passes on hyper-parameters and pre-computations."""

    def __init__(self, members: list[Any]) -> None:
        self.ensemble = members
        self.hyperparams: Any = None

    def fit(self, xtrain: list[Any], ytrain: list[float], train_info: Any = None) -> list[Any]:
        if self.hyperparams is None and hasattr(self.ensemble[0], "default_hyperparams"):
            self.hyperparams = self.ensemble[0].default_hyperparams.copy()
        for member in self.ensemble:
            member.set_hyperparams(self.hyperparams)
        return [member.fit(xtrain, ytrain, train_info) for member in self.ensemble]

    def query(self, xtest: list[Any], info: Any = None) -> np.ndarray:
        return np.array([member.query(xtest, info) for member in self.ensemble])

    def set_pre_computations(self, **computed: Any) -> None:
        for member in self.ensemble:
            member.set_pre_computations(**computed)


class ZCEnsembleEvaluator:
    """NAS-Bench-Suite-Zero's evaluator: encodings instead of graphs."""

    def __init__(self, n_train: int, n_test: int, space: NB201, accuracy: Any) -> None:
        self.n_train, self.n_test, self.space, self.accuracy = n_train, n_test, space, accuracy
        self.generator = np.random.RandomState(0)

    def sample(self, n: int) -> tuple[list[list[int]], list[float], list[dict[str, float]]]:
        encodings, accuracies = [], []
        for _ in range(n):
            self.space.sample_random_architecture(self.generator)
            encodings.append(self.space.encode())
            accuracies.append(float(self.accuracy(self.space)))
        return encodings, accuracies, [{"synflow": 1e9, "jacov": -1.0} for _ in range(n)]

    def evaluate(self, ensemble: Ensemble) -> tuple[np.ndarray, list[float], dict[str, float]]:
        xtrain, ytrain, scores = self.sample(self.n_train)
        ensemble.set_pre_computations(xtrain_zc_info={"zero_cost_scores": scores})
        ensemble.fit(xtrain, ytrain)
        xtest, ytest, scores = self.sample(self.n_test)
        info = [{"zero_cost_scores": score} for score in scores]
        predictions = np.mean(ensemble.query(xtest, info), axis=0)
        return predictions, ytest, ensemble.ensemble[0].model.get_fscore()


def bananas(
    get_ensemble: Callable[[], list[Any]],
    space: NB201,
    accuracy: Any,
    *,
    n_initial: int,
    rounds: int,
    seed: int,
) -> list[float]:
    """Measure, fit an ensemble, mutate the best, score one at a time, measure the best.

    Returns the accuracies in their order.
    """
    generator = np.random.RandomState(seed)
    order = random.Random(seed)
    x: list[Any] = []
    for _ in range(n_initial):
        x.append(space.clone())
        x[-1].sample_random_architecture(generator)
    y = [float(accuracy(graph)) for graph in x]
    for _ in range(rounds):
        ensemble = Ensemble(get_ensemble())
        ensemble.set_pre_computations(
            xtrain_zc_info={"zero_cost_scores": [{"synflow": 1.0, "params": 2} for _ in x]}
        )
        ensemble.fit(x, y)
        candidates = []
        for i in np.argsort(y)[-5:]:
            for _ in range(4):
                candidates.append(space.clone())
                candidates[-1].mutate(x[i], generator)
        values = []
        for graph in candidates:
            members = np.squeeze(ensemble.query([graph], [{"zero_cost_scores": {"synflow": 1.0}}]))
            values.append(order.gauss(np.mean(members), np.std(members)))
        for i in np.argsort(values)[-4:]:
            x.append(candidates[i])
            y.append(float(accuracy(candidates[i])))
    return y
