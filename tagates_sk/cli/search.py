"""``tagates search``: which architectures to measure next."""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..search import FailedEvaluationWarning, PredictorSearch
from .errors import UserError, explained
from .files import SPACES, ArchitectureFile, check_output, require_some, writer
from .options import (
    TAGATES,
    add_estimator_options,
    add_input_options,
    add_seed_option,
    make_estimator,
    new_command,
    parse_settings,
    read_input,
)

SUMMARY = "Propose the architectures to measure next."
EXAMPLES = """\
  touch log.jsonl
  tagates search log.jsonl --space nasbench201 -n 10 >> log.jsonl
  ... measure them, write the values in place of null, and again:
  tagates search log.jsonl --space nasbench201 -n 10 >> log.jsonl

  tagates search log.jsonl --candidates pool.jsonl --estimator nasbowl --acquisition ucb

The file is all the state there is. Its architectures, also those without a value yet
(null) and those whose training failed (null for good), are not proposed again. The
first proposals are random, those that follow are what the fitted predictor promises
most of. Proposals are written as JSON lines with the value null.
"""


def add_command(commands: Any) -> None:
    """Add the command to the parser."""
    parser = new_command(commands, "search", run, SUMMARY, EXAMPLES)
    parser.add_argument("file", help="architectures measured so far; may be empty")
    add_input_options(parser, values=True)
    parser.add_argument("--candidates", metavar="FILE", help="choose from these architectures")
    parser.add_argument("-n", type=int, default=10, help="how many to propose (default: 10)")
    parser.add_argument(
        "--n-initial", type=int, default=10, metavar="N", help="random ones first (default: 10)"
    )
    parser.add_argument(
        "--acquisition",
        choices=["auto", "mean", "ucb", "ei", "thompson"],
        default="auto",
        help="what makes a candidate promising: the predicted order, an upper confidence bound, "
        "the expected improvement (the default where the estimator has standard deviations), a "
        "Thompson sample; all but the first need an estimator with standard deviations",
    )
    parser.add_argument(
        "--direction",
        choices=["maximize", "minimize"],
        default="maximize",
        help="which values are the best (default: maximize); minimize for a latency or a loss",
    )
    add_estimator_options(parser)
    add_seed_option(parser)
    parser.add_argument("--out", default="-", metavar="JSONL", help="default: standard output")


def run(args: argparse.Namespace) -> None:
    """Tell the search what is known, ask, write.

    Raises
    ------
    UserError
        If a file or an option is wrong.
    """
    check_output(args.out, args.file, args.candidates)
    if args.space is None and args.candidates is None:
        raise UserError(f"expected --space {{{','.join(SPACES)}}} or --candidates FILE.")
    settings = parse_settings(args.settings)
    predictor = None  # the search knows best
    if settings or args.estimator != TAGATES:
        predictor = make_estimator(args.estimator, settings, args.seed)
    known = read_input(args.file, args)
    pool = None
    if args.candidates is not None:
        pool = read_input(args.candidates, args)
        require_some(pool)
    with explained(()):
        search = PredictorSearch(
            SPACES[args.space] if pool is None else pool.architectures,
            predictor,
            acquisition=args.acquisition,
            n_initial=args.n_initial,
            direction=args.direction,
            # Each call draws anew, and the same call the same.
            random_state=np.random.RandomState([args.seed, len(known.lines)]),
        )
    if known.lines:
        with explained(known.places), warnings.catch_warnings():
            # No value yet is as good as failed: it is not proposed again.
            warnings.simplefilter("ignore", FailedEvaluationWarning)
            search.tell(known.architectures, known.values)
    with explained(()):
        proposed = search.ask(args.n)
    forms = _native(proposed, args.space) if pool is None else _chosen(proposed, pool)
    with writer(args.out) as out:
        for form in forms:
            print(json.dumps({args.architecture_key: form, args.value_key: None}), file=out)


def _native(proposed: Sequence[Any], space: str) -> list[Any]:
    return [SPACES[space].from_dag(dag) for dag in proposed]


def _chosen(proposed: Any, pool: ArchitectureFile) -> list[Any]:
    """The proposals as the file of candidates writes them."""
    return [pool.forms[row] for row in proposed.rows]
