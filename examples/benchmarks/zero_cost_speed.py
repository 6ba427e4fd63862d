"""Time the five saliencies together against each with passes of its own.

python examples/benchmarks/zero_cost_speed.py
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch

from tagates_sk.datasets import load_nasbench201
from tagates_sk.graphs.canonical import canonical_forms
from tagates_sk.nn.devices import one_thread
from tagates_sk.zero_cost.evaluation import Setting, networks
from tagates_sk.zero_cost.network import NetworkConfig
from tagates_sk.zero_cost.operations import factories_for
from tagates_sk.zero_cost.saliency import metric_named, weight_saliencies
from tagates_sk.zero_cost.transformer import FIVE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    dags = load_nasbench201().dags
    chosen = np.random.RandomState(0).permutation(len(dags))[: args.cells]
    packed = dags[chosen].packed()
    factories = factories_for(packed.operations)
    metrics = {name: metric_named(name) for name in FIVE}
    setting = Setting(NetworkConfig(stem_channels=16), tuple(metrics.items()), 32, 32, 1, 0)
    together, apart = [], []
    with one_thread():
        for form in canonical_forms(packed):
            seconds = [np.inf, np.inf]
            for _ in range(args.repeats):
                for which, groups in enumerate(
                    ([metrics], [{name: metric} for name, metric in metrics.items()])
                ):
                    total = 0.0
                    for group in groups:
                        # Building the network is not what is compared.
                        ((network, images, labels),) = networks(
                            form.packed(), setting, factories, None, "cpu"
                        )
                        start = time.perf_counter()
                        weight_saliencies(network, images, labels, group)
                        total += time.perf_counter() - start
                    seconds[which] = min(seconds[which], total)
            together.append(seconds[0])
            apart.append(seconds[1])
    ratio = np.array(apart) / np.array(together)
    print(
        f"torch {torch.__version__}, one thread, {args.cells} NB201 cells, 16 channels, 1 cell per "
        f"stage, 32 × 32, batch 32, best of {args.repeats}"
    )
    print(
        f"all five together {np.mean(together) * 1e3:.0f} ms a cell, one by one "
        f"{np.mean(apart) * 1e3:.0f} ms: together is {np.sum(apart) / np.sum(together):.2f} times "
        f"as fast (cells from {ratio.min():.2f} to {ratio.max():.2f})"
    )


if __name__ == "__main__":
    main()
