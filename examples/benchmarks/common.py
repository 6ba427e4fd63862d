"""What the benchmark scripts share: data, subsets of training cells, resumable results."""

from __future__ import annotations

import csv
import json
import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from tqdm import tqdm

from tagates_sk import TAGATESRanker, Variant
from tagates_sk.datasets import load_nasbench101, load_nasbench201, load_zero_cost_proxies
from tagates_sk.metrics import kendall_tau, precision_at_k, spearman_rho

FIELDS = [
    "space", "target", "protocol", "n", "seed", "setting", "kendall_tau", "spearman_rho",
    "precision_at_1_percent", "fit_seconds", "predict_seconds", "parameters",
]  # fmt: skip


PLAIN: dict[str, Any] = {
    "n_members": 1, "deep_supervision": False, "aggregation": "sum", "margin": 0.03,
    "batch_size": 32,
}  # fmt: skip
"""One encoder, the last pass of which is read, as published: what several tables are of."""


def arguments(parameters: dict[str, Any]) -> dict[str, Any]:
    """Parameters of TAGATESRanker from one table of names, as results list them.

    Switches of the encoder among them go into a Variant.
    """
    switches = {name: parameters[name] for name in Variant().get_params() if name in parameters}
    others = {name: value for name, value in parameters.items() if name not in switches}
    return {**others, "variant": Variant(**switches)}


PROTOCOLS = ("search", "outside", "shifted", "siblings", "random")
"""Where settings may be chosen, see :func:`split`."""


def data(space: str, target: str, zero_cost: bool) -> Any:
    """The benchmark of a search space, as a Bunch."""
    if space == "nasbench201":
        return load_nasbench201(target=target, zero_cost=zero_cost)
    return load_nasbench101(zero_cost=zero_cost)


def split(bunch: Any, protocol: str, n: int, seed: int) -> tuple[Any, Any]:
    """Training and test indices.

    "published": the seed-th random subset of the published training half, and
    the whole published test half. "shuffled": the same of two halves drawn anew
    for each seed from both of these (see :func:`shuffled_halves`); numbers of the
    two are never mixed. The others are for choosing settings and have subsets of
    their own. "search": both from the published training half (its
    first and second part). The rest is of NAS-Bench-101, and tests on cells of
    neither half. "outside": random ones. "shifted": of those with seven
    vertices and nine edges, two into the output, none of them from the input.
    "siblings": see :func:`_siblings`; training cells are of neither half, too,
    and so they are for "random", where all is random.
    """
    train, test = bunch.train_indices, bunch.test_indices
    if protocol == "search":
        train, test = np.array_split(train, 2)
        seed += 1000
    elif protocol == "shuffled":
        train, test = shuffled_halves(train, test, seed)
    elif protocol != "published":
        others = np.setdiff1d(np.arange(len(bunch.target)), np.concatenate([train, test]))
        if protocol == "siblings":
            train, others = _siblings(bunch, others, SIBLINGS[seed % len(SIBLINGS)])
        elif protocol == "shifted":
            others = _shifted(bunch, others)
        shuffled = np.random.RandomState(0).permutation(others)
        test = shuffled[:7290]
        if protocol == "random":
            train = shuffled[7290:]
        seed += 1000
    chosen = np.random.RandomState(seed).permutation(len(train))[:n]
    return train[chosen], test


def shuffled_halves(train: Any, test: Any, seed: int) -> tuple[Any, Any]:
    """Both published halves pooled, permuted with seed 21 + `seed`, and parted again."""
    both = np.random.RandomState(21 + seed).permutation(np.concatenate([train, test]))
    return both[: len(train)], both[len(train) :]


def _shifted(bunch: Any, cells: Any) -> Any:
    """Those of some cells of NAS-Bench-101 that are "shifted"."""
    packed = bunch.dags[cells].packed()
    n_nodes, n_edges = np.diff(packed.node_ptr), np.diff(packed.edge_ptr)
    output = packed.op_ptr[1:] - 1
    return cells[
        (n_nodes == 7)
        & (np.add.reduceat(n_edges, packed.op_ptr[:-1]) == 9)
        & (n_edges[output] == 2)
        & (packed.edge_src[packed.edge_ptr[output]] != 0)
    ]


SIBLINGS = ((3, 5, 6), (3, 4, 6))
"""Vertices with a second edge, for seeds in turn; in the published halves it is (4, 5, 6)."""


def _siblings(bunch: Any, cells: Any, into: Sequence[int]) -> tuple[Any, Any]:
    """A family of cells of NAS-Bench-101, parted as the published halves are.

    The two halves are the 60 graphs of a path through all seven vertices and
    one more edge into each of the last three; the graphs are sorted by where
    these edges come from, beginning with the one into the output, and the first
    30 are for training. A sibling family has the edges into other vertices.
    """
    packed = bunch.dags[cells].packed()
    large = np.diff(packed.node_ptr) == 7
    operations = packed.op_ptr[:-1][large, None] + np.arange(1, 7)  # of all vertices but the input
    first = packed.edge_src[packed.edge_ptr[operations]]
    last = packed.edge_src[packed.edge_ptr[operations + 1] - 1]
    pattern = np.isin(np.arange(1, 7), into)
    in_degrees = np.diff(packed.edge_ptr)[operations]
    chosen = (last == np.arange(6)).all(1) & (in_degrees == 1 + pattern).all(1)
    order = first[chosen][:, pattern][:, ::-1]
    graph = np.unique(order, axis=0, return_inverse=True)[1].ravel()
    family, early = cells[large][chosen], graph <= graph.max() // 2
    return family[early], family[~early]


