"""Fit and predict where more is known of training than the final performance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import _fit_context
from sklearn.utils import check_array

from ._conditions import (
    KnownConditions,
    TrainingCondition,
    WithTraining,
    check_conditions,
    check_single_target,
)
from ._observations import check_partial, standardised
from ._targets import Features, Floats, column_weights
from .base import ONE_EPOCH, BaseGraphEstimator
from .graphs import PackedGraphs
from .nn.batching import Batches
from .nn.engine import extrapolations
from .nn.predictor import Predictor
from .nn.tables import Training

Self = TypeVar("Self", bound="ConditionedEstimator")
Conditions = TrainingCondition | Sequence[TrainingCondition] | None


class ConditionedEstimator(BaseGraphEstimator):
    """Knows under which conditions each architecture was trained.

    Targets under one condition are mapped onto the units of the reference's,
    so that everything behind this class sees one target.
    """

    T: int
    model_: Predictor
    conditions_: KnownConditions | None
    column_weights_: Floats

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(
        self: Self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        conditions: Conditions = None,
    ) -> Self:
        """Train on architectures and their measured performance.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures; each a cell, or a tuple of cells.
        y : array-like of float, shape (n,) or (n, k)
            Performance, higher is better; several columns are points of
            training, earliest first, NaN where not measured.
        sample_weight : array-like of float, shape (n,), optional
            Weights of the architectures; a pair weighs the product of its two.
        conditions : sequence of n TrainingCondition, or one for all, optional
            How the architectures were trained (section 6 of the paper); y then
            has shape (n,). An architecture that was trained under several is
            there several times.

        Returns
        -------
        self

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read; the message says which and why.
        NonFiniteLossError
            If training diverges.
        ValueError
            If y, weights or conditions do not fit X, or each other.

        Warns
        -----
        FitInterruptedWarning
            If interrupted by Ctrl-C: the best state so far is kept.
        """
        return self._fit_under(conditions, X, y, sample_weight, go_on=self.warm_start)

    @_fit_context(prefer_skip_nested_validation=False)
    def partial_fit(
        self: Self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        conditions: Conditions = None,
    ) -> Self:
        """Train one epoch at the constant learning rate, from the present state.

        Operations, number of cells, conditions and target units are those of
        the first call; list all operations in `operations` if it may not see
        them all.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.
        y : array-like of float, shape (n,) or (n, k)
            Performance, higher is better.
        sample_weight : array-like of float, shape (n,), optional
            Weights of the architectures.
        conditions : sequence of n TrainingCondition, or one for all, optional
            How the architectures were trained; by default as the reference.

        Returns
        -------
        self
        """
        return self._fit_under(conditions, X, y, sample_weight, go_on=True, **ONE_EPOCH)

    def _fit_under(
        self: Self,
        conditions: Conditions,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        *,
        go_on: bool,
        **changes: Any,
    ) -> Self:
        go_on = go_on and hasattr(self, "model_")
        X, y, known = self._conditioned(X, y, conditions, go_on)
        learnt = {"conditions_": known, "_T": self.T}
        return self._fit(X, y, sample_weight, go_on=go_on, learnt=learnt, **changes)

    def _conditioned(
        self, X: Any, y: ArrayLike, conditions: Conditions, go_on: bool
    ) -> tuple[Any, ArrayLike, KnownConditions | None]:
        """Architectures with their conditions, targets in one unit, and what is known of them."""
        known = self.conditions_ if go_on else None
        if conditions is None:
            return X, y, known
        if go_on and known is None:
            raise ValueError(_NONE_IN_FIT)
        T = self._trained_T() if go_on else self.T
        if T < 2:
            raise ValueError(
                "conditions act on the updates between time steps, and T=1 has none. Set T to 2 "
                "or more."
            )
        check_single_target(y)
        listed = check_conditions(conditions, len(X))
        targets = check_array(y, dtype=np.float64, ensure_2d=False, input_name="y")
        if len(targets) != len(listed):
            return X, y, known  # is refused by what checks targets
        known = KnownConditions.of(listed, targets) if known is None else known
        training = known.codes(listed, T)._replace(group=known.groups(listed))
        return WithTraining(X, training), known.to_reference(targets, listed), known

    def _trained_T(self) -> int:
        """Time steps of the fitted model, whatever the parameter is now."""
        # Its configuration may have fewer: inspection looks at copies that are cut short.
        return int(getattr(self, "_T", self.model_.encoder.config.T))

    def _under(
        self, X: Any, conditions: Conditions
    ) -> tuple[Any, Sequence[TrainingCondition] | None]:
        """Architectures to predict with their conditions, which are None for the reference."""
        if conditions is None:
            return X, None
        if self.conditions_ is None:
            raise ValueError(_NONE_IN_FIT)
        listed = check_conditions(conditions, len(X))
        return WithTraining(X, self.conditions_.codes(listed, self._trained_T())), listed

    def _in_units_of(
        self, predictions: Floats, conditions: Sequence[TrainingCondition] | None
    ) -> tuple[Floats, Floats]:
        """Predictions in the targets' units under each condition, and factors of their spread."""
        return predictions, np.ones(len(predictions))

    def _extrapolations(self, X: Any, partial: ArrayLike) -> Floats:
        """Final predictions of every member, shape (n, n_members), by what was observed."""
        observed = standardised(check_partial(partial, len(X), self.n_targets_), self._units)
        known = WithTraining(X, Training(observed=observed))
        batches: Iterator[Any] = self._read_batches(known)
        final = extrapolations(self.model_, batches)
        columns = np.repeat(final[:, None], self.n_targets_, axis=1)
        return self._to_target_units(columns)[:, -1]

    def _start(
        self, packed: PackedGraphs, y: Floats, weights: Floats | None, rng: np.random.RandomState
    ) -> PackedGraphs:
        packed = super()._start(packed, y, weights, rng)
        k = self.model_.n_members
        focused = k // 2 if self.model_.encoder.config.anytime else 0
        self.column_weights_ = column_weights(y, weights, k, focused)
        return packed

    def _targets_of_scores(self) -> list[int]:
        """Column of y of every score in training: of those of the heads, and by observations."""
        return [*(target for target, _ in self.model_.encoder.config.heads), -1]

    def _column_weights(self) -> Floats | None:
        if self.n_targets_ == 1:
            return None
        weights: Floats = self.column_weights_[self._targets_of_scores()].ravel()
        return weights

    def _loss_targets(self, y: Floats, batches: Batches[Any]) -> Floats:
        targets = self._targets_of_scores()
        if y.shape[1] > 1:
            return y[:, targets]
        if self.conditions_ is not None:
            group = batches.training.group  # type: ignore[attr-defined]
            y = np.where(group[:, None] == np.arange(len(self.conditions_.seen)), y, np.nan)
        return np.repeat(y, len(targets) - 1, axis=1)  # nothing is observed

    def _batches(
        self,
        packed: PackedGraphs,
        features: Features | None = None,
        training: Training | None = None,
    ) -> Batches[Any]:
        if self.conditions_ is not None and training is None:
            training = self.conditions_.reference(len(packed), self._trained_T())
        return super()._batches(packed, features, training)


_NONE_IN_FIT = (
    "conditions are given, and the first fit had none. Fit with conditions, a TrainingCondition "
    "for each architecture, or leave them out."
)
