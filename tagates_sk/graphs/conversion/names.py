"""What a call of a function is called in a DAG: one name for all forms of an operation."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .dataflow import Label, Value, plain


@dataclass(frozen=True)
class Operand:
    """A tensor that a call reads."""

    value: Value
    shape: tuple[int, ...] | None = None

    @property
    def is_data(self) -> bool:
        """Whether it depends on an input."""
        return bool(self.value.nodes)

    @property
    def is_trained(self) -> bool:
        """Whether it consists of parameters only."""
        return not self.is_data and bool(self.value.parameters)


@dataclass(frozen=True)
class Call:
    """A call of a function, by the names and the order of arguments that torch has for it.

    Attributes
    ----------
    function : str
        Name without overload, and without the ``_`` of the form that works in place.
    args, kwargs
        Arguments; tensors are instances of Operand, also inside lists.
    shape : tuple of int or None
        Of the result.
    """

    function: str
    args: Sequence[Any]
    kwargs: dict[str, Any] = field(default_factory=dict)
    shape: tuple[int, ...] | None = None

    def get(self, position: int, name: str, default: Any = None) -> Any:
        """An argument by its position or its name."""
        return self.args[position] if len(self.args) > position else self.kwargs.get(name, default)

    def operands(self) -> list[Operand]:
        """All tensors among the arguments, in their order."""
        found: list[Operand] = []

        def visit(x: Any) -> None:
            if isinstance(x, Operand):
                found.append(x)
            elif isinstance(x, (tuple, list)):
                for item in x:
                    visit(item)

        visit([*self.args, *self.kwargs.values()])
        return found


@dataclass(frozen=True)
class Wire:
    """A call that passes one of its tensors on.

    Attributes
    ----------
    passed : Operand or None
        Which; None is a result that depends on no input.
    copies : bool
        Whether writing into the result leaves the passed tensor as it was.
    """

    passed: Operand | None
    copies: bool = False


CONSTANTS = frozenset(
    {
        "arange", "device", "dim", "dtype", "empty", "empty_like", "empty_strided", "eye", "full",
        "full_like", "get_device", "is_cuda", "is_floating_point", "layout", "len", "linspace",
        "ndim", "nelement", "new_empty", "new_full", "new_ones", "new_tensor", "new_zeros", "numel",
        "ones", "ones_like", "rand", "rand_like", "randint", "randn", "randn_like", "scalar_tensor",
        "shape", "size", "stride", "sym_numel", "sym_size", "sym_stride", "tensor", "zeros",
        "zeros_like",
    }
)  # fmt: skip
"""What these return is taken from shapes, not from values."""

WIRES = frozenset(
    {
        "alias", "alpha_dropout", "bfloat16", "bool", "broadcast_to", "chunk", "clone", "conj",
        "contiguous", "cpu", "cuda", "data", "detach", "diagonal", "double", "dropout", "dropout1d",
        "dropout2d", "dropout3d", "dsplit", "expand", "expand_as", "feature_alpha_dropout",
        "feature_dropout", "fill", "flatten", "float", "getitem", "H", "half", "hsplit", "identity",
        "imag", "indices", "int", "lift_fresh", "lift_fresh_copy", "long", "mH", "moveaxis",
        "movedim", "mT", "narrow", "native_dropout", "neg", "negative", "permute", "pos",
        "positive", "ravel", "real", "repeat", "repeat_interleave", "requires_grad", "reshape",
        "reshape_as", "resolve_conj", "resolve_neg", "select", "slice", "split",
        "split_with_sizes", "squeeze",
        "swapaxes", "swapdims", "t", "T", "tensor_split", "tile", "to", "to_copy", "tolist",
        "transpose", "type", "type_as", "unbind", "unflatten", "unsafe_chunk", "unsafe_split",
        "unsafe_split_with_sizes", "unsafe_view", "unsqueeze", "values", "view", "view_as",
        "view_as_complex", "view_as_real", "vsplit", "zero",
    }
)  # fmt: skip
"""Only shape, place, type or number of copies change; dropout does nothing in evaluation."""

COPIES = frozenset({"clone", "to_copy", "repeat", "neg", "negative"})

ALIASES = {
    "absolute": "abs", "concat": "cat", "concatenate": "cat", "stack": "cat",
    "hstack": "cat", "vstack": "cat", "dstack": "cat", "truediv": "div", "true_divide": "div",
    "divide": "div", "floordiv": "floor_divide", "multiply": "mul", "subtract": "sub",
    "mm": "matmul", "bmm": "matmul", "baddbmm": "matmul", "mv": "matmul", "dot": "matmul",
    "tensordot": "matmul", "special_softmax": "softmax", "special_expit": "sigmoid",
    "special_log_softmax": "log_softmax", "logsigmoid": "log_sigmoid", "clip": "clamp",
    "greater": "gt", "less": "lt", "native_layer_norm": "layer_norm",
    "native_group_norm": "group_norm", "native_batch_norm": "batch_norm",
    "native_batch_norm_legit": "batch_norm", "native_batch_norm_legit_no_training": "batch_norm",
    "cudnn_batch_norm": "batch_norm", "safe_softmax": "softmax", "fused_rms_norm": "rms_norm",
    "embedding_renorm": "embedding", "multiply_": "mul", "log_sigmoid_forward": "log_sigmoid",
}  # fmt: skip
"""Names of torch for one and the same operation."""

ARITHMETIC = frozenset({"add", "sub", "rsub", "mul", "div", "floor_divide"})
NORMS = frozenset({"batch_norm", "instance_norm", "layer_norm", "group_norm", "rms_norm"})
PICKING = frozenset({"index", "index_select", "gather", "take", "take_along_dim"})


def describe(call: Call) -> Label | Wire:
    """The operation that a call is, or the wire.

    Parameters
    ----------
    call : Call
        Which function is called with what.

    Returns
    -------
    Label or Wire
    """
    name = _canonical(call.function)
    operands = call.operands()
    data = [operand for operand in operands if operand.is_data]
    if name in CONSTANTS:
        return Wire(None)
    if name in WIRES:
        return Wire(operands[0] if operands else None, name in COPIES)
    if not data:  # of constants only: it is never a node
        return Label(name)
    if name in ARITHMETIC:
        return _arithmetic(name, call, data, operands)
    if name == "cat":
        return _cat(data, operands)
    if name in PICKING:
        table = operands[0]
        if table.is_trained:
            return _embedding(table.shape)
        return Wire(table, copies=True) if len(data) == 1 and table.is_data else Label(name)
    for pattern, describer in _DESCRIBERS:
        found = re.fullmatch(pattern, name)
        if found:
            return describer(call, found)
    return Label(name)


def _canonical(name: str) -> str:
    if name not in ("__and__", "__or__"):
        name = name.strip("_") or name
    return ALIASES.get(name, name)


def _arithmetic(
    name: str, call: Call, data: list[Operand], operands: list[Operand]
) -> Label | Wire:
    """Of two results, or of one with trained numbers; by a fixed number it is a wire."""
    name = "sub" if name == "rsub" else name
    if len(data) > 1:
        return Label(name)
    if any(operand.is_trained for operand in operands):
        return Label(f"{name}_parameter")
    if name in ("div", "floor_divide") and call.get(0, "input") is not data[0]:
        return Label("reciprocal")
    return Wire(data[0], copies=True)


def _cat(data: list[Operand], operands: list[Operand]) -> Label | Wire:
    if len(data) > 1:
        return Label("cat")
    if any(operand.is_trained for operand in operands):
        return Label("cat_parameter")
    return Wire(data[0], copies=True)


# The kinds of operations of which more than the name is known.


def _conv(call: Call, found: re.Match[str]) -> Label:
    """Weights are (out, in / groups, *kernel); of transposed ones (in, out / groups, *kernel)."""
    kernel: tuple[int, ...] | None = None
    inward = outward = None
    weight = _shape(call.get(1, "weight"))
    transposed = found[1] is not None
    groups = call.get(6, "groups", 1)
    stride, dilation = call.get(3, "stride", 1), call.get(5, "dilation", 1)
    n = int(found[2] or 0)
    if call.function.strip("_") == "convolution":  # transposed, output_padding, groups
        transposed, groups = bool(call.get(6, "transposed")), call.get(8, "groups", 1)
    elif transposed:
        # output_padding comes before groups, dilation after it
        groups, dilation = call.get(6, "groups", 1), call.get(7, "dilation", 1)
    if weight is not None:
        n = n or len(weight) - 2
        kernel = weight[2:]
        inward, outward = weight[1] * groups, weight[0]
        if transposed:
            inward, outward = weight[0], weight[1] * groups
    name = f"conv{'_transpose' if transposed else ''}{n or ''}d" if n else "conv"
    if kernel is not None:
        name += f"_{_times(kernel)}"
    if groups > 1:
        name += "_depthwise" if groups == inward else f"_groups{groups}"
    name += _unless_one("stride", stride) + _unless_one("dilation", dilation)
    macs = None
    size = _shape(call.args[0]) if transposed else call.shape
    if size is not None and weight is not None:
        macs = math.prod(size) * math.prod(weight[1:])
    return Label(
        name,
        _sides("kernel", kernel)
        | _sides("stride", _tuple(stride))
        | _sides("dilation", _tuple(dilation))
        | plain({"in_channels": inward, "out_channels": outward, "groups": groups, "macs": macs}),
    )


def _linear(call: Call, found: re.Match[str]) -> Label:
    return _linear_label(_shape(call.get(1, "weight")), call.shape)


def _linear_label(weight: tuple[int, ...] | None, shape: tuple[int, ...] | None) -> Label:
    """Of a weight (out, in)."""
    if weight is None or len(weight) != 2:
        return Label("linear")
    macs = None if shape is None else math.prod(shape) * weight[1]
    return Label(
        "linear", plain({"in_channels": weight[1], "out_channels": weight[0], "macs": macs})
    )


def _matmul(call: Call, found: re.Match[str]) -> Label:
    """A product with trained numbers is a linear layer."""
    operands = call.operands()
    if found[0] == "einsum":
        macs = _einsum_macs(call)
        name = "linear" if any(operand.is_trained for operand in operands) else "matmul"
        return Label(name, plain({"macs": macs}))
    left, right = operands[-2:]  # addmm and baddbmm add their first
    if right.is_trained:
        return _linear_label(right.shape[::-1] if right.shape else None, call.shape)
    if left.is_trained:
        return _linear_label(left.shape, call.shape)
    macs = None
    if call.shape is not None and left.shape is not None:
        macs = math.prod(call.shape) * left.shape[-1]
    return Label("matmul", plain({"macs": macs}))


def _einsum_macs(call: Call) -> int | None:
    """Of the product over all indices at once."""
    equation = call.args[0]
    terms = equation.replace(" ", "").split("->")[0].split(",") if isinstance(equation, str) else []
    sizes: dict[str, int] = {}
    for term, operand in zip(terms, call.operands(), strict=False):
        if operand.shape is None or len(term) != len(operand.shape):
            return None
        sizes |= dict(zip(term, operand.shape, strict=True))
    return math.prod(sizes.values()) if sizes else None


def _norm(call: Call, found: re.Match[str]) -> Label:
    shape = _shape(call.args[0])
    channels = None
    if shape is not None and len(shape) > 1:
        channels = shape[-1] if found[0] in ("layer_norm", "rms_norm") else shape[1]
    groups = call.get(1, "num_groups") if found[0] == "group_norm" else None
    groups = groups if isinstance(groups, int) else None
    return Label(
        found[0], plain({"in_channels": channels, "out_channels": channels, "groups": groups})
    )


def _pool(call: Call, found: re.Match[str]) -> Label:
    """By kernel and stride, which is the kernel's where none is given."""
    kernel = _tuple(call.get(1, "kernel_size"), int(found[2]))
    stride = _tuple(call.get(2, "stride") or kernel, int(found[2]))
    shape = _shape(call.args[0])
    whole = shape is not None and shape[-len(kernel) :] == kernel
    if whole and call.shape is not None and set(call.shape[-len(kernel) :]) == {1}:
        return Label(f"global_{found[1]}_pool")
    return Label(
        f"{found[1]}_pool{found[2]}d_{_times(kernel)}{_unless_one('stride', stride)}",
        _sides("kernel", kernel) | _sides("stride", stride),
    )


