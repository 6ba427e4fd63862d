"""The weights of an encoder, for others to start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor

from ..graphs.foreign import echo
from .asynchronous_encoder import Encoder
from .config import EncoderConfig

_NO_WEIGHTS = {
    "n_operations", "n_marks", "T", "s", "symmetry_breaking", "beta", "update", "stop_gradient",
    "update_dim", "train_other_nodes", "readout", "n_targets", "anytime", "deep_supervision",
    "n_augmentations", "n_losses", "n_conditions", "attributes",
}  # fmt: skip
"""What encoders of the same weights may differ in; see also :func:`_differences`."""

_WHAT_TO_DO = {
    "n_cells": "Pre-train on architectures of as many cells.",
    "n_zero_cost": "Use zero_cost vectors of that length, or symmetry_breaking='none' in both.",
    "symmetry_breaking": "Set it alike in both.",
    "T": "With T=1 there is no backward pass and no update; more passes share their weights. "
    "Set T to 1 in both, or to 2 or more in both.",
}


@dataclass(frozen=True)
class EncoderState:
    """An encoder's weights, and what they are of.

    Parameters
    ----------
    config : EncoderConfig
    operations : list of str
        The vocabulary.
    weights : dict of str to Tensor
        On the CPU.
    """

    config: EncoderConfig
    operations: list[str]
    weights: dict[str, Tensor]

    @classmethod
    def of(cls, encoder: Encoder, operations: Sequence[str]) -> EncoderState:
        """A copy of the present state of an encoder with this vocabulary."""
        weights = {name: value.cpu().clone() for name, value in encoder.state_dict().items()}
        return cls(encoder.config, list(operations), weights)

    @torch.no_grad()
    def load_into(self, encoder: Encoder, operations: Sequence[str]) -> None:
        """Give an encoder these weights.

        Embeddings of operations and maps of attributes are matched by name,
        embeddings of inputs by number; what is new keeps its value. Conditions of
        training start alike, from the reference of these.

        Parameters
        ----------
        encoder : TAGATESEncoder or AsynchronousEncoder
        operations : sequence of str
            Its vocabulary.

        Raises
        ------
        ValueError
            If it has other weights.
        """
        for name, here, there in _differences(encoder.config, self.config):
            otherwise = f"Set {name}={echo(there)}, or pre-train with {name}={echo(here)}."
            do = _WHAT_TO_DO.get(name, otherwise)
            raise ValueError(
                f"The encoder of `pretrained` has {name}={echo(there)} and this one "
                f"{name}={echo(here)}, "
                f"so that its weights do not fit. {do}"
            )
        shared = [name for name in operations if name in self.operations]
        rows = {name: i for i, name in enumerate(operations)}
        theirs = {name: i for i, name in enumerate(self.operations)}
        for name, parameter in encoder.state_dict().items():
            if name == "loss_shift" or (name == "attribute_weight" and name not in self.weights):
                continue
            weight = self.weights[name]
            if name == "op_embedding":
                parameter[[rows[op] for op in shared]] = weight[[theirs[op] for op in shared]]
            elif name == "attribute_weight":
                assert self.config.attributes is not None
                assert encoder.config.attributes is not None
                own = encoder.config.attributes.names
                parameter[[own.index(known) for known in self.config.attributes.names]] = weight
            elif name in ("input_embedding", "other_embedding"):
                n = min(parameter.shape[1], weight.shape[1])
                reference = weight[: encoder.config.n_cells, :n]
                parameter[:, :n] = reference.repeat(encoder.config.n_augmentations, 1, 1)
            else:
                parameter.copy_(weight)


def _differences(here: EncoderConfig, there: EncoderConfig) -> list[tuple[str, Any, Any]]:
    """Names and values of what two encoders' weights differ by."""

    def gates(config: EncoderConfig) -> str:
        reads = config.symmetry_breaking in ("add", "concat")
        return config.symmetry_breaking if reads else "none"

    names = [field.name for field in fields(EncoderConfig) if field.name not in _NO_WEIGHTS]
    if (here.T == 1) != (there.T == 1):
        names.append("T")
    if gates(here) != gates(there):
        names.insert(0, "symmetry_breaking")
    values = [(name, getattr(here, name), getattr(there, name)) for name in names]
    return [(name, one, other) for name, one, other in values if one != other]