def task(
    space: str, target: str, protocol: str, n: int, seed: int, setting: str, parameters: str
) -> dict[str, Any]:
    """One run: which cells, how many, and the parameters of the ranker as JSON.

    The ranker is TAGATESRanker; with the setting "statistics" without networks, with
    "proxies" with zero-cost scores and the graphs of all cells.
    """
    return {
        "space": space,
        "target": target,
        "protocol": protocol,
        "n": n,
        "seed": seed,
        "setting": setting,
        "parameters": parameters,
    }


def run(task: dict[str, Any], memory: Path | None = None) -> dict[str, Any]:
    """Fit on a subset, rank the test cells, measure.

    With `memory`, what networks learn without labels is learned once for all
    sizes of a seed, and the row has no time.
    """
    parameters = json.loads(task["parameters"])
    zero_cost = parameters.get("symmetry_breaking") in ("add", "concat")
    bunch = data(task["space"], task["target"], zero_cost)
    train, test = split(bunch, task["protocol"], task["n"], task["seed"])
    start = time.perf_counter()
    given: dict[str, Any] = {}
    if task["setting"] == "statistics":
        parameters["members"] = "statistics"
    elif task["setting"] == "proxies":
        parameters |= {"proxies": load_zero_cost_proxies(task["space"]), "memory": memory}
        # Graphs and scores of all that there is to rank, as in a search; no label of them.
        both = np.concatenate([bunch.train_indices, bunch.test_indices])
        given["X_unlabeled"] = bunch.dags[both]
    model = TAGATESRanker(random_state=task["seed"], **arguments(parameters))
    model.fit(bunch.dags[train], bunch.target[train], **given)
    fitted = time.perf_counter()
    scores = model.predict(bunch.dags[test])
    end = time.perf_counter()
    truth = bunch.target[test]
    return task | {
        "kendall_tau": round(kendall_tau(truth, scores), 5),
        "spearman_rho": round(spearman_rho(truth, scores), 5),
        "precision_at_1_percent": round(precision_at_k(truth, scores, 0.01), 4),
        "fit_seconds": "" if memory else round(fitted - start, 2),
        "predict_seconds": round(end - fitted, 3),
    }


KEY = ("space", "target", "protocol", "n", "seed", "setting", "parameters")
"""What identifies a run."""


def finished(path: Path) -> list[dict[str, Any]]:
    """Rows of an earlier, perhaps interrupted, run."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def drop_torn_line(path: Path) -> None:
    """Cut off a last line that a killed run did not finish."""
    if path.exists():
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(path, whole)


def in_names(dags: Any) -> Any:
    """The same architectures with the numbers beside operations, if any, in their names."""
    space = getattr(dags, "space", None)
    if not getattr(space, "attributes", False):
        return dags
    return type(dags)(type(space)(attributes=False), dags.table)


def run_all(
    tasks: Iterable[dict[str, Any]],
    path: Path,
    n_jobs: int,
    run: Callable[[dict[str, Any]], dict[str, Any] | None] = run,
    fields: Sequence[str] = FIELDS,
    names: Sequence[str] = KEY,
) -> list[dict[str, Any]]:
    """Run what `path` does not hold yet; append each result as it comes.

    `names` are the fields that identify a run. A run that gives None has failed;
    it is tried again the next time.
    """

    def key(row: dict[str, Any]) -> tuple[str, ...]:
        return tuple(str(row[name]) for name in names)

    drop_torn_line(path)
    done = {key(row) for row in finished(path)}
    tasks = list(tasks)
    wanted = [key(task) for task in tasks]
    todo = [task for task in tasks if key(task) not in done]
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = not path.exists() or not path.stat().st_size
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, fields)
        if fresh:
            writer.writeheader()
        parallel = joblib.Parallel(n_jobs=n_jobs, return_as="generator")
        for row in tqdm(parallel(joblib.delayed(run)(t) for t in todo), total=len(todo)):
            if row is not None:
                writer.writerow(row)
                file.flush()
    return [row for row in finished(path) if key(row) in set(wanted)]


def summary(rows: list[dict[str, Any]]) -> list[str]:
    """Mean and standard deviation over the seeds, a line for each setting and size."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        group = (row["space"], row["target"], row["setting"], row["n"])
        groups.setdefault(group, []).append(row)
    lines = []
    for (space, target, setting, n), members in groups.items():
        tau = np.array([float(m["kendall_tau"]) for m in members])
        seconds = [float(m["fit_seconds"]) for m in members if m["fit_seconds"]]
        fit = f"{np.median(seconds):.1f}" if seconds else "?"
        spread = tau.std(ddof=1) if len(tau) > 1 else 0.0
        lines.append(
            f"{space:12s} {target:10s} {setting:28s} n={n:>4s}  tau {tau.mean():.4f} "
            f"± {spread:.4f} (sd of {len(tau)} seeds)  fit {fit} s"
        )
    return lines


def paired(rows: Iterable[dict[str, Any]], one: str, other: str, field: str) -> str:
    """Mean ± standard error of a difference of settings in points, paired over seeds.

    Parameters
    ----------
    rows : iterable of dict
        Runs of one size, with "setting", "seed" and `field`.
    one, other : str
        The settings.
    field : str
        What is compared.

    Returns
    -------
    str
        With the number of seeds in brackets; empty without two common seeds.
    """
    values: dict[str, dict[str, float]] = {one: {}, other: {}}
    for row in rows:
        if row["setting"] in values and row[field]:
            values[row["setting"]][row["seed"]] = 100 * float(row[field])
    seeds = values[one].keys() & values[other].keys()
    if len(seeds) < 2:
        return ""
    gains = np.array([values[one][seed] - values[other][seed] for seed in seeds])
    error = gains.std(ddof=1) / np.sqrt(len(gains))
    return f"{gains.mean():+.1f} ± {error:.1f} ({len(gains)})"
