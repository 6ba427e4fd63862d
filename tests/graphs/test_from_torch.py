"""Networks of torch as DAGs."""

from __future__ import annotations

import copy
import random
import time
from collections import Counter
from functools import cache
from typing import Any

import networkx as nx
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from networkx.algorithms.isomorphism import categorical_node_match
from torch import nn

from tagates_sk import InvalidArchitectureError, TAGATESRanker
from tagates_sk.graphs import from_torch, read_architectures
from tests.graphs import networks
from tests.graphs.networks import CASES, IMAGE, ROW, SEQUENCE, Case
from tests.small import SMALL


def operations(dag: nx.DiGraph) -> Counter[str]:
    """The operations of a graph, without its ends."""
    return Counter(op for _, op in dag.nodes(data="op") if op not in ("input", "output"))


def total(dag: nx.DiGraph, key: str = "parameters") -> float:
    """The sum of an attribute over all operations."""
    return sum(a.get(key, 0) for _, a in dag.nodes(data="attributes") if a is not None)


def same(a: nx.DiGraph, b: nx.DiGraph) -> bool:
    """Whether graphs are isomorphic, names of operations and marks of inputs included."""
    return nx.is_isomorphic(a, b, node_match=categorical_node_match(["op", "input"], [None, 0]))


def n_parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@cache
def exported(name: str) -> tuple[nn.Module, nx.DiGraph]:
    """A network and its graph, traced once for all tests."""
    module = CASES[name].build()
    return module, from_torch(module, CASES[name].inputs)


def check(dag: nx.DiGraph, case: Case, module: nn.Module) -> None:
    assert operations(dag) == Counter(case.operations)
    assert nx.dag_longest_path_length(dag) == case.depth + 1
    assert total(dag) == n_parameters(module) - case.unused
    ops = [op for _, op in dag.nodes(data="op")]
    assert ops.count("input") == len(case.inputs)
    assert ops.count("output") == 1
    assert ops[-1] == "output"
    assert read_architectures([dag]).operations


def test_there_are_fifty_networks():
    assert len(CASES) >= 50


@pytest.mark.parametrize("name", CASES)
def test_exported(name):
    module, dag = exported(name)
    check(dag, CASES[name], module)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.symbolic])
def test_without_inputs_the_graph_is_the_same(name):
    if name == "optional_given":  # without inputs, defaults hold
        name = "optional_left_out"
    module, dag = exported(name)
    symbolic = from_torch(module)
    check(symbolic, CASES[name], module)
    assert same(symbolic, dag)


@pytest.mark.parametrize("name", ["basic_block", "vision_transformer", "siamese", "lstm"])
def test_graphs_can_be_ranked_together(name):
    names = ["basic_block", "mixer", "inception", "highway", name]
    dags = [exported(n)[1] for n in names]
    ranker = TAGATESRanker(**SMALL | {"max_iter": 2}).fit(dags, np.arange(5.0))
    assert np.isfinite(ranker.predict(dags)).all()


def test_functional_and_module_forms_are_one_graph():
    modules = from_torch(networks.Modules(), IMAGE)
    assert same(modules, from_torch(networks.Functional(), IMAGE))
    assert same(modules, from_torch(networks.Functional()))


def test_names_of_attributes_mean_nothing():
    class Renamed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.second, self.first = nn.Linear(4, 8), nn.Linear(8, 4)

        def forward(self, x):
            return self.second(torch.relu(self.first(x)))

    plain = nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 8))
    assert same(from_torch(Renamed(), ROW), from_torch(plain, ROW))


@pytest.mark.parametrize("inputs", [None, IMAGE])
def test_an_activation_in_place_changes_the_shortcut(inputs):
    """The sum reads the activated tensor, not the one before."""
    plain = from_torch(networks.PreActivation(False), inputs)
    in_place = from_torch(networks.PreActivation(True), inputs)
    (add,) = [n for n, op in in_place.nodes(data="op") if op == "add"]
    assert {in_place.nodes[n]["op"] for n in in_place.predecessors(add)} == {"conv2d_3x3", "relu"}
    assert not same(plain, in_place)


