"""GATESRanker and GATESRegressor: one forward pass, nothing updated."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any, ClassVar, NamedTuple

from sklearn.utils._param_validation import StrOptions

from .._utils import Number, RandomState
from ..graphs import PackedGraphs
from ..nn.config import EncoderConfig
from ..nn.configuring import configure
from ..nn.devices import Device
from ..nn.encoder import TAGATESEncoder
from ..nn.tables import BatchSpec, GraphBatches
from ..training.tasks import RANKING, REGRESSION
from ._base import Input, NeuralBaseline


class GATESSpec(NamedTuple):
    """The encoder, and what it reads of architectures.

    Parameters
    ----------
    config : EncoderConfig
    batch : BatchSpec
    """

    config: EncoderConfig
    batch: BatchSpec

    @property
    def n_marks(self) -> int:
        """Inputs that are told apart."""
        return self.config.n_marks

    @property
    def attribute_names(self) -> tuple[str, ...]:
        """Of the numbers beside operations that fit saw."""
        return self.batch.attribute_names

    @classmethod
    def of(cls, packed: PackedGraphs, estimator: Any) -> GATESSpec:
        """What the parameters of an estimator make of architectures."""
        variant = {
            "update": "auto", "updated_operations": "auto", "stop_gradient": (),
            "deep_supervision": False, "anytime": True, "aggregation": "sum",
            "propagation": "synchronous",
            **estimator.get_params(deep=False),
        }  # fmt: skip
        return cls(
            *configure(
                packed,
                T=1,
                s=0.0,
                symmetry_breaking="none",
                beta=0.0,
                n_layers=estimator.n_layers_,
                layer_dim=estimator.layer_dim,
                n_members=1,
                variant=variant,
            )
        )


GRAPHS = Input(GATESSpec.of, lambda packed, spec, device: GraphBatches(packed, spec.batch, device))
"""Index tables of the graphs themselves."""


class _BaseGATES(NeuralBaseline):
    """TA-GATES with T = 1 and all operations of one type alike."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **NeuralBaseline._parameter_constraints,
        "self_loops": ["boolean", StrOptions({"auto"})],
        "residual": ["boolean"],
        "readout": [StrOptions({"auto", "output", "mean"})],
        "terminal_operations": ["boolean", StrOptions({"auto"})],
        "layer_bias": ["boolean", StrOptions({"auto"})],
        "train_other_nodes": ["boolean"],
        "node_dim": [Number(Integral, 1, None, closed="left")],
        "hidden_dim": [Number(Integral, 1, None, closed="left")],
    }
    _input = GRAPHS
    _n_layers = None
    _batch_of_many = 64

    def __init__(
        self,
        *,
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
        handle_unknown: str = "warn",
        device: str | Device = "auto",
        random_state: RandomState = None,
        verbose: int = 0,
    ) -> None:
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

    def _encoder(self, spec: GATESSpec, generator: Any) -> tuple[TAGATESEncoder, int]:
        return TAGATESEncoder(spec.config, generator), spec.config.encoding_dim


