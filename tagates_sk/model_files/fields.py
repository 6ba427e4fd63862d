"""What a model file holds of each class: the only classes that are built, by the only fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

import numpy as np
from numpy.typing import NDArray

from .. import baselines
from .._utils import Floats
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
from ..estimators.recurrent import RecurrentNetworks
from ..estimators.score_map import ScoreMap
from ..estimators.statistics import GraphStatistics, Scale
from ..estimators.trees import TreeEnsemble
from ..features import (
    AdjacencyOneHot,
    CapacityStatistics,
    OperationStatistics,
    PathEncoding,
    ResistanceStatistics,
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

Whole = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Fields:
    """How instances of a class are written.

    Parameters
    ----------
    names : mapping of str to str
        From the name in the file to the attribute.
    kinds : mapping of str to type hint
        From the attribute to what it holds; a file with anything else is refused.
    is_estimator : bool
        Whether its parameters are written, too, and it may not be fitted.
    is_made : bool
        Whether the class is called with the fields; else they are set.
    later : set of str
        Fields that older files do not have; the class has a default for each.
    """

    names: Mapping[str, str]
    kinds: Mapping[str, Any]
    is_estimator: bool = False
    is_made: bool = False
    later: frozenset[str] = frozenset()


def _learned(**kinds: Any) -> Fields:
    """Fields of an estimator: what it has learned, beside its parameters."""
    kinds = {**kinds, "_sklearn_output_config": dict[str, str]}
    names = {**_plain(kinds), "output": "_sklearn_output_config"}
    names.pop("sklearn_output_config")
    return Fields(names, kinds, is_estimator=True)


def _made(cls: type[Any], **changes: Any) -> Fields:
    """Fields of a dataclass or named tuple, which is called with all of them."""
    kinds = {**get_type_hints(cls), **changes}
    kinds = {name: kind for name, kind in kinds.items() if kind is not None}
    return Fields({name: name for name in kinds}, kinds, is_made=True)


def _set(later: str = "", **kinds: Any) -> Fields:
    """Fields of a class whose attributes are set."""
    return Fields(_plain(kinds), kinds, later=frozenset(later.split()))


def _plain(kinds: Mapping[str, Any]) -> dict[str, str]:
    return {name.strip("_"): name for name in kinds}


_TAGATES = _learned(
    composition_=Composition | None, pretrained_=EncoderState, _encoders=Encoders | None
)
_BASELINE = _learned(network_=FittedNetwork, n_layers_=int)
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

_VOCABULARY = {"operations_": list[str], "n_cells_": int}
_ATTRIBUTES = {"_attributes": AttributeScale | None}

PARTS: dict[type[Any], Fields] = {
    AdjacencyOneHot: _learned(
        **_VOCABULARY, **_ATTRIBUTES, _layouts=dict[tuple[int, bool], Layout]
    ),
    AttributeScale: _made(AttributeScale),
    BatchSpec: _made(BatchSpec),
    Blend: _set(
        half=float, common=float, weights_=Floats, unseen_=Floats, error_=float, centre_=float,
        shift_=Floats, slope_=Floats,
    ),
    BlockKernel: Fields(
        {n: n for n in ("widths", "weights", "lengths", "linear", "n_trend", "trend")},
        {
            "widths": list[int], "weights": Floats, "lengths": Floats, "linear": float,
            "n_trend": int, "trend": float,
        },
        is_made=True,
        later=frozenset({"n_trend", "trend"}),
    ),
    BoostingMember: _set(
        n_estimators=int, max_columns=int, prior_half_life=float, coefficient_=float,
        trees_=list[TreeEnsemble], unseen_=Floats,
    ),
    CapacityStatistics: _learned(**_VOCABULARY),
    CellSpec: _made(CellSpec),
    # Models with proxies are not saved.
    Composition: _made(Composition, ranks=None),
    Dictionary: _made(Dictionary),
    EncoderConfig: _made(EncoderConfig),
    EncoderState: _made(EncoderState),
    Encoders: _made(Encoders),
    FittedNetwork: _made(
        FittedNetwork, model=Sizes, spec=BatchSpec | CellSpec | Dictionary | GATESSpec
    ),
    GATESSpec: _made(GATESSpec),
    GraphStatistics: _set(
        transformers_=list[
            AdjacencyOneHot | CapacityStatistics | OperationStatistics | ResistanceStatistics
            | WalkStatistics
        ],
        operations_=list[str], _is_place=NDArray[np.bool_], _prior_columns=list[int],
        _scales=dict[str, Scale], _capacity_scale=Scale, _prior_scale=Scale,
        _is_number=list[NDArray[np.bool_]] | None, _by_numbers=GraphStatistics | None,
        _parts=list[list[str]] | None,
    ),
    HeadFeatures: _set(
        transformer=(
            AdjacencyOneHot | CapacityStatistics | OperationStatistics | PathEncoding
            | ResistanceStatistics | WalkStatistics | WeisfeilerLehman
        ),
        parameter=str, mean=Floats, std=Floats, n_features=int,
    ),
    Iteration: _made(Iteration),
    KnownConditions: _made(KnownConditions),
    Layout: _made(Layout),
    MemberScale: _made(MemberScale),
    Multisets: _set(n_starts=int, n_symbols=int, levels=list[Whole], complete=Whole),
    NormalScores: _learned(n_features_in_=int, _known=list[tuple[Floats, Floats]]),
    OperationStatistics: _learned(
        **_VOCABULARY, **_ATTRIBUTES, subsets_=list[tuple[str, ...]], _n_marks=list[int]
    ),
    PathEncoding: _learned(
        **_VOCABULARY, paths_=list[tuple[int, int, tuple[str, ...]]], _trie=Trie, _numbers=Whole
    ),
    Posterior: _made(Posterior),
    ProcessMember: _set(
        "trend", blocks=tuple[str, ...], trend_=tuple[str, ...], prior_mean=float,
        prior_variance=float, posterior_=Posterior, unseen_=Floats, unseen_std_=Floats,
    ),
    RecurrentNetworks: _made(RecurrentNetworks),
    ResistanceStatistics: _learned(**_VOCABULARY),
    Scale: _set(varies=NDArray[np.bool_], mean=Floats, std=Floats),
    ScoreMap: _set(
        _scores=NormalScores, intercept_=float, slope_=float, sigma_=float,
        median_intercept_=float | None, median_slope_=float | None,
    ),
    Sizes: _made(Sizes),
    TargetScaler: _made(TargetScaler),
    TrainingCondition: _made(TrainingCondition),
    TreeEnsemble: _made(TreeEnsemble),
    Trie: _set(
        operations=list[str], n_roots=int, parents=list[tuple[int, int]],
        children=dict[tuple[int, int], int],
    ),
    Variant: _learned(),
    WalkStatistics: Fields(
        {
            "operations": "operations_", "n_cells": "n_cells_", "subsets": "subsets_",
            "inputs": "_inputs", "pairs": "pairs_", "pair_columns": "_pairs",
            "attributes": "_attributes", "output": "_sklearn_output_config",
        },
        {
            **_VOCABULARY, **_ATTRIBUTES, "subsets_": list[tuple[str, ...]], "_inputs": list[int],
            "pairs_": list[tuple[str, ...]], "_pairs": Whole,
            "_sklearn_output_config": dict[str, str],
        },
        is_estimator=True,
    ),
    WeisfeilerLehman: _learned(
        **_VOCABULARY, _iterations=list[Iteration], _columns=list[Whole], n_labels_=list[int],
        n_columns_=list[int],
    ),
}  # fmt: skip
"""What may be in it."""

CLASSES: dict[str, tuple[type[Any], Fields]] = {
    cls.__name__: (cls, fields) for cls, fields in {**ESTIMATORS, **PARTS}.items()
}
