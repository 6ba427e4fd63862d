"""TA-GATES networks side by side, and what they know about training."""

from __future__ import annotations

import copy
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from .._utils import Floats
from ..graphs import Architectures, ArchitectureSequence, PackedGraphs
from ..graphs.operations import IDENTITY_OPERATIONS
from ..nn.config import EncoderConfig
from ..nn.configuring import configure
from ..nn.evaluation import encodings, extrapolations, operation_embeddings
from ..nn.predictor import Predictor, head_widths
from ..nn.tables import GraphBatches, Training
from ..nn.transfer import EncoderState
from ..training.conditions import KnownConditions, TrainingCondition
from ..training.network import FittedNetwork, read_in_parts, start_network
from ..training.observations import check_partial
from ..training.targets import (
    Features,
    bootstrap_draws,
    column_weights,
    loss_targets,
    spread_over_members,
)
from ..training.tasks import Task
from ..training.trainer import training_options
from .head_features import HeadFeatures

MARGIN, MARGIN_ON_NODES = 0.03, 0.1
"""Margin of the hinge loss, by where operations are."""

BATCH_OF_MANY = 64
"""Architectures per step, if there are many."""

LEVELS = np.array([0.5, 0.6, 0.7, 0.8, 0.9])
"""Levels of the central intervals that scale the standard deviations of a regressor."""

FEWEST = 10
"""Fewest architectures unseen by some member from which to scale."""

Parameters = Mapping[str, Any]
"""Parameters of TAGATESRanker or TAGATESRegressor, and of their variant, by name."""


@dataclass
class Labelled:
    """Architectures with targets.

    Parameters
    ----------
    X : sequence of n architectures
    packed : PackedGraphs
        Read from them.
    y : ndarray of float64, shape (n, k)
        Targets; with training conditions, in the unit of the reference.
    weights : ndarray of float64, shape (n,), or None
    conditions : sequence of n TrainingCondition, or None
    features : ndarray of float32, shape (n, n_features), or None
        Features that heads read beside the encoding, once they are known.
    """

    X: Any
    packed: PackedGraphs
    y: Floats
    weights: Floats | None = None
    conditions: Sequence[TrainingCondition] | None = None
    features: Features | None = None


