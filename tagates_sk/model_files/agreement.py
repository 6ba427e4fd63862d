"""What numbers of a model file must agree on, before anything is built or asked by them.

Files of ours always agree. One that was forged could otherwise ask for a
network of a million layers, or for a table with a column for each of 10^9 inputs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from ..baselines.gates import GATESSpec
from ..estimators.blend import Blend
from ..estimators.block_kernel import BlockKernel
from ..estimators.boosting import BoostingMember
from ..estimators.composition import Composition
from ..estimators.encoder import Encoders
from ..estimators.head_features import HeadFeatures
from ..estimators.posterior import Posterior
from ..estimators.process import ProcessMember
from ..estimators.recurrent import RecurrentNetworks
from ..estimators.statistics import KINDS, NUMBERS, GraphStatistics, Scale
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
from ..features.subtrees import Multisets
from ..graphs.attributes import AttributeScale
from ..graphs.reading import MAX_INPUTS
from ..graphs.tokens import Dictionary
from ..nn.config import CHOICES, EncoderConfig
from ..nn.padded import CellSpec
from ..nn.tables import BatchSpec
from ..training.conditions import KnownConditions
from ..training.network import FittedNetwork
from ..training.normal_scores import NormalScores
from ..training.targets import TargetScaler
from .models import Sizes

MOST_PLACES = 1000
"""Places along a path that are told apart; the members use 6."""

LONGEST_PART = 100
"""Letters of the name of a block of statistics."""

MOST_PASSES = 1000
"""Passes of an encoder; the published ones have up to 4."""


def agrees(instance: Any, n_numbers: int) -> bool:
    """Whether the attributes of an instance go together.

    Parameters
    ----------
    instance : object
        Of one of the classes that model files hold.
    n_numbers : int
        How many numbers are in the arrays of the file: what is counted is there.
    """
    check = _CHECKS.get(type(instance))
    return check is None or bool(check(instance, n_numbers))


def _of_length(n: int, *arrays: Any) -> bool:
    return all(array.shape == (n,) for array in arrays)


def _within(numbers: Any, end: int) -> bool:
    """Whether whole numbers are from 0 to before `end`."""
    values = np.asarray(numbers)
    return not values.size or bool(values.min() >= 0 and values.max() < end)


def _config(config: EncoderConfig, n: int) -> bool:
    sizes = (
        config.n_operations, config.n_layers, config.layer_dim, config.op_dim, config.node_dim,
        config.hidden_dim, config.update_dim, config.n_zero_cost,
    )  # fmt: skip
    counts = (
        config.n_cells, config.n_marks, config.T, config.n_members, config.n_targets,
        config.n_augmentations, config.n_losses, config.n_conditions,
    )  # fmt: skip
    return (
        max(*sizes, *counts) <= n
        and min(counts) >= 1
        and config.T <= MOST_PASSES
        and config.n_targets <= MOST_PASSES
        and all(getattr(config, name) in known for name, known in CHOICES.items())
        and set(config.stop_gradient) <= {"embedding", "forward", "backward"}
    )


def _batch(spec: BatchSpec, n: int) -> bool:
    return (
        spec.block.ndim == 1
        and len(spec.block) >= 4
        and _within(spec.block, 3)
        and 1 <= spec.n_marks <= n
        and 1 <= spec.n_augmentations <= n
        and spec.aggregation in CHOICES["aggregation"]
    )


def _alike(config: EncoderConfig, spec: Any) -> bool:
    """Whether batches are of the encoder that reads them."""
    return (
        isinstance(spec, BatchSpec)
        and len(spec.block) == config.n_operations + 4
        and spec.n_marks == config.n_marks
        and spec.n_augmentations == config.n_augmentations
        and spec.aggregation == config.aggregation
        and spec.sweeps == (config.propagation == "asynchronous")
        and spec.node_update == (config.update == "node")
        and spec.mean_readout == (config.readout != "output")
    )


def _network(network: FittedNetwork, n: int) -> bool:
    spec, vocabulary = network.spec, network.operations
    if isinstance(spec, CellSpec):
        known = (spec.n_operations, spec.n_cells, 1)
    elif isinstance(spec, Dictionary):
        known = (len(spec.operations), spec.n_cells, 1)
    else:
        sizes: Any = network.model
        config = spec.config if isinstance(spec, GATESSpec) else sizes.encoder
        batch = spec.batch if isinstance(spec, GATESSpec) else spec
        if not isinstance(config, EncoderConfig) or not _alike(config, batch):
            return False
        known = (config.n_operations, config.n_cells, config.n_targets)
    return known == (len(vocabulary), network.n_cells, network.n_targets)


def _trees(trees: TreeEnsemble, n: int) -> bool:
    n_nodes = len(trees.value)
    return (
        _of_length(n_nodes, trees.value, trees.column, trees.threshold)
        and trees.children.shape == (n_nodes, 2)
        and trees.roots.ndim == 1
        and _within(trees.children, n_nodes)
        and _within(trees.roots, n_nodes)
        and _within(trees.column, n)
        and trees.depth <= n_nodes
    )


def _posterior(posterior: Posterior, n: int) -> bool:
    kernel, rows = posterior.kernel, posterior.rows
    return (
        rows.ndim == 2
        and posterior.factor.shape == (len(rows), len(rows))
        and _of_length(len(rows), posterior.alpha)
        and kernel.n_trend >= 0
        and sum(kernel.widths) + kernel.n_trend + 1 == rows.shape[1]
        and all(map(np.isfinite, (posterior.noise, kernel.linear, kernel.trend)))
    )


def _composition(composition: Composition, n: int) -> bool:
    kinds = len(composition.networks)
    members = composition.members.values()
    return (
        len(composition.scales) == kinds
        and all(isinstance(m, (ProcessMember, BoostingMember)) for m in members)
        and _of_length(kinds + len(members), composition.blend.weights_)
        and all(
            _of_length(network.network.model.n_members, scale.mean, scale.std)
            for network, scale in zip(composition.networks, composition.scales, strict=True)
        )
    )


def _encoders(encoders: Encoders, n: int) -> bool:
    sizes: Any = encoders.network.model
    config, features = sizes.encoder, encoders.head_features
    return (
        isinstance(config, EncoderConfig)
        and encoders.T == config.T
        and sizes.n_features == (0 if features is None else features.n_features)
        and encoders.column_weights.shape == (config.n_targets, config.n_members)
    )


def _paths(encoding: PathEncoding, n: int) -> bool:
    if not hasattr(encoding, "_trie"):  # a parameter, not fitted
        return True
    trie = encoding._trie
    return (
        encoding.n_cells_ <= n
        and trie.n_roots == encoding.n_cells_ * MAX_INPUTS
        # Else a path would have no beginning.
        and all(before < trie.n_roots + i for i, (before, _) in enumerate(trie.parents))
        and all(number < len(trie) for number in trie.children.values())
        and _within(encoding._numbers, len(trie))
    )


def _learned(features: Any, n: int) -> bool:
    """Whether there are as many cells and operations as numbers."""
    if not hasattr(features, "n_cells_"):  # a parameter, not fitted
        return True
    n_columns = features.n_cells_ * max(len(features.operations_), 1)
    return features.n_cells_ >= 1 and bool(n_columns <= n)


def _layout(layout: Layout, n: int) -> bool:
    """Whether slots follow each other, and each pair of them has a column with its mean."""
    return (
        _of_length(MAX_INPUTS + 1, layout.inputs)
        and _within(layout.inputs, n)
        and layout.inputs[0] == 0
        and bool((np.diff(layout.inputs) >= 0).all())
        and layout.n_inner >= 0
        and layout.n_pairs <= n
    )


def _walks(walks: WalkStatistics, n: int) -> bool:
    if not hasattr(walks, "_pairs"):
        return walks.n_places <= MOST_PLACES
    n_pairs = len(walks.pairs_)
    return (
        _learned(walks, n)
        and walks.n_places <= min(n, MOST_PLACES)
        and _of_length(n_pairs, walks._pairs)
        and _within(walks._pairs, len(walks.operations_) ** 2)
        and walks._inputs == list(range(len(walks._inputs)))
        and len(walks._inputs) <= MAX_INPUTS
    )


def _width(transformer: Any) -> int:
    return len(transformer.get_feature_names_out())


def _statistics(statistics: GraphStatistics, n: int) -> bool:
    """Whether the blocks that are scaled are as wide as what the transformers give."""
    kinds = (
        WalkStatistics, OperationStatistics, AdjacencyOneHot, CapacityStatistics,
        ResistanceStatistics,
    )  # fmt: skip
    there = tuple(map(type, statistics.transformers_))
    if there not in (kinds, kinds[:-1]):  # older files do not have the last
        return False
    if len({transformer.n_cells_ for transformer in statistics.transformers_}) > 1:
        return False
    n_columns = [_width(transformer) for transformer in statistics.transformers_]
    place, of_numbers, parts = statistics._is_place, statistics._is_number, statistics._parts
    if place.shape != (n_columns[0],):
        return False
    if of_numbers is not None and not (
        len(of_numbers) == 3 and all(map(_of_length, n_columns[:3], of_numbers))
    ):
        return False
    if parts is not None:
        if [len(names) for names in parts] != n_columns:
            return False
        # An array of names takes room for the longest in each place.
        if max((len(name) for names in parts for name in names), default=0) > LONGEST_PART:
            return False
    names = np.concatenate(statistics._block_names())
    if not {name.split("/")[0] for name in names} <= {*KINDS, *NUMBERS.values()}:
        return False
    widths = Counter(names.tolist())
    scales = statistics._scales
    priors = len(statistics._prior_columns)
    return (
        {name: len(scale.varies) for name, scale in scales.items()} == widths
        and _within(statistics._prior_columns, n_columns[3])
        and len(statistics._capacity_scale.varies) == priors
        and len(statistics._prior_scale.varies) == 1
    )


def _multisets(multisets: Multisets, n: int) -> bool:
    if min(multisets.n_starts, multisets.n_symbols) < 1:
        return False
    known, arrays = multisets.n_starts, (multisets.complete, *multisets.levels)
    if max(known, multisets.n_symbols) > n or any(a.ndim != 1 for a in arrays):
        return False
    for level in multisets.levels:
        if not _within(level, known * multisets.n_symbols):  # else it has no beginning
            return False
        known += len(level)
    return _within(multisets.complete, known)


def _subtrees(subtrees: WeisfeilerLehman, n: int) -> bool:
    """Whether what an iteration learned is numbered as the next one reads it."""
    if not hasattr(subtrees, "_iterations"):
        return True
    labels = subtrees._n_starts()
    for before, after, by_sources, by_node in subtrees._iterations:
        sizes = [(m.n_starts, m.n_symbols) for m in (before, after, by_sources, by_node)]
        wanted = [(1, labels), (1, labels), (labels, len(before))]
        if sizes != [*wanted, (len(by_sources), max(len(after), 1))]:
            return False
        labels = len(by_node)
    return _learned(subtrees, n) and len(subtrees._columns) == 1 + len(subtrees._iterations)


_CHECKS: dict[type[Any], Callable[[Any, int], bool]] = {
    BatchSpec: _batch,
    Blend: lambda b, n: _of_length(len(b.weights_), b.weights_, b.shift_, b.slope_),
    BlockKernel: lambda k, n: _of_length(len(k.widths), k.weights, k.lengths),
    CellSpec: lambda s, n: max(s.n_operations, s.n_marks, s.n_cells) <= n and s.n_marks >= 1,
    Composition: _composition,
    Dictionary: lambda d, n: max(d.n_marks, d.n_inner, d.n_cells) <= n and d.n_inner >= 1,
    EncoderConfig: _config,
    Encoders: _encoders,
    FittedNetwork: _network,
    GraphStatistics: _statistics,
    HeadFeatures: lambda f, n: _of_length(_width(f.transformer), f.mean, f.std),
    KnownConditions: lambda c, n: len(c.means) == len(c.stds) and len(c.seen) >= 1,
    Layout: _layout,
    Multisets: _multisets,
    NormalScores: lambda s, n: len(s._known) == s.n_features_in_,
    OperationStatistics: lambda s, n: (
        not hasattr(s, "_n_marks") or (_learned(s, n) and _within(s._n_marks, MAX_INPUTS + 1))
    ),
    PathEncoding: _paths,
    WeisfeilerLehman: _subtrees,
    AdjacencyOneHot: _learned,
    CapacityStatistics: _learned,
    ResistanceStatistics: _learned,
    AttributeScale: lambda s, n: len(s.names) == len(s.mean) == len(s.std),
    Posterior: _posterior,
    RecurrentNetworks: lambda r, n: (
        isinstance(r.network.spec, CellSpec)
        and min(r.op_dim, r.layer_dim, r.n_members) >= 1
        and max(r.op_dim, r.layer_dim, r.n_members) <= n
    ),
    Scale: lambda s, n: (
        s.varies.ndim == 1 and _of_length(int(s.varies.sum()), s.mean, s.std)
    ),
    Sizes: lambda s, n: (
        max([1, *s.head]) <= n and min([1, *s.head]) >= 1 and 0 <= s.dropout < 1
    ),
    TargetScaler: lambda s, n: s.mean.ndim == 1 and s.mean.shape == s.std.shape,
    TreeEnsemble: _trees,
    WalkStatistics: _walks,
}  # fmt: skip
