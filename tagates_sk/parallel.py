"""Work on many architectures by several processes or machines, through joblib."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import islice
from typing import Any

import joblib
import numpy as np
from joblib.externals.loky.process_executor import TerminatedWorkerError
from numpy.typing import NDArray

from ._utils import progress
from .graphs.foreign import echo
from .nn.devices import one_thread

CHUNK = 16384
"""Architectures a task: seconds of work, and many batches of our estimators."""


def run_tasks(tasks: Iterable[Any], n_jobs: int | None, advice: str) -> Iterator[Any]:
    """Results of delayed calls, in order, as they come where the backend can do that.

    Parameters
    ----------
    tasks : iterable of joblib.delayed calls
    n_jobs : int or None
        Workers; None is 1, or what ``joblib.parallel_config`` sets.
    advice : str
        What to do if a worker was killed; the end of the error's message.

    Raises
    ------
    RuntimeError
        If a worker was killed.
    """
    backend, _ = joblib.parallel.get_active_backend()
    streams = getattr(backend, "supports_return_generator", False)
    parallel = joblib.Parallel(n_jobs=n_jobs, return_as="generator" if streams else "list")
    try:
        yield from parallel(tasks)
    except TerminatedWorkerError as error:
        raise RuntimeError(
            f"A worker process was killed, most often for want of memory. {advice}"
        ) from error


def iter_predictions(
    estimator: Any,
    X: Iterable[Any],
    *,
    n_jobs: int | None = None,
    chunk_size: int = CHUNK,
    verbose: int = 0,
    **predict_params: Any,
) -> Iterator[Any]:
    """Predict in parallel, part by part, in order and in bounded memory.

    Parts are predicted by joblib's workers: processes here, or those of a dask
    or ray cluster inside ``joblib.parallel_config(backend=...)``. Each uses one
    CPU thread, so that the numbers do not depend on how many there are.

    Parameters
    ----------
    estimator : fitted estimator or pipeline
        Its ``predict`` is called.
    X : iterable of architectures
        A sequence that can be sliced, or anything that can be iterated over
        once: a generator is read as parts are needed.
    n_jobs : int or None, default=None
        Workers; None is 1, or what ``joblib.parallel_config`` sets.
    chunk_size : int, default=16384
        Architectures per task.
    verbose : int, default=0
        Whether to show a progress bar.
    **predict_params : dict
        Passed on to ``predict``; of `partial`, and of `conditions` unless it is
        a single one, each part gets its own rows.

    Yields
    ------
    ndarray, shape (chunk_size,)
        Predictions of the next part; the last one may be shorter. With
        ``return_std=True`` a tuple of two.

    Raises
    ------
    ValueError
        If `chunk_size` is not a positive integer, or `partial` or `conditions` is
        longer or shorter than X.
    RuntimeError
        If a worker died, naming what to try.

    Examples
    --------
    >>> from tagates_sk import TAGATESRanker
    >>> from tagates_sk.datasets import load_nasbench201
    >>> from tagates_sk.parallel import iter_predictions
    >>> X, y = load_nasbench201(return_X_y=True)
    >>> ranker = TAGATESRanker(max_iter=2, random_state=0).fit(X[:40], y[:40])
    >>> [part.shape for part in iter_predictions(ranker, X[:100], chunk_size=40)]
    [(40,), (40,), (20,)]
    """
    if not isinstance(chunk_size, (int, np.integer)) or chunk_size < 1:
        raise ValueError(f"chunk_size={echo(chunk_size)} must be a positive integer.")
    predict_params = {name: _by_row(name, value) for name, value in predict_params.items()}
    if isinstance(X, Sized):
        _check_rows(len(X), predict_params)
    return _iter(estimator, X, n_jobs, int(chunk_size), verbose, predict_params)


def predict_in_parallel(
    estimator: Any,
    X: Iterable[Any],
    *,
    n_jobs: int | None = None,
    chunk_size: int = CHUNK,
    verbose: int = 0,
    **predict_params: Any,
) -> Any:
    """Predict in parallel; the parts of :func:`iter_predictions` in one array.

    Parameters
    ----------
    estimator : fitted estimator or pipeline
    X : iterable of n architectures
    n_jobs : int or None, default=None
    chunk_size : int, default=16384
    verbose : int, default=0
    **predict_params : dict
        As for :func:`iter_predictions`.

    Returns
    -------
    ndarray, shape (n,)
        With ``return_std=True`` a tuple of two.

    Raises
    ------
    ValueError
        If X is empty, or `chunk_size` is not a positive integer.
    RuntimeError
        If a worker died.

    Examples
    --------
    >>> from tagates_sk import TAGATESRanker
    >>> from tagates_sk.datasets import load_nasbench201
    >>> from tagates_sk.parallel import predict_in_parallel
    >>> X, y = load_nasbench201(return_X_y=True)
    >>> ranker = TAGATESRanker(max_iter=2, random_state=0).fit(X[:40], y[:40])
    >>> predict_in_parallel(ranker, X[:100], chunk_size=50).shape
    (100,)
    """
    parts = list(
        iter_predictions(
            estimator, X, n_jobs=n_jobs, chunk_size=chunk_size, verbose=verbose, **predict_params
        )
    )
    if not parts:
        raise ValueError("X is empty: there is nothing to predict.")
    if isinstance(parts[0], tuple):
        return tuple(np.concatenate(values) for values in zip(*parts, strict=True))
    return np.concatenate(parts)


def _iter(
    estimator: Any,
    X: Iterable[Any],
    n_jobs: int | None,
    chunk_size: int,
    verbose: int,
    predict_params: dict[str, Any],
) -> Iterator[Any]:
    total = -(-len(X) // chunk_size) if isinstance(X, Sequence) else None
    task = joblib.delayed(_predict)
    tasks = (task(estimator, *part) for part in _calls(X, chunk_size, predict_params))
    advice = f"Try again with fewer n_jobs or a smaller chunk_size (now {chunk_size})."
    results = run_tasks(tasks, n_jobs, advice)
    yield from progress(results, verbose, total=total, desc="predict", unit="part")


def _parts(X: Iterable[Any], size: int) -> Iterator[tuple[int, Any]]:
    if isinstance(X, (Sequence, np.ndarray)):
        for start in range(0, len(X), size):
            part = X[start : start + size]
            # joblib leaves a large array with one dask worker, and it is lost if that one dies.
            yield start, list(part) if isinstance(part, np.ndarray) else part
        return
    iterator, start = iter(X), 0
    while part := list(islice(iterator, size)):
        yield start, part
        start += len(part)


class _Rows:
    """A parameter of predict that has a row for each architecture."""

    def __init__(self, values: Any) -> None:
        self.values = values


def _by_row(name: str, value: Any) -> Any:
    if name == "partial" and value is not None:
        return _Rows(np.asarray(value))
    if name == "conditions" and hasattr(value, "__len__"):  # a single one is for all
        return _Rows(list(value))
    return value


def _check_rows(n: int, predict_params: dict[str, Any]) -> None:
    for name, value in predict_params.items():
        if isinstance(value, _Rows) and len(value.values) != n:
            raise ValueError(
                f"X has {n} architectures but {name} has {len(value.values)} rows; one is needed "
                "for each architecture."
            )


def _calls(
    X: Iterable[Any], size: int, predict_params: dict[str, Any]
) -> Iterator[tuple[Any, int, dict[str, Any]]]:
    """Each part of X, where it begins, and what predict is called with beside it."""
    end = 0
    for start, part in _parts(X, size):
        end = start + len(part)
        own = {
            name: value.values[start:end] if isinstance(value, _Rows) else value
            for name, value in predict_params.items()
        }
        yield part, start, own
    _check_rows(end, predict_params)


def _predict(
    estimator: Any, part: Any, start: int, predict_params: dict[str, Any]
) -> NDArray[np.float64] | tuple[NDArray[np.float64], ...]:
    with one_thread():
        try:
            predicted: NDArray[np.float64] = estimator.predict(part, **predict_params)
        except (TypeError, ValueError) as error:
            if start:
                error.args = (f"In the part of X that begins at index {start}: {error}",)
            raise
    return predicted
