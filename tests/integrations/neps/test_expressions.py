"""Operations of NePS as graphs."""

from typing import Any

import networkx as nx
import pytest

neps = pytest.importorskip("neps")

from torch import nn  # noqa: E402

from tagates_sk.graphs import read_architectures  # noqa: E402
from tagates_sk.integrations.neps import pipeline_dag  # noqa: E402
from tagates_sk.search.candidates import structures  # noqa: E402

Operation = neps.Operation


def ops(dag: nx.DiGraph) -> list[str]:
    return [data["op"] for _, data in sorted(dag.nodes(data=True))]


def edges(dag: nx.DiGraph) -> set[tuple[str, str]]:
    return {(dag.nodes[u]["op"], dag.nodes[v]["op"]) for u, v in dag.edges}


def test_operands_have_places() -> None:
    dag = pipeline_dag({"net": Operation("add", args=("conv",), kwargs={"other": "pool"})})
    assert edges(dag) == {
        ("input", "conv"), ("conv", "add[0]"), ("add[0]", "add"),
        ("input", "pool"), ("pool", "add[other]"), ("add[other]", "add"),
        ("input", "add"), ("add", "output"),
    }  # fmt: skip


def test_places_tell_operands_apart() -> None:
    one, other = (
        pipeline_dag({"net": Operation("f", args=args)})
        for args in (("conv", "pool"), ("pool", "conv"))
    )
    assert structures([one]) != structures([other])


def test_none_and_skip_are_different() -> None:
    dags = [pipeline_dag({"net": Operation("f", args=(a, "conv"))}) for a in ("none", "skip")]
    assert len(set(structures(dags))) == 2


def test_nothing_but_none_can_be_read() -> None:
    dag = pipeline_dag({"net": Operation("f", args=("none", "none"))})
    assert list(read_architectures([dag]).operations) == ["f"]


@pytest.mark.parametrize("sequential", ["Sequential", nn.Sequential])
def test_sequential_is_a_chain(sequential: Any) -> None:
    block = Operation(sequential, args=("conv", Operation(nn.ReLU)))
    dag = pipeline_dag({"net": Operation(sequential, args=(block, "pool"))})
    assert ops(dag) == ["input", "conv", "ReLU", "pool", "output"]
    assert nx.is_path(dag, range(5))


def test_numbers_are_attributes_and_switches_stand_in_the_name() -> None:
    convolution = Operation(
        nn.Conv2d, args=(3, 8), kwargs={"kernel_size": (3, 5), "bias": False, "device": None}
    )
    dag = pipeline_dag({"net": convolution})
    (node,) = (n for n, op in dag.nodes(data="op") if op.startswith("Conv2d"))
    assert dag.nodes[node]["op"] == "Conv2d bias=False device=None"
    assert dag.nodes[node]["attributes"] == {
        "0": 3.0, "1": 8.0, "kernel_size.0": 3.0, "kernel_size.1": 5.0,
    }  # fmt: skip


def test_modules_and_functions_are_operations_by_name() -> None:
    dag = pipeline_dag({"net": Operation("f", args=(nn.Conv2d(1, 2, 3), nn.ReLU(), len))})
    assert {"Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1))", "ReLU()", "len"} <= set(ops(dag))


def test_names_have_no_addresses() -> None:
    class Choice:
        pass

    one, other = (pipeline_dag({"net": Operation("f", args=(Choice(),))}) for _ in range(2))
    assert ops(one) == ops(other)


def test_mappings_and_sequences_are_taken_apart() -> None:
    dag = pipeline_dag({"net": Operation("f", kwargs={"parts": {"a": ["conv", "pool"]}})})
    assert {"f[parts.a.0]", "f[parts.a.1]"} <= set(ops(dag))


def test_several_operations_are_one_graph() -> None:
    dag = pipeline_dag({"stem": Operation("conv"), "head": Operation("linear"), "rate": 0.1})
    assert {"pipeline[stem]", "pipeline[head]"} <= set(ops(dag))


def test_strings_where_there_are_no_operations() -> None:
    dag = pipeline_dag({"first": "conv", "second": "pool", "rate": 0.1})
    assert {"conv", "pool", "pipeline[first]", "pipeline[second]"} <= set(ops(dag))
    with_operation = pipeline_dag({"net": Operation("conv"), "optimizer": "adam"})
    assert "adam" not in ops(with_operation)


def test_a_pipeline_of_numbers_needs_to_dag() -> None:
    with pytest.raises(
        ValueError, match=r"no Operation and no string, only \['depth', 'rate'\]"
    ) as error:
        pipeline_dag({"rate": 0.1, "depth": 3})
    assert len(str(error.value)) <= 300
