"""Published spaces of blocks in a row."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

from .chain import Block, ChainForm, ChainSpace
from .forms import numbers

_WIDTHS = range(8, 65, 8)
_FBNET = ("k3_e1", "k3_e1_g2", "k3_e3", "k3_e6", "k5_e1", "k5_e1_g2", "k5_e3", "k5_e6", "skip")
_MNASNET = {"e": (1, 4, 6), "k": (3, 5), "l": (1, 2, 3, 4), "se": (0, 1)}
_BLOCKS = 7
_ATTRIBUTES = {"e": "expansion", "k": "kernel", "l": "layers", "se": "se", "g": "groups"}
"""What letters in the name of a block stand for."""

_PARTS = re.compile(r"_([a-z]+)(\d)")
_ENTRY = re.compile(r"block_?(\d)_(e|k|l|se)", re.IGNORECASE)


class NATSBenchSize(ChainSpace):
    """The size search space of NATS-Bench.

    A network has five layers of cells, each with 8, 16, ..., 64 channels.

    The native form is the benchmark's string, such as ``"64:64:48:64:8"``. A list
    of five widths is accepted, too. In the DAG a layer of 48 channels is the
    operation ``"conv_c48"``, on an edge.

    References
    ----------
    X. Dong, L. Liu, K. Musial and B. Gabrys, NATS-Bench: Benchmarking NAS
    algorithms for architecture topology and size, TPAMI 2021.

    Examples
    --------
    >>> from tagates_sk.spaces import NATSBenchSize
    >>> dag = NATSBenchSize().to_dag("64:64:48:64:8")
    >>> [op for _, _, op in dag.edges(data="op")]
    ['conv_c64', 'conv_c64', 'conv_c48', 'conv_c64', 'conv_c8']
    """

    def __init__(self) -> None:
        super().__init__([[f"conv_c{width}" for width in _WIDTHS]] * 5, name="NATS-Bench (size)")
        self._form = ChainForm(
            _read_sizes,
            _write_sizes,
            "five widths such as '64:64:48:64:8' are expected, each 8, 16, ..., 64",
        )


class FBNet(ChainSpace):
    """The search space of FBNet, as HW-NAS-Bench and HELP have it.

    A network has 22 blocks: mobile inverted bottlenecks with a kernel of 3 or 5
    (k), an expansion of 1, 3 or 6 (e) and one or two groups (g), or none of them
    (``skip``).

    The native form is a list of 22 numbers from 0 to 8, for k3_e1, k3_e1_g2,
    k3_e3, k3_e6, k5_e1, k5_e1_g2, k5_e3, k5_e6 and skip; it is returned as a
    tuple. Names are accepted, too. In the DAG a block is the operation ``"mbconv"``
    with attributes, or ``"skip"``, all of whose attributes are 0, on an edge.

    Parameters
    ----------
    attributes : bool, default=True
        Whether expansion, kernel and groups are numbers beside the operation. Else
        they are in its name alone: ``"mbconv_k3_e6"``.

    References
    ----------
    B. Wu et al., FBNet: Hardware-aware efficient ConvNet design via
    differentiable neural architecture search, CVPR 2019.

    C. Li et al., HW-NAS-Bench: Hardware-aware neural architecture search
    benchmark, ICLR 2021.

    Examples
    --------
    >>> from tagates_sk.spaces import FBNet
    >>> dag = FBNet().to_dag([0, 8] + 20 * [3])
    >>> [op for _, _, op in dag.edges(data="op")][:3]
    ['mbconv', 'skip', 'mbconv']
    >>> dag.edges[0, 1]["attributes"]
    {'kernel': 3, 'expansion': 1, 'groups': 1}
    """

    def __init__(self, attributes: bool = True) -> None:
        self.attributes = attributes
        names = [name if name == "skip" else f"mbconv_{name}" for name in _FBNET]
        super().__init__([names] * 22, name="FBNet")
        self._form = ChainForm(
            _read_blocks,
            _write_blocks,
            "22 numbers from 0 to 8, or names such as k3_e6, are expected, one for each block",
        )
        if attributes:
            nothing = dict.fromkeys(("kernel", "expansion", "groups"), 0)
            self._blocks = _in_numbers(names, {"groups": 1}) | {"skip": Block("skip", nothing)}


class MnasNet(ChainSpace):
    """The MnasNet space of Accel-NASBench.

    A network has seven blocks of mobile inverted bottlenecks. A block has an
    expansion e of 1, 4 or 6, a kernel k of 3 or 5, 1 to 4 layers l, and
    squeeze-and-excitation se or not (0 or 1).

    The native form is the benchmark's configuration, a mapping with the keys
    ``block0_e``, ``block0_k``, ``block0_l``, ``block0_se``, ``block1_e`` and so on;
    it is returned as a dict. Also accepted: other keys beside these, and four lists
    of seven numbers, for e, k, l and se. In the DAG a block is the operation
    ``"mbconv"`` with attributes, on an edge.

    Parameters
    ----------
    attributes : bool, default=True
        Whether expansion, kernel, layers and squeeze-and-excitation are numbers
        beside the operation. Else they are in its name alone:
        ``"mbconv_e6_k3_l2_se1"``.

    References
    ----------
    M. Tan, B. Chen, R. Pang, V. Vasudevan, M. Sandler, A. Howard and Q. Le,
    MnasNet: Platform-aware neural architecture search for mobile, CVPR 2019.

    A. Ahmad et al., Accel-NASBench: Sustainable benchmarking for
    accelerator-aware NAS, DAC 2024.

    Examples
    --------
    >>> from tagates_sk.spaces import MnasNet
    >>> e, k, l, se = [1, 6, 6, 6, 6, 6, 6], [3] * 7, [1, 2, 2, 3, 3, 4, 1], [1] * 7
    >>> dag = MnasNet().to_dag([e, k, l, se])
    >>> dag.edges[1, 2]["op"], dag.edges[1, 2]["attributes"]
    ('mbconv', {'expansion': 6, 'kernel': 3, 'layers': 2, 'se': 1})
    """

    def __init__(self, attributes: bool = True) -> None:
        self.attributes = attributes
        names = [_block(values) for values in product(*_MNASNET.values())]
        super().__init__([names] * _BLOCKS, name="MnasNet (Accel-NASBench)")
        self._form = ChainForm(
            _read_configuration,
            _write_configuration,
            "a mapping with block0_e, block0_k, block0_l, block0_se to block6_se is expected, "
            "or four lists of seven numbers, for e, k, l and se",
        )
        if attributes:
            self._blocks = _in_numbers(names)


def _in_numbers(names: list[str], usual: dict[str, int] | None = None) -> dict[str, Block]:
    """Blocks with the numbers in their names, or the usual ones, as attributes."""
    blocks = {}
    for name in filter(_PARTS.search, names):
        found = {_ATTRIBUTES[key]: int(value) for key, value in _PARTS.findall(name)}
        blocks[name] = Block(name.partition("_")[0], found | ((usual or {}) | found))
    return blocks


def _block(values: Any) -> str:
    """Name of the block with these values, in the order of `_MNASNET`."""
    parts = (
        f"{key}{value:g}" if isinstance(value, (bool, float)) else f"{key}{value}"
        for key, value in zip(_MNASNET, values, strict=True)
    )
    return f"mbconv_{'_'.join(parts)}"


def _read_sizes(native: Any) -> Any:
    widths = numbers(native.replace(":", " ") if isinstance(native, str) else native)
    if not isinstance(widths, list):
        return native
    # A width is no place among the choices: 8 must not be read as the ninth.
    if any(isinstance(w, int) and w not in _WIDTHS for w in widths):
        return None
    return [f"conv_c{int(w)}" if w in _WIDTHS else str(w) for w in widths]


def _write_sizes(names: tuple[str, ...]) -> str:
    return ":".join(name.removeprefix("conv_c") for name in names)


def _read_blocks(native: Any) -> Any:
    native = numbers(native)
    if not isinstance(native, list):
        return native
    return [_FBNET.index(block) if block in _FBNET else block for block in native]


def _write_blocks(names: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(_FBNET.index(name.removeprefix("mbconv_")) for name in names)


def _read_configuration(native: Any) -> Any:
    if isinstance(native, dict):
        found = ((_ENTRY.fullmatch(str(key)), value) for key, value in native.items())
        values = {(int(match[1]), match[2].lower()): value for match, value in found if match}
        if values.keys() != set(product(range(_BLOCKS), _MNASNET)):
            return native
        return [_block([values[block, key] for key in _MNASNET]) for block in range(_BLOCKS)]
    if not isinstance(native, list):
        return native
    if len(native) == len(_MNASNET) and all(
        isinstance(part, list) and len(part) == _BLOCKS for part in native
    ):
        return [_block(values) for values in zip(*native, strict=True)]
    # Numbers would be places among 48 choices, which nobody has published.
    return native if all(isinstance(block, str) for block in native) else None


def _write_configuration(names: tuple[str, ...]) -> dict[str, int]:
    return {
        f"block{block}_{key}": int(value)
        for block, name in enumerate(names)
        for key, value in _PARTS.findall(name)
    }
