"""How predictions change when an operation is replaced."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

import numpy as np

from .._utils import ArchitecturesLike, last_step
from ..graphs.architectures import join, own
from ..graphs.operations import NO_OPERATION
from ..graphs.optional import data_frame
from ._picture import attributes_at, cells_of, is_single
from .drawing import draw_cell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

_Self = TypeVar("_Self", bound="OperationImportanceDisplay")

_TERMINALS = ("input", "output")


@overload
def operation_importance(
    estimator: Any,
    X: ArchitecturesLike,
    *,
    operations: Sequence[str] | None = None,
    as_frame: Literal[False] = False,
) -> list[dict[str, Any]]: ...


@overload
def operation_importance(
    estimator: Any,
    X: ArchitecturesLike,
    *,
    operations: Sequence[str] | None = None,
    as_frame: Literal[True],
) -> DataFrame: ...


def operation_importance(
    estimator: Any,
    X: ArchitecturesLike,
    *,
    operations: Sequence[str] | None = None,
    as_frame: bool = False,
) -> list[dict[str, Any]] | DataFrame:
    """Predict each architecture with each operation replaced by each other one.

    All variants are predicted in one call.

    Parameters
    ----------
    estimator : estimator
        Fitted, with ``predict``. A pipeline with a zero-cost step computes the
        saliencies of each variant.
    X : sequence of n networkx.DiGraph, or of tuples of them
        The architectures; they are not changed.
    operations : sequence of str, default=None
        Replacements; ``"none"`` removes an operation. By default the operations that
        the estimator knows, and ``"none"`` if X has it.
    as_frame : bool, default=False
        Whether to return a pandas DataFrame.

    Returns
    -------
    list of dict, or pandas.DataFrame
        A dict, or a row, for each replacement:

        - ``architecture``: its index in X;
        - ``cell``: index of the cell;
        - ``place``: the node, or the edge (with the key in a multigraph);
        - ``operation``: the operation there;
        - ``replaced_by``: the one put in its place;
        - ``prediction``: the prediction for the variant;
        - ``change``: `prediction` minus the prediction for the original architecture.

    Raises
    ------
    ImportError
        If `as_frame` is set and pandas is not installed.
    InvalidArchitectureError
        If an architecture cannot be read.
    ValueError
        If `operations` is not given and the estimator does not list those it knows, or
        if there is nothing to replace.

    Notes
    -----
    Zero-cost vectors in the graphs are kept, although they belong to the replaced
    operations. A pipeline with a zero-cost step computes new ones.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from tagates_sk.features import OperationStatistics
    >>> from tagates_sk.inspection import operation_importance
    >>> from tagates_sk.spaces import NASBench201
    >>> cells = NASBench201().sample(50, random_state=0)
    >>> worth = [str(cell.edges(data="op")).count("nor_conv_3x3") for cell in cells]
    >>> model = make_pipeline(OperationStatistics(), Ridge()).fit(cells, worth)
    >>> changes = operation_importance(model, cells[:2], operations=["nor_conv_3x3", "none"])
    >>> len(changes), sorted(changes[0])[:4]
    (17, ['architecture', 'cell', 'change', 'operation'])
    """
    read = own(X)
    architectures = list(read)
    names = _vocabulary(estimator, architectures) if operations is None else list(operations)
    rows: list[dict[str, Any]] = []
    variants: list[Any] = []
    for i, architecture in enumerate(architectures):
        for c, place, op in _operations(architecture):
            for name in names:
                if name != op:
                    rows.append({
                        "architecture": i, "cell": c, "place": place, "operation": op,
                        "replaced_by": name,
                    })  # fmt: skip
                    variants.append(_with_operation(architecture, c, place, name))
    if not variants:
        raise ValueError(
            f"No operation of X can be replaced by one of {names}: pass others as operations=."
        )
    predictions = np.asarray(estimator.predict(join([read, variants])), dtype=np.float64)
    before = predictions[: len(architectures)]
    for row, prediction in zip(rows, predictions[len(architectures) :], strict=True):
        row["prediction"] = float(prediction)
        row["change"] = float(prediction - before[row["architecture"]])
    return data_frame("as_frame=True", rows) if as_frame else rows


class OperationImportanceDisplay:
    """Operations coloured by how much the prediction drops without them.

    The importance of an operation is the mean drop in the prediction when it is
    replaced: it is positive if other operations would do worse. Make one by
    :meth:`from_estimator`.

    Parameters
    ----------
    changes : list of dict
        The result of :func:`operation_importance` for one architecture.
    architecture : networkx.DiGraph, or tuple of them
        The architecture.

    Attributes
    ----------
    importance : list of dict
        For each cell, from node or edge to the importance of its operation.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    See Also
    --------
    operation_importance : Gives the same as a table.
    draw_cell : Colours operations by any numbers.

    Examples
    --------
    >>> from tagates_sk import TAGATESRanker
    >>> from tagates_sk.inspection import OperationImportanceDisplay
    >>> from tagates_sk.spaces import NASBench201
    >>> cells = NASBench201().sample(30, random_state=0)
    >>> worth = [str(cell.edges(data="op")).count("nor_conv_3x3") for cell in cells]
    >>> ranker = TAGATESRanker(max_iter=5, random_state=0).fit(cells, worth)
    >>> display = OperationImportanceDisplay.from_estimator(ranker, cells[0])
    >>> len(display.importance), len(display.importance[0])
    (1, 6)
    """

    def __init__(self, *, changes: list[dict[str, Any]], architecture: Any) -> None:
        self.changes = changes
        self.architecture = architecture

    @property
    def importance(self) -> list[dict[Hashable, float]]:
        """For each cell, from node or edge to the importance of its operation."""
        n_cells = len(cells_of(self.architecture))
        lost: list[dict[Hashable, list[float]]] = [defaultdict(list) for _ in range(n_cells)]
        for row in self.changes:
            lost[row["cell"]][row["place"]].append(-row["change"])
        return [{place: float(np.mean(v)) for place, v in cell.items()} for cell in lost]

    @classmethod
    def from_estimator(
        cls: type[_Self],
        estimator: Any,
        architecture: Any,
        *,
        operations: Sequence[str] | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> _Self:
        """Compute and draw the importance of the operations of an architecture.

        Parameters
        ----------
        estimator : estimator
            Fitted.
        architecture : networkx.DiGraph, or tuple of them
            A single architecture.
        operations : sequence of str, default=None
            As in :func:`operation_importance`.
        ax : matplotlib Axes, default=None
            A new figure by default.
        **kwargs
            For :func:`draw_cell`.

        Returns
        -------
        OperationImportanceDisplay
        """
        changes = operation_importance(estimator, [architecture], operations=operations)
        return cls(changes=changes, architecture=architecture).plot(ax=ax, **kwargs)

    def plot(self: _Self, ax: Axes | None = None, **kwargs: Any) -> _Self:
        """Draw.

        Parameters
        ----------
        ax, **kwargs
            As in :meth:`from_estimator`.

        Returns
        -------
        OperationImportanceDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        importance = self.importance[0] if is_single(self.architecture) else self.importance
        self.ax_ = draw_cell(self.architecture, ax, importance=importance, **kwargs)
        self.figure_ = self.ax_.figure
        return self


