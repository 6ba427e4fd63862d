"""The macro search space of ENAS."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import networkx as nx
import numpy as np

from ..graphs import InvalidArchitectureError, PackedGraphs
from ..graphs.dense import pack_node_cells
from ..graphs.foreign import echo
from ..graphs.reading import read_cell
from .base import PARALLEL, SearchSpace, Table, has_parallel_edges
from .choices import other_choices
from .forms import is_whole, numbers, whole_parameter

MAX_LAYERS = 50


class ENASMacro(SearchSpace):
    """The macro search space of ENAS.

    A network is a chain: input 0, layers 1 to `n_layers` with one of six
    operations each, and an output. A layer can take more inputs by skip links,
    from the input or from any layer before the one that feeds it anyway.

    The native form is ENAS' nested list: for layer k its operation (0 to 5),
    then k - 1 bits, one for a skip link from each of the nodes 0 to k - 2. It is
    returned as a tuple of tuples. The same numbers in one list or as text are accepted,
    too.

    In the DAG ``op`` is an attribute of the nodes.

    An edit changes one operation, or adds or removes one skip link. Sampling is
    uniform.

    Parameters
    ----------
    n_layers : int, default=6
        Layers of a network, from 1 to 50. ENAS itself has 12 or 24.

    Raises
    ------
    ValueError
        If `n_layers` is out of bounds.

    References
    ----------
    H. Pham, M. Guan, B. Zoph, Q. Le and J. Dean, Efficient neural architecture
    search via parameter sharing, ICML 2018.

    M. Zhang, S. Jiang, Z. Cui, R. Garnett and Y. Chen, D-VAE: A variational
    autoencoder for directed acyclic graphs, NeurIPS 2019.

    Examples
    --------
    >>> from tagates_sk.spaces import ENASMacro
    >>> space = ENASMacro()
    >>> dag = space.to_dag([[0], [1, 0], [2, 0, 0], [3, 0, 1, 0], [4, 0, 0, 0, 0], [5, 0, 0, 0, 0, 0]])
    >>> dag.nodes[1]["op"], sorted(dag.predecessors(4))
    ('conv3x3', [1, 3])
    >>> space.from_dag(dag)[3]
    (3, 0, 1, 0)
    """  # noqa: E501

    # A row is the operations, then the bits of layers 2 and up.
    name = "ENAS macro"
    operations = ("conv3x3", "sepconv3x3", "conv5x5", "sepconv5x5", "avgpool3x3", "maxpool3x3")

    def __init__(self, n_layers: int = 6) -> None:
        self.n_layers = n_layers = whole_parameter(
            "n_layers", n_layers, 1, MAX_LAYERS, f"a network has 1 to {MAX_LAYERS} layers"
        )
        self._layer, self._skipped = np.tril_indices(n_layers, -1)
        self._sizes = [len(self.operations)] * n_layers + [2] * len(self._layer)

    @property
    def _width(self) -> int:
        return len(self._sizes)

    def _parse(self, native: Any) -> Table:
        layers = self._layers(native)
        for k, layer in enumerate(layers, start=1):
            if not isinstance(layer, list) or len(layer) != k:
                raise InvalidArchitectureError(
                    f"Layer {k} is {echo(layer)}; an operation followed by {k - 1} bits is "
                    "expected."
                )
            if not is_whole(layer[0], len(self.operations)):
                raise InvalidArchitectureError(
                    f"Layer {k} has the operation {echo(layer[0])}; operations go from 0 to 5, for "
                    f"{', '.join(self.operations)}."
                )
            for j, bit in enumerate(layer[1:]):
                if bit not in (0, 1):
                    raise InvalidArchitectureError(
                        f"Layer {k} has {echo(bit)} for the skip link from node {j}; 0 or 1 is "
                        "expected."
                    )
        ops = [layer[0] for layer in layers]
        return np.array([*ops, *(bit for layer in layers for bit in layer[1:])], dtype=np.uint8)

    def _layers(self, native: Any) -> list[Any]:
        """One list a layer out of any of the forms."""
        n = self.n_layers
        given = numbers(native)
        if isinstance(given, list):
            given = [numbers(layer) for layer in given]
        wanted = (
            f"{n} lists are expected, one per layer, or their {n * (n + 1) // 2} numbers in a row"
        )
        if not isinstance(given, list):
            raise self._refusal(native, wanted)
        found: float = len(given)
        if given and not any(isinstance(layer, list) for layer in given):
            found = (math.sqrt(8 * len(given) + 1) - 1) / 2  # layers of so many numbers
            if found == n:
                ends = [k * (k + 1) // 2 for k in range(n + 1)]
                return [given[a:b] for a, b in pairwise(ends)]
        elif found == n:
            return given
        lists = [isinstance(layer, list) and len(layer) for layer in given]
        is_network = lists == [*range(1, len(given) + 1)] or not any(lists)
        if is_network and 1 < found == round(found) <= MAX_LAYERS:
            wanted += f". ENASMacro(n_layers={int(found)}) reads {int(found)} layers"
        raise self._refusal(native, wanted)

    def _format(self, row: Table) -> tuple[tuple[int, ...], ...]:
        bits = row[self.n_layers :]
        return tuple((int(row[k]), *bits[k == self._layer].tolist()) for k in range(self.n_layers))

    def _build(self, row: Table) -> nx.DiGraph:
        dag = nx.DiGraph()
        dag.add_node(0, op="input")
        for k in range(self.n_layers):
            dag.add_node(k + 1, op=self.operations[row[k]])
        dag.add_node(self.n_layers + 1, op="output")
        dag.add_edges_from(np.argwhere(self._adjacency(row[None])[0]).tolist())
        return dag

    def _read(self, cells: Any) -> Table:
        cell = read_cell(cells[0], prune=False)
        fault = (
            "its operations are on the edges" if not cell.on_node
            else f"it has {cell.n_nodes} nodes" if cell.n_nodes != self.n_layers + 2
            else PARALLEL if has_parallel_edges(cells[0])
            else "its layers are no chain" if any(
                k not in sources for k, sources in enumerate(cell.src[1:])
            )
            else "its output has a skip link" if len(set(cell.src[-1])) > 1
            else None
        )  # fmt: skip
        unknown = [] if fault else [op for op in cell.types[1:-1] if op not in self.operations]
        if unknown:
            fault = f"a layer has no op or the operation {echo(unknown[0])}"
        if fault:
            raise InvalidArchitectureError(
                f"The graph is no network of {self.name}: {fault}. A network is a chain of an "
                f"input, {self.n_layers} layers and an output, with skip links between layers and "
                f"the operations {', '.join(self.operations)} on the layers."
            )
        ops = [self.operations.index(str(op)) for op in cell.types[1:-1]]
        links = [j in cell.src[k + 1] for k, j in zip(self._layer, self._skipped, strict=True)]
        return np.array([*ops, *links], dtype=np.uint8)

    def _pack(self, table: Table) -> PackedGraphs:
        code = np.zeros((len(table), self.n_layers + 2), dtype=np.int64)
        code[:, 1:-1] = _CODES[table[:, : self.n_layers]]
        return pack_node_cells(self._adjacency(table), code, n_inputs=1, operations=_VOCABULARY)

    def _adjacency(self, table: Table) -> Any:
        n = self.n_layers
        adjacency = np.zeros((len(table), n + 2, n + 2), dtype=bool)
        chain = np.arange(n + 1)
        adjacency[:, chain, chain + 1] = True
        adjacency[:, self._skipped, self._layer + 1] = table[:, n:]
        return adjacency

    def _draw(self, n: int, random: np.random.RandomState) -> Table:
        ops = random.randint(len(self.operations), size=(n, self.n_layers))
        links = random.randint(2, size=(n, len(self._layer)))
        return np.concatenate([ops, links], axis=1).astype(np.uint8)

    def _edits(self, row: Table) -> Table:
        """Change one operation, or add or remove one skip link."""
        return other_choices(self._sizes, row)


_VOCABULARY = tuple(sorted(ENASMacro.operations))
_CODES = np.array([*map(_VOCABULARY.index, ENASMacro.operations)])
