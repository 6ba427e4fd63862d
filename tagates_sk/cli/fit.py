"""``tagates fit``: from measured architectures to a model."""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import joblib

from ..training.trainer import FitInterruptedWarning
from .errors import explained
from .files import check_replaced, read_file, replace_file, require_some, require_values
from .options import (
    add_estimator_options,
    add_input_options,
    add_seed_option,
    make_estimator,
    new_command,
    parse_settings,
)

SUMMARY = "Fit a predictor to measured architectures and save it."
EXAMPLES = """\
  tagates fit measured.jsonl --out model.joblib
  tagates fit cells.jsonl --space nasbench201 --out model.joblib --set T=3 --set max_iter=100
  tagates fit measured.jsonl --value-key test_acc --task regress --seed 1 --out model.joblib
  tagates fit measured.jsonl --estimator random_forest --out forest.joblib
  tagates fit measured.jsonl --set 'head=(100,100)' --out model.joblib

Ctrl-C ends the training early: the best state so far is saved, and the exit status is
130.
"""


def add_command(commands: Any) -> None:
    """Add the command to the parser."""
    parser = new_command(commands, "fit", run, SUMMARY, EXAMPLES)
    parser.add_argument("file", help="architectures with values, JSON lines")
    parser.add_argument("--out", required=True, metavar="MODEL", help="where the model goes")
    add_input_options(parser, values=True)
    add_estimator_options(parser)
    parser.add_argument(
        "--task",
        choices=["rank", "regress"],
        default="rank",
        help="train the order (the default, which ranks better) or the values",
    )
    add_seed_option(parser)


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
    file = read_file(args.file, args.space, args.value_key)
    require_some(file)
    require_values(file, args.value_key)
    start = time.perf_counter()
    with explained(file.places), _interruptions() as interruptions:
        estimator.fit(file.architectures, file.values)
    seconds = time.perf_counter() - start
    replace_file(args.out, lambda file: joblib.dump(estimator, file))
    print(
        f"fitted {type(estimator).__name__} to {len(file.lines)} architectures in {seconds:.1f} s"
        f"{', as far as it got' if interruptions else ''}: {args.out}",
        file=sys.stderr,
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
