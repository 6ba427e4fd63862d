"""TAGATESPredictor where NASLib's evaluators and optimisers call it."""

import copy
import functools
import json
import pickle
import sys
from dataclasses import replace
from time import process_time
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from tagates_sk import TAGATESRanker
from tagates_sk.baselines import SemiNASRanker, WLKernelGP, baseline
from tagates_sk.datasets import load_nasbench201
from tagates_sk.features import OperationStatistics
from tagates_sk.graphs import InvalidArchitectureError
from tagates_sk.integrations.naslib import TAGATESPredictor, ensemble_members, graphs, to_dag
from tagates_sk.metrics import kendall_tau
from tagates_sk.spaces import NASBench101, NASBench201
from tests.integrations.naslib.standins import (
    NB201,
    ONE_OF_EACH,
    EncodingType,
    Ensemble,
    Graph,
    Micro,
    PredictorEvaluator,
    ZCEnsembleEvaluator,
    bananas,
    padded,
)
from tests.small import ranker

DATA = load_nasbench201()
ACCURACY = dict(zip(map(bytes, DATA.dags.table), DATA.target, strict=True))


def accuracy(graph: NB201) -> float:
    """CIFAR-10 accuracy of a cell."""
    digits = NASBench201().to_digits(NASBench201().from_dag(to_dag(graph, "nasbench201")))
    return float(ACCURACY[bytes(digits)])


def predictor(**parameters: Any) -> TAGATESPredictor:
    return TAGATESPredictor(ranker(max_iter=20), ss_type="nasbench201", **parameters)


def cells(n: int, seed: int = 0) -> list[NB201]:
    generator = np.random.RandomState(seed)
    return [NB201(generator.randint(5, size=6)) for _ in range(n)]


X, Y = cells(20), [accuracy(graph) for graph in cells(20)]


def test_predictor_evaluator_ranks_above_chance() -> None:
    evaluator = PredictorEvaluator(
        TAGATESPredictor(ranker(max_iter=40, learning_rate=1e-2)), NB201(), accuracy
    )
    results = evaluator.evaluate([20, 40, 60], test_size=200)
    assert [scores.dtype for scores, _, _ in results] == [np.float64] * 3
    assert [scores.shape for scores, _, _ in results] == [(200,)] * 3
    scores, truth, hyperparams = results[-1]
    assert kendall_tau(truth, scores) > 0.5
    assert hyperparams["max_iter"] == 40
    assert json.loads(json.dumps(hyperparams, allow_nan=False)) == hyperparams


def test_a_fit_forgets_the_last_one() -> None:
    once, twice = predictor(), predictor().fit(X, Y)
    twice.fit(X[:10], Y[:10], None)
    np.testing.assert_array_equal(once.fit(X[:10], Y[:10]).query(X), twice.query(X, None))
    assert twice.estimator_ is not twice.estimator
    assert not hasattr(twice.estimator, "model_")


def test_bananas_with_an_ensemble() -> None:
    member = TAGATESPredictor(
        make_pipeline(OperationStatistics(), RandomForestRegressor(20)), ss_type="nasbench201"
    )
    found = bananas(
        lambda: [copy.deepcopy(member) for _ in range(3)],
        NB201(),
        accuracy,
        n_initial=15,
        rounds=3,
        seed=0,
    )
    assert len(found) == 27
    assert np.median(found[-12:]) > np.median(found[:15])


def test_zc_ensemble_evaluator() -> None:
    """NAS-Bench-Suite-Zero: encodings, zero-cost scores beside them, importances at the end."""
    evaluator = ZCEnsembleEvaluator(60, 200, NB201(), accuracy)
    member = TAGATESPredictor(ranker(max_iter=40, learning_rate=1e-2), ss_type="nasbench201")
    scores, truth, importances = evaluator.evaluate(Ensemble([member, copy.deepcopy(member)]))
    assert kendall_tau(truth, scores) > 0.5
    assert importances == {}


def test_one_at_a_time_as_together() -> None:
    fitted = predictor().fit(X, Y)
    unseen = cells(10, seed=1)
    together = fitted.query(unseen)
    one_by_one = np.concatenate([fitted.query([graph], [{}]) for graph in unseen])
    np.testing.assert_allclose(one_by_one, together, rtol=1e-4)
    # NASLib's ZeroCostPredictorEvaluator passes the graph itself, and its images.
    assert [fitted.query(graph, dataloader=()) for graph in unseen] == one_by_one.tolist()


