"""Networks of blocks in a row, each with choices of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import networkx as nx
import numpy as np

from ..graphs import InvalidArchitectureError, PackedGraphs
from ..graphs.attributes import checked_attributes, from_numbers
from ..graphs.dense import ABSENT, pack_edge_cells
from ..graphs.foreign import cut, echo
from ..graphs.operations import NO_OPERATION
from ..graphs.reading import read_cell
from .base import PARALLEL, SearchSpace, Table, has_parallel_edges
from .cell import distinct_names
from .choices import draw_choices, other_choices
from .forms import is_whole, numbers

_TRIES = 1000


class ChainForm(NamedTuple):
    """How the choices for the blocks of a chain are written down."""

    read: Callable[[Any], Any]
    """From a plain value to the list of names or numbers, one for each block; else no list."""
    write: Callable[[tuple[str, ...]], Any]
    """From names to the form that is returned."""
    wanted: str
    """What is expected, in words."""


class Block(NamedTuple):
    """How a choice is written in the DAG, where its name does not say all."""

    op: str
    attributes: Mapping[str, float]


class ChainSpace(SearchSpace):
    """A space of networks that are a chain of blocks.

    A network has blocks in a row, each one of the choices for its place. The
    choice ``"none"`` leaves a block out.

    The native form is the list of chosen names, one for each block; it is
    returned as a tuple. Numbers from 0 on, in the order of the choices for the
    block, are read as names, as a list or as text such as ``"0 3 1"``.

    In the DAG ``op`` is an attribute of the edges, one edge for each block that
    is there.

    An edit changes the choice for one block. Sampling is uniform.

    Parameters
    ----------
    choices_per_block : sequence of sequences of str
        Names of the operations for each block. What sets blocks apart (kernel
        size, width, number of layers) belongs in the name.
    constraint : callable, default=None
        Called with a tuple of names, one for each block; returns whether that
        is a network of the space. None for all.
    name : str, default="the chain space"
        What messages call the space.

    Raises
    ------
    ValueError
        If there are no blocks, or the names for a block are not different
        strings.

    See Also
    --------
    FBNet, MnasNet, NATSBenchSize, TransNASBench101Macro : Published spaces of this kind.
    CellSpace : Operations on the edges of a cell.

    Examples
    --------
    >>> from tagates_sk.spaces import ChainSpace
    >>> blocks = ["conv_k3", "conv_k5", "none"]
    >>> space = ChainSpace([["stem_16", "stem_32"], blocks, blocks])
    >>> dag = space.to_dag(["stem_32", "none", "conv_k5"])
    >>> dag.edges(data="op")
    OutEdgeDataView([(0, 1, 'stem_32'), (1, 2, 'conv_k5')])
    >>> space.from_dag(dag)
    ('stem_32', 'conv_k5', 'none')
    """

    def __init__(
        self,
        choices_per_block: Sequence[Sequence[str]],
        constraint: Callable[[tuple[str, ...]], bool] | None = None,
        name: str = "the chain space",
    ) -> None:
        if isinstance(choices_per_block, str) or not isinstance(choices_per_block, Iterable):
            raise ValueError(
                f"choices_per_block is {echo(choices_per_block)}; a list with one list of names "
                "for each block is expected."
            )
        self.choices_per_block = tuple(distinct_names(choices) for choices in choices_per_block)
        if not self.choices_per_block:
            raise ValueError("choices_per_block is empty; one list of names for each block.")
        self.constraint = constraint
        self.name = name
        self._blocks: Mapping[str, Block] = {}
        self._sizes = [len(choices) for choices in self.choices_per_block]
        self._form = ChainForm(
            numbers, tuple, f"{self._width} names or numbers are expected, one for each block"
        )
        self._may_skip = any(NO_OPERATION in choices for choices in self.choices_per_block)
        self.operations = tuple(
            dict.fromkeys(name for choices in self.choices_per_block for name in choices)
        )
        self._vocabulary = tuple(sorted({*self.operations} - {NO_OPERATION}))
        self._codes = np.full((len(self._sizes), max(self._sizes)), ABSENT)
        for block, choices in enumerate(self.choices_per_block):
            for choice, op in enumerate(choices):
                if op != NO_OPERATION:
                    self._codes[block, choice] = self._vocabulary.index(op)

    @property
    def _width(self) -> int:
        return len(self._sizes)

    def _parse(self, native: Any) -> Table:
        given = self._form.read(native)
        if not isinstance(given, list) or len(given) != self._width:
            raise self._refusal(native, self._form.wanted)
        row = np.empty(self._width, dtype=np.uint8)
        for block, (choice, choices) in enumerate(zip(given, self.choices_per_block, strict=True)):
            if choice in choices:
                row[block] = choices.index(choice)
            elif is_whole(choice, len(choices)):
                row[block] = choice
            else:
                raise InvalidArchitectureError(
                    f"{echo(native)}: block {block} is {echo(choice, 30)}; a number from 0 to "
                    f"{len(choices) - 1} or one of {cut(', '.join(choices), 120)} is expected."
                )
        if not self._allows(row):
            raise InvalidArchitectureError(
                f"{echo(native)}: the choices are no network of {self.name} together"
                + (": every block is left out." if not self._present(row) else ".")
            )
        return row

    def _chosen(self, row: Table) -> tuple[str, ...]:
        return tuple(choices[k] for choices, k in zip(self.choices_per_block, row, strict=True))

    def _present(self, row: Table) -> list[str]:
        return [op for op in self._chosen(row) if op != NO_OPERATION]

    def _allows(self, row: Table) -> bool:
        if self._may_skip and not self._present(row):
            return False
        return self.constraint is None or bool(self.constraint(self._chosen(row)))

    def _only_allowed(self, table: Table) -> Table:
        if self.constraint is None and not self._may_skip:
            return table
        allowed: Table = table[np.array([self._allows(row) for row in table], dtype=bool)]
        return allowed

    def _format(self, row: Table) -> Any:
        return self._form.write(self._chosen(row))

    def _build(self, row: Table) -> nx.DiGraph:
        dag = nx.DiGraph()
        for place, choice in enumerate(self._present(row)):
            block = self._blocks.get(choice)
            if block is None:
                dag.add_edge(place, place + 1, op=choice)
            else:
                attributes = dict(block.attributes)
                dag.add_edge(place, place + 1, op=block.op, attributes=attributes)
        return dag

    def _choice(self, data: Mapping[str, Any], place: str) -> str:
        """The choice that an edge with this data stands for; names alone are read, too."""
        op = str(data.get("op"))
        if not self._blocks or data.get("attributes") is None:
            return op
        block = Block(op, checked_attributes(data["attributes"], lambda: place))
        for choice, known in self._blocks.items():
            if known == block:
                return choice
        raise InvalidArchitectureError(
            f"The graph is no network of {self.name}: {cut(place)} is {op!r} with attributes="
            f"{echo(data['attributes'], 100)}, which is none of its blocks."
        )

    def _read(self, cells: Any) -> Table:
        (dag,) = cells
        cell = read_cell(dag, prune=False)
        edges = sorted(dag.edges(data=True), key=_by_tail(cell.names))
        ops = [self._choice(data, f"edge {(tail, head)!r}") for tail, head, data in edges]
        fault = (
            "its operations are on the nodes" if cell.on_node
            else PARALLEL if has_parallel_edges(dag)
            else "it is no chain" if len(ops) != len(dag) - 1 or len(cell.input_marks) > 1
            else f"it has {len(ops)} blocks" if len(ops) > self._width
            else None
        )  # fmt: skip
        row = None if fault else next(self._placements(ops), None)
        if row is None:
            fault = fault or f"its blocks {echo(ops)} are no choice of one for each place"
            raise InvalidArchitectureError(
                f"The graph is no network of {self.name}: {fault}. A network is a chain of "
                f"{self._width} operations on edges, one of the choices for each block."
            )
        return row

    def _placements(self, ops: Sequence[Any]) -> Iterator[Table]:
        """Rows with these operations in this order, those with early blocks first."""
        # A stack of (block, operations placed, row so far), the best last.
        stack: list[tuple[int, int, tuple[int, ...]]] = [(0, 0, ())]
        seen = set()
        while stack:
            block, placed, row = stack.pop()
            if block == self._width:
                table = np.array(row, dtype=np.uint8)
                if placed == len(ops) and self._allows(table):
                    yield table
                continue
            if self.constraint is None:  # then what comes next depends on these two alone
                if (block, placed) in seen:
                    continue
                seen.add((block, placed))
            choices = self.choices_per_block[block]
            for op, more in ((NO_OPERATION, 0), (ops[placed] if placed < len(ops) else None, 1)):
                if op in choices and not (more and op == NO_OPERATION):
                    stack.append((block + 1, placed + more, (*row, choices.index(op))))

    def _canonical(self, table: Table) -> Table:
        if not self._may_skip:
            return table
        return np.array([next(self._placements(self._present(row))) for row in table]).reshape(
            table.shape
        )

    def _pack(self, table: Table) -> PackedGraphs:
        codes = self._codes[np.arange(self._width), table]
        # Blocks that are there come first; the last of them leads to the output.
        order = np.argsort(codes == ABSENT, axis=1, kind="stable")
        codes = np.take_along_axis(codes, order, axis=1)
        place = np.arange(self._width)
        count = (codes != ABSENT).sum(axis=1, keepdims=True)
        packed = pack_edge_cells(
            np.broadcast_to(place, codes.shape),
            np.where(place + 1 == count, self._width, place + 1),
            codes,
            n_nodes=self._width + 1,
            n_inputs=1,
            operations=self._vocabulary,
        )
        return self._in_blocks(packed) if self._blocks else packed

    def _in_blocks(self, packed: PackedGraphs) -> PackedGraphs:
        """Choices as operations and their attributes."""
        blocks = [self._blocks.get(name, Block(name, {})) for name in packed.operations]
        operations = sorted({block.op for block in blocks})
        code = np.array([operations.index(block.op) for block in blocks])
        numbers = from_numbers([(i, b.attributes) for i, b in enumerate(blocks)], len(blocks))
        assert numbers is not None
        return replace(
            packed,
            operations=tuple(operations),
            op_type=code[packed.op_type],
            attributes=numbers.of(packed.op_type),
        )

    def _draw(self, n: int, random: np.random.RandomState) -> Table:
        drawn = np.empty((0, self._width), dtype=np.uint8)
        for _ in range(_TRIES):
            if len(drawn) >= n:
                return drawn[:n]
            more = draw_choices(self._sizes, max(n - len(drawn), 16), random)
            drawn = np.concatenate([drawn, self._only_allowed(more)])
        raise ValueError(
            f"Hardly any network of {self.name} satisfies its constraint: {len(drawn)} of "
            f"{16 * _TRIES} or more. Let choices_per_block say more of it."
        )

    def _edits(self, row: Table) -> Table:
        return self._only_allowed(other_choices(self._sizes, row))


def _by_tail(names: Sequence[Any]) -> Callable[[tuple[Any, Any, Any]], int]:
    place = {name: k for k, name in enumerate(names)}
    return lambda edge: place[edge[0]]
