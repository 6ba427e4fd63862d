"""Small things that several rooms need: progress bars, seeds, files replaced at once, pipelines."""

from __future__ import annotations

import difflib
import errno
import inspect
import os
import reprlib
import secrets
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from numbers import Integral
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeAlias, TypeVar

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils._param_validation import HasMethods, Interval

Floats = NDArray[np.float64]
Architecture: TypeAlias = "nx.DiGraph | tuple[nx.DiGraph, ...]"
"""A cell, or the cells of an architecture."""
ArchitecturesLike = Sequence[Architecture] | NDArray[np.object_]
"""What estimators take for X."""
RandomState = int | np.random.RandomState | None


class Transformer(Protocol):
    """From architectures to a matrix, in scikit-learn's way."""

    def fit(self, X: Any, y: Any = None) -> Any:
        """Learn what :meth:`transform` needs."""

    def transform(self, X: Any) -> Any:
        """Matrix with a row for each architecture."""


Item = TypeVar("Item")


class Number(Interval):
    """Numbers of a range, as a constraint of a parameter; True and False are none."""

    def is_satisfied_by(self, val: Any) -> bool:
        """Whether it is one of them."""
        return not isinstance(val, (bool, np.bool_)) and super().is_satisfied_by(val)


class Names(HasMethods):
    """Several strings, as a constraint of a parameter."""

    def __init__(self) -> None:
        super().__init__(["__iter__", "__len__"])

    def is_satisfied_by(self, val: Any) -> bool:
        """Whether it is a sequence of strings."""
        several = super().is_satisfied_by(val) and not isinstance(val, (str, type))
        return several and all(isinstance(name, str) for name in val)

    def __str__(self) -> str:
        return "a sequence of strings"


def check_finite(values: Floats, name: str, *, allow_nan: bool = False) -> None:
    """Refuse numbers that are not finite, naming the first row.

    Parameters
    ----------
    values : ndarray of float, shape (n,) or (n, k)
    name : str
        What messages call them.
    allow_nan : bool, default=False
        Whether only infinity is refused.

    Raises
    ------
    ValueError
        If there is one.
    """
    wrong = np.isinf(values) if allow_nan else ~np.isfinite(values)
    if not wrong.any():
        return
    place = np.argwhere(wrong)[0]
    what = "NaN" if np.isnan(values[tuple(place)]) else "infinity"
    where = ", ".join(f"{axis} {i}" for axis, i in zip(("row", "column"), place, strict=False))
    n_more = int(wrong.sum()) - 1
    raise ValueError(
        f"Input {name} contains {what} in {where}{f', and {n_more} more' * (n_more > 0)}; "
        "finite numbers are expected."
    )


def positive_count(name: str, value: Any) -> int:
    """A positive integer, or an error that names the argument.

    Parameters
    ----------
    name : str
    value : object

    Raises
    ------
    TypeError
        If it is not an integer.
    ValueError
        If it is not positive.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(
            f"{name}={reprlib.repr(value)}; a whole number of architectures is expected."
        )
    if value < 1:
        raise ValueError(f"{name}={value}; at least 1 architecture is expected.")
    return int(value)


def progress(items: Iterable[Item], verbose: Any, **bar: Any) -> Iterable[Item]:
    """Items, with a progress bar if `verbose` says so.

    Parameters
    ----------
    items : iterable
    verbose : int, bool or Stages
        Stages have a bar already, on which these items move it on.
    **bar : object
        Parameters of tqdm.
    """
    if isinstance(verbose, Stages):
        return _Part(verbose, items)
    if not verbose:
        # Even a bar that is not shown starts a thread, and a process forked while
        # that thread holds its lock would wait for it forever.
        return items
    from tqdm.auto import tqdm

    shown: Iterable[Item] = tqdm(items, **bar)
    return shown


class Stages:
    """One progress bar over several stages of work, which names the one under way.

    Parameters
    ----------
    n_stages : int
        Each is an equal part of the bar.
    verbose : int or bool
        Whether there is a bar at all.
    """

    def __init__(self, n_stages: int, verbose: Any) -> None:
        self._n, self._done, self._bar = n_stages, 0, None
        if verbose:
            from tqdm.auto import tqdm

            self._bar = tqdm(total=n_stages, bar_format=_STAGES_FORMAT)

    def next(self, name: str) -> None:
        """Begin the next stage."""
        self._move_to(self._done, name)
        self._done += 1

    def part(self, items: Iterable[Item]) -> Iterator[Item]:
        """Items of the present stage."""
        listed = list(items)
        for i, item in enumerate(listed, 1):
            yield item
            self._move_to(self._done - 1 + i / len(listed))

    def set_postfix(self, refresh: bool = True, **values: Any) -> None:
        """Write values, such as the loss, behind the bar, as tqdm's method does."""
        if self._bar is not None:
            self._bar.set_postfix(values, refresh=refresh)

    def _move_to(self, position: float, name: str | None = None) -> None:
        if self._bar is None:
            return
        self._bar.update(position - self._bar.n)
        if name is not None:
            self._bar.set_postfix(refresh=False)  # what was shown is of the last stage
            self._bar.set_description(name)  # at once, however short the stage is

    def __enter__(self) -> Stages:
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            if error == (None, None, None):
                self._move_to(self._n)
            self._bar.close()

    def __bool__(self) -> bool:
        return self._bar is not None


