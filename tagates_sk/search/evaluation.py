"""Measure architectures, here or on other machines; some evaluations may fail."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from joblib import Parallel, delayed


def measure_all(
    evaluate: Callable[[Any], float], architectures: Sequence[Any], n_jobs: int | None
) -> Iterator[tuple[int, float, str]]:
    """Evaluate architectures through joblib.

    Parameters
    ----------
    evaluate : callable
        Takes an architecture and returns a number.
    architectures : sequence
        What to evaluate.
    n_jobs : int or None
        Number of parallel evaluations.

    Yields
    ------
    tuple of (int, float, str)
        Index in `architectures`, value, and the error if the value is NaN or infinite.
        Each comes as soon as it is ready, if joblib and its backend allow it.
    """
    tasks = (delayed(_measure)(evaluate, i, architectures[i]) for i in range(len(architectures)))
    yield from _parallel(n_jobs)(tasks)


def _measure(evaluate: Callable[[Any], float], i: int, architecture: Any) -> tuple[int, float, str]:
    try:
        value = float(evaluate(architecture))
    except Exception as error:
        return i, math.nan, f"{type(error).__name__}: {error}"
    return i, value, f"evaluate returned {value}"


def _parallel(n_jobs: int | None) -> Parallel:
    for return_as in ("generator_unordered", "generator"):
        try:
            return Parallel(n_jobs=n_jobs, return_as=return_as)
        except ValueError:  # joblib before 1.4, or a backend without callbacks
            continue
    return Parallel(n_jobs=n_jobs)