def _adaptive_pool(call: Call, found: re.Match[str]) -> Label:
    size = _tuple(call.get(1, "output_size"), int(found[2]))
    if set(size) == {1}:
        return Label(f"global_{found[1]}_pool")
    return Label(f"adaptive_{found[1]}_pool{found[2]}d_{_times(size)}")


def _reduction(call: Call, found: re.Match[str]) -> Label:
    """A mean or maximum over the two last dimensions of an image is a global pooling."""
    dims = call.get(1, "dim")
    shape = _shape(call.args[0])
    rank = len(shape) if shape is not None else 4
    over = {d % rank for d in dims if isinstance(d, int)} if isinstance(dims, (tuple, list)) else {}
    if rank == 4 and over == {2, 3}:
        return Label("global_avg_pool" if found[0] == "mean" else "global_max_pool")
    return Label(found[0])


def _upsample(call: Call, found: re.Match[str]) -> Label:
    mode = found[1] if found[1] else call.get(3, "mode", "nearest")
    return Label(f"upsample_{mode}")


def _clamp(call: Call, found: re.Match[str]) -> Label:
    low = call.get(1, "min_val" if found[0] == "hardtanh" else "min")
    high = call.get(2, "max_val" if found[0] == "hardtanh" else "max")
    if low == 0 and high == 6:
        return Label("relu6")
    if low == 0 and high is None and found[0] != "hardtanh":
        return Label("relu")
    return Label(found[0])


