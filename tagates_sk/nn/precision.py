"""Weights are float32, whatever torch's default is set to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

_MAKE_TENSORS = {torch.empty, torch.ones, torch.rand, torch.randn, torch.zeros}


class SinglePrecision(TorchFunctionMode):
    """Let tensors that are made inside the block be float32 where nothing else is said.

    With ``torch.set_default_dtype(torch.float64)`` in force, weights would be
    of another type than what they are multiplied with, and other random
    numbers. Unlike a change of that default, this is seen by one thread only.
    """

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
