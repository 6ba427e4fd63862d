"""Numbers beside operations: read as they are, told apart, and refused with a message."""

from __future__ import annotations

import pickle
from fractions import Fraction
from typing import Any

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from tagates_sk.graphs import (
    Architectures,
    InvalidArchitectureError,
    UnknownOperationError,
    UnknownOperationWarning,
    from_torch,
    read_architectures,
)
from tagates_sk.graphs.attach import attached
from tagates_sk.graphs.attributes import AttributeScale
from tagates_sk.graphs.canonical import canonical_forms
from tagates_sk.graphs.packed import PackedGraphs
from tagates_sk.spaces import MnasNet
from tests.spaces.helpers import scrambled
from tests.strategies import ooe_cells, oon_cells


def chain(*attributes: Any, op: str = "conv", on_nodes: bool = False) -> nx.DiGraph:
    """Operations of one name in a row, with these attributes; None is without."""
    cell = nx.DiGraph()
    nx.add_path(cell, range(len(attributes) + 1 + on_nodes))
    for i, own in enumerate(attributes):
        data = cell.nodes[i + 1] if on_nodes else cell.edges[i, i + 1]
        data["op"] = op
        if own is not None:
            data["attributes"] = own
    return cell


def numbers(packed: PackedGraphs) -> list[dict[str, float]]:
    """Of every operation its attributes."""
    assert packed.attributes is not None
    return [dict(own) for own in packed.attributes.numbers()]


@pytest.mark.parametrize("on_nodes", [False, True])
def test_reads_numbers(on_nodes: bool) -> None:
    values = [{"kernel": 5, "se": True}, {"kernel": np.float32(0.5), "se": np.False_}, None, {},
              {"width": Fraction(1, 4)}]  # fmt: skip
    read = numbers(read_architectures([chain(*values, on_nodes=on_nodes)]))
    named = read[1:-1] if on_nodes else read
    assert named == [
        {"kernel": 5.0, "se": 1.0},
        {"kernel": 0.5, "se": 0.0},
        {},
        {},
        {"width": 0.25},
    ]


def test_no_numbers_cost_nothing() -> None:
    cells = [chain(None, {}), chain(None)]
    cells[0].nodes[1]["attributes"] = "of a node, where operations are on edges"
    cells[1].add_edge(0, "dead", attributes=[1])  # a wire that leads nowhere
    cells[1].nodes[1]["op"] = "output"
    assert read_architectures(cells).attributes is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([5], "attributes=[5]; a mapping from names to numbers is expected"),
        ("kernel", "attributes='kernel'; a mapping"),
        ({3: 5}, "attributes has the name 3, a int; names of attributes are strings."),
        ({"kernel": "5"}, "the attribute 'kernel' is '5', a str; attributes are single numbers."),
        ({"kernel": [5, 5]}, "the attribute 'kernel' is [5, 5], a list;"),
        ({"kernel": None}, "the attribute 'kernel' is None, a NoneType;"),
        ({"kernel": np.array(5)}, "the attribute 'kernel' is array(5), a ndarray;"),
        ({"kernel": 1j}, "the attribute 'kernel' is 1j, a complex;"),
        ({"kernel": float("nan")}, "the attribute 'kernel' is nan; attributes are finite. Leave"),
        ({"kernel": -np.inf}, "the attribute 'kernel' is -inf; attributes are finite."),
        ({"kernel": 10**400}, "the attribute 'kernel' is 1000"),
        ({"k" * 400: {"deep": 1}}, "kkk... is {'deep': 1}, a dict;"),
    ],
)  # fmt: skip
def test_refuses_what_is_no_number(given: Any, message: str) -> None:
    for bad, place in (
        ([chain({"kernel": 3}), chain(None, given)], "X[1], edge (1, 2): "),
        ([chain({"kernel": 3}, on_nodes=True), chain(given, on_nodes=True)], "X[1], node 1: "),
        ([(chain(None), chain(given))], "X[0], cell 1, edge (0, 1): "),
    ):
        with pytest.raises(InvalidArchitectureError) as refused:
            read_architectures(bad)
        said = str(refused.value)
        assert said.startswith(place)
        assert message in said
        assert len(said) <= 300


@given(st.data(), st.booleans(), st.integers(0, 2**31))
def test_canonical_forms_tell_numbers_apart(data: Any, on_nodes: bool, seed: int) -> None:
    cell = data.draw((oon_cells if on_nodes else ooe_cells)(none=False))
    view = cell.nodes if on_nodes else cell.edges
    named = [key for key in view if view[key].get("op") not in (None, "input", "output")]
    for key in named:
        view[key]["attributes"] = {"kernel": data.draw(st.sampled_from([3, 5]))}
    assume(named)
    random = np.random.RandomState(seed)
    other = scrambled(cell, random)
    changed = cell.copy()
    before = read_architectures([cell])
    where = changed.nodes if on_nodes else changed.edges
    where[named[0]]["attributes"] = {"kernel": 7}
    own, same, different = canonical_forms(read_architectures([cell, other, changed]))
    assert own.cells == same.cells != different.cells
    # Packed again they have the numbers at the operations that have them.
    again = own.packed()
    assert [(again.operations[t], n) for t, n in zip(again.op_type, numbers(again), strict=True)
            if t >= 0] == [
        (before.operations[t], n)
        for t, n in zip(
            before.op_type[own.order], np.array(numbers(before))[own.order], strict=True
        )
        if t >= 0
    ]  # fmt: skip


