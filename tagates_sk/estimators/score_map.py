"""ScoreMap: blended scores in the target's units, with calibrated error bars."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtri

from .._utils import Floats
from ..training.normal_scores import NormalScores

PRIOR_WEIGHT = 5.0
"""The guesses of slope and spread count as much as this many labels."""
GUESS_SLOPE = 1.0
GUESS_VARIANCE = 0.5
CENTRAL = 0.8
"""Share of labels in the interval that sets the spread."""
ONE_SIGMA = 0.8413447460685429
"""Probability of being below the mean plus one standard deviation."""


class ScoreMap:
    r"""Values, standard deviations and quantiles of architectures with blended scores.

    The normal score t of an architecture with score s is modelled as normal, with mean
    α + β s and standard deviation σ r, where r is the members' own uncertainty. α, β >
    0 and σ are estimated from architectures that members have not seen; σ makes the
    central 80% interval hold 80% of these. The normal scores of the labels map
    quantiles of t to quantiles of the target. The median is the prediction: it
    increases with s, so values rank as scores do.

    Attributes
    ----------
    intercept_, slope_, sigma_ : float
        α, β and σ.

    Examples
    --------
    >>> import numpy as np
    >>> from tagates_sk.estimators.score_map import ScoreMap
    >>> values = np.array([10.0, 80.0, 90.0, 93.0])
    >>> scores = np.array([-1.0, -0.4, 0.3, 1.2])
    >>> mapped = ScoreMap().fit(scores, values).predict(scores)
    >>> bool(np.all(np.diff(mapped) > 0))
    True
    """

    def fit(
        self,
        unseen: Floats,
        values: Floats,
        sample_weight: Floats | None = None,
        spread: Floats | None = None,
    ) -> ScoreMap:
        """Learn the map.

        Parameters
        ----------
        unseen : ndarray of float, shape (n,)
            Blended scores of architectures that the members have not seen; NaN if there
            is none.
        values : ndarray of float, shape (n,)
            Targets in their own units.
        sample_weight : ndarray of float, shape (n,), default=None
        spread : ndarray of float, shape (n,), default=None
            The uncertainty r of these scores; None means 1.

        Returns
        -------
        self
        """
        self._scores = NormalScores().set_output(transform="default").fit(values[:, None])
        target = self._scores.transform(values[:, None])[:, 0]
        weight = np.ones(len(values)) if sample_weight is None else np.asarray(sample_weight)
        r = np.ones(len(values)) if spread is None else spread
        there = np.isfinite(unseen) & (weight > 0)
        s, t, w, r = unseen[there], target[there], weight[there], r[there]
        self.intercept_, self.slope_ = 0.0, GUESS_SLOPE
        squares, n = 0.0, 0.0
        if len(s):
            w = w / w.mean()
            n = float(len(s))
            s_mean, t_mean = float(np.average(s, weights=w)), float(np.average(t, weights=w))
            ds = s - s_mean
            variance = float(w @ ds**2) / n
            more = PRIOR_WEIGHT * variance
            if variance > 0:
                slope = (float(w @ (ds * (t - t_mean))) + more * GUESS_SLOPE) / (
                    n * variance + more
                )
                self.slope_ = max(slope, 0.1 * GUESS_SLOPE)
            self.intercept_ = t_mean - self.slope_ * s_mean
            errors = t - self.intercept_ - self.slope_ * s
            ratios = np.abs(errors) / r
            squares = float(w @ ratios**2)
        typical = float(np.mean(r**2)) if len(r) else 1.0
        guess = PRIOR_WEIGHT * GUESS_VARIANCE / typical
        square = (squares + guess) / (n + PRIOR_WEIGHT)
        if n:
            # A few large errors must not widen all other intervals.
            inner = (_quantile(ratios, w, CENTRAL) / ndtri(0.5 + CENTRAL / 2)) ** 2
            square = (n * inner + PRIOR_WEIGHT * square) / (n + PRIOR_WEIGHT)
        self.sigma_ = float(np.sqrt(square))
        return self

    def predict(
        self, scores: Floats, spread: Floats | None = None, *, quantile: float = 0.5
    ) -> Floats:
        """Predict quantiles of the target, by default the median.

        Parameters
        ----------
        scores : ndarray of float, shape (n,)
            Blended scores.
        spread : ndarray of float, shape (n,), default=None
            Their uncertainty r; None means 1.
        quantile : float, default=0.5
            Strictly between 0 and 1.

        Returns
        -------
        ndarray of float, shape (n,)
            In the target's units.
        """
        if not len(scores):
            return np.zeros(0)
        values: Floats = self._quantiles(scores, spread, [quantile])[0]
        return values

    def std(self, scores: Floats, spread: Floats | None = None) -> Floats:
        """Standard deviations: half the distance between the quantiles one σ below and above.

        Parameters
        ----------
        scores, spread : ndarray of float, shape (n,)
            As in :meth:`predict`.

        Returns
        -------
        ndarray of float, shape (n,)
            In the target's units.
        """
        if not len(scores):
            return np.zeros(0)
        above, below = self._quantiles(scores, spread, [ONE_SIGMA, 1.0 - ONE_SIGMA])
        deviations: Floats = 0.5 * (above - below)
        return deviations

    def _quantiles(
        self, scores: Floats, spread: Floats | None, probabilities: Sequence[float]
    ) -> Floats:
        """A row for each probability."""
        r = np.ones(len(scores)) if spread is None else spread
        t = self.intercept_ + self.slope_ * scores
        rows = [t + ndtri(probability) * self.sigma_ * r for probability in probabilities]
        values: Floats = self._scores.values_of(np.concatenate(rows))
        return values.reshape(len(rows), len(scores))


def _quantile(values: Floats, weight: Floats, probability: float) -> float:
    """Weighted quantile, linear between midpoints of the weights."""
    order = np.argsort(values)
    middle = np.cumsum(weight[order]) - 0.5 * weight[order]
    return float(np.interp(probability * weight.sum(), middle, values[order]))
