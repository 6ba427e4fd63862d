"""Search for the form of the zero-cost features: scaling, networks, metrics, images.

NAS-Bench-201 on CIFAR-100, inside the published training half: 400 cells to train on, 1,000
others to rank. Ensembles of four, so that less of the difference is luck of initial weights.

    python examples/benchmarks/search_zero_cost_forms.py --memory /tmp/zero_cost
    python examples/benchmarks/search_zero_cost_forms.py --report
"""

from __future__ import annotations

import argparse
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from common import PLAIN, arguments, finished, run_all
from zero_cost_tables import IMAGES, SALIENCY, digits

from tagates_sk import TAGATESRanker
from tagates_sk.datasets import load_nasbench201
from tagates_sk.metrics import kendall_tau
from tagates_sk.zero_cost import ZeroCostSaliency

N_POOL, N_TEST = 400, 1000
FORMS: dict[str, dict[str, Any]] = {
    "as shipped": {},
    "ranks": {"scaling": "rank"},
    "four initialisations": {"n_init": 4},
    "16 channels": {"stem_channels": 16},
    "with plain and grasp": {
        "metrics": ["grad_norm", "snip", "plain", "grasp", "synflow", "fisher", "l2_norm"]
    },
    "synflow only": {"metrics": ["synflow"]},
    "noise for images": {"images": None},
}
SETTINGS: dict[str, dict[str, Any]] = {
    "concat": {"symmetry_breaking": "concat"},
    "add, β = 0.1": {"symmetry_breaking": "add", "beta": 0.1},
}
FIELDS = ["form", "setting", "n", "seed", "kendall_tau"]
memory: str | None = None


@cache
def cells(form: str) -> tuple[Any, Any]:
    """Architectures with this form of features, and targets."""
    nb201 = load_nasbench201("cifar100")
    order = np.random.RandomState(7).permutation(nb201.train_indices)[: N_POOL + N_TEST]
    X, y = nb201.dags[order], nb201.target[order]
    if form == "none":
        return X, y
    options: dict[str, Any] = {**SALIENCY, **digits(**IMAGES), **FORMS[form]}
    if options.get("images", True) is None:
        del options["images"]
        options.pop("labels", None)
    return ZeroCostSaliency(**options, memory=memory).fit(X[:N_POOL]).transform(X), y


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Fit on a subset of the pool, rank the test cells."""
    X, y = cells(task["form"])
    chosen = np.random.RandomState(task["seed"]).permutation(N_POOL)[: task["n"]]
    ranker = TAGATESRanker(
        random_state=task["seed"],
        **arguments(PLAIN | {"n_members": 4}),
        **SETTINGS.get(task["setting"], {}),
    )
    ranker.fit(X[chosen], y[chosen])
    tau = kendall_tau(y[N_POOL:], ranker.predict(X[N_POOL:]))
    return task | {"kendall_tau": round(tau, 5)}


def report(rows: list[dict[str, Any]]) -> str:
    """Paired differences to no features in points, in markdown."""
    tau: dict[tuple[str, str, int], dict[str, float]] = {}
    for row in rows:
        run = tau.setdefault((row["form"], row["setting"], int(row["n"])), {})
        run[row["seed"]] = 100 * float(row["kendall_tau"])
    sizes = sorted({n for *_, n in tau})
    columns = [(setting, n) for n in sizes for setting in SETTINGS]
    lines = [
        "| | " + " | ".join(f"{setting}, {n} labels" for setting, n in columns) + " |",
        "| --- |" + " --- |" * len(columns),
    ]
    for form in FORMS:
        found = []
        for setting, n in columns:
            with_z, without = tau.get((form, setting, n), {}), tau.get(("none", "none", n), {})
            both = sorted(with_z.keys() & without.keys())
            d = np.array([with_z[seed] - without[seed] for seed in both])
            found.append(
                f"{d.mean():+.1f} ± {d.std(ddof=1) / len(d) ** 0.5:.1f} ({len(d)})"
                if len(d) > 1 else ""
            )  # fmt: skip
        lines.append(f"| {form} | {' | '.join(found)} |")
    return "\n".join(lines)


def main() -> None:
    global memory
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", nargs="+", type=int, default=[78])
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=list(FORMS))
    parser.add_argument("--memory", help="folder that keeps the features")
    parser.add_argument("--report", action="store_true", help="only print what --out holds")
    parser.add_argument("--out", type=Path, default=Path("docs/results/search_zero_cost_forms.csv"))
    args = parser.parse_args()
    memory = args.memory
    if not args.report:
        pairs = [("none", "none"), *((f, s) for f in args.forms for s in SETTINGS)]
        tasks = [
            {"form": form, "setting": setting, "n": n, "seed": seed}
            for form, setting in pairs
            for n in args.sizes
            for seed in range(args.seeds)
        ]
        run_all(tasks, args.out, 1, run=run, fields=FIELDS, names=FIELDS[:4])
    print(report(finished(args.out)))


if __name__ == "__main__":
    main()
