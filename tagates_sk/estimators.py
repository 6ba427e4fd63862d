"""TAGATESRanker and TAGATESRegressor: fit and predict over architectures."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from . import _docstrings
from ._tasks import RANKING_LOSSES, REGRESSION_LOSSES, RankingMixin, RegressionMixin
from .base import CHUNK, BaseGraphEstimator
from .graphs import PackedGraphs
from .graphs.batch import BatchSpec
from .graphs.operations import IDENTITY_OPERATIONS, updated_mask
from .nn.batching import batch_spec
from .nn.devices import Device
from .nn.encoder import EncoderConfig
from .nn.engine import operation_embeddings
from .nn.predictor import Predictor


class BaseTAGATES(BaseGraphEstimator):
    """The encoder's parameters, and how they become a model."""

    model_: Predictor

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseGraphEstimator._parameter_constraints,
        "T": [Interval(Integral, 1, None, closed="left")],
        "s": [Interval(Real, None, None, closed="neither")],
        "symmetry_breaking": [StrOptions({"auto", "none", "random", "add", "concat"})],
        "beta": [Interval(Real, None, None, closed="neither")],
        "update": [StrOptions({"auto", "message", "node"})],
        "updated_operations": [StrOptions({"auto", "parametrized", "all"}), "array-like"],
        "stop_gradient": ["array-like"],
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
        **RANKING_LOSSES,
        "margin": [Interval(Real, 0, None, closed="left")],
        "max_pairs": [Interval(Integral, 1, None, closed="left"), None],
    }

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
        self.T = T
        self.s = s
        self.symmetry_breaking = symmetry_breaking
        self.beta = beta
        self.update = update
        self.updated_operations = updated_operations
        self.stop_gradient = stop_gradient
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

    def _build(self, packed: PackedGraphs, seed: int) -> tuple[Predictor, BatchSpec]:
        on_node = bool(packed.on_node.any())

        def auto(value: Any, on_nodes: Any, on_edges: Any) -> Any:
            if isinstance(value, str) and value == "auto":
                return on_nodes if on_node else on_edges
            return value

        k = 0 if packed.zero_cost is None else packed.zero_cost.shape[1]
        breaking = auto(self.symmetry_breaking, *["add" if k else "none"] * 2)
        updated = auto(self.updated_operations, "all", "parametrized")
        stop = tuple(self.stop_gradient)
        if not set(stop) <= {"embedding", "forward", "backward"}:
            raise ValueError(
                f"stop_gradient={self.stop_gradient!r} may name 'embedding', 'forward' and "
                "'backward' only."
            )
        config = EncoderConfig(
            n_operations=len(packed.operations),
            n_cells=packed.n_cells,
            n_marks=int(packed.input_mark.max(initial=0)) + 1,
            T=self.T,
            s=self.s,
            symmetry_breaking=breaking,
            beta=self.beta,
            n_zero_cost=k if breaking in ("add", "concat") else 0,
            update=auto(self.update, "node", "message"),
            stop_gradient=stop,
            n_layers=max(2, packed.longest_path())
            if isinstance(self.n_layers, str)
            else self.n_layers,
            layer_dim=self.layer_dim,
            op_dim=self.op_dim,
            node_dim=self.node_dim,
            hidden_dim=self.hidden_dim,
            update_dim=self.layer_dim,
            layer_bias=auto(self.layer_bias, True, False),
            terminal_operations=auto(self.terminal_operations, True, False),
            train_other_nodes=self.train_other_nodes,
            readout=auto(self.readout, "mean", "output"),
        )
        config.check_zero_cost(packed.zero_cost)
        spec = batch_spec(
            config,
            packed.operations,
            updated_mask(packed.operations, updated),
            self_loops=auto(self.self_loops, True, False),
            residual=self.residual,
            update_terminals=isinstance(updated, str) and updated == "all",
        )
        model = Predictor(config, [int(h) for h in self.head], self.dropout, seed)
        self.n_layers_ = config.n_layers
        return model, spec

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
            key in a multigraph) to an ndarray of shape (op_dim,). Plain wires,
            identity operations and pruned parts have no embedding.
        """
        check_is_fitted(self, "model_")
        X = [X[i] for i in range(len(X))] if hasattr(X, "packed") else X
        out: list[Any] = []
        for packed in self._read(X):
            assert packed.keys is not None
            cells: list[dict[Hashable, NDArray[np.float64]]] = [{} for _ in packed.n_inputs]
            for batch in self._batches(packed).chunks(CHUNK):
                embeddings = operation_embeddings(self.model_, batch)
                gated = batch.op_position[: len(embeddings)]
                rows = np.searchsorted(packed.op_ptr, gated, side="right") - 1
                for position, row, embedding in zip(gated, rows, embeddings, strict=True):
                    cells[row][packed.keys[position]] = embedding
            c = packed.n_cells
            out += cells if c == 1 else [tuple(cells[i : i + c]) for i in range(0, len(cells), c)]
        return out


class TAGATESRanker(RankingMixin, BaseTAGATES):
    """Rank architectures by a TA-GATES encoding of their graphs.

    The encoder mimics an architecture's training on the architecture's own
    graph [1]_; a head gives a score whose order, not its value, is trained.

    Parameters
    ----------
    %(encoder)s
    %(ranking_loss)s
    %(training)s

    Attributes
    ----------
    %(attributes)s

    See Also
    --------
    TAGATESRegressor : Predicts the performance itself.
    paper_config : Parameters of the published configurations.

    Notes
    -----
    %(notes)s

    References
    ----------
    .. [1] X. Ning, Z. Zhou, J. Zhao, T. Zhao, Y. Deng, C. Tang, S. Liang,
       H. Yang, Y. Wang, "TA-GATES: An Encoding Scheme for Neural Network
       Architectures", NeurIPS 2022.

    Examples
    --------
    >>> import networkx as nx
    >>> from tagates_sk import TAGATESRanker
    >>> def chain(*ops):
    ...     dag = nx.DiGraph()
    ...     for i, op in enumerate(ops):
    ...         dag.add_edge(i, i + 1, op=op)
    ...     return dag
    >>> dags = [chain("conv3x3", "conv3x3"), chain("conv3x3", "pool"),
    ...         chain("pool", "conv3x3"), chain("pool", "pool")]
    >>> ranker = TAGATESRanker(max_iter=30, random_state=0)
    >>> ranker.fit(dags, [94.1, 92.0, 91.5, 55.0]).score(dags, [94.1, 92.0, 91.5, 55.0])
    1.0
    """


class TAGATESRegressor(RegressionMixin, BaseTAGATES):
    """Predict performance by a TA-GATES encoding of architectures' graphs.

    The encoder mimics an architecture's training on the architecture's own
    graph [1]_; the head is trained on the standardised target, and predictions
    are in the target's units.

    Parameters
    ----------
    %(encoder)s
    %(regression_loss)s
    %(training)s

    Attributes
    ----------
    %(attributes)s

    See Also
    --------
    TAGATESRanker : Trains the order only, which ranks better.
    paper_config : Parameters of the published configurations.

    Notes
    -----
    %(notes)s

    References
    ----------
    .. [1] X. Ning et al., "TA-GATES: An Encoding Scheme for Neural Network
       Architectures", NeurIPS 2022.

    Examples
    --------
    >>> from tagates_sk import TAGATESRegressor
    >>> from tagates_sk.datasets import load_nasbench201
    >>> nb201 = load_nasbench201()
    >>> regressor = TAGATESRegressor(max_iter=20, random_state=0)
    >>> regressor = regressor.fit(nb201.dags[:100], nb201.target[:100])
    >>> regressor.predict(nb201.dags[100:103]).shape
    (3,)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseTAGATES._parameter_constraints,
        **REGRESSION_LOSSES,
    }
