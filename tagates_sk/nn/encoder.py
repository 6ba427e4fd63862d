"""The encoder: Algorithm 1 of TA-GATES (Ning et al., NeurIPS 2022)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .config import EncoderConfig
from .linear import MemberLinear, by_member, member_addmm, mlp, uniform_
from .propagation import Propagation
from .tables import BatchTables

RANDOM_NOISE = 0.1
"""Standard deviation of the noise of ``symmetry_breaking="random"``."""


class Encoding(NamedTuple):
    """What the encoder makes of a batch."""

    architectures: Tensor
    """Encodings, shape (n_architectures, n_members * n_cells * d), a member after the other."""
    operations: Tensor | None = None
    """Final embeddings of operations with a gate, shape (n_gated, n_members * d_o)."""
    earlier: tuple[Tensor, ...] = ()
    """Encodings after earlier passes that are read."""

    @property
    def passes(self) -> tuple[Tensor, ...]:
        """Encodings after all passes that are read."""
        return (*self.earlier, self.architectures)


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

    sums: Tensor

    def __init__(self, config: EncoderConfig, generator: torch.Generator | None = None) -> None:
        super().__init__()
        c = self.config = config
        k = c.n_members
        n_gate_layers = (2 if c.T > 1 else 1) * c.n_layers
        gate_in = c.op_dim + (c.n_zero_cost if c.symmetry_breaking == "concat" else 0)
        self.op_embedding = nn.Parameter(torch.empty(c.n_operations, k * c.op_dim))
        if c.terminal_operations:
            self.output_op_embedding = nn.Parameter(torch.empty(1, k * c.op_dim))
            # As published, the input's operation has an embedding that is never trained.
            self.input_op_embedding = nn.Parameter(
                torch.empty(1, k * c.op_dim), requires_grad=False
            )
        kinds = c.n_augmentations * c.n_cells
        self.input_embedding = nn.Parameter(torch.empty(kinds, c.n_marks, k * c.node_dim))
        self.other_embedding = nn.Parameter(
            torch.zeros(kinds, 1, k * c.node_dim), requires_grad=c.train_other_nodes
        )
        self.node_hidden = MemberLinear(c.node_dim, c.hidden_dim, k)
        # Gate maps of all layers of a member, forward first: one product serves a time step.
        self.gate_weight = nn.Parameter(torch.empty(k * n_gate_layers, c.layer_dim, gate_in))
        self.gate_bias = nn.Parameter(torch.empty(k * n_gate_layers, c.layer_dim))
        layers = (c.layer_dim, c.n_layers, c.layer_bias, k)
        self.forward_layers = Propagation(c.hidden_dim, *layers)
        if c.T > 1:
            self.backward_layers = Propagation(c.layer_dim, *layers)
            self.fb_convert = mlp(*[c.encoding_dim] * 3, n_members=k)
            sizes = (c.op_dim + 2 * c.layer_dim, c.update_dim, c.op_dim)
            self.op_update = mlp(*sizes, n_members=k)
            if c.n_losses > 1:
                self.loss_shift = nn.Parameter(torch.zeros(c.n_losses, k * c.encoding_dim))
        if c.aggregation == "mixed":
            # The second member, the fourth and so on sum. Not on the meta device: it is not loaded.
            sums = (torch.arange(k, device="cpu") % 2 == 1).repeat_interleave(c.layer_dim)
            self.register_buffer("sums", sums, persistent=False)
        if c.symmetry_breaking == "add":
            self.zero_cost_mlp = mlp(c.n_zero_cost, 64, 128, c.op_dim, n_members=k)
        if c.n_attributes:
            self.attribute_weight = nn.Parameter(torch.empty(c.n_attributes, k * c.op_dim))
        if generator is not None:
            self._initialise(generator)

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator) -> None:
        for name, parameter in self.named_parameters():
            if "embedding" in name:
                if name != "other_embedding" or parameter.requires_grad:
                    parameter.normal_(generator=generator)
            elif name.startswith(("forward_layers", "backward_layers")):
                if parameter.ndim == 1:
                    parameter.zero_()
                    continue
                for weight in parameter.chunk(self.config.n_members):
                    nn.init.xavier_uniform_(weight, generator=generator)
        # Whatever tells conditions of training apart starts alike for all.
        for initial in (self.input_embedding, self.other_embedding):
            initial.copy_(initial[: self.config.n_cells].repeat(self.config.n_augmentations, 1, 1))
        uniform_(self.gate_weight, self.gate_bias, generator)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                uniform_(module.weight, module.bias, generator)
        if self.config.n_attributes:
            self.attribute_weight.normal_(0, self.config.n_attributes**-0.5, generator=generator)

    def forward(self, batch: BatchTables, noise: Tensor | None = None) -> Encoding:
        """Encode a batch.

        Parameters
        ----------
        batch : BatchTables
        noise : Tensor of shape (n_gated, n_members * d_o), optional
            Standard normal numbers for ``symmetry_breaking="random"``.

        Returns
        -------
        Encoding
        """
        c = self.config
        u = batch.n_updated
        terminals = (
            (self.output_op_embedding, self.input_op_embedding)
            if c.terminal_operations
            else (None, None)
        )
        rounds = batch.rounds
        assert rounds is not None
        types = type_embeddings(self.op_embedding, *terminals)
        emb = batch.gated_type(types)
        if c.symmetry_breaking in ("add", "random"):
            maps = self.zero_cost_mlp if c.symmetry_breaking == "add" else None
            emb = emb + shift_of(batch.zero_cost, noise, maps, c)
        if c.n_attributes:
            assert batch.attributes is not None
            emb = emb + batch.attributes @ self.attribute_weight
        z = batch.zero_cost if c.symmetry_breaking == "concat" else None
        emb_u, emb_f = emb[:u], emb[u:]
        both = 1 if c.T == 1 else 2
        if c.symmetry_breaking == "none" and not c.n_attributes:
            # Operations of one type share their gates until the first update.
            table = torch.cat([torch.sigmoid(self._gate_logits(types[:-1], both)), self._one(both)])
            gates = batch.any_type(table)
        else:
            wires = self._one(both).expand(len(batch.op_position) - batch.n_gated, -1)
            gates = _over(self._gate_logits(emb, both, z).sigmoid_(), wires)
        rest = gates[u:]
        earlier: list[Tensor] = []
        initial = self.node_hidden(
            torch.cat([self.input_embedding, self.other_embedding], 1).flatten(0, 1)
        )
        for t in range(1, c.T):
            forward_gates, backward_gates = torch.split(self._by_layer(gates), c.n_layers, dim=1)
            forward_gates = self._mixed(forward_gates, rounds.forward_root)
            backward_gates = self._mixed(backward_gates, rounds.backward_root)
            states, f_info = self._forward_pass(initial, batch, forward_gates, final=False)
            if t > c.T - c.n_passes_read:
                earlier.append(self._read_out(initial, batch, forward_gates, states))
            f_out = states[len(states) - batch.n_outputs :]
            b_info = self._backward_pass(f_out, batch, backward_gates)
            scale: float | Tensor = c.s
            if batch.update_scale is not None:
                scale = c.s * batch.update_scale[:, t - 1 : t]
            assert f_info is not None
            emb_u = emb_u + scale * update_of(emb_u, f_info, b_info, self.op_update, c)
            both = 1 if t == c.T - 1 else 2
            logits = self._gate_logits(emb_u, both, None if z is None else z[:u])
            if torch.is_grad_enabled() or len(rest) == 0:
                gates = _over(logits.sigmoid_(), rest[:, : logits.shape[1]])
            else:  # nothing needs the old gates any more
                gates = gates[:, : logits.shape[1]]
                torch.sigmoid(logits, out=gates[:u])
        last_gates = self._mixed(self._by_layer(gates), rounds.forward_root)
        encoding = self._read_out(initial, batch, last_gates)
        return Encoding(encoding, torch.cat([emb_u, emb_f]), tuple(earlier))

    def _read_out(
        self, initial: Tensor, batch: BatchTables, gates: Tensor, states: Tensor | None = None
    ) -> Tensor:
        """Encodings after a forward pass; `states` are what is known after it."""
        cells = self.config.n_cells, self.config.n_members
        outputs_only = self.config.update == "message"
        if states is None or (outputs_only and batch.readout is not None):
            states, _ = self._forward_pass(initial, batch, gates, final=True)
        if batch.readout is None:
            return join_cells(states[len(states) - batch.n_outputs :], *cells)
        assert batch.readout_count is not None
        return join_cells(batch.readout(states) / batch.readout_count, *cells)

    def _one(self, directions: int) -> Tensor:
        """Gate of a wire in all layers."""
        c = self.config
        return self.gate_bias.new_ones(1, directions * c.n_layers * c.n_members * c.layer_dim)

    def _by_layer(self, gates: Tensor) -> Tensor:
        width = self.config.n_members * self.config.layer_dim
        return gates.view(len(gates), gates.shape[1] // width, width)  # -1 fails without gates

    def _mixed(self, gates: Tensor, root: Tensor | None) -> Tensor:
        """Gates that divide what arrives at a node, but for the members that sum."""
        return gates if root is None else gates * torch.where(self.sums, 1, root)[:, None]

    def _gate_maps(self, directions: int) -> tuple[Tensor, Tensor]:
        """Weights (n_members, layers * d, in) and biases (n_members, 1, layers * d)."""
        k, n = self.config.n_members, directions * self.config.n_layers
        weight = self.gate_weight.view(k, -1, *self.gate_weight.shape[1:])[:, :n].flatten(1, 2)
        return weight, self.gate_bias.view(k, -1, self.config.layer_dim)[:, :n].flatten(1)[:, None]

    def _layer_major(self, logits: Tensor) -> Tensor:
        """Shape (n, layers * n_members * d) from (n_members, n, layers * d)."""
        c = self.config
        if c.n_members == 1:
            return logits[0]
        k, n, width = logits.shape
        by_layer = logits.view(k, n, width // c.layer_dim, c.layer_dim).permute(1, 2, 0, 3)
        return by_layer.reshape(n, k * width)

    def _gate_logits(self, embedding: Tensor, directions: int, z: Tensor | None = None) -> Tensor:
        """Of the layers of the forward pass, or of both passes, side by side."""
        k = self.config.n_members
        weight, bias = self._gate_maps(directions)
        states = by_member(embedding, k)
        if z is not None:
            states = torch.cat([states, z.expand(k, -1, -1)], dim=2)
        if k == 1:
            return F.linear(states[0], weight[0], bias[0, 0])
        return self._layer_major(torch.baddbmm(bias, states, weight.transpose(1, 2)))

    def _forward_pass(
        self, initial: Tensor, batch: BatchTables, gates: Tensor, final: bool
    ) -> tuple[Tensor, Tensor | None]:
        """States after the pass, the outputs' last, and what updates read of it."""
        inner = self.config.n_layers - 2
        rounds = batch.rounds
        assert rounds is not None
        last = rounds.forward_final if final else rounds.forward_last
        tables = [rounds.forward_first, *[rounds.forward_inner] * inner, last]
        messages = self.config.update == "message" and not final
        out, info = self.forward_layers(initial, tables[: self.config.n_layers], gates, messages)
        if not final and self.config.update == "node":
            info = out.index_select(0, batch.updated_dst)
        return out, info

    def _backward_pass(self, f_out: Tensor, batch: BatchTables, gates: Tensor) -> Tensor:
        """What updates read of the pass over the transposed graph."""
        c = self.config
        rounds, inner = batch.rounds, c.n_layers - 2
        assert rounds is not None
        output = join_cells(f_out, c.n_cells, c.n_members)
        if batch.loss is not None and c.n_losses > 1:
            output = output + self.loss_shift[batch.loss]
        state = part_cells(self.fb_convert(output), c.n_cells, c.n_members)
        tables = [rounds.backward_first, *[rounds.backward_inner] * inner, rounds.backward_last]
        if inner < 0:
            state = F.pad(state, (0, 0, batch.n_nodes - batch.n_outputs, 0))
            tables = [rounds.backward_last]
        out: Tensor
        if self.config.update == "message":
            _, out = self.backward_layers(state, tables, gates, True)
            return out
        out, _ = self.backward_layers(state, tables, gates)
        return out.index_select(0, batch.updated_back_dst)


