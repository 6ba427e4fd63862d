"""Predicting architectures with operations that no measured one has."""

from __future__ import annotations

from typing import Any

from .base import BaseGraphEstimator
from .ensemble.named_networks import NamedNetworks, default_networks


def tolerate_unknown_operations(estimator: Any) -> Any:
    """Let an estimator predict operations that it has not seen.

    A search proposes what nobody has measured; with a few measured
    architectures some operation is always missing.

    Parameters
    ----------
    estimator : estimator
        Its `handle_unknown`, and that of the steps of a pipeline, is set in
        place: to ``"mean"`` for encoders, to ``"ignore"`` for all else.

    Returns
    -------
    estimator

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from tagates_sk.features import PathEncoding
    >>> tolerate_unknown_operations(make_pipeline(PathEncoding(), Ridge()))[0]
    PathEncoding(handle_unknown='ignore')
    """
    for owner in (estimator, *estimator.get_params().values()):
        if isinstance(owner, NamedNetworks) and owner.networks is None:
            owner.set_params(networks=default_networks())
    params = estimator.get_params()
    owners = {"": estimator} | params
    for name in params:
        owner, _, last = name.rpartition("__")
        if last == "handle_unknown":
            encoder = isinstance(owners[owner], BaseGraphEstimator)
            estimator.set_params(**{name: "mean" if encoder else "ignore"})
    return estimator
