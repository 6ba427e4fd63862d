"""
Optuna, four processes, one of them killed
==========================================

Sixty real trainings on scikit-learn's digits, spread over four processes that share nothing but a
study in an SQLite file. Each process asks Optuna for the next architecture and its learning rate;
TAGATESSampler proposes the architecture, Optuna's TPE the learning rate. One process is killed in
the midst of a training: its trial counts as failed after some seconds without a heartbeat, and the
others go on. On several machines the same lines run with the URL of a database server.

    python examples/optuna_digits.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import optuna
import torch
from optuna.trial import TrialState
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.nn.functional import cross_entropy

from tagates_sk.integrations.optuna import TAGATESSampler
from tagates_sk.zero_cost import build_network

N_TRIALS = 60
N_WORKERS = 4

# %%
# The architecture: four operations, each on the sum of two earlier results. What no later operation
# reads is summed into the output.

OPERATIONS = ["conv3x3", "conv1x1", "depthwise_conv_3x3", "max_pool_3x3", "avg_pool_3x3"]
N_NODES = 4


def to_dag(params: dict[str, Any]) -> nx.DiGraph:
    """The cell of a dict of parameters."""
    cell = nx.DiGraph()
    cell.add_node(0, op="input")
    for node in range(1, N_NODES + 1):
        cell.add_node(node, op=params[f"op{node}"])
        cell.add_edge(params[f"left{node}"], node)
        cell.add_edge(params[f"right{node}"], node)
    ends = [node for node in cell if not cell.out_degree(node)]
    cell.add_node("out", op="output")
    cell.add_edges_from((end, "out") for end in ends)
    return cell


# %%
# A trial: parameters of the architecture are categorical or integer, and a learning rate beside
# them. Naming the former lets the sampler propose architectures from the first trial on.

SPACE: dict[str, Any] = {
    f"op{node}": optuna.distributions.CategoricalDistribution(OPERATIONS)
    for node in range(1, N_NODES + 1)
} | {
    f"{side}{node}": optuna.distributions.IntDistribution(0, node - 1)
    for node in range(1, N_NODES + 1)
    for side in ("left", "right")
}

digits = load_digits()
images = torch.tensor(digits.images[:, None] / 16.0, dtype=torch.float32)
labels = torch.tensor(digits.target)
TRAIN, VALIDATION = train_test_split(
    np.arange(len(labels)), train_size=400, test_size=600, stratify=labels, random_state=0
)


def objective(trial: optuna.Trial) -> float:
    """Percent of the validation digits that a short training gets right."""
    params = {
        name: trial.suggest_categorical(name, OPERATIONS)
        if name.startswith("op")
        else trial.suggest_int(name, 0, SPACE[name].high)
        for name in SPACE
    }
    learning_rate = trial.suggest_float("learning_rate", 3e-3, 1e-1, log=True)
    network = build_network(
        to_dag(params), skeleton="nasbench101", stem_channels=8, n_stages=2, in_channels=1,
        random_state=trial.number,
    )  # fmt: skip
    optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
    random = np.random.RandomState(trial.number)
    network.train()
    for _ in range(4):
        for batch in np.array_split(random.permutation(TRAIN), 8):
            optimizer.zero_grad()
            cross_entropy(network(images[batch]), labels[batch]).backward()
            optimizer.step()
    with torch.no_grad():
        right = network.eval()(images[VALIDATION]).argmax(1) == labels[VALIDATION]
    return 100 * float(right.double().mean())


# %%
# A worker is a process that runs this. All have one seed: what a trial proposes depends on its
# number, too.


def open_study(url: str) -> optuna.Study:
    """The study in a storage that notices when a worker is gone."""
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = optuna.storages.RDBStorage(url, heartbeat_interval=1, grace_period=8)
    return optuna.create_study(
        study_name="digits", storage=storage, direction="maximize", load_if_exists=True,
        sampler=TAGATESSampler(to_dag, search_space=SPACE, n_startup_trials=15, seed=0),
    )  # fmt: skip


def work(url: str) -> None:
    """Run trials until enough are complete."""
    torch.set_num_threads(1)
    enough = optuna.study.MaxTrialsCallback(N_TRIALS, states=(TrialState.COMPLETE,))
    open_study(url).optimize(objective, callbacks=[enough])


def main() -> None:
    """Start the workers, kill one, and look at what they found."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'digits.db'}"
        study = open_study(url)
        command = [sys.executable, "-W", "ignore", __file__, url]
        workers = [subprocess.Popen(command) for _ in range(N_WORKERS)]
        try:
            while len(study.get_trials(states=[TrialState.COMPLETE])) < 10:
                time.sleep(0.2)
            workers[0].kill()
            for worker in workers:
                worker.wait()
        finally:
            for worker in workers:
                worker.kill()
        report(study)
    print(f"{time.perf_counter() - start:.0f} s in all")


def report(study: optuna.Study) -> None:
    """What became of the trials, and the best."""
    trials = study.get_trials()
    done = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    lost = [trial.number for trial in trials if trial.state != TrialState.COMPLETE]
    print(f"{len(done)} trials complete; lost with the worker that was killed: {lost}")
    guided = [trial for trial in done if "tagates_mean" in trial.user_attrs]
    random = [trial for trial in done if "tagates_mean" not in trial.user_attrs]
    for name, group in (("random", random), ("guided", guided)):
        values = [trial.value for trial in group]
        print(f"{name}: {len(group)} trials, median {np.median(values):.1f}%")
    print(f"best: {study.best_value:.1f}% with {study.best_params}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        work(sys.argv[1])
    else:
        main()
