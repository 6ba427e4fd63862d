"""DAGNNRanker and DAGNNRegressor: recurrent passes in topological order."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any, ClassVar

from .._utils import Number, RandomState
from ..nn.dagnn import DAGNNEncoder
from ..nn.devices import Device
from ..nn.padded import CellSpec
from ..training.tasks import RANKING, REGRESSION
from ._base import CELLS, NeuralBaseline


class _BaseDAGNN(NeuralBaseline):
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **NeuralBaseline._parameter_constraints,
        "n_members": [Number(Integral, 1, None, closed="left")],
    }
    _input = CELLS
    _n_layers = 2

    def __init__(
        self,
        *,
        n_members: int = 1,
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
        super().__init__(
            n_layers=n_layers,
            layer_dim=layer_dim,
            op_dim=op_dim,
            head=head,
            dropout=dropout,
            loss=loss,
            margin=margin,
            max_pairs=max_pairs,
            optimizer=optimizer,
            learning_rate=learning_rate,
            schedule=schedule,
            weight_decay=weight_decay,
            batch_size=batch_size,
            max_iter=max_iter,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            tol=tol,
            warm_start=warm_start,
            operations=operations,
            handle_unknown=handle_unknown,
            device=device,
            random_state=random_state,
            verbose=verbose,
        )
        self.n_members = n_members

    def _encoder(self, spec: CellSpec, generator: Any) -> tuple[DAGNNEncoder, int]:
        sizes = self.layer_dim, self.n_layers_
        encoder = DAGNNEncoder(spec, self.op_dim, *sizes, self.n_members, generator)
        return encoder, DAGNNEncoder.width(spec, *sizes)


class DAGNNRanker(_BaseDAGNN):
    """Rank architectures by a directed acyclic graph neural network.

    Every operation is a vertex. It waits for the new states of its predecessors, weighs
    them by attention and updates its own state by a gated recurrent unit [1]_. So
    one layer reaches from the inputs to the output, however deep the cell is. Each
    layer passes along the edges and against them; the states where a pass ends and
    the mean states are read out.

    Parameters
    ----------
    n_members : int, default=1
        Members of an ensemble, trained side by side from different initial weights;
        predictions are their means.
    n_layers : int or "auto", default="auto"
        Layers. "auto" is 2.
    %(sizes)s
    %(ranking_loss)s
    %(training)s

    Attributes
    ----------
    %(attributes)s

    See Also
    --------
    DAGNNRegressor : Predicts the performance itself.
    baseline : All baselines by name.

    Notes
    -----
    Where operations are on edges, the graph is the line graph: an operation is
    before another if its destination is the other's source; inputs and output
    are vertices, too. Identity operations are wires, which are vertices with
    an embedding of their own.

    %(notes)s

    References
    ----------
    .. [1] V. Thost and J. Chen, "Directed acyclic graph neural networks",
       ICLR 2021.

    Examples
    --------
    >>> from tagates_sk.baselines import DAGNNRanker
    >>> from tagates_sk.datasets import load_nasbench201
    >>> X, y = load_nasbench201(return_X_y=True)
    >>> ranker = DAGNNRanker(max_iter=20, random_state=0).fit(X[:80], y[:80])
    >>> ranker.score(X[80:380], y[80:380]) > 0.5
    True
    """

    _task = RANKING
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **_BaseDAGNN._parameter_constraints,
        **RANKING.losses,
    }


class DAGNNRegressor(_BaseDAGNN):
    """Predict performance by a directed acyclic graph neural network.

    Every operation is a vertex. It waits for the new states of its predecessors, weighs
    them by attention and updates its own state by a gated recurrent unit [1]_. So
    one layer reaches from the inputs to the output, however deep the cell is. Each
    layer passes along the edges and against them; the states where a pass ends and
    the mean states are read out. Predictions are in the target's units.

    Parameters
    ----------
    n_members : int, default=1
        Members of an ensemble, trained side by side from different initial weights;
        predictions are their means.
    n_layers : int or "auto", default="auto"
        Layers. "auto" is 2.
    %(sizes)s
    %(regression_loss)s
    %(training)s

    Attributes
    ----------
    %(attributes)s

    See Also
    --------
    DAGNNRanker : Trains the order only, which ranks better.
    baseline : All baselines by name.

    Notes
    -----
    Where operations are on edges, the graph is the line graph: an operation is
    before another if its destination is the other's source; inputs and output
    are vertices, too. Identity operations are wires, which are vertices with
    an embedding of their own.

    %(notes)s

    References
    ----------
    .. [1] V. Thost and J. Chen, "Directed acyclic graph neural networks",
       ICLR 2021.

    Examples
    --------
    >>> from tagates_sk.baselines import DAGNNRegressor
    >>> from tagates_sk.datasets import load_nasbench201
    >>> X, y = load_nasbench201(return_X_y=True)
    >>> regressor = DAGNNRegressor(max_iter=5, random_state=0).fit(X[:80], y[:80])
    >>> regressor.predict(X[80:83]).shape
    (3,)
    """

    _task = REGRESSION
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **_BaseDAGNN._parameter_constraints,
        **REGRESSION.losses,
    }
