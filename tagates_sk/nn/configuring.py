"""From parameters and architectures to the sizes and variants of an encoder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..graphs import PackedGraphs
from ..graphs.attributes import AttributeScale
from ..graphs.foreign import echo
from ..graphs.operations import updated_mask
from .config import EncoderConfig
from .tables import BatchSpec, batch_spec

DEEP = 16
"""Operations on a path above which rounds over the whole graph cost more than one sweep."""


def is_deep(packed: PackedGraphs) -> bool:
    """Whether some path has so many operations that passes are asynchronous by default."""
    return packed.longest_path() > DEEP


def propagation_of(
    packed: PackedGraphs,
    propagation: str,
    n_layers: int | str,
    source: EncoderConfig | None = None,
) -> str:
    """How an encoder's passes go through architectures: "auto" is decided here.

    Parameters
    ----------
    packed : PackedGraphs
    propagation, n_layers
        Parameters of the estimator; whoever sets the layers wants synchronous passes.
    source : EncoderConfig, optional
        Of the encoder whose weights this one starts from.

    Returns
    -------
    {"synchronous", "asynchronous"}
    """
    if propagation != "auto":
        return propagation
    if source is not None:
        return source.propagation
    swept = isinstance(n_layers, str) and is_deep(packed)
    return "asynchronous" if swept else "synchronous"


def configure(
    packed: PackedGraphs,
    *,
    T: int,
    s: float,
    symmetry_breaking: str,
    beta: float,
    n_layers: int | str,
    layer_dim: int,
    n_members: int,
    variant: Mapping[str, Any],
    n_targets: int = 1,
    source: EncoderConfig | None = None,
    conditions: Mapping[str, int] | None = None,
) -> tuple[EncoderConfig, BatchSpec]:
    """An encoder for some architectures, and what it reads of them: "auto" is decided here.

    Parameters
    ----------
    packed : PackedGraphs
        With the fitted vocabulary.
    T, s, symmetry_breaking, beta, n_layers, layer_dim, n_members
        Parameters of the estimator.
    variant : mapping
        Parameters of :class:`~tagates_sk.Variant`.
    n_targets : int, default=1
    source : EncoderConfig, optional
        Of the encoder whose weights this one starts from.
    conditions : mapping of str to int, optional
        `n_augmentations`, `n_losses` and `n_conditions`.

    Raises
    ------
    InvalidArchitectureError
        If zero-cost vectors are needed and missing.
    ValueError
        If `stop_gradient` names something else, or ``readout="both"`` is asked
        of synchronous passes.
    """
    on_node = bool(packed.on_node.any())

    def auto(value: Any, on_nodes: Any, on_edges: Any) -> Any:
        default = on_nodes if on_node else on_edges
        return default if isinstance(value, str) and value == "auto" else value

    propagation, depth = propagation_of(packed, variant["propagation"], n_layers, source), n_layers
    if isinstance(depth, str):
        depth = max(2, packed.longest_path()) if source is None else source.n_layers
    n_marks = int(packed.input_mark.max(initial=0)) + 1
    k = 0 if packed.zero_cost is None else packed.zero_cost.shape[1]
    breaking = auto(symmetry_breaking, *["add" if k else "none"] * 2)
    updated = auto(variant["updated_operations"], "all", "parametrized")
    stop = tuple(variant["stop_gradient"])
    if not set(stop) <= {"embedding", "forward", "backward"}:
        raise ValueError(
            f"stop_gradient={echo(variant['stop_gradient'])} may name 'embedding', 'forward' and "
            "'backward' only."
        )
    readout = auto(variant["readout"], "mean", "output")
    if readout == "both" and propagation == "synchronous":
        raise ValueError(
            "readout='both' is of asynchronous passes, and these are synchronous. Set "
            "propagation='asynchronous', or another readout."
        )
    mixed = "mixed" if n_members > 1 else "sqrt"
    config = EncoderConfig(
        n_operations=len(packed.operations),
        n_cells=packed.n_cells,
        n_marks=n_marks if source is None else max(n_marks, source.n_marks),
        T=T,
        s=s,
        symmetry_breaking=breaking,
        beta=beta,
        n_zero_cost=k if breaking in ("add", "concat") else 0,
        update=auto(variant["update"], "node", "message"),
        stop_gradient=stop,
        deep_supervision=variant["deep_supervision"],
        n_layers=depth,
        layer_dim=layer_dim,
        op_dim=variant["op_dim"],
        node_dim=variant["node_dim"],
        hidden_dim=variant["hidden_dim"],
        update_dim=layer_dim,
        layer_bias=auto(variant["layer_bias"], True, False),
        terminal_operations=auto(variant["terminal_operations"], True, False),
        train_other_nodes=variant["train_other_nodes"],
        aggregation=auto(variant["aggregation"], mixed, "sum"),
        readout=readout,
        propagation=propagation,
        n_members=n_members,
        n_targets=n_targets,
        anytime=variant["anytime"],
        attributes=AttributeScale.of(
            packed.attributes, None if source is None else source.attributes
        ),
        **(conditions or {}),
    )
    config.check_zero_cost(packed)
    return config, batch_spec(
        config,
        packed.operations,
        updated_mask(packed.operations, updated),
        self_loops=auto(variant["self_loops"], True, False),
        residual=variant["residual"],
        update_terminals=isinstance(updated, str) and updated == "all",
    )
