"""Convert NASLib's graphs, hashes and encodings to DAGs."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ...graphs import InvalidArchitectureError
from ...graphs.foreign import cut
from .spaces import SPACES, Native, frozen

CACHE = 100_000
"""Most DAGs in the cache, a few kilobytes each; all predictors of a process share it."""


def to_dag(architecture: Any, ss_type: str) -> Any:
    """Turn a NASLib architecture into a DAG.

    Parameters
    ----------
    architecture : NASLib graph, or tuple or list of numbers
        The graph, the result of its ``get_hash()``, or, except for nasbench301, asr and
        nlp, its adjacency one-hot encoding.
    ss_type : str
        The search space:

        - ``"nasbench101"``, ``"nasbench201"``, ``"nasbench301"``: the DAGs of
          :class:`~tagates_sk.spaces.NASBench101`,
          :class:`~tagates_sk.spaces.NASBench201` and
          :class:`~tagates_sk.spaces.DARTS`;
        - ``"transbench101_micro"``: the cell of NAS-Bench-201 without pooling. Graphs
          made with ``create_graph=True`` number operations and edges differently, and are
          read accordingly; lists of numbers are read as those of a graph made without it;
        - ``"transbench101_macro"``: the chain of modules as operations on edges. Their
          names say whether they double the channels (``wide``) and halve the resolution
          (``down``);
        - ``"asr"``: a cell of NAS-Bench-ASR as a MultiDiGraph with operations on
          edges: each node has an operation on the node before it, and skip connections
          from any earlier one;
        - ``"nlp"``: a recurrent cell of NAS-Bench-NLP with operations on nodes. The
          word and the previous hidden states are operations on the input, and the new
          hidden states are wired to the output. NASLib does not say which input of a
          ``blend`` is which.

    Returns
    -------
    networkx.DiGraph, networkx.MultiDiGraph, or tuple of two of them for nasbench301

    Raises
    ------
    InvalidArchitectureError
        If it is not an architecture of the space.
    ValueError
        If the space is unknown.

    Notes
    -----
    The adjacency one-hot encoding of nasbench101 has 36 numbers: the upper triangle of
    the 7 × 7 matrix, row by row, then for each of five vertices which of max-pooling, 3
    × 3 and 1 × 1 convolution it is. That of nasbench201 has 30: for each of the edges
    (1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4) which of skip, none, 3 × 3, 1 × 1
    convolution and average pooling it is. That of transbench101_micro has 24 numbers
    from ``encode_spec`` and 30, of which every fifth is 0, from ``encode``: which of 4
    operations each edge is. That of transbench101_macro has 30: which of 5 (0 for
    absent) each module is. That of nasbench301 does not say which operation of a node
    has which predecessor.

    The vertices with which NASLib pads small cells of nasbench101 are dropped.

    Examples
    --------
    >>> from tagates_sk.integrations.naslib import to_dag
    >>> dag = to_dag((2, 0, 4, 2, 1, 3), "nasbench201")
    >>> list(dag.edges(data="op"))[:3]
    [(0, 1, 'nor_conv_3x3'), (0, 2, 'skip_connect'), (0, 3, 'avg_pool_3x3')]
    """
    space = SPACES[check_ss_type(ss_type)]
    return space.build(native_form(architecture, ss_type))


def check_ss_type(ss_type: Any) -> str:
    """Refuse unknown search spaces.

    Raises
    ------
    ValueError
        With the names of the known ones.
    """
    if ss_type not in SPACES:
        raise ValueError(
            f"ss_type={ss_type!r} is none of the search spaces {', '.join(SPACES)}. Call "
            "set_ss_type with one of them, as NASLib's evaluators and optimisers do."
        )
    return str(ss_type)


def native_form(architecture: Any, ss_type: str) -> Native:
    """A NASLib graph, its hash or its encoding as nested tuples.

    Raises
    ------
    InvalidArchitectureError
        If it is none of the three.
    """
    space = SPACES[ss_type]
    if hasattr(architecture, "get_hash"):
        return tuple(frozen(_described(architecture, ss_type)))
    form = frozen(architecture)
    if not isinstance(form, tuple):
        raise InvalidArchitectureError(
            f"{architecture!r} is not an architecture of {ss_type}: a NASLib graph, what its "
            "get_hash() returns, or its adjacency one-hot encoding is expected."
        )
    return space.decode(form)


def _described(graph: Any, ss_type: str) -> Any:
    try:
        described = SPACES[ss_type].describe(graph)
    except InvalidArchitectureError:
        raise
    except Exception as error:
        # Each search space fails in its own way.
        raise _unsampled(ss_type, f"{type(error).__name__}: {cut(str(error), 80)}") from error
    if described is None:
        raise _unsampled(ss_type, "it describes itself as None")
    return described


def _unsampled(ss_type: str, found: str) -> InvalidArchitectureError:
    return InvalidArchitectureError(
        f"this graph has no architecture of {ss_type} yet ({found}). Call its "
        "sample_random_architecture(), mutate() or set_spec() first."
    )


@lru_cache(maxsize=CACHE)
def cached_dag(form: Native, ss_type: str) -> Any:
    """The DAG of a native form; all callers share it, so do not change it.

    Raises
    ------
    InvalidArchitectureError
        If it is not an architecture of the space.
    """
    return SPACES[ss_type].build(form)
