"""Models as files: numbers and text by default, pickles where the name asks for them."""

from __future__ import annotations

from typing import Any

import joblib

from ..graphs.foreign import cut, echo
from .errors import UserError
from .files import replace_file

PICKLE = ".joblib"
"""How the name of a file ends that holds a pickle."""


def check_savable(estimator: Any, path: str) -> None:
    """Refuse an estimator that the file cannot hold, before it is fitted.

    Raises
    ------
    UserError
        If it needs a pickle, and the file's name does not end in ``.joblib``.
    """
    from ..model_files.fields import ESTIMATORS  # slow to import

    if path.endswith(PICKLE):
        return
    with_proxies = getattr(estimator, "proxies", None) is not None
    if with_proxies or type(estimator) not in ESTIMATORS:
        raise UserError(
            f"--out {echo(path)}: a {type(estimator).__name__}{' with proxies' * with_proxies} "
            f"can only be saved as a pickle; expected a name that ends in {PICKLE}."
        )


def save(estimator: Any, path: str) -> None:
    """Save a fitted estimator; a file that is there is replaced at once or not at all.

    Raises
    ------
    UserError
        If it cannot be saved.
    """
    from ..model_files import ModelFileError, save_model

    if path.endswith(PICKLE):
        replace_file(path, lambda file: joblib.dump(estimator, file))
        return
    try:
        save_model(estimator, path)
    except ModelFileError as error:
        raise UserError(f"{path}: {error}") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}.") from None


def load(path: str) -> Any:
    """Load what :func:`save` saved.

    Raises
    ------
    UserError
        If it is something else.
    """
    from ..model_files import ModelFileError, load_model

    wanted = "expected a model that tagates fit has written"
    try:
        model = joblib.load(path) if path.endswith(PICKLE) else load_model(path)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}.") from None
    except ModelFileError as error:
        raise UserError(f"{path}: {error} A pickle is read if its name ends in {PICKLE}.") from None
    except Exception as error:  # damaged files raise anything
        fault = f"{type(error).__name__}: {cut(str(error), 100)}"
        raise UserError(f"{path}: it cannot be loaded ({fault}); {wanted}.") from None
    if not hasattr(model, "predict"):
        raise UserError(f"{path}: it holds a {type(model).__name__}; {wanted}.")
    return model
