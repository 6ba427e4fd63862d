"""PrecomputedFeatures: numbers that are known of architectures, as a transformer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from ..graphs import InvalidArchitectureError, as_architectures
from ..graphs.architectures import forms_of


class PrecomputedFeatures(TransformerMixin, BaseEstimator):
    """Look up features of architectures that were computed before.

    Architectures are found by their canonical form: an isomorphic one, or one
    with dead parts, has the same features.

    Parameters
    ----------
    dags : sequence of n networkx.DiGraph, or of tuples of them
        The architectures whose features are known.
    values : array-like of float, shape (n, n_features)
        Their features.
    names : sequence of str, default=None
        Names of the columns; None for ``"feature0"`` and so on.

    Attributes
    ----------
    values_ : ndarray of float64, shape (n, n_features)
        The features.

    See Also
    --------
    tagates_sk.datasets.load_zero_cost_proxies : Those that come with the package.

    Examples
    --------
    >>> from tagates_sk.features import PrecomputedFeatures
    >>> from tagates_sk.spaces import NASBench201
    >>> dags = NASBench201().sample(3, random_state=0)
    >>> known = PrecomputedFeatures(dags, [[1.0], [2.0], [4.0]], ["score"])
    >>> known.fit(dags).transform(dags[[2, 0]])
    array([[4.],
           [1.]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "dags": [object],
        "values": ["array-like"],
        "names": ["array-like", None],
    }

    def __init__(self, dags: Any, values: ArrayLike, names: Sequence[str] | None = None) -> None:
        self.dags = dags
        self.values = values
        self.names = names

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any = None, y: Any = None) -> PrecomputedFeatures:
        """Find the forms of the known architectures.

        Parameters
        ----------
        X, y : None
            Not used.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If `values` or `names` do not fit the architectures.
        """
        values = check_array(self.values, dtype=np.float64, input_name="values")
        rows: dict[Any, int] = {}
        dags = as_architectures(self.dags)
        if len(values) != len(dags):
            raise ValueError(
                f"values has {len(values)} rows for {len(dags)} architectures in dags; give one "
                "for each."
            )
        for row, form in enumerate(forms_of(dags)):
            rows.setdefault(form.cells, row)
        names = self.names
        if names is None:
            names = [f"feature{k}" for k in range(values.shape[1])]
        if len(names) != values.shape[1]:
            raise ValueError(
                f"names has {len(names)} names for {values.shape[1]} columns of values."
            )
        self.values_ = values
        self._rows = rows
        self._names = list(names)
        self._n_features_out = values.shape[1]
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:
        """Features of architectures.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.

        Returns
        -------
        ndarray of float64, shape (n, n_features)

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read, or nothing is known of it.
        """
        check_is_fitted(self, "values_")
        rows = np.array([self._rows.get(form.cells, -1) for form in forms_of(X)], dtype=int)
        unknown = np.flatnonzero(rows < 0)
        if len(unknown):
            raise InvalidArchitectureError(
                f"Nothing is known of X[{unknown[0]}]"
                + (f" and {len(unknown) - 1} more" if len(unknown) > 1 else "")
                + f": none of the {len(self.values_)} architectures of "
                "PrecomputedFeatures(dags=...) is isomorphic to it. Compute its features, or leave "
                "it out."
            )
        found: NDArray[np.float64] = self.values_[rows]
        return found

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the columns.

        Parameters
        ----------
        input_features : None
            Not used.

        Returns
        -------
        ndarray of str, shape (n_features,)
        """
        check_is_fitted(self, "values_")
        return np.array(self._names, dtype=object)
