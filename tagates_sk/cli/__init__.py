"""The command ``tagates``: fit, predict, benchmark and search without writing Python."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from .._version import __version__
from . import benchmark, fit, predict, search
from .errors import UserError
from .files import discard_output

EPILOG = """\
An input file is JSON lines or a JSON array of architectures with values:

  {"architecture": {"directed": true, "nodes": [...], "edges": [...]}, "value": 94.1}

"architecture" is a graph as networkx.node_link_data writes it, or a list of
several cells; with --space it is the native form of a search space, such as the
string of a NAS-Bench-201 cell. CSV with these columns, GraphML and GML files (the
value is an attribute of the graph), and folders of them are read, too. Higher
values are better. "-" is standard input.

The exit status is 0, or 2 where the command or a file is wrong, or 130 after Ctrl-C.
"""


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
    args = _parser().parse_args(arguments)
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            args.run(args)
        except UserError as error:
            print(f"tagates {args.command}: {error}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            print(f"tagates {args.command}: interrupted", file=sys.stderr)
            return 130
        except BrokenPipeError:  # the reader has had enough, as in `tagates predict ... | head`
            discard_output()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tagates",
        description="Predict how well neural architectures will do, from their graphs.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tagates_sk {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for module in (fit, predict, benchmark, search):
        module.add_command(commands)
    return parser


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    print(f"tagates: warning: {message}", file=sys.stderr)
