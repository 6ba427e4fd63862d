"""Networks of torch traced, by torch.export or symbolically by torch.fx."""

from __future__ import annotations

import contextlib
import inspect
import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from .assembly import to_graph
from .dataflow import Dataflow, Value
from .fx_graphs import FxReader


def exported(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What `torch.export` makes of a network for inputs of these shapes."""
    from torch.export import export

    with _silent():
        return export(module, args, kwargs, strict=False)


def exported_graph(program: Any, module: Any, *, modules: bool) -> Any:
    """The DAG of an exported program.

    Parameters
    ----------
    program : torch.export.ExportedProgram
        What `exported` returned.
    module : torch.nn.Module
        What was exported.
    modules : bool
        One operation for each module.

    Returns
    -------
    networkx.DiGraph
    """
    from torch.export.graph_signature import InputKind, OutputKind

    flow = Dataflow()
    arguments = []
    placeholders = [node for node in program.graph.nodes if node.op == "placeholder"]
    for node, spec in zip(placeholders, program.graph_signature.input_specs, strict=True):
        if spec.kind == InputKind.PARAMETER:
            parameter = module.get_parameter(spec.target)
            arguments.append(Value(parameters={id(parameter): parameter.numel()}))
        elif spec.kind == InputKind.USER_INPUT and hasattr(node.meta.get("val"), "shape"):
            arguments.append(flow.input())
        else:
            arguments.append(Value())
    reader = FxReader(flow, cache(module.get_submodule), modules=modules)
    returned = reader.read(program.graph_module, arguments)
    kinds = [spec.kind for spec in program.graph_signature.output_specs]
    if len(kinds) == len(returned):  # without what is written into buffers
        pairs = zip(kinds, returned, strict=True)
        returned = [value for kind, value in pairs if kind == OutputKind.USER_OUTPUT]
    return to_graph(flow, [value for value in returned if value is not None], modules=modules)


@dataclass(frozen=True)
class Symbolic:
    """A graph that was traced without inputs, and the arguments that kept their defaults."""

    graph_module: Any
    defaults: dict[str, Any]


def symbolic(module: Any, args: tuple[Any, ...] | None, kwargs: dict[str, Any]) -> Symbolic:
    """What `torch.fx` makes of a network, with the defaults of arguments that are not given."""
    import torch

    defaults = {}
    for i, (name, parameter) in enumerate(inspect.signature(module.forward).parameters.items()):
        given = name in kwargs or (args is not None and i < len(args))
        if not given and parameter.default is not inspect.Parameter.empty:
            defaults[name] = parameter.default
    tracer = torch.fx.Tracer()
    with _silent():
        graph = tracer.trace(module, concrete_args=defaults or None)
    return Symbolic(torch.fx.GraphModule(tracer.root, graph), defaults)


def symbolic_graph(traced: Symbolic, module: Any, *, modules: bool) -> Any:
    """The DAG of a symbolic trace, like `exported_graph`, without shapes."""
    flow = Dataflow()
    arguments = [
        Value() if _is_fixed(node, traced.defaults) else flow.input()
        for node in traced.graph_module.graph.nodes
        if node.op == "placeholder"
    ]
    reader = FxReader(flow, cache(module.get_submodule), modules=modules)
    returned = reader.read(traced.graph_module, arguments)
    return to_graph(flow, [value for value in returned if value is not None], modules=modules)


def _is_fixed(node: Any, defaults: dict[str, Any]) -> bool:
    """Whether a placeholder is an argument with its default."""
    return node.target.rsplit("_", 1)[0] in defaults or node.target in defaults


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Nothing printed or logged, and no stack traces, which take torch a third of its time."""
    import torch

    before = logging.root.manager.disable
    config: Any = getattr(torch.fx, "config", None)
    traces = getattr(config, "do_not_emit_stack_traces", None)  # newer releases have it
    logging.disable(logging.CRITICAL)
    if traces is not None:
        config.do_not_emit_stack_traces = True
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        if traces is not None:
            config.do_not_emit_stack_traces = traces
        logging.disable(before)
