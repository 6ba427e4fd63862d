"""TAGATESRanker and TAGATESRegressor: fit and predict over architectures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from scipy.stats import norm

from .._conditions import TrainingCondition
from .._tagates import BaseTAGATES
from .._targets import Floats
from .._tasks import REGRESSION_LOSSES, RankingMixin, RegressionMixin
from ..base import CHUNK
from ..nn.batching import Batches

LEVELS = np.array([0.5, 0.6, 0.7, 0.8, 0.9])
"""Central intervals for which the standard deviations of a regressor are scaled."""

FEWEST = 10
"""Architectures that some members have not seen, below which nothing is scaled."""


class TAGATESRanker(RankingMixin, BaseTAGATES):
    """Rank architectures by a TA-GATES encoding of their graphs.

    The encoder mimics an architecture's training on the architecture's own
    graph [1]_; a head gives a score whose order, not its value, is trained.

    Parameters
    ----------
    %(encoder)s
    %(ranking_loss)s
    %(tagates_training)s

    Attributes
    ----------
    %(attributes)s
    conditions_ : KnownConditions or None
        Conditions of training that fit saw; ``conditions_.seen[0]`` is the reference.
    column_weights_ : ndarray of float64, shape (n_targets, n_members)
        How much the loss of each column of y counts for each member.
    pretrained_ : EncoderState
        Weights of the encoder that `pretrain` trained, its sizes and its
        vocabulary; only after it.
    std_scale_ : float
        1: scores have no unit.

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
    %(tagates_training)s

    Attributes
    ----------
    %(attributes)s
    conditions_ : KnownConditions or None
        Conditions of training that fit saw; ``conditions_.seen[0]`` is the reference.
    column_weights_ : ndarray of float64, shape (n_targets, n_members)
        How much the loss of each column of y counts for each member.
    pretrained_ : EncoderState
        Weights of the encoder that `pretrain` trained, its sizes and its
        vocabulary; only after it.
    std_scale_ : float
        What the standard deviation over the members is multiplied by. With
        `bootstrap`, quantiles of the absolute errors of those that have not seen
        an architecture, in units of the spread of all, over the same quantiles
        of a normal distribution: their mean at 50 to 90%%. Else, and with fewer
        than ten such architectures, 1.

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

    def _in_units_of(
        self, predictions: Floats, conditions: Sequence[TrainingCondition] | None
    ) -> tuple[Floats, Floats]:
        if conditions is None or self.conditions_ is None:
            return super()._in_units_of(predictions, None)
        return self.conditions_.from_reference(predictions, conditions)

    def _std_scale(self, batches: Batches[Any], y: Floats, unseen: Any) -> float:
        members = self._predictions(batches.chunks(CHUNK))[:, -1]
        rows = unseen.any(1) & np.isfinite(y[:, -1])
        if rows.sum() < FEWEST:
            return 1.0
        held_out = np.ma.masked_array(members[rows], ~unseen[rows]).mean(1).filled()
        # The spread is that of all: two or three members agree by chance too often.
        spread = np.maximum(members[rows].std(1, ddof=1), np.finfo(float).tiny)
        ratios = np.quantile(abs(y[rows, -1] - held_out) / spread, LEVELS)
        return float(np.mean(ratios / norm.ppf((1 + LEVELS) / 2)))
