"""Encoders of every variant, drawn by hypothesis, and batches for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

import numpy as np
import torch
from hypothesis import strategies as st

from tagates_sk.graphs import PackedGraphs, is_parametrized, read_architectures
from tagates_sk.graphs.operations import updated_mask
from tagates_sk.nn.asynchronous_encoder import AsynchronousEncoder
from tagates_sk.nn.config import EncoderConfig
from tagates_sk.nn.encoder import TAGATESEncoder
from tagates_sk.nn.tables import BatchSpec, BatchTables, GraphBatches, batch_spec
from tests.strategies import OPERATIONS

IDENTITY = ("skip_connect", "skip", "identity")
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Variant:
    """What an encoder can be told, but for sizes."""

    T: int = 2
    symmetry_breaking: str = "none"
    update: str = "message"
    stop_gradient: tuple[str, ...] = ("embedding", "forward")
    n_layers: int = 3
    layer_bias: bool = False
    terminal_operations: bool = False
    train_other_nodes: bool = False
    readout: str = "output"
    self_loops: bool = False
    residual: bool = True
    updated: str | tuple[str, ...] = "parametrized"
    aggregation: str = "sum"
    propagation: str = "synchronous"

    def updates(self, name: str | None) -> bool:
        """Whether operations of this name, which is no identity, are updated."""
        if self.updated == "all":
            return True
        return is_parametrized(str(name)) if self.updated == "parametrized" else (
            name in self.updated
        )  # fmt: skip


def variants(**fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[Variant]:
    """Any variant, but for what is fixed."""
    flags = ["layer_bias", "terminal_operations", "train_other_nodes", "self_loops", "residual"]
    stopped = st.lists(st.sampled_from(["embedding", "forward", "backward"]), unique=True)
    options: dict[str, st.SearchStrategy[Any]] = {
        "T": st.integers(1, 3),
        "symmetry_breaking": st.sampled_from(["none", "random", "add", "concat"]),
        "update": st.sampled_from(["message", "node"]),
        "stop_gradient": stopped.map(tuple),
        "n_layers": st.integers(1, 4),
        "readout": st.sampled_from(["output", "mean"]),
        "aggregation": st.sampled_from(["sum", "sqrt", "mean", "mixed"]),
        "updated": st.sampled_from(["parametrized", "all", (), ("avg_pool_3x3",)]),
        **{flag: st.booleans() for flag in flags},
    }
    return st.builds(Variant, **{**options, **fixed})


class Encoded:
    """An encoder with random weights in float64, and architectures for it."""

    def __init__(
        self,
        architectures: Sequence[Any],
        variant: Variant,
        *,
        vocabulary: Sequence[str] = OPERATIONS,
        n_marks: int = 2,
        zero_cost: int = 0,
        seed: int = 0,
    ) -> None:
        self.architectures, self.variant, self.vocabulary = architectures, variant, vocabulary
        self.zero_cost = zero_cost
        self.packed = self.read(architectures)
        breaking = variant.symmetry_breaking
        config = EncoderConfig(
            n_operations=len(vocabulary),
            n_cells=self.packed.n_cells,
            n_marks=n_marks,
            T=variant.T,
            s=0.3,
            symmetry_breaking=breaking,
            beta=0.7,
            n_zero_cost=zero_cost if breaking in ("add", "concat") else 0,
            update=variant.update,
            stop_gradient=variant.stop_gradient,
            n_layers=variant.n_layers,
            layer_dim=5, op_dim=3, node_dim=2, hidden_dim=4, update_dim=6,
            layer_bias=variant.layer_bias,
            terminal_operations=variant.terminal_operations,
            train_other_nodes=variant.train_other_nodes,
            aggregation=variant.aggregation,
            readout=variant.readout,
            propagation=variant.propagation,
        )  # fmt: skip
        generator = torch.Generator().manual_seed(seed)
        asynchronous = variant.propagation == "asynchronous"
        kind: Any = AsynchronousEncoder if asynchronous else TAGATESEncoder
        self.encoder = kind(config, generator).double()
        with torch.no_grad():
            for parameter in self.encoder.parameters():
                if not parameter.any():  # biases begin as zeros, which would hide mistakes
                    parameter.normal_(generator=generator)
        self.spec: BatchSpec = batch_spec(
            config,
            vocabulary,
            updated_mask(vocabulary, variant.updated),
            self_loops=variant.self_loops,
            residual=variant.residual,
            update_terminals=variant.updated == "all",
        )

    def read(self, architectures: Sequence[Any]) -> PackedGraphs:
        packed = read_architectures(architectures).with_vocabulary(self.vocabulary)
        if self.zero_cost and packed.zero_cost is None:  # nothing but wires
            zeros = np.zeros((len(packed.op_type), self.zero_cost), dtype=np.float32)
            packed = replace(packed, zero_cost=zeros)
        return packed

    def batch(self, rows: Any = None, packed: PackedGraphs | None = None) -> BatchTables:
        packed = self.packed if packed is None else packed
        rows = np.arange(len(packed)) if rows is None else np.asarray(rows)
        return GraphBatches(packed, self.spec, CPU, np.float64)(rows)

    def noise(self, batch: BatchTables, packed: PackedGraphs | None = None) -> torch.Tensor | None:
        """Noise that depends on the key and the place of an operation only."""
        if self.variant.symmetry_breaking != "random":
            return None
        rows = [
            np.random.RandomState(crc32(repr(place).encode())).standard_normal(3)
            for place in self.places(batch, packed)
        ]
        return torch.from_numpy(np.array(rows).reshape(-1, 3))

    def places(
        self, batch: BatchTables, packed: PackedGraphs | None = None
    ) -> list[tuple[int, int, Any]]:
        """Architecture, cell and key of every operation with a gate, in the batch's order."""
        packed = self.packed if packed is None else packed
        assert packed.keys is not None
        out = []
        for position in batch.op_position[: batch.n_gated]:
            row = int(np.searchsorted(packed.op_ptr, position, side="right")) - 1
            out.append((*divmod(row, packed.n_cells), packed.keys[position]))
        return out

    def encode(self, rows: Any = None, architectures: Sequence[Any] | None = None) -> torch.Tensor:
        """Encodings, without gradients."""
        packed = self.packed if architectures is None else self.read(architectures)
        batch = self.batch(rows, packed)
        with torch.no_grad():
            out: torch.Tensor = self.encoder(batch, self.noise(batch, packed)).architectures
        return out
