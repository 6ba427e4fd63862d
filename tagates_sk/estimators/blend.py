"""Blend: several members' predictions in one, weighted by what they say of unseen labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

Floats = NDArray[np.float64]

HALF = 50.0
"""Labels with which half of the weights comes from the labels, half is equal shares."""

RIDGE = 0.01
"""Pulls weights found by least squares towards equal ones, so that twins share a weight."""

PRIOR_SLOPE = 5.0
"""Labels that the guess of a member's scale counts as much as."""

PRIOR_ERROR = 0.5
"""Guess of the variance of errors, of normal scores, which counts as much as PRIOR_SLOPE labels."""


class Blend:
    r"""Weighted mean of members, each brought to the scale of the targets.

    Weights are found by non-negative least squares on predictions of
    architectures that a member has not seen (stacking [1]_), and are then drawn
    towards equal shares: with n labels they are (n w + h / k) / (n + h). A
    member without such predictions keeps an equal share.

    Parameters
    ----------
    half : float, default=50
        The number h of labels.

    Attributes
    ----------
    weights_ : ndarray of float, shape (k,)
        Not negative; they sum to 1.
    unseen_ : ndarray of float, shape (n,)
        For each architecture of fit, the blend of what members say that have
        not seen it; NaN where all have.
    error_ : float
        Root mean square of the errors of `unseen_`, drawn towards a guess where
        labels are few.

    References
    ----------
    .. [1] L. Breiman, "Stacked regressions", Machine Learning 24, 1996.

    Examples
    --------
    >>> import numpy as np
    >>> from tagates_sk.estimators.blend import Blend
    >>> targets = np.linspace(-1, 1, 500)
    >>> noise = np.random.RandomState(0).randn(500)
    >>> blend = Blend().fit(np.column_stack([targets + 0.1 * noise, noise]), targets)
    >>> blend.weights_.round(1)
    array([0.8, 0.2])
    """

    def __init__(self, half: float = HALF) -> None:
        self.half = half

    def fit(
        self,
        unseen: Floats,
        targets: Floats,
        sample_weight: Floats | None = None,
        seen: Floats | None = None,
    ) -> Blend:
        """Find scales and weights.

        Parameters
        ----------
        unseen : ndarray of float, shape (n, k)
            What each member predicts of architectures that it has not seen,
            NaN where it has seen them.
        targets : ndarray of float, shape (n,)
            Normal scores.
        sample_weight : ndarray of float, shape (n,), default=None
        seen : ndarray of float, shape (n, k), default=None
            What members predict of the architectures that they were fitted to:
            tells the scale of those without unseen predictions. None leaves
            these as they are.

        Returns
        -------
        self
        """
        weight = np.ones(len(targets)) if sample_weight is None else np.asarray(sample_weight)
        weight = weight / weight[weight > 0].mean()
        known = np.isfinite(unseen)
        k = unseen.shape[1]
        heard = known.any(axis=0)
        self.centre_ = float(np.average(targets, weights=weight))
        self.shift_, self.slope_ = np.zeros(k), np.ones(k)
        for j in range(k):
            rows = known[:, j] & (weight > 0)
            if rows.any():
                self.shift_[j], self.slope_[j] = self._scale(
                    unseen[rows, j], targets[rows], weight[rows]
                )
            elif seen is not None:
                self.shift_[j] = seen[:, j].mean()
                spread = seen[:, j].std()
                self.slope_[j] = targets.std() / spread if spread > 0 else 0.0
        self.weights_ = np.full(k, 1.0 / k)
        aligned = self._aligned(unseen)
        rows = known[:, heard].all(axis=1) & (weight > 0)
        if heard.sum() > 1 and rows.any():
            share = heard.mean()
            found = self._stacked(aligned[rows][:, heard], targets[rows], weight[rows])
            n = float(rows.sum())
            equal = 1.0 / heard.sum()
            self.weights_[heard] = share * (n * found + self.half * equal) / (n + self.half)
        self.unseen_ = self._mean(aligned)
        there = np.isfinite(self.unseen_) & (weight > 0)
        squares = weight[there] * (targets[there] - self.unseen_[there]) ** 2
        total = squares.sum() + PRIOR_SLOPE * PRIOR_ERROR
        self.error_ = float(np.sqrt(total / (weight[there].sum() + PRIOR_SLOPE)))
        return self

    def predict(self, members: Floats) -> Floats:
        """Blend what the members say.

        Parameters
        ----------
        members : ndarray of float, shape (n, k)

        Returns
        -------
        ndarray of float, shape (n,)
            Normal scores.
        """
        return self._mean(self._aligned(members))

    def _aligned(self, members: Floats) -> Floats:
        aligned: Floats = self.centre_ + (members - self.shift_) * self.slope_
        return aligned

    def _mean(self, aligned: Floats) -> Floats:
        there = np.isfinite(aligned)
        weights = there * self.weights_
        total = weights.sum(axis=1)
        sums = np.where(there, aligned, 0.0) * weights
        mean: Floats = np.where(
            total > 0, sums.sum(axis=1) / np.where(total > 0, total, 1.0), np.nan
        )
        return mean

    @staticmethod
    def _scale(x: Floats, t: Floats, weight: Floats) -> tuple[float, float]:
        """Shift, and slope of the targets on predictions; the guess is equal variance."""
        shift = float(np.average(x, weights=weight))
        dx, dt = x - shift, t - np.average(t, weights=weight)
        square = float(weight @ dx**2)
        if not square > 0:
            return shift, 1.0
        deviation = np.sqrt(square / weight.sum())
        guess = 0.5 * np.sqrt(float(weight @ dt**2) / weight.sum()) / deviation
        more = PRIOR_SLOPE * deviation**2
        slope = (float(weight @ (dx * dt)) + more * guess) / (square + more)
        # A member that says the contrary of all labels has no say, but is not turned round.
        return shift, max(slope, 0.1 * guess)

    @staticmethod
    def _stacked(members: Floats, t: Floats, weight: Floats) -> Floats:
        k = members.shape[1]
        root = np.sqrt(weight)
        pull = np.sqrt(RIDGE * weight.sum())
        centre = np.average(t, weights=weight)
        rows = np.concatenate([(members - centre) * root[:, None], pull * np.eye(k)])
        found = nnls(rows, np.concatenate([(t - centre) * root, np.full(k, pull / k)]))[0]
        total = found.sum()
        weights: Floats = found / total if total > 0 else np.full(k, 1.0 / k)
        return weights
