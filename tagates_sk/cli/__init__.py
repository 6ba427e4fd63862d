"""The command ``tagates``: fit, predict, benchmark and search without writing Python."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from .errors import UserError, discard, say
from .parser import make_parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, default=None
        Without the name of the program; those of the process by default.

    Returns
    -------
    int
        Exit status: 0; 2 if the user's command or a file is wrong, with a
        message on standard error; 130 if interrupted.

    Raises
    ------
    SystemExit
        For ``--help`` and ``--version``, and with status 2 for options that
        cannot be parsed.

    Examples
    --------
    >>> from tagates_sk.cli import main
    >>> main(["predict", "no_model.safetensors", "no_file.jsonl"])  # prints why to standard error
    2
    """
    try:
        return _run(arguments)
    except BrokenPipeError:  # the reader has had enough, as in `tagates predict ... | head`
        discard(sys.stdout)
        return 0


def _run(arguments: Sequence[str] | None) -> int:
    try:
        args = make_parser().parse_args(arguments)
    except SystemExit:
        print(end="", flush=True)  # now, lest the flush at exit fails
        raise
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            importlib.import_module(f".{args.command}", __name__).run(args)
        except UserError as error:
            say(f"tagates {args.command}: {error}")
            return 2
        except KeyboardInterrupt:
            say(f"tagates {args.command}: interrupted")
            return 130
    return 0


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    say(f"tagates: warning: {message}")