_STAGES_FORMAT = "{desc}{percentage:3.0f}%|{bar}| [{elapsed}<{remaining}{postfix}]"


class _Part(Iterable[Item]):
    """Items of a stage, with tqdm's method to show values."""

    def __init__(self, stages: Stages, items: Iterable[Item]) -> None:
        self._items, self._part, self.set_postfix = items, stages.part, stages.set_postfix

    def __iter__(self) -> Iterator[Item]:
        return self._part(self._items)


def draw_seed(rng: np.random.RandomState) -> int:
    """A seed for something else."""
    return int(rng.randint(np.iinfo(np.int32).max))


def reseeded(estimator: Any, rng: np.random.RandomState, *, keep: bool = False) -> Any:
    """A clone with seeds of its own, also for the estimators in it.

    Parameters
    ----------
    estimator : estimator
        Not changed.
    rng : numpy RandomState
        Draws them, in the order of the parameters' names.
    keep : bool, default=False
        Whether those stay that are set.

    Returns
    -------
    estimator
    """
    own = clone(estimator)
    for name, value in sorted(own.get_params().items()):
        if name.split("__")[-1] == "random_state" and not (keep and value is not None):
            own.set_params(**{name: draw_seed(rng)})
    return own


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Write a file that takes the place of another at once, or not at all.

    What is written goes to a temporary file in the same folder, which is
    renamed when the block ends without an error. A process that is killed
    before leaves the old file, and the temporary one beside it.

    Parameters
    ----------
    path : path-like
        The file. Where it is a link, what it points to is replaced. The new
        file has the mode of the old one.

    Yields
    ------
    binary file
        To write to.

    Raises
    ------
    OSError
        If `path` is a folder, a pipe, a device or a socket, or a file that the
        user may not write.
    """
    target = Path(os.path.realpath(path))
    mode = _mode_to_keep(target)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}.part")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(temporary, mode)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _mode_to_keep(target: Path) -> int | None:
    """Permissions of the file that will be replaced; None if there is none."""
    try:
        found = target.stat().st_mode
    except FileNotFoundError:
        return None
    name = str(target)
    if stat.S_ISDIR(found):
        raise IsADirectoryError(errno.EISDIR, "Is a folder; give the name of a file", name)
    if not stat.S_ISREG(found):
        # Renaming would put a file in its place: whoever reads the pipe would wait forever.
        what = "Is a pipe, device or socket; give the name of a file"
        raise FileExistsError(errno.EEXIST, what, name)
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), name)
    return stat.S_IMODE(found)


def _sync_folder(folder: Path) -> None:
    """Make a renaming outlast a loss of power, where the system knows how."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def last_step(estimator: Any) -> Any:
    """The last step of a pipeline, else the estimator itself."""
    from sklearn.pipeline import Pipeline  # slow to import, seldom needed

    return estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator


def predicts_std(estimator: Any) -> bool:
    """Whether ``predict`` of the last step takes `return_std`."""
    return "return_std" in inspect.signature(last_step(estimator).predict).parameters


def close_name(name: str, known: Iterable[str]) -> str:
    """A question after a name that is close to `name`; nothing where none is.

    Parameters
    ----------
    name : str
    known : iterable of str
    """
    close = difflib.get_close_matches(_USUAL.get(name, name), list(known), n=1)
    return f" Did you mean {close[0]}?" if close else ""


_USUAL = {
    "epochs": "max_iter", "n_epochs": "max_iter", "num_epochs": "max_iter", "lr": "learning_rate",
    "seed": "random_state", "hidden_layer_sizes": "head", "n_estimators": "n_members",
    "patience": "n_iter_no_change", "time_steps": "T", "step_size": "s",
}  # fmt: skip
"""What other libraries call our parameters."""


def tolerate_unknown_operations(estimator: Any) -> Any:
    """Let an estimator predict operations that it has not seen.

    A search proposes what nobody has measured; with a few measured
    architectures some operation is always missing.

    Parameters
    ----------
    estimator : estimator
        Its `handle_unknown`, and that of whatever it is made of, is set to
        ``"ignore"`` in place.

    Returns
    -------
    estimator

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from tagates_sk._utils import tolerate_unknown_operations
    >>> from tagates_sk.features import PathEncoding
    >>> tolerate_unknown_operations(make_pipeline(PathEncoding(), Ridge()))[0]
    PathEncoding(handle_unknown='ignore')
    """
    for owner in (estimator, *estimator.get_params().values()):
        if hasattr(owner, "spell_out"):  # has parts with such a parameter that are not set
            owner.spell_out()
    names = [n for n in estimator.get_params() if n.split("__")[-1] == "handle_unknown"]
    return estimator.set_params(**dict.fromkeys(names, "ignore")) if names else estimator
