"""Networks: published sizes, every kind of architecture, and how weights are drawn."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from torch import nn
from torch.nn import functional as F

from tagates_sk.graphs import InvalidArchitectureError, read_architectures
from tagates_sk.spaces import DARTS, ENASMacro, ENASMicro, Genotype, NASBench101, NASBench201
from tagates_sk.zero_cost import UnregisteredOperationError, build_network
from tagates_sk.zero_cost.network import NetworkConfig, network_from_packed
from tagates_sk.zero_cost.operations import factories_for
from tests.small import chain
from tests.strategies import architecture_lists
from tests.zero_cost.forms import nodes, parallel_edges

# 200 cells each of NAS-Bench-201 and NAS-Bench-101, drawn without replacement by
# numpy.random.default_rng(0) out of all. NAS-Bench-201: `params` on CIFAR-10, in millions, from
# github.com/BayesWatch/nas-without-training (MIT). NAS-Bench-101: `trainable_parameters` from
# github.com/NiccoloCavagnero/FreeREA (MIT); the benchmark itself is Apache-2.0.
PUBLISHED = np.load(Path(__file__).parent / "published_parameters.npz")

SPACES = [NASBench201(), NASBench101(), DARTS(), ENASMicro(), ENASMacro()]


def size(packed, **options):
    """Number of parameters, without making them."""
    config = NetworkConfig(**options, device="meta")
    network = network_from_packed(packed, config, factories_for(packed.operations), 0)
    return sum(parameter.numel() for parameter in network.parameters())


def test_published_sizes_of_nasbench201():
    space = NASBench201(encoding="nasbench201")
    weights = {"nor_conv_1x1": 1, "nor_conv_3x3": 9}

    def of_operations(names):
        return sum(
            5 * (weights[name] * c * c + 2 * c)
            for name in names
            if name in weights
            for c in (16, 32, 64)
        )

    exact = 0
    for digits, published in zip(
        PUBLISHED["nb201_digits"], PUBLISHED["nb201_params_m"], strict=True
    ):
        packed = space.sequence([digits]).packed()
        # The published networks contain operations on dead ends too.
        all_of_them = of_operations(space.operations[digit] for digit in digits)
        alive = of_operations(packed.operations[t] for t in packed.op_type)
        found = size(packed, stem_channels=16, cells_per_stage=5) + all_of_them - alive
        equal = found / 1e6 == pytest.approx(published, abs=1e-9)
        exact += equal
        # 1.3% of the published numbers are means over runs that do not agree: few of them are
        # whole numbers.
        assert equal or abs(published * 1e6 - round(published * 1e6)) > 0.1
    assert exact >= 197


def test_published_sizes_of_nasbench101():
    space = NASBench101()
    exact = 0
    for n, bits, ops, published in zip(
        *(PUBLISHED[f"nb101_{name}"] for name in ("n_nodes", "adj_bits", "ops", "params")),
        strict=True,
    ):
        matrix = np.zeros((7, 7), dtype=int)
        matrix[np.triu_indices(7, 1)] = bits >> np.arange(21) & 1
        labels = ["input", *(space.operations[op] for op in ops[: n - 2]), "output"]
        packed = space.sequence([(matrix[:n, :n], labels)]).packed()
        found = size(packed, skeleton="nasbench101", stem_channels=128, cells_per_stage=3)
        exact += found == published
        # Which vertices get the remaining channels depends on the order they are in.
        assert abs(found / published - 1) < 0.02
    assert exact >= 190


def test_published_size_of_darts():
    """The second-order cells that DARTS reports with 3.3 million parameters."""
    genotype = Genotype(
        [
            ("sep_conv_3x3", 0), ("sep_conv_3x3", 1), ("sep_conv_3x3", 0), ("sep_conv_3x3", 1),
            ("sep_conv_3x3", 1), ("skip_connect", 0), ("skip_connect", 0), ("dil_conv_3x3", 2),
        ],
        [2, 3, 4, 5],
        [
            ("max_pool_3x3", 0), ("max_pool_3x3", 1), ("skip_connect", 2), ("max_pool_3x3", 1),
            ("max_pool_3x3", 0), ("skip_connect", 2), ("skip_connect", 2), ("max_pool_3x3", 1),
        ],
        [2, 3, 4, 5],
    )  # fmt: skip
    packed = DARTS().sequence([genotype]).packed()
    assert size(packed, stem_channels=36, cells_per_stage=6) == 3_349_342


def check(architecture, **options):
    """Build, forwards, backwards; the network."""
    options = {"stem_channels": 4, "random_state": 0, **options}
    network = build_network(architecture, **options)
    shape = (2, options.get("in_channels", 3), 16, 16)
    images = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    logits = network(images)
    assert logits.shape == (2, options.get("n_classes", 10))
    F.cross_entropy(logits, torch.tensor([0, 1])).backward()
    for modules in network.operation_modules:
        for module in modules:
            for parameter in module.parameters():
                assert parameter.grad is not None
                assert parameter.grad.isfinite().all()
    assert all(g.isfinite().all() for g in (p.grad for p in network.parameters()) if g is not None)
    return network


@pytest.mark.parametrize("space", SPACES, ids=repr)
def test_every_space(space):
    for architecture in space.sample(6, random_state=1):
        network = check(architecture)
        packed = read_architectures([architecture])
        assert len(network.operation_modules) == len(packed.op_type)
        for code, modules in zip(packed.op_type, network.operation_modules, strict=True):
            assert code >= 0 or modules == []


@settings(max_examples=20)
@given(architecture_lists(max_size=1))
def test_every_dag(architectures):
    check(*architectures)


@pytest.mark.parametrize("skeleton", ["nasbench201", "nasbench101", "darts", "macro"])
def test_every_skeleton(skeleton):
    check(nodes(a="conv3x3", b="maxpool3x3"), skeleton=skeleton, n_classes=3, in_channels=2)


def test_nasbench101_with_fewer_channels_than_vertices():
    edges = [(u, v) for v in "abcdef" for u in ("in",)] + [(v, "out") for v in "abcdef"]
    check(nodes(*edges, **dict.fromkeys("abcdef", "conv_3x3")), stem_channels=2)


def test_macro_networks():
    blocks = ("residual_conv_widen", "residual_conv_reduce", "residual_conv_widen_reduce")
    on_edges = check(chain(*blocks))
    assert on_edges.classifier.in_features == 16
    ops = dict(zip("abc", blocks, strict=True))
    edges = [("in", "a"), ("a", "b"), ("b", "c"), ("a", "c"), ("c", "out"), ("b", "out")]
    assert check(nodes(*edges, **ops)).classifier.in_features == 16
    mixed = chain("residual_conv_reduce", "skip_connect")
    mixed.add_edge(0, 2, op="residual_conv")
    check(mixed)
    inverted = check(chain("inverted_residual_3x3_e3", "identity", "inverted_residual_5x5_e6"))
    assert [len(modules) for modules in inverted.operation_modules] == [1, 1, 1]


def test_automatic_skeletons():
    def parts(cell, **options):
        return len(check(cell, **options).body)

    assert parts(chain("conv_3x3")) == 5  # a cell, a reduction, a cell, ...
    assert parts(nodes(a="conv_3x3")) == 5
    assert parts(nodes(a="conv3x3", b="maxpool3x3")) == 1  # ENAS macro
    assert parts(nodes(a="maxpool3x3")) == 5  # may be of NAS-Bench-101
    assert parts((nodes(a="conv3x3"),) * 3, cells_per_stage=2) == 2 * 4 + 4 + 2  # normal, reduction


class Named(nn.Conv2d):
    """A pointwise convolution that knows which operation it is of."""

    def __init__(self, name, in_channels, out_channels, stride):
        super().__init__(in_channels, out_channels, 1, stride)
        self.name = name


@pytest.mark.parametrize("space", SPACES, ids=repr)
def test_operation_modules_in_packed_order(space):
    def named(name):
        return lambda *shape: Named(name, *shape)

    own = {name: named(name) for name in space.operations}
    for architecture in space.sample(4, random_state=2):
        packed = read_architectures([architecture])
        network = build_network(architecture, operations=own, stem_channels=4, cells_per_stage=2)
        names = [{m.name for m in modules} for modules in network.operation_modules]
        assert names == [{packed.operations[t]} if t >= 0 else set() for t in packed.op_type]
        every = [m for modules in network.operation_modules for m in modules]
        assert len(set(map(id, every))) == len(every)
        assert set(every) == {m for m in network.modules() if isinstance(m, Named)}


def test_repetitions():
    network = build_network(chain("conv_3x3", "skip_connect"), cells_per_stage=2, n_stages=4)
    assert [len(modules) for modules in network.operation_modules] == [8, 8]
    assert [m.out_channels for m in network.operation_modules[0][::2]] == [16, 32, 64, 128]
    normal, reduce = chain("conv_3x3"), chain("conv_1x1")
    network = build_network((normal, reduce), cells_per_stage=3)
    assert [len(modules) for modules in network.operation_modules] == [9, 2]


def test_cells_that_nothing_uses_are_left_out():
    """Cells take the last output but one only, so every second cell leads nowhere."""
    cell = chain("conv_3x3")
    cell.nodes[0]["input"] = 0
    two = nx.DiGraph([(0, 2, {"op": "conv_1x1"}), (1, 2, {"op": "none"})])
    two.nodes[1]["input"] = 1
    other = copy.deepcopy(cell)
    other.nodes[0]["input"] = 1
    network = check((cell, other), cells_per_stage=2, n_stages=2)  # N N R N N
    assert [len(modules) for modules in network.operation_modules] == [2, 1]
    check((two, cell))


def no_path(on_node):
    if on_node:
        return nodes(("in", "a"), ("b", "out"), a="conv_3x3", b="conv_1x1")
    cell = chain("conv_3x3", "none")
    cell.nodes[2]["op"] = "output"
    return cell


@pytest.mark.parametrize("on_node", [True, False])
@pytest.mark.parametrize("n_cells", [1, 2])
def test_cells_without_a_path(on_node, n_cells):
    cells = (no_path(on_node),) * n_cells
    network = check(cells)
    assert all(modules == [] for modules in network.operation_modules)
    assert torch.equal(*network(torch.randn(2, 3, 8, 8)))
    if n_cells == 2:
        check((chain("conv_3x3"), no_path(on_node)))
        check((no_path(on_node), chain("conv_3x3")))


def test_wires_and_dead_ends():
    cell = chain("conv_3x3", "conv_1x1")
    cell.add_edge(0, 3)
    cell.add_edge(0, 4, op="conv_1x1")
    cell.nodes[3]["op"] = "output"
    packed = read_architectures([cell], prune=False)
    network = network_from_packed(packed, NetworkConfig(), factories_for(packed.operations), 0)
    assert all(modules == [] for modules in network.operation_modules)
    network(torch.randn(2, 3, 8, 8)).sum().backward()


def test_equal_seeds():
    cell = NASBench201("nasbench201").to_dag((3, 3, 2, 1, 3, 2))
    one, same = (build_network(cell, random_state=3).state_dict() for _ in range(2))
    assert all(torch.equal(one[key], same[key]) for key in one)
    state = np.random.RandomState(3)
    third, fourth = (build_network(cell, random_state=state).state_dict() for _ in range(2))
    assert all(torch.equal(one[key], third[key]) for key in one)
    name = "classifier.weight"
    assert not torch.equal(third[name], fourth[name])
    assert not torch.equal(build_network(cell).state_dict()[name], one[name])


def test_kaiming_weights():
    network = build_network(chain("conv_3x3", "linear"), stem_channels=64, random_state=0)
    convolution = network.operation_modules[0][0]
    assert convolution.weight.std().item() == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.02)
    assert not convolution.bias.any()
    assert network.classifier.weight.std().item() == pytest.approx((2 / 256) ** 0.5, rel=0.05)
    assert not network.classifier.bias.any()


class Drawing(nn.Module):
    """Has a parameter that is no convolution's and drawn from torch's own random state."""

    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.gain = nn.Parameter(torch.rand(in_channels, 1, 1))
        self.up = nn.ConvTranspose2d(in_channels, out_channels, 3, padding=1)

    def forward(self, x):
        return self.up(self.gain * x)


def test_global_random_state():
    cell = chain("conv_3x3", "drawing")
    before = torch.random.get_rng_state()

    def gains(seed):
        network = check(cell, operations={"drawing": Drawing}, random_state=seed)
        return torch.stack([module.gain for module in network.operation_modules[1][:1]])

    first, other = gains(0), gains(1)
    assert torch.equal(first, gains(0))
    assert not torch.equal(first, other)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(gains, [0, 1] * 6))
    assert all(torch.equal(found[i], first if i % 2 == 0 else other) for i in range(12))
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies(copied):
    own = dict.fromkeys(("x2", "x3", "x5"), Drawing)
    network = build_network(parallel_edges(), operations=own)
    other = copied(network)
    assert {m for ms in other.operation_modules for m in ms} <= set(other.modules())
    images = torch.randn(2, 3, 8, 8)
    assert torch.equal(network(images), other(images))


def test_devices():
    network = build_network(chain("conv_3x3"), device="meta")
    assert {parameter.device.type for parameter in network.parameters()} == {"meta"}
    with pytest.raises(ValueError, match="device='abacus' is no device that torch knows"):
        build_network(chain("conv_3x3"), device="abacus")


def test_config():
    config = NetworkConfig("darts", stem_channels=8)
    assert pickle.loads(pickle.dumps(config)) == config
    assert hash(config) == hash(NetworkConfig("darts", 8))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"skeleton": "resnet"}, "skeleton='resnet' is none of 'auto', 'darts', 'macro', 'nasb"),
        ({"stem_channels": 0}, "stem_channels=0 must be a whole number from 1 on"),
        ({"n_stages": 2.5}, "n_stages=2.5 must be a whole number from 1 on"),
        ({"n_classes": True}, "n_classes=True must be a whole"),
    ],
)
def test_option_errors(options, message):
    with pytest.raises(ValueError, match=message):
        build_network(chain("conv_3x3"), **options)


def test_architecture_errors():
    edge, node = chain("conv_3x3"), nodes(a="conv_3x3")
    for skeleton in ("nasbench201", "nasbench101", "macro"):
        with pytest.raises(
            InvalidArchitectureError, match=rf"X\[0\] has 2 cells; skeleton='{skeleton}' is for one"
        ):
            build_network((edge, node), skeleton=skeleton)
    with pytest.raises(InvalidArchitectureError, match="operations on edges; skeleton='nasbench10"):
        build_network(edge, skeleton="nasbench101")
    packed = read_architectures([edge, edge])
    factories = factories_for(packed.operations)
    with pytest.raises(ValueError, match="2 architectures were given; a network is built of exa"):
        network_from_packed(packed, NetworkConfig(), factories, 0)
    with pytest.raises(UnregisteredOperationError, match=r"X\[0\], edge \(0, 1\): operation 'con"):
        network_from_packed(read_architectures([edge]), NetworkConfig(), {}, 0)
