"""The registry, and every operation that comes with it."""

import networkx as nx
import pytest
import torch
from torch import nn

from tagates_sk.graphs import InvalidArchitectureError, read_architectures
from tagates_sk.graphs.operations import IDENTITY_OPERATIONS, is_parametrized
from tagates_sk.spaces import DARTS, ENASMacro, ENASMicro, NASBench101, NASBench201
from tagates_sk.zero_cost import (
    UnregisteredOperationError,
    build_network,
    register_operation,
    registered_operations,
)
from tagates_sk.zero_cost import operations as registry
from tagates_sk.zero_cost.operations import MACRO_BLOCKS, Registered, factories_for

BUILT_IN = [name for name in registered_operations() if name != "blur_pool"]  # of a docstring


@pytest.fixture(autouse=True)
def own_registry(monkeypatch):
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))


def made(name, in_channels, out_channels, stride):
    """The operation with random weights."""
    module = factories_for([name])[name].factory(in_channels, out_channels, stride)
    for parameter in module.parameters():
        nn.init.normal_(parameter)
    return module


@pytest.mark.parametrize("name", BUILT_IN)
def test_shapes_and_second_derivatives(name):
    images = torch.randn(3, 4, 7, 6, requires_grad=True)
    before = images.detach().clone()
    for stride, size in [(1, (7, 6)), (2, (4, 3)), (3, (3, 2))]:
        for width in (1, 4, 7):
            module = made(name, 4, width, stride)
            y = module(images)
            assert y.shape == (3, width, *size)
            wanted = [images, *module.parameters()]
            first = torch.autograd.grad(y.square().mean(), wanted, create_graph=True)
            assert all(g.isfinite().all() for g in first)
            second = torch.autograd.grad(
                sum(g.square().mean() for g in first), wanted, allow_unused=True
            )
            assert all(g is None or g.isfinite().all() for g in second)
    assert torch.equal(images, before)


@pytest.mark.parametrize("name", sorted(IDENTITY_OPERATIONS))
def test_identities_change_nothing(name):
    images = torch.randn(2, 4, 5, 5)
    assert made(name, 4, 4, 1)(images) is images


@pytest.mark.parametrize(
    "space", [NASBench101(), NASBench201(), DARTS(), ENASMicro(), ENASMacro()], ids=repr
)
def test_every_space_is_registered(space):
    assert set(space.operations) - {"none"} <= set(BUILT_IN)


def test_linear_is_a_linear_layer_at_every_pixel():
    layer = made("linear", 3, 5, 1)
    images = torch.randn(2, 3, 4, 4)
    expected = images.movedim(1, -1) @ layer.weight[:, :, 0, 0].T + layer.bias
    torch.testing.assert_close(layer(images), expected.movedim(-1, 1))


def test_average_pooling_leaves_the_padding_out():
    ones = torch.ones(1, 2, 5, 5)
    assert torch.equal(made("avg_pool_3x3", 2, 2, 1)(ones), ones)


def test_blocks_of_macro_spaces():
    assert all(is_parametrized(name) for name in MACRO_BLOCKS)
    found = factories_for(sorted(MACRO_BLOCKS))
    changes = {name: (entry.widen, entry.stride) for name, entry in found.items()}
    assert changes["residual_conv_widen_reduce"] == (2, 2)
    assert changes["residual_conv"] == changes["inverted_residual_3x3_e3"] == (1, 1)


def cross(in_channels, out_channels, stride):
    return nn.Conv2d(in_channels, out_channels, 3, stride, padding=1)


def test_register():
    assert register_operation("cross", cross, widen=2, stride=3) is cross
    assert factories_for(["cross"]) == {"cross": Registered(cross, 2, 3)}
    assert "cross" in registered_operations()
    with pytest.raises(ValueError, match="'cross' is registered already; pass overwrite=True"):
        register_operation("cross", cross)
    register_operation("cross", cross, overwrite=True)
    assert factories_for(["cross"])["cross"].widen == 1


def test_decorator():
    @register_operation("mine", stride=2)
    def mine(in_channels, out_channels, stride):
        return cross(in_channels, out_channels, stride)

    assert factories_for(["mine"]) == {"mine": Registered(mine, 1, 2)}


@pytest.mark.parametrize(
    ("name", "factory", "options", "error", "message"),
    [
        (3, cross, {}, TypeError, "name=3 is a int; an operation's name is a str"),
        ("none", cross, {}, ValueError, "cannot be registered.*a missing edge"),
        ("output", cross, {}, ValueError, "what graphs call the output"),
        ("", cross, {}, ValueError, "cannot be registered: it is no operation but empty"),
        ("new", 5, {}, TypeError, "factory=5 of operation 'new' cannot be called; a function of"),
        ("new", cross, {"widen": 0}, ValueError, "widen=0 of operation 'new' is no whole"),
        ("new", cross, {"stride": 1.5}, ValueError, "stride=1.5 of operation 'new' is no whole"),
        ("new", cross, {"stride": True}, ValueError, "stride=True of operation 'new'"),
    ],
)
def test_register_errors(name, factory, options, error, message):
    with pytest.raises(error, match=message):
        register_operation(name, factory, **options)
    assert name not in registered_operations()


def unknown_on(kind):
    cell = nx.DiGraph([("a", "b"), ("b", "c")])
    data = cell.nodes["b"] if kind == "node" else cell.edges["a", "b"]
    data["op"] = "nor_conv_3x4"
    return cell


def test_unregistered():
    assert issubclass(UnregisteredOperationError, InvalidArchitectureError)
    with pytest.raises(
        UnregisteredOperationError,
        match=r"^X\[0\], edge \('a', 'b'\): operation 'nor_conv_3x4' is not registered.*Names like "
        r"it are 'nor_conv_3x3'.*register_operation\('nor_conv_3x4', factory\)",
    ):
        build_network(unknown_on("edge"))
    with pytest.raises(UnregisteredOperationError, match=r"^X\[0\], cell 1, node 'b': operation"):
        build_network((known(), unknown_on("node")))
    with pytest.raises(UnregisteredOperationError, match=r"^operation 'x' is not registered"):
        factories_for(["relu", "x"])
    packed = read_architectures([known(), known(), unknown_on("node")], start=4)
    with pytest.raises(UnregisteredOperationError, match=r"^X\[6\], node 'b': operation"):
        factories_for(packed.operations, packed=packed)


def known():
    cell = unknown_on("node")
    cell.nodes["b"]["op"] = "relu"
    return cell


def test_own_operations():
    found = factories_for(["relu", "x"], {"relu": cross, "x": Registered(cross, 2)})
    assert found == {"relu": Registered(cross), "x": Registered(cross, 2)}
    with pytest.raises(TypeError, match=r"operations\['x'\] is 7; a function of \(in_channels"):
        factories_for(["x"], {"x": 7})
    with pytest.raises(TypeError, match="factory of operation 'relu' returned a str; an nn"):
        build_network(known(), operations={"relu": lambda *shape: "module"})
