"""TAGATESRanker and TAGATESRegressor: fit and predict over architectures."""

from __future__ import annotations

from typing import Any, ClassVar

from ..training.tasks import RANKING, REGRESSION
from .base import BaseTAGATES


class TAGATESRanker(BaseTAGATES):
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

    _task = RANKING
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseTAGATES._parameter_constraints,
        **RANKING.losses,
    }


class TAGATESRegressor(BaseTAGATES):
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

    _task = REGRESSION
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseTAGATES._parameter_constraints,
        **REGRESSION.losses,
    }