def join_cells(state: Tensor, n_cells: int, n_members: int) -> Tensor:
    """States of the cells of an architecture side by side, within each member.

    Parameters
    ----------
    state : Tensor, shape (n * n_cells, n_members * d)
    n_cells, n_members : int

    Returns
    -------
    Tensor, shape (n, n_members * n_cells * d)
    """
    width = n_cells * state.shape[1]
    if n_cells == 1 or n_members == 1:
        return state.reshape(len(state) // n_cells, width)
    by_cell = state.view(len(state) // n_cells, n_cells, n_members, -1)
    return by_cell.transpose(1, 2).reshape(-1, width)


def part_cells(state: Tensor, n_cells: int, n_members: int) -> Tensor:
    """The inverse of :func:`join_cells`."""
    width = state.shape[1] // n_cells
    if n_cells == 1 or n_members == 1:
        return state.reshape(-1, width)
    within_member = state.view(len(state), n_members, n_cells, -1)
    return within_member.transpose(1, 2).reshape(-1, width)


def type_embeddings(vocabulary: Tensor, output: Tensor | None, input_: Tensor | None) -> Tensor:
    """Embeddings of the vocabulary, unknown operation, output, input and wire.

    Parameters
    ----------
    vocabulary : Tensor, shape (n_operations, width)
    output, input_ : Tensor, shape (1, width), or None
        Of the terminal operations; None where they are wires.

    Returns
    -------
    Tensor, shape (n_operations + 4, width)
    """
    zero = vocabulary.new_zeros(1, vocabulary.shape[1])
    unknown = vocabulary.mean(0, keepdim=True) if len(vocabulary) else zero
    terminals = [zero if terminal is None else terminal for terminal in (output, input_)]
    return torch.cat([vocabulary, unknown, *terminals, zero])


def shift_of(
    zero_cost: Tensor | None, noise: Tensor | None, maps: nn.Module | None, config: EncoderConfig
) -> Tensor:
    """What makes embeddings of one type differ before the first pass.

    Parameters
    ----------
    zero_cost : Tensor, shape (n_gated, n_zero_cost), or None
    noise : Tensor, shape (n_gated, n_members * op_dim), or None
        Standard normal numbers, for ``symmetry_breaking="random"``.
    maps : Module or None
        From zero-cost vectors to embeddings, for ``symmetry_breaking="add"``.
    config : EncoderConfig

    Returns
    -------
    Tensor, shape (n_gated, n_members * op_dim)
    """
    if config.symmetry_breaking == "random":
        assert noise is not None
        return RANDOM_NOISE * noise
    assert maps is not None
    shift: Tensor = config.beta * maps(zero_cost)
    return shift


def update_of(
    emb: Tensor, f_info: Tensor, b_info: Tensor, maps: nn.Sequential, config: EncoderConfig
) -> Tensor:
    """GetOpEmbUpdate, line 8 of Algorithm 1.

    Parameters
    ----------
    emb : Tensor, shape (n_updated, n_members * op_dim)
    f_info, b_info : Tensor, shape (n_updated, n_members * layer_dim)
        What both passes carried.
    maps : Sequential
        The update's MLP.
    config : EncoderConfig

    Returns
    -------
    Tensor, shape (n_updated, n_members * op_dim)
    """
    first = maps[0]
    assert isinstance(first, nn.Linear)
    # In parts, so that nothing is computed for a stopped gradient.
    parts = [
        (emb, config.op_dim, "embedding"), (f_info, config.layer_dim, "forward"),
        (b_info, config.layer_dim, "backward"),
    ]  # fmt: skip
    weights = torch.split(first.weight, [width for _, width, _ in parts], dim=1)
    hidden: Tensor = first.bias
    for (state, _, name), weight in zip(parts, weights, strict=True):
        state = state.detach() if name in config.stop_gradient else state
        hidden = member_addmm(hidden, state, weight, config.n_members)
    delta: Tensor = maps[1:](hidden)
    return delta


def _over(gates: Tensor, rest: Tensor) -> Tensor:
    """Rows of `gates`, then of `rest`; without a copy where there is no rest."""
    return torch.cat([gates, rest]) if len(rest) > 0 else gates
