"""``tagates fit``: from measured architectures to a model."""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..training.trainer import FitInterruptedWarning
from .errors import explained, say
from .files import check_replaced, require_some, require_values
from .models import check_savable, save
from .options import keys_of, make_estimator, parse_settings, read_input


def run(args: argparse.Namespace) -> None:
    """Read, fit, save.

    Raises
    ------
    UserError
        If a file or an option is wrong.
    KeyboardInterrupt
        If the fit was interrupted; what it kept has been saved.
    """
    estimator = make_estimator(args.estimator, parse_settings(args.settings), args.seed, args.task)
    check_replaced(args.out, args.file)
    check_savable(estimator, args.out)
    file = read_input(args.file, args)
    require_some(file)
    require_values(file, keys_of(args))
    start = time.perf_counter()
    with explained(file.places), _interruptions() as interruptions:
        estimator.fit(file.architectures, file.values)
    seconds = time.perf_counter() - start
    save(estimator, args.out)
    say(
        f"fitted {type(estimator).__name__} to {len(file.lines)} architectures in {seconds:.1f} s"
        f"{', as far as it got' if interruptions else ''}: {args.out}"
    )
    if interruptions:
        raise KeyboardInterrupt


@contextmanager
def _interruptions() -> Iterator[list[str]]:
    """What fits in the block say of their interruption; it is shown as well."""
    said: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always", FitInterruptedWarning)
        show = warnings.showwarning

        def note(message: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> None:
            if issubclass(category, FitInterruptedWarning):
                said.append(str(message))
            show(message, category, *rest, **more)

        warnings.showwarning = note
        yield said
