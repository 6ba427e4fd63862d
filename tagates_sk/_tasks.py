"""What it means to rank and what to regress, for any estimator over architectures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils._param_validation import StrOptions

from ._ranking import kendall_tau
from ._targets import Floats, final_targets

MARGIN, MARGIN_ON_NODES = 0.03, 0.1
"""Of the hinge loss, by where operations are."""

RANKING_LOSSES = {"loss": [StrOptions({"auto", "hinge", "logistic", "listmle", "mse"})]}
REGRESSION_LOSSES = {"loss": [StrOptions({"auto", "mse"})]}


class RankingMixin:
    """Scores whose order is trained."""

    loss: str
    margin: Any
    max_pairs: int | None
    _margin = MARGIN
    """What "auto" is."""

    def score(self, X: Any, y: ArrayLike) -> float:
        """Kendall's tau between predictions and measured performance.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.
        y : array-like of float, shape (n,) or (n, k)
            Their performance; of several columns the last, without the NaN in it.

        Returns
        -------
        float
            From −1 to 1.
        """
        final, rows = final_targets(y)
        return kendall_tau(final, self.predict(X)[rows])  # type: ignore[attr-defined]

    def _loss_parameters(self) -> dict[str, Any]:
        loss = "hinge" if self.loss == "auto" else self.loss
        margin = self._margin if isinstance(self.margin, str) else self.margin
        return {"loss": loss, "margin": margin, "max_pairs": self.max_pairs}

    def _metric(self, y: Floats, scores: Floats, weights: Floats | None) -> float:
        return kendall_tau(y, scores)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.regressor_tags.poor_score = True  # scores have no unit
        return tags


class RegressionMixin:
    """Predictions in the units of the target."""

    _units: tuple[Floats, Floats]

    def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """R² of the predictions.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.
        y : array-like of float, shape (n,) or (n, k)
            Their performance; of several columns the last, without the NaN in it.
        sample_weight : array-like of float, shape (n,), optional
            Weights of the architectures.

        Returns
        -------
        float
            1 at best; 0 is what the mean of y would have.
        """
        final, rows = final_targets(y)
        weights = None if sample_weight is None else np.asarray(sample_weight)[rows]
        return self._metric(final, self.predict(X)[rows], weights)  # type: ignore[attr-defined]

    def _metric(self, y: Floats, scores: Floats, weights: Floats | None) -> float:
        from sklearn.metrics import r2_score  # slow to import, seldom needed

        return float(r2_score(y, scores, sample_weight=weights))

    def _to_target_units(self, scores: Floats) -> Floats:
        mean, std = self._units
        return scores * std[:, None] + mean[:, None]
