"""What TAGATESRanker and TAGATESRegressor share: the encoder's parameters, and its model."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from . import _docstrings
from ._conditioned import ConditionedEstimator, Conditions
from ._head_features import ReadsFeatures
from ._observations import standardised
from ._pretraining import PretrainableEstimator
from ._targets import Floats, bootstrap_draws
from ._tasks import MARGIN, MARGIN_ON_NODES, RANKING_LOSSES
from ._training_parameters import head_widths
from .base import CHUNK
from .graphs import PackedGraphs
from .graphs.operations import IDENTITY_OPERATIONS, updated_mask
from .nn.batching import Batches
from .nn.config import EncoderConfig
from .nn.devices import Device
from .nn.engine import operation_embeddings
from .nn.predictor import Predictor
from .nn.tables import BatchSpec, GraphBatches, Training, batch_spec
from .nn.transfer import EncoderState


class BaseTAGATES(ReadsFeatures, PretrainableEstimator, ConditionedEstimator):
    """The encoder's parameters, and how they become a model."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **ConditionedEstimator._parameter_constraints,
        "T": [Interval(Integral, 1, None, closed="left")],
        "s": [Interval(Real, None, None, closed="neither")],
        "symmetry_breaking": [StrOptions({"auto", "none", "random", "add", "concat"})],
        "beta": [Interval(Real, None, None, closed="neither")],
        "update": [StrOptions({"auto", "message", "node"})],
        "updated_operations": [StrOptions({"auto", "parametrized", "all"}), "array-like"],
        "stop_gradient": ["array-like"],
        "deep_supervision": ["boolean"],
        "aggregation": [StrOptions({"auto", "sum", "sqrt", "mean", "mixed"})],
        "self_loops": ["boolean", StrOptions({"auto"})],
        "residual": ["boolean"],
        "readout": [StrOptions({"auto", "output", "mean"})],
        "terminal_operations": ["boolean", StrOptions({"auto"})],
        "layer_bias": ["boolean", StrOptions({"auto"})],
        "train_other_nodes": ["boolean"],
        "n_layers": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "layer_dim": [Interval(Integral, 1, None, closed="left")],
        "op_dim": [Interval(Integral, 1, None, closed="left")],
        "node_dim": [Interval(Integral, 1, None, closed="left")],
        "hidden_dim": [Interval(Integral, 1, None, closed="left")],
        "head": ["array-like"],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "features": [HasMethods(["fit", "transform"]), None],
        "n_members": [Interval(Integral, 1, None, closed="left")],
        "bootstrap": ["boolean"],
        "anytime": ["boolean"],
        "pretrained": [HasMethods(["pretrain"]), EncoderState, None],
        "pretrained_learning_rate": [Interval(Real, 0, None, closed="left")],
        **RANKING_LOSSES,
        "margin": [Interval(Real, 0, None, closed="left"), StrOptions({"auto"})],
        "max_pairs": [Interval(Integral, 1, None, closed="left"), None],
    }

    _batch_of_many = 64

    def __init__(
        self,
        *,
        T: int = 2,
        s: float = 0.1,
        symmetry_breaking: str = "auto",
        beta: float = 0.1,
        update: str = "auto",
        updated_operations: str | Sequence[str] = "auto",
        stop_gradient: Sequence[str] = ("embedding", "forward"),
        deep_supervision: bool = True,
        aggregation: str = "auto",
        self_loops: bool | str = "auto",
        residual: bool = True,
        readout: str = "auto",
        terminal_operations: bool | str = "auto",
        layer_bias: bool | str = "auto",
        train_other_nodes: bool = False,
        n_layers: int | str = "auto",
        layer_dim: int = 64,
        op_dim: int = 48,
        node_dim: int = 48,
        hidden_dim: int = 96,
        head: Sequence[int] = (200, 200),
        dropout: float = 0.1,
        features: Any = None,
        n_members: int = 4,
        bootstrap: bool = False,
        anytime: bool = True,
        pretrained: Any = None,
        pretrained_learning_rate: float = 0.1,
        loss: str = "auto",
        margin: float | str = "auto",
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
        self.T = T
        self.s = s
        self.symmetry_breaking = symmetry_breaking
        self.beta = beta
        self.update = update
        self.updated_operations = updated_operations
        self.stop_gradient = stop_gradient
        self.deep_supervision = deep_supervision
        self.aggregation = aggregation
        self.self_loops = self_loops
        self.residual = residual
        self.readout = readout
        self.terminal_operations = terminal_operations
        self.layer_bias = layer_bias
        self.train_other_nodes = train_other_nodes
        self.n_layers = n_layers
        self.layer_dim = layer_dim
        self.op_dim = op_dim
        self.node_dim = node_dim
        self.hidden_dim = hidden_dim
        self.head = head
        self.dropout = dropout
        self.features = features
        self.n_members = n_members
        self.bootstrap = bootstrap
        self.anytime = anytime
        self.pretrained = pretrained
        self.pretrained_learning_rate = pretrained_learning_rate
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

    def _encoder(self, packed: PackedGraphs, n_targets: int) -> tuple[EncoderConfig, BatchSpec]:
        on_node = bool(packed.on_node.any())

        def auto(value: Any, on_nodes: Any, on_edges: Any) -> Any:
            default = on_nodes if on_node else on_edges
            return default if isinstance(value, str) and value == "auto" else value

        source = self._source()
        depth: Any = self.n_layers
        if isinstance(depth, str):
            depth = max(2, packed.longest_path()) if source is None else source.config.n_layers
        n_marks = int(packed.input_mark.max(initial=0)) + 1
        k = 0 if packed.zero_cost is None else packed.zero_cost.shape[1]
        breaking = auto(self.symmetry_breaking, *["add" if k else "none"] * 2)
        updated = auto(self.updated_operations, "all", "parametrized")
        stop = tuple(self.stop_gradient)
        if not set(stop) <= {"embedding", "forward", "backward"}:
            raise ValueError(
                f"stop_gradient={self.stop_gradient!r} may name 'embedding', 'forward' and "
                "'backward' only."
            )
        known = getattr(self, "conditions_", None)
        config = EncoderConfig(
            n_operations=len(packed.operations),
            n_cells=packed.n_cells,
            n_marks=n_marks if source is None else max(n_marks, source.config.n_marks),
            T=self.T,
            s=self.s,
            symmetry_breaking=breaking,
            beta=self.beta,
            n_zero_cost=k if breaking in ("add", "concat") else 0,
            update=auto(self.update, "node", "message"),
            stop_gradient=stop,
            deep_supervision=self.deep_supervision,
            n_layers=depth,
            layer_dim=self.layer_dim,
            op_dim=self.op_dim,
            node_dim=self.node_dim,
            hidden_dim=self.hidden_dim,
            update_dim=self.layer_dim,
            layer_bias=auto(self.layer_bias, True, False),
            terminal_operations=auto(self.terminal_operations, True, False),
            train_other_nodes=self.train_other_nodes,
            aggregation=auto(self.aggregation, "mixed" if self.n_members > 1 else "sqrt", "sum"),
            readout=auto(self.readout, "mean", "output"),
            n_members=self.n_members,
            n_targets=n_targets,
            anytime=self.anytime,
            n_augmentations=1 if known is None else len(known.augmentations),
            n_losses=1 if known is None else len(known.losses),
            n_conditions=1 if known is None else len(known.seen),
        )
        config.check_zero_cost(packed.zero_cost)
        return config, batch_spec(
            config,
            packed.operations,
            updated_mask(packed.operations, updated),
            self_loops=auto(self.self_loops, True, False),
            residual=self.residual,
            update_terminals=isinstance(updated, str) and updated == "all",
        )

    def _build(self, packed: PackedGraphs, seed: int) -> tuple[Predictor, BatchSpec]:
        config, spec = self._encoder(packed, self.n_targets_)
        n_features = 0 if self.head_features_ is None else self.head_features_.n_features
        model = Predictor(config, head_widths(self.head), self.dropout, seed, n_features)
        self._start_from_pretrained(model, packed.operations)
        self.n_layers_ = config.n_layers
        return model, spec

    def _train(  # type: ignore[override]
        self,
        batches: Batches[Any],
        y: Floats,
        weights: Floats | None,
        rng: np.random.RandomState,
        **changes: Any,
    ) -> None:
        first, k = self.n_iter_ == 0, self.model_.n_members
        draws = bootstrap_draws(len(y), k, rng) if self.bootstrap and k > 1 else None
        assert isinstance(batches, GraphBatches)
        shown = batches
        self._margin = MARGIN_ON_NODES if batches.packed.on_node.any() else MARGIN
        if self.n_targets_ > 1:
            training = batches.training or Training()
            observed = standardised(y, self._units)
            shown = replace(batches, training=training._replace(observed=observed))
        super()._train(shown, y, weights, rng, draws=draws, **changes)
        if first:  # later there is little that members have not seen
            self.std_scale_ = 1.0 if draws is None else self._std_scale(batches, y, draws == 0)

    def _std_scale(self, batches: Batches[Any], y: Floats, unseen: Any) -> float:
        """What the members' disagreement is multiplied by; scores without unit stay as they are."""
        return 1.0

    def _max_targets(self) -> int | None:
        return self.T if self.anytime else None

    def predict(  # type: ignore[override]
        self,
        X: Any,
        return_std: bool = False,
        partial: ArrayLike | None = None,
        conditions: Conditions = None,
    ) -> Floats | tuple[Floats, Floats]:
        """Predict the performance of architectures.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures; read and predicted in batches, so that memory
            stays bounded.
        return_std : bool, default=False
            Whether to give the members' disagreement, too.
        partial : array-like of float, shape (n, j) with j < k, or (n, k), optional
            What was observed of architectures whose training is not finished:
            columns as those of y, the first j; NaN where nothing was. The final
            column is predicted from these and the graphs.
        conditions : sequence of n TrainingCondition, or one for all, optional
            Of which training the result is wanted; by default the reference,
            the one with most learning in fit.

        Returns
        -------
        mean : ndarray of float64, shape (n,)
            Mean over the members; higher is better.
        std : ndarray of float64, shape (n,)
            Standard deviation over the members, times `std_scale_`. Only with
            `return_std`.

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read, has another number of cells or
            lacks the zero-cost vectors.
        UnknownOperationError
            If it has an operation that fit never saw and `handle_unknown` is
            ``"error"``.
        ValueError
            If `return_std` is set and there is one member only, or if `partial`
            or `conditions` do not fit X or what fit saw.
        """
        check_is_fitted(self, "model_")
        if return_std and self.model_.n_members < 2:
            raise ValueError(
                "return_std=True asks for the disagreement of members, and this "
                f"{type(self).__name__} has one. Fit it with n_members=5, for instance."
            )
        X, listed = self._under(X, conditions)
        members = self.predict_members(X) if partial is None else self._extrapolations(X, partial)
        mean, scale = self._in_units_of(members.mean(1), listed)
        return (mean, members.std(1, ddof=1) * self.std_scale_ * scale) if return_std else mean

    def predict_members(self, X: Any) -> Floats:
        """Predictions of every member of the ensemble.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.

        Returns
        -------
        ndarray of float64, shape (n, n_members)
        """
        check_is_fitted(self, "model_")
        return self._predictions(self._read_batches(X))[:, -1]

    def predict_anytime(self, X: Any) -> Floats:
        """Predictions for all points of training that y had.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.

        Returns
        -------
        ndarray of float64, shape (n, k)
            A column for each of y, earliest first; means over the members by `column_weights_`.
        """
        check_is_fitted(self, "model_")
        members, weights = self._predictions(self._read_batches(X)), self.column_weights_
        return np.asarray((members * weights).sum(2) / weights.sum(1))

    def _check_zero_cost(self, packed: PackedGraphs) -> PackedGraphs:
        config = self.model_.encoder.config
        used = packed.used_operations()
        if config.n_zero_cost and packed.zero_cost is None and IDENTITY_OPERATIONS.issuperset(used):
            # Nothing but wires: no operation whose zero-cost vector could be missing.
            zeros = np.zeros((len(packed.op_type), config.n_zero_cost), dtype=np.float32)
            packed = replace(packed, zero_cost=zeros)
        config.check_zero_cost(packed.zero_cost)
        return packed

    def operation_embeddings(self, X: Any) -> list[Any]:
        """Contextual embeddings of the operations, after the last update.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.

        Returns
        -------
        list of n dict, or of n tuples of dict
            For every cell, from the node or edge of the user's graph (with the
            key in a multigraph) to an ndarray of shape (n_members * op_dim,), a
            member after the other. Plain wires, identity operations and pruned
            parts have no embedding.
        """
        check_is_fitted(self, "model_")
        out: list[Any] = []
        for packed, part in self._read(list(X) if hasattr(X, "packed") else X):
            assert packed.keys is not None
            cells: list[dict[Hashable, NDArray[np.float64]]] = [{} for _ in packed.n_inputs]
            for batch in self._batches(packed, self._features(part)).chunks(CHUNK):
                embeddings = operation_embeddings(self.model_, batch)
                gated = batch.op_position[: len(embeddings)]
                rows = np.searchsorted(packed.op_ptr, gated, side="right") - 1
                for position, row, embedding in zip(gated, rows, embeddings, strict=True):
                    cells[row][packed.keys[position]] = embedding
            c = packed.n_cells
            out += cells if c == 1 else [tuple(cells[i : i + c]) for i in range(0, len(cells), c)]
        return out
