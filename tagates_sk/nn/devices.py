"""How torch computes for this library: device, threads and precision, whatever callers have set."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext
from itertools import chain, islice
from typing import Any, TypeVar

import torch
from torch.overrides import TorchFunctionMode

Device = torch.device

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_AT_ONCE = 4
"""Items at work side by side; further threads help with each of them."""

_PROCESS = os.getpid()
_MAKE_TENSORS = {torch.empty, torch.ones, torch.rand, torch.randn, torch.zeros}


def resolve_device(device: str | torch.device, *, fallback: bool = False) -> torch.device:
    """The torch device that a parameter `device` names.

    Parameters
    ----------
    device : str or torch.device
        ``"auto"`` is the first GPU where there is one, else the CPU.
    fallback : bool, default=False
        Whether to use the CPU, with a warning, where the device is missing: a
        model that was fitted on a GPU is loaded on a machine without one.

    Returns
    -------
    torch.device

    Raises
    ------
    ValueError
        If torch knows no such device, or this machine has none and `fallback`
        is off.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise ValueError(f"device={device!r} is no device that torch knows: {error}") from None
    n = _number(chosen.type)
    if n is None or (chosen.index or 0) < n:
        return chosen
    if fallback:
        warnings.warn(
            f"The model was fitted with device={str(chosen)!r}, which this machine does not have; "
            "it runs on the CPU. Pickled again here, it loads without this warning. Before another "
            "fit here, set the parameter device to 'auto' or 'cpu' if it names what is missing.",
            stacklevel=3,
        )
        return torch.device("cpu")
    last = f": its last one is '{chosen.type}:{n - 1}'" if n else ""
    raise ValueError(
        f"device={str(chosen)!r} is not available on this machine{last}. Use device='auto' or "
        "'cpu'."
    )


def _number(kind: str) -> int | None:
    """How many devices of a kind there are; None where nobody counts."""
    if kind == "cuda":
        return torch.cuda.device_count() if torch.cuda.is_available() else 0
    if kind == "mps":
        return int(torch.backends.mps.is_available())
    return None


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one CPU thread inside the block."""
    with _threads(1):
        yield


@contextmanager
def _threads(n: int) -> Iterator[None]:
    before = torch.get_num_threads()
    if before == n:
        yield
        return
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def safe_threads(few: bool = False) -> Iterator[None]:
    """Let torch use as many CPU threads inside the block as do not hang or slow it down.

    In a forked process that is one: OpenMP's other threads stayed in the
    process that was forked, and the child would wait for them forever. Also a
    decorator of functions.

    Parameters
    ----------
    few : bool, default=False
        Whether there is so little to do that one thread is faster than two.
    """
    is_forked = os.getpid() != _PROCESS
    with one_thread() if few or is_forked else nullcontext():
        yield


def side_by_side(
    work: Callable[[Item], Result], items: Iterable[Item], device: torch.device
) -> list[Result]:
    """Results of work without gradients on independent items, in their order.

    On the CPU torch's threads wait for each other at the end of every operation;
    here they part the items instead, so that they do not. The calling thread
    takes the items and works as the others do: there are never more at work
    than torch may use.

    Parameters
    ----------
    work : callable
    items : iterable
        Made one at a time, by the calling thread.
    device : torch.device
        Where the work is done.

    Returns
    -------
    list
    """
    n = torch.get_num_threads()
    several = min(n, MOST_AT_ONCE)
    items = iter(items)
    first = list(islice(items, 2))
    if several == 1 or len(first) < 2 or device.type != "cpu" or os.getpid() != _PROCESS:
        return [work(item) for item in chain(first, items)]
    results: list[Result | Future[Result]] = []
    running: list[Future[Result]] = []
    share = n // several
    with (
        _threads(share),
        ThreadPoolExecutor(
            several - 1, initializer=torch.set_num_threads, initargs=(share,)
        ) as pool,
    ):
        for item in chain(first, items):
            for future in filter(Future.done, tuple(running)):
                future.result()  # if it failed, nothing more is begun
                running.remove(future)
            if len(running) < several - 1:
                running.append(pool.submit(work, item))
                results.append(running[-1])
            else:
                results.append(work(item))
        return [r.result() if isinstance(r, Future) else r for r in results]


def on_cpu(value: Any) -> Any:
    """A copy of nested dicts and lists with their tensors on the CPU."""
    if isinstance(value, torch.Tensor):
        return value.cpu()
    if isinstance(value, Mapping):
        return {key: on_cpu(item) for key, item in value.items()}
    if isinstance(value, list):
        return [on_cpu(item) for item in value]
    return value


@contextmanager
def with_gradients() -> Iterator[None]:
    """Record gradients inside the block, whatever its caller has switched off.

    Tensors that are made inside can be trained later, too. Also a decorator of
    functions.
    """
    with torch.inference_mode(False), torch.enable_grad():
        yield


@contextmanager
def without_autocast() -> Iterator[None]:
    """Compute in the precision of the weights inside the block. Also a decorator of functions.

    In ``torch.autocast``, which a caller may be in for models of its own,
    predictions and zero-cost scores would be others, and some fits fail.
    """
    with ExitStack() as blocks:
        for device in filter(torch.is_autocast_enabled, ("cpu", "cuda")):
            blocks.enter_context(torch.autocast(device, enabled=False))
        yield


@contextmanager
def single_precision() -> Iterator[None]:
    """Let weights that are made inside the block be float32, on the CPU and trainable.

    With ``torch.set_default_dtype(torch.float64)`` in force, weights would be
    of another type than what they are multiplied with, and other random
    numbers. Unlike a change of that default, this is seen by one thread only.
    Generators of initial weights are on the CPU.
    """
    with ExitStack() as blocks:
        blocks.enter_context(with_gradients())
        made = torch.empty(0)
        # Every call of torch costs more inside.
        if made.dtype != torch.float32 or made.device.type != "cpu":
            blocks.enter_context(torch.device("cpu"))
            blocks.enter_context(_Float32())
        yield


class _Float32(TorchFunctionMode):
    """Tensors that are made are float32 where nothing else is said."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call a function of torch."""
        keywords = dict(kwargs or {})
        if func in _MAKE_TENSORS and keywords.get("dtype") is None:
            keywords["dtype"] = torch.float32
        return func(*args, **keywords)
