"""Parameters of training that every estimator over architectures has."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, ClassVar

from sklearn.utils._param_validation import Interval, StrOptions

from .nn.devices import Device
from .nn.training import TrainingConfig

MANY = 500
"""Beyond so many architectures "auto" may be larger batches."""


def head_widths(head: Sequence[int]) -> list[int]:
    """Widths of a head's hidden layers, checked.

    Parameters
    ----------
    head : sequence of int

    Raises
    ------
    ValueError
        If one of them is no whole number from 1 on.
    """
    for width in head:
        if not isinstance(width, Integral) or isinstance(width, bool) or width < 1:
            raise ValueError(
                f"head={head!r}: widths of hidden layers are whole numbers from 1 on, not "
                f"{width!r}. An empty head is a linear one."
            )
    return [int(width) for width in head]


class TrainingParameters:
    """What a subclass stores untouched, and how it becomes a configuration of training."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "optimizer": [StrOptions({"adamw", "adam"})],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "schedule": [StrOptions({"one_cycle", "constant"})],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "warm_start": ["boolean"],
        "operations": [StrOptions({"auto"}), "array-like"],
        "handle_unknown": [StrOptions({"error", "mean"})],
        "device": [str, Device],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    optimizer: str
    learning_rate: float
    schedule: str
    weight_decay: float
    batch_size: int | str
    max_iter: int
    early_stopping: bool
    validation_fraction: float
    n_iter_no_change: int
    tol: float
    warm_start: bool
    operations: str | Sequence[str]
    handle_unknown: str
    device: str | Device
    random_state: Any
    verbose: int

    _encoder_rate: float = 1.0
    _batch_of_many: ClassVar[int] = 32

    def _loss_parameters(self) -> dict[str, Any]:
        """Name of the loss and its parameters."""
        return {"loss": "mse", "margin": 0.0, "max_pairs": None}

    def _batch_size(self, n: int) -> int:
        if not isinstance(self.batch_size, str):
            return int(self.batch_size)
        return 32 if n <= MANY else self._batch_of_many

    def _training_config(
        self, *, batch_size: int, max_iter: int, schedule: str, **changes: Any
    ) -> TrainingConfig:
        """The parameters as they are, but for the changes."""
        parameters: dict[str, Any] = {
            **self._loss_parameters(),
            "optimizer": self.optimizer,
            "learning_rate": self.learning_rate,
            "weight_decay": self.weight_decay,
            "n_iter_no_change": self.n_iter_no_change,
            "tol": self.tol,
            "verbose": self.verbose,
            "encoder_rate": self._encoder_rate,
        }
        return TrainingConfig(
            batch_size=batch_size, max_iter=max_iter, schedule=schedule, **{**parameters, **changes}
        )