def test_two_that_differ_in_a_number_only() -> None:
    three, five = canonical_forms(read_architectures([chain({"k": 3}), chain({"k": 5})]))
    assert three.cells != five.cells
    named, bare = canonical_forms(read_architectures([chain({"k": 3}), chain(None)]))
    assert bare.cells == next(canonical_forms(read_architectures([chain(None)]))).cells
    assert named.cells[0]._replace(attributes=()) == bare.cells[0]


def test_parts_and_sums_keep_numbers() -> None:
    first = Architectures([chain({"k": 1}, {"k": 2}), chain({"k": 3})])
    more: Any = [chain({"width": 9.0}, None), chain(None)]
    joined = first + more
    assert numbers(joined[[2, 1]].packed()) == [{"width": 9.0}, {}, {"k": 3.0}]
    assert numbers(pickle.loads(pickle.dumps(joined[1:3])).packed()) == [
        {"k": 3.0}, {"width": 9.0}, {},
    ]  # fmt: skip
    zeros = np.zeros((4, 1), dtype=np.float32)
    beside = attached(joined[:3], np.concatenate([zeros, zeros[:1]]))
    assert numbers(beside.packed()) == numbers(joined[:3].packed())
    assert numbers(read_architectures(list(beside))) == numbers(beside.packed())


def test_lazy_sequences_say_what_their_graphs_say() -> None:
    dags = MnasNet().sample(5, random_state=0)
    lazy, read = dags.packed(), read_architectures(list(dags))
    assert numbers(lazy) == numbers(read)
    assert numbers(dags[[3]].packed()) == numbers(read)[21:28]
    zero_cost = attached(dags, np.zeros((len(lazy.op_type), 1), dtype=np.float32))
    assert numbers(read_architectures(list(zero_cost))) == numbers(read)


def test_networks_are_read_with_their_numbers() -> None:
    net = torch.nn.Sequential(torch.nn.Conv2d(1, 8, 3), torch.nn.ReLU())
    read = numbers(read_architectures([from_torch(net, torch.zeros(1, 1, 8, 8))]))
    assert [own.get("kernel") for own in read] == [None, 3.0, None, None]
    assert read[1]["out_channels"] == 8


def test_numbers_in_names() -> None:
    packed = read_architectures([chain({"k": 3, "e": 0.5}, {"k": 3}, None, {"k": 3})])
    named = packed.with_numbers_in_names()
    assert named.operations == ("conv", "conv[e=0.5,k=3]", "conv[k=3]")
    assert [named.operations[t] for t in named.op_type] == [
        "conv[e=0.5,k=3]", "conv[k=3]", "conv", "conv[k=3]",
    ]  # fmt: skip
    unknown = packed.with_vocabulary(["pool"], "ignore").with_numbers_in_names()
    assert unknown.operations == ()
    assert set(unknown.op_type) == {0}


def test_scale() -> None:
    packed = read_architectures([chain({"k": 3, "one": 1}, {"k": 5}, None)])
    scale = AttributeScale.of(packed.attributes)
    assert scale == AttributeScale(("k", "one"), (4.0, 1.0), (1.0, 0.0))
    standard = scale.standardised(packed.attributes, 3)
    assert standard.tolist() == [[-1.0, 0.0], [1.0, 0.0], [0.0, 0.0]]
    far = read_architectures([chain({"k": 1e9, "one": 2, "new": 3})])
    assert scale.standardised(far.attributes, 1).tolist() == [[5.0, 0.0]]
    assert scale.standardised(None, 2).tolist() == [[0.0, 0.0]] * 2
    assert AttributeScale.of(None) is None
    wider = AttributeScale.of(far.attributes, scale)
    assert wider == AttributeScale(("k", "new", "one"), (4.0, 3.0, 1.0), (1.0, 0.0, 0.0))


def test_unknown_numbers() -> None:
    packed = read_architectures([chain({"k": 3}), chain({"k": 1, "new": 3}, {"newer": 1})])
    packed.check_attributes(["k", "new", "newer"], "error")
    packed.check_attributes([], "ignore")
    with pytest.raises(UnknownOperationError, match=r"X\[1\], edge \(0, 1\): unknown attribute 'n"):
        packed.check_attributes(["k"], "error")
    with pytest.warns(UnknownOperationWarning, match="unknown attribute 'new' is left o") as caught:
        packed.check_attributes(["k"], "warn")
    assert len(caught) == 1
    packed.take(np.array([0])).check_attributes(["k"], "error")
