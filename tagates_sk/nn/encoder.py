"""The encoder: Algorithm 1 of TA-GATES (Ning et al., NeurIPS 2022)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..graphs.errors import InvalidArchitectureError
from .propagation import Propagation
from .tables import BatchTables

RANDOM_NOISE = 0.1
"""Standard deviation of the noise of ``symmetry_breaking="random"``."""


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
    readout : {"output", "mean"}
        The encoding is the output node's state, or the mean over all nodes but
        the inputs.
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
    readout: str = "output"

    @property
    def encoding_dim(self) -> int:
        """Width of the encoding."""
        return self.n_cells * self.layer_dim

    def check_zero_cost(self, zero_cost: np.ndarray[Any, Any] | None) -> None:
        """Hold the zero-cost vectors of architectures against what the encoder reads.

        Parameters
        ----------
        zero_cost : ndarray of float, shape (n_ops, k), or None

        Raises
        ------
        InvalidArchitectureError
            If they are needed and missing, or of another length.
        """
        if self.symmetry_breaking not in ("add", "concat"):
            return
        if zero_cost is None:
            raise InvalidArchitectureError(
                f"symmetry_breaking={self.symmetry_breaking!r} reads the attribute "
                "zero_cost beside op, and the architectures of X carry none. Attach it by "
                "tagates_sk.zero_cost.ZeroCostSaliency, for instance as the step before this one "
                "in a Pipeline, or set symmetry_breaking='none'."
            )
        if zero_cost.shape[1] != self.n_zero_cost:
            raise InvalidArchitectureError(
                f"zero_cost has length {zero_cost.shape[1]} in X; in fit it had length "
                f"{self.n_zero_cost}."
            )


class Encoding(NamedTuple):
    """What the encoder makes of a batch."""

    architectures: Tensor
    """Encodings, shape (n_architectures, n_cells * d)."""
    operations: Tensor | None = None
    """Final embeddings of operations with a gate, shape (n_gated, d_o), of a TA-GATES encoder."""


class TAGATESEncoder(nn.Module):
    """Encode architectures by mimicking their training on their own graphs.

    T times a forward pass, each but the last followed by a backward pass over
    the transposed graph and an update of the operation embeddings from what
    both passes carried (Algorithm 1). With T = 1 and no symmetry breaking this
    is GATES.

    Parameters
    ----------
    config : EncoderConfig
    generator : torch.Generator or None
        Source of the initial weights; None leaves them uninitialised.
    """

    def __init__(self, config: EncoderConfig, generator: torch.Generator | None = None) -> None:
        super().__init__()
        c = self.config = config
        directions = 2 if c.T > 1 else 1
        gate_in = c.op_dim + (c.n_zero_cost if c.symmetry_breaking == "concat" else 0)
        self.op_embedding = nn.Parameter(torch.empty(c.n_operations, c.op_dim))
        if c.terminal_operations:
            self.output_op_embedding = nn.Parameter(torch.empty(1, c.op_dim))
            # As published, the input's operation has an embedding that is never trained.
            self.input_op_embedding = nn.Parameter(torch.empty(1, c.op_dim), requires_grad=False)
        self.input_embedding = nn.Parameter(torch.empty(c.n_cells, c.n_marks, c.node_dim))
        self.other_embedding = nn.Parameter(
            torch.zeros(c.n_cells, 1, c.node_dim), requires_grad=c.train_other_nodes
        )
        self.node_hidden = linear(c.node_dim, c.hidden_dim)
        # Gate maps of all layers, forward first: one product serves a time step.
        self.gate_weight = nn.Parameter(torch.empty(directions * c.n_layers, c.layer_dim, gate_in))
        self.gate_bias = nn.Parameter(torch.empty(directions * c.n_layers, c.layer_dim))
        self.forward_layers = Propagation(c.hidden_dim, c.layer_dim, c.n_layers, c.layer_bias)
        if c.T > 1:
            self.backward_layers = Propagation(c.layer_dim, c.layer_dim, c.n_layers, c.layer_bias)
            self.fb_convert = mlp(c.encoding_dim, c.encoding_dim, c.encoding_dim)
            self.op_update = mlp(c.op_dim + 2 * c.layer_dim, c.update_dim, c.op_dim)
        if c.symmetry_breaking == "add":
            self.zero_cost_mlp = mlp(c.n_zero_cost, 64, 128, c.op_dim)
        if generator is not None:
            self._initialise(generator)

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator) -> None:
        for name, parameter in self.named_parameters():
            if "embedding" in name:
                if name != "other_embedding" or parameter.requires_grad:
                    parameter.normal_(generator=generator)
            elif name.startswith(("forward_layers", "backward_layers")):
                if parameter.ndim == 2:
                    nn.init.xavier_uniform_(parameter, generator=generator)
                else:
                    parameter.zero_()
        uniform_(self.gate_weight, self.gate_bias, generator)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                uniform_(module.weight, module.bias, generator)

    def forward(self, batch: BatchTables, noise: Tensor | None = None) -> Encoding:
        """Encode a batch.

        Parameters
        ----------
        batch : BatchTables
        noise : Tensor of shape (n_gated, d_o), optional
            Standard normal numbers for ``symmetry_breaking="random"``.

        Returns
        -------
        Encoding
        """
        c = self.config
        u = batch.n_updated
        types = self._type_embeddings()
        emb = batch.gated_type(types)
        z: Tensor | None = None
        if c.symmetry_breaking in ("add", "random"):
            emb = emb + self._shift(batch, noise)
        if c.symmetry_breaking == "concat":
            assert batch.zero_cost is not None
            z = F.linear(batch.zero_cost, self._gate_weight(2)[:, c.op_dim :])
        emb_u, emb_f = emb[:u], emb[u:]
        both = 1 if c.T == 1 else 2
        if c.symmetry_breaking == "none":
            # Operations of one type share their gates until the first update.
            table = torch.cat([torch.sigmoid(self._gate_logits(types[:-1], both)), self._one(both)])
            gates = batch.any_type(table)
        else:
            gates = torch.sigmoid(self._gate_logits(emb, both, z))
            wires = self._one(both).expand(len(batch.op_position) - batch.n_gated, -1)
            gates = torch.cat([gates, wires])
        rest = gates[u:]
        initial = self.node_hidden(
            torch.cat([self.input_embedding, self.other_embedding], 1).flatten(0, 1)
        )
        for t in range(1, c.T):
            forward_gates, backward_gates = torch.split(self._by_layer(gates), c.n_layers, dim=1)
            f_out, f_info = self._forward_pass(initial, batch, forward_gates, final=False)
            b_info = self._backward_pass(f_out, batch, backward_gates)
            emb_u = emb_u + c.s * self._update(emb_u, f_info, b_info)
            both = 1 if t == c.T - 1 else 2
            logits = self._gate_logits(emb_u, both, None if z is None else z[:u])
            if torch.is_grad_enabled():
                gates = torch.cat([torch.sigmoid(logits), rest[:, : logits.shape[1]]])
            else:  # nothing needs the old gates any more
                gates = gates[:, : logits.shape[1]]
                torch.sigmoid(logits, out=gates[:u])
        f_out, _ = self._forward_pass(initial, batch, self._by_layer(gates), final=True)
        if batch.readout is not None:
            assert batch.readout_count is not None
            f_out = batch.readout(f_out) / batch.readout_count
        return Encoding(
            f_out.reshape(batch.n_architectures, c.encoding_dim), torch.cat([emb_u, emb_f])
        )

    def _type_embeddings(self) -> Tensor:
        """Embeddings of the vocabulary, unknown operation, output, input and wire."""
        vocabulary = self.op_embedding
        zero = vocabulary.new_zeros(1, vocabulary.shape[1])
        unknown = vocabulary.mean(0, keepdim=True) if len(vocabulary) else zero
        output = in_ = zero
        if self.config.terminal_operations:
            output, in_ = self.output_op_embedding, self.input_op_embedding
        return torch.cat([vocabulary, unknown, output, in_, zero])

    def _shift(self, batch: BatchTables, noise: Tensor | None) -> Tensor:
        if self.config.symmetry_breaking == "random":
            assert noise is not None
            return RANDOM_NOISE * noise
        assert batch.zero_cost is not None
        shift: Tensor = self.config.beta * self.zero_cost_mlp(batch.zero_cost)
        return shift

    def _one(self, directions: int) -> Tensor:
        """Gate of a wire in all layers."""
        width = directions * self.config.n_layers * self.config.layer_dim
        return self.gate_bias.new_ones(1, width)

    def _by_layer(self, gates: Tensor) -> Tensor:
        d = self.config.layer_dim
        return gates.view(len(gates), gates.shape[1] // d, d)  # no -1: there may be no gates

    def _gate_weight(self, directions: int) -> Tensor:
        return self.gate_weight[: directions * self.config.n_layers].flatten(0, 1)

    def _gate_logits(self, embedding: Tensor, directions: int, z: Tensor | None = None) -> Tensor:
        """Of the layers of the forward pass, or of both passes, side by side."""
        weight = self._gate_weight(directions)
        logits = F.linear(
            embedding, weight[:, : self.config.op_dim], self.gate_bias.flatten()[: len(weight)]
        )
        return logits if z is None else logits + z[:, : len(weight)]

    def _forward_pass(
        self, initial: Tensor, batch: BatchTables, gates: Tensor, final: bool
    ) -> tuple[Tensor, Tensor | None]:
        """States that the pass is for, and what updates read of it."""
        inner = self.config.n_layers - 2
        last = batch.forward_final if final else batch.forward_last
        plans = [batch.forward_first, *[batch.forward_inner] * inner, last]
        messages = self.config.update == "message" and not final
        out, info = self.forward_layers(initial, plans[: self.config.n_layers], gates, messages)
        if not final and self.config.update == "node":
            info = out.index_select(0, batch.updated_dst)
        if final and batch.readout is not None:
            return out, None
        return out[len(out) - batch.n_outputs :], info

    def _backward_pass(self, f_out: Tensor, batch: BatchTables, gates: Tensor) -> Tensor:
        """What updates read of the pass over the transposed graph."""
        inner = self.config.n_layers - 2
        state = self.fb_convert(f_out.reshape(batch.n_architectures, -1)).reshape(f_out.shape)
        plans = [batch.backward_first, *[batch.backward_inner] * inner, batch.backward_last]
        if inner < 0:
            state = F.pad(state, (0, 0, batch.n_nodes - batch.n_outputs, 0))
            plans = [batch.backward_last]
        out: Tensor
        if self.config.update == "message":
            _, out = self.backward_layers(state, plans, gates, True)
            return out
        out, _ = self.backward_layers(state, plans, gates)
        return out.index_select(0, batch.updated_back_dst)

    def _update(self, emb: Tensor, f_info: Tensor | None, b_info: Tensor) -> Tensor:
        """GetOpEmbUpdate, line 8 of Algorithm 1."""
        assert f_info is not None
        c = self.config
        stopped = c.stop_gradient
        first = self.op_update[0]
        assert isinstance(first, nn.Linear)
        # In parts, so that nothing is computed for a stopped gradient.
        sizes = [c.op_dim, c.layer_dim, c.layer_dim]
        w_emb, w_f, w_b = torch.split(first.weight, sizes, dim=1)
        hidden = torch.addmm(first.bias, emb.detach() if "embedding" in stopped else emb, w_emb.t())
        hidden = torch.addmm(hidden, f_info.detach() if "forward" in stopped else f_info, w_f.t())
        hidden = torch.addmm(hidden, b_info.detach() if "backward" in stopped else b_info, w_b.t())
        delta: Tensor = self.op_update[1:](hidden)
        return delta


def linear(n_in: int, n_out: int) -> nn.Linear:
    """A linear layer whose weights nobody has drawn: global seeds stay as they are."""
    layer: nn.Linear = nn.utils.skip_init(  # type: ignore[no-untyped-call]
        nn.Linear, n_in, n_out
    )
    return layer


def mlp(*sizes: int) -> nn.Sequential:
    """Linear layers of these sizes with ReLU between them, not initialised."""
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(sizes):
        layers += [linear(n_in, n_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@torch.no_grad()
def uniform_(weight: Tensor, bias: Tensor, generator: torch.Generator) -> None:
    """Draw the weights of linear maps (out, in) uniformly from ±1/sqrt(in)."""
    bound = 1 / math.sqrt(max(weight.shape[-1], 1))
    weight.uniform_(-bound, bound, generator=generator)
    bias.uniform_(-bound, bound, generator=generator)
