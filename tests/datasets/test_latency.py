import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tagates_sk.datasets import load_accel_nasbench, load_latency, load_nasbench201


def test_fbnet_is_the_source():
    data = load_latency("fbnet", ["pixel3", "1080ti_1", "gold_6226"])
    assert data.dags[:2].native()[0][:10] == (7, 8, 1, 8, 4, 8, 8, 8, 7, 4)
    assert_allclose(data.target[0], [17.557745, 10.61535, 111.67225], rtol=1e-6)
    assert data.target_names == ["pixel3", "1080ti_1", "gold_6226"]
    assert len(np.unique(data.dags.table, axis=0)) == len(data.target) == 5000


def test_nasbench201_is_in_the_order_of_the_benchmark():
    data = load_latency("nasbench201", "fpga")
    assert_array_equal(data.dags.table, load_nasbench201().dags.table)
    assert data.target[0] == np.float32(2.57296)
    # On this device every operation takes its own time, so that the order of rows must be right.
    counts = np.stack([(data.dags.table == op).sum(axis=1) for op in range(5)], axis=1)
    fitted = counts @ np.linalg.lstsq(counts, data.target, rcond=None)[0]
    assert np.corrcoef(fitted, data.target)[0, 1] > 0.9999


@pytest.mark.parametrize("space", ["nasbench201", "fbnet"])
def test_every_device_of_a_space_is_measured_and_described(space):
    data = load_latency(space, "all")
    assert data.target.shape == (len(data.dags), 23)
    assert (data.target > 0).all()
    for name in data.target_names:
        device, _, batch = name.rpartition("_")
        assert name in data.DESCR or (device in data.DESCR and f"_{batch}" in data.DESCR)
    assert "MIT" in data.DESCR
    assert "Lower is better" in data.DESCR


def test_fbnet_blocks_take_time_as_their_size_says():
    dags, latency = load_latency("fbnet", "titanx_64", return_X_y=True)
    counts = np.stack([(dags.table == block).sum(axis=1) for block in range(9)], axis=1)
    time = dict(
        zip(dags.space.operations, np.linalg.lstsq(counts, latency, rcond=None)[0], strict=True)
    )
    assert time["skip"] < time["mbconv_k3_e1"] < time["mbconv_k3_e3"] < time["mbconv_k3_e6"]
    assert time["mbconv_k3_e6"] < time["mbconv_k5_e6"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("darts",), "space='darts': latencies come with 'nasbench201' and 'fbnet' only"),
        (("fbnet", "fpga"), "'fpga' is not known. The targets of the latencies of FBNet are 1080"),
        (("nasbench201", []), "it is empty"),
    ],
)
def test_unknown_latency(arguments, message):
    with pytest.raises(ValueError, match=message):
        load_latency(*arguments)


def test_accel_nasbench_is_the_source():
    data = load_accel_nasbench("all")
    values = dict(zip(data.target_names, data.target[0], strict=True))
    assert (values["accuracy"], values["macs"], values["parameters"]) == (
        59.368,
        415361072,
        2501160,
    )
    assert values["latency-zcu102"] == np.float32(5.023423633627983)
    assert values["throughput-vck190"] == np.float32(2441.027553765596)
    network = data.dags[:1].native()[0]
    assert [[network[f"block{b}_{key}"] for key in ("e", "k", "l", "se")] for b in range(7)] == [
        [6, 3, 1, 0], [4, 5, 2, 0], [6, 3, 3, 0], [6, 5, 3, 0], [6, 5, 2, 0], [1, 3, 2, 0],
        [1, 3, 2, 0],
    ]  # fmt: skip
    missing = np.isnan(data.target).sum(axis=0)
    assert {n: k for n, k in zip(data.target_names, missing, strict=True) if k} == {
        "throughput-3090": 2, "throughput-tpuv2": 19, "throughput-tpuv3": 23,
    }  # fmt: skip
    assert "Apache-2.0" in data.DESCR
    assert all(name in data.DESCR for name in data.target_names)


def test_accel_nasbench_accuracies_belong_to_their_networks():
    dags, accuracy = load_accel_nasbench(return_X_y=True)
    assert len(dags) == len(accuracy) == 2569
    layers = [sum(v for k, v in native.items() if k.endswith("_l")) for native in dags.native()]
    assert np.corrcoef(layers, accuracy)[0, 1] > 0.3


def test_unknown_target_of_accel_nasbench():
    with pytest.raises(ValueError, match="'top1' is not known"):
        load_accel_nasbench("top1")
