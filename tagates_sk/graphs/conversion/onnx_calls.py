"""Nodes of ONNX as calls of the functions of torch that they stand for."""

from __future__ import annotations

import math
import re
from typing import Any

from .dataflow import Value
from .names import Call, Operand

BRANCHES = frozenset({"If", "Loop", "Scan", "SequenceMap"})
"""Operators with graphs inside, of which one runs, or one again and again."""

FUNCTIONS = {
    "Add": "add", "Sub": "sub", "Mul": "mul", "Div": "div", "Neg": "neg", "Sum": "add",
    "MatMul": "matmul", "Concat": "cat", "Relu": "relu", "LeakyRelu": "leaky_relu",
    "PRelu": "prelu", "ThresholdedRelu": "threshold", "HardSigmoid": "hardsigmoid",
    "HardSwish": "hardswish", "LogSoftmax": "log_softmax", "Swish": "silu",
    "LayerNormalization": "layer_norm", "InstanceNormalization": "instance_norm",
    "RMSNormalization": "rms_norm", "SimplifiedLayerNormalization": "rms_norm",
    "LpNormalization": "normalize", "LRN": "local_response_normalization",
    "DepthToSpace": "pixel_shuffle", "SpaceToDepth": "pixel_unshuffle",
    "ReduceSum": "sum", "ReduceMin": "amin", "Gather": "index_select", "GatherND": "index",
    "GatherElements": "gather", "Reciprocal": "reciprocal", "Not": "logical_not",
    "Equal": "eq", "Less": "lt", "Greater": "gt", "Attention": "scaled_dot_product_attention",
}  # fmt: skip
"""Operators that have a name of their own in torch; others are written in lower case."""

WIRES = frozenset(
    {
        "Cast", "CastLike", "DequantizeLinear", "Dropout", "Expand", "Flatten", "Identity",
        "QuantizeLinear", "Reshape", "Slice", "Split", "Squeeze", "Tile", "Transpose", "Unsqueeze",
    }
)  # fmt: skip
CONSTANTS = frozenset(
    {
        "Constant", "ConstantOfShape", "EyeLike", "RandomNormal", "RandomNormalLike",
        "RandomUniform", "RandomUniformLike", "Range", "Shape", "Size",
    }
)  # fmt: skip


class OnnxTensors:
    """What a graph says of its tensors beside how they are computed.

    Parameters
    ----------
    graph : onnx.GraphProto
        With inferred shapes.

    Attributes
    ----------
    weights : dict of str to Value
        Initializers as constants; those with floating-point numbers are trained.
    """

    def __init__(self, graph: Any) -> None:
        self.weights: dict[str, Value] = {}
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._stored = {tensor.name: tensor for tensor in graph.initializer}
        for i, tensor in enumerate(graph.initializer):
            shape = tuple(tensor.dims)
            self._shapes[tensor.name] = shape
            trained = _is_floating(tensor) and len(shape) > 0
            self.weights[tensor.name] = Value(parameters={i: math.prod(shape)} if trained else {})
        for node in graph.node:
            if node.op_type == "Constant":
                for attribute in node.attribute:
                    if attribute.name == "value":
                        self._stored[node.output[0]] = attribute.t
        for info in [*graph.input, *graph.value_info, *graph.output]:
            declared = _declared(info)
            if declared is not None:
                self._shapes.setdefault(info.name, declared)

    def operand(self, name: str, values: dict[str, Value]) -> Operand:
        """A tensor as the argument of a call."""
        return Operand(values[name], self._shapes.get(name))

    def shape(self, name: str) -> tuple[int, ...] | None:
        """The shape of a tensor, where it is known."""
        return self._shapes.get(name)

    def numbers(self, name: str) -> list[float] | None:
        """The numbers of a constant; None if it is computed or lies in another file."""
        from onnx import numpy_helper

        tensor = self._stored.get(name)
        if tensor is None or tensor.external_data:
            return None
        return [float(x) for x in numpy_helper.to_array(tensor).reshape(-1)]


