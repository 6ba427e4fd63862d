"""ONNX models as DAGs; the models are written here node by node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from networkx.algorithms.isomorphism import categorical_node_match

from tagates_sk import InvalidArchitectureError
from tagates_sk.graphs import from_onnx, from_torch, read_architectures
from tests.graphs import networks

onnx = pytest.importorskip("onnx")


def model(
    nodes: list[tuple[str, str, str, dict[str, Any]]],
    inputs: dict[str, list[Any]],
    weights: dict[str, Any] | None = None,
    outputs: str = "out",
) -> Any:
    """A model: (operator, inputs, outputs, attributes) for each node, names parted by spaces.

    ``_`` is an input that is left out.
    """
    from onnx import TensorProto, helper, numpy_helper

    return helper.make_model(
        helper.make_graph(
            [
                helper.make_node(
                    op, ["" if x == "_" else x for x in given.split()], made.split(), **attributes
                )
                for op, given, made, attributes in nodes
            ],
            "graph",
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs.items()],
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in outputs.split()],
            [
                numpy_helper.from_array(np.asarray(w), name)
                for name, w in (weights or {}).items()
            ],
        ),
        opset_imports=[helper.make_opsetid("", 18)],
    )  # fmt: skip


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float32)


def ops(dag: nx.DiGraph) -> list[str]:
    return [op for _, op in dag.nodes(data="op")]


def same(a: nx.DiGraph, b: nx.DiGraph) -> bool:
    return nx.is_isomorphic(a, b, node_match=categorical_node_match(["op", "input"], [None, 0]))


def total(dag: nx.DiGraph, key: str) -> float:
    return sum(a[key] for _, a in dag.nodes(data="attributes") if a and key in a)


BASIC_BLOCK = model(
    [
        ("Conv", "x w1", "c1", {"pads": [1] * 4, "kernel_shape": [3, 3]}),
        ("BatchNormalization", "c1 g b m v", "n1", {}),
        ("Relu", "n1", "r1", {}),
        ("Conv", "r1 w2", "c2", {"pads": [1] * 4}),
        ("BatchNormalization", "c2 g2 b2 m v", "n2", {}),
        ("Add", "n2 x", "s", {}),
        ("Relu", "s", "out", {}),
    ],
    {"x": ["batch", 3, 16, 16]},
    {
        "w1": zeros(3, 3, 3, 3), "w2": zeros(3, 3, 3, 3), "g": zeros(3), "b": zeros(3),
        "g2": zeros(3), "b2": zeros(3), "m": zeros(3), "v": zeros(3),
    },
)  # fmt: skip


def test_a_residual_block_is_that_of_torch():
    module = networks.BasicBlock(3, 3)
    dag, other = from_onnx(BASIC_BLOCK), from_torch(module, networks.IMAGE)
    assert same(dag, other)
    assert total(dag, "parameters") == sum(p.numel() for p in module.parameters())
    assert total(dag, "macs") == total(other, "macs")
    assert read_architectures([dag]).operations == ("add", "batch_norm", "conv2d_3x3", "relu")


def test_from_a_file(tmp_path: Path):
    path = tmp_path / "model.onnx"
    onnx.save(BASIC_BLOCK, path)
    assert same(from_onnx(path), from_onnx(BASIC_BLOCK))
    assert same(from_onnx(str(path)), from_onnx(BASIC_BLOCK))


def test_weights_in_a_file_of_their_own_are_not_read(tmp_path: Path):
    path = tmp_path / "model.onnx"
    onnx.save(
        BASIC_BLOCK, path, save_as_external_data=True, location="weights", size_threshold=0
    )  # fmt: skip
    (tmp_path / "weights").unlink()
    assert total(from_onnx(path), "parameters") == 174


def test_attention_with_shapes_and_constants():
    dag = from_onnx(
        model(
            [
                ("MatMul", "x w", "p", {}),
                ("Add", "p bias", "q", {}),
                ("Reshape", "q shape", "r", {}),
                ("Split", "r", "a b c", {"axis": 2, "num_outputs": 3}),
                ("Transpose", "b", "bt", {"perm": [0, 2, 1]}),
                ("MatMul", "a bt", "s", {}),
                ("Div", "s root", "d", {}),
                ("Softmax", "d", "e", {}),
                ("MatMul", "e c", "f", {}),
                ("Add", "f x", "h", {}),
                ("LayerNormalization", "h scale", "out", {}),
            ],
            {"x": [1, 5, 8]},
            {
                "w": zeros(8, 24), "bias": zeros(24), "shape": np.array([1, 5, 24]),
                "root": np.float32(2.0), "scale": zeros(8),
            },
        )
    )  # fmt: skip
    assert ops(dag) == [
        "input", "linear", "add_parameter", "matmul", "softmax", "matmul", "add", "layer_norm",
        "output",
    ]  # fmt: skip
    assert dag.nodes[1]["attributes"]["out_channels"] == 24
    assert total(dag, "macs") == 5 * 8 * 24 + 2 * 5 * 5 * 8


@pytest.mark.parametrize(
    ("nodes", "weights", "name"),
    [
        ([("Conv", "x w", "out", {"group": 4, "strides": [2, 2]})],
         {"w": zeros(4, 1, 3, 3)}, "conv2d_3x3_depthwise_stride2"),
        ([("ConvTranspose", "x w", "out", {"strides": [2, 2]})],
         {"w": zeros(4, 2, 2, 2)}, "conv_transpose2d_2x2_stride2"),
        ([("MaxPool", "x", "out", {"kernel_shape": [3, 3]})], {}, "max_pool2d_3x3"),
        ([("AveragePool", "x", "out", {"kernel_shape": [2, 2], "strides": [2, 2]})], {},
         "avg_pool2d_2x2_stride2"),
        ([("GlobalAveragePool", "x", "y", {}), ("Flatten", "y", "out", {})], {},
         "global_avg_pool"),
        ([("ReduceMean", "x axes", "out", {})], {"axes": np.array([2, 3])}, "global_avg_pool"),
        ([("ReduceMean", "x axes", "out", {})], {"axes": np.array([1])}, "mean"),
        ([("Clip", "x low high", "out", {})], {"low": np.float32(0), "high": np.float32(6)},
         "relu6"),
        ([("Clip", "x low", "out", {})], {"low": np.float32(0)}, "relu"),
        ([("HardSwish", "x", "out", {})], {}, "hardswish"),
        ([("LeakyRelu", "x", "out", {})], {}, "leaky_relu"),
        ([("Erf", "x", "out", {})], {}, "erf"),
        ([("Resize", "x _ s", "out", {"mode": "linear"})], {"s": zeros(4) + 1},
         "upsample_bilinear"),
        ([("Flatten", "x", "y", {}), ("Gemm", "y w b", "out", {"transB": 1})],
         {"w": zeros(10, 256), "b": zeros(10)}, "linear"),
        ([("Mul", "x scale", "out", {})], {"scale": zeros(4, 1, 1)}, "mul_parameter"),
        ([("Dropout", "x", "y", {}), ("Identity", "y", "z", {}), ("Tanh", "z", "out", {})], {},
         "tanh"),
        ([("Shape", "x", "s", {}), ("Reshape", "x s", "y", {}), ("Sigmoid", "y", "out", {})], {},
         "sigmoid"),
    ],
)  # fmt: skip
def test_names(nodes, weights, name):
    dag = from_onnx(model(nodes, {"x": [1, 4, 8, 8]}, weights))
    assert ops(dag) == ["input", name, "output"]
    trained = [w for w in weights.values() if w.dtype == np.float32 and np.ndim(w)]
    if name != "upsample_bilinear":
        assert total(dag, "parameters") == sum(w.size for w in trained)


def test_embedding_and_recurrence():
    dag = from_onnx(
        model(
            [
                ("Cast", "x", "i", {"to": 7}),
                ("Gather", "table i", "e", {}),
                ("LSTM", "e w r", "y h", {"hidden_size": 6, "direction": "bidirectional"}),
                ("GRU", "e w1 r1", "g", {"hidden_size": 6}),
                ("Squeeze", "h", "out", {}),
            ],
            {"x": [5, 2]},
            {
                "table": zeros(20, 8), "w": zeros(2, 24, 8), "r": zeros(2, 24, 6),
                "w1": zeros(1, 18, 8), "r1": zeros(1, 18, 6),
            },
        )
    )  # fmt: skip
    assert ops(dag) == ["input", "embedding", "lstm_bidirectional", "output"]  # the GRU is unused
    assert total(dag, "parameters") == 20 * 8 + 2 * 24 * (8 + 6)
    assert dag.nodes[2]["attributes"]["macs"] == 10 * 2 * 24 * (8 + 6)
    assert dag.nodes[2]["attributes"]["out_channels"] == 6


def test_several_inputs_and_outputs():
    dag = from_onnx(
        model(
            [("Concat", "x y", "c", {"axis": 1}), ("Relu", "c", "a", {}), ("Tanh", "c", "b", {})],
            {"x": [1, 4], "y": [1, 4]},
            outputs="a b",
        )
    )
    assert ops(dag) == ["input", "input", "cat", "relu", "tanh", "output"]
    assert [dag.nodes[n]["input"] for n in (0, 1)] == [0, 1]
    assert list(dag.predecessors(5)) == [3, 4]


def test_functions_are_inlined():
    from onnx import helper

    inner = [helper.make_node("Relu", ["a"], ["t"]), helper.make_node("Mul", ["t", "a"], ["b"])]
    opsets = [helper.make_opsetid("", 18)]
    outer = model([("Gate", "x", "out", {"domain": "own"})], {"x": [1, 4]})
    outer.functions.append(helper.make_function("own", "Gate", ["a"], ["b"], inner, opsets))
    outer.opset_import.append(helper.make_opsetid("own", 1))
    assert ops(from_onnx(outer)) == ["input", "relu", "mul", "output"]


def test_branches_are_refused():
    from onnx import TensorProto, helper

    info = helper.make_tensor_value_info("r", TensorProto.FLOAT, None)
    branch = helper.make_graph([helper.make_node("Relu", ["x"], ["r"])], "branch", [], [info])
    attributes = {"then_branch": branch, "else_branch": branch, "name": "gate"}
    with pytest.raises(InvalidArchitectureError, match="ONNX node 'gate' is a If") as raised:
        from_onnx(model([("If", "x", "out", attributes)], {"x": [1]}))
    assert len(str(raised.value)) <= 300


def test_nodes_out_of_order_are_refused():
    broken = model([("Relu", "y", "out", {})], {"x": [1]})
    with pytest.raises(InvalidArchitectureError, match="reads 'y', which no earlier node") as e:
        from_onnx(broken)
    assert len(str(e.value)) <= 300


@pytest.mark.parametrize("content", [b"no model at all", b""])
def test_other_files_are_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(InvalidArchitectureError, match=r"model\.onnx' is no ONNX model") as raised:
        from_onnx(path)
    assert len(str(raised.value)) <= 300


def test_missing_file(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        from_onnx(tmp_path / "model.onnx")


def test_no_model():
    with pytest.raises(TypeError, match="path_or_model is a list"):
        from_onnx([])
