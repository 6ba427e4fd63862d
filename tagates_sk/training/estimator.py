"""What all estimators with a network have: parameters of training, and what fit leaves."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    RegressorMixin,
    TransformerMixin,
)
from sklearn.utils._param_validation import StrOptions

from .._utils import ArchitecturesLike, Names, Number, close_name
from ..graphs.foreign import echo
from ..metrics import final_targets
from ..nn.devices import Device
from ..nn.predictor import GraphPredictor
from . import docstrings
from .network import FittedNetwork
from .tasks import Task

Self = TypeVar("Self", bound="NetworkEstimator")

ONE_EPOCH: dict[str, Any] = {"max_iter": 1, "schedule": "constant"}
"""How partial_fit trains."""


class NetworkEstimator(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, RegressorMixin, BaseEstimator
):
    """Has the parameters of training, and a network once it is fitted.

    A subclass stores its parameters untouched, and says how it fits and
    predicts; its `_task` says what for.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "margin": [Number(Real, 0, None, closed="left")],
        "max_pairs": [Number(Integral, 1, None, closed="left"), None],
        "optimizer": [StrOptions({"adamw", "adam"})],
        "learning_rate": [Number(Real, 0, None, closed="neither")],
        "schedule": [StrOptions({"one_cycle", "constant"})],
        "weight_decay": [Number(Real, 0, None, closed="left")],
        "batch_size": [Number(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "max_iter": [Number(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Number(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Number(Integral, 1, None, closed="left")],
        "tol": [Number(Real, 0, None, closed="left")],
        "warm_start": ["boolean"],
        "operations": [StrOptions({"auto"}), Names()],
        "handle_unknown": [StrOptions({"warn", "error", "ignore"})],
        "device": [str, Device],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    _task: ClassVar[Task]
    _elsewhere: ClassVar[Mapping[str, str]] = {}
    """How to give what is no parameter, but one of a parameter's own."""
    network_: FittedNetwork

    def __new__(cls, *args: Any, **parameters: Any) -> Any:
        """Refuse parameters that there are not, naming the class and a close one."""
        # Of the class itself, Python 3.10 gives the signature of this method.
        known = list(inspect.signature(cls.__init__).parameters)[1:]
        if args:
            raise TypeError(f"{cls.__name__} takes parameters by name only, such as {known[0]}=.")
        for name in parameters:
            if name not in known:
                hint = close_name(name, known)
                if name in cls._elsewhere:
                    hint = f" Set it by {cls._elsewhere[name]}."
                raise TypeError(f"{cls.__name__} has no parameter {echo(name)}.{hint}")
        return super().__new__(cls)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        docstrings.fill(cls)

    # What fit learned, by the names that users know.

    @property
    def model_(self) -> GraphPredictor:
        """Encoder and head, a torch module."""
        return self.network_.model

    @property
    def operations_(self) -> list[str]:
        """The vocabulary, sorted."""
        return self.network_.operations

    @property
    def n_cells_(self) -> int:
        """Cells an architecture."""
        return self.network_.n_cells

    @property
    def n_targets_(self) -> int:
        """Targets an architecture."""
        return self.network_.n_targets

    @property
    def n_iter_(self) -> int:
        """Epochs run so far."""
        return self.network_.n_iter

    @property
    def history_(self) -> dict[str, list[float]]:
        """Loss, learning rate and validation score of every epoch."""
        return self.network_.history

    @property
    def device_(self) -> str:
        """Where the model is."""
        return self.network_.device

    @property
    def y_mean_(self) -> float:
        """Mean of the (final) training targets."""
        return float(self.network_.scaler.mean[-1])

    @property
    def y_std_(self) -> float:
        """Standard deviation of the (final) training targets."""
        return float(self.network_.scaler.std[-1])

    @property
    def _n_features_out(self) -> int:
        return self.network_.model.encoding_dim

    def score(
        self, X: ArchitecturesLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> float:
        """Kendall's tau of a ranker's scores, R² of a regressor's predictions.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.
        y : array-like of float, shape (n,) or (n, k)
            Their performance; of several columns the last, without the NaN in it.
        sample_weight : array-like of float, shape (n,), optional
            Weights of the architectures, for a regressor.

        Returns
        -------
        float
            1 at best. 0 is what guessing the order, or the mean of y, would have.

        Raises
        ------
        ValueError
            If a ranker is given weights.
        """
        if sample_weight is not None and not self._task.in_units:
            raise ValueError("Kendall's tau has no sample_weight: leave it out.")
        final, rows = final_targets(y)
        weights = None if sample_weight is None else np.asarray(sample_weight)[rows]
        return self._task.metric(final, self.predict(X)[rows], weights)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.target_tags.required = True
        tags.regressor_tags.poor_score = not self._task.in_units  # scores have no unit
        return tags
