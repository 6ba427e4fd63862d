"""Switches of the encoder that reproduce the paper, or leave out a part of the method."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any, ClassVar

from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import StrOptions

from .._utils import Names, Number
from ..nn.config import CHOICES


class Variant(BaseEstimator):
    """Switches of the encoder that few users need.

    They reproduce published configurations and ablations. In a grid search their names
    are of the form ``variant__readout``.

    Parameters
    ----------
    update : {"auto", "message", "node"}, default="auto"
        Whether the update of an operation reads the messages it sent in the last layers
        of both passes, or the states at their destinations. "auto" is "message" for
        operations on edges, "node" for those on nodes.
    updated_operations : {"auto", "parametrized", "all"} or list of str, default="auto"
        Operations whose embedding is updated: those with weights, recognised by name
        (convolutions, linear, attention, recurrent layers ...), all with a gate, or the
        listed ones. "auto" is "parametrized" for operations on edges, "all" for those
        on nodes.
    stop_gradient : list of {"embedding", "forward", "backward"}, \
default=("embedding", "forward")
        Inputs of the update through which no gradient flows.
    deep_supervision : bool, default=True
        Whether the encoding after each pass has a head that learns the target, and the
        score is their mean, or only the encoding after the last pass has one, as
        published. With several targets (`anytime`) the final one is read after each
        pass, an earlier one after its own pass and later ones, and half of the other
        targets' head outputs is added to a target's score.
    anytime : bool, default=True
        With several targets (y of shape (n, k): performance at k points of training,
        the final one last): whether each of the last k passes predicts one of them,
        which needs k ≤ T, or the last encoding predicts all (section 3.3 of the paper).
        If True, the second half of the members focuses on the final target: the weight
        of an earlier one is the share of its architectures that have no final value, at
        least 0.05.
    aggregation : {"auto", "sum", "sqrt", "mean", "mixed"}, default="auto"
        How a propagation layer combines the supports that arrive at a node: their sum
        (as published), the sum over the square root of their number, or their mean.
        With "mixed" the members of an ensemble alternate between "sqrt" and "sum":
        which one extrapolates better depends on the graphs. "auto" is "sum" for
        operations on edges, "mixed" for those on nodes ("sqrt" with one member).
    self_loops : bool or "auto", default="auto"
        Whether an operation on a node also gates the previous state of the node itself.
        Operations on edges have no self loops. "auto" is True.
    residual : bool, default=True
        Whether inputs (the output in backward passes) keep their own support.
    readout : {"auto", "output", "mean", "both"}, default="auto"
        The encoding is the state of the output node, or the mean over all nodes except
        inputs; with asynchronous passes it can be both, concatenated. "auto" is
        "output" for operations on edges, "mean" for those on nodes.
    propagation : {"auto", "synchronous", "asynchronous"}, default="auto"
        Whether a pass computes all nodes at once, `n_layers` times, or each node once,
        after its predecessors (InfoPropagation, section A.1 of the paper). The cost of
        an asynchronous pass grows with the number of edges, not with the depth. It
        ignores `n_layers`, `self_loops`, `residual`, `layer_bias` and `hidden_dim`.
        "auto" is "asynchronous" if a path has more than 16 operations and `n_layers` is
        "auto", else "synchronous".
    terminal_operations : bool or "auto", default="auto"
        Whether the input and output nodes of operation-on-node cells have
        operation embeddings of their own instead of being plain wires. "auto" is True.
    layer_bias : bool or "auto", default="auto"
        Whether propagation layers have a bias. "auto" is True for operations
        on nodes, False for those on edges.
    train_other_nodes : bool, default=False
        Whether nodes other than inputs start from a trained state instead of zeros.
    op_dim, node_dim, hidden_dim : int, default=48, 48, 96
        Widths d_o, d_n, d_h of operation embeddings, node embeddings, and
        initial node states.
    optimizer : {"adamw", "adam"}, default="adamw"
        The optimizer. The two differ in how weight decay acts.
    max_pairs : int or None, default=None
        Maximum number of pairs per batch, drawn at random; None for all. Only for
        pairwise losses.

    See Also
    --------
    paper_config : Published configurations.

    Examples
    --------
    >>> from tagates_sk import TAGATESRanker, Variant
    >>> TAGATESRanker(variant=Variant(readout="mean")).get_params()["variant__readout"]
    'mean'
    >>> TAGATESRanker().set_params(variant__readout="mean").variant
    Variant(readout='mean')
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "update": [StrOptions({"auto", *CHOICES["update"]})],
        "updated_operations": [StrOptions({"auto", "parametrized", "all"}), Names()],
        "stop_gradient": [Names()],
        "deep_supervision": ["boolean"],
        "anytime": ["boolean"],
        "aggregation": [StrOptions({"auto", *CHOICES["aggregation"]})],
        "self_loops": ["boolean", StrOptions({"auto"})],
        "residual": ["boolean"],
        "readout": [StrOptions({"auto", *CHOICES["readout"]})],
        "propagation": [StrOptions({"auto", *CHOICES["propagation"]})],
        "terminal_operations": ["boolean", StrOptions({"auto"})],
        "layer_bias": ["boolean", StrOptions({"auto"})],
        "train_other_nodes": ["boolean"],
        "op_dim": [Number(Integral, 1, None, closed="left")],
        "node_dim": [Number(Integral, 1, None, closed="left")],
        "hidden_dim": [Number(Integral, 1, None, closed="left")],
        "optimizer": [StrOptions({"adamw", "adam"})],
        "max_pairs": [Number(Integral, 1, None, closed="left"), None],
    }

    def __init__(
        self,
        *,
        update: str = "auto",
        updated_operations: str | Sequence[str] = "auto",
        stop_gradient: Sequence[str] = ("embedding", "forward"),
        deep_supervision: bool = True,
        anytime: bool = True,
        aggregation: str = "auto",
        self_loops: bool | str = "auto",
        residual: bool = True,
        readout: str = "auto",
        propagation: str = "auto",
        terminal_operations: bool | str = "auto",
        layer_bias: bool | str = "auto",
        train_other_nodes: bool = False,
        op_dim: int = 48,
        node_dim: int = 48,
        hidden_dim: int = 96,
        optimizer: str = "adamw",
        max_pairs: int | None = None,
    ) -> None:
        self.update = update
        self.updated_operations = updated_operations
        self.stop_gradient = stop_gradient
        self.deep_supervision = deep_supervision
        self.anytime = anytime
        self.aggregation = aggregation
        self.self_loops = self_loops
        self.residual = residual
        self.readout = readout
        self.propagation = propagation
        self.terminal_operations = terminal_operations
        self.layer_bias = layer_bias
        self.train_other_nodes = train_other_nodes
        self.op_dim = op_dim
        self.node_dim = node_dim
        self.hidden_dim = hidden_dim
        self.optimizer = optimizer
        self.max_pairs = max_pairs
