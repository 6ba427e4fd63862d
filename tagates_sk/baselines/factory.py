"""Baselines by name, with features and settings that suit them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

from ..features import AdjacencyOneHot, OperationStatistics, WalkStatistics
from ..graphs.foreign import echo
from ..graphs.optional import missing
from ..training.normal_scores import NormalScores
from .asynchronous import DAGNNRanker
from .attention import TransformerRanker
from .bounded_process import smooth_process
from .convolution import GCNRanker
from .gates import GATESRanker
from .gaussian_process import WLKernelGP
from .recurrent import LSTMRanker
from .seminas import SemiNASRanker

_BOOSTING: dict[str, Any] = {
    "n_estimators": 500, "learning_rate": 0.05, "max_depth": 4, "subsample": 0.7,
}  # fmt: skip


def baseline(name: str, **parameters: Any) -> Any:
    """Make an unfitted predictor by its name.

    All accept architectures as X; a higher prediction is better. Those on features
    are pipelines within a :class:`~sklearn.compose.TransformedTargetRegressor`: they
    are trained on normal scores of the targets' ranks, which orders architectures
    better, and predict in the units of the target.

    Parameters
    ----------
    name : str
        What to make:

        - ``"gates"``: :class:`GATESRanker`;
        - ``"gcn"``: :class:`GCNRanker`;
        - ``"dagnn"``: :class:`DAGNNRanker`;
        - ``"lstm"``: :class:`LSTMRanker`;
        - ``"nasbowl"``: :class:`WLKernelGP`;
        - ``"seminas"``: :class:`SemiNASRanker`;
        - ``"cate"``: :class:`TransformerRanker`;
        - ``"mlp"``: a perceptron on the adjacency matrix and one-hot operations;
        - ``"random_forest"``, ``"gradient_boosting"``, ``"xgboost"``: trees on
          that and operation statistics; the last needs the package xgboost;
        - ``"operation_statistics"``: a random forest on operation statistics;
        - ``"walk_statistics"``: a Gaussian process on walk statistics.
    **parameters
        Of the estimator; of the last step where the baseline is a pipeline.

    Returns
    -------
    estimator

    Raises
    ------
    ValueError
        If there is no baseline of that name.
    ImportError
        If xgboost is asked for and not installed.

    See Also
    --------
    baseline_names : The names.

    Examples
    --------
    >>> from tagates_sk.baselines import baseline
    >>> from tagates_sk.datasets import load_nasbench201
    >>> from tagates_sk.metrics import kendall_tau
    >>> nb201 = load_nasbench201()
    >>> forest = baseline("operation_statistics", random_state=0)
    >>> forest = forest.fit(nb201.dags[:100], nb201.target[:100])
    >>> kendall_tau(nb201.target[100:400], forest.predict(nb201.dags[100:400])) > 0.6
    True
    """
    if name not in _BASELINES:
        raise ValueError(f"There is no baseline {echo(name)}. The names are {baseline_names()}.")
    return _BASELINES[name](**parameters)


def baseline_names() -> list[str]:
    """Names that :func:`baseline` knows.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from tagates_sk.baselines import baseline_names
    >>> baseline_names()[:4]
    ['cate', 'dagnn', 'gates', 'gcn']
    """
    return sorted(_BASELINES)


def _ranked(*steps: Any) -> Any:
    """A pipeline that is trained on normal scores."""
    return TransformedTargetRegressor(make_pipeline(*steps), transformer=NormalScores())


def _all_features() -> Any:
    return make_union(OperationStatistics(), AdjacencyOneHot(handle_larger="ignore"))


def _mlp(**parameters: Any) -> Any:
    settings = {
        "hidden_layer_sizes": (200, 200), "alpha": 1.0, "max_iter": 1000,
        "tol": 1e-3, "n_iter_no_change": 20,
    }  # fmt: skip
    return _ranked(
        AdjacencyOneHot(handle_larger="ignore"),
        StandardScaler(),
        MLPRegressor(**settings | parameters),
    )


def _forest(features: Callable[[], Any]) -> Callable[..., Any]:
    def make(**parameters: Any) -> Any:
        settings = {"n_estimators": 200, "max_features": 0.33}
        return _ranked(features(), RandomForestRegressor(**settings | parameters))

    return make


def _gradient_boosting(**parameters: Any) -> Any:
    settings = {**_BOOSTING, "max_features": 0.3}
    return _ranked(_all_features(), GradientBoostingRegressor(**settings | parameters))


def _xgboost(**parameters: Any) -> Any:
    try:
        from xgboost import XGBRegressor
    except ImportError as error:
        hint = "baseline('gradient_boosting') ranks about as well."
        raise missing("baseline('xgboost')", "xgboost", "xgboost", hint) from error
    settings = {**_BOOSTING, "colsample_bynode": 0.3}
    return _ranked(_all_features(), XGBRegressor(**settings | parameters))


def _walks(**parameters: Any) -> Any:
    # Rows of some 60 standardised columns that hang together are about 8 apart.
    return _ranked(WalkStatistics(), StandardScaler(), smooth_process(8.0, **parameters))


_BASELINES: dict[str, Callable[..., Any]] = {
    "gates": GATESRanker,
    "gcn": GCNRanker,
    "dagnn": DAGNNRanker,
    "lstm": LSTMRanker,
    "nasbowl": WLKernelGP,
    "seminas": SemiNASRanker,
    "cate": TransformerRanker,
    "mlp": _mlp,
    "random_forest": _forest(_all_features),
    "gradient_boosting": _gradient_boosting,
    "xgboost": _xgboost,
    "operation_statistics": _forest(OperationStatistics),
    "walk_statistics": _walks,
}
