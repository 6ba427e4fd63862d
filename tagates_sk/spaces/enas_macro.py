"""The macro search space of ENAS with six layers."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np

from ..graphs import InvalidArchitectureError, PackedGraphs
from ..graphs.dense import pack_node_cells
from ..graphs.reading import read_cell
from .base import PARALLEL, SearchSpace, Table, has_parallel_edges

_LAYERS = 6
_LAYER, _SKIPPED = np.tril_indices(_LAYERS, -1)
_LINKS = len(_LAYER)


class ENASMacro(SearchSpace):
    """The macro search space of ENAS, with six layers.

    A network is a chain: input 0, layers 1 to 6 with one of six operations
    each, output 7. A layer can take more inputs by skip links, from the input
    or from any layer before the one that feeds it anyway.

    The native form is ENAS' nested list: for layer k its operation (0 to 5),
    then k - 1 bits, one for a skip link from each of the nodes 0 to k - 2. It is
    returned as a tuple of tuples.

    In the DAG ``op`` is an attribute of the nodes.

    An edit changes one operation, or adds or removes one skip link. Sampling is
    uniform.

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

    # A row is six operations, then the bits of layers 2 to 6.
    name = "ENAS macro"
    operations = ("conv3x3", "sepconv3x3", "conv5x5", "sepconv5x5", "avgpool3x3", "maxpool3x3")
    _width = _LAYERS + _LINKS

    def _parse(self, native: Any) -> Table:
        if not isinstance(native, (list, tuple)) or len(native) != _LAYERS:
            raise InvalidArchitectureError(
                f"{native!r} is no network of {self.name}: {_LAYERS} lists are expected, one per "
                "layer."
            )
        for k, layer in enumerate(native, start=1):
            if not isinstance(layer, (list, tuple)) or len(layer) != k:
                raise InvalidArchitectureError(
                    f"Layer {k} is {layer!r}; an operation followed by {k - 1} bits is expected."
                )
            if layer[0] not in range(len(self.operations)):
                raise InvalidArchitectureError(
                    f"Layer {k} has the operation {layer[0]!r}; operations go from 0 to 5, for "
                    f"{', '.join(self.operations)}."
                )
            for j, bit in enumerate(layer[1:]):
                if bit not in (0, 1):
                    raise InvalidArchitectureError(
                        f"Layer {k} has {bit!r} for the skip link from node {j}; 0 or 1 is "
                        "expected."
                    )
        ops = [layer[0] for layer in native]
        return np.array([*ops, *(bit for layer in native for bit in layer[1:])], dtype=np.uint8)

    def _format(self, row: Table) -> tuple[tuple[int, ...], ...]:
        return tuple((int(row[k]), *row[_LAYERS:][k == _LAYER].tolist()) for k in range(_LAYERS))

    def _build(self, row: Table) -> nx.DiGraph:
        dag = nx.DiGraph()
        dag.add_node(0, op="input")
        for k in range(_LAYERS):
            dag.add_node(k + 1, op=self.operations[row[k]])
        dag.add_node(_LAYERS + 1, op="output")
        dag.add_edges_from(np.argwhere(_adjacency(row[None])[0]).tolist())
        return dag

    def _read(self, cells: Any) -> Table:
        cell = read_cell(cells[0], prune=False)
        fault = (
            "its operations are on the edges" if not cell.on_node
            else f"it has {cell.n_nodes} nodes" if cell.n_nodes != _LAYERS + 2
            else PARALLEL if has_parallel_edges(cells[0])
            else "its layers are no chain" if any(
                k not in sources for k, sources in enumerate(cell.src[1:])
            )
            else "its output has a skip link" if len(set(cell.src[-1])) > 1
            else None
        )  # fmt: skip
        unknown = [] if fault else [op for op in cell.types[1:-1] if op not in self.operations]
        if unknown:
            fault = f"a layer has no op or the operation {unknown[0]!r}"
        if fault:
            raise InvalidArchitectureError(
                f"The graph is no network of {self.name}: {fault}. A network is a chain of an "
                f"input, {_LAYERS} layers and an output, with skip links between layers and the "
                f"operations {', '.join(self.operations)} on the layers."
            )
        ops = [self.operations.index(str(op)) for op in cell.types[1:-1]]
        links = [j in cell.src[k + 1] for k, j in zip(_LAYER, _SKIPPED, strict=True)]
        return np.array([*ops, *links], dtype=np.uint8)

    def _pack(self, table: Table) -> PackedGraphs:
        code = np.zeros((len(table), _LAYERS + 2), dtype=np.int64)
        code[:, 1:-1] = _CODES[table[:, :_LAYERS]]
        return pack_node_cells(_adjacency(table), code, n_inputs=1, operations=_VOCABULARY)

    def _draw(self, n: int, random: np.random.RandomState) -> Table:
        ops = random.randint(len(self.operations), size=(n, _LAYERS))
        links = random.randint(2, size=(n, _LINKS))
        return np.concatenate([ops, links], axis=1).astype(np.uint8)

    def _edits(self, row: Table) -> Table:
        """Change one operation, or add or remove one skip link."""
        n_changes = np.repeat([len(self.operations) - 1, 1], [_LAYERS, _LINKS])
        column = np.repeat(np.arange(self._width), n_changes)
        shift = np.concatenate([np.arange(1, k + 1) for k in n_changes])
        edits = np.repeat(row[None], len(column), axis=0)
        edits[np.arange(len(column)), column] = (row[column] + shift) % (n_changes[column] + 1)
        return edits


def _adjacency(table: Table) -> Any:
    adjacency = np.zeros((len(table), _LAYERS + 2, _LAYERS + 2), dtype=bool)
    chain = np.arange(_LAYERS + 1)
    adjacency[:, chain, chain + 1] = True
    adjacency[:, _SKIPPED, _LAYER + 1] = table[:, _LAYERS:]
    return adjacency


_VOCABULARY = tuple(sorted(ENASMacro.operations))
_CODES = np.array([*map(_VOCABULARY.index, ENASMacro.operations)])
