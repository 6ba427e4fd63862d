"""tagates_optimizer in runs of NePS."""

import logging
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import make_pipeline

neps = pytest.importorskip("neps")

from neps.state import Trial  # noqa: E402

import tagates_sk.integrations.neps  # noqa: E402
from tagates_sk.features import OperationStatistics  # noqa: E402
from tagates_sk.graphs import InvalidArchitectureError  # noqa: E402
from tagates_sk.integrations.neps import TAGATESOptimizer, tagates_optimizer  # noqa: E402
from tagates_sk.integrations.neps.optimizer import read_trials  # noqa: E402
from tagates_sk.search.candidates import structures  # noqa: E402
from tests.docs.test_pages import blocks, run  # noqa: E402

OPERATIONS = ("conv", "pool", "skip_connect")
EDGES = [(0, 1), (0, 2), (1, 2)]
WORTH = {"conv": 3.0, "pool": 1.0, "skip_connect": 0.0}

pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:.*:FutureWarning")


def cell(*operations: str) -> tuple[str, ...]:
    return operations


class Space(neps.PipelineSpace):
    _operation = neps.Categorical(OPERATIONS)
    model = neps.Operation(cell, args=(_operation.resample(),) * 3)


class WithRate(neps.PipelineSpace):
    _operation = neps.Categorical(OPERATIONS)
    model = neps.Operation(cell, args=(_operation.resample(),) * 3)
    rate = neps.Float(1e-4, 1.0, log=True)
    epochs = neps.IntegerFidelity(1, 9)


def to_dag(pipeline: dict[str, Any]) -> nx.DiGraph:
    dag = nx.DiGraph()
    for (u, v), op in zip(EDGES, pipeline["model"].args, strict=True):
        dag.add_edge(u, v, op=op)
    return dag


def forest(**settings: Any) -> Any:
    """A fast optimiser: a predictor that is fitted in milliseconds, and few candidates."""
    predictor = make_pipeline(
        OperationStatistics(handle_unknown="ignore"), RandomForestRegressor(5)
    )
    usual = {"predictor": predictor, "n_startup_trials": 4, "n_candidates": 40, "seed": 0}
    return tagates_optimizer(**{"to_dag": to_dag, **usual, **settings})


def chosen(trial: Any) -> tuple[str, ...]:
    """The operations that a config says."""
    return tuple(OPERATIONS[v] for k, v in trial.config.items() if "model" in k)


def loss(trial: Any) -> float:
    return -sum(WORTH[op] for op in chosen(trial))


def asked(n: int, optimizer: Any = None, space: Any = None) -> Any:
    """A run of n trials."""
    run = neps.AskAndTell((optimizer or forest())(space or Space()))
    for _ in range(n):
        trial = run.ask()
        run.tell(trial, loss(trial))
    return run


def structures_of(trials: Any) -> list[Any]:
    made = []
    for trial in trials:
        operation = neps.Operation(cell, args=chosen(trial))
        made.append(to_dag({"model": operation}))
    return structures(made)


def test_no_architecture_twice_until_there_are_no_others() -> None:
    run = asked(15)
    found = structures_of(run.trials.values())
    assert len(set(found)) == 15
    assert min(map(loss, run.trials.values())) == -9.0
    for _ in range(15):
        trial = run.ask()
        run.tell(trial, loss(trial))
    assert len(set(structures_of(run.trials.values()))) < 30


def test_it_reads_operations_by_itself() -> None:
    run = asked(12, forest(to_dag=None))
    assert min(map(loss, run.trials.values())) <= -7.0


def test_seeds() -> None:
    first, same, other = (
        [t.config for t in asked(7, forest(seed=seed)).trials.values()] for seed in (0, 0, 1)
    )
    assert first == same != other


def test_without_a_seed_it_is_pythons_generator() -> None:
    found = []
    for seed in (0, 0, 1):
        random.seed(seed)
        found.append([t.config for t in asked(5, forest(seed=None)).trials.values()])
    assert found[0] == found[1] != found[2]


def test_generators_that_all_share_are_left_as_they_were() -> None:
    random.seed(0)
    before, numpys = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    asked(6)
    assert random.getstate() == before
    assert np.random.get_state()[1].tolist() == numpys  # noqa: NPY002


