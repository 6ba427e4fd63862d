"""TransNAS-Bench-101: a cell as in NAS-Bench-201, and modules in a row."""

from __future__ import annotations

import re
from typing import Any

from .cell import CellSpace
from .chain import ChainForm, ChainSpace
from .forms import numbers


class TransNASBench101Micro(CellSpace):
    """The cell space of TransNAS-Bench-101.

    A cell is one of NAS-Bench-201 without pooling.

    The native form is the benchmark's string, such as ``"64-41414-1_02_333"``:
    the channels and modules of the network, the same for all cells, then for
    node 1, 2 and 3 the digits of its incoming edges; 0 is ``none``, 1
    ``skip_connect``, 2 ``nor_conv_1x1`` and 3 ``nor_conv_3x3``. The other forms
    of :class:`CellSpace` are accepted, too; NASLib numbers as the benchmark does.

    References
    ----------
    Y. Duan, X. Chen, H. Xu, Z. Chen, X. Liang, T. Zhang and Z. Li,
    TransNAS-Bench-101: Improving transferability and generalizability of
    cross-task neural architecture search, CVPR 2021.

    Examples
    --------
    >>> from tagates_sk.spaces import TransNASBench101Micro
    >>> dag = TransNASBench101Micro().to_dag("64-41414-1_02_333")
    >>> dag.edges[0, 1]["op"], dag.edges[1, 2]["op"]
    ('skip_connect', 'nor_conv_1x1')
    """

    _prefix = "64-41414-"

    def __init__(self) -> None:
        super().__init__(
            4,
            ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3"),
            "TransNAS-Bench-101 (micro)",
        )


_MODULES = ("conv_block", "conv_block_wide", "conv_block_down", "conv_block_wide_down")
_MOST = 6


class TransNASBench101Macro(ChainSpace):
    """The macro space of TransNAS-Bench-101.

    A network has four to six modules in a row, of two residual blocks each. The
    first block of a module may double the channels, in one to three modules, and
    halve the resolution, in one to four.

    The native form is the benchmark's string, such as ``"64-1234-basic"``: a digit
    for each module; 1 is ``conv_block``, 2 ``conv_block_wide`` (twice the
    channels), 3 ``conv_block_down`` (half the resolution) and 4
    ``conv_block_wide_down`` (both). A list of digits is accepted, too, with 0 for
    modules that are not there, as NASLib writes it. In the DAG ``op`` is an attribute of the
    edges.

    References
    ----------
    Y. Duan, X. Chen, H. Xu, Z. Chen, X. Liang, T. Zhang and Z. Li,
    TransNAS-Bench-101: Improving transferability and generalizability of
    cross-task neural architecture search, CVPR 2021.

    Examples
    --------
    >>> from tagates_sk.spaces import TransNASBench101Macro
    >>> dag = TransNASBench101Macro().to_dag("64-1234-basic")
    >>> [op for _, _, op in dag.edges(data="op")][1:3]
    ['conv_block_wide', 'conv_block_down']
    """

    def __init__(self) -> None:
        last = ("none", *_MODULES)
        super().__init__([last] * _MOST, constraint=is_published, name="TransNAS-Bench-101 (macro)")
        self._form = ChainForm(
            _read_modules,
            _write_modules,
            "text such as '64-1234-basic' is expected, with four to six digits from 1 to 4",
        )


def _read_modules(native: Any) -> Any:
    if isinstance(native, str):
        match = re.fullmatch(r"(?:\d+-)?([0-4]{4,6})(?:-basic)?", native)
        native = [int(digit) for digit in match[1]] if match else native
    native = numbers(native)
    if isinstance(native, list):
        return [*native, *["none"] * (_MOST - len(native))]
    return native


def _write_modules(names: tuple[str, ...]) -> str:
    digits = [str(_MODULES.index(name) + 1) for name in names if name != "none"]
    return f"64-{''.join(digits)}-basic"


def is_published(modules: tuple[str, ...]) -> bool:
    """Whether these modules are a network of the macro space."""
    present = [module for module in modules if module != "none"]
    wide = sum("wide" in module for module in present)
    down = sum("down" in module for module in present)
    at_the_end = modules[: len(present)] == tuple(present)
    return len(present) >= 4 and at_the_end and 1 <= wide <= 3 and 1 <= down <= 4
