"""``tagates predict``: a model's predictions as CSV."""

from __future__ import annotations

import argparse
from typing import Any

from .._utils import predicts_std
from .errors import UserError, explained
from .files import check_output, require_some, table, writer
from .models import load
from .options import add_input_options, new_command, read_input

SUMMARY = "Predict the performance of architectures."
EXAMPLES = """\
  tagates predict ranker.safetensors unseen.jsonl > predictions.csv
  tagates predict ranker.safetensors cells.csv --space nasbench201 --out predictions.csv
  tagates predict gp.joblib unseen.jsonl --std

The columns are line, prediction and, with --std, std. Higher is better; a ranker's
predictions have no unit.

Loading a model whose name ends in .joblib runs code that is in the file: load only those that
you trust. Other models hold numbers and text only.
"""


def add_command(commands: Any) -> None:
    """Add the command to the parser."""
    parser = new_command(commands, "predict", run, SUMMARY, EXAMPLES)
    parser.add_argument(
        "model", help="what tagates fit saved (a .joblib file runs code: trust it first)"
    )
    parser.add_argument("file", help="architectures")
    add_input_options(parser, values=False)
    parser.add_argument("--out", default="-", metavar="CSV", help="default: standard output")
    parser.add_argument("--std", action="store_true", help="standard deviations also")


def run(args: argparse.Namespace) -> None:
    """Load, read, predict, write.

    Raises
    ------
    UserError
        If a file or an option is wrong.
    """
    check_output(args.out, args.model, args.file)
    model = load(args.model)
    if args.std and not predicts_std(model):
        raise UserError(
            f"{args.model}: a {type(model).__name__} has no standard deviations; expected a model "
            "such as that of tagates fit --estimator nasbowl."
        )
    file = read_input(args.file, args)
    require_some(file)
    with explained(file.places):
        if args.std:
            columns = model.predict(file.architectures, return_std=True)
        else:
            columns = (model.predict(file.architectures),)
    with writer(args.out) as out:
        rows = table(out, "line", "prediction", *["std"] * args.std)
        rows.writerows(zip(file.lines, *(column.tolist() for column in columns), strict=True))
