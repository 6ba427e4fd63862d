"""ProcessMember: a Gaussian process on graph statistics, with capacity as prior mean."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.linalg import cho_solve
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import WhiteKernel
from sklearn.utils import check_random_state

from .._utils import Floats, RandomState
from .block_kernel import BlockKernel
from .posterior import Posterior
from .statistics import Statistics

SIGNAL = 0.8
"""Guess of the variance of normal scores that all blocks explain together."""
NOISE = 0.1
LENGTH = 2.5
SPREADS = (0.7, 1.5, 1.0)
"""Prior standard deviations of the logarithms of lengths, weights and noise."""
TREND = 0.03
"""Guess of the variance that the trend explains; its deviation is that of weights."""
FEWEST_OF_TREND = 20
"""Fewer labels do not determine a trend."""

N_TUNING = 250
"""Most architectures to find the kernel's parameters on."""
N_LARGEST = 2000
"""Most architectures to fit a process to."""
JITTER = 1e-8


class ProcessMember:
    r"""Gaussian process whose kernel is a sum over blocks of statistics.

    The mean is a₀ p with the prior p, and the kernel has a term c p pᵀ. Together they
    say that the coefficient of the prior is about a₀, give or take √c; the labels
    determine it. The more labels there are, the more the blocks count. Far from all
    labels the blocks say nothing; there the prior decides, and the trend.

    Parameters
    ----------
    blocks : sequence of str
        Which blocks of the statistics, as :meth:`Statistics.joined` takes them;
        each has its own weight and length.
    prior_mean : float, default=0.3
        The guess a₀.
    prior_variance : float, default=1
        The variance c.
    trend : sequence of str, default=("resistance",)
        Blocks in which the process has a linear trend, from 20 labels on.

    Attributes
    ----------
    unseen_ : ndarray of float, shape (n,)
        For each architecture of fit, the prediction of the process without it. All
        copies of an architecture are left out together.
    unseen_std_ : ndarray of float, shape (n,)
        Standard deviations of these, including noise.
    trend_ : sequence of str
        Those blocks.
    posterior_ : Posterior
        The process for the targets minus their prior mean.

    Notes
    -----
    Weights, lengths and noise maximise the marginal likelihood times log-normal priors:
    with few labels they stay near their guesses. They are found on at most 250
    architectures; the process is fitted to at most 2,000.
    """

    trend_: Sequence[str] = ()
    """Of processes in files without it."""

    def __init__(
        self,
        blocks: Sequence[str],
        prior_mean: float = 0.3,
        prior_variance: float = 1.0,
        trend: Sequence[str] = ("resistance",),
    ) -> None:
        self.blocks = blocks
        self.prior_mean = prior_mean
        self.prior_variance = prior_variance
        self.trend = trend

    def fit(
        self,
        statistics: Statistics,
        targets: Floats,
        sample_weight: Floats | None = None,
        random_state: RandomState = None,
    ) -> ProcessMember:
        """Fit the process.

        Parameters
        ----------
        statistics : Statistics
            Those of n architectures.
        targets : ndarray of float, shape (n,)
            Normal scores.
        sample_weight : ndarray of float, shape (n,), default=None
            The smaller the weight of an architecture, the larger its noise.
        random_state : int, RandomState instance or None, default=None
            Seeds the sample of architectures if there are many.

        Returns
        -------
        self
        """
        rng = check_random_state(random_state)
        weight = np.ones(len(targets)) if sample_weight is None else np.asarray(sample_weight)
        is_enough = np.count_nonzero(weight > 0) >= FEWEST_OF_TREND
        self.trend_ = self.trend if is_enough else ()
        blocks, rows = statistics.joined(self.blocks), self._rows(statistics)
        distinct, first, which = np.unique(rows, axis=0, return_index=True, return_inverse=True)
        which = which.ravel()
        total = np.bincount(which, weight)
        mean = np.bincount(which, weight * targets) / np.where(total > 0, total, 1.0)
        used = np.flatnonzero(total > 0)
        used = used[np.argsort(first[used])]  # in the order of the architectures
        if len(used) > N_LARGEST:
            used = np.sort(rng.permutation(used)[:N_LARGEST])
        tuning = used if len(used) <= N_TUNING else rng.permutation(used)[:N_TUNING]
        rest = mean - self._prior(distinct)
        # In addition to the common noise; none for a weight of 1.
        extra = JITTER + NOISE * np.maximum(
            weight[weight > 0].mean() / np.maximum(total, 1e-9) - 1.0, 0.0
        )
        extra = np.minimum(extra, 1e6)

        # Where all architectures are the same, no block is left.
        widths = [block.shape[1] for block in blocks] or [0]
        n_trend = rows.shape[1] - sum(widths) - 1
        kernel = self._kernel(widths, n_trend)
        spread = self._spread(len(widths), n_trend > 0)
        process = self._process(kernel, extra[tuning], _with_prior(kernel.theta, spread))
        with warnings.catch_warnings():
            # Few labels may reach a bound of the kernel, which is prior knowledge.
            warnings.simplefilter("ignore", ConvergenceWarning)
            process.fit(distinct[tuning], rest[tuning])
        if len(tuning) < len(used):
            process = self._process(process.kernel_, extra[used], None)
            process.fit(distinct[used], rest[used])
        self.posterior_ = Posterior.of(process)

        factor, alpha = self.posterior_.factor, self.posterior_.alpha
        inverse = np.diag(cho_solve((factor, True), np.eye(len(used))))
        left_out, deviation = self._mean_and_std(distinct)
        left_out[used] = mean[used] - alpha / inverse
        deviation[used] = 1.0 / np.sqrt(inverse)
        self.unseen_, self.unseen_std_ = left_out[which], deviation[which]
        return self

    def predict(self, statistics: Statistics, return_std: bool = False) -> Any:
        """Predict normal scores.

        Parameters
        ----------
        statistics : Statistics
            Those of n architectures.
        return_std : bool, default=False
            Whether to return standard deviations, too.

        Returns
        -------
        mean : ndarray of float, shape (n,)
        std : ndarray of float, shape (n,)
            Includes noise. Only if `return_std` is set.
        """
        rows = self._rows(statistics)
        if return_std:
            return self._mean_and_std(rows)
        return self.posterior_.mean(rows) + self._prior(rows)

    def _mean_and_std(self, rows: Floats) -> tuple[Floats, Floats]:
        mean, deviation = self.posterior_.mean_and_std(rows)
        return mean + self._prior(rows), deviation

    def _prior(self, rows: Floats) -> Floats:
        mean: Floats = self.prior_mean * rows[:, -1]
        return mean

    def _rows(self, statistics: Statistics) -> Floats:
        """Columns of the blocks, of the trend, and the prior."""
        blocks = [*statistics.joined(self.blocks), *statistics.joined(self.trend_)]
        rows: Floats = np.concatenate([*blocks, statistics.prior[:, None]], axis=1)
        return rows

    def _kernel(self, widths: Sequence[int], n_trend: int) -> Any:
        n = len(widths)
        weights, lengths = np.full(n, SIGNAL / n), np.full(n, LENGTH)
        blocks = BlockKernel(widths, weights, lengths, self.prior_variance, n_trend, TREND)
        return blocks + WhiteKernel(NOISE, (1e-3, 1.0))

    @staticmethod
    def _spread(n: int, has_trend: bool) -> Floats:
        of_length, of_weight, of_noise = SPREADS
        # In scikit-learn's order: parameters by name, the noise last.
        spread: Floats = np.array([*[of_length] * n, *[of_weight] * (has_trend + n), of_noise])
        return spread

    @staticmethod
    def _process(kernel: Any, extra: Floats, optimizer: Any) -> GaussianProcessRegressor:
        return GaussianProcessRegressor(kernel, alpha=extra, optimizer=optimizer)


def _with_prior(centre: Floats, spread: Floats) -> Callable[..., tuple[Floats, float]]:
    """An optimizer that adds log-normal priors to the marginal likelihood."""

    def optimizer(objective: Any, initial: Floats, bounds: Floats) -> tuple[Floats, float]:
        def penalised(theta: Floats) -> tuple[float, Floats]:
            value, gradient = objective(theta)
            z = (theta - centre) / spread
            return float(value) + 0.5 * float(z @ z), gradient + z / spread

        found = minimize(
            penalised, initial, jac=True, bounds=bounds, method="L-BFGS-B",
            options={"maxiter": 40},
        )  # fmt: skip
        return found.x, float(found.fun)

    return optimizer
