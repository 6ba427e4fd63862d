"""The command ``tagates``: fit, predict, benchmark and search without writing Python."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from .errors import UserError
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
    args = make_parser().parse_args(arguments)
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            importlib.import_module(f".{args.command}", __name__).run(args)
        except UserError as error:
            print(f"tagates {args.command}: {error}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            print(f"tagates {args.command}: interrupted", file=sys.stderr)
            return 130
        except BrokenPipeError:  # the reader has had enough, as in `tagates predict ... | head`
            from .files import discard_output

            discard_output()
    return 0


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    print(f"tagates: warning: {message}", file=sys.stderr)
