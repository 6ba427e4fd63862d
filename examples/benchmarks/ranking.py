"""Kendall's tau on the published splits, over seeds.

Seed k draws the k-th random subset of the published training half and
initialises the network; the whole published test half is ranked; no label
outside the subset is used. Results are appended to a CSV as they come, and a
run that was interrupted goes on where it stopped.

    python examples/benchmarks/ranking.py --n-jobs 2
    python examples/benchmarks/ranking.py --spaces nasbench201 --nasbench201 78 \
        --parameters '{"T": 4}'
"""

from __future__ import annotations

import argparse
from pathlib import Path

from common import run_all, summary, task


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spaces", nargs="+", default=["nasbench201", "nasbench101"])
    parser.add_argument("--nasbench201", nargs="*", type=int, default=[39, 78, 390, 781])
    parser.add_argument("--nasbench101", nargs="*", type=int, default=[72, 364, 729])
    parser.add_argument("--target", default="cifar10", help="of NAS-Bench-201")
    parser.add_argument("--seeds", type=int, default=9)
    parser.add_argument("--parameters", default="{}", help="of TAGATESRanker, as JSON")
    parser.add_argument("--setting", help="a name for these parameters")
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("docs/results/ranking.csv"))
    args = parser.parse_args()
    setting = args.setting or ("default" if args.parameters == "{}" else args.parameters)
    targets = {"nasbench201": args.target, "nasbench101": "test"}
    tasks = [
        task(space, targets[space], "published", n, seed, setting, args.parameters)
        for space in args.spaces
        for n in getattr(args, space)
        for seed in range(args.seeds)
    ]
    print("\n".join(summary(run_all(tasks, args.out, args.n_jobs))))


if __name__ == "__main__":
    main()
