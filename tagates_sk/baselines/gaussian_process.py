"""WLKernelGP: a Gaussian process over architectures, as in NASBOWL."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, RegressorMixin, _fit_context, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, WhiteKernel
from sklearn.preprocessing import StandardScaler
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.extmath import row_norms
from sklearn.utils.validation import check_is_fitted

from .._utils import ArchitecturesLike, Floats, Names, Number, RandomState
from ..features import WeisfeilerLehman
from ..graphs import as_architectures, read_architectures
from ..training.network import BATCH
from ..training.normal_scores import NormalScores
from ..training.targets import TargetScaler, check_spread, check_targets, unit_of
from .kernel import WeisfeilerLehmanKernel, blocks


class WLKernelGP(RegressorMixin, BaseEstimator):
    """Gaussian process with a Weisfeiler-Lehman kernel: predictions with a standard deviation.

    Two architectures are similar if the neighbourhoods of their operations are [1]_.
    How much each size of neighbourhood counts, and the noise, are chosen by marginal
    likelihood.

    Parameters
    ----------
    n_iter : int, default=2
        Iterations h of the relabelling: neighbourhoods of so many operations.
    both_directions : bool, default=False
        Whether neighbourhoods also include successors.
    kind : {"rbf", "linear"}, default="rbf"
        The kernel: a Gaussian of the distances between the normalised label
        counts of each iteration, or the weighted sum of their products, as in
        the paper.
    target : {"rank", "standardise"}, default="rank"
        What the process is fitted to: normal scores of the targets' ranks, which rank
        accuracies that crowd near the best more accurately, or standardised targets.
        Predictions are in the target's units with both.
    n_restarts : int, default=0
        Further starts of the search for hyper-parameters, drawn at random.
    operations : "auto" or list of str, default="auto"
        The vocabulary; "auto" is the operations of the training set.
    handle_unknown : {"warn", "error", "ignore"}, default="warn"
        What to do with an operation outside the vocabulary when predicting:
        refuse, or leave out the labels with it.
    random_state : int, RandomState instance or None, default=None
        Starts of the search for hyper-parameters.

    Attributes
    ----------
    operations_ : list of str
        The vocabulary, sorted.
    n_cells_ : int
        Cells an architecture.
    labels_ : WeisfeilerLehman
        Makes label counts of architectures.
    target_transformer_ : NormalScores or StandardScaler
        Makes of targets what the process is fitted to.
    gp_ : GaussianProcessRegressor
        The process over label counts.
    kernel_ : Kernel
        Its kernel with the chosen hyper-parameters.

    See Also
    --------
    tagates_sk.features.WeisfeilerLehman : The counts by themselves.
    baseline : All baselines by name.

    References
    ----------
    .. [1] B. Ru, X. Wan, X. Dong and M. A. Osborne, "Interpretable neural
       architecture search via Bayesian optimisation with Weisfeiler-Lehman
       kernels", ICLR 2021.

    Examples
    --------
    >>> from tagates_sk.baselines import WLKernelGP
    >>> from tagates_sk.datasets import load_nasbench201
    >>> X, y = load_nasbench201(return_X_y=True)
    >>> gp = WLKernelGP(random_state=0).fit(X[:80], y[:80])
    >>> mean, std = gp.predict(X[80:83], return_std=True)
    >>> mean.shape, std.shape
    ((3,), (3,))
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_iter": [Number(Integral, 0, None, closed="left")],
        "both_directions": ["boolean"],
        "kind": [StrOptions({"rbf", "linear"})],
        "target": [StrOptions({"rank", "standardise"})],
        "n_restarts": [Number(Integral, 0, None, closed="left")],
        "operations": [StrOptions({"auto"}), Names()],
        "handle_unknown": [StrOptions({"warn", "error", "ignore"})],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        n_iter: int = 2,
        both_directions: bool = False,
        kind: str = "rbf",
        target: str = "rank",
        n_restarts: int = 0,
        operations: str | Sequence[str] = "auto",
        handle_unknown: str = "warn",
        random_state: RandomState = None,
    ) -> None:
        self.n_iter = n_iter
        self.both_directions = both_directions
        self.kind = kind
        self.target = target
        self.n_restarts = n_restarts
        self.operations = operations
        self.handle_unknown = handle_unknown
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: ArchitecturesLike, y: ArrayLike) -> WLKernelGP:
        """Fit the process to architectures and their measured performance.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures; each a cell, or a tuple of cells.
        y : array-like of float, shape (n,)
            Performance, higher is better.

        Returns
        -------
        self

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read; the message says which and why.
        ValueError
            If targets are too large.
        """
        X = as_architectures(X)
        n = len(read_architectures(X))
        targets = check_targets(type(self).__name__, n, y, None)[0][:, 0]
        self.labels_ = WeisfeilerLehman(
            self.n_iter,
            both_directions=self.both_directions,
            operations=self.operations,
            handle_unknown=self.handle_unknown,
        ).set_output(transform="default")
        known = self.labels_.fit_transform(X).toarray()
        counts = self._beside(known, np.zeros((n, len(self.labels_.n_columns_))))
        self.operations_, self.n_cells_ = self.labels_.operations_, self.labels_.n_cells_
        self._unit = 1.0
        if self.target != "rank":
            scaler = TargetScaler.of(targets[:, None], None)
            check_spread(scaler.mean, scaler.std, ["y"])
            self._unit = float(unit_of(targets))
        transformer = NormalScores() if self.target == "rank" else StandardScaler()
        self.target_transformer_ = transformer.set_output(transform="default")
        standard = self.target_transformer_.fit_transform(targets[:, None] / self._unit)[:, 0]
        sections = [n + 1 for n in self.labels_.n_columns_]
        kernel = WeisfeilerLehmanKernel(
            tuple(sections), np.ones(len(sections)), (1e-5, 1e4), self.kind
        )
        if self.kind == "rbf":
            kernel = ConstantKernel(1.0, (1e-2, 1e3)) * kernel
        self.gp_ = GaussianProcessRegressor(
            kernel + WhiteKernel(0.1, (1e-4, 1e1)),
            n_restarts_optimizer=self.n_restarts,
            random_state=self.random_state,
        )
        with warnings.catch_warnings():
            # An iteration whose weight goes to the bound says nothing beyond the others.
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.gp_.fit(counts, standard)
        self.kernel_ = self.gp_.kernel_
        return self

    def predict(self, X: ArchitecturesLike, return_std: bool = False) -> Any:
        """Predict the performance of architectures.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.
        return_std : bool, default=False
            Whether to return standard deviations, too.

        Returns
        -------
        mean : ndarray of float64, shape (n,)
            Higher is better.
        std : ndarray of float64, shape (n,)
            Of a measurement, noise included; half the distance between the
            values one deviation up and one down, where the target is ranked.

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read or has another number of cells.
        UnknownOperationError
            If it has an operation that fit never saw and `handle_unknown` is
            ``"error"``.
        """
        check_is_fitted(self, "gp_")
        if not return_std:
            parts = [self.gp_.predict(part) for part in self._counts(X)]
            return self._in_units(np.concatenate(parts))
        found = [self.gp_.predict(part, return_std=True) for part in self._counts(X)]
        mean, std = (np.concatenate(values) for values in zip(*found, strict=True))
        above, below = self._in_units(mean + std), self._in_units(mean - std)
        return self._in_units(mean), (above - below) / 2

    def _counts(self, X: ArchitecturesLike) -> Iterator[Floats]:
        """Label counts of some architectures at a time.

        Behind the columns of each iteration there is one more: the root of the
        squared counts of labels that fit never saw. They are like nothing known,
        but count for the norm: an architecture of which little is known is like
        nothing known, too.
        """
        X = as_architectures(X)
        known = self.labels_.transform(X)
        operations = self.labels_.operations_
        anew = clone(self.labels_).set_params(operations=operations, handle_unknown="ignore")
        every = anew.fit_transform(X)
        squares = [
            np.stack([row_norms(part, squared=True) for part in parts], axis=1)
            for parts in (blocks(every, anew.n_columns_), blocks(known, self.labels_.n_columns_))
        ]
        unseen = np.sqrt((squares[0] - squares[1]).clip(min=0))
        for a in range(0, known.shape[0], BATCH):
            rows = slice(a, a + BATCH)
            yield self._beside(known[rows].toarray(), unseen[rows])

    def _beside(self, known: Floats, unseen: Floats) -> Floats:
        """The columns of each iteration, and the one that `unseen` has for it."""
        parts = blocks(known, self.labels_.n_columns_)
        pairs = zip(parts, unseen.T[:, :, None], strict=True)
        return np.hstack([column for pair in pairs for column in pair])

    def _in_units(self, values: Floats) -> Floats:
        units: Floats = self.target_transformer_.inverse_transform(values[:, None])[:, 0]
        return units * self._unit

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.target_tags.required = True
        return tags
