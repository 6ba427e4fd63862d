"""Import matplotlib, which only pictures need."""

from __future__ import annotations

from typing import Any

from ..graphs.optional import missing


def pyplot(caller: str) -> Any:
    """Import matplotlib.pyplot.

    Parameters
    ----------
    caller : str
        The function that needs it, for the error message.

    Returns
    -------
    module

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise missing(caller, "matplotlib", "plot") from error
    return plt


def axes(caller: str, ax: Any) -> tuple[Any, Any]:
    """The given axes, or new ones, and their figure."""
    plt = pyplot(caller)
    if ax is None:
        _, ax = plt.subplots(layout="constrained")
    return ax, ax.figure
