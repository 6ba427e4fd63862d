"""``tagates fit``: from measured architectures to a model."""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..training.trainer import FitInterruptedWarning
from .errors import explained
from .files import check_replaced, require_some, require_values
from .models import check_savable, save
from .options import (
    add_estimator_options,
    add_input_options,
    add_seed_option,
    keys_of,
    make_estimator,
    new_command,
    parse_settings,
    read_input,
)

SUMMARY = "Fit a predictor to measured architectures and save it."
EXAMPLES = """\
  tagates fit measured.jsonl --out ranker.safetensors
  tagates fit cells.csv --space nasbench201 --value-key accuracy --out ranker.safetensors
  tagates fit digits.csv --space nasbench201 --encoding naslib --out ranker.safetensors
  tagates fit measured.jsonl --task regress --seed 1 --set T=3 --out ranker.safetensors
  tagates fit measured.jsonl --estimator random_forest --out forest.joblib

A model goes into a file that holds numbers and text only. A name that ends in .joblib asks
for a pickle, which every estimator can be saved to, and which runs code when it is loaded.

Ctrl-C ends the training early: the best state so far is saved, and the exit status is
130.
"""


def add_command(commands: Any) -> None:
    """Add the command to the parser."""
    parser = new_command(commands, "fit", run, SUMMARY, EXAMPLES)
    parser.add_argument("file", help="architectures with values")
    parser.add_argument(
        "--out", required=True, metavar="MODEL",
        help="where the model goes; a pickle if it ends in .joblib",
    )  # fmt: skip
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
    check_savable(estimator, args.out)
    file = read_input(args.file, args)
    require_some(file)
    require_values(file, keys_of(args))
    start = time.perf_counter()
    with explained(file.places), _interruptions() as interruptions:
        estimator.fit(file.architectures, file.values)
    seconds = time.perf_counter() - start
    save(estimator, args.out)
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