class GATESRanker(_BaseGATES):
    """Rank architectures by a GATES encoding of their graphs.

    Information flows once from the inputs to the output; every operation gates
    what passes it [1]_. It is TA-GATES with T = 1, without symmetry breaking,
    with ``aggregation="sum"`` and ``n_members=1``.

    Parameters
    ----------
    self_loops : bool or "auto", default="auto"
        Whether an operation on a node also gates what the node itself held
        before. "auto" is True.
    residual : bool, default=True
        Whether inputs keep their own support.
    readout : {"auto", "output", "mean"}, default="auto"
        The encoding is the state of the output node, or the mean over all
        nodes but the inputs. "auto" is "output" for operations on edges,
        "mean" for those on nodes.
    terminal_operations : bool or "auto", default="auto"
        Whether the input and output nodes of operation-on-node cells have
        operation embeddings of their own. "auto" is True.
    layer_bias : bool or "auto", default="auto"
        Whether propagation layers have a bias. "auto" is True for operations
        on nodes, False for those on edges.
    train_other_nodes : bool, default=False
        Whether nodes other than inputs start from a trained state instead of zero.
    n_layers : int or "auto", default="auto"
        Propagation layers. "auto" is the number of edges of the longest path
        from an input to the output in the training set, at least 2.
    layer_dim : int, default=64
        Width of the propagation layers.
    op_dim, node_dim, hidden_dim : int, default=48, 48, 96
        Widths of operation embeddings, node embeddings, and initial node
        states.
    head : list of int, default=(200, 200)
        Widths of the hidden layers of the head.
    dropout : float, default=0.1
        Dropout in the head.
    %(ranking_loss)s
    %(training)s

    Attributes
    ----------
    %(attributes)s

    See Also
    --------
    tagates_sk.TAGATESRanker : The encoder that goes on from here.
    baseline : All baselines by name.

    Notes
    -----
    %(notes)s

    References
    ----------
    .. [1] X. Ning, Y. Zheng, T. Zhao, Y. Wang and H. Yang, "A generic
       graph-based neural architecture encoding scheme for predictor-based NAS",
       ECCV 2020.

    Examples
    --------
    >>> from tagates_sk.baselines import GATESRanker
    >>> from tagates_sk.datasets import load_nasbench201
    >>> X, y = load_nasbench201(return_X_y=True)
    >>> ranker = GATESRanker(max_iter=20, random_state=0).fit(X[:80], y[:80])
    >>> ranker.score(X[80:380], y[80:380]) > 0.5
    True
    """

    _task = RANKING
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **_BaseGATES._parameter_constraints,
        **RANKING.losses,
    }


class GATESRegressor(_BaseGATES):
    """Predict performance by a GATES encoding of architectures' graphs.

    Information flows once from the inputs to the output; every operation gates
    what passes it [1]_. It is TA-GATES with T = 1, without symmetry breaking,
    with ``aggregation="sum"`` and ``n_members=1``; predictions are in the
    target's units.

    Parameters
    ----------
    self_loops : bool or "auto", default="auto"
        Whether an operation on a node also gates what the node itself held
        before. "auto" is True.
    residual : bool, default=True
        Whether inputs keep their own support.
    readout : {"auto", "output", "mean"}, default="auto"
        The encoding is the state of the output node, or the mean over all
        nodes but the inputs. "auto" is "output" for operations on edges,
        "mean" for those on nodes.
    terminal_operations : bool or "auto", default="auto"
        Whether the input and output nodes of operation-on-node cells have
        operation embeddings of their own. "auto" is True.
    layer_bias : bool or "auto", default="auto"
        Whether propagation layers have a bias. "auto" is True for operations
        on nodes, False for those on edges.
    train_other_nodes : bool, default=False
        Whether nodes other than inputs start from a trained state instead of zero.
    n_layers : int or "auto", default="auto"
        Propagation layers. "auto" is the number of edges of the longest path
        from an input to the output in the training set, at least 2.
    layer_dim : int, default=64
        Width of the propagation layers.
    op_dim, node_dim, hidden_dim : int, default=48, 48, 96
        Widths of operation embeddings, node embeddings, and initial node
        states.
    head : list of int, default=(200, 200)
        Widths of the hidden layers of the head.
    dropout : float, default=0.1
        Dropout in the head.
    %(regression_loss)s
    %(training)s

    Attributes
    ----------
    %(attributes)s

    See Also
    --------
    tagates_sk.TAGATESRegressor : The encoder that goes on from here.
    baseline : All baselines by name.

    Notes
    -----
    %(notes)s

    References
    ----------
    .. [1] X. Ning, Y. Zheng, T. Zhao, Y. Wang and H. Yang, "A generic
       graph-based neural architecture encoding scheme for predictor-based NAS",
       ECCV 2020.

    Examples
    --------
    >>> from tagates_sk.baselines import GATESRegressor
    >>> from tagates_sk.datasets import load_nasbench201
    >>> X, y = load_nasbench201(return_X_y=True)
    >>> regressor = GATESRegressor(max_iter=5, random_state=0).fit(X[:80], y[:80])
    >>> regressor.predict(X[80:83]).shape
    (3,)
    """

    _task = REGRESSION
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **_BaseGATES._parameter_constraints,
        **REGRESSION.losses,
    }
