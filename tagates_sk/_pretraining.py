"""Encoders that have learnt something before they see a label."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any, ClassVar, TypeVar

import numpy as np
from sklearn.base import _fit_context
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_random_state, check_scalar

from ._head_features import HeadFeatures, checked_matrix, moments, standardised
from ._targets import Floats
from .base import BaseGraphEstimator
from .graphs import PackedGraphs, read_architectures
from .nn.config import EncoderConfig
from .nn.devices import resolve_device, single_precision
from .nn.engine import fit_predictor
from .nn.predictor import Predictor
from .nn.tables import BatchSpec, GraphBatches
from .nn.transfer import EncoderState

Self = TypeVar("Self", bound="PretrainableEstimator")


class PretrainingTargets(HeadFeatures):
    """What an encoder learns to tell of architectures, by a transformer."""

    parameter: ClassVar[str] = "targets"


class PretrainableEstimator(BaseGraphEstimator):
    """Has an encoder that may start from the weights of another one."""

    pretrained: Any
    pretrained_learning_rate: float
    n_members: int
    pretrained_: EncoderState

    @abstractmethod
    def _encoder(self, packed: PackedGraphs, n_targets: int) -> tuple[EncoderConfig, BatchSpec]:
        """Sizes and variants of the encoder, and what it reads of architectures."""

    @_fit_context(prefer_skip_nested_validation=False)
    def pretrain(
        self: Self,
        X: Any,
        targets: Any = None,
        *,
        max_iter: int = 20,
        batch_size: int = 64,
    ) -> Self:
        """Train the encoder to tell properties of architectures that need no training of them.

        The encodings learn to give the targets by a linear map, which is then
        thrown away; `fit` starts from the encoder that remains. The loss is the
        squared error of the standardised targets; optimizer, highest learning
        rate, schedule and weight decay are those of the estimator.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            Architectures; none of them needs to have been measured.
        targets : transformer, or array-like of float, shape (n, k), default=None
            From architectures to a numeric matrix, for instance
            :class:`~tagates_sk.zero_cost.ZeroCostProxies`; or such a matrix,
            with a row for each of X. None is
            :class:`~tagates_sk.features.OperationStatistics`.
        max_iter : int, default=20
            Epochs.
        batch_size : int, default=64
            Architectures a step.

        Returns
        -------
        self
            With the attribute `pretrained_`. A further call starts anew.

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read; the message says which and why.
        NonFiniteLossError
            If training diverges.
        ValueError
            If the targets are no finite matrix with a row for each architecture.
        """
        check_scalar(max_iter, "max_iter", Integral, min_val=1)
        check_scalar(batch_size, "batch_size", Integral, min_val=1)
        packed = read_architectures(X)
        if targets is None:
            # Here, since importing the library should not cost what few fits need.
            from .features import OperationStatistics

            targets = OperationStatistics()
        columns = target_matrix(targets, X)
        if hasattr(self, "pretrained_"):
            del self.pretrained_
        rng = check_random_state(self.random_state)
        packed = packed.with_vocabulary(self._vocabulary(packed))
        config, spec = self._encoder(packed, n_targets=1)
        with single_precision():
            seed = int(rng.randint(2**31 - 1))
            config = replace(config, deep_supervision=False)
            model = Predictor(config, [], 0.0, seed, n_outputs=columns.shape[1])
        self._start_from_pretrained(model, packed.operations)
        device = resolve_device(self.device)
        fit_predictor(
            model.to(device),
            GraphBatches(packed, spec, device),
            np.arange(len(packed)),
            np.tile(columns, self.n_members),
            None,
            self._training_config(
                batch_size=int(batch_size),
                max_iter=int(max_iter),
                schedule=self.schedule,
                loss="mse",
                margin=0.0,
                max_pairs=None,
                n_iter_no_change=None,
                encoder_rate=1.0,
            ),
            rng,
        )
        self.pretrained_ = EncoderState.of(model.encoder, packed.operations)
        return self

    def __sklearn_clone__(self: Self) -> Self:
        """Copy whose encoder starts where this one's would: `pretrained` is not cloned."""
        copy: Self = super().__sklearn_clone__()
        copy.pretrained = self.pretrained
        return copy

    def _source(self) -> EncoderState | None:
        """Where the encoder starts from; None for random weights."""
        if hasattr(self, "pretrained_"):
            return self.pretrained_
        source = self.pretrained
        if source is None or isinstance(source, EncoderState):
            return source
        if hasattr(source, "model_"):
            return EncoderState.of(source.model_.encoder, source.operations_)
        state = getattr(source, "pretrained_", None)
        if not isinstance(state, EncoderState):
            raise NotFittedError(
                f"pretrained={source!r} has seen no data. Call its fit or its pretrain first; in "
                "the grid of a search, which clones what it tries, give its attribute pretrained_ "
                "or wrap it in sklearn.frozen.FrozenEstimator."
            )
        return state

    def _vocabulary(self, packed: PackedGraphs) -> list[str]:
        operations, source = super()._vocabulary(packed), self._source()
        if source is None or not isinstance(self.operations, str):
            return operations
        return sorted({*operations, *source.operations})

    def _start_from_pretrained(self, model: Predictor, operations: Sequence[str]) -> None:
        source = self._source()
        if source is not None:
            source.load_into(model.encoder, operations)

    @property
    def _encoder_rate(self) -> float:  # type: ignore[override]
        """What the encoder's learning rate is multiplied by."""
        return 1.0 if self._source() is None else float(self.pretrained_learning_rate)


def target_matrix(targets: Any, X: Any) -> Floats:
    """Standardised targets of a pre-training, shape (n, k).

    Parameters
    ----------
    targets : transformer, or array-like of float, shape (n, k)
    X : sequence of n architectures

    Raises
    ------
    ValueError
        If it gives, or is, no finite matrix with a row for each architecture.
    """
    if hasattr(targets, "transform"):
        columns = PretrainingTargets(targets).fit_transform(X)
    else:
        matrix = checked_matrix(targets, len(X), "targets is")
        columns = standardised(matrix, *moments(matrix))
    return np.asarray(columns, dtype=np.float64)