@dataclass
class Encoders:
    """TA-GATES encoders with heads, fitted.

    Parameters
    ----------
    network : FittedNetwork
    T : int
        Time steps.
    head_features : HeadFeatures or None
        Features that heads read beside the encoding.
    conditions : KnownConditions or None
        Training conditions of the first fit.
    column_weights : ndarray of float64, shape (n_targets, n_members)
        Weight of each column of y in the loss of each member.
    std_scale : float
        Factor for the members' standard deviation.
    """

    network: FittedNetwork
    T: int
    head_features: HeadFeatures | None
    conditions: KnownConditions | None
    column_weights: Floats
    std_scale: float = 1.0

    @property
    def model(self) -> Predictor:
        """The networks."""
        model = self.network.model
        assert isinstance(model, Predictor)
        return model

    # ---------------------------------------------------------------- training

    @classmethod
    def start(
        cls,
        data: Labelled,
        task: Task,
        parameters: Parameters,
        source: EncoderState | None,
        known: KnownConditions | None,
        rng: np.random.RandomState,
    ) -> Encoders:
        """Make untrained encoders.

        Parameters
        ----------
        data : Labelled
        task : Task
        parameters : mapping
        source : EncoderState or None
            The weights that the encoders start from.
        known : KnownConditions or None
            Those of `data`.
        rng : numpy RandomState
        """
        features = parameters["features"]
        head_features = None if features is None else HeadFeatures(features)
        n_features = 0
        if head_features is not None:
            data.features = head_features.fit_transform(data.X)
            n_features = data.features.shape[1]
        n_targets = data.y.shape[1]
        loss = task.loss if parameters["loss"] == "auto" else parameters["loss"]

        def build(packed: PackedGraphs, seed: int) -> tuple[Predictor, Any]:
            config, spec = encoder_config(packed, parameters, source, n_targets, known)
            widths = head_widths(parameters["head"])
            model = Predictor(config, widths, parameters["dropout"], seed, n_features)
            if source is not None:
                source.load_into(model.encoder, packed.operations)
            return model, spec

        network, _ = start_network(
            data.packed,
            data.y,
            data.weights,
            rng,
            loss=loss,
            in_units=task.in_units,
            operations=vocabulary(data.packed, parameters["operations"], source),
            device=parameters["device"],
            build=build,
        )
        k = network.model.n_members
        focused = k // 2 if parameters["anytime"] else 0
        weights = column_weights(data.y, data.weights, k, focused)
        return cls(network, parameters["T"], head_features, known, weights)

    def train(
        self,
        data: Labelled,
        task: Task,
        parameters: Parameters,
        rng: np.random.RandomState,
        *,
        starts_from_another: bool,
        early_stopping: bool,
        draws: Floats | None = None,
        **changes: Any,
    ) -> Floats | None:
        """Train further.

        Parameters
        ----------
        data : Labelled
        task : Task
        parameters : mapping
        rng : numpy RandomState
        starts_from_another : bool
            Whether the encoders start from trained weights, and so learn slowly.
        early_stopping : bool
        draws : ndarray of float, shape (n, n_members), optional
            How often each member sees each architecture; by default once, or as the
            parameter `bootstrap` says.
        **changes
            Options of training.

        Returns
        -------
        ndarray of float, shape (n, n_members), or None
            How often each member has seen each architecture; None for once.
        """
        first, n, k = self.network.n_iter == 0, len(data.y), self.model.n_members
        packed = self.conform(data.packed, parameters["handle_unknown"])
        if parameters["bootstrap"] and k > 1:
            draws = bootstrap_draws(n, k, rng)
        margin = parameters["margin"]
        if isinstance(margin, str):
            margin = MARGIN_ON_NODES if packed.on_node.any() else MARGIN
        options = training_options(
            {**parameters, "margin": margin},
            task,
            n,
            batch_of_many=BATCH_OF_MANY,
            encoder_rate=parameters["pretrained_learning_rate"] if starts_from_another else 1.0,
            **changes,
        )
        training = self._known_of_training(n, data.conditions)
        if data.conditions is not None:
            assert training is not None
            assert self.conditions is not None
            training = training._replace(group=self.conditions.groups(data.conditions))
        if data.y.shape[1] > 1:
            observed = self.network.scaler.standardised(data.y[:, :-1]).astype(np.float32)
            training = (training or Training())._replace(observed=observed)
        features = self._features(data.X) if data.features is None else data.features
        batches = self._batches(packed, features, training)
        scores_of = [*(target for target, _ in self.model.encoder.config.heads), -1]
        columns = loss_targets(data.y, self.network.scaler, options.loss)
        score_weights = None
        if data.y.shape[1] > 1:
            columns = columns[:, scores_of]
            score_weights = self.column_weights[scores_of].ravel()
        else:
            if self.conditions is not None:
                assert training is not None
                assert training.group is not None
                groups = np.arange(len(self.conditions.seen))
                columns = np.where(training.group[:, None] == groups, columns, np.nan)
            columns = np.repeat(columns, len(scores_of) - 1, axis=1)  # nothing is observed
        self.network.train(
            batches,
            columns,
            data.weights,
            options,
            rng,
            y=data.y,
            validation_fraction=parameters["validation_fraction"] if early_stopping else None,
            metric=task.metric,
            draws=draws,
            column_weights=score_weights,
            fixed_batches=not isinstance(parameters["batch_size"], str),
        )
        if first and draws is not None and task.in_units:  # later members have seen nearly all
            members = self.network.predict(self.network.chunks(batches))[:, -1]
            self.std_scale = calibrated_scale(members, data.y[:, -1], draws == 0)
        return draws

    # -------------------------------------------------------------- predicting

    def predict(
        self,
        X: Any,
        handle_unknown: str,
        verbose: Any = 0,
        conditions: Sequence[TrainingCondition] | None = None,
        partial: ArrayLike | None = None,
    ) -> Floats:
        """Predictions of all targets by all members, shape (n, n_targets, n_members).

        With `partial`, the results observed so far, only those of the last target,
        shape (n, 1, n_members).
        """
        if partial is None:
            return self.network.predict(self.chunks(X, handle_unknown, verbose, conditions))
        scaler = self.network.scaler
        known = check_partial(partial, len(X), self.network.n_targets)
        observed = scaler.standardised(known).astype(np.float32)
        chunks = self.chunks(X, handle_unknown, verbose, conditions, observed)
        final = extrapolations(self.model, chunks)[:, None]
        return final * scaler.std[-1] + scaler.mean[-1] if self.network.in_units else final

    def encode(self, X: Any, handle_unknown: str, verbose: Any) -> Floats:
        """Encodings, shape (n, d)."""
        return encodings(self.model, self.chunks(X, handle_unknown, verbose))

    def operation_embeddings(
        self, X: Any, handle_unknown: str, verbose: Any, n_updates: int | None
    ) -> list[Any]:
        """Embeddings of operations after some updates; see TAGATESRanker."""
        model = self.model
        if n_updates is not None:
            model = copy.deepcopy(model)
            # The trained weights with fewer passes: t + 1 passes have t updates between them.
            model.encoder.config = replace(
                model.encoder.config, T=n_updates + 1, anytime=False, deep_supervision=False
            )
        out: list[Any] = []
        if isinstance(X, ArchitectureSequence) and not (
            isinstance(X, Architectures) and X.packed().keys is not None
        ):
            X = list(X)  # graphs, since those that are packed without have no names of operations
        for part, packed, _ in read_in_parts(X, verbose):
            assert packed.keys is not None
            cells: list[dict[Hashable, NDArray[np.float64]]] = [{} for _ in packed.n_inputs]
            training = self._known_of_training(len(packed), None)
            conformed = self.conform(packed, handle_unknown)
            batches = self._batches(conformed, self._features(part), training)
            for chunk in self.network.chunks(batches):
                embeddings = operation_embeddings(model, chunk.batch)
                gated = chunk.batch.op_position[: len(embeddings)]
                owners = np.searchsorted(packed.op_ptr, gated, side="right") - 1
                for position, row, embedding in zip(gated, owners, embeddings, strict=True):
                    cells[row][packed.keys[position]] = embedding
            c = packed.n_cells
            out += cells if c == 1 else [tuple(cells[i : i + c]) for i in range(0, len(cells), c)]
        return out

    def chunks(
        self,
        X: Any,
        handle_unknown: str,
        verbose: Any = 0,
        conditions: Sequence[TrainingCondition] | None = None,
        observed: Features | None = None,
    ) -> Iterator[Any]:
        """Architectures to predict, read as needed."""
        for part, packed, rows in read_in_parts(X, verbose):
            listed = None if conditions is None else conditions[rows]
            training = self._known_of_training(len(packed), listed)
            if observed is not None:
                training = (training or Training())._replace(observed=observed[rows])
            packed = self.conform(packed, handle_unknown)
            features = self._features(part)
            yield from self.network.chunks(self._batches(packed, features, training))

    def conform(self, packed: PackedGraphs, handle_unknown: str) -> PackedGraphs:
        """Check architectures against those of fit; use the fitted vocabulary."""
        config = self.model.encoder.config
        only_wires = IDENTITY_OPERATIONS.issuperset(packed.used_operations())
        if config.n_zero_cost and packed.zero_cost is None and only_wires:
            # No operation, so no zero-cost vector could be missing.
            zeros = np.zeros((len(packed.op_type), config.n_zero_cost), dtype=np.float32)
            packed = replace(packed, zero_cost=zeros)
        config.check_zero_cost(packed)
        return self.network.conform(packed, handle_unknown)

    def _features(self, X: Any) -> Features | None:
        return None if self.head_features is None else self.head_features.transform(X)

    def _known_of_training(
        self, n: int, conditions: Sequence[TrainingCondition] | None
    ) -> Training | None:
        if self.conditions is None:
            return None
        if conditions is None:
            return self.conditions.reference(n, self.T)
        return self.conditions.codes(conditions, self.T)

    def _batches(
        self, packed: PackedGraphs, features: Features | None, training: Training | None
    ) -> GraphBatches:
        network = self.network
        return GraphBatches(
            packed, network.spec, network.device, features=features, training=training
        )


