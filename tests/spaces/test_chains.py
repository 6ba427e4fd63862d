"""Chains of blocks, published and of the user's own."""

import itertools
import json
import re

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagates_sk.graphs import InvalidArchitectureError
from tagates_sk.graphs.canonical import canonical_forms
from tagates_sk.spaces import (
    ChainSpace,
    FBNet,
    MnasNet,
    NATSBenchSize,
    TransNASBench101Macro,
)

from .helpers import refusal, seeds


def operations(dag):
    return [op for _, _, op in dag.edges(data="op")]


SKIPPING = ChainSpace([("a", "b"), ("c", "none", "a"), ("none", "a", "c")], name="mine")


@pytest.mark.parametrize("native", [("b", "none", "c"), [1, 1, 2], np.array([1, 1, 2]), "1 1 2\n"])
def test_own_chain(native):
    assert operations(SKIPPING.to_dag(native)) == ["b", "c"]
    assert SKIPPING.canonical(native) == ("b", "c", "none")


@pytest.mark.parametrize(
    ("native", "message"),
    [
        (("a", "b", "a"), r"block 1 is 'b'; a number from 0 to 2 or one of c, none, a is exp"),
        ((0, 3, 0), "block 1 is 3; a number from 0 to 2"),
        (("a", "c"), r"is no architecture of mine: 3 names or numbers are expected, one for each"),
        ("a c a", "'a c a' is no architecture of mine"),
        ({"a": 1}, "is no architecture of mine"),
        ((0, True, 0), "block 1 is True"),
    ],
)
def test_wrong_chains(native, message):
    assert re.search(message, refusal(SKIPPING, native))


@given(seed=seeds)
def test_left_out_blocks_have_one_form(seed):
    """Native forms are the same if and only if their graphs are."""
    first, second = SKIPPING.sample(2, seed)
    ours, theirs = canonical_forms(SKIPPING.sample(2, seed).packed())
    same = SKIPPING.from_dag(first) == SKIPPING.from_dag(second)
    assert same == (ours.cells == theirs.cells)


def test_a_constraint_holds_everywhere():
    space = ChainSpace([("a", "b")] * 3, constraint=lambda names: names.count("a") == 1)
    assert {names.count("a") for names in space.sample(50, 0).native()} == {1}
    assert space.neighbors(("a", "b", "b")).native() == []
    said = refusal(space, ("a", "a", "b"))
    assert said.endswith("the choices are no network of the chain space together.")
    other = ChainSpace([("a", "b")] * 3).to_dag("0 0 1")
    with pytest.raises(InvalidArchitectureError, match=r"'a', 'a', 'b'. are no choice"):
        space.from_dag(other)
    nothing = ChainSpace([("a", "b")] * 3, constraint=lambda names: False)
    with pytest.raises(ValueError, match="Hardly any network of the chain space satisfies"):
        nothing.sample(1, 0)


def test_a_network_has_a_block():
    space = ChainSpace([("a", "none")] * 2)
    assert "every block is left out" in refusal(space, ("none", "none"))
    assert ("none", "none") not in space.sample(50, 0).native()


@pytest.mark.parametrize("choices", [[], [[]], [["a", "a"]], [["a", 3]], [["a", ""]], "ab", 3])
def test_choices_are_checked(choices):
    with pytest.raises(
        ValueError, match=r"is empty; one list|different names are exp|a list with one"
    ):
        ChainSpace(choices)


def _dag(*edges):
    dag = nx.MultiDiGraph()
    for tail, head, op in edges:
        dag.add_edge(tail, head, op=op)
    return dag


@pytest.mark.parametrize(
    ("dag", "message"),
    [
        (_dag((0, 1, "a"), (0, 1, "c")), "it has parallel edges"),
        (_dag((0, 1, "a"), (1, 2, "c"), (0, 2, "a")), "it is no chain"),
        (_dag((0, 1, "a"), (1, 2, "c"), (2, 3, "a"), (3, 4, "a")), "it has 4 blocks"),
        (_dag((0, 1, "c"), (1, 2, "a")), "its blocks .'c', 'a'. are no choice of one for each"),
    ],
)
def test_wrong_graphs(dag, message):
    with pytest.raises(InvalidArchitectureError, match=message):
        SKIPPING.from_dag(dag)


# ------------------------------------------------------------------ published