def _embedding(shape: tuple[int, ...] | None) -> Label:
    if shape is None or len(shape) != 2:
        return Label("embedding")
    return Label("embedding", {"in_channels": shape[0], "out_channels": shape[1]})


def _embed(call: Call, found: re.Match[str]) -> Label:
    tables = [operand.shape for operand in call.operands() if operand.is_trained]
    return _embedding(tables[0] if tables else None)


def _recurrent(call: Call, found: re.Match[str]) -> Label:
    """Weights are (gates · hidden, in) and (gates · hidden, hidden)."""
    weights = [operand.shape for operand in call.operands() if operand.is_trained]
    shapes = [shape for shape in weights if shape is not None and len(shape) == 2]
    layers, both = call.kwargs.get("num_layers"), call.kwargs.get("bidirectional")
    if layers is None and "cell" not in found[0]:
        # torch gives has_biases, num_layers, dropout, train, bidirectional, batch_first last
        layers, both = call.args[-5], call.args[-2]
    name = found[0]
    if layers is not None and layers > 1:
        name += f"_{layers}layers"
    if both:
        name += "_bidirectional"
    attributes: dict[str, Any] = {"layers": layers}
    if len(shapes) > 1:
        attributes |= {"in_channels": shapes[0][1], "out_channels": shapes[1][1]}
        shape = _shape(call.args[0])
        if shape is not None:
            attributes["macs"] = math.prod(shape[:-1]) * sum(map(math.prod, shapes))
    return Label(name, plain(attributes))


