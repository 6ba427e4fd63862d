"""What the names of operations say: which pass unchanged, which are trained."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .foreign import echo

WIRE = -1
"""Type code of a plain wire: an edge or node without operation, gate 1."""
INPUT = -2
"""Type code of an input node of an operation-on-node cell."""
OUTPUT = -3
"""Type code of the output node of an operation-on-node cell."""

NO_OPERATION = "none"
"""An edge or node with this operation is the same as none at all."""

IDENTITY_OPERATIONS = frozenset({"skip_connect", "skip", "identity"})
"""Operations that pass information unchanged: their gate is 1."""

_WEIGHTLESS = re.compile(
    r"pool|relu|gelu|elu\b|sigmoid|tanh|swish|silu|mish|softmax|softplus|softsign|activation"
    r"|dropout|drop_path|add|sum|mean|max|min|mul|prod|div|sub|concat|\bcat\b|stack|split|chunk"
    r"|elementwise|blend|flatten|reshape|view|permute|transpose|pad|upsample|interpolate|resize"
    r"|shuffle|noise|normali[sz]|zero|none|skip|identity|^in$|^input|^output|^word$|^hidden_\d+$",
    re.IGNORECASE,
)
_PARAMETRIZED = re.compile(
    r"conv|linear|dense|fully_connected|\bfc\b|attention|attn|transformer|mlp|ffn"
    r"|lstm|gru|rnn|recurrent|embedding|inverted|mbconv|bottleneck|squeeze"
    r"|norm(?!al)|prelu|parameter",
    re.IGNORECASE,
)


def is_parametrized(name: str) -> bool:
    """Whether an operation of this name has weights that training changes.

    Parameters
    ----------
    name : str
        Name of an operation, for instance ``"nor_conv_3x3"``.

    Returns
    -------
    bool
        False for identity operations, and for pooling, activations, sums and the
        like, unless the name also speaks of convolutions, linear, attention,
        recurrent or normalisation layers; True for all other names, since most
        operations that people name have weights.

    Examples
    --------
    >>> is_parametrized("sep_conv_5x5"), is_parametrized("avg_pool_3x3")
    (True, False)
    """
    if name in IDENTITY_OPERATIONS:
        return False
    return _PARAMETRIZED.search(name) is not None or _WEIGHTLESS.search(name) is None


def updated_mask(operations: Iterable[str], updated: str | Iterable[str]) -> list[bool]:
    """Which of the operations have their embedding updated (p in Algorithm 1).

    Parameters
    ----------
    operations : iterable of str
        The vocabulary.
    updated : {"parametrized", "all"} or iterable of str
        ``"parametrized"`` asks :func:`is_parametrized`; ``"all"`` updates every
        operation that has a gate; names update exactly these.

    Returns
    -------
    list of bool
        One flag per operation. Identity operations have no gate and are never
        updated.

    Raises
    ------
    ValueError
        If `updated` names an operation that is not in the vocabulary.
    """
    operations = list(operations)
    if updated == "parametrized":
        return [is_parametrized(name) for name in operations]
    if updated == "all":
        return [name not in IDENTITY_OPERATIONS for name in operations]
    if isinstance(updated, str):
        raise ValueError(
            f"updated_operations={echo(updated)} is neither 'parametrized', 'all' nor a list of "
            "operation names."
        )
    names = set(updated)
    unknown = sorted(names - set(operations))
    if unknown:
        raise ValueError(
            f"updated_operations names {unknown}, which no architecture of X has. "
            f"The operations are {operations}."
        )
    return [name in names and name not in IDENTITY_OPERATIONS for name in operations]
