"""Compute the zero-cost vectors that the package ships, or check some of them.

    python examples/benchmarks/zero_cost_tables.py --n-jobs 2 --memory /tmp/zero_cost
    python examples/benchmarks/zero_cost_tables.py --check 50

Vectors of all NAS-Bench-201 cells and of the published split of NAS-Bench-101, from
networks of a reduced size on one batch of scikit-learn's digits: the parameters are in
`PARAMETERS` and in the files.
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

from tagates_sk.datasets import load_nasbench101, load_nasbench201
from tagates_sk.datasets.files import read_arrays
from tagates_sk.zero_cost import ZeroCostSaliency
from tagates_sk.zero_cost.scaling import Scaler

DATA = Path(__file__).parents[2] / "tagates_sk" / "datasets" / "data"
PARAMETERS: dict[str, Any] = {
    "metrics": ["grad_norm", "snip", "synflow", "fisher", "l2_norm"],
    "stem_channels": 8,
    "cells_per_stage": 1,
    "n_init": 1,
    "scaling": "signed_log",
    "random_state": 0,
}
IMAGES = {"n": 32, "size": 16}


def digits(n: int, size: int) -> dict[str, Any]:
    """A batch of scikit-learn's digits, enlarged, in three equal channels."""
    images, labels = load_digits(return_X_y=True)
    chosen = np.random.RandomState(0).permutation(len(labels))[:n]
    pixels = torch.from_numpy(images[chosen]).float().reshape(n, 1, 8, 8)
    pixels = F.interpolate(pixels, size=size, mode="bilinear", align_corners=False)
    standardised = (pixels - pixels.mean()) / pixels.std()
    return {"images": standardised.repeat(1, 3, 1, 1).numpy(), "labels": labels[chosen]}


def cells(space: str) -> Any:
    """The cells whose vectors are shipped."""
    if space == "nasbench201":
        return load_nasbench201().dags
    bunch = load_nasbench101()
    return bunch.dags[np.concatenate([bunch.train_indices, bunch.test_indices])]


def make(space: str, n_jobs: int, memory: str | None) -> None:
    """Compute and write the vectors of a search space."""
    dags = cells(space)
    start = time.perf_counter()
    saliency = ZeroCostSaliency(
        **PARAMETERS, **digits(**IMAGES), n_jobs=n_jobs, memory=memory, verbose=1
    )
    vectors = saliency.fit(dags).transform(dags).vectors
    seconds = time.perf_counter() - start
    scaler = saliency._scaler
    path = DATA / f"zero_cost_{space}.npz"
    np.savez_compressed(
        path,
        vectors=vectors.astype(np.float16),
        magnitude=scaler.magnitude,
        mean=scaler.mean,
        deviation=scaler.deviation,
        parameters=np.array(json.dumps({"saliency": PARAMETERS, "digits": IMAGES})),
    )
    print(
        f"{space}: {len(dags):,} cells, {len(vectors):,} operations, "
        f"{seconds / len(dags) * 1e3:.0f} ms a cell with n_jobs={n_jobs}; {path.name} has "
        f"{path.stat().st_size / 1e6:.2f} MB"
    )


def check(space: str, n: int, n_jobs: int) -> None:
    """Compute some vectors anew and compare."""
    shipped, *statistics, parameters = read_arrays(
        f"zero_cost_{space}", "vectors", "magnitude", "mean", "deviation", "parameters"
    )
    dags = cells(space)
    bounds = dags.packed().op_ptr
    rows = np.random.RandomState(1).permutation(len(dags))[:n]
    settings = json.loads(str(parameters))
    saliency = ZeroCostSaliency(
        **settings["saliency"], **digits(**settings["digits"]), n_jobs=n_jobs
    ).fit(dags[rows])
    scaler = Scaler(settings["saliency"]["scaling"], *statistics)
    worst = 0.0
    for row, raw in zip(rows, saliency.raw_saliencies(dags[rows]), strict=True):
        expected = shipped[bounds[row] : bounds[row + 1]].astype(np.float32)
        worst = max(worst, float(np.abs(scaler.transform(raw) - expected).max(initial=0.0)))
    print(f"{space}: {n} random cells computed anew, largest difference {worst:.5f}")
    if worst > 0.01:
        raise SystemExit("The shipped vectors are not what this code computes.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spaces", nargs="+", default=["nasbench201", "nasbench101"])
    parser.add_argument("--n-jobs", type=int, default=2)
    parser.add_argument("--memory", help="folder that keeps results, to go on after a stop")
    parser.add_argument("--check", type=int, metavar="N", help="compare N random cells")
    args = parser.parse_args()
    for space in args.spaces:
        if args.check:
            check(space, args.check, args.n_jobs)
        else:
            make(space, args.n_jobs, args.memory)


if __name__ == "__main__":
    main()
