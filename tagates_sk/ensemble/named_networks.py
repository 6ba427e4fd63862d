"""Networks of an ensemble by name, their parameters beside its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from sklearn.utils.metaestimators import _BaseComposition

from ..baselines import DAGNNRanker
from ..estimators import TAGATESRanker
from ..training.estimator import NetworkEstimator

_Self = TypeVar("_Self", bound="NamedNetworks")


def default_networks() -> list[tuple[str, NetworkEstimator]]:
    """The networks that :class:`ConsensusRanker` has if none are given.

    Give them to it yourself to set a parameter of theirs, or to search over it.

    Returns
    -------
    list of (str, estimator)
        "tagates" and "dagnn": encoders that read a graph in different ways, and
        err in different places.

    Examples
    --------
    >>> from tagates_sk.ensemble import ConsensusRanker, default_networks
    >>> ranker = ConsensusRanker(networks=default_networks()).set_params(tagates__T=3)
    >>> ranker.get_params()["tagates__T"]
    3
    """
    return [
        ("tagates", TAGATESRanker(margin=0.03)),
        ("dagnn", DAGNNRanker(n_members=3)),
    ]


class NamedNetworks(_BaseComposition):
    """Has a parameter `networks`, a list of names and estimators or None."""

    networks: Sequence[tuple[str, NetworkEstimator]] | None

    def _networks(self) -> list[NetworkEstimator]:
        """The estimators, if all is as it must be."""
        if self.networks is None:
            return [network for _, network in default_networks()]
        for i, item in enumerate(self.networks):
            named = isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str)
            if not (named and isinstance(item[1], NetworkEstimator)):
                raise ValueError(
                    f"networks[{i}] must be (name, estimator) with an estimator of this "
                    f"library that is trained by gradients, such as "
                    f"('gates', GATESRanker()); got {item!r}."
                )
        self._validate_names([name for name, _ in self.networks])
        return [network for _, network in self.networks]

    def spell_out(self) -> None:
        """Put the networks that there are by default into `networks`: then they can be told."""
        if self.networks is None:
            self.networks = default_networks()

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters, those of the networks by their names.

        Parameters
        ----------
        deep : bool, default=True
            Whether to give the parameters of contained estimators, too.

        Returns
        -------
        dict
        """
        params: dict[str, Any] = self._get_params("networks", deep=deep)
        return params

    def set_params(self: _Self, **params: Any) -> _Self:
        """Set parameters, those of the networks by their names.

        Parameters
        ----------
        **params : dict
            Such as ``half=20``, ``tagates__T=3``, or ``dagnn=GCNRanker()``
            for a network of that name.

        Returns
        -------
        self
        """
        self._set_params("networks", **params)
        return self
