"""Names that NASLib uses and newer libraries have dropped."""

from __future__ import annotations

import collections
import collections.abc
import inspect
from typing import Any

import networkx as nx
import numpy as np
import sklearn.metrics

_NUMPY: dict[str, Any] = {
    "int": int, "float": float, "bool": bool, "object": object, "str": str, "complex": complex,
    "float_": np.float64, "Inf": np.inf, "NaN": np.nan, "product": np.prod,
}  # fmt: skip


def _to_numpy_matrix(*args: Any, **parameters: Any) -> Any:
    return np.asmatrix(nx.to_numpy_array(*args, **parameters))


_NETWORKX: dict[str, Any] = {
    "to_numpy_matrix": _to_numpy_matrix,
    "from_numpy_matrix": nx.from_numpy_array,
}


def patch() -> list[str]:
    """Restore names that NASLib needs; call this once before you import NASLib.

    NASLib was written for NumPy 1, networkx 2.6 and scikit-learn 1.0. With the releases
    that this library supports, some of its imports fail. Its evaluator reports NaN for
    every metric without an error, since scikit-learn no longer accepts
    ``mean_squared_error(..., squared=False)``.

    The names are set in the modules of those libraries for the whole process. Existing
    names are kept, so a second call changes nothing.

    Returns
    -------
    list of str
        The restored names: abstract base classes in ``collections``, NumPy's
        aliases of Python's types and constants, two functions of networkx, and
        the parameter `squared` of :func:`sklearn.metrics.mean_squared_error`.

    Examples
    --------
    >>> from tagates_sk.integrations.naslib import patch
    >>> patch()  # doctest: +SKIP
    ['collections.Awaitable', ..., 'sklearn.metrics.mean_squared_error(squared=)']
    >>> import naslib  # doctest: +SKIP
    """
    abstract = {name: getattr(collections.abc, name) for name in collections.abc.__all__}
    restored = []
    for module, names in ((collections, abstract), (np, _NUMPY), (nx, _NETWORKX)):
        for name, value in names.items():
            # hasattr would ask NumPy, which warns of names that it has dropped.
            if name not in vars(module):
                setattr(module, name, value)
                restored.append(f"{module.__name__}.{name}")
    if "squared" not in inspect.signature(sklearn.metrics.mean_squared_error).parameters:
        sklearn.metrics.mean_squared_error = _with_squared(sklearn.metrics.mean_squared_error)
        restored.append("sklearn.metrics.mean_squared_error(squared=)")
    return restored


def _with_squared(mean_squared_error: Any) -> Any:
    def with_squared(
        y_true: Any, y_pred: Any, *args: Any, squared: bool = True, **parameters: Any
    ) -> Any:
        error = mean_squared_error if squared else sklearn.metrics.root_mean_squared_error
        return error(y_true, y_pred, *args, **parameters)

    with_squared.__doc__ = mean_squared_error.__doc__
    return with_squared
