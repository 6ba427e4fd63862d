import time

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import kendalltau
from sklearn.model_selection import train_test_split
from sklearn.utils import Bunch

from tagates_sk.datasets import load_enas_oneshot, load_nasbench101, load_nasbench201
from tagates_sk.spaces import NASBench101, NASBench201


@pytest.fixture(scope="module")
def nasbench101():
    return load_nasbench101()


def test_nasbench201_is_the_published_benchmark():
    data = load_nasbench201()
    assert isinstance(data, Bunch)
    assert len(data.dags) == len(data.target) == 15625
    assert data.target.dtype == np.float64
    assert data.target_names == ["cifar10"]
    assert data.target.argmax() == 6111
    assert round(data.target[6111], 2) == 94.37
    assert NASBench201().to_digits(data.dags[[6111]].native()[0]) == (3, 3, 3, 1, 3, 2)
    assert len(np.unique(data.dags.table, axis=0)) == 15625
    assert "MIT" in data.DESCR


def test_nasbench201_other_image_sets():
    data = load_nasbench201(["cifar100", "imagenet16-120"])
    assert data.target.shape == (15625, 2)
    assert_array_equal(data.target.argmax(axis=0), [9930, 857])
    assert_allclose(data.target.max(axis=0), [73.51, 47.31], atol=0.005)
    short = load_nasbench201(("cifar10-12epochs",))
    assert short.target.shape == (15625, 1)
    assert short.target[0, 0] == 69.55


def test_nasbench201_all_targets():
    data = load_nasbench201("all")
    assert data.target.shape == (15625, len(data.target_names)) == (15625, 13)
    columns = dict(zip(data.target_names, data.target.T, strict=True))
    runs = [np.isfinite(columns[f"cifar10-run{k}"]).sum() for k in (1, 2, 3)]
    assert runs == [15625, 13400, 7961]
    rest = [column for name, column in columns.items() if "run" not in name]
    assert np.isfinite(rest).all()
    mean = np.nanmean([columns[f"cifar10-run{k}"] for k in (1, 2, 3)], axis=0)
    difference = np.abs(mean - columns["cifar10"])
    assert (difference < 0.01).mean() > 0.84
    assert difference.max() < 2.3


def test_nasbench201_has_341_disconnected_cells_at_chance():
    data = load_nasbench201()
    packed = data.dags.packed()
    disconnected = np.diff(packed.node_ptr) == 1
    assert disconnected.sum() == 341
    assert (data.target[disconnected] <= 10.0).all()


def test_nasbench201_split():
    data = load_nasbench201()
    assert_array_equal(data.train_indices, np.arange(7813))
    assert_array_equal(data.test_indices, np.arange(7813, 15625))


def test_nasbench101_is_the_published_benchmark(nasbench101):
    data = nasbench101
    assert len(data.dags) == len(data.target) == len(data.parameters) == 423624
    assert round(data.target[0], 4) == 92.0606
    assert round(data.target.max(), 3) == 94.318
    assert round(data.target.min(), 3) == 9.976
    assert data.parameters[0] == 8555530
    assert "Apache-2.0" in data.DESCR


def test_nasbench101_has_the_published_numbers_of_vertices(nasbench101):
    vertices = 2 + (nasbench101.dags.table[:, 21:] != 3).sum(axis=1)
    assert np.bincount(vertices).tolist() == [0, 0, 1, 6, 84, 2441, 62010, 359082]


def test_nasbench101_cells_are_valid_and_different(nasbench101):
    space = NASBench101()
    rows = np.random.RandomState(0).randint(423624, size=300)
    cells = nasbench101.dags[rows]
    space.sequence(cells.native())
    assert len({space.canonical(cell) for cell in cells.native()}) == len(set(rows))
    vertices = 2 + (cells.table[:, 21:] != 3).sum(axis=1)
    assert_array_equal(np.diff(cells.packed().node_ptr), vertices)


def test_nasbench101_multi_fidelity(nasbench101):
    part = nasbench101.multi_fidelity
    assert part.index.shape == part.train_time.shape == (30001,)
    assert part.validation_accuracy.shape == (30001, 4)
    assert part.epochs.tolist() == [4, 12, 36, 108]
    final = part.validation_accuracy[:, 3]
    tau = [
        kendalltau(column, nasbench101.target[part.index]).statistic
        for column in part.validation_accuracy.T
    ]
    assert_allclose(tau, [0.33, 0.46, 0.71, 0.90], atol=0.01)
    assert 0 < part.validation_accuracy.min() < final.max() < 100


