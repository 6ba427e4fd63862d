"""LSTMRanker and LSTMRegressor: an LSTM over the serialised architecture."""

from __future__ import annotations

from typing import Any, ClassVar

from ..graphs.tokens import Dictionary
from ..nn.lstm import LSTMEncoder
from ..training.tasks import RANKING, REGRESSION
from ._base import SENTENCES, NeuralBaseline


class BaseLSTM(NeuralBaseline):
    """An LSTM that reads a sentence."""

    _input = SENTENCES
    _n_layers = 1

    def _encoder(self, spec: Dictionary, generator: Any) -> tuple[LSTMEncoder, int]:
        encoder = LSTMEncoder(spec, self.op_dim, self.layer_dim, self.n_layers_, generator)
        return encoder, self.layer_dim


class LSTMRanker(BaseLSTM):
    """Rank architectures by an LSTM that reads them word by word.

    For every operation, in an order that the graph's structure alone decides,
    there is a word for its type, one for every node it reads, and one for the
    node it writes. The encoding is the mean of the LSTM's states [1]_.

    Parameters
    ----------
    n_layers : int or "auto", default="auto"
        Layers of the LSTM. "auto" is 1.
    %(sizes)s
    %(ranking_loss)s
    %(training)s

    Attributes
    ----------
    %(attributes)s

    See Also
    --------
    LSTMRegressor : Predicts the performance itself.
    baseline : All baselines by name.

    Notes
    -----
    Nodes between inputs and output are called by their number; those with
    numbers beyond any in fit share the last one's word. Identity operations
    are called wires.

    %(notes)s

    References
    ----------
    .. [1] X. Ning, Y. Zheng, T. Zhao, Y. Wang and H. Yang, "A generic
       graph-based neural architecture encoding scheme for predictor-based NAS",
       ECCV 2020.

    Examples
    --------
    >>> from tagates_sk.baselines import LSTMRanker
    >>> from tagates_sk.datasets import load_nasbench201
    >>> X, y = load_nasbench201(return_X_y=True)
    >>> ranker = LSTMRanker(max_iter=20, random_state=0).fit(X[:80], y[:80])
    >>> ranker.score(X[80:380], y[80:380]) > 0.5
    True
    """

    _task = RANKING
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **NeuralBaseline._parameter_constraints,
        **RANKING.losses,
    }


class LSTMRegressor(BaseLSTM):
    """Predict performance by an LSTM that reads them word by word.

    For every operation, in an order that the graph's structure alone decides,
    there is a word for its type, one for every node it reads, and one for the
    node it writes. The encoding is the mean of the LSTM's states [1]_.
    Predictions are in the target's units.

    Parameters
    ----------
    n_layers : int or "auto", default="auto"
        Layers of the LSTM. "auto" is 1.
    %(sizes)s
    %(regression_loss)s
    %(training)s

    Attributes
    ----------
    %(attributes)s

    See Also
    --------
    LSTMRanker : Trains the order only, which ranks better.
    baseline : All baselines by name.

    Notes
    -----
    Nodes between inputs and output are called by their number; those with
    numbers beyond any in fit share the last one's word. Identity operations
    are called wires.

    %(notes)s

    References
    ----------
    .. [1] X. Ning, Y. Zheng, T. Zhao, Y. Wang and H. Yang, "A generic
       graph-based neural architecture encoding scheme for predictor-based NAS",
       ECCV 2020.

    Examples
    --------
    >>> from tagates_sk.baselines import LSTMRegressor
    >>> from tagates_sk.datasets import load_nasbench201
    >>> X, y = load_nasbench201(return_X_y=True)
    >>> regressor = LSTMRegressor(max_iter=5, random_state=0).fit(X[:80], y[:80])
    >>> regressor.predict(X[80:83]).shape
    (3,)
    """

    _task = REGRESSION
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **NeuralBaseline._parameter_constraints,
        **REGRESSION.losses,
    }
