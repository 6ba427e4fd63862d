"""Every predictor of the library on every space at hand, on the same subsets.

Seed k draws the k-th subset of a space, the same for all predictors, and seeds the
predictor; no label outside the subset is used. Predictors have nothing set. Of spaces
with published halves the test architectures are from the test half, of the others from
a third that the seed draws. Latencies are negated. Rows are appended to a CSV as they
come, and what is there is not run again; a predictor that fails leaves none.

    python examples/benchmarks/tournament.py --n-jobs 2
    python examples/benchmarks/tournament.py --predictors TAGATESRanker --spaces accel-nasbench
    python examples/benchmarks/tournament.py --darts path/to/folder
    python examples/benchmarks/tournament.py --table
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import common
import numpy as np
from common import finished, in_names, run_all

from tagates_sk import TAGATESRanker, TAGATESRegressor, UnknownOperationWarning
from tagates_sk.baselines import baseline, baseline_names
from tagates_sk.datasets import (
    load_accel_nasbench,
    load_darts,
    load_enas_oneshot,
    load_latency,
    load_nasbench101,
    load_nasbench201,
)
from tagates_sk.metrics import kendall_tau

FIELDS = ["space", "size", "seed", "predictor", "tau", "cpu_seconds"]
KEY = FIELDS[:4]
SIZES = [10, 30, 100, 300]
NAMES_ONLY = {"cate", "dagnn", "gcn", "lstm", "nasbowl", "seminas"}
"""Predictors that do not read numbers beside operations: they get them in the names."""
FEWEST = 30
"""Labels from which on a size counts in the summary."""
OURS = {"TAGATESRanker": TAGATESRanker, "TAGATESRegressor": TAGATESRegressor}
PREDICTORS = [*OURS, *baseline_names()]


class Space(NamedTuple):
    title: str
    load: Callable[..., Any]
    """Returns a Bunch; with `darts` takes the user's folder."""
    protocol: str = "published"
    """Which halves are meant, where there are any."""
    lower_is_better: bool = False
    darts: bool = False


DEVICES = {"1080ti_1": "GPU", "gold_6240": "CPU", "pixel3": "phone"}
SPACES = {
    "nasbench201-cifar10": Space("NAS-Bench-201, CIFAR-10", load_nasbench201),
    "nasbench201-cifar100": Space(
        "NAS-Bench-201, CIFAR-100", partial(load_nasbench201, "cifar100")
    ),
    "nasbench201-imagenet16-120": Space(
        "NAS-Bench-201, ImageNet16-120", partial(load_nasbench201, "imagenet16-120")
    ),
    "nasbench101-published": Space("NAS-Bench-101, published split", load_nasbench101),
    "nasbench101-shuffled": Space("NAS-Bench-101, shuffled halves", load_nasbench101, "shuffled"),
    "enas-macro": Space("ENAS macro, one-shot accuracies", load_enas_oneshot),
    "accel-nasbench": Space("Accel-NASBench (MnasNet), ImageNet", load_accel_nasbench),
    **{
        f"{space}-latency-{device}": Space(
            f"{title}, latency on a {kind} ({device})",
            partial(load_latency, space, device),
            lower_is_better=True,
        )
        for space, title in {"nasbench201": "NAS-Bench-201", "fbnet": "FBNet"}.items()
        for device, kind in DEVICES.items()
    },
    **{
        f"darts-{subset}": Space(f"DARTS, {title}", partial(load_darts, subset=subset), darts=True)
        for subset, title in {
            "oncenas545": "545 trained",
            "swap1000": "1,000 trained",
            "nb301_surrogate": "NAS-Bench-301 surrogate",
        }.items()
    },
}


