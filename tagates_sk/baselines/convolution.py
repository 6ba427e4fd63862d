"""GCNRanker and GCNRegressor: a graph convolutional network over operations."""

from __future__ import annotations

from typing import Any, ClassVar

from ..nn.gcn import GCNEncoder
from ..nn.padded import CellSpec
from ..training.tasks import RANKING, REGRESSION
from ._base import CELLS, NeuralBaseline


class _BaseGCN(NeuralBaseline):
    _input = CELLS
    _n_layers = 4

    def _encoder(self, spec: CellSpec, generator: Any) -> tuple[GCNEncoder, int]:
        encoder = GCNEncoder(spec, self.op_dim, self.layer_dim, self.n_layers_, generator)
        return encoder, spec.n_cells * self.layer_dim


class GCNRanker(_BaseGCN):
    """Rank architectures by a graph convolutional network.

    Every operation is a vertex. Each layer mixes the states of a vertex and of
    its neighbours [1]_, those before and those behind with weights of their own
    [2]_. A vertex that all others have an edge to is read out; the read-outs of
    several cells are put side by side.

    Parameters
    ----------
    n_layers : int or "auto", default="auto"
        Layers. "auto" is 4.
    %(sizes)s
    %(ranking_loss)s
    %(training)s

    Attributes
    ----------
    %(attributes)s

    See Also
    --------
    GCNRegressor : Predicts the performance itself.
    baseline : All baselines by name.

    Notes
    -----
    Where operations are on edges, the graph is the line graph: operations are
    neighbours if one's destination is the other's source; inputs and output
    are vertices, too. Identity operations are wires, which are vertices with
    an embedding of their own.

    %(notes)s

    References
    ----------
    .. [1] T. N. Kipf and M. Welling, "Semi-supervised classification with graph
       convolutional networks", ICLR 2017.
    .. [2] W. Wen, H. Liu, Y. Chen, H. Li, G. Bender and P.-J. Kindermans,
       "Neural predictor for neural architecture search", ECCV 2020.

    Examples
    --------
    >>> from tagates_sk.baselines import GCNRanker
    >>> from tagates_sk.datasets import load_nasbench201
    >>> X, y = load_nasbench201(return_X_y=True)
    >>> ranker = GCNRanker(max_iter=20, random_state=0).fit(X[:80], y[:80])
    >>> ranker.score(X[80:380], y[80:380]) > 0.5
    True
    """

    _task = RANKING
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **NeuralBaseline._parameter_constraints,
        **RANKING.losses,
    }


class GCNRegressor(_BaseGCN):
    """Predict performance by a graph convolutional network.

    Every operation is a vertex. Each layer mixes the states of a vertex and of
    its neighbours [1]_, those before and those behind with weights of their own
    [2]_. A vertex that all others have an edge to is read out; the read-outs of
    several cells are put side by side. Predictions are in the target's units.

    Parameters
    ----------
    n_layers : int or "auto", default="auto"
        Layers. "auto" is 4.
    %(sizes)s
    %(regression_loss)s
    %(training)s

    Attributes
    ----------
    %(attributes)s

    See Also
    --------
    GCNRanker : Trains the order only, which ranks better.
    baseline : All baselines by name.

    Notes
    -----
    Where operations are on edges, the graph is the line graph: operations are
    neighbours if one's destination is the other's source; inputs and output
    are vertices, too. Identity operations are wires, which are vertices with
    an embedding of their own.

    %(notes)s

    References
    ----------
    .. [1] T. N. Kipf and M. Welling, "Semi-supervised classification with graph
       convolutional networks", ICLR 2017.
    .. [2] W. Wen, H. Liu, Y. Chen, H. Li, G. Bender and P.-J. Kindermans,
       "Neural predictor for neural architecture search", ECCV 2020.

    Examples
    --------
    >>> from tagates_sk.baselines import GCNRegressor
    >>> from tagates_sk.datasets import load_nasbench201
    >>> X, y = load_nasbench201(return_X_y=True)
    >>> regressor = GCNRegressor(max_iter=5, random_state=0).fit(X[:80], y[:80])
    >>> regressor.predict(X[80:83]).shape
    (3,)
    """

    _task = REGRESSION
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **NeuralBaseline._parameter_constraints,
        **REGRESSION.losses,
    }