def encoder_config(
    packed: PackedGraphs,
    parameters: Parameters,
    source: EncoderState | None,
    n_targets: int,
    known: KnownConditions | None = None,
) -> tuple[EncoderConfig, Any]:
    """Sizes and variants of the encoder, and its input."""
    names = ("T", "s", "symmetry_breaking", "beta", "n_layers", "layer_dim", "n_members")
    conditions: dict[str, int] = {}
    if known is not None:
        conditions = {
            "n_augmentations": len(known.augmentations),
            "n_losses": len(known.losses),
            "n_conditions": len(known.seen),
        }
    return configure(
        packed,
        **{name: parameters[name] for name in names},
        variant=parameters,
        n_targets=n_targets,
        source=None if source is None else source.config,
        conditions=conditions,
    )


def vocabulary(
    packed: PackedGraphs, operations: str | Sequence[str], source: EncoderState | None
) -> set[str]:
    """The operations that encoders know: the given ones, or those of architectures and source."""
    if not isinstance(operations, str):
        return set(operations)
    return {*packed.used_operations(), *(() if source is None else source.operations)}


def calibrated_scale(members: Floats, y: Floats, unseen: NDArray[np.bool_]) -> float:
    """The factor for the members' standard deviation.

    Parameters
    ----------
    members : ndarray of float64, shape (n, n_members)
        Predictions.
    y : ndarray of float64, shape (n,)
        Targets; NaN if not measured.
    unseen : ndarray of bool, shape (n, n_members)
        Whether a member has not seen an architecture.

    Returns
    -------
    float
        Quantiles of the absolute errors on unseen architectures, in units of the
        spread, divided by the same quantiles of a normal distribution; the mean over
        some levels. 1 if too few architectures are unseen.
    """
    rows = unseen.any(1) & np.isfinite(y)
    if rows.sum() < FEWEST:
        return 1.0
    held_out = np.ma.masked_array(members[rows], ~unseen[rows]).mean(1).filled()
    # The spread over all members: two or three agree too often by chance.
    spread = np.maximum(spread_over_members(members[rows]), np.finfo(float).tiny)
    ratios = np.quantile(abs(y[rows] - held_out) / spread, LEVELS)
    return float(np.mean(ratios / norm.ppf((1 + LEVELS) / 2)))
