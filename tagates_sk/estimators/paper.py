"""The published configurations."""

from __future__ import annotations

from typing import Any

from ..graphs.foreign import echo
from .variant import Variant

_PUBLISHED_TRAINING: dict[str, Any] = {
    "s": 0.1, "optimizer": "adam", "learning_rate": 1e-3, "schedule": "constant",
    "weight_decay": 0.0, "dropout": 0.1, "margin": 0.1, "max_iter": 200, "aggregation": "sum",
    "deep_supervision": False, "n_members": 1, "members": "encoder",
}  # fmt: skip
_LARGE = {"layer_dim": 128, "op_dim": 48, "node_dim": 48, "hidden_dim": 96, "batch_size": 512}
_SMALL = {"layer_dim": 64, "op_dim": 32, "node_dim": 32, "hidden_dim": 32, "batch_size": 128}
_PUBLISHED: dict[str, dict[str, Any]] = {
    "nasbench101": {
        "T": 3, "n_layers": 5, **_LARGE, "head": (200,), "symmetry_breaking": "add", "beta": 0.1,
        "update": "node", "updated_operations": "all", "self_loops": True, "readout": "mean",
        "terminal_operations": True, "layer_bias": True, "train_other_nodes": True,
    },
    "nasbench201": {
        "T": 4, "n_layers": 3, **_LARGE, "head": (300,) * 5, "symmetry_breaking": "concat",
        "update": "message",
    },
    "nasbench301": {
        "T": 4, "n_layers": 5, **_SMALL, "head": (200,), "symmetry_breaking": "add", "beta": 1.0,
        "update": "node", "train_other_nodes": True,
    },
    "enas": {
        "T": 2, "n_layers": 6, **_SMALL, "head": (200,), "symmetry_breaking": "concat",
        "update": "node",
    },
}  # fmt: skip


def paper_config(space: str) -> dict[str, Any]:
    """Get the published parameters for a search space.

    Parameters
    ----------
    space : {"nasbench101", "nasbench201", "nasbench301", "enas"}
        The search space.

    Returns
    -------
    dict of str to Any
        Keyword arguments for :class:`TAGATESRanker`. The published files use
        zero-cost vectors; without them set ``symmetry_breaking`` to ``"none"``.

    Raises
    ------
    ValueError
        For another name.

    References
    ----------
    Ning et al., "TA-GATES: An Encoding Scheme for Neural Network
    Architectures", NeurIPS 2022, appendix B, and its configuration files.

    Examples
    --------
    >>> from tagates_sk import TAGATESRanker, paper_config
    >>> TAGATESRanker(**paper_config("nasbench201")).T
    4
    """
    if space not in _PUBLISHED:
        raise ValueError(
            f"space={echo(space)} has no published configuration; choose one of "
            f"{sorted(_PUBLISHED)}."
        )
    flat = {**_PUBLISHED_TRAINING, **_PUBLISHED[space]}
    switches = {name: flat.pop(name) for name in Variant().get_params() if name in flat}
    return {**flat, "variant": Variant(**switches)}