def test_what_runs_is_not_proposed_again() -> None:
    run = asked(5)
    running = [run.ask() for _ in range(4)]
    assert len(set(structures_of([*run.trials.values()]))) == 9
    assert all(trial.report is None for trial in running)


def test_several_at_once() -> None:
    run = asked(5)
    batch = run.ask(n=4)
    assert [int(trial.id) for trial in batch] == [6, 7, 8, 9]
    assert len(set(structures_of(run.trials.values()))) == 9
    assert len(run.ask(n=40)) == 40


def test_failed_trials_are_neither_learned_from_nor_tried_again() -> None:
    run = neps.AskAndTell(forest()(Space()))
    for i in range(12):
        trial = run.ask()
        result = [RuntimeError("no memory"), float("nan"), loss(trial)][i % 3]
        run.tell(trial, result)
    assert len(set(structures_of(run.trials.values()))) == 12
    now = read_trials(run.trials)
    assert len(now.values) == 4
    assert len(now.others) == 8


def test_the_state_of_trials() -> None:
    run = asked(3)
    waiting, lost = run.ask(), run.ask()
    lost.set_corrupted()
    now = read_trials(run.trials)
    assert now.configs[3:] == [waiting.config]
    assert now.others == [lost.config]
    assert now.values.tolist() == [-loss(t) for t in list(run.trials.values())[:3]]


def test_several_objectives_are_refused() -> None:
    run = asked(2)
    trial = run.trials["2"]
    trial.report = replace(trial.report, objective_to_minimize=[1.0, 2.0])
    with pytest.raises(
        ValueError, match="Trial 2 has 2 objectives; tagates_optimizer minimises one"
    ):
        run.ask()


def test_parameters_beside_the_architecture_and_fidelities() -> None:
    run = asked(12, space=WithRate())
    configs = [trial.config for trial in run.trials.values()]
    assert {config["ENVIRONMENT__epochs"] for config in configs} == {9}
    rates = [v for config in configs for k, v in config.items() if "rate" in k]
    assert len(rates) == 12
    assert len(set(rates)) > 4
    assert len(set(structures_of(run.trials.values()))) == 12


def test_priors_are_where_pipelines_are_drawn() -> None:
    class Sure(neps.PipelineSpace):
        _operation = neps.Categorical(OPERATIONS, prior=0, prior_confidence="high")
        model = neps.Operation(cell, args=(_operation.resample(),) * 3)

    def at_start(space: Any) -> list[str]:
        drawn = [op for s in range(30) for t in [asked(1, forest(seed=s), space)]
                 for op in chosen(t.trials["1"])]  # fmt: skip
        return drawn

    assert at_start(Sure()).count("conv") > at_start(Space()).count("conv") + 10


def test_pipelines_that_are_none_are_not_tried() -> None:
    def picky(pipeline: dict[str, Any]) -> Any:
        dag = to_dag(pipeline)
        return None if "pool" in pipeline["model"].args else dag

    run = asked(8, forest(to_dag=picky))
    assert not any("pool" in chosen(trial) for trial in run.trials.values())
    never = neps.AskAndTell(forest(to_dag=lambda pipeline: None)(Space()))
    with pytest.raises(ValueError, match=r"to_dag returned None for each of 40 pipelines"):
        never.ask()


def test_the_message_has_what_is_no_architecture() -> None:
    run = neps.AskAndTell(forest(to_dag=lambda pipeline: nx.DiGraph([(0, 1), (1, 0)]))(Space()))
    with pytest.raises(
        InvalidArchitectureError, match=r"The result of to_dag for \[\d, \d, \d\] is not"
    ):
        run.ask()


def test_imported_trials_are_learned_from(tmp_path: Path) -> None:
    done = asked(6)
    evaluated = [(t.config, {"objective_to_minimize": loss(t)}) for t in done.trials.values()]
    optimizer = forest()(Space())
    imported = optimizer.import_trials(evaluated, done.trials)
    assert [one.id for one in imported] == ["7", "8", "9", "10", "11", "12"]
    folder = tmp_path / "run"
    neps.import_trials(evaluated, folder, Space(), optimizer=forest())
    neps.run(
        evaluate,
        Space(),
        root_directory=folder,
        optimizer=forest(),
        worker_evaluations_to_spend=2,
    )
    state = neps.state.NePSState.create_or_load(folder, load_only=True)
    trials = state.lock_and_read_trials()
    assert len(set(structures_of(trials.values()))) == len(trials) == 8


