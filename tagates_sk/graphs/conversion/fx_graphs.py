"""Graphs of torch.fx, whoever traced them, as recorded operations."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from ..errors import InvalidArchitectureError
from .dataflow import Dataflow, Label, Value, joined
from .layers import layer_call, layer_class
from .names import Call, Operand, Wire, describe
from .scopes import block_of, layer_of, scope_of

BRANCHES = frozenset({"cond", "while_loop", "scan", "map", "map_impl", "associative_scan"})
"""Operators of torch that run one of several graphs, or one again and again."""

INLINED = frozenset(
    {"wrap_with_set_grad_enabled", "wrap_with_autocast", "tag_activation_checkpoint",
     "invoke_subgraph", "wrap", "wrap_activation_checkpoint"}
)  # fmt: skip
"""Operators of torch that run a graph once, under some setting."""

WRITES = frozenset({"copy_", "index_put_", "setitem", "masked_scatter_", "scatter_"})
"""Functions that put values into a part of a tensor."""


class FxReader:
    """Reads the nodes of a graph, and of the graphs inside of it, into a dataflow.

    Parameters
    ----------
    flow : Dataflow
        Takes the operations.
    module_at : callable
        From the path of a module to the module, in the network that was traced.
    modules : bool
        Whether to note which module an operation is a part of.
    """

    def __init__(self, flow: Dataflow, module_at: Callable[[str], Any], *, modules: bool) -> None:
        self.flow = flow
        self.module_at = module_at
        self.modules = modules

    def read(self, graph_module: Any, arguments: Sequence[Any]) -> list[Any]:
        """Read a graph.

        Parameters
        ----------
        graph_module : torch.fx.GraphModule
            What was traced.
        arguments : sequence of Value
            The values of its placeholders.

        Returns
        -------
        list of Value
            What it returns, without its structure; None for what is no tensor.
        """
        values: dict[Any, Any] = {}
        given = iter(arguments)
        returned: list[Any] = []
        nodes = ((node, self._layer(node)) for node in graph_module.graph.nodes)
        for (_, layer), run in groupby(nodes, key=lambda pair: (layer_key(pair), pair[1])):
            members = [node for node, _ in run]
            node = members[0]
            if layer is not None:
                self._read_layer(members, layer[1], values)
            elif node.op == "placeholder":
                values[node] = next(given)
            elif node.op == "get_attr":
                found = _attribute(graph_module, node.target)
                values[node] = _constant(found)
                node.meta.setdefault("val", found)
            elif node.op == "output":
                returned = _flat(_mapped(node.args, values))
            elif node.op == "call_module":
                self._read_module(node, values)
            else:
                self._read_call(node, values)
        return [item.value if isinstance(item, Operand) else None for item in returned]

    def _layer(self, node: Any) -> tuple[str, Any] | None:
        """Key and module of the layer that a function is called in."""
        if node.op != "call_function":
            return None
        return layer_of(scope_of(node), self.module_at)

    def _block(self, node: Any) -> tuple[str, str] | None:
        return block_of(scope_of(node), self.module_at) if self.modules else None

    def _read_layer(self, run: list[Any], module: Any, values: dict[Any, Any]) -> None:
        """All functions that one call of a layer calls are one operation."""
        inside = set(run)
        outside = list(
            dict.fromkeys(n for node in run for n in node.all_input_nodes if n not in inside)
        )
        operands = _flat([_operand(node, values) for node in outside])
        data = [operand for operand in operands if operand.is_data]
        shapes = [shape for node in run if (shape := _shape_of(node)) is not None]
        label: Label | Wire = Label("")
        if data:
            label = describe(layer_call(module, data, shapes[-1] if shapes else None))
        result = self._result(label, operands, self._block(run[0]), _sizes(module))
        target = next((n.args[0] for n in run if _works_in_place(n) and n.args[0] in outside), None)
        if target is not None:
            values[target].become(result)
            result = values[target]
        values |= dict.fromkeys(run, result)

    def _read_module(self, node: Any, values: dict[Any, Any]) -> None:
        """A call of a module that was not traced into."""
        module = self.module_at(node.target)
        args = _mapped([*node.args, *node.kwargs.values()], values)
        operands = _flat(args)
        if layer_class(module) is not None:
            label = describe(layer_call(module, args, _shape_of(node)))
        else:
            words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(module).__name__)
            label = Label(words.lower())
        result = self._result(label, operands, self._block(node), _sizes(module))
        if getattr(module, "inplace", False) and operands:
            operands[0].value.become(result)
            result = operands[0].value
        values[node] = result

    def _read_call(self, node: Any, values: dict[Any, Any]) -> None:
        """A call of a function or a method."""
        name = _function_name(node)
        if name in BRANCHES:
            raise InvalidArchitectureError(
                f"The network calls torch's {name}, whose path depends on values, so it is no "
                "single graph. Convert each of its branches as a network of its own."
            )
        if name in INLINED:
            values[node] = self._inline(node, values)
            return
        args, kwargs = _mapped(node.args, values), _mapped(node.kwargs, values)
        if name == "getitem" and isinstance(args[0], list):
            values[node] = args[0][args[1]].value
            return
        if name == "getattr":
            name, args = str(args[1]), args[:1]
        call = Call(_public(name), args, kwargs, _shape_of(node))
        operands = call.operands()
        if name in WRITES and operands:
            target = operands[0].value
            target.become(joined(operand.value for operand in operands))
            values[node] = target
            return
        label = describe(call)
        if isinstance(node.meta.get("val"), (int, float, bool)):
            label = Wire(None)
        result = self._result(label, operands, self._block(node))
        if _works_in_place(node) and operands:
            operands[0].value.become(result)
            result = operands[0].value
        values[node] = result

    def _result(
        self,
        label: Label | Wire,
        operands: list[Operand],
        block: tuple[str, str] | None,
        own: dict[int, int] | None = None,
    ) -> Value:
        if isinstance(label, Label):
            read = [operand.value for operand in operands]
            return self.flow.operation(label, read, parameters=own, block=block)
        if label.passed is None:
            return Value()
        value = label.passed.value
        return Value(value.nodes, value.parameters) if label.copies else value

    def _inline(self, node: Any, values: dict[Any, Any]) -> list[Any]:
        """The results of a graph inside of the graph."""
        inner = next(i for i, a in enumerate(node.args) if _is_graph(a, values))
        arguments = [values[a] for a in node.args[inner + 1 :]]
        return self.read(values[node.args[inner]], arguments)


def _sizes(module: Any) -> dict[int, int]:
    """The trained tensors of a module."""
    return {id(parameter): parameter.numel() for parameter in module.parameters()}


def layer_key(pair: tuple[Any, tuple[str, Any] | None]) -> Any:
    """What neighbours of one run share: the call of a layer, or nothing."""
    node, layer = pair
    return node if layer is None else layer[0]


def _mapped(x: Any, values: dict[Any, Any]) -> Any:
    """Arguments with operands in place of nodes."""
    from torch.fx.node import map_arg

    return map_arg(x, lambda node: _operand(node, values))


def _operand(node: Any, values: dict[Any, Any]) -> Any:
    value = values[node]
    if isinstance(value, list):
        return [Operand(item) if isinstance(item, Value) else item for item in value]
    return Operand(value, _shape_of(node)) if isinstance(value, Value) else value


def _flat(x: Any) -> list[Any]:
    """What is inside nested lists and dictionaries."""
    if isinstance(x, dict):
        x = list(x.values())
    if isinstance(x, (tuple, list)):
        return [item for part in x for item in _flat(part)]
    return [x] if isinstance(x, Operand) else []


def _attribute(graph_module: Any, path: str) -> Any:
    found = graph_module
    for name in path.split("."):
        found = getattr(found, name)
    return found


def _constant(found: Any) -> Any:
    """A tensor of the network as a constant; a graph inside of it as it is."""
    import torch

    if isinstance(found, torch.nn.Parameter):
        return Value(parameters={id(found): found.numel()})
    return found if isinstance(found, torch.nn.Module) else Value()


def _is_graph(argument: Any, values: dict[Any, Any]) -> bool:
    import torch

    return isinstance(argument, torch.fx.Node) and isinstance(
        values[argument], torch.fx.GraphModule
    )


def _shape_of(node: Any) -> tuple[int, ...] | None:
    """Of the tensor that a node holds; None if it is not known as whole numbers."""
    shape = getattr(node.meta.get("val"), "shape", None)
    if shape is None or not all(isinstance(size, int) for size in shape):
        return None
    return tuple(shape)


def _function_name(node: Any) -> str:
    """As torch writes it, with the ``_`` of what works in place."""
    if isinstance(node.target, str):
        return node.target
    schema = getattr(node.target, "_schema", None)
    if schema is not None:
        return str(schema.name.split("::")[-1])
    name = getattr(node.target, "__name__", None) or str(node.target)
    return str(name).split(".")[0]


def _public(name: str) -> str:
    """Without the signs of what is private and of what works in place."""
    return name if name.strip("_") == "" else name.strip("_")


def _works_in_place(node: Any) -> bool:
    name = _function_name(node)
    flagged = node.kwargs.get("inplace") is True or (
        node.op == "call_function"
        and name in ("relu", "relu6", "silu", "hardswish", "mish")
        and len(node.args) > 1
        and node.args[1] is True
    )
    return flagged or (name.endswith("_") and not name.endswith("__"))
