"""PrecomputedFeatures: numbers that are known of architectures, as a transformer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from .._utils import ArchitecturesLike
from ..graphs import InvalidArchitectureError, as_architectures
from ..graphs.architectures import forms_of
from ..graphs.foreign import cut


class FeatureTable:
    """Features of architectures, computed beforehand.

    It never changes, so clones of estimators share it.

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
    values : ndarray of float64, shape (n, n_features)
        The features.
    names : list of str
        Names of the columns.

    Raises
    ------
    ValueError
        If `values` or `names` do not fit the architectures.

    See Also
    --------
    PrecomputedFeatures : Looks them up.

    Examples
    --------
    >>> from tagates_sk.features import FeatureTable
    >>> from tagates_sk.spaces import NASBench201
    >>> FeatureTable(NASBench201().sample(3, random_state=0), [[1.0], [2.0], [4.0]], ["score"])
    <FeatureTable: score of 3 architectures>
    """

    def __init__(self, dags: Any, values: ArrayLike, names: Sequence[str] | None = None) -> None:
        self.values: NDArray[np.float64] = check_array(
            values, dtype=np.float64, input_name="values", copy=True
        )
        self._architectures = as_architectures(dags)
        if len(self.values) != len(self._architectures):
            raise ValueError(
                f"values has {len(self.values)} rows for {len(self._architectures)} architectures "
                "in dags; give one for each."
            )
        n_columns = self.values.shape[1]
        self.names = [f"feature{k}" for k in range(n_columns)] if names is None else list(names)
        if len(self.names) != n_columns:
            raise ValueError(
                f"names has {len(self.names)} names for {n_columns} columns of values."
            )
        self._rows: dict[Any, int] = {}

    def __len__(self) -> int:
        return len(self.values)

    def find(self, X: ArchitecturesLike) -> NDArray[np.intp]:
        """Rows of architectures, −1 for those that are not in the table.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them

        Returns
        -------
        ndarray of int, shape (n,)

        Raises
        ------
        ValueError
            If isomorphic architectures of the table have different features.
        """
        if not self._rows:  # forms of many architectures take seconds
            rows: dict[Any, int] = {}
            for row, form in enumerate(forms_of(self._architectures)):
                first = rows.setdefault(form.cells, row)
                other = np.flatnonzero(self.values[row] != self.values[first])
                if len(other):
                    k = other[0]
                    raise ValueError(
                        f"dags[{first}] and dags[{row}] of the FeatureTable are the same "
                        f"architecture, but its {cut(self.names[k], 40)} is "
                        f"{self.values[first, k]:g} in values[{first}] and "
                        f"{self.values[row, k]:g} in values[{row}]. Keep one row of it, for "
                        "instance the mean."
                    )
            self._rows = rows
        return np.array([self._rows.get(form.cells, -1) for form in forms_of(X)], dtype=np.intp)

    def __sklearn_clone__(self) -> FeatureTable:
        return self

    def __repr__(self) -> str:
        names = ", ".join(self.names[:4]) + (", ..." if len(self.names) > 4 else "")
        return f"<{type(self).__name__}: {names} of {len(self)} architectures>"


class PrecomputedFeatures(TransformerMixin, BaseEstimator):
    """Look up features of architectures that were computed beforehand.

    Architectures are found by their canonical form: an isomorphic one, or one
    with dead parts, has the same features.

    Parameters
    ----------
    table : FeatureTable
        Architectures and their features.

    Attributes
    ----------
    n_features_ : int
        Number of features.

    See Also
    --------
    tagates_sk.datasets.load_zero_cost_proxies : Those that come with the package.

    Examples
    --------
    >>> from tagates_sk.features import FeatureTable, PrecomputedFeatures
    >>> from tagates_sk.spaces import NASBench201
    >>> dags = NASBench201().sample(3, random_state=0)
    >>> known = PrecomputedFeatures(FeatureTable(dags, [[1.0], [2.0], [4.0]], ["score"]))
    >>> known.fit(dags).transform(dags[[2, 0]])
    array([[4.],
           [1.]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {"table": [FeatureTable]}

    def __init__(self, table: FeatureTable) -> None:
        self.table = table

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any = None, y: Any = None) -> PrecomputedFeatures:
        """Nothing is learned.

        Parameters
        ----------
        X, y : None
            Not used.

        Returns
        -------
        self
        """
        self.n_features_ = self._n_features_out = len(self.table.names)
        return self

    def transform(self, X: ArchitecturesLike) -> NDArray[np.float64]:
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
        ValueError
            If isomorphic architectures of the table have different features.
        """
        check_is_fitted(self, "n_features_")
        rows = self.table.find(X)
        unknown = np.flatnonzero(rows < 0)
        if len(unknown):
            raise InvalidArchitectureError(
                f"Nothing is known of X[{unknown[0]}]"
                + (f" and {len(unknown) - 1} more" if len(unknown) > 1 else "")
                + f": none of the {len(self.table)} architectures of the FeatureTable is "
                "isomorphic to it. Compute its features, or leave it out."
            )
        found: NDArray[np.float64] = self.table.values[rows]
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
        check_is_fitted(self, "n_features_")
        return np.array(self.table.names, dtype=object)
