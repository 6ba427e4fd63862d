"""``tagates benchmark``: estimators on identical subsets."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from tqdm import tqdm

from .. import datasets
from .._utils import Floats, tolerate_unknown_operations
from ..metrics import kendall_tau, precision_at_k, spearman_rho
from ..search.fitting import whole_fit
from .errors import UserError, explained, say
from .files import check_output, require_some, require_values, table, writer
from .names import DATASETS
from .options import keys_of, make_estimator, read_input

COLUMNS = (
    "data", "estimator", "n", "seed", "n_test", "kendall_tau", "spearman_rho",
    "precision_at_10_percent", "fit_seconds", "predict_seconds",
)  # fmt: skip


@dataclass(frozen=True)
class _Data:
    """Measured architectures, and which of them to train and to test on."""

    name: str
    architectures: Any
    values: Floats
    train: NDArray[np.intp]
    test: NDArray[np.intp] | None
    """None for all that are not trained on."""
    places: Sequence[str] = ()

    def take(self, rows: NDArray[np.intp]) -> tuple[Any, Sequence[str]]:
        """Some architectures, and their places."""
        places = [self.places[row] for row in rows] if self.places else ()
        return self.architectures[rows], places

    def split(self, n: int, n_test: int | None, seed: int) -> tuple[Any, Any]:
        """Indices of n training architectures and of the test architectures."""
        random = np.random.RandomState(seed)
        shuffled = random.permutation(self.train)
        test = shuffled[n:] if self.test is None else self.test
        if n_test is not None and n_test < len(test):
            # Those of a shipped test half are the same for all seeds.
            test = (random if self.test is None else np.random.RandomState(0)).choice(
                test, n_test, replace=False
            )
        return shuffled[:n], test


def run(args: argparse.Namespace) -> None:
    """Fit every estimator on every subset, write a row as each is done.

    Raises
    ------
    UserError
        If a file or an option is wrong.
    KeyboardInterrupt
        If a fit was interrupted; its row is not written.
    """
    check_output(args.out, args.file)
    for name in args.estimators:
        make_estimator(name, {}, 0)  # raises if there is none
    if args.n_test == 1:
        raise UserError("--n-test 1: one architecture has no order; expected 2 or more.")
    if args.n_jobs == 0:
        raise UserError("--n-jobs 0: expected how many fits at a time, or -1 for one on each core.")
    data = _load(args)
    _check_sizes(data, args.sizes)
    tasks = [
        delayed(_measure)(data, name, n, seed, args.n_test)
        for n in args.sizes
        for seed in range(args.seeds)
        for name in args.estimators
    ]
    results = []
    with writer(args.out) as out:
        rows = table(out, *COLUMNS)
        parallel = Parallel(n_jobs=args.n_jobs, return_as="generator")
        for row in tqdm(parallel(tasks), total=len(tasks), desc="benchmark", disable=None):
            rows.writerow([row[column] for column in COLUMNS])
            out.flush()
            results.append(row)
    _summarise(results)


def _load(args: argparse.Namespace) -> _Data:
    if args.file is None:
        if args.space is not None:
            raise UserError("--space says what is in a --file; a --dataset needs none.")
        bunch = getattr(datasets, DATASETS[args.dataset])()
        return _Data(
            args.dataset, bunch.dags, bunch.target, bunch.train_indices, bunch.test_indices
        )
    file = read_input(args.file, args)
    require_some(file)
    require_values(file, keys_of(args))
    rows = np.arange(len(file.lines))
    return _Data(file.name, file.architectures, file.values, rows, None, file.places)


def _check_sizes(data: _Data, sizes: Sequence[int]) -> None:
    # Two to test on: fewer have no order.
    most = len(data.train) - (2 if data.test is None else 0)
    if most < 2:
        raise UserError(
            f"{data.name}: there are {len(data.train)} architectures in it; expected 4 or more, 2 "
            "to train on and 2 to test on."
        )
    for n in sizes:
        if not 2 <= n <= most:
            raise UserError(
                f"--sizes {n}: {data.name} has {len(data.train)} architectures to train on; "
                f"expected 2 to {most}."
            )


def _measure(data: _Data, name: str, n: int, seed: int, n_test: int | None) -> dict[str, Any]:
    train, test = data.split(n, n_test, seed)
    # The subset may lack an operation of the others.
    estimator = tolerate_unknown_operations(make_estimator(name, {}, seed))
    architectures, places = data.take(train)
    with whole_fit(), explained(places):
        start = time.perf_counter()
        estimator.fit(architectures, data.values[train])
        fitted = time.perf_counter()
    architectures, places = data.take(test)
    with explained(places):
        begun = time.perf_counter()
        scores = estimator.predict(architectures)
        end = time.perf_counter()
    truth = data.values[test]
    return {
        "data": data.name,
        "estimator": name,
        "n": n,
        "seed": seed,
        "n_test": len(test),
        "kendall_tau": round(kendall_tau(truth, scores), 5),
        "spearman_rho": round(spearman_rho(truth, scores), 5),
        "precision_at_10_percent": round(precision_at_k(truth, scores, 0.1), 4),
        "fit_seconds": round(fitted - start, 2),
        "predict_seconds": round(end - begun, 3),
    }


def _summarise(results: Sequence[dict[str, Any]]) -> None:
    say("Kendall's tau, mean ± standard deviation over seeds:")
    for estimator, n in dict.fromkeys((row["estimator"], row["n"]) for row in results):
        tau = [r["kendall_tau"] for r in results if (r["estimator"], r["n"]) == (estimator, n)]
        spread = f" ± {np.std(tau, ddof=1):.3f}" if len(tau) > 1 else ""
        say(f"  {estimator:20s} n={n:<6d} {np.mean(tau):.3f}{spread}")
