"""Colours of operations by name, also for colour-blind readers."""

from __future__ import annotations

import re
from zlib import crc32

# Paul Tol's "light" scheme, made to fill cells with black text: https://sronpersonalpages.nl/~pault
_CONVOLUTIONS = {
    "plain": {"1": "#99DDFF", "3": "#77AADD", "5": "#FFAABB"},
    "separable": {"3": "#44BB99", "5": "#99DDFF"},
    "dilated": {"3": "#BBCC33", "5": "#AAAA00"},
}
_IDENTITY, _MEAN_POOL, _MAX_POOL = "#DDDDDD", "#EEDD88", "#EE8866"
_OTHERS = (
    "#77AADD", "#99DDFF", "#44BB99", "#BBCC33", "#AAAA00", "#EEDD88", "#EE8866", "#FFAABB",
)  # fmt: skip


def operation_color(name: str) -> str:
    """The colour of an operation, the same in all pictures.

    Parameters
    ----------
    name : str
        Name of an operation.

    Returns
    -------
    str
        ``"#RRGGBB"``, light enough for black text. Common names (convolutions,
        poolings, skip connections) have colours by kind and size. Other colours are
        computed from the name, and two names may share one.

    Examples
    --------
    >>> operation_color("nor_conv_3x3") == operation_color("conv3x3-bn-relu")
    True
    >>> operation_color("skip_connect")
    '#DDDDDD'
    """
    low = name.lower()
    if re.search(r"skip|identity|^none$", low):
        return _IDENTITY
    if "pool" in low:
        return _MAX_POOL if "max" in low else _MEAN_POOL
    if "conv" in low:
        kind = "separable" if "sep" in low else "dilated" if "dil" in low else "plain"
        size = re.search(r"([135])x\1", low)
        if size and size[1] in _CONVOLUTIONS[kind]:
            return _CONVOLUTIONS[kind][size[1]]
    return _OTHERS[crc32(name.encode(errors="backslashreplace")) % len(_OTHERS)]
