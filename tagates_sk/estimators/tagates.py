"""TAGATESRanker and TAGATESRegressor: rank architectures and predict their performance."""

from __future__ import annotations

from typing import Any, ClassVar

from ..training.tasks import RANKING, REGRESSION
from .base import BaseTAGATES


class TAGATESRanker(BaseTAGATES):
    """Rank architectures from their graphs.

    The score is a weighted mean of several members: TA-GATES encoders, which mimic an
    architecture's training on its own graph [1]_; asynchronous and, with more than 100
    labels, recurrent networks; two Gaussian processes and boosted trees on statistics
    of the graph. Each member is weighted by its errors on labels that it has not seen
    [2]_.

    Only the order of scores matters; the highest is the predicted best. With
    several columns of y, or with `conditions`, the encoders predict alone.

    Parameters
    ----------
    %(encoder)s
    %(ranking_loss)s
    %(tagates_training)s

    Attributes
    ----------
    %(attributes)s
    composition_ : Composition or None
        The fitted members and their weights. None if the encoders predict alone.
    conditions_ : KnownConditions or None
        Training conditions seen in fit; ``conditions_.seen[0]`` is the reference.
    column_weights_ : ndarray of float64, shape (n_targets, n_members)
        Weight of each column of y in the loss of each encoder.
    pretrained_ : EncoderState
        Weights, sizes and vocabulary of the encoder that `pretrain` trained.
        Only set by `pretrain`.
    std_scale_ : float
        Factor for the encoders' standard deviations; always 1, as scores have no unit.

    See Also
    --------
    TAGATESRegressor : Predicts the performance itself, with error bars.
    paper_config : Parameters of the published configurations.

    Notes
    -----
    %(notes)s

    References
    ----------
    .. [1] X. Ning, Z. Zhou, J. Zhao, T. Zhao, Y. Deng, C. Tang, S. Liang,
       H. Yang, Y. Wang, "TA-GATES: An Encoding Scheme for Neural Network
       Architectures", NeurIPS 2022.
    .. [2] J. M. Bates, C. W. J. Granger, "The Combination of Forecasts",
       Operational Research Quarterly 20, 1969.

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
    """Predict the performance of architectures from their graphs.

    It blends the same members as :class:`TAGATESRanker`: TA-GATES encoders [1]_,
    asynchronous and recurrent networks, two Gaussian processes and boosted trees. An
    increasing map turns the blended scores into the units of y, so both
    estimators rank alike.

    With ``members="encoder"``, several columns of y, or `conditions`, the
    encoders predict alone and learn the standardised target by squared error.

    Parameters
    ----------
    %(encoder)s
    %(regression_loss)s
    %(tagates_training)s

    Attributes
    ----------
    %(attributes)s
    composition_ : Composition or None
        The fitted members and their weights. None if the encoders predict alone.
    conditions_ : KnownConditions or None
        Training conditions seen in fit; ``conditions_.seen[0]`` is the reference.
    column_weights_ : ndarray of float64, shape (n_targets, n_members)
        Weight of each column of y in the loss of each encoder.
    pretrained_ : EncoderState
        Weights, sizes and vocabulary of the encoder that `pretrain` trained.
        Only set by `pretrain`.
    std_scale_ : float
        Factor for the standard deviation over the encoders, if they predict alone. With
        `bootstrap`: quantiles of the absolute errors of encoders that have not seen an
        architecture, in units of the spread of all encoders, divided by the same
        quantiles of a normal distribution; their mean at 50 to 90%%. It is 1 without
        `bootstrap`, or with fewer than ten such architectures.

    See Also
    --------
    TAGATESRanker : Predicts scores without a unit.
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
