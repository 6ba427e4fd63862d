"""``tagates predict``: a model's predictions as CSV."""

from __future__ import annotations

import argparse

from .._utils import predicts_std
from .errors import UserError, explained
from .files import check_output, require_some, table, writer
from .models import load
from .options import read_input


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