def _attention(call: Call, found: re.Match[str]) -> Label:
    """Products of queries and keys, and of the result and values."""
    query, key, value = (_shape(call.get(i, "")) for i in range(3))
    macs = None
    if query and key and value:
        macs = math.prod(query[:-1]) * key[-2] * (query[-1] + value[-1])
    return Label("scaled_dot_product_attention", plain({"macs": macs}))


def _multihead(call: Call, found: re.Match[str]) -> Label:
    """With its projections."""
    query, key = _shape(call.args[0]), _shape(call.args[1])
    channels, heads = call.get(3, "embed_dim_to_check"), call.get(4, "num_heads")
    macs = None
    if query and key and isinstance(channels, int):
        tokens = math.prod(query[:-1]) + math.prod(key[:-1])
        time = 1 if len(key) < 3 or call.kwargs.get("batch_first") else 0
        length = key[0] if len(key) < 3 else key[time]
        macs = 2 * tokens * channels**2 + 2 * math.prod(query[:-1]) * length * channels
    return Label(
        f"multihead_attention_{heads}heads",
        plain({"in_channels": channels, "out_channels": channels, "heads": heads, "macs": macs}),
    )


_DESCRIBERS: list[tuple[str, Callable[[Call, re.Match[str]], Label]]] = [
    (r"conv(?:olution)?(_transpose|_tbc)?(?:([123])d)?", _conv),
    (r"linear", _linear),
    (r"matmul|einsum|addmm|addmv", _matmul),
    ("|".join(sorted(NORMS)), _norm),
    (r"(max|avg)_pool([123])d(?:_with_indices)?", _pool),
    (r"adaptive_(max|avg)_pool([123])d", _adaptive_pool),
    (r"mean|amax", _reduction),
    (r"(?:interpolate|upsample)(?:_(nearest|linear|bilinear|bicubic|trilinear)(?:_?exact)?\dd)?(?:_aa)?",
     _upsample),
    (r"clamp|clamp_min|hardtanh", _clamp),
    (r"embedding(?:_bag)?", _embed),
    (r"lstm|gru|rnn_tanh|rnn_relu|lstm_cell|gru_cell|rnn_tanh_cell|rnn_relu_cell", _recurrent),
    (r"scaled_dot_product.*attention.*", _attention),
    (r"multi_head_attention_forward", _multihead),
]  # fmt: skip


def _shape(x: Any) -> tuple[int, ...] | None:
    return x.shape if isinstance(x, Operand) else None


def _tuple(x: Any, n: int = 1) -> tuple[int, ...]:
    values = tuple(x) if isinstance(x, (tuple, list)) else (x,)
    values = values * n if len(values) == 1 else values
    return tuple(value if isinstance(value, int) else 0 for value in values)


def _times(sizes: Sequence[int]) -> str:
    return "x".join(map(str, sizes))


def _unless_one(word: str, x: Any) -> str:
    values = _tuple(x)
    if set(values) == {1}:
        return ""
    return f"_{word}{values[0] if len(set(values)) == 1 else _times(values)}"


def _sides(word: str, sizes: Sequence[int] | None) -> dict[str, float]:
    """One number for equal sides, otherwise one for each."""
    if not sizes:
        return {}
    if len(set(sizes)) == 1:
        return {word: sizes[0]}
    sides = ("depth", "height", "width")[-len(sizes) :]
    return {f"{word}_{side}": size for side, size in zip(sides, sizes, strict=True)}
