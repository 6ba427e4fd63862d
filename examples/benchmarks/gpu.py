"""Fits, predictions and zero-cost scores on a GPU and on the CPU, in one run of a few minutes.

Every line has the seconds on the device and on some CPU threads, how many times as fast the device
is, the largest memory that torch held there, and what share of the float32 matrix product's rate
each reaches: torch counts the FLOPs of the networks (not those of trees and Gaussian processes,
which always run on the CPU), and 4096³ products (1024³ on a CPU) are timed beside them.

"~" marks what is extrapolated: fits of 100 epochs from fits of one and three, predictions and
zero-cost scores from a part of the architectures. `--whole` measures all of it.

    python examples/benchmarks/gpu.py
    python examples/benchmarks/gpu.py --only predict --whole
    python examples/benchmarks/gpu.py --device cpu --quick    # tries the script
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch.utils.flop_counter import FlopCounterMode

from tagates_sk import TAGATESRanker
from tagates_sk.datasets import load_nasbench101, load_nasbench201
from tagates_sk.zero_cost import ZeroCostProxies

EPOCHS = 100
"""Of a default fit."""
FEW, MORE = 1, 3
"""Epochs that fits are extrapolated from."""
COUNTED = 78
"""Cells whose FLOPs are counted."""


@dataclass(frozen=True)
class Run:
    """What is compared, and how long it may take.

    Parameters
    ----------
    device : str
    threads : int
        Of the CPU that the device is compared with.
    quick, whole : bool
        Whether everything is tiny; whether nothing is extrapolated.
    until : float
        No measurement begins later, by ``time.perf_counter()``.
    """

    device: str
    threads: int
    quick: bool
    whole: bool
    until: float

    def size(self, n: int) -> int:
        """How many architectures n are in this run."""
        return min(n, 20) if self.quick else n

    def part(self, n: int, part: int) -> int:
        """How many of n are computed where the rest is extrapolated."""
        return n if self.whole or self.quick else min(n, part)


class Measured(NamedTuple):
    """Seconds of some work, and how they were found."""

    seconds: float
    exact: bool
    memory: float
    """MB on a GPU, at most."""


@contextmanager
def cpu_threads(n: int) -> Iterator[None]:
    """At most so many threads, of torch and of all else."""
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        with threadpool_limits(n):
            yield
    finally:
        torch.set_num_threads(before)


def wait(device: str) -> None:
    """Until a GPU has done what it was asked for."""
    if device != "cpu":
        torch.cuda.synchronize(device)


def matmul_rate(device: str) -> float:
    """Best FLOP/s of a float32 product, without TensorFloat-32."""
    n = 1024 if device == "cpu" else 4096
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    a = torch.randn(n, n, device=device)
    best = float("inf")
    for _ in range(10):
        wait(device)
        start = time.perf_counter()
        a @ a
        wait(device)
        best = min(best, time.perf_counter() - start)
    torch.set_float32_matmul_precision(before)
    return 2 * n**3 / best


def seconds_of(work: Callable[[], Any], device: str) -> tuple[float, float]:
    """Seconds of some work, and the largest memory in MB."""
    if device != "cpu":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    wait(device)
    start = time.perf_counter()
    work()
    wait(device)
    took = time.perf_counter() - start
    return took, 0.0 if device == "cpu" else torch.cuda.max_memory_allocated(device) / 1e6


def report(
    run: Run, what: str, flops: float, measure: Callable[[str], Measured], rates: dict[str, float]
) -> None:
    """Measure on both devices, the fast one first, and print a line."""
    both: dict[str, Measured] = {}
    for device in dict.fromkeys([run.device, "cpu"]):
        if time.perf_counter() > run.until:
            print(f"{what}: not measured on {device}, the time was up", flush=True)
            break
        with cpu_threads(run.threads) if device == "cpu" else nullcontext():
            both[device] = measure(device)
    cells = [
        f"{device} {'' if m.exact else '~'}{m.seconds:.3g} s "
        f"({flops / m.seconds / rates[device]:.1%} of the matrix product)"
        for device, m in both.items()
    ]
    if run.device != "cpu" and len(both) == 2:
        cells.append(f"{both['cpu'].seconds / both[run.device].seconds:.3g} times as fast")
    if run.device != "cpu" and both:
        cells.append(f"{both[run.device].memory:,.0f} MB")
    if both:
        print(f"{what}: {', '.join(cells)}", flush=True)


def counted(work: Callable[[], Any]) -> int:
    with FlopCounterMode(display=False) as counter:
        work()
    return int(counter.get_total_flops())


def fits(run: Run, rates: dict[str, float]) -> None:
    """Default fits, and ensembles of encoders."""
    bunch = load_nasbench201()
    order = np.random.RandomState(0).permutation(bunch.train_indices)
    epochs = FEW if run.quick else EPOCHS

    def fit(n: int, device: str, max_iter: int, parameters: dict[str, Any]) -> None:
        rows = order[:n]
        ranker = TAGATESRanker(device=device, max_iter=max_iter, random_state=0, **parameters)
        ranker.fit(bunch.dags[rows], bunch.target[rows])

    for device in dict.fromkeys([run.device, "cpu"]):
        fit(run.size(COUNTED), device, 1, {})  # the first of a process waits for imports
    encoders = {"members": "encoder"}
    jobs: list[tuple[str, int, dict[str, Any]]] = [
        ("default fit", 78, {}),
        ("default fit", 781, {}),
        ("default fit", 7813, {}),
        ("fit of 4 encoders", 781, {**encoders, "n_members": 4}),
        ("fit of 64 encoders", 781, {**encoders, "n_members": 64}),
    ]
    for what, cells, parameters in jobs[2:4] if run.quick else jobs:
        n, few = run.size(cells), run.size(COUNTED)
        one, two = (
            counted(lambda e=e, p=parameters, few=few: fit(few, "cpu", e, p)) for e in (1, 2)
        )

        def measure(device: str, n: int = n, p: dict[str, Any] = parameters) -> Measured:
            if run.whole or run.quick or n <= COUNTED:
                took, memory = seconds_of(lambda: fit(n, device, epochs, p), device)
                return Measured(took, True, memory)
            low, _ = seconds_of(lambda: fit(n, device, FEW, p), device)
            high, memory = seconds_of(lambda: fit(n, device, MORE, p), device)
            rest = (high - low) * (epochs - FEW) / (MORE - FEW)
            return Measured(low + rest, False, memory)

        flops = (two - one) / few * n * epochs
        report(run, f"{what}, {n:,} NAS-Bench-201 cells", flops, measure, rates)


def predict(run: Run, rates: dict[str, float]) -> None:
    """All cells of NAS-Bench-101, by the default predictor and by its encoders alone."""
    bunch = load_nasbench101()
    train = bunch.train_indices[:128]
    order = np.random.RandomState(0).permutation(len(bunch.dags))
    n = run.size(len(bunch.dags))
    for what, parameters, on_device, on_cpu in (
        ("the default predictor", {}, 42_362, 8_192),
        ("4 encoders", {"members": "encoder", "n_members": 4}, n, 32_768),
    ):
        fitted = {
            device: TAGATESRanker(
                device=device, max_iter=1, random_state=0, **parameters
            ).fit(bunch.dags[train], bunch.target[train])
            for device in dict.fromkeys([run.device, "cpu"])
        }  # fmt: skip
        few = bunch.dags[order[: run.size(640)]]
        flops = counted(lambda f=fitted, few=few: f["cpu"].predict(few)) / len(few) * n

        def measure(
            device: str, fitted: Any = fitted, on_device: int = on_device, on_cpu: int = on_cpu
        ) -> Measured:
            part = run.part(n, on_cpu if device == "cpu" else on_device)
            X = bunch.dags[order[:part]]
            fitted[device].predict(X[:40])
            took, memory = seconds_of(lambda: fitted[device].predict(X), device)
            return Measured(took * n / part, part == n, memory)

        report(run, f"prediction of {n:,} NAS-Bench-101 cells by {what}", flops, measure, rates)


def zero_cost(run: Run, rates: dict[str, float]) -> None:
    """Zero-cost scores of networks of NAS-Bench-201 cells."""
    bunch = load_nasbench201()
    order = np.random.RandomState(0).permutation(len(bunch.dags))
    n = 2 if run.quick else 200
    for channels, on_cpu in ((2, 2),) if run.quick else ((16, 50), (64, 10)):

        def score(rows: Any, device: str, seed: int, channels: int = channels) -> None:
            proxies = ZeroCostProxies(stem_channels=channels, device=device, random_state=seed)
            proxies.fit_transform(bunch.dags[rows])

        # Scores that a process has computed it remembers: seeds differ.
        flops = counted(lambda score=score: score(order[:2], "cpu", 1)) / 2 * n

        def measure(device: str, score: Any = score, on_cpu: int = on_cpu) -> Measured:
            part = run.part(n, on_cpu) if device == "cpu" else n
            score(order[:2], device, 2)
            took, memory = seconds_of(lambda: score(order[:part], device, 3), device)
            return Measured(took * n / part, part == n, memory)

        what = f"zero-cost scores of {n} networks with {channels} channels"
        report(run, what, flops, measure, rates)


PARTS = {part.__name__: part for part in (fits, predict, zero_cost)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="cuda", help="what is compared with the CPU")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads to compare with")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--quick", action="store_true", help="tiny sizes, which mean nothing")
    parser.add_argument("--whole", action="store_true", help="extrapolate nothing")
    parser.add_argument(
        "--seconds", type=float, default=240, help="no measurement begins later; not with --whole"
    )
    args = parser.parse_args()
    if args.device != "cpu" and not torch.cuda.is_available():
        parser.error("torch finds no GPU; --device cpu --quick tries the script without one")
    until = float("inf") if args.whole else time.perf_counter() + args.seconds
    run = Run(args.device, args.threads, args.quick, args.whole, until)
    with cpu_threads(args.threads):
        rates = {"cpu": matmul_rate("cpu")}
    rates[args.device] = matmul_rate(args.device) if args.device != "cpu" else rates["cpu"]
    name = "" if args.device == "cpu" else f"{torch.cuda.get_device_name(args.device)}, "
    print(
        f"Python {platform.python_version()}, torch {torch.__version__}, {name}{args.threads} CPU "
        f"threads; float32 matrix product "
        + ", ".join(f"{device} {rate / 1e12:.3g} TFLOP/s" for device, rate in rates.items()),
        flush=True,
    )
    for part in args.only:
        PARTS[part](run, rates)


if __name__ == "__main__":
    main()
