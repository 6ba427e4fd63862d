"""Rates of reading, with floors far below what a quiet machine reaches."""

import itertools
import time

import networkx as nx
import numpy as np
import pytest

from tagates_sk.graphs import read_architectures
from tagates_sk.graphs.dense import pack_edge_cells

pytestmark = pytest.mark.slow

OPERATIONS = ("avg_pool_3x3", "none", "nor_conv_1x1", "nor_conv_3x3", "skip_connect")
EDGES = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]


def rate(function, n, repeats=5):
    """Best of several, in items a second."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return n / min(seconds)


def test_reads_nasbench201_from_networkx():
    """The promise is 10,000 a second on one core."""
    cells = []
    for ops in itertools.islice(itertools.product(OPERATIONS, repeat=6), 0, None, 5):
        cell = nx.DiGraph()
        for (u, v), op in zip(EDGES, ops, strict=True):
            cell.add_edge(u, v, op=op)
        cells.append(cell)
    reached = rate(lambda: read_architectures(cells), len(cells))
    print(f"{reached:,.0f} cells a second")
    assert reached > 5_000


def test_packs_nasbench201_from_a_table():
    """The promise is 20 times that."""
    code = np.array(list(itertools.product(range(5), repeat=6)))
    src, dst = np.array(EDGES).T
    reached = rate(
        lambda: pack_edge_cells(src, dst, code, n_nodes=4, n_inputs=1, operations=OPERATIONS),
        len(code),
    )
    print(f"{reached:,.0f} cells a second")
    assert reached > 100_000
