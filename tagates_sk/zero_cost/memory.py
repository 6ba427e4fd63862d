"""How much memory an untrained network takes, estimated before it is built."""

from __future__ import annotations

from math import ceil

import numpy as np
from sklearn import get_config

from ..graphs import InvalidArchitectureError, PackedGraphs
from .skeletons import NetworkConfig

WORKING_MEMORIES = 4
"""How many times scikit-learn's ``working_memory`` a network may take: 4 GB as a rule."""

MAPS = 3
"""Feature maps that an operation holds: its layers', and their gradients."""

TENSORS = 3
"""Tensors as large as the weights: these, their gradients, and second derivatives."""

EDGE = 8192
"""Bytes allowed for a term of a sum: what is noted down to differentiate it twice."""


def check_memory(packed: PackedGraphs, config: NetworkConfig, shape: tuple[int, int, int]) -> None:
    """Refuse architectures whose networks would take too much memory.

    Parameters
    ----------
    packed : PackedGraphs
    config : NetworkConfig
    shape : (int, int, int)
        Number of images, their height and their width.

    Raises
    ------
    InvalidArchitectureError
        With the first one that is too large.
    """
    once = config.skeleton == "macro"
    n_stages = 1 if once else min(config.n_stages, 100)  # more fit into no memory
    repeats = 1 if once else config.cells_per_stage
    n_images, height, width = map(int, shape)
    stages = [
        (config.stem_channels * 2**s, -(-height // 2**s), -(-width // 2**s))
        for s in range(n_stages)
    ]
    maps = sum(n_images * c * h * w for c, h, w in stages) * MAPS
    weights = sum((3 * c) ** 2 for c, *_ in stages) * TENSORS
    bounds = packed.op_ptr[:: packed.n_cells]
    named = np.concatenate([[0], np.cumsum(packed.op_type >= 0)])
    n_operations, n_edges = np.diff(named[bounds]), np.diff(packed.edge_ptr[bounds])
    # Python's numbers, which do not overflow.
    each_operation, each_edge = 4 * repeats * (maps + weights), EDGE * repeats * n_stages
    most = WORKING_MEMORIES * float(get_config()["working_memory"]) * 2**20
    for i, (operations, edges) in enumerate(
        zip(n_operations.tolist(), n_edges.tolist(), strict=True)
    ):
        needed = operations * each_operation + edges * each_edge
        if needed > most:
            megabytes = min(needed // 2**20 + 1, 10**15)
            raise InvalidArchitectureError(
                f"X[{packed.start + i}] has {operations:,} operations and {edges:,} edges; its "
                f"untrained network would take about {megabytes:,} MB. A smaller batch_size, "
                "image_size or stem_channels needs less. "
                f"sklearn.set_config(working_memory={ceil(megabytes / WORKING_MEMORIES)}) "
                "allows it."
            )