def test_nasbench101_split(nasbench101):
    train, test = nasbench101.train_indices, nasbench101.test_indices
    assert train.shape == test.shape == (7290,)
    assert len(np.union1d(train, test)) == 14580
    assert round(nasbench101.target[train].mean(), 1) == 90.4
    assert round(nasbench101.target[test].mean(), 1) == 87.5


def test_enas_oneshot():
    data = load_enas_oneshot()
    assert len(data.dags) == len(data.target) == 20020
    assert (data.target.min(), data.target.max()) == (70.20, 75.02)
    assert len(np.unique(data.dags.table, axis=0)) == 20015
    both = np.concatenate([data.train_indices, data.test_indices])
    assert len(data.test_indices) == 1902
    assert_array_equal(np.sort(both), np.arange(1000, 20020))
    data.dags.space.sequence(data.dags[:200].native())
    assert data.dags.native()[0] == (
        (1,), (4, 0), (5, 0, 0), (0, 1, 1, 1), (2, 1, 1, 1, 1), (3, 0, 0, 0, 0, 1)
    )  # fmt: skip


@pytest.mark.parametrize("load", [load_nasbench101, load_nasbench201, load_enas_oneshot])
def test_as_X_and_y(load):
    X, y = load(return_X_y=True)
    assert len(X) == len(y)
    assert y.ndim == 1
    X_train, X_test, y_train, _ = train_test_split(X, y, train_size=5, test_size=3, random_state=0)
    assert (len(X_train), len(X_test)) == (5, 3)
    assert_array_equal(y[X_train.rows], y_train)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("imagenet", "target='imagenet': 'imagenet' is not known. The targets of NAS-Bench-201"),
        (["cifar10", "svhn"], "'svhn' is not known"),
        ([], "it is empty. The targets of"),
    ],
)
def test_unknown_target(target, message):
    with pytest.raises(ValueError, match=message):
        load_nasbench201(target)


@pytest.mark.slow
def test_speed():
    start = time.perf_counter()
    dags = load_nasbench201().dags
    loaded = time.perf_counter()
    dags.packed()
    packed = time.perf_counter()
    assert loaded - start < 0.5
    assert 15625 / (packed - loaded) > 200_000
    start = time.perf_counter()
    dags = load_nasbench101().dags
    loaded = time.perf_counter()
    for i in range(0, 100_000, 10_000):
        dags[i : i + 10_000].packed()
    packed = time.perf_counter()
    assert loaded - start < 2
    assert 100_000 / (packed - loaded) > 100_000


@pytest.mark.parametrize("load", [load_nasbench201, load_nasbench101])
class TestZeroCost:
    def test_vectors_are_attached(self, load):
        data = load(zero_cost=True)
        vectors = data.dags.packed().zero_cost
        assert vectors.shape[1] == 5
        assert np.isfinite(vectors).all()
        weighted = vectors[(vectors != 0).any(axis=1)]
        assert_allclose(weighted.mean(axis=0), 0, atol=0.01)
        for dag in data.dags[[5, 500]]:
            places = dag.nodes if load is load_nasbench101 else dag.edges
            for attributes in places.values():
                named = attributes.get("op", "none") not in ("none", "input", "output")
                assert ("zero_cost" in attributes) == named

    def test_everything_else_is_the_same(self, load):
        bare, data = load(), load(zero_cost=True)
        half = data.train_indices
        assert data.dags.base[half[:50]].native() == bare.dags[bare.train_indices[:50]].native()
        for part in ("train_indices", "test_indices"):
            assert_array_equal(data.target[data[part]], bare.target[bare[part]])
        X, y = load(zero_cost=True, return_X_y=True)
        assert len(X) == len(y) == len(data.dags)


def test_nasbench101_split_with_zero_cost_has_its_fidelities(nasbench101):
    data = load_nasbench101(zero_cost=True)
    assert len(data.dags) == 14580
    part = data.multi_fidelity
    assert len(part.index) == 520 + 522
    whole = np.full(423624, np.nan)
    whole[nasbench101.multi_fidelity.index] = nasbench101.multi_fidelity.train_time
    original = np.concatenate([nasbench101.train_indices, nasbench101.test_indices])
    assert_array_equal(part.train_time, whole[original[part.index]])
