"""What the neural baselines share: their parameters, and how an encoder becomes a model."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, ClassVar

from sklearn.utils._param_validation import Interval, StrOptions

from .. import _docstrings
from .._targets import Features
from .._tasks import RANKING_LOSSES
from .._training_parameters import head_widths
from ..base import BaseGraphEstimator
from ..graphs import PackedGraphs
from ..graphs.tokens import Dictionary
from ..nn.devices import Device
from ..nn.lstm import SentenceBatches
from ..nn.padded import CellBatches, CellSpec
from ..nn.predictor import GraphPredictor, seeded


class BaseBaseline(BaseGraphEstimator):
    """An encoder and a head with the parameters that all of them have.

    A subclass names its default depth in `_n_layers`, and makes its encoder in
    :meth:`_encoder`.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseGraphEstimator._parameter_constraints,
        "n_layers": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "layer_dim": [Interval(Integral, 1, None, closed="left")],
        "op_dim": [Interval(Integral, 1, None, closed="left")],
        "head": ["array-like"],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        **RANKING_LOSSES,
        "margin": [Interval(Real, 0, None, closed="left")],
        "max_pairs": [Interval(Integral, 1, None, closed="left"), None],
    }
    _n_layers: ClassVar[int]

    def __init__(
        self,
        *,
        n_layers: int | str = "auto",
        layer_dim: int = 64,
        op_dim: int = 48,
        head: Sequence[int] = (200, 200),
        dropout: float = 0.1,
        loss: str = "auto",
        margin: float = 0.03,
        max_pairs: int | None = None,
        optimizer: str = "adamw",
        learning_rate: float = 1e-3,
        schedule: str = "one_cycle",
        weight_decay: float = 0.05,
        batch_size: int | str = "auto",
        max_iter: int = 200,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 20,
        tol: float = 0.0,
        warm_start: bool = False,
        operations: str | Sequence[str] = "auto",
        handle_unknown: str = "error",
        device: str | Device = "auto",
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.n_layers = n_layers
        self.layer_dim = layer_dim
        self.op_dim = op_dim
        self.head = head
        self.dropout = dropout
        self.loss = loss
        self.margin = margin
        self.max_pairs = max_pairs
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.warm_start = warm_start
        self.operations = operations
        self.handle_unknown = handle_unknown
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _docstrings.fill(cls)

    def _build(self, packed: PackedGraphs, seed: int) -> tuple[GraphPredictor, Any]:
        spec = self._describe(packed)
        generator = seeded(seed)
        self._set_depth()
        encoder, width = self._encoder(spec, generator)
        head = head_widths(self.head)
        predictor = GraphPredictor(encoder, width, head, self.dropout, generator, self._members())
        return predictor, spec

    def _members(self) -> int:
        """Networks side by side."""
        return 1

    def _set_depth(self) -> None:
        self.n_layers_ = self._n_layers if isinstance(self.n_layers, str) else self.n_layers

    @abstractmethod
    def _describe(self, packed: PackedGraphs) -> Any:
        """What the encoder is to know of the architectures; see also `_build`."""

    @abstractmethod
    def _encoder(self, spec: Any, generator: Any) -> tuple[Any, int]:
        """The encoder with its initial weights, and the width of its encodings."""


class CellBaseline(BaseBaseline):
    """A baseline that encodes each cell by itself, from padded matrices."""

    def _describe(self, packed: PackedGraphs) -> CellSpec:
        return CellSpec.of(packed)

    def _batches(
        self, packed: PackedGraphs, features: Features | None = None, training: Any = None
    ) -> CellBatches:
        return CellBatches(packed, self.device_)


class SentenceBaseline(BaseBaseline):
    """A baseline that reads architectures as sentences."""

    def _describe(self, packed: PackedGraphs) -> Dictionary:
        return Dictionary.of(packed)

    def _batches(
        self, packed: PackedGraphs, features: Features | None = None, training: Any = None
    ) -> SentenceBatches:
        return SentenceBatches(packed, self._spec, self.device_)
