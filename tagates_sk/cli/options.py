"""Options that several commands share, and the estimators they describe."""

from __future__ import annotations

import argparse
import ast
import difflib
import inspect
from collections.abc import Iterable, Sequence
from typing import Any

from .. import spaces
from .._utils import last_step
from ..estimators import TAGATESRanker, TAGATESRegressor
from ..graphs.foreign import cut
from ..spaces import SearchSpace
from .errors import UserError
from .files import ArchitectureFile, read_file
from .names import ENCODINGS, SPACES, TAGATES, Keys

_SUCH_AS = {"--set": "T=3", "--space-parameter": "n_layers=12"}


def keys_of(args: argparse.Namespace) -> Keys:
    """Under which keys a file has architectures and values."""
    return Keys(args.architecture_key, getattr(args, "value_key", Keys().value))


def read_input(path: str, args: argparse.Namespace) -> ArchitectureFile:
    """Read a file of architectures as the options say.

    Raises
    ------
    UserError
        If the file or an option is wrong.
    """
    return read_file(path, space_of(args), keys_of(args))


def space_of(args: argparse.Namespace) -> SearchSpace | None:
    """The search space that options describe.

    Returns
    -------
    SearchSpace or None
        None for graphs.

    Raises
    ------
    UserError
        If there is no such space.
    """
    parameters = parse_settings(args.space_parameters, "--space-parameter")
    if args.encoding is not None:
        if args.encoding not in ENCODINGS.get(args.space or "", ()):
            can = (f"--space {space} ({', '.join(names)})" for space, names in ENCODINGS.items())
            raise UserError(f"--encoding {args.encoding}: expected beside {' or '.join(can)}.")
        parameters["encoding"] = args.encoding
    if args.space is None:
        if parameters:
            raise UserError(
                "--space-parameter: expected beside --space, such as --space enas_macro "
                "--space-parameter n_layers=12."
            )
        return None
    space = getattr(spaces, SPACES[args.space])
    _check_names("--space-parameter", args.space, parameters, inspect.signature(space).parameters)
    try:
        made: SearchSpace = space(**parameters)
    except (TypeError, ValueError) as error:
        raise UserError(f"--space {args.space}: {error}") from None
    return made


def parse_settings(settings: Sequence[str], option: str = "--set") -> dict[str, Any]:
    """Names and values of ``--set``, or of another option.

    Values are Python literals; what is none is a string.

    Raises
    ------
    UserError
        If there is no name, or no value.

    Examples
    --------
    >>> parse_settings(["T=3", "head=(200, 200)", "loss=hinge"])
    {'T': 3, 'head': (200, 200), 'loss': 'hinge'}
    """
    parsed = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not (name.isidentifier() and equals):
            raise UserError(
                f"{option} {cut(setting)}: expected NAME=VALUE, such as "
                f"{option} {_SUCH_AS[option]}."
            )
        try:
            parsed[name] = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            parsed[name] = text
    return parsed


def make_estimator(name: str, settings: dict[str, Any], seed: int, task: str = "rank") -> Any:
    """An unfitted estimator.

    Parameters
    ----------
    name : str
        ``"tagates"`` or a name of a baseline.
    settings : dict
        Parameters of the estimator; of the last step where a baseline is a
        pipeline.
    seed : int
        Its `random_state`, if `settings` has none.
    task : {"rank", "regress"}
        What TA-GATES is trained for.

    Returns
    -------
    estimator

    Raises
    ------
    UserError
        If there is no such estimator, or it has no such parameter.
    """
    if name == TAGATES:
        plain: Any = TAGATESRanker() if task == "rank" else TAGATESRegressor()
        _check_names("--set", name, settings, plain.get_params())
        return plain.set_params(**{"random_state": seed} | settings)
    from ..baselines import baseline, baseline_names  # slow to import, seldom needed

    if name not in baseline_names():
        raise UserError(
            f"--estimator {name}: there is none of this name; expected one of "
            f"{', '.join([TAGATES, *baseline_names()])}."
        )
    if task != "rank":
        raise UserError(
            "--task is for the estimator tagates; baselines on features predict in the units of "
            "the target anyway, the others only rank."
        )
    try:
        plain = baseline(name)
    except ImportError as error:
        raise UserError(str(error)) from None
    _check_names("--set", name, settings, _last_step(plain).get_params(deep=False))
    return baseline(name, **{"random_state": seed} | settings)


def _last_step(estimator: Any) -> Any:
    return last_step(getattr(estimator, "regressor", estimator))


def _check_names(option: str, owner: str, given: Iterable[str], known: Iterable[str]) -> None:
    for name in given:
        if name in known:
            continue
        close = difflib.get_close_matches(name, known, n=1)
        there = cut(", ".join(sorted(known)), 120)
        hint = f"Did you mean {close[0]}?" if close else f"Expected one of {there}."
        raise UserError(
            f"{option} {cut(name, 30)}=...: {owner} has no parameter {cut(name, 30)}. "
            f"{hint if there else 'It has none.'}"
        )
