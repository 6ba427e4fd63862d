"""Sizes and variants of an encoder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..graphs.attributes import AttributeScale
from ..graphs.errors import InvalidArchitectureError
from ..graphs.foreign import echo
from ..graphs.packed import PackedGraphs

CHOICES: dict[str, tuple[str, ...]] = {
    "symmetry_breaking": ("none", "random", "add", "concat"),
    "update": ("message", "node"),
    "aggregation": ("sum", "sqrt", "mean", "mixed"),
    "readout": ("output", "mean", "both"),
    "propagation": ("synchronous", "asynchronous"),
}
"""What the fields that are words may be."""

LARGEST_ZERO_COST = 1e18
"""Single precision ends at 3e38, and an encoder multiplies vectors by its weights."""


@dataclass(frozen=True)
class EncoderConfig:
    """Sizes and variants of the encoder; the notation is that of the paper.

    Parameters
    ----------
    n_operations : int
        Size of the vocabulary.
    n_cells : int
        Cells per architecture.
    n_marks : int
        Inputs per cell that have an embedding of their own.
    T : int
        Number of forward passes; T − 1 updates lie between them.
    s : float
        Scale of an update of an operation embedding.
    symmetry_breaking : {"none", "random", "add", "concat"}
        What makes operations of one type differ before the first pass.
    beta : float
        Scale β of the zero-cost embedding for "add" (equation 1).
    n_zero_cost : int
        Length of the zero-cost vectors Z.
    update : {"message", "node"}
        Whether the update of an operation reads its last-layer messages, or
        the states at its destination (of either direction).
    stop_gradient : tuple of {"embedding", "forward", "backward"}
        Inputs of the update through which no gradient flows.
    n_layers, layer_dim : int
        L and d.
    op_dim, node_dim, hidden_dim : int
        d_o, d_n and d_h.
    update_dim : int
        Hidden width of the update MLP.
    layer_bias : bool
        Whether propagation layers have a bias.
    terminal_operations : bool
        Whether the input and output nodes of operation-on-node cells have
        operation embeddings of their own, and are no plain wires.
    train_other_nodes : bool
        Whether the initial state of nodes that are no inputs is trained, and
        not zero.
    aggregation : {"sum", "sqrt", "mean", "mixed"}
        What a layer makes of the supports that arrive at a node: their sum, the
        sum over the square root of their number, or their mean; or members take
        "sqrt" and "sum" in turn.
    readout : {"output", "mean", "both"}
        The encoding is the output node's state, or the mean over all nodes but
        the inputs; or, of asynchronous passes, the one beside the other.
    propagation : {"synchronous", "asynchronous"}
        Whether a pass computes all nodes at once, `n_layers` times, or each node
        once, after those before it. The latter has no use for `n_layers`,
        `hidden_dim` and `layer_bias`.
    n_members : int
        Encoders trained side by side, each with weights of its own.
    n_targets : int
        Encodings wanted, each for a target: points of training, earliest first.
    anytime : bool
        Whether these are of the last passes, one each, and not all of the last.
    deep_supervision : bool
        Whether a single target has a head for the encoding after every pass.
    n_augmentations : int
        Data augmentations whose input nodes have embeddings of their own.
    n_losses : int
        Training losses whose FBConvert differs.
    n_conditions : int
        Conditions of training that differ in one of the two or in the schedule;
        1 where they are no input.
    attributes : AttributeScale or None
        Of the numbers beside operations, whose linear map is added to the
        embedding of the operation.
    """

    n_operations: int
    n_cells: int = 1
    n_marks: int = 1
    T: int = 2
    s: float = 0.1
    symmetry_breaking: str = "none"
    beta: float = 0.1
    n_zero_cost: int = 0
    update: str = "message"
    stop_gradient: tuple[str, ...] = ("embedding", "forward")
    n_layers: int = 3
    layer_dim: int = 128
    op_dim: int = 48
    node_dim: int = 48
    hidden_dim: int = 96
    update_dim: int = 128
    layer_bias: bool = False
    terminal_operations: bool = False
    train_other_nodes: bool = False
    aggregation: str = "sum"
    readout: str = "output"
    propagation: str = "synchronous"
    n_members: int = 1
    n_targets: int = 1
    anytime: bool = True
    deep_supervision: bool = False
    n_augmentations: int = 1
    n_losses: int = 1
    n_conditions: int = 1
    attributes: AttributeScale | None = None

    @property
    def n_attributes(self) -> int:
        """How many numbers stand beside an operation."""
        return 0 if self.attributes is None else len(self.attributes)

    @property
    def condition_dim(self) -> int:
        """How many numbers describe a condition of training."""
        return self.n_augmentations + self.n_losses - 1 if self.n_conditions > 1 else 0

    @property
    def n_passes_read(self) -> int:
        """How many of the last passes have an encoding that a head reads."""
        if self.n_targets > 1 and not self.anytime:
            return 1
        return self.T if self.deep_supervision else self.n_targets

    @property
    def heads(self) -> tuple[tuple[int, int], ...]:
        """Of every head its target, and the place of its pass among those that are read.

        A target is read after its own pass; with deep supervision after all
        that follow, too, and the last one after every pass.
        """
        k, n = self.n_targets, self.n_passes_read
        if k > 1 and not self.anytime:
            return tuple((target, 0) for target in range(k))
        own = range(n - k, n)
        if not self.deep_supervision:
            return tuple(enumerate(own))
        earlier = [(target, i) for target in range(k - 1) for i in range(own[target], n)]
        return (*earlier, *((k - 1, i) for i in range(n)))

    @property
    def encoding_dim(self) -> int:
        """Width of the encoding of one member."""
        return self.output_dim * (2 if self.readout == "both" else 1)

    @property
    def output_dim(self) -> int:
        """Width of the states of a member's output nodes."""
        return self.n_cells * self.layer_dim

    def check_zero_cost(self, packed: PackedGraphs) -> None:
        """Check the zero-cost vectors of architectures against the encoder.

        Parameters
        ----------
        packed : PackedGraphs

        Raises
        ------
        InvalidArchitectureError
            If they are needed and missing, of another length, or too large.
        """
        zero_cost = packed.zero_cost
        if self.symmetry_breaking not in ("add", "concat"):
            return
        if zero_cost is None:
            raise InvalidArchitectureError(
                f"symmetry_breaking={echo(self.symmetry_breaking)} reads the attribute "
                "zero_cost beside op, and the architectures of X carry none. Attach it by "
                "tagates_sk.zero_cost.ZeroCostSaliency, for instance as the step before this one "
                "in a Pipeline, or set symmetry_breaking='none'."
            )
        if zero_cost.shape[1] != self.n_zero_cost:
            raise InvalidArchitectureError(
                f"zero_cost has length {zero_cost.shape[1]} in X; in fit it had length "
                f"{self.n_zero_cost}."
            )
        beyond = np.argwhere(abs(zero_cost) > LARGEST_ZERO_COST)
        if len(beyond):
            op, j = (int(i) for i in beyond[0])
            raise InvalidArchitectureError(
                f"{packed.place(op)}: zero_cost has the value {zero_cost[op, j]:g}; the encoder "
                f"computes in single precision and reads values up to {LARGEST_ZERO_COST:g}. Scale "
                "the saliencies, for instance by their logarithm."
            )
