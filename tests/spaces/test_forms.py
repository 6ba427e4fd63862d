"""What is common to reading native forms."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagates_sk.graphs import InvalidArchitectureError
from tagates_sk.spaces import DARTS, NASBench101, NASBench201
from tagates_sk.spaces.forms import plain

from .helpers import refusal

LEAVES = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["conv", "none"])
NESTED = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", (0, 1)]), inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


@given(value=NESTED.filter(lambda value: isinstance(value, (list, dict))))
def test_what_python_prints_is_read_back(value):
    assert plain(repr(value)) == plain(value) == value


def test_arrays_and_scalars_become_plain():
    given = {
        "a": np.arange(3),
        "b": (np.int8(1), np.str_(" x "), range(2)),
        np.int64(3): pd.Series([1]),
    }
    assert plain(given) == {"a": [0, 1, 2], "b": [1, "x", [0, 1]], 3: [1]}
    assert plain(np.ones((1, 2))) == [[1, 1]]
    assert plain(np.array([1, 0.5])) == [1, 0.5]
    assert str(plain(np.array([1.0, np.inf, np.nan]))) == "[1.0, inf, nan]"
    assert plain([b" x", np.bytes_("y")]) == ["x", "y"]
    assert plain("[array([0, 1], dtype=int8), np.int64(2), (-1, 2.5)]") == [[0, 1], 2, [-1, 2.5]]


@pytest.mark.parametrize(
    "text",
    ["f(x)", "[1,", "(i for i in range(3))", "range(10**9)", "[range(100000000)]", "(" * 5000,
     "[[]] * 3", "Genotype(**{})", "os.system('ls')", "{1: 2, **{}}", "[" * 100_000,
     "(lambda: 1)()"],
    ids=range(12),
)  # fmt: skip
def test_text_is_never_evaluated(text):
    with pytest.raises(InvalidArchitectureError) as refused:
        plain(text)
    assert len(str(refused.value)) <= 300
    refusal(DARTS(), text)


def test_deep_nesting():
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InvalidArchitectureError, match="nested too deeply"):
        plain(deep)


CELL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|nor_conv_3x3~2|"


@pytest.mark.parametrize(
    "natives",
    [
        (CELL, CELL),
        iter([CELL, CELL]),
        np.array([CELL, CELL]),
        pd.Series([CELL, CELL]),
        pd.DataFrame({"arch": [CELL, CELL]}),
        list(NASBench201().sequence([CELL, CELL])),
    ],
    ids=["tuple", "iterator", "array", "series", "frame", "graphs"],
)
def test_containers_that_are_taken(natives):
    assert NASBench201().sequence(natives).native() == [CELL, CELL]


@pytest.mark.parametrize(
    ("natives", "message"),
    [
        (CELL, r"natives is text, one native form; pass \[text\] for one"),
        ({CELL, CELL[:-1]}, "natives is a set, which has no order; pass a list in the order of"),
        ({"arch": CELL}, "natives is a mapping; pass a list of native forms"),
        (3, "natives is a int; an iterable of native forms is expected"),
        (NASBench201().to_dag(CELL), "natives is a single graph"),
        (pd.DataFrame({"a": [1], "b": [2]}), "natives is a table of 2 columns; select that of"),
    ],
)
def test_containers_that_are_refused(natives, message):
    with pytest.raises(TypeError, match=message):
        NASBench201().sequence(natives)


def test_a_thousand_printed_genotypes_in_a_second():
    texts = [str(genotype) for genotype in DARTS().sample(1000, 0).native()]
    start = time.process_time()
    read = DARTS().sequence(texts)
    assert time.process_time() - start < 1
    assert list(map(str, read.native())) == texts


def test_a_graph_is_taken_where_a_native_form_is():
    dag = NASBench201().to_dag(CELL)
    assert NASBench201().canonical(dag) == CELL
    with pytest.raises(InvalidArchitectureError, match="Architecture 1: The graph is no"):
        NASBench101().sequence([([[0, 1], [0, 0]], ["input", "output"]), dag])
