"""Weights are float32, on the CPU and trainable, whatever torch's defaults are set to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

_MAKE_TENSORS = {torch.empty, torch.ones, torch.rand, torch.randn, torch.zeros}


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


class SinglePrecision(TorchFunctionMode):
    """Let tensors that are made inside the block be float32 where nothing else is said.

    With ``torch.set_default_dtype(torch.float64)`` in force, weights would be
    of another type than what they are multiplied with, and other random
    numbers. Unlike a change of that default, this is seen by one thread only.
    They are also on the CPU, where their generator is, and can be trained.
    """

    def __enter__(self) -> SinglePrecision:
        self._blocks = ExitStack()
        self._blocks.enter_context(with_gradients())
        self._blocks.enter_context(torch.device("cpu"))
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)  # type: ignore[no-untyped-call]
        self._blocks.close()

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


def single_precision() -> AbstractContextManager[Any]:
    """:class:`SinglePrecision` where it changes anything: every call of torch costs more in it."""
    made = torch.empty(0)
    usual = made.dtype == torch.float32 and made.device.type == "cpu"
    return nullcontext() if usual else SinglePrecision()
