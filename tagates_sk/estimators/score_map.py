"""ScoreMap: blended scores in the target's units, with calibrated error bars."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import ndtri

from .._utils import Floats
from ..training.normal_scores import NormalScores, end_slopes

PRIOR_WEIGHT = 5.0
"""The guesses of slope and spread count as much as this many labels."""
GUESS_SLOPE = 1.0
GUESS_VARIANCE = 0.5
CENTRAL = 0.8
"""Share of labels in the interval that sets the spread."""
ONE_SIGMA = 0.8413447460685429
"""Probability of being below the mean plus one standard deviation."""

SHIFTS, FACTORS = np.linspace(-0.6, 0.6, 25), np.exp(np.linspace(-0.5, 0.5, 11))
"""What may be added to α, and what β may be multiplied by."""
STIFFNESS = 10.0
"""How much α' and β' are drawn to α and β, in labels."""
N_FITTED = 5
"""Numbers that were fitted to the same labels: weights of the blend, α and β."""


class ScoreMap:
    r"""Values, standard deviations and quantiles of architectures with blended scores.

    The normal score t of an architecture with score s is modelled as normal, with mean
    α + β s and standard deviation σ r, where r is the members' own uncertainty. α, β >
    0 and σ are estimated from architectures that members have not seen; σ makes the
    central 80% interval hold 80% of these. The normal scores of the labels map
    quantiles of t to quantiles of the target.

    The predicted value is that of the normal score α' + β' s, which increases with s, so
    values rank as scores do. α' and β' stay close to α and β, and minimise the absolute
    errors of values, both out of sample and in sample: where two labels are far apart, a
    small error in t becomes a large error in the value. For the same reason, values
    between two such labels stay close to one of them.

    Attributes
    ----------
    intercept_, slope_, sigma_ : float
        α, β and σ.
    median_intercept_, median_slope_ : float or None
        α' and β'; None if they are α and β, and values between labels are linear.

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

    median_intercept_: float | None = None
    median_slope_: float | None = None

    def fit(
        self,
        unseen: Floats,
        values: Floats,
        sample_weight: Floats | None = None,
        spread: Floats | None = None,
        seen: Floats | None = None,
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
        seen : ndarray of float, shape (n,), default=None
            Blended scores of the same architectures by members that have seen them.
            Architectures that resemble them get such scores, so their errors count, too.

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
            square *= n / max(n - N_FITTED, 0.5 * n)
        self.sigma_ = float(np.sqrt(square))
        values = values[there]
        if seen is not None:
            s, values, w = np.append(s, seen[there]), np.tile(values, 2), np.tile(w, 2)
        self._fit_median(s, values, w)
        return self

    def _fit_median(self, s: Floats, values: Floats, weight: Floats) -> None:
        """The shift and the factor with the smallest absolute errors."""
        self.median_intercept_, self.median_slope_ = self.intercept_, self.slope_
        deviations = np.abs(values - np.median(values)) if len(values) else values
        if not deviations.any():
            return
        unit = float(np.average(deviations, weights=weight))
        values_of, least = self._stepped(), np.inf
        for factor in FACTORS:
            for shift in SHIFTS:
                t = self.intercept_ + shift + factor * self.slope_ * s
                errors = float(weight @ np.abs(values_of(t) - values)) / unit
                errors += STIFFNESS * (shift**2 + np.log(factor) ** 2)
                if errors < least:
                    least = errors
                    self.median_intercept_ = float(self.intercept_ + shift)
                    self.median_slope_ = float(factor * self.slope_)

    def predict(self, scores: Floats) -> Floats:
        """Predict values.

        Parameters
        ----------
        scores : ndarray of float, shape (n,)
            Blended scores.

        Returns
        -------
        ndarray of float, shape (n,)
            In the target's units.
        """
        if not len(scores):
            return np.zeros(0)
        if self.median_slope_ is None or self.median_intercept_ is None:
            values: Floats = self._scores.values_of(self.intercept_ + self.slope_ * scores)
            return values
        return self._stepped()(self.median_intercept_ + self.median_slope_ * scores)

    def quantile(self, scores: Floats, spread: Floats | None, probability: float) -> Floats:
        """Predict quantiles of the target.

        Parameters
        ----------
        scores : ndarray of float, shape (n,)
            Blended scores.
        spread : ndarray of float, shape (n,), or None
            Their uncertainty r; None means 1.
        probability : float
            Strictly between 0 and 1.

        Returns
        -------
        ndarray of float, shape (n,)
            In the target's units.
        """
        r = np.ones(len(scores)) if spread is None else spread
        t = self.intercept_ + self.slope_ * scores + ndtri(probability) * self.sigma_ * r
        values: Floats = self._scores.values_of(t)
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
        above, below = (self.quantile(scores, spread, p) for p in (ONE_SIGMA, 1.0 - ONE_SIGMA))
        deviations: Floats = 0.5 * (above - below)
        return deviations

    def _stepped(self) -> Callable[[Floats], Floats]:
        """From normal scores to values close to those of labels, and flat beyond the outermost."""
        known, scores = self._scores.knots()
        if len(scores) < 3:
            plain: Callable[[Floats], Floats] = self._scores.values_of
            return plain
        gap = np.diff(known)
        wide = gap / (gap + np.abs(known - np.median(known)).mean())
        middle = 0.5 * (scores[1:] + scores[:-1])
        slope = min(end_slopes(scores, known))

        def values_of(t: Floats) -> Floats:
            share = wide[np.clip(np.searchsorted(scores, t) - 1, 0, len(gap) - 1)]
            nearest = known[np.searchsorted(middle, t)]
            values: Floats = share * nearest + (1.0 - share) * np.interp(t, scores, known)
            values += slope * (t - np.clip(t, scores[0], scores[-1]))
            return values

        return values_of


def _quantile(values: Floats, weight: Floats, probability: float) -> float:
    """Weighted quantile, linear between midpoints of the weights."""
    order = np.argsort(values)
    middle = np.cumsum(weight[order]) - 0.5 * weight[order]
    return float(np.interp(probability * weight.sum(), middle, values[order]))
