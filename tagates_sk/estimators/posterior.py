"""Posterior: a fitted Gaussian process as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import solve_triangular

from .._utils import Floats
from .block_kernel import BlockKernel

CHUNK = 4096
"""Rows to predict at a time."""

MULTIPLE = 64
"""Rows are padded to a multiple of this, since BLAS rounds rows at an edge differently."""


@dataclass(frozen=True)
class Posterior:
    """A Gaussian process conditioned on labels.

    Parameters
    ----------
    kernel : BlockKernel
    noise : float
        Variance of the noise of each label.
    rows : ndarray of float, shape (n, d)
        The rows with labels.
    factor : ndarray of float, shape (n, n)
        Lower Cholesky factor of the covariance of the labels, including noise.
    alpha : ndarray of float, shape (n,)
        The inverse of that covariance times the labels.
    """

    kernel: BlockKernel
    noise: float
    rows: Floats
    factor: Floats
    alpha: Floats

    @classmethod
    def of(cls, process: Any) -> Posterior:
        """Take it from a GaussianProcessRegressor with a BlockKernel plus a WhiteKernel."""
        kernel, white = process.kernel_.k1, process.kernel_.k2
        noise, alpha = float(white.noise_level), process.alpha_.ravel()
        return cls(kernel, noise, process.X_train_, process.L_, alpha)

    def mean(self, rows: Floats) -> Floats:
        """Predicted means, shape (m,), at rows of shape (m, d)."""
        return self._in_parts(rows, with_std=False)[0]

    def mean_and_std(self, rows: Floats) -> tuple[Floats, Floats]:
        """Predicted means and standard deviations including noise, each of shape (m,)."""
        return self._in_parts(rows, with_std=True)

    def _in_parts(self, rows: Floats, with_std: bool) -> tuple[Floats, Floats]:
        n, means, variances = len(rows), [np.zeros(0)], [np.zeros(0)]
        rows = np.concatenate([rows, np.zeros((-n % MULTIPLE, rows.shape[1]))])
        rows = np.ascontiguousarray(rows)
        for part in (rows[i : i + CHUNK] for i in range(0, len(rows), CHUNK)):
            covariances = self.kernel(part, self.rows)
            means.append(covariances @ self.alpha)
            if with_std:
                known = solve_triangular(self.factor, covariances.T, lower=True, check_finite=False)
                variances.append(self.kernel.diag(part) + self.noise - np.square(known).sum(axis=0))
        std = np.sqrt(np.maximum(np.concatenate(variances), 0.0))
        return np.concatenate(means)[:n], std[:n]
