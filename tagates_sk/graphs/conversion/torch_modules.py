"""Networks of torch as architectures."""

from __future__ import annotations

import copy
from typing import Any

from ..errors import InvalidArchitectureError
from ..foreign import cut, echo
from .faults import place_of

DETAILS = ("layers", "modules")


def from_torch(module: Any, example_inputs: Any = None, detail: str = "layers") -> Any:
    """Convert a network of torch to a DAG with operations on nodes.

    With `example_inputs` the network is traced by :func:`torch.export.export`, and
    operations know their multiply-accumulates. Without them, or where that fails, it is traced
    symbolically by :mod:`torch.fx`.

    The graph is that of evaluation: dropout does nothing. Calls that change only the shape,
    type or place of numbers, that pick some of them, or that scale or shift them by a fixed
    number are no operations. Neither are weights, buffers and constants. A layer that is called
    twice is two operations. The network stays as it is: a copy that shares its tensors
    is traced, without hooks.

    Parameters
    ----------
    module : torch.nn.Module
        The network.
    example_inputs : tensor, tuple or dict, optional
        Arguments of its forward: one tensor, positional arguments, or arguments by name. Only
        their shapes and types matter; where control flow depends on shapes, on these shapes.
    detail : {"layers", "modules"}, default="layers"
        ``"layers"``: an operation for each layer of :mod:`torch.nn` and each function.
        ``"modules"``: an operation for each module that the network itself calls, directly or
        through ``Sequential``, ``ModuleList`` and ``ModuleDict``. A module of your own is named by
        its class and what is inside of it: ``"Block(add, 2*conv2d_3x3, 2*relu)"``.

    Returns
    -------
    networkx.DiGraph
        Nodes are numbered in the order of computation. Inputs have ``op="input"`` and, where
        there are several, a number `input`; all outputs lead to one node with ``op="output"``.
        The others have `op`, such as ``"conv2d_3x3_depthwise_stride2"``, and `attributes`, a
        dict of numbers. ``"parameters"`` is always there; it counts a shared tensor at its first
        use only. Where they apply and are known there are ``"in_channels"``,
        ``"out_channels"``, ``"kernel"``, ``"stride"``, ``"dilation"``, ``"groups"``,
        ``"heads"``, ``"layers"`` and ``"macs"``, the multiply-accumulates for the example inputs.
        Kernels with different sides have ``"kernel_height"`` and ``"kernel_width"`` instead.

    Raises
    ------
    InvalidArchitectureError
        If the network cannot be traced, with the module and line at fault; if its outputs do
        not depend on its inputs; if it cannot be copied.
    TypeError
        If `module` is no module, or `example_inputs` are no tensors.
    ValueError
        If `detail` is neither of the two.

    See Also
    --------
    from_onnx : The same for ONNX models.

    Examples
    --------
    >>> import torch
    >>> from tagates_sk.graphs import from_torch
    >>> net = torch.nn.Sequential(
    ...     torch.nn.Conv2d(1, 8, 3, stride=2), torch.nn.ReLU(), torch.nn.Flatten(),
    ...     torch.nn.Linear(72, 10),
    ... )
    >>> dag = from_torch(net, torch.zeros(1, 1, 8, 8))
    >>> [op for _, op in dag.nodes(data="op")]
    ['input', 'conv2d_3x3_stride2', 'relu', 'linear', 'output']
    >>> dag.nodes[3]["attributes"]
    {'in_channels': 72, 'out_channels': 10, 'macs': 720, 'parameters': 730}
    """
    import torch

    from .standin import stand_in, undisturbed
    from .tracing import exported, exported_graph, symbolic, symbolic_graph

    if not isinstance(module, torch.nn.Module) or isinstance(module, torch.jit.ScriptModule):
        raise TypeError(
            f"module is a {type(module).__name__}; a torch.nn.Module, not scripted, is expected."
        )
    if detail not in DETAILS:
        raise ValueError(f"detail={echo(detail)} is neither 'layers' nor 'modules'.")
    modules = detail == "modules"
    args, kwargs = _arguments(example_inputs)
    fault: tuple[Exception, str] | None = None
    with undisturbed():
        if args is not None:
            twin = stand_in(module)
            try:
                program = exported(twin, args, kwargs)
            except Exception as error:
                fault = error, place_of(error, twin)
            else:
                return exported_graph(program, twin, modules=modules)
            _run(stand_in(module), args, kwargs)
        twin = stand_in(module)
        try:
            traced = symbolic(twin, args, kwargs)
        except Exception as error:
            cause, place = fault or (error, place_of(error, twin))
        else:
            return symbolic_graph(traced, twin, modules=modules)
    advice = (
        "Pass example_inputs, or convert its submodules."
        if args is None
        else "Take what depends on values out of forward, or convert its submodules."
    )
    raise InvalidArchitectureError(_refusal("be traced", cause, place, advice)) from cause


def _run(twin: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Make sure that inputs fit; symbolic tracing would not see that they do not."""
    alone = copy.deepcopy(twin)  # forward may write into buffers and inputs
    try:
        alone(*copy.deepcopy(args), **copy.deepcopy(kwargs))
    except Exception as error:
        advice = "Check the shapes and types of example_inputs."
        place = place_of(error, alone)
        raise InvalidArchitectureError(
            _refusal("run on example_inputs", error, place, advice)
        ) from error


def _arguments(example_inputs: Any) -> tuple[tuple[Any, ...] | None, dict[str, Any]]:
    """Positional and named arguments; None in place of the former if there are no examples.

    Each tensor is one of its own: `torch.export` takes a tensor that is given twice for one input.
    """
    import torch
    from torch.utils._pytree import tree_leaves, tree_map

    if example_inputs is None:
        return None, {}
    if isinstance(example_inputs, torch.Tensor):
        return (example_inputs,), {}
    if isinstance(example_inputs, (tuple, list, dict)) and any(
        isinstance(leaf, torch.Tensor) for leaf in tree_leaves(example_inputs)
    ):
        own = tree_map(lambda x: x.clone() if isinstance(x, torch.Tensor) else x, example_inputs)
        return ((), own) if isinstance(own, dict) else (tuple(own), {})
    raise TypeError(
        f"example_inputs is a {type(example_inputs).__name__} without a tensor; pass a tensor, a "
        "tuple of positional arguments or a dict of arguments by name."
    )


def _refusal(what: str, error: Exception, place: str, advice: str) -> str:
    """At most 300 characters: what went wrong, where, and what to do."""
    reason = str(error).strip().split("\n")[0].rstrip(".")
    if "data-dependent" in reason or "control flow" in reason:
        reason = "its path depends on values"
    return f"The network cannot {what}, {cut(place, 140)}: {cut(reason)}. {advice}"
