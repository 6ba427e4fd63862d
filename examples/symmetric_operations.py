"""
Operations at symmetric places, with and without zero-cost features
====================================================================

In architecture A two paths of two convolutions each lead from the input to the
output; in B one convolution feeds both second ones. To a forward pass both are
the same: convolutions of one type have one embedding, so both first
convolutions of A carry what the one of B does, although A has a third more
weights. The saliencies of an untrained network differ from one convolution to
the next, and tell A from B (section 3.2 of the paper).
"""

import networkx as nx
import numpy as np

from tagates_sk import TAGATESRanker
from tagates_sk.datasets import load_nasbench201
from tagates_sk.zero_cost import ZeroCostSaliency


def cell(*edges: tuple[int, int, str]) -> nx.DiGraph:
    dag = nx.DiGraph()
    for tail, head, op in edges:
        dag.add_edge(tail, head, op=op)
    return dag


CONV, SKIP = "nor_conv_3x3", "skip_connect"
LAST = ((3, 5, SKIP), (4, 5, SKIP))
A = cell((0, 1, CONV), (0, 2, CONV), (1, 3, CONV), (2, 4, CONV), *LAST)
B = cell((0, 1, CONV), (1, 3, CONV), (1, 4, CONV), *LAST)


def main() -> None:
    nb201 = load_nasbench201()
    train = np.random.RandomState(0).permutation(nb201.train_indices)[:39]
    X, y = list(nb201.dags[train]), nb201.target[train]
    saliency = ZeroCostSaliency(random_state=0).fit(X)
    for name, breaking in (("no symmetry breaking", "none"), ("zero-cost features", "add")):
        ranker = TAGATESRanker(
            members="encoder", T=1, symmetry_breaking=breaking, max_iter=20, random_state=0
        )
        ranker.fit(saliency.transform(X), y)
        encodings = ranker.transform(saliency.transform([A, B]))
        distance = np.linalg.norm(encodings[0] - encodings[1]) / np.linalg.norm(encodings[0])
        print(f"{name}: the encodings of A and B differ by {distance:.1%} of their length")


if __name__ == "__main__":
    main()
