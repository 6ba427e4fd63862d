"""Weights are float32, on the CPU and trainable, whatever torch's defaults are set to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
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
