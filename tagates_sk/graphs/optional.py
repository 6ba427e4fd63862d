"""Packages that only a part of the library needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame


def missing(caller: str, package: str, extra: str, hint: str = "") -> ImportError:
    """The error for an optional package that is not installed.

    Parameters
    ----------
    caller : str
        What needs the package.
    package, extra : str
        The package, and the extra that installs it.
    hint : str, default=""
        What to do without it.
    """
    install = f'pip install "tagates_sk[{extra}]".'
    message = f"{caller} needs {package}, which is not installed: {install} {hint}"
    return ImportError(message.strip())


def data_frame(caller: str, data: Any, **kwargs: Any) -> DataFrame:
    """Make a DataFrame, if pandas is installed.

    Parameters
    ----------
    caller : str
        What needs it, for the error message.
    data, **kwargs
        For ``pandas.DataFrame``.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    ImportError
        If pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise missing(caller, "pandas", "pandas") from error
    return pd.DataFrame(data, **kwargs)
