"""Candidates with operations that nothing measured has."""

from __future__ import annotations

import networkx as nx
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from tagates_sk.features import OperationStatistics
from tagates_sk.search import PredictorSearch
from tests.small import chain, ranker


def test_are_proposed_by_predictors_that_would_refuse_them() -> None:
    known = [chain("conv"), chain("conv", "conv"), chain("pool"), chain("pool", "conv")]
    new: list[nx.DiGraph] = [chain("attention"), chain("attention", "conv")]
    for predictor in (ranker(), make_pipeline(OperationStatistics(), LinearRegression())):
        search = PredictorSearch([*known, *new], predictor, n_initial=2, random_state=0)
        search.tell(known, [1.0, 2.0, 0.0, 1.5])
        assert len(search.ask(2)) == 2
    assert ranker().handle_unknown == "warn"