def _operations(architecture: Any) -> Iterable[tuple[int, Hashable, str]]:
    """Cell, place and name of each operation of an architecture, including ``"none"``."""
    for c, cell in enumerate(cells_of(architecture)):
        for node, op in cell.nodes(data="op"):
            if op is not None and op not in _TERMINALS:
                yield c, node, op
        edges = cell.edges(keys=True) if cell.is_multigraph() else cell.edges()
        for edge in edges:
            op = cell.edges[edge].get("op")
            if op is not None:
                yield c, edge, op


def _with_operation(architecture: Any, c: int, place: Any, name: str) -> Any:
    cells = list(cells_of(architecture))
    cells[c] = cells[c].copy()
    attributes_at(cells[c], place)["op"] = name
    return cells[0] if is_single(architecture) else tuple(cells)


def _vocabulary(estimator: Any, architectures: Sequence[Any]) -> list[str]:
    last = last_step(estimator)
    known = getattr(last, "operations_", None)
    if known is None:
        raise ValueError(
            f"{type(last).__name__} does not list the operations it knows (operations_); pass "
            "the replacements as operations=."
        )
    used = {op for architecture in architectures for _, _, op in _operations(architecture)}
    return [*known, *([NO_OPERATION] if NO_OPERATION in used else [])]