@pytest.mark.parametrize(
    "native",
    [
        "64:64:48:64:8",
        " 64:64:48:64:8\n",
        [64, 64, 48, 64, 8],
        np.array([64, 64, 48, 64, 8]),
        ["64", "64", "48", "64", "8"],
    ],
)
def test_nats_size(native):
    dag = NATSBenchSize().to_dag(native)
    assert operations(dag) == ["conv_c64", "conv_c64", "conv_c48", "conv_c64", "conv_c8"]
    assert NATSBenchSize().from_dag(dag) == "64:64:48:64:8"


@pytest.mark.parametrize(
    ("native", "message"),
    [
        ("64:64:48:64", "five widths such as '64:64:48:64:8' are expected, each 8, 16, ..., 64"),
        ("64:64:48:64:7", "five widths such as '64:64:48:64:8' are expected, each 8, 16"),
        ([0, 1, 2, 3, 4], "five widths such as '64:64:48:64:8' are expected, each 8, 16"),
        (["conv_c64"] * 4 + ["conv_c7"], "block 4 is 'conv_c7'"),
        ("64-1234-basic", r"TransNASBench101Macro\(\) reads such a form"),
    ],
)
def test_nats_size_refuses(native, message):
    assert re.search(message, refusal(NATSBenchSize(), native))


def test_all_sizes_of_nats():
    """Eight widths of five layers: 32,768 networks."""
    widths = itertools.product(range(8, 65, 8), repeat=5)
    some = [":".join(map(str, chosen)) for chosen in itertools.islice(widths, 0, None, 97)]
    assert NATSBenchSize().sequence(some).native() == some


FBNET = [0, 8, 1, 2, 3, 4, 5, 6, 7, *[3] * 13]
FBNET_NAMES = ["k3_e1", "skip", "k3_e1_g2", "k3_e3", "k3_e6", "k5_e1", "k5_e1_g2", "k5_e3", "k5_e6"]


@pytest.mark.parametrize(
    "native",
    [FBNET, np.array(FBNET, dtype=np.int8), str(FBNET), " ".join(map(str, FBNET)),
     [*FBNET_NAMES, *["k3_e6"] * 13]],
    ids=["list", "array", "printed", "text", "names"],
)  # fmt: skip
def test_fbnet(native):
    dag = FBNet().to_dag(native)
    assert [tuple(data.values()) for *_, data in dag.edges(data=True)][:3] == [
        ("mbconv", {"kernel": 3, "expansion": 1, "groups": 1}),
        ("skip", {"kernel": 0, "expansion": 0, "groups": 0}),
        ("mbconv", {"kernel": 3, "expansion": 1, "groups": 2}),
    ]
    names = FBNet(attributes=False).to_dag(native)
    assert operations(names)[:3] == ["mbconv_k3_e1", "skip", "mbconv_k3_e1_g2"]
    for form in (dag, names):
        assert FBNet().from_dag(form) == tuple(FBNET)
    assert FBNet(attributes=False).from_dag(names) == tuple(FBNET)


@pytest.mark.parametrize(
    ("native", "message"),
    [(FBNET[:21], "22 numbers from 0 to 8, or names such as k3_e6, are expected"),
     ([9, *FBNET[1:]], "block 0 is 9"), (["k7_e6", *FBNET[1:]], "block 0 is 'k7_e6'")],
)  # fmt: skip
def test_fbnet_refuses(native, message):
    assert message in refusal(FBNet(), native)


E, K, L, SE = (
    [1, 6, 6, 4, 6, 6, 6],
    [3, 3, 5, 3, 5, 5, 3],
    [1, 2, 2, 3, 3, 4, 1],
    [1, 1, 0, 1, 1, 1, 1],
)
MNASNET = {
    f"block{block}_{key}": values[block]
    for block in range(7)
    for key, values in {"e": E, "k": K, "l": L, "se": SE}.items()
}


