"""TAGATESSampler in studies of Optuna."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import make_pipeline

optuna = pytest.importorskip("optuna")

from optuna.distributions import (  # noqa: E402
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState  # noqa: E402

from tagates_sk.datasets import load_nasbench201  # noqa: E402
from tagates_sk.features import OperationStatistics  # noqa: E402
from tagates_sk.graphs import InvalidArchitectureError  # noqa: E402
from tagates_sk.integrations.optuna import TAGATESSampler  # noqa: E402
from tagates_sk.integrations.optuna.grid import Grid  # noqa: E402
from tagates_sk.integrations.optuna.known import known  # noqa: E402
from tagates_sk.search.candidates import structures  # noqa: E402
from tagates_sk.spaces import NASBench201  # noqa: E402

optuna.logging.set_verbosity(optuna.logging.WARNING)

OPERATIONS = ["conv", "pool", "skip_connect"]
EDGES = [(0, 1), (0, 2), (1, 2)]
SPACE = {f"{u}{v}": CategoricalDistribution(OPERATIONS) for u, v in EDGES}
WORTH = {"conv": 3.0, "pool": 1.0, "skip_connect": 0.0}


def to_dag(params: dict[str, Any]) -> nx.DiGraph:
    dag = nx.DiGraph()
    for u, v in EDGES:
        dag.add_edge(u, v, op=params[f"{u}{v}"])
    return dag


def objective(trial: Any) -> float:
    return sum(WORTH[trial.suggest_categorical(name, OPERATIONS)] for name in SPACE)


def forest(**parameters: Any) -> TAGATESSampler:
    """A sampler with a predictor that is fitted in milliseconds."""
    predictor = make_pipeline(OperationStatistics(), RandomForestRegressor(5))
    settings = {"predictor": predictor, "n_startup_trials": 4, "seed": 0}
    return TAGATESSampler(to_dag, **settings | parameters)


def study(sampler: Any, direction: str = "maximize", **parameters: Any) -> Any:
    return optuna.create_study(sampler=sampler, direction=direction, **parameters)


def params_of(study: Any) -> list[dict[str, Any]]:
    return [trial.params for trial in study.trials]


def structures_of(study: Any) -> list[Any]:
    return structures([to_dag(params) for params in params_of(study)])


def test_the_best_of_nasbench201() -> None:
    """Six categorical parameters; random search needs hundreds of trials."""
    bunch, space = load_nasbench201(), NASBench201()
    accuracies = dict(zip(map(bytes, bunch.dags.table), bunch.target, strict=True))
    operations = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]
    edges = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]

    def cell(params: dict[str, Any]) -> nx.DiGraph:
        dag = nx.DiGraph()
        dag.add_edges_from((*edge, {"op": params[str(edge)]}) for edge in edges)
        return dag

    def accuracy(trial: Any) -> float:
        params = {str(e): trial.suggest_categorical(str(e), operations) for e in edges}
        return float(accuracies[bytes(space.to_digits(space.from_dag(cell(params))))])

    def stop(search: Any, trial: Any) -> None:
        if search.best_value >= bunch.target.max() - 0.1:
            search.stop()

    trials = []
    for seed in range(3):
        search = study(TAGATESSampler(cell, seed=seed))
        search.optimize(accuracy, n_trials=80, callbacks=[stop])
        trials.append(len(search.trials))
    assert np.median(trials) <= 40


def test_no_architecture_twice_until_there_are_no_others() -> None:
    grid = Grid(SPACE)
    everything = set(structures([to_dag(grid.params(point)) for point in grid.everything()]))
    search = study(forest(search_space=SPACE))
    search.optimize(objective, n_trials=len(everything))
    assert set(structures_of(search)) == everything
    search.optimize(objective, n_trials=3)
    assert len(search.trials) == len(everything) + 3
    assert search.best_value == 9.0


def test_without_a_search_space_it_is_what_finished_trials_share() -> None:
    search = study(forest())
    search.optimize(objective, n_trials=15)
    assert len(set(structures_of(search))) == 15
    assert search.best_value == 9.0


def test_directions() -> None:
    up, down = study(forest()), study(forest(), "minimize")
    up.optimize(objective, n_trials=10)
    down.optimize(lambda trial: -objective(trial), n_trials=10)
    assert params_of(up) == params_of(down)
    name = "tagates_mean"
    assert [t.user_attrs.get(name) for t in up.trials][5:] == pytest.approx(
        [-t.user_attrs[name] for t in down.trials[5:]]
    )


def test_seeds() -> None:
    found = []
    for seed in (0, 0, 1):
        search = study(forest(seed=seed))
        search.optimize(objective, n_trials=8)
        found.append(params_of(search))
    assert found[0] == found[1] != found[2]


def test_a_study_goes_on_as_if_it_had_not_been_stopped(tmp_path: Path) -> None:
    whole = study(forest())
    whole.optimize(objective, n_trials=10)
    for n in (3, 7):
        parts = study(
            forest(), study_name="s", storage=f"sqlite:///{tmp_path}/s.db", load_if_exists=True
        )
        parts.optimize(objective, n_trials=n)
    assert params_of(parts) == params_of(whole)


def test_running_trials_are_not_proposed_again() -> None:
    """Even before their objective has asked for all parameters, and by workers of the same seed."""
    search = study(forest(search_space=SPACE))
    search.optimize(objective, n_trials=4)
    grid = Grid(SPACE)
    for _ in range(12):
        search.sampler = forest(search_space=SPACE)
        search.ask().suggest_categorical("02", OPERATIONS)
    proposed = [trial.system_attrs["tagates:point"] for trial in search.get_trials()]
    assert len(set(structures([to_dag(grid.params(point)) for point in proposed]))) == 16


def test_a_worker_gives_way_to_one_that_proposed_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    search = study(forest(search_space=SPACE))
    search.optimize(objective, n_trials=5)
    sampler, original, calls = search.sampler, search.sampler._propose, []

    def slow(study: Any, trial: Any, random_state: Any) -> Any:
        proposal = original(study, trial, random_state)
        calls.append(proposal.point)
        if len(calls) == 1:  # meanwhile another worker proposes it, too
            monkeypatch.setattr(sampler, "_propose", original)
            other = search.ask()
            study._storage.set_trial_system_attr(
                other._trial_id, "tagates:point", list(proposal.point)
            )
        return proposal

    monkeypatch.setattr(sampler, "_propose", slow)
    mine = search.ask()
    mine.suggest_categorical("01", OPERATIONS)
    assert search.get_trials()[mine.number].system_attrs["tagates:point"] != list(calls[0])


def test_threads() -> None:
    search = study(forest(search_space=SPACE))

    def slow(trial: Any) -> float:
        value = objective(trial)
        time.sleep(0.01)
        return value

    search.optimize(slow, n_trials=16, n_jobs=4)
    assert len(set(structures_of(search))) == 16


def test_failed_trials() -> None:
    """They are not tried again, and nothing is learned from them."""

    def fails(trial: Any) -> float:
        value = objective(trial)
        if trial.params["01"] == "conv":
            raise MemoryError
        return value

    search = study(forest())
    search.optimize(fails, n_trials=16, catch=(MemoryError,))
    states = [trial.state for trial in search.trials]
    assert TrialState.FAIL in states
    assert TrialState.COMPLETE in states
    assert len(set(structures_of(search))) == 16


def test_pruned_trials() -> None:
    def pruned(value: float | None, steps: dict[int, float], point: str) -> Any:
        return optuna.trial.create_trial(
            state=TrialState.PRUNED if value is None else TrialState.COMPLETE,
            value=value, params={"01": point}, distributions={"01": SPACE["01"]},
            intermediate_values=steps,
        )  # fmt: skip

    trials = [
        pruned(5.0, {}, "conv"), pruned(7.0, {}, "pool"), pruned(None, {1: 3.0, 2: 4.0}, "conv"),
        pruned(None, {1: 9.0}, "pool"), pruned(None, {}, "skip_connect"),
        pruned(float("inf"), {}, "skip_connect"),
    ]  # fmt: skip
    for number, trial in enumerate(trials):
        trial.number = number
    grid = Grid({"01": SPACE["01"]})
    now = known(trials, grid, 1.0, 99)
    assert now.values.tolist() == [5.0, 7.0, 4.0, 6.0, 6.0]
    assert now.points == [(0,), (1,), (0,), (1,), (2,)]
    assert now.others == [(2,)]
    assert known(trials, grid, 1.0, 1).values.tolist() == [5.0, 4.0, 5.0, 5.0]
    assert known(trials[2:], grid, 1.0, 99).values.tolist() == [4.0, 9.0]
    assert known(trials[:4], grid, -1.0, 99).values.tolist() == [-5.0, -7.0, -6.0, -9.0]


def test_predictions_are_user_attributes() -> None:
    search = study(TAGATESSampler(to_dag, search_space=SPACE, n_startup_trials=6, seed=0))
    search.optimize(lambda trial: 1e3 + objective(trial), n_trials=14)
    assert all(not trial.user_attrs for trial in search.trials[:6])
    predicted = search.trials[6:]
    errors = [trial.user_attrs["tagates_mean"] - trial.value for trial in predicted]
    assert np.abs(errors).mean() < 3
    assert all(0 < trial.user_attrs["tagates_std"] < 10 for trial in predicted)


def test_a_predictor_without_standard_deviations() -> None:
    search = study(forest())
    search.optimize(objective, n_trials=6)
    assert list(search.trials[-1].user_attrs) == ["tagates_mean"]


def test_parameters_that_are_not_of_the_architecture() -> None:
    asked = []

    def only_edges(params: dict[str, Any]) -> nx.DiGraph:
        asked.append(sorted(params))
        return to_dag(params)

    def with_rate(trial: Any) -> float:
        rate = trial.suggest_float("learning_rate", 1e-4, 1e-1, log=True)
        batch = trial.suggest_int("batch_size", 16, 64)
        return objective(trial) - abs(np.log10(rate) + 2) - batch / 1e3

    predictor = make_pipeline(OperationStatistics(), RandomForestRegressor(5))
    search = study(TAGATESSampler(only_edges, predictor, search_space=SPACE, seed=0))
    search.optimize(with_rate, n_trials=14)
    assert asked
    assert all(names == sorted(SPACE) for names in asked)
    assert len({trial.params["learning_rate"] for trial in search.trials}) == 14
    rates = []
    for _ in range(2):
        own = optuna.samplers.RandomSampler(seed=0)
        search = study(forest(independent_sampler=own, search_space=SPACE))
        search.optimize(with_rate, n_trials=5)
        rates.append([trial.params["learning_rate"] for trial in search.trials])
    assert rates[0] == rates[1]


def test_trials_of_the_queue() -> None:
    search = study(forest(search_space=SPACE))
    mine = dict.fromkeys(SPACE, "conv")
    search.enqueue_trial(mine)
    search.optimize(objective, n_trials=8)
    assert search.trials[0].params == mine
    waiting = dict.fromkeys(SPACE, "pool")
    search.enqueue_trial(waiting)
    assert Grid(SPACE).point(waiting) in known(search.get_trials(), Grid(SPACE), 1.0, 99).others
    search.optimize(objective, n_trials=6)
    assert params_of(search).count(waiting) == 1


def test_parameters_without_an_architecture_are_not_tried() -> None:
    def valid(params: dict[str, Any]) -> Any:
        return None if params["01"] == "pool" else to_dag(params)

    predictor = make_pipeline(OperationStatistics(), RandomForestRegressor(5))
    search = study(TAGATESSampler(valid, predictor, search_space=SPACE, n_startup_trials=4, seed=0))
    search.optimize(objective, n_trials=10)
    assert all(trial.params["01"] != "pool" for trial in search.trials)


def test_a_large_space_is_sampled() -> None:
    """Mutants of the best lead to where random candidates are not."""

    def chain(params: dict[str, Any]) -> nx.DiGraph:
        dag = nx.DiGraph()
        for i in range(12):
            dag.add_edge(i, i + 1, op=OPERATIONS[params[f"op{i}"]])
        return dag

    space = {f"op{i}": IntDistribution(0, 2) for i in range(12)}

    def convolutions(trial: Any) -> float:
        return sum(trial.suggest_int(name, 0, 2) == 0 for name in space)

    predictor = make_pipeline(OperationStatistics(), RandomForestRegressor(20))
    sampler = TAGATESSampler(chain, predictor, search_space=space, n_candidates=60, seed=0)
    search = study(sampler)
    search.optimize(convolutions, n_trials=40)
    assert search.best_value >= 10


WORKER = """
import sys, time, optuna
from tests.integrations.optuna.test_sampler import SPACE, forest, objective
optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.load_study(study_name="s", storage=sys.argv[1], sampler=forest(search_space=SPACE))
def slow(trial):
    value = objective(trial)
    time.sleep(float(sys.argv[2]))
    return value
