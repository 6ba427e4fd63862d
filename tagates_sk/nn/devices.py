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

from ..graphs.foreign import echo

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
    except RuntimeError:
        raise ValueError(
            f"device={echo(device)} is no device that torch knows. Use 'auto', 'cpu', 'cuda', or "
            "'cuda:1' for the second of several GPUs."
        ) from None
    n = _number(chosen)
    if (chosen.index or 0) < n:
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
    without = chosen.type == "cuda" and torch.version.cuda is None
    raise ValueError(
        f"device={str(chosen)!r} is not available on this machine{last}. Use device='auto' or "
        f"'cpu'.{' The installed torch is a build without CUDA.' if without else ''}"
    )


def _number(device: torch.device) -> int:
    """How many devices of this kind there are, at least up to this one."""
    if device.type == "cuda":
        return torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device.type == "mps":
        return int(torch.backends.mps.is_available())
    try:  # nobody counts the others
        torch.zeros(1, device=device).tolist()
    except (AssertionError, RuntimeError):
        return 0
    return (device.index or 0) + 1


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


def on_device(tensor: torch.Tensor, device: str | torch.device) -> torch.Tensor:
    """A tensor of the CPU on `device`, without waiting for what is computed there."""
    device = torch.device(device)
    if device.type == "cuda":  # a copy from other memory may wait
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)


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
def full_precision() -> Iterator[None]:
    """Compute in the precision of the weights inside the block. Also a decorator of functions.

    In ``torch.autocast``, which a caller may be in for models of its own,
    predictions and zero-cost scores would be others, and some fits fail. So
    they would with TensorFloat-32, which is torch's default for convolutions
    and recurrent layers on GPUs: it keeps ten bits of every factor.
    """
    with ExitStack() as blocks:
        for device in filter(torch.is_autocast_enabled, ("cpu", "cuda")):
            blocks.enter_context(torch.autocast(device, enabled=False))
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            blocks.enter_context(_without_tf32())
        yield


@contextmanager
def _without_tf32() -> Iterator[None]:
    matmul: Any = torch.backends.cuda.matmul
    cudnn: Any = torch.backends.cudnn
    name, places = (
        "fp32_precision",
        [matmul, cudnn.conv, cudnn.rnn] if hasattr(cudnn, "conv") else [],
    )
    if not places:  # torch < 2.9
        name, places = "allow_tf32", [matmul, cudnn]
    before = [getattr(place, name) for place in places]
    try:
        for place in places:
            setattr(place, name, "ieee" if name == "fp32_precision" else False)
        yield
    finally:
        for place, value in zip(places, before, strict=True):
            setattr(place, name, value)


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
