"""What a model file holds of each class: the only classes that are built, by the only fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import baselines
from ..baselines.gates import GATESSpec
from ..estimators import TAGATESRanker, TAGATESRegressor, Variant
from ..estimators.blend import Blend
from ..estimators.block_kernel import BlockKernel
from ..estimators.boosting import BoostingMember
from ..estimators.composition import Composition
from ..estimators.encoder import Encoders
from ..estimators.head_features import HeadFeatures
from ..estimators.networks import MemberScale
from ..estimators.posterior import Posterior
from ..estimators.process import ProcessMember
from ..estimators.score_map import ScoreMap
from ..estimators.statistics import GraphStatistics, Scale
from ..estimators.trees import TreeEnsemble
from ..features import (
    AdjacencyOneHot,
    CapacityStatistics,
    OperationStatistics,
    PathEncoding,
    WalkStatistics,
    WeisfeilerLehman,
)
from ..features.adjacency import Layout
from ..features.paths import Trie
from ..features.subtrees import Iteration, Multisets
from ..graphs.attributes import AttributeScale
from ..graphs.tokens import Dictionary
from ..nn.config import EncoderConfig
from ..nn.padded import CellSpec
from ..nn.tables import BatchSpec
from ..nn.transfer import EncoderState
from ..training.conditions import KnownConditions, TrainingCondition
from ..training.network import FittedNetwork
from ..training.normal_scores import NormalScores
from ..training.targets import TargetScaler
from .models import Sizes


@dataclass(frozen=True)
class Fields:
    """How instances of a class are written.

    Parameters
    ----------
    names : mapping of str to str
        From the name in the file to the attribute.
    is_estimator : bool
        Whether its parameters are written, too, and it may not be fitted.
    is_made : bool
        Whether the class is called with the fields; else they are set.
    optional : tuple of str
        Fields that older files lack; the class has defaults for them.
    """

    names: Mapping[str, str]
    is_estimator: bool = False
    is_made: bool = False
    optional: tuple[str, ...] = ()


def _learned(*attributes: str, **renamed: str) -> Fields:
    """Fields of an estimator: what it has learned, beside its parameters."""
    names = {**{name.strip("_"): name for name in attributes}, **renamed}
    return Fields({**names, "output": "_sklearn_output_config"}, is_estimator=True)


def _made(*attributes: str, optional: tuple[str, ...] = ()) -> Fields:
    """Fields of a class that is called with all of them."""
    names = {name: name for name in (*attributes, *optional)}
    return Fields(names, is_made=True, optional=optional)


def _set(*attributes: str, optional: tuple[str, ...] = ()) -> Fields:
    """Fields of a class whose attributes are set."""
    names = {name.strip("_"): name for name in (*attributes, *optional)}
    return Fields(names, optional=tuple(name.strip("_") for name in optional))


_TAGATES = _learned("composition_", "pretrained_", encoders="_encoders")
_BASELINE = _learned("network_", "n_layers_")
_NEURAL_BASELINES = [
    cls
    for cls in vars(baselines).values()
    if isinstance(cls, type) and issubclass(cls, baselines.NeuralBaseline)
    and cls is not baselines.NeuralBaseline
]  # fmt: skip

ESTIMATORS: dict[type[Any], Fields] = {
    TAGATESRanker: _TAGATES,
    TAGATESRegressor: _TAGATES,
    **dict.fromkeys(_NEURAL_BASELINES, _BASELINE),
}
"""What may be saved."""

PARTS: dict[type[Any], Fields] = {
    AdjacencyOneHot: _learned("operations_", "n_cells_", "_layouts", "_attributes"),
    AttributeScale: _made("names", "mean", "std"),
    BatchSpec: _made(
        "block", "n_marks", "self_loops", "residual", "node_update", "mean_readout",
        "n_augmentations", "aggregation", "sweeps", optional=("attributes",),
    ),
    Blend: _set(
        "half", "common", "weights_", "unseen_", "error_", "centre_", "shift_", "slope_"
    ),
    BlockKernel: _made("widths", "weights", "lengths", "linear"),
    BoostingMember: _set(
        "n_estimators", "max_columns", "prior_half_life", "coefficient_", "trees_", "unseen_"
    ),
    CapacityStatistics: _learned("operations_", "n_cells_"),
    CellSpec: _made("n_operations", "n_marks", "n_cells"),
    Composition: _made(
        "networks", "scales", "statistics", "members", "blend", "score_map"
    ),
    Dictionary: _made("operations", "n_marks", "n_inner", "n_cells"),
    EncoderConfig: _made(
        "n_operations", "n_cells", "n_marks", "T", "s", "symmetry_breaking", "beta",
        "n_zero_cost", "update", "stop_gradient", "n_layers", "layer_dim", "op_dim", "node_dim",
        "hidden_dim", "update_dim", "layer_bias", "terminal_operations", "train_other_nodes",
        "aggregation", "readout", "propagation", "n_members", "n_targets", "anytime",
        "deep_supervision", "n_augmentations", "n_losses", "n_conditions",
        optional=("attributes",),
    ),
    EncoderState: _made("config", "operations", "weights"),
    Encoders: _made(
        "network", "T", "head_features", "conditions", "column_weights", "std_scale"
    ),
    FittedNetwork: _made(
        "model", "spec", "operations", "n_cells", "device", "scaler", "in_units", "n_iter",
        "history", "optimizer_state",
    ),
    GATESSpec: _made("config", "batch"),
    GraphStatistics: _set(
        "transformers_", "operations_", "_is_place", "_prior_columns", "_scales",
        "_capacity_scale", "_prior_scale", optional=("_is_number", "_by_numbers"),
    ),
    HeadFeatures: _set("transformer", "parameter", "mean", "std", "n_features"),
    Iteration: _made("before", "after", "by_sources", "by_node"),
    KnownConditions: _made("seen", "augmentations", "losses", "means", "stds"),
    Layout: _made("inputs", "n_inner"),
    MemberScale: _made("mean", "std"),
    Multisets: _set("n_starts", "n_symbols", "levels", "complete"),
    NormalScores: _learned("n_features_in_", "_known"),
    OperationStatistics: _learned(
        "operations_", "n_cells_", "subsets_", "_n_marks", "_attributes"
    ),
    PathEncoding: _learned("operations_", "n_cells_", "paths_", "_trie", "_numbers"),
    Posterior: _made("kernel", "noise", "rows", "factor", "alpha"),
    ProcessMember: _set(
        "blocks", "prior_mean", "prior_variance", "posterior_", "unseen_", "unseen_std_"
    ),
    Scale: _set("varies", "mean", "std"),
    ScoreMap: _set("_scores", "intercept_", "slope_", "sigma_"),
    Sizes: _made("head", "dropout", "encoder", "n_features", "seed"),
    TargetScaler: _made("mean", "std"),
    TrainingCondition: _made("schedule", "augmentation", "loss"),
    TreeEnsemble: _made(
        "constant", "roots", "depth", "column", "threshold", "children", "value"
    ),
    Trie: _set("operations", "n_roots", "parents", "children"),
    Variant: _learned(),
    WalkStatistics: _learned(
        "operations_", "n_cells_", "subsets_", "_inputs", "pairs_", "_attributes",
        pair_columns="_pairs",
    ),
    WeisfeilerLehman: _learned(
        "operations_", "n_cells_", "_iterations", "_columns", "n_labels_", "n_columns_"
    ),
}  # fmt: skip
"""What may be in it."""

CLASSES: dict[str, tuple[type[Any], Fields]] = {
    cls.__name__: (cls, fields) for cls, fields in {**ESTIMATORS, **PARTS}.items()
}
