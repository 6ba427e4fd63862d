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
from .files import ArchitectureFile, check_output, require_some, writer
from .names import SPACES, TAGATES
from .options import make_estimator, parse_settings, read_input, space_of


def run(args: argparse.Namespace) -> None:
    """Tell the search what is known, ask, write.

    Raises
    ------
    UserError
        If a file or an option is wrong.
    """
    check_output(args.out, args.file, args.candidates)
    space = space_of(args)
    if space is None and args.candidates is None:
        raise UserError(f"expected --space {{{','.join(SPACES)}}} or --candidates FILE.")
    settings = parse_settings(args.settings)
    predictor = None  # the search knows best
    if settings or args.estimator != TAGATES:
        predictor = make_estimator(args.estimator, settings, args.seed)
    known = read_input(args.file, args)
    pool: ArchitectureFile | None = None
    source: Any = space
    if args.candidates is not None:
        pool = read_input(args.candidates, args)
        require_some(pool)
        source = pool.architectures
    with explained(()):
        search = PredictorSearch(
            source,
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
    forms = _native(proposed, space) if pool is None else _chosen(proposed, pool)
    with writer(args.out) as out:
        for form in forms:
            print(json.dumps({args.architecture_key: form, args.value_key: None}), file=out)


def _native(proposed: Sequence[Any], space: Any) -> list[Any]:
    return [space.from_dag(dag) for dag in proposed]


def _chosen(proposed: Any, pool: ArchitectureFile) -> list[Any]:
    """The proposals as the file of candidates writes them."""
    return [pool.forms[row] for row in proposed.rows]
