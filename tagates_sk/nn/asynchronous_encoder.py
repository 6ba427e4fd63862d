"""Algorithm 1 of TA-GATES with asynchronous passes: one sweep each, in topological order."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .config import EncoderConfig
from .encoder import (
    Encoding,
    TAGATESEncoder,
    join_cells,
    part_cells,
    shift_of,
    type_embeddings,
    update_of,
)
from .linear import MemberLinear, by_member, joined, mlp, uniform_
from .sweep import PARTS, Sweep
from .tables import BatchTables
from .topological import N_PLACES, Sweeps, SweepTables


class AsynchronousEncoder(nn.Module):
    """Encode architectures by mimicking their training, in one sweep a pass.

    As :class:`~tagates_sk.nn.encoder.TAGATESEncoder`, T forward passes, each but
    the last followed by a backward pass over the transposed graph and an update
    of the operation embeddings (Algorithm 1, Ning et al. 2022). But a pass is a
    :class:`~tagates_sk.nn.sweep.Sweep`: its cost is linear in the number of
    edges, however deep the graph. What an operation says depends on where
    between input and output it writes, too. A forward sweep starts from the embeddings of
    the inputs, a backward one from FBConvert of the output's state and zero
    elsewhere.

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
        k, n_sweeps = c.n_members, 1 if c.T == 1 else 2
        read = c.op_dim + (c.n_zero_cost if c.symmetry_breaking == "concat" else 0)
        self.op_embedding = nn.Parameter(torch.empty(c.n_operations, k * c.op_dim))
        if c.terminal_operations:
            self.output_op_embedding = nn.Parameter(torch.empty(1, k * c.op_dim))
            self.input_op_embedding = nn.Parameter(torch.empty(1, k * c.op_dim))
        kinds = c.n_augmentations * c.n_cells
        self.input_embedding = nn.Parameter(torch.empty(kinds, c.n_marks, k * c.node_dim))
        self.other_embedding = nn.Parameter(
            torch.zeros(kinds, 1, k * c.node_dim), requires_grad=c.train_other_nodes
        )
        self.start = MemberLinear(c.node_dim, c.layer_dim, k)
        # What operations say in both sweeps, forward first: one product serves a time step.
        self.operation_weight = nn.Parameter(torch.empty(k, n_sweeps * PARTS * c.layer_dim, read))
        self.operation_bias = nn.Parameter(torch.empty(k, 1, n_sweeps * PARTS * c.layer_dim))
        width = k * PARTS * c.layer_dim
        self.location_weight = nn.Parameter(torch.empty(n_sweeps, N_PLACES, width))
        self.forward_sweep = Sweep(c.layer_dim, k)
        if c.T > 1:
            self.backward_sweep = Sweep(c.layer_dim, k)
            self.fb_convert = mlp(*[c.output_dim] * 3, n_members=k)
            sizes = (c.op_dim + 2 * c.layer_dim, c.update_dim, c.op_dim)
            self.op_update = mlp(*sizes, n_members=k)
            if c.n_losses > 1:
                self.loss_shift = nn.Parameter(torch.zeros(c.n_losses, k * c.output_dim))
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
            if "embedding" in name and (name != "other_embedding" or parameter.requires_grad):
                parameter.normal_(generator=generator)
        # Whatever tells conditions of training apart starts alike for all.
        for initial in (self.input_embedding, self.other_embedding):
            initial.copy_(initial[: self.config.n_cells].repeat(self.config.n_augmentations, 1, 1))
        uniform_(self.operation_weight, self.operation_bias, generator)
        bound = self.config.layer_dim**-0.5
        self.location_weight.uniform_(-bound, bound, generator=generator)
        for module in self.modules():
            if isinstance(module, Sweep):
                module.weight.uniform_(-bound, bound, generator=generator)
            elif isinstance(module, nn.Linear):
                uniform_(module.weight, module.bias, generator)
        if self.config.n_attributes:
            self.attribute_weight.normal_(0, self.config.n_attributes**-0.5, generator=generator)

    def forward(self, batch: BatchTables, noise: Tensor | None = None) -> Encoding:
        """Encode a batch.

        Parameters
        ----------
        batch : BatchTables
            With `sweeps`.
        noise : Tensor of shape (n_gated, n_members * d_o), optional
            Standard normal numbers for ``symmetry_breaking="random"``.

        Returns
        -------
        Encoding
        """
        c, sweeps, u = self.config, batch.sweeps, batch.n_updated
        assert sweeps is not None
        terminals = (
            (self.output_op_embedding, self.input_op_embedding)
            if c.terminal_operations
            else (None, None)
        )
        types = type_embeddings(self.op_embedding, *terminals)
        emb = batch.gated_type(types)
        z = batch.zero_cost if c.symmetry_breaking == "concat" else None
        if c.symmetry_breaking in ("none", "concat"):
            shifted = None if z is None else emb
        else:
            maps = self.zero_cost_mlp if c.symmetry_breaking == "add" else None
            emb = shifted = emb + shift_of(batch.zero_cost, noise, maps, c)
        if c.n_attributes:
            assert batch.attributes is not None
            emb = shifted = emb + batch.attributes @ self.attribute_weight
        n_sweeps = 1 if c.T == 1 else 2
        if shifted is None:
            # Operations of one type say the same until the first update.
            said = batch.any_type(self._said(types, n_sweeps))
        else:
            wires = self._said(types[-1:], n_sweeps, None if z is None else torch.zeros_like(z[:1]))
            wires = wires.expand(len(batch.op_position) - batch.n_gated, -1)
            said = torch.cat([self._said(emb, n_sweeps, z), wires])
        initial = torch.cat([self.input_embedding, self.other_embedding], 1).flatten(0, 1)
        start = self.start(initial).index_select(0, sweeps.start_code)
        located = [
            tables.location @ weight
            for tables, weight in zip(
                (sweeps.forward, sweeps.backward), self.location_weight[:n_sweeps], strict=False
            )
        ]
        ahead, behind = self._constants(batch, sweeps.forward), None
        emb_u, rest, earlier = emb[:u], said[u:], []
        for t in range(1, c.T):
            forward, backward = said.chunk(2, 1)
            states, f_info = self.forward_sweep(start, forward + located[0], sweeps.forward, *ahead)
            if t > c.T - c.n_passes_read:
                earlier.append(self._read_out(states, batch))
            behind = behind or self._constants(batch, sweeps.backward)
            back_start = self._backward_start(states, batch, sweeps)
            back_states, b_info = self.backward_sweep(
                back_start, backward + located[1], sweeps.backward, *behind
            )
            if c.update == "node":
                f_info = states.index_select(0, batch.updated_dst)
                b_info = back_states.index_select(0, batch.updated_back_dst)
            scale: float | Tensor = c.s
            if batch.update_scale is not None:
                scale = c.s * batch.update_scale[:, t - 1 : t]
            emb_u = emb_u + scale * update_of(emb_u, f_info[:u], b_info[:u], self.op_update, c)
            n_sweeps = 1 if t == c.T - 1 else 2
            updated = self._said(emb_u, n_sweeps, None if z is None else z[:u])
            said = torch.cat([updated, rest[:, : updated.shape[1]]])
        states, _ = self.forward_sweep(start, said + located[0], sweeps.forward, *ahead)
        encoding = self._read_out(states, batch)
        return Encoding(encoding, torch.cat([emb_u, emb[u:]]), tuple(earlier))

    def _said(self, embedding: Tensor, n_sweeps: int, z: Tensor | None = None) -> Tensor:
        """What operations say in the forward sweep, or in both, side by side."""
        k, width = self.config.n_members, PARTS * self.config.layer_dim
        states = by_member(embedding, k)
        if z is not None:
            states = torch.cat([states, z.expand(k, -1, -1)], dim=2)
        weight = self.operation_weight[:, : n_sweeps * width].mT
        said = torch.baddbmm(self.operation_bias[:, :, : n_sweeps * width], states, weight)
        return torch.cat([joined(part) for part in torch.split(said, width, 2)], 1)

    def _constants(self, batch: BatchTables, tables: SweepTables) -> tuple[Tensor, Tensor | None]:
        """Which operations of a sweep have a gate, and what messages are multiplied by."""
        gated = (tables.operations < batch.n_gated)[:, None, None]
        aggregation, root = self.config.aggregation, tables.root
        width = self.config.n_members * self.config.layer_dim
        if aggregation == "sum":
            return gated, None
        if aggregation == "mixed":
            return gated, torch.where(self.sums, 1, root)
        return gated, (root if aggregation == "sqrt" else root * root).expand(-1, width)

    def _backward_start(self, states: Tensor, batch: BatchTables, sweeps: Sweeps) -> Tensor:
        c = self.config
        outputs = slice(batch.n_nodes - batch.n_outputs, None)
        output = join_cells(states[outputs], c.n_cells, c.n_members)
        if batch.loss is not None and c.n_losses > 1:
            output = output + self.loss_shift[batch.loss]
        converted = part_cells(self.fb_convert(output), c.n_cells, c.n_members)
        start = converted.new_zeros(sweeps.backward.n_start, converted.shape[1])
        return start.index_copy(0, sweeps.backward.node_place[outputs], converted)

    def _read_out(self, states: Tensor, batch: BatchTables) -> Tensor:
        """Encodings after a forward sweep."""
        c, read = self.config, []
        if c.readout != "mean":
            read.append(states[batch.n_nodes - batch.n_outputs :])
        if batch.readout is not None:
            assert batch.readout_count is not None
            read.append(batch.readout(states) / batch.readout_count)
        both = [by_member(join_cells(r, c.n_cells, c.n_members), c.n_members) for r in read]
        return joined(torch.cat(both, 2))


Encoder = TAGATESEncoder | AsynchronousEncoder
"""Either form of InfoPropagation."""
