"""``tagates predict``: a model's predictions as CSV."""

from __future__ import annotations

import argparse
from typing import Any

import joblib

from .._utils import predicts_std
from .errors import UserError, explained
from .files import check_output, read_file, require_some, table, writer
from .options import add_input_options, new_command

SUMMARY = "Predict the performance of architectures."
EXAMPLES = """\
  tagates predict model.joblib unseen.jsonl > predictions.csv
  tagates predict model.joblib cells.jsonl --space nasbench201 --out predictions.csv
  tagates predict gp.joblib unseen.jsonl --std

The columns are line, prediction and, with --std, std. Higher is better; a ranker's
predictions have no unit.

Loading a model runs code that is in the file: load only models that you trust.
"""


def add_command(commands: Any) -> None:
    """Add the command to the parser."""
    parser = new_command(commands, "predict", run, SUMMARY, EXAMPLES)
    parser.add_argument(
        "model", help="what tagates fit saved (loading it runs code in it: trust it first)"
    )
    parser.add_argument("file", help="architectures, JSON lines")
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
    model = load_model(args.model)
    if args.std and not predicts_std(model):
        raise UserError(
            f"{args.model}: a {type(model).__name__} has no standard deviations; expected a model "
            "such as that of tagates fit --estimator nasbowl."
        )
    file = read_file(args.file, args.space, "value")
    require_some(file)
    with explained(file.places):
        if args.std:
            columns = model.predict(file.architectures, return_std=True)
        else:
            columns = (model.predict(file.architectures),)
    with writer(args.out) as out:
        rows = table(out, "line", "prediction", *["std"] * args.std)
        rows.writerows(zip(file.lines, *(column.tolist() for column in columns), strict=True))


def load_model(path: str) -> Any:
    """Load what ``tagates fit`` saved.

    Raises
    ------
    UserError
        If it is something else.
    """
    wanted = "expected a model that tagates fit, or joblib.dump(estimator, ...), has written"
    try:
        model = joblib.load(path)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}.") from None
    except Exception as error:  # damaged files raise anything
        raise UserError(
            f"{path}: it cannot be loaded ({type(error).__name__}: {error}); {wanted}."
        ) from None
    if not hasattr(model, "predict"):
        raise UserError(f"{path}: it holds a {type(model).__name__}; {wanted}.")
    return model
