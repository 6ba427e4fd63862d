"""The Weisfeiler-Lehman kernel between rows of label counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.gaussian_process.kernels import Hyperparameter, Kernel
from sklearn.preprocessing import normalize
from sklearn.utils.extmath import row_norms, safe_sparse_dot

from .._utils import Floats


class WeisfeilerLehmanKernel(Kernel):
    """Similarity of graphs by the labels that both have, iteration by iteration.

    With φ_h(x) the counts of the labels of iteration h, divided by their norm,
    it is Σ_h w_h φ_h(x)·φ_h(x') ("linear"), the Weisfeiler-Lehman subtree kernel
    with weights; or exp(Σ_h w_h (φ_h(x)·φ_h(x') − 1)) ("rbf"), a Gaussian of
    the distances between the φ_h. The weights are hyper-parameters.

    Parameters
    ----------
    sections : tuple of int
        Number of columns of each iteration, in the order of the columns.
    weights : float or array-like of float, shape (n_iterations,), default=1.0
        w_h; a single number is that of all iterations.
    weights_bounds : pair of float or "fixed", default=(1e-5, 1e5)
        Least and largest weight.
    kind : {"linear", "rbf"}, default="linear"
        Which of the two.

    Examples
    --------
    >>> from tagates_sk.baselines import WeisfeilerLehmanKernel
    >>> counts = [[2, 0, 1, 0], [2, 0, 0, 1]]
    >>> WeisfeilerLehmanKernel(sections=(2, 2))(counts)
    array([[2., 1.],
           [1., 2.]])
    """

    def __init__(
        self,
        sections: tuple[int, ...],
        weights: Any = 1.0,
        weights_bounds: tuple[float, float] | str = (1e-5, 1e5),
        kind: str = "linear",
    ) -> None:
        self.sections = sections
        self.weights = weights
        self.weights_bounds = weights_bounds
        self.kind = kind

    @property
    def hyperparameter_weights(self) -> Hyperparameter:
        """The weights."""
        return Hyperparameter("weights", "numeric", self.weights_bounds, int(np.size(self.weights)))

    def __call__(self, X: Any, Y: Any = None, eval_gradient: bool = False) -> Any:
        """Kernel matrix.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (n, sum(sections))
            Counts.
        Y : array-like or sparse matrix, shape (m, sum(sections)), default=None
            Counts; None is X.
        eval_gradient : bool, default=False
            Whether to return the gradient also.

        Returns
        -------
        K : ndarray of float64, shape (n, m)
        gradient : ndarray of float64, shape (n, n, n_weights)
            With respect to the logarithms of the weights.
        """
        cosines = self._cosines(X, Y)
        K = self._combined(cosines)
        if not eval_gradient:
            return K
        if self.hyperparameter_weights.fixed:
            return K, np.empty((*K.shape, 0))
        gradient = cosines * self.weights
        if self.kind == "rbf":
            gradient = (cosines - 1) * self.weights * K[:, :, None]
        return K, gradient.sum(axis=2, keepdims=True) if np.size(self.weights) == 1 else gradient

    def diag(self, X: Any) -> Floats:
        """Diagonal of the kernel matrix of X, shape (n,)."""
        own = [row_norms(block, squared=True) for block in self._blocks(X)]
        return self._combined(np.stack(own, axis=1))

    def is_stationary(self) -> bool:
        """Whether it depends on differences of the counts only: it does not."""
        return False

    def _combined(self, cosines: Floats) -> Floats:
        if self.kind == "rbf":
            combined: Floats = np.exp(((cosines - 1) * self.weights).sum(axis=-1))
        else:
            combined = (cosines * self.weights).sum(axis=-1)
        return combined

    def _cosines(self, X: Any, Y: Any) -> Floats:
        """Of the iterations' counts, shape (n, m, n_iterations)."""
        # A fit asks for the same matrix again and again, only with other weights.
        seen = getattr(self, "_seen", None)
        remember = Y is None and isinstance(X, np.ndarray)
        if remember and seen and seen[0] == self.sections and np.array_equal(seen[1], X):
            known: Floats = seen[2]
            return known
        left = self._blocks(X)
        right = left if Y is None else self._blocks(Y)
        cosines = np.stack(
            [safe_sparse_dot(a, b.T, dense_output=True) for a, b in zip(left, right, strict=True)],
            axis=2,
        )
        if remember:
            self._seen = self.sections, X.copy(), cosines
        return cosines

    def _blocks(self, X: Any) -> list[Any]:
        """Normalised counts of each iteration."""
        X = X if sparse.issparse(X) else np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or X.shape[1] != sum(self.sections):
            raise ValueError(
                f"Counts have shape {X.shape}; a matrix with as many columns as sections="
                f"{self.sections} say together, {sum(self.sections)}, is expected."
            )
        return [normalize(block) for block in blocks(X, self.sections)]

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_seen"}

    def __repr__(self) -> str:
        shown = ", ".join(f"{w:.3g}" for w in np.atleast_1d(self.weights))
        return f"{type(self).__name__}(kind={self.kind!r}, weights=[{shown}])"


def blocks(counts: Any, sections: Sequence[int]) -> list[Any]:
    """The columns of each iteration, from a matrix of all."""
    ends = np.cumsum(sections)
    return [counts[:, end - n : end] for end, n in zip(ends, sections, strict=True)]