def split(bunch: Any, protocol: str, n: int, seed: int, n_test: int) -> tuple[Any, Any]:
    """Indices of n training architectures, and of at most `n_test` test architectures.

    The training architectures of a seed begin with those of a smaller n; its test
    architectures are the same for all n.
    """
    if "train_indices" in bunch:
        train, test = common.split(bunch, protocol, n, seed)
    else:
        order = np.random.RandomState(seed).permutation(len(bunch.target))
        test, pool = np.split(order, [len(order) // 3])
        train = pool[:n]
    return train, np.random.RandomState(seed).permutation(test)[:n_test]


def predictor(name: str, seed: int) -> Any:
    """An unfitted predictor with nothing set but its seed."""
    return OURS[name](random_state=seed) if name in OURS else baseline(name, random_state=seed)


def run(task: dict[str, Any], n_test: int, darts: Path | None) -> dict[str, Any] | None:
    """Fit on a subset and rank; None where that fails."""
    space = SPACES[task["space"]]
    bunch = space.load(darts) if space.darts else space.load()
    target = -bunch.target if space.lower_is_better else bunch.target
    train, test = split(bunch, space.protocol, task["size"], task["seed"], n_test)
    if len(train) < task["size"]:
        return _failed(task, f"there are {len(train)} architectures to train on")
    model = predictor(task["predictor"], task["seed"])
    dags = in_names(bunch.dags) if task["predictor"] in NAMES_ONLY else bunch.dags
    start = time.process_time()
    try:
        with warnings.catch_warnings():
            # A small subset lacks operations.
            warnings.simplefilter("ignore", UnknownOperationWarning)
            scores = model.fit(dags[train], target[train]).predict(dags[test])
    except Exception as error:  # one predictor's fault must not end the others' tournament
        return _failed(task, f"{type(error).__name__}: {error}")
    seconds = time.process_time() - start
    tau = kendall_tau(target[test], scores)
    return task | {"tau": round(tau, 5), "cpu_seconds": round(seconds, 2)}


def _failed(task: dict[str, Any], why: str) -> None:
    print(f"\n{', '.join(str(task[name]) for name in KEY)}: {why}", file=sys.stderr)


Case = tuple[str, int]
Taus = dict[str, dict[int, float]]


def cases(rows: Sequence[dict[str, Any]]) -> dict[Case, Taus]:
    """Tau by space and size, then predictor, then seed; spaces in the order of SPACES."""
    known = [*SPACES]
    ordered = sorted(
        rows,
        key=lambda row: (
            known.index(row["space"]) if row["space"] in known else len(known),
            row["space"],
            int(row["size"]),
        ),
    )
    found: dict[Case, Taus] = {}
    for row in ordered:
        taus = found.setdefault((row["space"], int(row["size"])), {})
        taus.setdefault(row["predictor"], {})[int(row["seed"])] = float(row["tau"])
    return found


def gap(taus: Taus, name: str) -> float | None:
    """By how much the best single predictor of a case is ahead, on the seeds of both.

    Single are all but this library's own two, and the predictor itself is not among
    them: a gap below 0 is a lead. None where there is nobody to compare with.
    """
    gaps = []
    for rival, theirs in taus.items():
        common_seeds = theirs.keys() & taus[name].keys()
        if rival != name and rival not in OURS and common_seeds:
            gaps.append(np.mean([theirs[seed] - taus[name][seed] for seed in common_seeds]))
    return float(max(gaps)) if gaps else None


def mean(taus: Taus, name: str) -> float:
    return float(np.mean([*taus[name].values()]))


def summary(rows: Sequence[dict[str, Any]]) -> str:
    """Every predictor over all cases with FEWEST labels or more, in markdown."""
    found = {case: taus for case, taus in cases(rows).items() if case[1] >= FEWEST}
    lines = []
    for name in {name: None for taus in found.values() for name in taus}:
        entered = {case: taus for case, taus in found.items() if name in taus}
        tau = float(np.mean([mean(taus, name) for taus in entered.values()]))
        gaps = {case: g for case, taus in entered.items() if (g := gap(taus, name)) is not None}
        seconds = [
            float(row["cpu_seconds"])
            for row in rows
            if row["predictor"] == name and int(row["size"]) >= FEWEST
        ]
        compared = f"{np.mean([*gaps.values()]):+.3f} | " if gaps else " | "
        if gaps:
            worst = max(gaps, key=lambda case: gaps[case])
            compared += f"{gaps[worst]:+.3f}: {worst[0]}, {worst[1]}"
        lines.append(
            (
                tau,
                f"| {name} | {tau:.3f} | {compared} | {len(entered)} of {len(found)} "
                f"| {np.mean(seconds):.1f} |",
            )
        )
    head = ["predictor", "mean tau", "mean gap", "worst gap", "cases", "CPU s"]
    return "\n".join(
        [
            "| " + " | ".join(head) + " |",
            "|" + " --- |" * len(head),
            *(line for _, line in sorted(lines, key=lambda line: -line[0])),
        ]
    )


def by_space(rows: Sequence[dict[str, Any]]) -> str:
    """A row for each space: TAGATESRanker, and in brackets the best single predictor."""
    found = cases(rows)
    sizes = sorted({size for _, size in found})
    lines = ["| labels | " + " | ".join(map(str, sizes)) + " |", "|" + " --- |" * (len(sizes) + 1)]
    for space in dict.fromkeys(space for space, _ in found):
        cells = [_cell(found.get((space, size), {})) for size in sizes]
        title = SPACES[space].title if space in SPACES else space
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(taus: Taus) -> str:
    ours = "TAGATESRanker"
    text = f"{mean(taus, ours):.3f}" if ours in taus else "–"
    single = {name: mean(taus, name) for name in taus if name not in OURS}
    if not single:
        return text if taus else ""
    best = max(single, key=lambda name: single[name])
    ahead = gap(taus, ours) if ours in taus else None
    if ahead is not None and ahead <= 0:
        text = f"**{text}**"
    return f"{text} ({single[best]:.3f} {best})"


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The summary, and what it is of, in markdown."""
    if not rows:
        return "There are no rows."
    seeds = len({row["seed"] for row in rows})
    return (
        "A case is a space with a number of labels; of each there "
        f"{f'are up to {seeds} seeds' if seeds > 1 else 'is one seed'}. "
        f"Over the cases with {FEWEST} labels or more:\n\n{summary(rows)}\n\n"
        "TAGATESRanker, and in brackets the best single predictor; bold where the first is not "
        f"behind:\n\n{by_space(rows)}"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--predictors", nargs="+", choices=PREDICTORS, metavar="NAME",
        help=f"of {', '.join(PREDICTORS)}; all that can be imported by default",
    )  # fmt: skip
    parser.add_argument(
        "--spaces", nargs="+", choices=SPACES, metavar="NAME",
        help=f"of {', '.join(SPACES)}; by default all whose data are there",
    )  # fmt: skip
    parser.add_argument("--sizes", nargs="+", type=int, help=f"labels; {SIZES} by default")
    parser.add_argument("--seeds", nargs="+", type=int, help="0, 1 and 2 by default")
    parser.add_argument("--n-test", type=int, default=1500, help="most test architectures")
    parser.add_argument("--darts", type=Path, help="the folder with the tables of load_darts")
    parser.add_argument("--n-jobs", type=int, default=1, help="processes")
    parser.add_argument(
        "--out", type=Path, default=Path("docs/results/tournament.csv"),
        help="rows that were made with another --n-test belong elsewhere",
    )  # fmt: skip
    parser.add_argument("--table", action="store_true", help="run nothing, print what is there")
    args = parser.parse_args(arguments)
    spaces = args.spaces or [s for s, space in SPACES.items() if args.darts or not space.darts]
    if not args.table:
        if args.darts is None and any(SPACES[space].darts for space in spaces):
            parser.error("DARTS tables do not come with the package: --darts says where they are.")
        missing = set() if importlib.util.find_spec("xgboost") else {"xgboost"}
        tasks = [
            {"space": space, "size": size, "seed": seed, "predictor": name}
            for seed in args.seeds or range(3)
            for space in spaces
            for size in args.sizes or SIZES
            for name in args.predictors or [p for p in PREDICTORS if p not in missing]
        ]
        play = partial(run, n_test=args.n_test, darts=args.darts)
        run_all(tasks, args.out, args.n_jobs, play, FIELDS, KEY)
    asked = {
        "predictor": args.predictors, "space": args.spaces, "size": args.sizes, "seed": args.seeds,
    }  # fmt: skip
    rows = [
        row
        for row in finished(args.out)
        if all(not chosen or row[name] in map(str, chosen) for name, chosen in asked.items())
    ]
    print(table(rows))


if __name__ == "__main__":
    main()
