"""An estimator over architectures: everything but the model itself."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import (
    ClassNamePrefixFeaturesOutMixin,
    RegressorMixin,
    TransformerMixin,
    _fit_context,
)
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ._pickling import PickledOnCPU
from ._progress import progress
from ._targets import (
    Features,
    Floats,
    Rows,
    check_spread,
    check_targets,
    hold_out,
    loss_columns,
    mean_over_members,
    ranks,
    units,
)
from ._training_parameters import TrainingParameters
from .graphs import PackedGraphs, read_architectures
from .graphs.errors import InvalidArchitectureError
from .nn.batching import Batch, Batches
from .nn.devices import resolve_device, single_precision
from .nn.engine import ExtraLoss, encodings, fit_predictor, scores
from .nn.losses import RANKING_LOSSES
from .nn.predictor import GraphPredictor
from .nn.tables import GraphBatches, Training

Self = TypeVar("Self", bound="BaseGraphEstimator")

CHUNK = 640
"""Architectures a batch when predicting: large enough to be fast, small in memory."""

ONE_EPOCH: dict[str, Any] = {"max_iter": 1, "schedule": "constant", "early_stopping": False}
"""How partial_fit trains."""


class BaseGraphEstimator(
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    RegressorMixin,
    TrainingParameters,
    PickledOnCPU,
):
    """Reads architectures, trains a model on them, predicts and encodes.

    A subclass says by :meth:`_build` which model it trains, and stores the
    parameters of training untouched.
    """

    model_: GraphPredictor

    # ------------------------------------------------ what subclasses decide

    @abstractmethod
    def _build(self, packed: PackedGraphs, seed: int) -> tuple[GraphPredictor, Any]:
        """The model with its initial weights, and what :meth:`_batches` is to know.

        The latter has an attribute `n_marks`: how many inputs are told apart.
        """

    @abstractmethod
    def _metric(self, y: Floats, scores: Floats, weights: Floats | None) -> float:
        """What early stopping watches, higher is better."""

    def _to_target_units(self, scores: Floats) -> Floats:
        """Predictions, shape (n, n_targets, n_members), of scores of that shape."""
        return scores

    def _max_targets(self) -> int | None:
        """Most targets that an architecture may have; None for any number."""
        return 1

    def _loss_targets(self, y: Floats, batches: Batches[Any]) -> Floats:
        """Targets without unit, with a column for each that the model scores in training."""
        return y

    def _column_weights(self) -> Floats | None:
        """How much the loss of each score in training counts; None for equally."""
        return None

    def _reads_order(self) -> bool:
        """Whether the loss reads nothing but the order of the targets."""
        return self._loss_parameters()["loss"] in RANKING_LOSSES

    def _without_unit(self, y: Floats) -> Floats:
        """Targets as a loss reads them, shape (n, n_targets)."""
        mean, std = self._units
        # One extreme target would tie all others where they are standardised.
        return ranks(y, mean) if self._reads_order() else (y - mean) / std

    def _vocabulary(self, packed: PackedGraphs) -> list[str]:
        """Operations that the model is to know, sorted."""
        given = None if isinstance(self.operations, str) else sorted(set(self.operations))
        return packed.used_operations() if given is None else given

    def _fit_features(self, X: Any) -> Features | None:
        """Learn features of architectures; returns them as :meth:`_features` does."""
        return None

    def _features(self, X: Any) -> Features | None:
        """What the head reads beside the encodings, shape (n, k)."""
        return None

    def _batches(
        self,
        packed: PackedGraphs,
        features: Features | None = None,
        training: Training | None = None,
    ) -> Batches[Any]:
        """Batches of some architectures."""
        return GraphBatches(packed, self._spec, self.device_, features=features, training=training)

    def _check_zero_cost(self, packed: PackedGraphs) -> PackedGraphs:
        """Hold zero-cost vectors against those of fit, if the model reads them."""
        return packed

    # ---------------------------------------------------------------- fitting

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self: Self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train on architectures and their measured performance.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures; each a cell, or a tuple of cells.
        y : array-like of float, shape (n,)
            Performance, higher is better.
        sample_weight : array-like of float, shape (n,), optional
            Weights of the architectures; a pair weighs the product of its two.

        Returns
        -------
        self

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read; the message says which and why.
        NonFiniteLossError
            If training diverges.

        Warns
        -----
        FitInterruptedWarning
            If interrupted by Ctrl-C: the best state so far is kept.
        """
        return self._fit(X, y, sample_weight, go_on=self.warm_start)

    @_fit_context(prefer_skip_nested_validation=False)
    def partial_fit(
        self: Self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Train one epoch at the constant learning rate, from the present state.

        Operations, number of cells and target units are those of the first
        call; list all operations in `operations` if it may not see them all.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.
        y : array-like of float, shape (n,)
            Performance, higher is better.
        sample_weight : array-like of float, shape (n,), optional
            Weights of the architectures.

        Returns
        -------
        self
        """
        return self._fit(X, y, sample_weight, go_on=True, **ONE_EPOCH)

    def _fit(
        self: Self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        *,
        go_on: bool,
        learnt: dict[str, Any] | None = None,
        **changes: Any,
    ) -> Self:
        """Train; one that starts anew has what was `learnt` of X as attributes."""
        packed = read_architectures(X)
        targets, weights = check_targets(
            type(self).__name__, len(packed), y, sample_weight, self._max_targets()
        )
        rng = check_random_state(self.random_state)
        go_on = go_on and hasattr(self, "model_")
        if go_on:
            packed, features = self._conform(packed), self._features(X)
            if targets.shape[1] != self.n_targets_:
                raise ValueError(
                    f"y has {targets.shape[1]} columns; in the first fit it had {self.n_targets_}."
                )
        else:
            before = self.__dict__.copy()
            try:
                self.__dict__.update(learnt or {})
                features = self._fit_features(X)
                packed = self._start(packed, targets, weights, rng)
            except BaseException:  # what was fitted earlier remains of use
                self.__dict__.clear()
                self.__dict__.update(before)
                raise
        batches = self._batches(packed, features, getattr(X, "training", None))
        self._train(batches, targets, weights, rng, **changes)
        return self

    def _start(
        self, packed: PackedGraphs, y: Floats, weights: Floats | None, rng: np.random.RandomState
    ) -> PackedGraphs:
        """Learn the vocabulary and the units of the target; draw the initial weights."""
        self._units = units(y, weights)
        if not self._reads_order():
            check_spread(*self._units, [f"Column {j} of y" for j in range(y.shape[1])])
        operations = self._vocabulary(packed)
        packed = packed.with_vocabulary(operations)
        self.device_ = str(resolve_device(self.device))
        self.n_targets_ = y.shape[1]
        with single_precision():
            model, self._spec = self._build(packed, int(rng.randint(2**31 - 1)))
            self.model_ = model.to(self.device_)
        self.operations_ = list(operations)
        self.n_cells_ = packed.n_cells
        self._n_features_out = model.encoding_dim
        self.y_mean_, self.y_std_ = (float(values[-1]) for values in self._units)
        self.n_iter_ = 0
        self.history_: dict[str, list[float]] = {}
        self._optimizer_state: dict[str, Any] | None = None
        return packed

    def _conform(self, packed: PackedGraphs) -> PackedGraphs:
        """Hold architectures against those that fit saw."""
        if packed.n_cells != self.n_cells_:
            raise InvalidArchitectureError(
                f"The architectures of X have {packed.n_cells} cells, those seen in fit had "
                f"{self.n_cells_}."
            )
        marks = int(packed.input_mark.max(initial=0))
        if marks >= self._spec.n_marks:
            raise InvalidArchitectureError(
                f"X has an input node with input={marks}; the largest seen in fit was "
                f"{self._spec.n_marks - 1}."
            )
        packed = self._check_zero_cost(packed)
        return packed.with_vocabulary(self.operations_, self.handle_unknown)

    def _train(
        self,
        batches: Batches[Any],
        y: Floats,
        weights: Floats | None,
        rng: np.random.RandomState,
        draws: Floats | None = None,
        max_iter: int | None = None,
        schedule: str | None = None,
        early_stopping: bool | None = None,
        extra_loss: ExtraLoss | None = None,
    ) -> None:
        rows: Rows = np.arange(len(y))
        validate = None
        if self.early_stopping if early_stopping is None else early_stopping:
            rows, held_out = hold_out(y, weights, self.validation_fraction, rng)

            def validate() -> float:
                predicted = self._predictions(batches.chunks(CHUNK, held_out))
                return self._metric(
                    y[held_out, -1],
                    mean_over_members(predicted),
                    None if weights is None else weights[held_out],
                )

        targets, columns = loss_columns(
            self._loss_targets(self._without_unit(y), batches)[rows],
            None if weights is None else weights[rows],
            None if draws is None else draws[rows],
            self.model_.n_members,
        )
        result = fit_predictor(
            self.model_,
            batches,
            rows,
            targets,
            columns,
            self._training_config(
                batch_size=self._batch_size(len(rows)),
                max_iter=int(self.max_iter if max_iter is None else max_iter),
                schedule=self.schedule if schedule is None else schedule,
            ),
            rng,
            column_weights=self._column_weights(),
            validate=validate,
            optimizer_state=self._optimizer_state,
            extra_loss=extra_loss,
        )
        self.n_iter_ += result.n_iter
        self._optimizer_state = result.optimizer_state
        for key, values in result.history.items():
            self.history_.setdefault(key, []).extend(values)

    # ------------------------------------------------------------- predicting

    def predict(self, X: Any) -> Floats:
        """Predict the performance of architectures.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures; read and predicted in batches, so that memory
            stays bounded.

        Returns
        -------
        ndarray of float64, shape (n,)
            Higher is better.

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read, has another number of cells or
            lacks the zero-cost vectors.
        UnknownOperationError
            If it has an operation that fit never saw and `handle_unknown` is
            ``"error"``.
        """
        check_is_fitted(self, "model_")
        return mean_over_members(self._predictions(self._read_batches(X)))

    def _predictions(self, batches: Iterable[Batch]) -> Floats:
        """Predictions for all targets by all members, shape (n, n_targets, n_members)."""
        columns = scores(self.model_, batches)
        return self._to_target_units(columns.reshape(len(columns), self.n_targets_, -1))

    def transform(self, X: Any) -> Floats:
        """Encode architectures.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.

        Returns
        -------
        ndarray of float64, shape (n, d)
            The encodings that the head reads; d is `layer_dim`, times the
            number of cells where each is encoded by itself, times the number of
            members of an ensemble, and times the states that a DAGNN reads out
            (4 for each layer).
        """
        check_is_fitted(self, "model_")
        return encodings(self.model_, self._read_batches(X))

    def _read_batches(self, X: Any) -> Iterator[Batch]:
        for packed, part in self._read(X):
            training = getattr(part, "training", None)
            yield from self._batches(packed, self._features(part), training).chunks(CHUNK)

    def _read(self, X: Any) -> Iterator[tuple[PackedGraphs, Any]]:
        """Parts of X, read as they are needed, and what they were read from."""
        sliceable = isinstance(X, (Sequence, np.ndarray)) and not isinstance(X, str)
        if not sliceable or len(X) <= CHUNK:
            yield self._conform(read_architectures(X)), X
            return
        starts = range(0, len(X), CHUNK)
        for start in progress(starts, self.verbose, desc="predict", unit="batch"):
            part = X[start : start + CHUNK]
            yield self._conform(read_architectures(part, start=start)), part

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.target_tags.required = True
        return tags
