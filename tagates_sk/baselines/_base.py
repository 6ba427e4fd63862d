"""What the neural baselines share: parameters, fit and predict."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from numbers import Integral, Real
from typing import Any, ClassVar, NamedTuple, TypeVar

from numpy.typing import ArrayLike
from sklearn.base import _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from .._utils import ArchitecturesLike, Floats, Number, RandomState
from ..graphs import PackedGraphs, read_architectures
from ..graphs.tokens import Dictionary
from ..nn.batching import Batch, Batches, Chunk
from ..nn.devices import Device
from ..nn.evaluation import encodings
from ..nn.lstm import SentenceBatches
from ..nn.padded import CellBatches, CellSpec
from ..nn.predictor import GraphPredictor, head_widths, seeded
from ..training.estimator import ONE_EPOCH, NetworkEstimator
from ..training.network import ExtraLoss, read_in_parts, start_network
from ..training.targets import check_targets, loss_targets
from ..training.trainer import training_options

Self = TypeVar("Self", bound="NeuralBaseline")


class Input(NamedTuple):
    """How an encoder reads architectures.

    Parameters
    ----------
    spec : callable
        ``spec(packed, estimator)`` is what the encoder is to know of
        architectures; its `n_marks` is the number of inputs that are told apart.
    batches : callable
        ``batches(packed, spec, device)``.
    """

    spec: Callable[[PackedGraphs, Any], Any]
    batches: Callable[[PackedGraphs, Any, str], Batches[Any]]


CELLS = Input(
    lambda packed, estimator: CellSpec.of(packed),
    lambda packed, spec, device: CellBatches(packed, device),
)
"""Each cell by itself, as padded matrices."""

SENTENCES = Input(lambda packed, estimator: Dictionary.of(packed), SentenceBatches)
"""Architectures as sentences."""


class NeuralBaseline(NetworkEstimator):
    """An encoder and a head, with the parameters that all of them have.

    A subclass names its default depth in `_n_layers` (None for that of the deepest
    architecture), says by `_input` how its encoder reads architectures, and makes
    it in :meth:`_encoder`.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **NetworkEstimator._parameter_constraints,
        "n_layers": [Number(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "layer_dim": [Number(Integral, 1, None, closed="left")],
        "op_dim": [Number(Integral, 1, None, closed="left")],
        "head": ["array-like"],
        "dropout": [Number(Real, 0, 1, closed="left")],
    }
    _n_layers: ClassVar[int | None]
    _input: ClassVar[Input]
    _batch_of_many: ClassVar[int] = 32

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
        handle_unknown: str = "warn",
        device: str | Device = "auto",
        random_state: RandomState = None,
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

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(
        self: Self,
        X: ArchitecturesLike,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train on architectures and their measured performance.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures; each a cell, or a tuple of cells.
        y : array-like of float, shape (n,)
            Performance, higher is better.
        sample_weight : array-like of float, shape (n,), optional
            Weights of the architectures. A pair has the product of both weights.

        Returns
        -------
        self

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read; the message says which and why.
        NonFiniteLossError
            If training diverges.

        Warns
        -----
        FitInterruptedWarning
            If interrupted by Ctrl-C. The best state so far is kept.
        """
        return self._fit(X, y, sample_weight, resume=self.warm_start)

    @_fit_context(prefer_skip_nested_validation=False)
    def partial_fit(
        self: Self,
        X: ArchitecturesLike,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train one epoch at the constant learning rate, from the present state.

        Operations, number of cells and target units are those of the first
        call. If that call does not see all operations, list them in `operations`.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.
        y : array-like of float, shape (n,)
            Performance, higher is better.
        sample_weight : array-like of float, shape (n,), optional
            Weights of the architectures.

        Returns
        -------
        self
        """
        return self._fit(X, y, sample_weight, resume=True, **ONE_EPOCH)

    def _fit(
        self: Self,
        X: ArchitecturesLike,
        y: Any,
        sample_weight: ArrayLike | None,
        *,
        resume: bool,
        extra_loss: Callable[[Any], ExtraLoss] | None = None,
        **changes: Any,
    ) -> Self:
        packed = read_architectures(X)
        targets, weights = check_targets(type(self).__name__, len(packed), y, sample_weight)
        rng = check_random_state(self.random_state)
        parameters = self.get_params(deep=False)
        options = training_options(
            parameters, self._task, len(packed), batch_of_many=self._batch_of_many, **changes
        )
        if resume and hasattr(self, "network_"):
            packed = self.network_.conform(packed, self.handle_unknown)
        else:
            given = self.operations
            self.network_, packed = start_network(
                packed,
                targets,
                weights,
                rng,
                loss=options.loss,
                in_units=self._task.in_units,
                operations=packed.used_operations() if isinstance(given, str) else set(given),
                device=self.device,
                build=self._build,
            )
        network = self.network_
        early = self.early_stopping and "max_iter" not in changes
        network.train(
            self._batches(packed),
            loss_targets(targets, network.scaler, options.loss),
            weights,
            options,
            rng,
            y=targets,
            validation_fraction=self.validation_fraction if early else None,
            metric=self._task.metric,
            extra_loss=None if extra_loss is None else extra_loss(network),
            fixed_batches=not isinstance(self.batch_size, str),
        )
        return self

    def _build(self, packed: PackedGraphs, seed: int) -> tuple[GraphPredictor, Any]:
        depth: Any = self.n_layers
        if isinstance(depth, str):
            depth = self._n_layers or max(2, packed.longest_path())
        self.n_layers_ = int(depth)
        spec = self._input.spec(packed, self)
        return self._model(spec, head_widths(self.head), self.dropout, seed), spec

    def _model(self, spec: Any, head: Sequence[int], dropout: float, seed: int) -> GraphPredictor:
        """Encoder and head with initial weights."""
        generator = seeded(seed)
        encoder, width = self._encoder(spec, generator)
        return GraphPredictor(encoder, width, head, dropout, generator, self._members())

    @abstractmethod
    def _encoder(self, spec: Any, generator: Any) -> tuple[Any, int]:
        """The encoder with its initial weights, and the width of its encodings."""

    def _members(self) -> int:
        """Networks side by side."""
        return int(getattr(self, "n_members", 1))

    # -------------------------------------------------------------- predicting

    def predict(self, X: ArchitecturesLike) -> Floats:
        """Predict the performance of architectures.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures; read and predicted in batches, so that memory
            stays bounded.

        Returns
        -------
        ndarray of float64, shape (n,)
            Higher is better.

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read, has another number of cells or
            lacks the zero-cost vectors.
        UnknownOperationError
            If it has an operation that fit never saw and `handle_unknown` is
            ``"error"``.
        """
        check_is_fitted(self, "network_")
        mean: Floats = self.network_.predict(self._chunks(X))[:, -1].mean(1)
        return mean

    def transform(self, X: ArchitecturesLike) -> Floats:
        """Encode architectures.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.

        Returns
        -------
        ndarray of float64, shape (n, d)
            The encodings that the head reads; d is `layer_dim`, times the
            number of cells where each is encoded by itself, times the number of
            members of an ensemble, and times the states that a DAGNN reads out
            (4 for each layer).
        """
        check_is_fitted(self, "network_")
        return encodings(self.network_.model, self._chunks(X))

    def _chunks(self, X: ArchitecturesLike) -> Iterable[Chunk[Batch]]:
        for _, packed, _ in read_in_parts(X, self.verbose):
            conformed = self.network_.conform(packed, self.handle_unknown)
            yield from self.network_.chunks(self._batches(conformed))

    def _batches(self, packed: PackedGraphs) -> Batches[Any]:
        return self._input.batches(packed, self.network_.spec, self.network_.device)