def onnx_call(node: Any, inputs: list[Operand], tensors: OnnxTensors) -> Call:
    """The call that a node stands for.

    Parameters
    ----------
    node : onnx.NodeProto
        The node.
    inputs : list of Operand
        What it reads; an input that is left out is a constant.
    tensors : OnnxTensors
        Shapes, and the numbers of constants.
    """
    from onnx.helper import get_attribute_value

    attributes = {a.name: get_attribute_value(a) for a in node.attribute}
    name, shape = node.op_type, tensors.shape(node.output[0])
    if name in WIRES:
        return Call("view", inputs[:1], {}, shape)
    if name in CONSTANTS:
        return Call("size", inputs, {}, shape)
    if name in ("Conv", "ConvTranspose"):
        return _conv(name, inputs, attributes, shape)
    if name == "Gemm" and inputs[1].is_trained:
        weight = inputs[1].shape
        if weight is not None and not attributes.get("transB", 0):
            weight = weight[::-1]
        return Call("linear", [inputs[0], Operand(inputs[1].value, weight), *inputs[2:]], {}, shape)
    if name == "Gemm":
        return Call("matmul", inputs[:2], {}, shape)
    if name == "BatchNormalization":  # mean and variance are no trained numbers
        return Call("batch_norm", inputs[:3], {}, shape)
    if name == "GroupNormalization":
        return Call("group_norm", [inputs[0], attributes["num_groups"], *inputs[1:]], {}, shape)
    if name in ("MaxPool", "AveragePool"):
        kernel = attributes["kernel_shape"]
        function = f"{'max' if name == 'MaxPool' else 'avg'}_pool{len(kernel)}d"
        stride = attributes.get("strides", [1] * len(kernel))
        return Call(function, [inputs[0], kernel, stride], {}, shape)
    if name in ("GlobalAveragePool", "GlobalMaxPool"):
        kind = "avg" if name == "GlobalAveragePool" else "max"
        return Call(f"adaptive_{kind}_pool2d", [inputs[0], 1], {}, shape)
    if name in ("ReduceMean", "ReduceMax"):
        axes = attributes.get("axes")
        if axes is None and len(node.input) > 1:
            axes = tensors.numbers(node.input[1])
        dims = [int(axis) for axis in axes or []]
        return Call("mean" if name == "ReduceMean" else "amax", [inputs[0], dims], {}, shape)
    if name == "Clip":
        low, high = attributes.get("min"), attributes.get("max")
        bounds = [tensors.numbers(bound) for bound in node.input[1:]]
        low = bounds[0][0] if bounds and bounds[0] else low
        high = bounds[1][0] if len(bounds) > 1 and bounds[1] else high
        return Call("clamp", [inputs[0], low, high], {}, shape)
    if name in ("Resize", "Upsample"):
        mode = attributes.get("mode", b"nearest").decode()
        flat = shape is None or len(shape) == 4
        modes = {"linear": "bilinear" if flat else "linear", "cubic": "bicubic"}
        return Call("interpolate", inputs[:1], {"mode": modes.get(mode, mode)}, shape)
    if name in ("LSTM", "GRU", "RNN"):
        return _recurrent(name, inputs, attributes, shape)
    if name == "Einsum":
        return Call("einsum", [attributes["equation"].decode(), inputs], {}, shape)
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return Call(FUNCTIONS.get(name, words), inputs, {}, shape)


def _conv(
    name: str, inputs: list[Operand], attributes: dict[str, Any], shape: tuple[int, ...] | None
) -> Call:
    kernel = attributes.get("kernel_shape") or (inputs[1].shape or ())[2:]
    n = len(kernel)
    stride = attributes.get("strides", [1] * n)
    dilation, groups = attributes.get("dilations", [1] * n), attributes.get("group", 1)
    bias = inputs[2] if len(inputs) > 2 else None
    if name == "Conv":
        return Call(
            f"conv{n}d", [inputs[0], inputs[1], bias, stride, 0, dilation, groups], {}, shape
        )
    args = [inputs[0], inputs[1], bias, stride, 0, 0, groups, dilation]
    return Call(f"conv_transpose{n}d", args, {}, shape)


def _recurrent(
    name: str, inputs: list[Operand], attributes: dict[str, Any], shape: tuple[int, ...] | None
) -> Call:
    """Weights have a first dimension of one or two directions."""
    both = attributes.get("direction", b"forward") == b"bidirectional"
    weights = [
        Operand(w.value, w.shape[1:] if w.shape else None)
        for w in inputs[1:3]
        for _ in range(1 + both)
    ]
    if both:  # input and hidden weights of one direction first, as torch has them
        weights = [weights[0], weights[2], weights[1], weights[3]]
    function = {"LSTM": "lstm", "GRU": "gru", "RNN": "rnn_tanh"}[name]
    if name == "RNN" and (attributes.get("activations") or [b"Tanh"])[0].lower() == b"relu":
        function = "rnn_relu"
    args = [inputs[0], *weights, *inputs[3:]]
    return Call(function, args, {"num_layers": 1, "bidirectional": both}, shape)


def _is_floating(tensor: Any) -> bool:
    from onnx import TensorProto

    return tensor.data_type in (
        TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16,
    )  # fmt: skip


def _declared(info: Any) -> tuple[int, ...] | None:
    """The shape of a tensor; an open first dimension is one example."""
    if not info.type.tensor_type.HasField("shape"):
        return None
    dims = [int(dim.dim_value) for dim in info.type.tensor_type.shape.dim]
    if dims and dims[0] < 1:
        dims[0] = 1
    return tuple(dims) if all(dim > 0 for dim in dims) else None
