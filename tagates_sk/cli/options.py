"""Options that several commands share, and the estimators they describe."""

from __future__ import annotations

import argparse
import ast
import difflib
from collections.abc import Sequence
from typing import Any

from .._utils import last_step
from ..estimators import TAGATESRanker, TAGATESRegressor
from .errors import UserError
from .files import ENCODINGS, SPACES, ArchitectureFile, read_file, space_of
from .records import Keys

TAGATES = "tagates"


def new_command(
    commands: Any, name: str, run: Any, summary: str, examples: str
) -> argparse.ArgumentParser:
    """A sub-command with examples in its help."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary[0].lower() + summary[1:].rstrip("."),
        description=summary,
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def add_input_options(parser: argparse.ArgumentParser, values: bool) -> None:
    """How a file of architectures is read."""
    parser.add_argument(
        "--space",
        choices=list(SPACES),
        help="architectures are in the native form of this search space, not graphs",
    )
    parser.add_argument(
        "--encoding",
        choices=sorted({name for known in ENCODINGS.values() for name in known}),
        help="what numbers of operations mean, where libraries differ: for --space nasbench201 "
        "those of nasbench201 or naslib, for --space darts those of darts or naslib",
    )
    parser.add_argument(
        "--architecture-key",
        default=Keys().architecture,
        metavar="KEY",
        help="key or column of the architecture (default: architecture)",
    )
    if values:
        parser.add_argument(
            "--value-key",
            default=Keys().value,
            metavar="KEY",
            help="key or column of the measured performance, higher is better (default: value)",
        )


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
    return read_file(path, space_of(args.space, args.encoding), keys_of(args))


def add_estimator_options(parser: argparse.ArgumentParser) -> None:
    """What is fitted, and how."""
    parser.add_argument(
        "--estimator",
        default=TAGATES,
        metavar="NAME",
        help="tagates (the default), or a baseline: gates, gcn, lstm, nasbowl, random_forest, ...; "
        "a wrong name lists them all",
    )
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the estimator, such as T=3, loss=logistic or 'head=(100,100)'; may be "
        "given several times; a wrong name lists them all",
    )


def add_seed_option(parser: argparse.ArgumentParser) -> None:
    """Where randomness comes from."""
    parser.add_argument("--seed", type=int, default=0, help="random seed (default: 0)")


def parse_settings(settings: Sequence[str]) -> dict[str, Any]:
    """Names and values of ``--set``.

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
            raise UserError(f"--set {setting}: expected NAME=VALUE, such as --set T=3.")
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
        _check_names(name, settings, plain.get_params())
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
    _check_names(name, settings, _last_step(plain).get_params(deep=False))
    return baseline(name, **{"random_state": seed} | settings)


def _last_step(estimator: Any) -> Any:
    return last_step(getattr(estimator, "regressor", estimator))


def _check_names(estimator: str, settings: dict[str, Any], known: dict[str, Any]) -> None:
    for name in settings:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            raise UserError(
                f"--set {name}=...: {estimator} has no parameter {name}.{hint} Expected one of "
                f"{', '.join(sorted(known))}."
            )