def test_attributes_of_a_convolution():
    dag = from_torch(nn.Conv2d(4, 8, (3, 5), stride=2, groups=2), torch.zeros(1, 4, 9, 9))
    assert dag.nodes[1]["op"] == "conv2d_3x5_groups2_stride2"
    assert dag.nodes[1]["attributes"] == {
        "kernel_height": 3, "kernel_width": 5, "stride": 2, "dilation": 1, "in_channels": 4,
        "out_channels": 8, "groups": 2, "macs": 8 * 4 * 3 * (2 * 15), "parameters": 8 * 2 * 15 + 8,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("module", "inputs", "macs"),
    [
        (nn.Linear(8, 3), ROW, 2 * 8 * 3),
        (nn.ConvTranspose2d(3, 4, 2, 2), IMAGE, 16 * 16 * 3 * 4 * 4),
        (nn.Conv1d(8, 8, 3, groups=8), (torch.zeros(1, 8, 10),), 8 * 8 * 3),
        (nn.LSTM(8, 6), (torch.zeros(5, 2, 8),), 10 * (24 * 8 + 24 * 6)),
        (networks.SelfAttention(True), SEQUENCE, 5 * 8 * 24 + 2 * 5 * 5 * 8 + 5 * 64),
        (networks.SelfAttention(False), SEQUENCE, 5 * 8 * 24 + 2 * 5 * 5 * 8 + 5 * 64),
        (networks.CrossAttention(), SEQUENCE * 2, 5 * 8 * 24 + 2 * 5 * 5 * 8 + 5 * 64),
        (networks.Experts(), ROW, 2 * (3 * 32 + 24) + 2 * 3 * 4),
        (networks.ByHand(), ROW, 2 * 8 * 4),
    ],
)
def test_multiply_accumulates(module, inputs, macs):
    assert total(from_torch(module, inputs), "macs") == macs


def test_shared_weights_count_once():
    dag = from_torch(networks.Shared(), ROW)
    found = [a["parameters"] for _, a in dag.nodes(data="attributes") if a and "macs" in a]
    assert found == [72, 0, 0]


def test_inputs_are_numbered():
    dag = from_torch(CASES["film"].build(), ROW * 2)
    assert [d["input"] for _, d in dag.nodes(data=True) if d["op"] == "input"] == [0, 1]


def test_inputs_by_name_and_as_a_single_tensor():
    module = networks.Optional()
    by_name = from_torch(module, {"x": ROW[0], "context": ROW[0]})
    assert same(by_name, from_torch(module, ROW * 2))
    assert same(from_torch(module, ROW[0]), from_torch(module, ROW))


def test_attributes_are_not_read():
    dag = from_torch(networks.BasicBlock(3, 3), IMAGE)
    bare = nx.create_empty_copy(dag)
    bare.add_edges_from(dag.edges)
    for node in bare:
        bare.nodes[node].pop("attributes", None)
    a, b = read_architectures([dag]), read_architectures([bare])
    assert a.operations == b.operations
    assert np.array_equal(a.op_type, b.op_type)


