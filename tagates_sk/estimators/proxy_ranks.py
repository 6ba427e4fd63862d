"""ProxyRanks: zero-cost scores by their rank among known architectures, and their consensus."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context, clone
from sklearn.utils._param_validation import HasMethods
from sklearn.utils.validation import check_is_fitted

from .._utils import ArchitecturesLike, Floats, Transformer
from ..graphs import as_architectures
from ..training.normal_scores import NormalScores
from .head_features import numbers_of


class ProxyRanks(TransformerMixin, BaseEstimator):
    """Ranks of zero-cost scores, and their consensus.

    The consensus is the sum of the logarithms of the ranks [1]_: one very bad rank
    outweighs good ones. It needs no label.

    Parameters
    ----------
    proxies : transformer
        Turns architectures into a matrix of scores that are higher for better ones,
        such as :class:`~tagates_sk.zero_cost.ZeroCostProxies`.

    Attributes
    ----------
    proxies_ : transformer
        The fitted transformer.
    n_proxies_ : int
        Number of scores.

    See Also
    --------
    tagates_sk.TAGATESRanker : Takes `proxies`, and corrects their consensus with labels.

    Notes
    -----
    Ranks are among the architectures of fit, so fit to all that you have. Ties get
    their mean rank; a score beyond the others gets the rank of the outermost one.

    References
    ----------
    .. [1] J. Lee and B. Ham, "AZ-NAS: Assembling zero-cost proxies for network
       architecture search", CVPR 2024.

    Examples
    --------
    >>> from tagates_sk.datasets import load_nasbench201
    >>> from tagates_sk.estimators import ProxyRanks
    >>> from tagates_sk.zero_cost import ZeroCostProxies
    >>> nb201 = load_nasbench201()
    >>> ranks = ProxyRanks(ZeroCostProxies(["flops", "naswot"], random_state=0))
    >>> ranks.fit(nb201.dags[:20]).transform(nb201.dags[:5]).shape
    (5, 3)
    >>> ranks.get_feature_names_out()
    array(['rank_flops', 'rank_naswot', 'consensus'], dtype=object)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "proxies": [HasMethods(["fit", "transform"])],
    }

    def __init__(self, proxies: Transformer) -> None:
        self.proxies = proxies

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: ArchitecturesLike, y: Any = None) -> ProxyRanks:
        """Learn the scores of architectures.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures among which others are ranked.
        y : None
            Not used.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the scores are not a finite matrix with a row for each architecture.
        """
        self.fit_transform(X)
        return self

    @_fit_context(prefer_skip_nested_validation=False)
    def fit_transform(self, X: ArchitecturesLike, y: Any = None) -> Floats:
        """Fit and transform, computing the scores only once.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures among which others are ranked.
        y : None
            Not used.

        Returns
        -------
        ndarray of float64, shape (n, n_proxies + 1)
            See :meth:`transform`.
        """
        X = as_architectures(X)
        self.proxies_ = clone(self.proxies).fit(X, None)
        scores = numbers_of(self.proxies_, "proxies", X)
        self.n_proxies_ = scores.shape[1]
        self._sorted = np.sort(scores, axis=0)
        logs = self._log_ranks(scores)
        self._consensus = NormalScores().fit(logs.sum(1, keepdims=True))
        self._n_features_out = self.n_proxies_ + 1
        return self._with_consensus(logs)

    def transform(self, X: ArchitecturesLike) -> Floats:
        """Compute logarithms of relative ranks, and the consensus.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.

        Returns
        -------
        ndarray of float64, shape (n, n_proxies + 1)
            The last column is the consensus as a normal score, roughly standard normal
            over the architectures of fit.
        """
        check_is_fitted(self, "proxies_")
        return self._with_consensus(self._log_ranks(numbers_of(self.proxies_, "proxies", X)))

    def _with_consensus(self, logs: Floats) -> Floats:
        return np.hstack([logs, self._consensus.transform(logs.sum(1, keepdims=True))])

    def _log_ranks(self, scores: Floats) -> Floats:
        n = len(self._sorted)
        columns = []
        for column, known in zip(scores.T, self._sorted.T, strict=True):
            below = np.searchsorted(known, column, "left")
            up_to = np.searchsorted(known, column, "right")
            columns.append(np.log(((below + up_to + 1) / 2).clip(1, n) / n))
        return np.column_stack(columns)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Get the names of the columns.

        Parameters
        ----------
        input_features : None
            Not used.

        Returns
        -------
        ndarray of str, shape (n_proxies + 1,)
        """
        check_is_fitted(self, "proxies_")
        if hasattr(self.proxies_, "get_feature_names_out"):
            names = list(self.proxies_.get_feature_names_out())
        else:
            names = [str(k) for k in range(self.n_proxies_)]
        return np.array([*(f"rank_{name}" for name in names), "consensus"], dtype=object)