@pytest.mark.parametrize(
    "native",
    [
        MNASNET,
        json.dumps(MNASNET),
        {key.capitalize(): value for key, value in MNASNET.items()},
        {key: float(value) for key, value in MNASNET.items()} | {"val_top1": 59.4},
        [E, K, L, [bool(value) for value in SE]],
        np.array([E, K, L, SE]),
    ],
    ids=["mapping", "JSON", "other keys", "floats", "lists", "array"],
)
def test_mnasnet(native):
    dag = MnasNet().to_dag(native)
    assert operations(dag) == ["mbconv"] * 7
    assert dag.edges[2, 3]["attributes"] == {"expansion": 6, "kernel": 5, "layers": 2, "se": 0}
    names = MnasNet(attributes=False).to_dag(native)
    assert operations(names)[:3] == [
        "mbconv_e1_k3_l1_se1",
        "mbconv_e6_k3_l2_se1",
        "mbconv_e6_k5_l2_se0",
    ]
    for form in (dag, names):
        assert MnasNet().from_dag(form) == MNASNET


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        (
            {"expansion": 6, "kernel": 7, "layers": 2, "se": 0},
            r"edge \(1, 2\) is 'mbconv' with attributes={'expansion': 6, 'kernel': 7, .*}, whic",
        ),
        ({"kernel": 3}, "attributes={'kernel': 3}, which is none of its blocks."),
        ({"kernel": "3"}, r"edge \(1, 2\): the attribute 'kernel' is '3', a str"),
    ],
)
def test_mnasnet_refuses_other_numbers(attributes, message):
    dag = MnasNet().to_dag(MNASNET)
    dag.edges[1, 2]["attributes"] = attributes
    with pytest.raises(InvalidArchitectureError, match=message):
        MnasNet().from_dag(dag)
    with pytest.raises(InvalidArchitectureError, match="are no choice of one for each place"):
        MnasNet(attributes=False).from_dag(MnasNet().to_dag(MNASNET))


@pytest.mark.parametrize(
    ("native", "message"),
    [
        ([E, K, L], "a mapping with block0_e, block0_k, block0_l, block0_se to block6_se is exp"),
        (MNASNET | {"block3_k": 7}, "block 3 is 'mbconv_e4_k7_l3_se1'; a number from 0 to 47 or"),
        (MNASNET | {"block3_k": float("nan")}, "block 3 is 'mbconv_e4_knan_l3_se1'"),
        ({"block0_e": 1}, "is no architecture of MnasNet (Accel-NASBench)"),
        ([0, 1, 2, 3, 4, 5, 6], "is no architecture of MnasNet (Accel-NASBench)"),
        ([K, E, L, SE], "block 0 is 'mbconv_e3_k1_l1_se1'"),
    ],
)
def test_mnasnet_refuses(native, message):
    assert message in refusal(MnasNet(), native)


@pytest.mark.parametrize(
    "native", ["64-1234-basic", "1234", "123400", [1, 2, 3, 4], [1, 2, 3, 4, 0, 0]]
)
def test_transnas_macro(native):
    dag = TransNASBench101Macro().to_dag(native)
    assert operations(dag) == [
        "conv_block", "conv_block_wide", "conv_block_down", "conv_block_wide_down",
    ]  # fmt: skip
    assert TransNASBench101Macro().from_dag(dag) == "64-1234-basic"


@pytest.mark.parametrize(
    ("native", "message"),
    [
        ("64-1235-basic", "text such as '64-1234-basic' is expected, with four to six digits"),
        ("64-111-basic", "text such as '64-1234-basic' is expected"),
        ("64-1111-basic", "the choices are no network of TransNAS-Bench-101 (macro) together."),
        ([1, 2, 0, 3, 4, 1], "the choices are no network"),
        ("64-41414-1_02_333", "TransNASBench101Micro() reads such a form"),
    ],
)
def test_transnas_macro_refuses(native, message):
    assert message in refusal(TransNASBench101Macro(), native)


@given(digits=st.lists(st.integers(1, 4), min_size=4, max_size=6))
def test_transnas_macro_has_what_the_paper_says(digits):
    """One to three modules double the channels, one to four halve the resolution."""
    wide = sum(digit in (2, 4) for digit in digits)
    down = sum(digit in (3, 4) for digit in digits)
    text = f"64-{''.join(map(str, digits))}-basic"
    if 1 <= wide <= 3 and 1 <= down <= 4:
        assert TransNASBench101Macro().canonical(text) == text
    else:
        refusal(TransNASBench101Macro(), text)


def test_number_of_macro_networks():
    """The paper counts 3,256."""
    allowed = TransNASBench101Macro().constraint
    modules = TransNASBench101Macro().operations
    counted = sum(
        allowed((*chosen, *["none"] * (6 - n)))
        for n in (4, 5, 6)
        for chosen in itertools.product(modules[1:], repeat=n)
    )
    assert counted == 3256