class TestModules:
    """One operation for each module that the network calls."""

    def test_resnet(self):
        module = nn.Sequential(
            networks.conv(3, 3), networks.BasicBlock(3, 3), networks.BasicBlock(3, 6, 2)
        )
        expected = [
            "input",
            "conv2d_3x3",
            "BasicBlock(add, 2*batch_norm, 2*conv2d_3x3, 2*relu)",
            "BasicBlock(add, 3*batch_norm, conv2d_1x1_stride2, conv2d_3x3, conv2d_3x3_stride2, "
            "2*relu)",
            "output",
        ]
        for inputs in (None, IMAGE):
            dag = from_torch(module, inputs, detail="modules")
            assert [op for _, op in dag.nodes(data="op")] == expected
            assert list(dag.edges) == [(0, 1), (1, 2), (2, 3), (3, 4)]
            assert total(dag) == n_parameters(module)
        fine = from_torch(module, IMAGE)
        assert total(dag, "macs") == total(fine, "macs")
        assert dag.nodes[3]["attributes"]["in_channels"] == 3
        assert dag.nodes[3]["attributes"]["out_channels"] == 6
        assert dag.nodes[3]["attributes"]["operations"] == 9

    def test_functions_of_the_network_itself_stay(self):
        dag = from_torch(networks.DartsCell(), IMAGE, detail="modules")
        assert operations(dag) == {
            "SeparableConv(conv2d_1x1, conv2d_3x3_depthwise, relu)": 1,
            "SeparableConv(conv2d_1x1, conv2d_5x5_depthwise_dilation2, relu)": 1,
            "max_pool2d_3x3": 1,
            "add": 2,
            "cat": 1,
        }

    def test_a_module_called_twice_is_two_operations(self):
        class Twice(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.block = networks.HighwayGate()

            def forward(self, x):
                return self.block(self.block(x))

        for inputs in (None, ROW):
            dag = from_torch(Twice(), inputs, detail="modules")
            assert len(dag) == 4
            assert total(dag) == n_parameters(Twice())

    def test_containers_are_opened(self):
        dag = from_torch(CASES["vision_transformer"].build(), IMAGE, detail="modules")
        block = "EncoderBlock(2*add, gelu, 2*layer_norm, 2*linear, multihead_attention_2heads)"
        assert operations(dag)[block] == 2


def test_nothing_of_the_network_changes():
    module = nn.Sequential(
        networks.conv_bn_relu(3, 4), nn.Dropout(), nn.Flatten(), nn.Linear(1024, 2)
    )
    module[0][1].eval()  # a frozen norm within a network in training
    module(IMAGE[0]).sum().backward()
    calls = []
    module.register_forward_hook(lambda *_: calls.append("hook"))
    module[0][0].register_forward_pre_hook(lambda *_: calls.append("pre"))
    modes = [part.training for part in module.modules()]
    state = copy.deepcopy(module.state_dict())
    gradients = [parameter.grad.clone() for parameter in module.parameters()]
    identities = [id(parameter) for parameter in module.parameters()]
    attributes = [sorted(vars(part)) for part in module.modules()]
    seeds = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
    fast, threads = torch.backends.mha.get_fastpath_enabled(), torch.get_num_threads()
    for inputs in (None, IMAGE):
        from_torch(module, inputs)
        from_torch(module, inputs, detail="modules")
    assert not calls
    assert [part.training for part in module.modules()] == modes
    assert all(torch.equal(state[key], value) for key, value in module.state_dict().items())
    assert all(torch.equal(g, p.grad) for g, p in zip(gradients, module.parameters(), strict=True))
    assert [id(parameter) for parameter in module.parameters()] == identities
    assert [sorted(vars(part)) for part in module.modules()] == attributes
    assert torch.equal(torch.get_rng_state(), seeds[0])
    assert np.random.get_state()[1].tolist() == seeds[1]  # noqa: NPY002
    assert random.getstate() == seeds[2]
    assert torch.backends.mha.get_fastpath_enabled() == fast
    assert torch.get_num_threads() == threads
    assert torch.is_grad_enabled()
    module(IMAGE[0])
    assert calls == ["pre", "hook"]


def test_a_module_that_remembers_tensors_keeps_what_it_had():
    class Remembers(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer, self.last, self.random = nn.Linear(8, 8), None, []

        def forward(self, x):
            self.random.append(torch.rand(1))
            self.last = self.layer(x)
            return self.last

    module = Remembers()
    before = torch.get_rng_state()
    assert operations(from_torch(module, ROW)) == {"linear": 1}
    assert module.last is None
    assert module.random == []
    assert torch.equal(torch.get_rng_state(), before)


def test_nothing_is_printed(capfd):
    with pytest.raises(InvalidArchitectureError):
        from_torch(nn.Sequential(Branching()), ROW)
    from_torch(networks.Shared(), ROW)
    assert capfd.readouterr() == ("", "")


class Branching(nn.Module):
    """A path that depends on values."""

    def forward(self, x):
        if x.sum() > 0:
            return x * x
        return torch.relu(x)


class Early(nn.Module):
    """Stops a loop by values."""

    def forward(self, x):
        for _ in range(5):
            x = torch.tanh(x)
            if x.max().item() < 0.1:
                break
        return x


class Wrong(nn.Module):
    """Fails on its inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(7, 7)

    def forward(self, x):
        return helper(self.layer, x)


def helper(layer: nn.Module, x: torch.Tensor) -> Any:
    return layer(x)


class ToNumpy(nn.Module):
    """Leaves torch."""

    def forward(self, x):
        return torch.from_numpy(np.sin(x.numpy()))


class Lookup(nn.Module):
    """Values decide which layer runs."""

    def __init__(self) -> None:
        super().__init__()
        self.experts = nn.ModuleList([nn.Linear(8, 8), nn.Linear(8, 8)])

    def forward(self, x):
        return self.experts[int(x.argmax())](x)


REFUSED = [
    (Branching, "if x.sum() > 0:", "path depends on values"),
    (Early, "if x.max().item() < 0.1:", "path depends on values"),
    (ToNumpy, "return torch.from_numpy(np.sin(x.numpy()))", "numpy"),
    (Lookup, "return self.experts[int(x.argmax())](x)", None),
]


@pytest.mark.parametrize(("cls", "code", "reason"), REFUSED)
def test_refused_with_module_and_line(cls, code, reason):
    module = nn.Sequential(nn.ReLU(), nn.Sequential(cls()))
    with pytest.raises(InvalidArchitectureError, match=reason) as raised:
        from_torch(module, ROW)
    message = str(raised.value)
    print(message)
    assert f"module '1.0' ({cls.__name__}), test_from_torch.py:" in message
    assert f"`{code}`" in message
    assert message.endswith("out of forward, or convert its submodules.")
    assert len(message) <= 300


def test_inputs_that_do_not_fit_are_refused():
    """Although the network can be traced without them."""
    module = nn.Sequential(nn.ReLU(), Wrong())
    with pytest.raises(InvalidArchitectureError, match="cannot run on example_inputs") as raised:
        from_torch(module, ROW)
    message = str(raised.value)
    assert "module '1.layer' (Linear), test_from_torch.py:" in message
    assert "`return layer(x)`" in message
    assert message.endswith("Check the shapes and types of example_inputs.")
    assert len(message) <= 300
    assert operations(from_torch(module)) == {"relu": 1, "linear": 1}


def test_one_tensor_given_twice_is_two_inputs():
    dag = from_torch(networks.Siamese(), (ROW[0], ROW[0]))
    assert [op for _, op in dag.nodes(data="op")].count("input") == 2


def test_refused_without_inputs_asks_for_them():
    with pytest.raises(InvalidArchitectureError, match="Pass example_inputs") as raised:
        from_torch(networks.ByShape())
    assert "for step in range(1, x.shape[1]):" in str(raised.value)
    assert len(str(raised.value)) <= 300


def test_branches_of_torch_are_refused():
    class Conditional(nn.Module):
        def forward(self, x):
            return torch.cond(x.sum() > 0, lambda x: x * x, lambda x: x.sin(), (x,))

    with pytest.raises(InvalidArchitectureError) as raised:
        from_torch(Conditional(), ROW)
    assert len(str(raised.value)) <= 300


def test_lazy_parameters_are_refused():
    with pytest.raises(InvalidArchitectureError, match=r"'1.weight' of the lazy module LazyLinear"):
        from_torch(nn.Sequential(nn.ReLU(), nn.LazyLinear(3)), ROW)


def test_what_cannot_be_copied_is_refused():
    module = nn.Linear(8, 8)
    module.generator = (i for i in range(3))
    with pytest.raises(InvalidArchitectureError, match=r"Linear cannot be copied.*generator"):
        from_torch(module, ROW)


def test_outputs_without_inputs_are_refused():
    class Constant(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(3))

        def forward(self, x):
            return self.weight * 2

    with pytest.raises(InvalidArchitectureError, match="returns nothing that depends on its"):
        from_torch(Constant(), ROW)


def test_too_many_inputs_are_refused():
    class Sum(nn.Module):
        def forward(self, x):
            return sum(x)

    with pytest.raises(InvalidArchitectureError, match="65 input tensors; at most 64"):
        from_torch(Sum(), ([torch.zeros(1)] * 65,))


@pytest.mark.parametrize("module", [len, "net", torch.zeros(1), nn.Linear])
def test_no_module(module):
    with pytest.raises(TypeError, match=r"a torch\.nn\.Module, not scripted, is expected"):
        from_torch(module)


@pytest.mark.parametrize("inputs", [3, "x", [], {}, np.zeros(3), (None,)])
def test_no_inputs(inputs):
    with pytest.raises(TypeError, match=r"example_inputs is a .* without a tensor"):
        from_torch(nn.Linear(8, 8), inputs)


def test_unknown_detail():
    with pytest.raises(ValueError, match="detail='blocks' is neither 'layers' nor 'modules'"):
        from_torch(nn.Linear(8, 8), detail="blocks")


def deep(n_blocks: int) -> nn.Module:
    """Blocks of convolution, norm, activation, with a shortcut each."""

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm = networks.conv(4, 4, bias=False), nn.BatchNorm2d(4)

        def forward(self, x):
            return F.relu(x + self.norm(self.conv(x)))

    return nn.Sequential(networks.conv(3, 4), *[Block() for _ in range(n_blocks)])


@pytest.mark.slow
@pytest.mark.parametrize(
    "members",
    ["statistics", "all"],
)
def test_a_ranking_of_200_networks_of_150_layers_within_a_minute(members):
    drawn = np.random.RandomState(0)
    kinds = [nn.ReLU, nn.GELU, nn.Sigmoid, nn.Tanh]
    dags = []
    for _ in range(200):
        chosen = drawn.randint(len(kinds), size=75)
        parts = [part for k in chosen for part in (nn.Linear(4, 4), kinds[k]())]
        dags.append(from_torch(nn.Sequential(*parts)))
    assert {len(dag) for dag in dags} == {152}
    worth = [sum(op == "relu" for _, op in dag.nodes(data="op")) for dag in dags]
    start = time.perf_counter()
    TAGATESRanker(members=members, random_state=0).fit(dags, worth)
    seconds = time.perf_counter() - start
    print(f"{seconds:.1f} s")
    assert seconds < 60


@pytest.mark.slow
def test_150_layers_within_two_seconds():
    """Of processor time, once torch has loaded what it exports with."""
    module = deep(150)
    from_torch(deep(1), IMAGE)
    for inputs, limit in ((IMAGE, 2.0), (None, 1.0)):
        seconds = []
        for _ in range(3):
            start = time.process_time()
            dag = from_torch(module, inputs)
            seconds.append(time.process_time() - start)
        print(seconds)
        assert len(dag) == 603
        assert min(seconds) < limit