@pytest.mark.slow
def test_latency() -> None:
    """One new architecture in an Ensemble of three, with the default estimator."""
    ensemble = Ensemble(ensemble_members(TAGATESPredictor(random_state=0, ss_type="nasbench201")))
    ensemble.fit(X, Y)
    seconds = []
    for graph in cells(100, seed=2):
        start = process_time()  # other work on the machine does not count
        ensemble.query([graph])
        seconds.append(process_time() - start)
    assert np.median(seconds) < 0.010


def test_members_share_a_fit_and_a_prediction(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = TAGATESPredictor(WLKernelGP(), ss_type="nasbench201")
    calls = []
    for method in ("fit", "query"):
        original = getattr(shared, method)

        def counted(*args: Any, _method: str = method, _original: Any = original, **kw: Any) -> Any:
            calls.append(_method)
            return _original(*args, **kw)

        monkeypatch.setattr(shared, method, counted)
    ensemble = Ensemble(ensemble_members(shared, 5))
    ensemble.fit(X, Y)
    unseen = cells(10, seed=1)
    predicted = np.array([ensemble.query([graph]) for graph in unseen]).squeeze()
    assert calls == ["fit", *["query"] * len(unseen)]
    mean, std = shared.query(unseen, return_std=True)
    np.testing.assert_allclose(predicted.mean(axis=1), mean)
    np.testing.assert_allclose(predicted.std(axis=1), std)
    ensemble.fit(X[:10], Y[:10])  # an answer of the last fit is no answer of this one
    assert not np.allclose(np.mean(ensemble.query(unseen[-1:])), mean[-1])


def test_bananas_with_members_that_share() -> None:
    def ensemble() -> list[Any]:
        return ensemble_members(TAGATESPredictor(WLKernelGP(), ss_type="nasbench201"))

    found = bananas(ensemble, NB201(), accuracy, n_initial=15, rounds=3, seed=0)
    assert len(found) == 27
    assert np.median(found[-12:]) > np.median(found[:15])


def test_members_need_standard_deviations() -> None:
    with pytest.raises(
        TypeError, match=r"TransformedTargetRegressor\.predict has no parameter ret"
    ):
        ensemble_members(TAGATESPredictor(baseline("random_forest")))
    with pytest.raises(ValueError, match="n=1 members have no standard deviation"):
        ensemble_members(TAGATESPredictor(WLKernelGP()), 1)
    with pytest.raises(NotFittedError, match="the first one fits for all"):
        ensemble_members(TAGATESPredictor(WLKernelGP(), ss_type="nasbench201"))[1].query(X)


def test_the_default_predicts_accuracies_in_the_order_of_the_ranker() -> None:
    short = TAGATESPredictor(random_state=0, ss_type="nasbench201")
    short.set_hyperparams({"max_iter": 5})
    unseen = cells(50, seed=1)
    predicted = short.fit(X, Y).query(unseen)
    assert np.abs(predicted - [accuracy(graph) for graph in unseen]).max() < 40
    scores = TAGATESPredictor(TAGATESRanker(max_iter=5, random_state=0), ss_type="nasbench201")
    assert kendall_tau(scores.fit(X, Y).query(unseen), predicted) > 0.999


@pytest.mark.parametrize("missing", [np.nan, np.inf])
def test_a_label_that_is_missing(missing: float) -> None:
    with pytest.raises(ValueError, match=r"ytrain\[2\] is .*\(1 of 3 are not finite\): leave out"):
        predictor().fit(X[:3], [90.0, 91.0, missing])


def test_equal_graphs_are_told_apart() -> None:
    """NASLib's graphs all compare equal."""
    one, other = NB201([2] * 6), NB201([1] * 6)
    assert one == other
    scores = predictor().fit(X, Y).query([one, other])
    assert scores[0] != scores[1]


def test_an_architecture_is_converted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    space = graphs.SPACES["nasbench201"]

    def build(form: Any) -> Any:
        calls.append(form)
        return space.build(form)

    monkeypatch.setitem(graphs.SPACES, "nasbench201", replace(space, build=build))
    graphs.cached_dag.cache_clear()
    fitted = predictor()
    fitted.pre_compute(X, X[:3])
    fitted.fit(X, Y).query(X[:5])
    copy.deepcopy(fitted).query([NB201(tuple(X[0].get_op_indices()))])
    assert len(calls) == len({graph.get_hash() for graph in X})


@pytest.mark.parametrize("graph", ONE_OF_EACH, ids=lambda graph: graph.get_type())
def test_every_search_space(graph: Graph) -> None:
    fitted = TAGATESPredictor(ranker(), ss_type=graph.get_type())
    scores = fitted.fit([graph] * 4, [90.0, 91.0, 92.0, 93.0]).query([graph])
    assert scores.shape == (1,)
    assert np.isfinite(scores).all()


def test_the_space_may_change() -> None:
    """The same hash means another cell in another space."""
    changed = predictor().fit(X, Y)
    changed.set_ss_type("transbench101_micro")
    graphs = [Micro(np.minimum(graph.get_op_indices(), 3)) for graph in X]
    changed.fit(graphs, Y)
    assert "avg_pool_3x3" not in changed.estimator_.operations_


def test_encodings_as_lists() -> None:
    by_graph = predictor().fit(X, Y)
    by_list = predictor(encoding_type=EncodingType.ADJACENCY_ONE_HOT)
    by_list.fit([graph.encode() for graph in X], Y)
    by_list.query(np.array([graph.encode() for graph in X]))
    np.testing.assert_array_equal(by_list.query([graph.encode() for graph in X]), by_graph.query(X))


def test_encodings_of_nasbench101() -> None:
    graphs = [padded(*cell) for cell in NASBench101().sample(20, random_state=0).native()]
    fitted = TAGATESPredictor(ranker(), ss_type="nasbench101").fit(graphs, range(len(graphs)))
    scores = fitted.query([graph.encode() for graph in graphs])
    np.testing.assert_allclose(scores, fitted.query(graphs), rtol=1e-4)


def test_data_requirements() -> None:
    forest = TAGATESPredictor(baseline("random_forest"))
    common = {
        "requires_partial_lc": False, "metric": None, "requires_hyperparameters": False,
        "hyperparams": None,
    }  # fmt: skip
    without = {**common, "unlabeled": False, "unlabeled_factor": None}
    assert forest.get_data_reqs() == without
    assert TAGATESPredictor().get_data_reqs() == without
    with_unlabelled = {**common, "unlabeled": True, "unlabeled_factor": 1}
    assert TAGATESPredictor(SemiNASRanker()).get_data_reqs() == with_unlabelled
    with_proxies = TAGATESPredictor(TAGATESRanker(proxies=OperationStatistics()))
    assert with_proxies.get_data_reqs() == with_unlabelled
    with_proxies.set_hyperparams({"proxies": None})
    assert with_proxies.get_data_reqs() == without


def test_unlabelled_architectures_without_a_use_are_not_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = []
    fit = TAGATESRanker.fit

    @functools.wraps(fit)
    def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
        given.append(kwargs)
        return fit(self, *args, **kwargs)

    monkeypatch.setattr(TAGATESRanker, "fit", watched)
    for proxies in (None, OperationStatistics()):
        ranker = TAGATESRanker(members="statistics", proxies=proxies, random_state=0)
        wrapped = TAGATESPredictor(ranker, ss_type="nasbench201")
        wrapped.set_pre_computations(unlabeled=cells(30, seed=1))
        wrapped.fit(X, Y)
    assert [len(kwargs.get("X_unlabeled", [])) for kwargs in given] == [0, 30]


def test_unlabelled_architectures_are_used() -> None:
    semi = SemiNASRanker(layer_dim=8, op_dim=8, head=(8,), max_iter=2, random_state=0)
    wrapped = TAGATESPredictor(semi, unlabeled_factor=2)
    evaluator = PredictorEvaluator(wrapped, NB201(), accuracy)
    ((with_unlabelled, _, _),) = evaluator.evaluate([10], test_size=5)
    assert len(wrapped._unlabeled) == 20
    assert wrapped.get_data_reqs()["unlabeled_factor"] == 2
    without = TAGATESPredictor(semi)
    without.get_data_reqs = lambda: {"unlabeled": False}  # type: ignore[method-assign]
    ((scores, _, _),) = PredictorEvaluator(without, NB201(), accuracy).evaluate([10], test_size=5)
    assert not np.array_equal(scores, with_unlabelled)
    without.set_pre_computations(unlabeled=X[:4])
    assert len(without._unlabeled) == 4


def test_deep_copies_and_pickles() -> None:
    fitted = predictor().fit(X, Y)
    for twin in (copy.deepcopy(fitted), pickle.loads(pickle.dumps(fitted))):
        np.testing.assert_array_equal(twin.query(X), fitted.query(X))
        twin.fit(X[:5], Y[:5])
    np.testing.assert_array_equal(predictor().fit(X, Y).query(X), fitted.query(X))


def test_members_differ_without_a_seed() -> None:
    template = TAGATESPredictor(ranker(random_state=None), ss_type="nasbench201")
    one, other = (copy.deepcopy(template).fit(X, Y).query(X) for _ in range(2))
    assert not np.array_equal(one, other)


def test_hyperparameters_are_set_and_reset() -> None:
    changed = predictor()
    changed.set_hyperparams({"T": 3, "max_iter": np.int64(2)})
    changed.fit(X, Y)
    assert (changed.estimator_.T, changed.estimator_.n_iter_) == (3, 2)
    assert changed.get_hyperparams()["max_iter"] == 2
    assert type(changed.get_hyperparams()["max_iter"]) is int
    changed.reset_hyperparams()
    assert changed.fit(X, Y).estimator_.T == 2
    changed.set_hyperparams(None)
    assert changed.hyperparams is None


def test_random_hyperparameters() -> None:
    drawn = predictor(random_state=0)
    assert drawn.set_random_hyperparams() == drawn.default_hyperparams
    assert drawn.default_hyperparams["T"] == 2
    first, second = drawn.set_random_hyperparams(), drawn.set_random_hyperparams()
    assert first != second
    assert drawn.get_hyperparams().items() >= second.items()
    again = predictor(random_state=0)
    again.set_random_hyperparams()
    assert again.set_random_hyperparams() == first


def test_hyperparameters_of_a_pipeline() -> None:
    forest = make_pipeline(OperationStatistics(), RandomForestRegressor(5))
    space = {"randomforestregressor__n_estimators": [2, 3]}
    drawn = TAGATESPredictor(forest, ss_type="nasbench201", hyperparameter_space=space)
    assert drawn.set_random_hyperparams() == {"randomforestregressor__n_estimators": 5}
    assert drawn.set_random_hyperparams()["randomforestregressor__n_estimators"] in {2, 3}
    json.dumps(drawn.get_hyperparams(), allow_nan=False)
    plain = TAGATESPredictor(forest, ss_type="nasbench201")
    assert [plain.set_random_hyperparams() for _ in range(2)] == [{}, {}]
    assert None not in plain.get_hyperparams().values()


def test_search_of_hyperparameters() -> None:
    wrapped = predictor(hpo_wrapper=True, random_state=0)
    assert wrapped.get_hpo_wrapper()
    evaluator = PredictorEvaluator(wrapped, NB201(), accuracy)
    ((_, _, hyperparams),) = evaluator.evaluate([20], test_size=5, hpo=2)
    assert wrapped.hyperparams is not None
    assert hyperparams.items() >= wrapped.hyperparams.items()


@pytest.mark.parametrize(
    "estimator",
    [
        ranker(),
        baseline("random_forest", n_estimators=3),
        baseline("nasbowl"),
        make_pipeline(ranker(), Ridge()),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_operations_that_the_fit_did_not_see(estimator: Any) -> None:
    """NASLib's first training sets have five architectures."""
    seen = [NB201([0, 0, 2, 0, 0, 0]), NB201([2, 0, 0, 2, 0, 2]), NB201([2, 1, 2, 2, 0, 0])]
    fitted = TAGATESPredictor(estimator, ss_type="nasbench201").fit(seen, [70.0, 90.0, 80.0])
    assert np.isfinite(fitted.query([NB201([3, 4, 3, 4, 3, 4])])).all()


@pytest.mark.parametrize("name", ["random_forest", "nasbowl"])
def test_other_estimators(name: str) -> None:
    fitted = TAGATESPredictor(baseline(name), ss_type="nasbench201").fit(X, Y)
    assert kendall_tau(Y, fitted.query(X)) > 0.5
    assert fitted.get_hyperparams()


def test_naslib_is_not_imported() -> None:
    assert "naslib" not in sys.modules


def test_repr() -> None:
    assert repr(predictor()).startswith("TAGATESPredictor(TAGATESRanker(")


def test_errors() -> None:
    with pytest.raises(NotFittedError, match="call fit before query"):
        predictor().query(X)
    with pytest.raises(ValueError, match="ss_type=None is none of the search spaces"):
        TAGATESPredictor(ranker()).fit(X, Y)
    with pytest.raises(ValueError, match="ss_type='nb201' is none of the search spaces"):
        predictor().set_ss_type("nb201")
    with pytest.raises(InvalidArchitectureError, match=r"Architecture 1: .*from 0 to 4 are expec"):
        predictor().fit([X[0], NB201([9] * 6)], [90.0, 91.0])
    with pytest.raises(InvalidArchitectureError, match="encoding_type='path' it cannot be turned"):
        predictor(encoding_type=EncodingType.PATH).fit([graph.encode() for graph in X], Y)
    with pytest.raises(ValueError, match="Invalid parameter 'depth'"):
        predictor().set_hyperparams({"depth": 3})