def evaluate(model: tuple[str, ...]) -> float:
    return -sum(WORTH[op] for op in model)


def test_a_run_goes_on_after_failures_and_stops(tmp_path: Path) -> None:
    logging.disable(logging.WARNING)
    folder, calls = tmp_path / "run", []

    def often(model: tuple[str, ...]) -> float:
        calls.append(model)
        if len(calls) % 4 == 3:
            raise RuntimeError("no memory")
        return evaluate(model)

    try:
        for n in (6, 12):
            neps.run(
                often, Space(), root_directory=folder, optimizer=forest(), ignore_errors=True,
                total_evaluations_to_spend=n,
            )  # fmt: skip
    finally:
        logging.disable(logging.NOTSET)
    assert len(calls) == 12
    assert len(set(calls)) == 12
    info = (folder / "optimizer_info.yaml").read_text()
    assert "TAGATESOptimizer" in info
    assert "n_candidates: 40" in info


WORKER = """
import sys, time, logging
sys.path.insert(0, {here!r})
from tests.integrations.neps.test_optimizer import Space, evaluate, forest, neps
def slowly(model):
    time.sleep(0.2)
    return evaluate(model)
folder = sys.argv[1]
neps.run(slowly, Space(), root_directory=folder, optimizer=forest(), total_evaluations_to_spend=12)
"""


def test_several_workers_on_one_folder(tmp_path: Path) -> None:
    here = str(Path(__file__).parents[3])
    command = [sys.executable, "-c", WORKER.format(here=here), str(tmp_path / "run")]

    def work(_: int) -> Any:
        for _ in range(5):  # NePS reads its state without a lock when a worker joins
            done = subprocess.run(command, capture_output=True, text=True, timeout=300)
            if "EOFError" not in done.stderr:
                break
        return done

    with ThreadPoolExecutor(2) as pool:
        for done in pool.map(work, range(2)):
            assert done.returncode == 0, done.stderr[-2000:]
    state = neps.state.NePSState.create_or_load(tmp_path / "run", load_only=True)
    trials = [t for t in state.lock_and_read_trials().values() if t.report is not None]
    assert len(trials) >= 12
    assert len({trial.metadata.evaluating_worker_id for trial in trials}) == 2
    assert len(set(structures_of(trials))) == len(trials)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"to_dag": 3}, TypeError, "to_dag=3 is not callable"),
        ({"acquisition": "best"}, ValueError, "acquisition='best' is neither a callable nor one"),
        ({"acquisition": "ucb"}, ValueError, "std"),
    ],
)
def test_bad_settings_are_refused_before_a_run(
    settings: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as raised:
        forest(**settings)
    assert len(str(raised.value)) <= 300


def test_another_space_is_refused() -> None:
    with pytest.raises(TypeError, match="pipeline_space is a dict; an object of a subclass"):
        forest()({"a": 1})


def test_it_is_what_neps_asks_for() -> None:
    optimizer = forest()(Space())
    assert isinstance(optimizer, TAGATESOptimizer)
    assert optimizer.get_trial_artifacts({}) is None
    assert Trial.State.SUCCESS == "success"


def test_lines_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {"__name__": "page"}
    try:
        for block in blocks("neps.md"):
            run(block, "neps.md", namespace)
    finally:
        logging.disable(logging.NOTSET)
    for folder in ("results", "results_with_graphs"):
        state = neps.state.NePSState.create_or_load(tmp_path / folder, load_only=True)
        reports = [t.report for t in state.lock_and_read_trials().values()]
        assert len(reports) == 20
        assert min(report.objective_to_minimize for report in reports) <= 1.0


def test_all_that_is_public_is_in_the_reference() -> None:
    listed = (Path(__file__).parents[3] / "docs" / "api.rst").read_text(encoding="utf-8").split()
    assert set(tagates_sk.integrations.neps.__all__) <= set(listed)
