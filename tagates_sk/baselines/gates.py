"""GATESRanker and GATESRegressor: one forward pass, nothing updated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from .._tagates import BaseTAGATES
from .._tasks import REGRESSION_LOSSES, RankingMixin, RegressionMixin
from ..nn.devices import Device

_CONSTRAINTS = {
    name: allowed
    for name, allowed in BaseTAGATES._parameter_constraints.items()
    if name not in {
        "T", "s", "symmetry_breaking", "beta", "update", "updated_operations", "stop_gradient",
        "deep_supervision", "aggregation", "features", "n_members", "bootstrap", "anytime",
        "pretrained", "pretrained_learning_rate",
    }
}  # fmt: skip


class _BaseGATES(BaseTAGATES):
    """TA-GATES with T = 1 and all operations of one type alike; what is then idle is fixed."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = _CONSTRAINTS

    T = 1
    s = 0.0
    symmetry_breaking = "none"
    beta = 0.0
    update = "auto"
    updated_operations: str | Sequence[str] = "auto"
    stop_gradient: Sequence[str] = ()
    deep_supervision = False
    aggregation = "sum"
    features = None
    n_members = 1
    bootstrap = False
    anytime = True
    pretrained = None
    pretrained_learning_rate = 0.1

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
        handle_unknown: str = "error",
        device: str | Device = "auto",
        random_state: Any = None,
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


class GATESRanker(RankingMixin, _BaseGATES):
    """Rank architectures by a GATES encoding of their graphs.

    Information flows once from the inputs to the output; every operation gates
    what passes it [1]_. It is TA-GATES with T = 1, without symmetry breaking,
    with ``aggregation="sum"`` and ``n_members=1``.

    Parameters
    ----------
    %(gates_encoder)s
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


class GATESRegressor(RegressionMixin, _BaseGATES):
    """Predict performance by a GATES encoding of architectures' graphs.

    Information flows once from the inputs to the output; every operation gates
    what passes it [1]_. It is TA-GATES with T = 1, without symmetry breaking,
    with ``aggregation="sum"`` and ``n_members=1``; predictions are in the
    target's units.

    Parameters
    ----------
    %(gates_encoder)s
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

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **_CONSTRAINTS,
        **REGRESSION_LOSSES,
    }
