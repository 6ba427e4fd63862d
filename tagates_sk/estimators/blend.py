"""Blend: the weighted mean of several members, by their errors on unseen labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from .._utils import Floats

HALF = 20.0
"""The guess of the members' errors counts as much as this many labels."""

COMMON = 0.8
"""Guess of the share of the error variance that members have in common."""

N_BOOTSTRAPS = 50
"""Number of bootstraps whose weights are averaged."""

PRIOR_SLOPE = 5.0
"""The guess of a member's scale counts as much as this many labels."""

PRIOR_ERROR = 0.5
"""Guess of the error variance of normal scores; it counts as much as PRIOR_SLOPE labels."""


class Blend:
    r"""Weighted mean of members, each on the scale of the targets.

    The weights w are not negative, sum to 1, and minimise the expected square w\
    :sup:`T`\ E w of the blend's error [1]_, on average over Bayesian bootstraps of the
    labels [2]_: a member that is better by chance is not better in all of them. E
    combines the mean products of two members' errors on architectures that neither has
    seen with a guess that counts as much as h labels:

    .. math:: E_{ij} = \frac{\sum e_i e_j + h\,v\,(c + \delta_{ij} (1 - c))}
        {n_{ij} + h}

    Here v is the mean square of all errors, and c the share that members have in common
    (from all pairs, and a guess that counts as much as h labels). Without labels all
    weights are equal. A member that has seen everything counts as being as good as the
    mean of the others.

    Parameters
    ----------
    half : float, default=20
        The number h of labels.
    common : float, default=0.8
        The guess of c.

    Attributes
    ----------
    weights_ : ndarray of float, shape (k,)
        Not negative; they sum to 1.
    unseen_ : ndarray of float, shape (n,)
        For each architecture of fit, the blend of the members that have not seen it;
        NaN if all have.
    error_ : float
        Root mean square error of `unseen_`, shrunk towards a guess if labels are few.

    References
    ----------
    .. [1] J. M. Bates and C. W. J. Granger, "The combination of forecasts",
       Operational Research Quarterly 20, 1969.
    .. [2] D. B. Rubin, "The Bayesian bootstrap", Annals of Statistics 9, 1981.

    Examples
    --------
    >>> import numpy as np
    >>> from tagates_sk.estimators.blend import Blend
    >>> targets = np.linspace(-1, 1, 500)
    >>> noise = np.random.RandomState(0).randn(500)
    >>> blend = Blend().fit(np.column_stack([targets + 0.1 * noise, noise]), targets)
    >>> blend.weights_.round(1)
    array([1., 0.])
    """

    def __init__(self, half: float = HALF, common: float = COMMON) -> None:
        self.half = half
        self.common = common

    def fit(
        self,
        unseen: Floats,
        targets: Floats,
        sample_weight: Floats | None = None,
        seen: Floats | None = None,
        random_state: int = 0,
    ) -> Blend:
        """Find scales and weights.

        Parameters
        ----------
        unseen : ndarray of float, shape (n, k)
            Each member's predictions for architectures that it has not seen; NaN for
            those it has seen.
        targets : ndarray of float, shape (n,)
            Normal scores.
        sample_weight : ndarray of float, shape (n,), default=None
        seen : ndarray of float, shape (n, k), default=None
            The members' predictions for the architectures they were fitted to: they
            give the scale of members without unseen predictions. None leaves those
            unscaled.
        random_state : int, default=0
            Seed of the bootstraps.

        Returns
        -------
        self
        """
        weight = np.ones(len(targets)) if sample_weight is None else np.asarray(sample_weight)
        weight = weight / weight[weight > 0].mean()
        known = np.isfinite(unseen)
        k = unseen.shape[1]
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
        aligned = self._aligned(unseen)
        errors = np.where(known, aligned - targets[:, None], 0.0)
        rng, draw = np.random.RandomState(random_state), np.zeros(len(weight))
        weights = []
        for _ in range(N_BOOTSTRAPS):
            draw[weight > 0] = rng.exponential(size=np.count_nonzero(weight))
            weights.append(self._lightest(self._products(errors, known, weight * draw)))
        self.weights_ = np.mean(weights, axis=0)
        self.unseen_ = self._mean(aligned)
        there = np.isfinite(self.unseen_) & (weight > 0)
        squares = weight[there] * (targets[there] - self.unseen_[there]) ** 2
        total = squares.sum() + PRIOR_SLOPE * PRIOR_ERROR
        self.error_ = float(np.sqrt(total / (weight[there].sum() + PRIOR_SLOPE)))
        return self

    def predict(self, members: Floats) -> Floats:
        """Blend the predictions of the members.

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
        """Shift and slope of the targets on predictions; the guess is equal variance."""
        shift = float(np.average(x, weights=weight))
        dx, dt = x - shift, t - np.average(t, weights=weight)
        square = float(weight @ dx**2)
        if not square > 0:
            return shift, 1.0
        deviation = np.sqrt(square / weight.sum())
        guess = 0.5 * np.sqrt(float(weight @ dt**2) / weight.sum()) / deviation
        more = PRIOR_SLOPE * deviation**2
        slope = (float(weight @ (dx * dt)) + more * guess) / (square + more)
        # A member that contradicts the labels gets no weight, but its sign is not flipped.
        return shift, max(slope, 0.1 * guess)

    def _products(self, errors: Floats, known: NDArray[np.bool_], weight: Floats) -> Floats:
        """The matrix E, shape (k, k)."""
        k = errors.shape[1]
        there = known * weight[:, None]
        count = there.T @ known
        sums = (errors * weight[:, None]).T @ errors
        total = float(np.trace(count))
        mean = float(np.trace(sums)) / total if total > 0 else 0.0
        mean = mean if mean > 0 else 1.0
        # The common share of known pairs is the guess for the others.
        pairs = ~np.eye(k, dtype=bool)
        more = self.half * mean
        common = (float(sums[pairs].sum()) + self.common * more) / (
            float(count[pairs].sum()) * mean + more
        )
        common = min(max(common, 0.0), 0.95)
        guess = mean * (common + (1.0 - common) * np.eye(k))
        products: Floats = (sums + self.half * guess) / (count + self.half)
        return products / mean

    @staticmethod
    def _lightest(products: Floats) -> Floats:
        """The weights that minimise the expected square."""
        values, vectors = np.linalg.eigh(products)
        # It need not be positive: pairs are seen on different architectures.
        root = (vectors * np.sqrt(np.maximum(values, 1e-4))).T
        k = len(root)
        heavy = 1e3 * np.sqrt(np.maximum(values, 1e-4).max())
        rows = np.concatenate([root, np.full((1, k), heavy)])
        found = nnls(rows, np.append(np.zeros(k), heavy))[0]
        weights: Floats = found / found.sum()
        return weights