study.optimize(slow, callbacks=[optuna.study.MaxTrialsCallback(12)])
"""


def test_two_processes_of_which_one_is_killed(tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path}/s.db"
    search = study(None, study_name="s", storage=storage)
    command = [sys.executable, "-W", "ignore", "-c", WORKER, storage]
    with subprocess.Popen([*command, "1000"]) as stuck:
        while not any("tagates:point" in trial.system_attrs for trial in search.get_trials()):
            assert stuck.poll() is None
            time.sleep(0.1)
        stuck.kill()
    subprocess.run([*command, "0"], check=True, timeout=120)
    states = [trial.state for trial in search.get_trials()]
    assert states[0] == TrialState.RUNNING
    assert states.count(TrialState.COMPLETE) == 12
    grid = Grid(SPACE)
    points = [tuple(trial.system_attrs["tagates:point"]) for trial in search.get_trials()]
    assert len(set(structures([to_dag(grid.params(point)) for point in points]))) == 13


def test_errors() -> None:
    with pytest.raises(TypeError, match=r"to_dag=5 is not callable; pass a function"):
        TAGATESSampler(5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"search_space\['lr'\] is FloatDistribution.*Leave other"):
        TAGATESSampler(to_dag, search_space={"lr": FloatDistribution(0, 1)})
    with pytest.raises(ValueError, match="acquisition='pi' is neither a callable nor one"):
        TAGATESSampler(to_dag, acquisition="pi")
    with pytest.raises(ValueError, match="acquisition='ei' needs predictions with a standard dev"):
        forest(acquisition="ei")
    several = optuna.create_study(sampler=forest(), directions=["maximize", "minimize"])
    with pytest.raises(ValueError, match="multi-objective optimization, TAGATESSampler cannot"):
        several.optimize(lambda trial: (1.0, 2.0), n_trials=1)

    def cyclic(params: dict[str, Any]) -> nx.DiGraph:
        dag = to_dag(params)
        dag.add_edge(2, 0, op="conv")
        return dag

    search = study(TAGATESSampler(cyclic, search_space=SPACE))
    with pytest.raises(InvalidArchitectureError, match=r"to_dag\(\{'01': .*\}\) is not an arch"):
        search.optimize(objective, n_trials=1)
