"""Reads the golden vectors: architectures, weights, and what the published model made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import torch

from tagates_sk.nn.config import EncoderConfig
from tagates_sk.nn.encoder import TAGATESEncoder
from tagates_sk.nn.linear import mlp

GOLDEN = Path(__file__).parent.parent / "golden"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.npz"))

NB201 = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]
NB101 = ["conv_a", "conv_b", "max_pool", "absent"]
NB301 = [
    "none", "sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5", "max_pool_3x3",
    "avg_pool_3x3", "skip_connect",
]  # fmt: skip
ENAS = ["none", "sep_conv_3x3", "sep_conv_5x5", "max_pool_3x3", "avg_pool_3x3", "skip_connect"]


class Golden:
    """One file, as architectures and a model with its weights."""

    def __init__(self, name: str, dtype: torch.dtype = torch.float64) -> None:
        with np.load(GOLDEN / f"{name}.npz") as file:
            self.arrays = {key: file[key] for key in file}
        self.name, self.dtype = name, dtype
        self.space = name.split("_")[0]
        self.T = int(name.split("_ta")[1][0]) if "_ta" in name else 1
        self.dags: list[Any] = [getattr(self, f"_{self.space}")(i) for i in range(32)]
        vocabulary = {"nb201": NB201, "nb101": NB101, "nb301": NB301, "enas": ENAS}[self.space]
        dropped = {"none", "absent"} & set(vocabulary)
        self.vocabulary = sorted(set(vocabulary) - dropped)
        self._rows = [vocabulary.index(op) for op in self.vocabulary]

    @property
    def uses_zero_cost(self) -> bool:
        return "zs" in self.arrays

    def _zero_cost(self, *index: int) -> dict[str, Any]:
        return {"zero_cost": self.arrays["zs"][index]} if self.uses_zero_cost else {}

    def _nb201(self, i: int) -> nx.DiGraph:
        graph = nx.DiGraph()
        for to, source in [(1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2)]:
            op = NB201[int(self.arrays["adj"][i, to, source])]
            graph.add_edge(source, to, op=op, **self._zero_cost(i, to, source))
        return graph

    def _nb101(self, i: int) -> nx.DiGraph:
        graph = nx.DiGraph()
        ops = ["input", *(NB101[o] for o in self.arrays["ops"][i]), "output"]
        for v, op in enumerate(ops):
            if op != "absent":
                graph.add_node(v, op=op, **self._zero_cost(i, v))
        graph.add_edges_from(np.argwhere(self.arrays["adj"][i]).tolist())
        return graph

    def _nb301(self, i: int) -> tuple[nx.DiGraph, ...]:
        cells = []
        for c in range(2):
            graph = nx.DiGraph()
            graph.add_node(0, input=0)
            graph.add_node(1, input=1)
            for to, source in np.argwhere(self.arrays["adj"][i, c]).tolist():
                op = NB301[self.arrays["adj"][i, c, to, source]]
                graph.add_edge(source, to, op=op, **self._zero_cost(i, c, to, source))
            cells.append(graph)
        return tuple(cells)

    def _enas(self, i: int) -> tuple[nx.MultiDiGraph, ...]:
        cells = []
        for c in range(2):
            graph = nx.MultiDiGraph()
            graph.add_node(0, input=0)
            graph.add_node(1, input=1)
            for channel, to, source in np.argwhere(self.arrays["op_inds"][i, c]).tolist():
                graph.add_edge(
                    source, to, op=ENAS[self.arrays["op_inds"][i, c, channel, to, source]]
                )
            cells.append(graph)
        return tuple(cells)

    @property
    def config(self) -> EncoderConfig:
        oon = self.space == "nb101"
        two = self.space in ("nb301", "enas")
        p = self.arrays
        return EncoderConfig(
            n_operations=len(self.vocabulary),
            n_cells=2 if two else 1,
            n_marks=2 if two else 1,
            T=self.T,
            s=0.1,
            symmetry_breaking="none" if not self.uses_zero_cost
            else "add" if self.name.endswith("add") else "concat",
            beta=0.1 if oon else 1.0,
            n_zero_cost=p["zs"].shape[-1] if self.uses_zero_cost else 0,
            update="message" if self.space == "nb201" and "ofb" not in self.name else "node",
            n_layers=max(int(k.split(".")[1]) for k in p if k.startswith("param:forward")) + 1,
            layer_dim=12, op_dim=8, node_dim=6, hidden_dim=10, update_dim=14,
            layer_bias=oon,
            terminal_operations=oon,
            train_other_nodes=oon or self.space == "nb301",
            readout="mean" if oon else "output",
        )  # fmt: skip

    def _published(self, prefix: str) -> dict[str, np.ndarray]:
        """Arrays by our parameters' names: weights, or their gradients (zero where absent)."""
        p = self.arrays

        def get(key: str) -> np.ndarray:
            weight = p[f"param:{key}"]
            return p.get(f"{prefix}:{key}", np.zeros_like(weight))

        c = self.config
        directions = ["forward", "backward"] if c.T > 1 else ["forward"]
        out: dict[str, np.ndarray] = {}
        if self.space in ("nb301", "enas"):
            table = np.stack([get(f"op_embedding.{i}") for i in range(max(self._rows) + 1)])
        else:
            table = get("op_embedding")
        out["op_embedding"] = table[self._rows]
        if c.terminal_operations:
            out["output_op_embedding"] = get("output_op_embedding")
            out["input_op_embedding"] = get("input_op_embedding")
        out["input_embedding"] = get("input_embedding").reshape(c.n_cells, c.n_marks, -1)
        out["other_embedding"] = get("other_node_embedding").reshape(c.n_cells, 1, -1)
        layers = [f"{d}.{i}" for d in directions for i in range(c.n_layers)]
        out["gate_weight"] = np.stack([get(f"{k}.gate.weight") for k in layers])
        out["gate_bias"] = np.stack([get(f"{k}.gate.bias") for k in layers])
        for k in layers:
            direction, i = k.split(".")
            out[f"{direction}_layers.weights.{i}"] = get(f"{k}.weight")
            if c.layer_bias:
                out[f"{direction}_layers.biases.{i}"] = get(f"{k}.bias")
        for module in ("node_hidden", "fb_convert", "op_update", "zero_cost_mlp", "head"):
            for key in p:
                if key.startswith(f"param:{module}."):
                    name = key[len("param:") :]
                    ours = name.replace("head.1", "head.2")
                    out[ours] = get(name)
        return {key: value.astype(np.float64) for key, value in out.items()}

    def model(self) -> torch.nn.ModuleDict:
        """Encoder and head with the published weights."""
        encoder = TAGATESEncoder(self.config)
        head = mlp(self.config.encoding_dim, 9, 1)
        model = torch.nn.ModuleDict({"encoder": encoder, "head": head}).to(self.dtype)
        state = {
            (k if k.startswith("head") else f"encoder.{k}"): torch.from_numpy(v).to(self.dtype)
            for k, v in self._published("param").items()
        }
        model.load_state_dict(state)
        return model

    def gradients(self) -> dict[str, np.ndarray]:
        """Published gradients by the names of the parameters of :meth:`model`."""
        return {
            (k if k.startswith("head") else f"encoder.{k}"): v
            for k, v in self._published("grad").items()
        }
