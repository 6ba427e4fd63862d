"""ONNX models as architectures."""

from __future__ import annotations

import os
from typing import Any

from ..errors import InvalidArchitectureError
from ..foreign import cut, echo
from ..optional import missing
from .assembly import to_graph
from .dataflow import Dataflow, Value
from .names import Wire, describe
from .onnx_calls import BRANCHES, OnnxTensors, onnx_call


def from_onnx(path_or_model: Any) -> Any:
    """Convert an ONNX model to a DAG with operations on nodes.

    Names and attributes are those of :func:`from_torch`. Weights are the initializers with
    floating-point numbers; scalars among them are constants. Needs `onnx`:
    ``pip install "tagates_sk[onnx]"``.

    Parameters
    ----------
    path_or_model : str, path or onnx.ModelProto
        A file, or the model. Weights that lie in files of their own are not read.

    Returns
    -------
    networkx.DiGraph
        Multiply-accumulates are given where the shapes are known; where the model leaves the
        first dimension open, they are those of one example.

    Raises
    ------
    ImportError
        If `onnx` is not installed.
    InvalidArchitectureError
        If the file is no ONNX model, or the model has branches or loops.
    TypeError
        If `path_or_model` is neither a path nor a model.

    See Also
    --------
    from_torch : The same for networks of torch.

    Examples
    --------
    >>> from tagates_sk.graphs import from_onnx
    >>> dag = from_onnx("resnet18.onnx")  # doctest: +SKIP
    """
    onnx = _onnx()
    if isinstance(path_or_model, (str, os.PathLike)):
        model = _loaded(onnx, path_or_model)
    elif isinstance(path_or_model, onnx.ModelProto):
        model = path_or_model
    else:
        raise TypeError(
            f"path_or_model is a {type(path_or_model).__name__}; the path of a file or an "
            "onnx.ModelProto is expected."
        )
    if model.functions:
        from onnx.inliner import inline_local_functions

        model = inline_local_functions(model)
    graph = onnx.shape_inference.infer_shapes(model).graph

    flow = Dataflow()
    tensors = OnnxTensors(graph)
    values: dict[str, Value] = {"": Value()} | tensors.weights
    for given in graph.input:
        if given.name not in values:
            values[given.name] = flow.input()
    for node in graph.node:
        if node.op_type in BRANCHES:
            raise InvalidArchitectureError(
                f"ONNX node {echo(node.name)} is a {node.op_type}, whose path depends on values, "
                "so the model is no single graph. Export its branches as models of their own."
            )
        missing = [name for name in node.input if name not in values]
        if missing:
            raise InvalidArchitectureError(
                f"ONNX node {echo(node.name)} ({node.op_type}) reads {echo(missing[0])}, which "
                "no earlier node computes. onnx.checker.check_model says what is wrong."
            )
        call = onnx_call(node, [tensors.operand(name, values) for name in node.input], tensors)
        label = describe(call)
        if isinstance(label, Wire):
            result = Value() if label.passed is None else label.passed.value
        else:
            result = flow.operation(label, [operand.value for operand in call.operands()])
        values |= dict.fromkeys(node.output, result)
        values[""] = Value()
    return to_graph(flow, [values[output.name] for output in graph.output])


def _onnx() -> Any:
    try:
        import onnx
        import onnx.shape_inference
    except ImportError as error:
        raise missing("from_onnx", "onnx", "onnx") from error
    return onnx


def _loaded(onnx: Any, path: str | os.PathLike[str]) -> Any:
    try:
        model = onnx.load(path, load_external_data=False)
    except OSError:
        raise
    except Exception as error:
        raise InvalidArchitectureError(
            f"{echo(os.path.basename(path))} is no ONNX model: {cut(str(error), 80)}. Write one by "
            "torch.onnx.export or onnx.save."
        ) from error
    if not model.graph.node and not model.graph.output:
        raise InvalidArchitectureError(
            f"{echo(os.path.basename(path))} is no ONNX model: its graph is empty. Write one by "
            "torch.onnx.export or onnx.save."
        )
    return model
