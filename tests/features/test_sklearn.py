"""At home in scikit-learn."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import sparse
from sklearn.base import clone
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline, make_union
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from tagates_sk.datasets import load_nasbench201
from tagates_sk.features import (
    AdjacencyOneHot,
    OperationStatistics,
    PathEncoding,
    WeisfeilerLehman,
)
from tagates_sk.metrics import kendall_tau
from tests.small import CELLS, TARGETS

from .transformers import (
    ALL,
    ArrayAdjacency,
    ArrayLabels,
    ArrayPaths,
    ArrayStatistics,
    ArrayWalks,
    dense,
)


@parametrize_with_checks(
    [
        ArrayAdjacency(),
        ArrayPaths(),
        ArrayPaths(sparse_output=False),
        ArrayLabels(),
        ArrayLabels(sparse_output=False),
        ArrayStatistics(),
        ArrayWalks(),
    ]
)
def test_over_arrays(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)


@pytest.mark.parametrize("transformer", ALL, ids=repr)
def test_pickle_and_clone(transformer: Any) -> None:
    fitted = clone(transformer).fit(CELLS)
    rows = dense(fitted.transform(CELLS))
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(dense(again.transform(CELLS)), rows)
    assert np.array_equal(again.get_feature_names_out(), fitted.get_feature_names_out())
    assert not hasattr(clone(fitted), "operations_")
    assert not get_tags(fitted).input_tags.two_d_array


@pytest.mark.parametrize("transformer", ALL, ids=repr)
def test_pandas(transformer: Any) -> None:
    transformer = clone(transformer).set_output(transform="pandas")
    if getattr(transformer, "sparse_output", False):
        with pytest.raises(ValueError, match="sparse"):
            transformer.fit_transform(CELLS)
        transformer.set_params(sparse_output=False)
    table = transformer.fit_transform(CELLS)
    assert isinstance(table, pd.DataFrame)
    assert list(table.columns) == list(transformer.get_feature_names_out())
    assert not table.columns.str.contains(r"[\[\]<,:{}\"]").any()  # gradient boosting refuses them


def test_sparse_forms() -> None:
    assert sparse.isspmatrix_csr(PathEncoding().fit_transform(CELLS))
    if "sparse_interface" in sklearn.get_config():
        with sklearn.config_context(sparse_interface="sparray"):
            assert isinstance(WeisfeilerLehman().fit_transform(CELLS), sparse.csr_array)


@pytest.mark.parametrize("transformer", ALL, ids=repr)
def test_pipeline(transformer: Any) -> None:
    model = make_pipeline(clone(transformer), Ridge())
    model[0].set_params(operations=["avg_pool_3x3", "nor_conv_1x1", "nor_conv_3x3", "skip_connect"])
    assert np.isfinite(cross_val_score(model, CELLS, TARGETS, cv=2)).all()


def test_grid_search_and_union() -> None:
    union = make_union(OperationStatistics(), WeisfeilerLehman(), AdjacencyOneHot())
    forest = RandomForestRegressor(n_estimators=5, random_state=0)
    search = GridSearchCV(
        make_pipeline(union, forest),
        {"featureunion__weisfeilerlehman__n_iter": [0, 1]},
        cv=2,
        error_score="raise",
    )
    assert search.fit(CELLS, TARGETS).predict(CELLS).shape == TARGETS.shape
    names = search.best_estimator_[0].get_feature_names_out()
    assert "operationstatistics__count(nor_conv_3x3)" in names


def test_few_real_cells() -> None:
    X, y = load_nasbench201(return_X_y=True)
    random = np.random.RandomState(0)
    rows = random.permutation(len(y))
    train, test = rows[:78], rows[78:1078]
    model = make_pipeline(OperationStatistics(), RandomForestRegressor(random_state=0))
    model.fit(X[train], y[train])
    assert kendall_tau(y[test], model.predict(X[test])) > 0.7
