"""Compute the zero-cost data that the package ships, or check some of them.

    python examples/benchmarks/zero_cost_tables.py --n-jobs 2 --memory /tmp/zero_cost
    python examples/benchmarks/zero_cost_tables.py --check 50

Of all NAS-Bench-201 cells and of the published split of NAS-Bench-101: "vectors" of their
operations, from networks of a reduced size on one batch of scikit-learn's digits, and
network-level "scores", from one batch of random images. The parameters are below and in the
files.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch.nn import functional as F

from tagates_sk.datasets import load_zero_cost_proxies
from tagates_sk.datasets.files import read_arrays
from tagates_sk.datasets.proxies import cells_with_proxies
from tagates_sk.zero_cost import ZeroCostProxies, ZeroCostSaliency
from tagates_sk.zero_cost.scaling import Scaler

DATA = Path(__file__).parents[2] / "tagates_sk" / "datasets" / "data"
SALIENCY: dict[str, Any] = {
    "metrics": ["grad_norm", "snip", "synflow", "fisher", "l2_norm"],
    "stem_channels": 8,
    "cells_per_stage": 1,
    "n_init": 1,
    "scaling": "signed_log",
    "random_state": 0,
}
IMAGES = {"n": 32, "size": 16}
PROXIES: dict[str, Any] = {
    "proxies": ["flops", "naswot", "expressivity", "progressivity"],
    "cells_per_stage": 2,
    "image_size": 16,
    "batch_size": 16,
    "random_state": 0,
}
STEM = {"nasbench201": 16, "nasbench101": 8}
"""Channels of the networks that are scored: those of NAS-Bench-101 are wider inside."""


def digits(n: int, size: int) -> dict[str, Any]:
    """A batch of scikit-learn's digits, enlarged, in three equal channels."""
    images, labels = load_digits(return_X_y=True)
    chosen = np.random.RandomState(0).permutation(len(labels))[:n]
    pixels = torch.from_numpy(images[chosen]).float().reshape(n, 1, 8, 8)
    pixels = F.interpolate(pixels, size=size, mode="bilinear", align_corners=False)
    standardised = (pixels - pixels.mean()) / pixels.std()
    return {"images": standardised.repeat(1, 3, 1, 1).numpy(), "labels": labels[chosen]}


def make_vectors(space: str, **options: Any) -> None:
    """Compute and write the vectors of the operations of a search space."""
    dags = cells_with_proxies(space)
    start = time.perf_counter()
    saliency = ZeroCostSaliency(**SALIENCY, **digits(**IMAGES), **options, verbose=1)
    vectors = saliency.fit(dags).transform(dags).vectors
    scaler = saliency._scaler
    write(
        f"zero_cost_{space}",
        {
            "vectors": vectors.astype(np.float16),
            "magnitude": scaler.magnitude,
            "mean": scaler.mean,
            "deviation": scaler.deviation,
            "parameters": np.array(json.dumps({"saliency": SALIENCY, "digits": IMAGES})),
        },
        len(dags),
        time.perf_counter() - start,
    )


def make_scores(space: str, **options: Any) -> None:
    """Compute and write the network-level scores of a search space."""
    dags = cells_with_proxies(space)
    start = time.perf_counter()
    parameters = {**PROXIES, "stem_channels": STEM[space]}
    proxies = ZeroCostProxies(**parameters, **options, verbose=1)
    scores = proxies.fit(dags).transform(dags)
    write(
        f"proxies_{space}",
        {
            "scores": scores.astype(np.float32),
            "names": np.array(parameters["proxies"]),
            "parameters": np.array(json.dumps(parameters)),
        },
        len(dags),
        time.perf_counter() - start,
    )


def write(name: str, arrays: dict[str, Any], n: int, seconds: float) -> None:
    """Write a file of the package and say what it took."""
    path = DATA / f"{name}.npz"
    np.savez_compressed(path, **arrays)
    size = path.stat().st_size / 1e6
    print(f"{name}: {n:,} cells, {seconds / n * 1e3:.0f} ms a cell, {size:.2f} MB")


def check_vectors(space: str, n: int, n_jobs: int) -> None:
    """Compute some vectors anew and compare."""
    shipped, *statistics, parameters = read_arrays(
        f"zero_cost_{space}", "vectors", "magnitude", "mean", "deviation", "parameters"
    )
    dags = cells_with_proxies(space)
    bounds = dags.packed().op_ptr
    rows = some(len(dags), n)
    settings = json.loads(str(parameters))
    saliency = ZeroCostSaliency(
        **settings["saliency"], **digits(**settings["digits"]), n_jobs=n_jobs
    ).fit(dags[rows])
    scaler = Scaler(settings["saliency"]["scaling"], *statistics)
    worst = 0.0
    for row, raw in zip(rows, saliency.raw_saliencies(dags[rows]), strict=True):
        expected = shipped[bounds[row] : bounds[row + 1]].astype(np.float32)
        worst = max(worst, float(np.abs(scaler.transform(raw) - expected).max(initial=0.0)))
    report(f"vectors of {space}", n, worst, 0.01)


def check_scores(space: str, n: int, n_jobs: int) -> None:
    """Compute some scores anew and compare."""
    (parameters,) = read_arrays(f"proxies_{space}", "parameters")
    dags = cells_with_proxies(space)
    dags = dags[some(len(dags), n)]
    proxies = ZeroCostProxies(**json.loads(str(parameters)), n_jobs=n_jobs).fit(dags)
    shipped = load_zero_cost_proxies(space).fit().transform(dags)
    gaps = np.abs(proxies.transform(dags) - shipped) / np.maximum(np.abs(shipped), 1.0)
    report(f"scores of {space}", n, float(gaps.max()), 1e-3)


def some(n: int, k: int) -> np.ndarray[Any, Any]:
    """The rows that are checked."""
    return np.random.RandomState(1).permutation(n)[:k]


def report(what: str, n: int, worst: float, most: float) -> None:
    """Print the largest difference, and stop where it is too large."""
    print(f"{what}: {n} random cells computed anew, largest difference {worst:.5f}")
    if not worst <= most:
        raise SystemExit(f"The shipped {what} are not what this code computes.")


MAKE = {"vectors": make_vectors, "scores": make_scores}
CHECK = {"vectors": check_vectors, "scores": check_scores}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spaces", nargs="+", default=list(STEM), choices=list(STEM))
    parser.add_argument("--what", nargs="+", default=list(MAKE), choices=list(MAKE))
    parser.add_argument("--n-jobs", type=int, default=2)
    parser.add_argument("--memory", help="folder that keeps results, to go on after a stop")
    parser.add_argument("--check", type=int, metavar="N", help="compare N random cells")
    args = parser.parse_args()
    for space in args.spaces:
        for what in args.what:
            if args.check:
                CHECK[what](space, args.check, n_jobs=args.n_jobs)
            else:
                MAKE[what](space, n_jobs=args.n_jobs, memory=args.memory)


if __name__ == "__main__":
    main()
